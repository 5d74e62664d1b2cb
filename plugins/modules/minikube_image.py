#!/usr/bin/python
# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module: the image that the node of a Minikube cluster is made of."""

from __future__ import annotations

DOCUMENTATION = r"""
module: minikube_image
short_description: Builds a base image for Minikube from packages
version_added: 0.1.0
description:
  - Builds the image of a Minikube node on top of the one that M(proven.webapp.kind_images) makes, which brings Kubernetes' programs and
    images, where no image registry is within reach.
  - The tag names the content. Where an image with this tag is there, nothing is done.
author:
  - The proven.webapp maintainers (@proven)
extends_documentation_fragment: [proven.webapp.node_image, proven.webapp.progress]
options:
  files:
    description: Folder with the build files.
    type: path
    required: true
  node_image:
    description: Image of a node of kind's, as M(proven.webapp.kind_images) returns it.
    type: str
    required: true
  crictl:
    description: Path of crictl, which Minikube asks the container runtime with; looked for on the PATH.
    type: str
    default: crictl
"""

EXAMPLES = r"""
- name: An image for Minikube's node
  proven.webapp.minikube_image:
    files: "{{ role_path }}/files/minikube"
    node_image: "{{ images.node }}"
    buildx: "{{ toolchain_tools.buildx }}"
"""

RETURN = r"""
image:
  description: The image.
  type: str
  returned: always
"""

import shutil
import tempfile
from pathlib import Path
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._images.secrets import HostSecrets
from ansible_collections.proven.webapp.plugins.module_utils._kind.engine import Docker
from ansible_collections.proven.webapp.plugins.module_utils._kind.images import (
    BUILD_ARGUMENTS,
    SUITE,
    Builder,
    Entry,
    content_tag,
    folder_entries,
)
from ansible_collections.proven.webapp.plugins.module_utils._module import Call, run_module
from ansible_collections.proven.webapp.plugins.module_utils._progress import PROGRESS_ARGUMENT

REPOSITORY = "proven.webapp/minikube"

ARGUMENTS: dict[str, Any] = {
    "files": {"type": "path", "required": True},
    "node_image": {"type": "str", "required": True},
    "crictl": {"type": "str", "default": "crictl"},
    **BUILD_ARGUMENTS,
    **PROGRESS_ARGUMENT,
}


def crictl_entry(program: str) -> Entry:
    """
    :raises ProvenError: it isn't there.
    """
    found = shutil.which(program)
    if not found:
        raise ProvenError(
            f"There is no {program}, and Minikube's node needs one.",
            where="crictl",
            fix="Install it (https://github.com/kubernetes-sigs/cri-tools), or let cluster_provider be kind.",
        )
    path = Path(found)
    status = path.stat()
    return Entry("bin/crictl", path, 0o755, f"{status.st_size} {status.st_mtime_ns}")


def run(call: Call) -> dict[str, Any]:
    """Look, and build what is missing.

    :raises ProvenError: a part is missing, or a build failed.
    """
    params = call.params
    docker = Docker(params["docker"])
    entries = [*folder_entries(Path(params["files"])), crictl_entry(params["crictl"])]
    image = f"{REPOSITORY}:{content_tag(entries, params['node_image'])}"
    missing = not docker.has_image(image)
    if missing and not call.check:
        with tempfile.TemporaryDirectory(prefix="proven-minikube-") as folder:
            secrets = HostSecrets(Path(folder), params["ca_bundle"] or "")(SUITE)
            call.say("building the image of Minikube's node")
            Builder(docker, params["buildx"], secrets, call.say).build(image, entries, {"NODE_IMAGE": params["node_image"]})
    return {"changed": missing, "image": image}


def main() -> None:
    run_module(ARGUMENTS, run)


if __name__ == "__main__":
    main()

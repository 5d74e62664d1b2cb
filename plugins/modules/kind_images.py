#!/usr/bin/python
# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module: the images that a cluster on this machine is made of."""

from __future__ import annotations

DOCUMENTATION = r"""
module: kind_images
short_description: Builds the images of a cluster's node and of its registry from programs and packages
version_added: 0.1.0
description:
  - Builds a node image for kind, and the image of a local registry, where no image registry is within reach.
  - The tags name the content. Where images with these tags are there, nothing is done.
author:
  - The proven.webapp maintainers (@proven)
extends_documentation_fragment: [proven.webapp.node_image, proven.webapp.progress]
options:
  files:
    description: Folder with the build files C(node/) and C(registry/).
    type: path
    required: true
  rootfs:
    description: Root file system of Debian 12, as a tar file; the ground of the node's image.
    type: path
    required: true
  parts:
    description:
      - Name to path of the programs; Kubernetes' own, C(etcd), C(coredns), C(local-path-provisioner), C(metrics-server) and
        C(registry). The folders that they are in are named by version.
    type: dict
    required: true
  secrets:
    description:
      - Id to file of what the build may look at and keeps nothing of, such as C(ca) (certificates) and C(apt) (sources).
      - Without it, what this machine itself is set up with.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Images for a cluster, from what was built here
  proven.webapp.kind_images:
    files: "{{ role_path }}/files"
    rootfs: "{{ toolchain_parts.rootfs_bookworm }}"
    parts: "{{ toolchain_tools }}"
    buildx: "{{ toolchain_tools.buildx }}"
"""

RETURN = r"""
node:
  description: The node's image.
  type: str
  returned: always
registry:
  description: The registry's image.
  type: str
  returned: always
built:
  description: Images that were built, or in check mode would be.
  type: list
  elements: str
  returned: always
"""

import tempfile
from pathlib import Path
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._images.secrets import HostSecrets
from ansible_collections.proven.webapp.plugins.module_utils._kind.engine import Docker
from ansible_collections.proven.webapp.plugins.module_utils._kind.images import (
    BUILD_ARGUMENTS,
    NODE_REPOSITORY,
    REGISTRY_REPOSITORY,
    SUITE,
    Builder,
    base_image,
    content_tag,
    node_entries,
    registry_entries,
)
from ansible_collections.proven.webapp.plugins.module_utils._module import Call, run_module
from ansible_collections.proven.webapp.plugins.module_utils._progress import PROGRESS_ARGUMENT

ARGUMENTS: dict[str, Any] = {
    "files": {"type": "path", "required": True},
    "rootfs": {"type": "path", "required": True},
    "parts": {"type": "dict", "required": True},
    "secrets": {"type": "dict", "default": {}, "no_log": False},
    **BUILD_ARGUMENTS,
    **PROGRESS_ARGUMENT,
}


def run(call: Call) -> dict[str, Any]:
    """Look, and build what is missing.

    :raises ProvenError: a part is missing, or a build failed.
    """
    params = call.params
    docker = Docker(params["docker"])
    files, rootfs = Path(params["files"]), Path(params["rootfs"])
    base = base_image(rootfs)
    node_context = node_entries(files / "node", params["parts"])
    registry_context = registry_entries(files / "registry", params["parts"])
    node = f"{NODE_REPOSITORY}:{content_tag(node_context, base)}"
    registry = f"{REGISTRY_REPOSITORY}:{content_tag(registry_context)}"
    names = (registry, node)
    missing = [] if docker.has_image(*names) else [name for name in names if not docker.has_image(name)]
    if missing and not call.check:
        with tempfile.TemporaryDirectory(prefix="proven-kind-") as folder:
            secrets = HostSecrets(Path(folder), params["ca_bundle"] or "")(SUITE)
            builder = Builder(docker, params["buildx"], {**secrets, **params["secrets"]}, call.say)
            if registry in missing:
                call.say("building the registry's image")
                builder.build(registry, registry_context, {})
            if node in missing:
                if not docker.has_image(base):
                    call.say("importing Debian")
                    builder.import_base(rootfs, base)
                call.say("building the node's image")
                builder.build(node, node_context, {"BASE_IMAGE": base})
    return {"changed": bool(missing), "node": node, "registry": registry, "built": missing}


def main() -> None:
    run_module(ARGUMENTS, run)


if __name__ == "__main__":
    main()

#!/usr/bin/python
# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: image_build
short_description: Build container images whose content is new, and deliver them
description:
  - Gives each image a tag that is a digest of all it is made of. That is the build context after C(.dockerignore) (paths, content,
    executable bits, what others may read, symbolic links), the Dockerfile, its arguments, the target, the identities of its base images
    and the platform. Times and owners never count.
  - An image whose tag is where it belongs (in the registry, in the nodes, or else in the local engine) is left alone. The others are
    built at the same time by BuildKit and delivered.
  - Proxies that the environment names (C(HTTP_PROXY), C(HTTPS_PROXY), C(NO_PROXY)) count in builds too, and stay in no image.
  - Base images can be part of the same batch. They are made only when an image that needs them is missing, and they stay in the engine.
  - Shows each step as it starts and ends when it runs on the controller itself.
version_added: 0.1.0
author:
  - The proven.webapp maintainers (@proven)
extends_documentation_fragment: [proven.webapp.progress]
requirements:
  - docker (client and engine with BuildKit, where something has to be built)
  - buildx
attributes:
  check_mode:
    support: full
    description: Says what would be built, also where neither engine nor registry exist yet.
  diff_mode:
    support: full
    description: Shows the newest tag that the engine has, and the one to come, for each image that would change.
  idempotent:
    support: full
    description: Same content, no work.
options:
  builds:
    description:
      - Images to have, by name.
      - Each has C(context) (a folder), and optionally C(dockerfile) (relative to the context, V(Dockerfile) by default),
        C(target) (a stage) and C(args) (build arguments; those whose names look like secrets are refused, as they stay
        readable in the image).
    type: dict
    required: true
  base_builds:
    description:
      - Base images, by name, as in O(builds), or with C(rootfs), the archive of a root file system to import, and optionally
        C(suite), the Debian suite that it holds.
    type: dict
    default: {}
  base_images:
    description:
      - Build arguments that name base images, with the name of one of O(base_builds) or an image's reference.
      - Each Dockerfile gets those which it declares with C(ARG), unless its own C(args) have another value.
    type: dict
    default: {}
  root:
    description: Folder that relative paths are relative to.
    type: path
    default: .
  delivery:
    description:
      - How the cluster gets its images.
      - V(registry) is a registry on this machine that the cluster is wired to, V(push) any other, V(load) goes straight into the nodes
        of a cluster in containers of this machine, where only layers travel that a node lacks; or, with O(engine), nothing travels at all.
      - V(auto) takes O(registry) where there is one, then O(engine), then O(containers). Without any, images stay in this user's engine.
    type: str
    choices: [auto, registry, load, push]
    default: auto
  registry:
    description:
      - Registry to deliver to, as it stands in an image's reference, for example V(localhost:5001) or V(ghcr.io/acme).
    type: str
  registry_username:
    description:
      - Who logs in to the registry. Without it, Docker's own login is used. The login is tried before anything is built, and is kept
        in no file that outlives the run.
    type: str
  registry_password:
    description: The password or token that belongs to O(registry_username).
    type: str
  containers:
    description: The containers of the cluster's nodes, for O(delivery=load).
    type: list
    elements: str
    default: []
  engine:
    description:
      - The Docker engine that runs the containers of a cluster of one node, as Minikube's with the runtime docker. Images are built in it.
    type: dict
    suboptions:
      host:
        description: Where it listens, as in E(DOCKER_HOST).
        type: str
        required: true
      certificates:
        description: Folder with the certificates for it, as in E(DOCKER_CERT_PATH). Without it, TLS isn't spoken.
        type: path
  platforms:
    description:
      - Platforms to build for, such as V(linux/amd64) and V(linux/arm64); without it, this machine's.
      - Needs a registry. Where a Dockerfile runs programs of another platform than this machine's, that needs emulation (QEMU).
    type: list
    elements: str
    default: []
  ca_bundle:
    description: File with CA certificates that builds (as the secret C(ca)) and the registry are trusted by, besides this machine's own.
    type: path
  repository:
    description: What the images' repositories start with. An image is named C(registry/repository/name).
    type: str
    required: true
  base_repository:
    description: The same for O(base_builds).
    type: str
    default: proven-webapp
  docker:
    description: The Docker client.
    type: path
    default: docker
  buildx:
    description: The buildx binary. Without it, C(docker buildx) is used.
    type: path
  secrets:
    description:
      - Build secrets, id to file, for C(RUN --mount=type=secret).
      - Without it, as far as this machine has them, V(ca) (its CA certificates), V(pip) and V(npmrc) (its settings), and for
        images on a C(rootfs) with a C(suite) V(apt) (its Debian mirror, as a sources file).
    type: dict
"""

EXAMPLES = r"""
- name: Build and deliver
  proven.webapp.image_build:
    registry: localhost:5001
    repository: todo
    root: "{{ playbook_dir }}"
    builds:
      backend: {context: docker/backend}
      frontend: {context: docker/frontend, args: {APP_VERSION: "1.2"}}

- name: On base images of our own
  proven.webapp.image_build:
    registry: localhost:5001
    repository: todo
    builds:
      backend: {context: /srv/todo/docker/backend}
    base_builds:
      rootfs: {rootfs: /root/.cache/proven.webapp/rootfs/trixie.tar}
      python: {context: /srv/base, target: python}
    base_images:
      ROOTFS_IMAGE: rootfs
      PYTHON_IMAGE: python
"""

RETURN = r"""
refs:
  description: What to deploy, by name.
  returned: success
  type: dict
  sample: {backend: "localhost:5001/todo/backend@sha256:2c26…"}
images:
  description: Each image of O(builds).
  returned: success
  type: dict
  contains:
    ref:
      description: Reference by digest; by tag for an image in the engine or in nodes, or that check mode would build.
      type: str
    tag:
      description: The content's tag. Empty in check mode where a base image's identity can't be found out.
      type: str
    id:
      description: The engine's id of the image, where the engine was asked for it.
      type: str
    size_bytes:
      description: Uncompressed size, where the engine was asked; it isn't where all images are in the registry.
      type: int
    built:
      description: Whether it was built in this run (would be, in check mode).
      type: bool
    pushed:
      description: Whether it was delivered in this run (would be, in check mode).
      type: bool
    seconds:
      description: How long building and pushing took.
      type: float
bases:
  description: The same for those of O(base_builds) that the images need.
  returned: success
  type: dict
"""

import functools
import platform
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._images.batch import Batch
from ansible_collections.proven.webapp.plugins.module_utils._images.engine import Engine
from ansible_collections.proven.webapp.plugins.module_utils._images.login import docker_environment
from ansible_collections.proven.webapp.plugins.module_utils._images.nodes import NodesPlace
from ansible_collections.proven.webapp.plugins.module_utils._images.place import Place, RegistryPlace
from ansible_collections.proven.webapp.plugins.module_utils._images.plan import Planner
from ansible_collections.proven.webapp.plugins.module_utils._images.secrets import HostSecrets
from ansible_collections.proven.webapp.plugins.module_utils._images.spec import read_builds
from ansible_collections.proven.webapp.plugins.module_utils._images.target import check_emulation, read_target
from ansible_collections.proven.webapp.plugins.module_utils._module import Call, run_module
from ansible_collections.proven.webapp.plugins.module_utils._progress import PROGRESS_ARGUMENT

ARGUMENTS: dict[str, Any] = {
    "builds": {"type": "dict", "required": True},
    "base_builds": {"type": "dict", "default": {}},
    "base_images": {"type": "dict", "default": {}},
    "root": {"type": "path", "default": "."},
    "delivery": {"type": "str", "choices": ["auto", "registry", "load", "push"], "default": "auto"},
    "registry": {"type": "str"},
    "registry_username": {"type": "str"},
    "registry_password": {"type": "str", "no_log": True},
    "containers": {"type": "list", "elements": "str", "default": []},
    "engine": {
        "type": "dict",
        "options": {"host": {"type": "str", "required": True}, "certificates": {"type": "path"}},
    },
    "platforms": {"type": "list", "elements": "str", "default": []},
    "ca_bundle": {"type": "path"},
    "repository": {"type": "str", "required": True},
    "base_repository": {"type": "str", "default": "proven-webapp"},
    "docker": {"type": "path", "default": "docker"},
    "buildx": {"type": "path"},
    "secrets": {"type": "dict", "no_log": False},  # ids and paths; the secrets are in the files
    **PROGRESS_ARGUMENT,
}


def run(call: Call) -> dict[str, Any]:
    """Build and deliver what isn't there.

    :raises ProvenError: with a message for the user.
    """
    with tempfile.TemporaryDirectory(prefix="proven-build-") as scratch:
        return have(call, Path(scratch))


def have(call: Call, scratch: Path) -> dict[str, Any]:
    """Look, build, deliver.

    :param scratch: a folder that goes away afterwards.
    """
    params, check = call.params, call.check
    root = Path(params["root"]).resolve()
    builds = read_builds(params["builds"], key="builds", root=root, prefix=params["repository"])
    bases = read_builds(params["base_builds"], key="base_builds", root=root, prefix=params["base_repository"])
    buildx = [params["buildx"]] if params["buildx"] else [params["docker"], "buildx"]
    target = read_target(params, forgiving=check)
    registry = target.registry
    login = docker_environment(registry, scratch / "docker") if registry else {}
    engine = Engine(params["docker"], buildx, _secrets(params["secrets"], scratch, params["ca_bundle"] or ""), login, target.engine)

    @functools.cache
    def need_buildx() -> None:
        if not params["buildx"] and not check:
            engine.check_buildx()

    @functools.cache
    def identify(ref: str) -> str | None:
        """An upstream image's digest; in check mode None where nobody can tell."""
        if "@sha256:" in ref:
            return ref.rpartition("@")[2]
        need_buildx()
        try:
            digest = engine.remote_digest(ref)
        except ProvenError:
            if check:
                return None
            raise
        if digest is None and not check:
            raise ProvenError("There is no such base image", where=ref, fix="Correct its name in the Dockerfile, or the build argument")
        return digest

    planner = Planner(bases, params["base_images"], identify, f"linux/{platform.machine()}", check, params["platforms"])
    plan = planner.plan(builds, registry.address if registry else "")
    place: Place | None = None
    if registry:
        if registry.login and not check:
            registry.check()
        place = RegistryPlace(registry, engine)
    elif target.containers:
        place = NodesPlace(engine, target.containers, scratch)
    batch = Batch(plan, engine, place, call.say)
    batch.look(forgiving=check)
    wanted = [outcome for outcome in batch.builds.values() if not outcome.delivered]
    if any(outcome.planned.emulated for outcome in wanted) and not check:
        check_emulation(params["platforms"], engine.platforms(), [item.planned.name for item in wanted if item.planned.emulated])
    result: dict[str, Any] = {}
    if call.diff and wanted:
        result["diff"] = _diff({outcome.planned.name: _before(engine, outcome.planned.ref) for outcome in wanted}, wanted)
    if wanted:
        need_buildx()
    if check:
        batch.predict()
    else:
        batch.make()
    outcomes = batch.builds
    return {
        **result,
        "changed": bool(wanted),
        "refs": {name: outcome.ref for name, outcome in outcomes.items()},
        "images": {name: outcome.as_dict() for name, outcome in outcomes.items()},
        "bases": {name: outcome.as_dict() for name, outcome in batch.bases.items()},
    }


def _secrets(given: dict[str, str] | None, scratch: Path, ca: str) -> Callable[[str], Mapping[str, Path]]:
    if given is None:
        return HostSecrets(scratch, ca)
    for name, path in given.items():
        if not Path(path).is_file():
            raise ProvenError(f"There is no file {path}", where=f"secrets.{name}", fix="Correct the path, or leave the secret out")
    return lambda _suite: {name: Path(path).absolute() for name, path in given.items()}


def _before(engine: Engine, ref: str) -> str:
    """The newest tag in the repository, as far as the engine knows."""
    try:
        return engine.newest_tag(ref.rpartition(":")[0])
    except ProvenError:
        return ""


def _diff(before: dict[str, str], wanted: list[Any]) -> dict[str, str]:
    return {
        "before_header": "images",
        "after_header": "images",
        "before": "".join(f"{name}: {tag or '(none)'}\n" for name, tag in before.items()),
        "after": "".join(f"{outcome.planned.name}: {outcome.planned.tag or '(not known yet)'}\n" for outcome in wanted),
    }


def main() -> None:
    run_module(ARGUMENTS, run)


if __name__ == "__main__":
    main()

# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is asked for: builds as they stand in the inventory, checked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError

NAME = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*")
REPOSITORY = re.compile(rf"{NAME.pattern}(?:/{NAME.pattern})*")
SECRET_ENDING = re.compile(r"(PASSWORD|PASSWD|PASSPHRASE|SECRETS?|TOKENS?|CREDENTIALS?|APIKEY|PRIVATEKEY|SECRETKEY|ACCESSKEY)$")
SECRET_WORDS = frozenset({"PASS", "PWD", "KEY", "KEYS"})
CREDENTIALS_IN_URL = re.compile(r"://[^/\s@]*:[^/\s@]+@")
BUILD_KEYS = frozenset({"context", "dockerfile", "target", "args"})
ROOTFS_KEYS = frozenset({"rootfs", "suite"})


@dataclass(frozen=True)
class Build:
    """An image made of a Dockerfile.

    :param name: names it in messages and in the result.
    :param repository: path within the registry.
    :param context: the folder that is sent.
    :param target: a stage; empty for the last one.
    """

    name: str
    repository: str
    context: Path
    dockerfile: Path
    target: str
    args: Mapping[str, str]


@dataclass(frozen=True)
class Rootfs:
    """A base image made of a root file system's archive.

    :param tar: the archive.
    :param suite: the Debian suite that it holds; images made from it take packages from this machine's mirror of it.
    """

    name: str
    repository: str
    tar: Path
    suite: str


def read_builds(given: Mapping[str, Any], *, key: str, root: Path, prefix: str) -> dict[str, Build | Rootfs]:
    """Check builds and complete them.

    :param given: name → {context, dockerfile, target, args} or {rootfs, suite}.
    :param key: where they stand, for messages.
    :param root: what relative paths are relative to.
    :param prefix: what their repositories start with.
    :raises ProvenError: for the first thing that is wrong.
    """
    if not REPOSITORY.fullmatch(prefix):
        raise ProvenError(f"{prefix!r} can't be part of an image's name", where="repository", fix="Use lower-case letters, digits, - and /")
    return {name: _read(name, value, f"{key}.{name}", root, prefix) for name, value in given.items()}


def _read(name: str, given: Any, where: str, root: Path, prefix: str) -> Build | Rootfs:
    if not isinstance(given, Mapping):
        raise ProvenError("A build must be a map", where=where, fix="Write for example: {context: docker/backend}")
    if not NAME.fullmatch(name):
        raise ProvenError(f"{name!r} can't be part of an image's name", where=where, fix="Use lower-case letters, digits and -")
    allowed = ROOTFS_KEYS if "rootfs" in given else BUILD_KEYS
    for key in given:
        if key not in allowed:
            raise ProvenError(f"Unknown key {key!r}", where=f"{where}.{key}", fix=f"Known keys: {', '.join(sorted(allowed))}")
    repository = f"{prefix}/{name}"
    if "rootfs" in given:
        return Rootfs(name, repository, root / str(given["rootfs"]), str(given.get("suite") or ""))
    if not given.get("context"):
        raise ProvenError("A build needs a context", where=where, fix="Write for example: {context: docker/backend}")
    context = root / str(given["context"])
    if not context.is_dir():
        raise ProvenError(f"There is no build context {context}", where=f"{where}.context", fix="Correct the path, or make the folder")
    dockerfile = context / str(given.get("dockerfile") or "Dockerfile")
    if not dockerfile.is_file():
        raise ProvenError(
            f"There is no Dockerfile {dockerfile}", where=f"{where}.dockerfile", fix="Make it, or say where it is with the key dockerfile"
        )
    args = given.get("args") or {}
    if not isinstance(args, Mapping):
        raise ProvenError("Build arguments must be a map", where=f"{where}.args", fix="Write for example: {APP_VERSION: '1.2'}")
    return Build(name, repository, context, dockerfile, str(given.get("target") or ""), read_args(args, f"{where}.args"))


def read_args(args: Mapping[str, Any], where: str) -> dict[str, str]:
    """Build arguments as text.

    :raises ProvenError: where one looks like a secret: arguments stay readable in the image's history.
    """
    found: dict[str, str] = {}
    for name, value in args.items():
        text = str(value).lower() if isinstance(value, bool) else str(value)
        if looks_secret(name) or CREDENTIALS_IN_URL.search(text):
            raise ProvenError(
                f"The build argument {name} looks like a secret; arguments stay readable in the image's history",
                where=f"{where}.{name}",
                fix="Hand it in as a build secret (RUN --mount=type=secret,id=…), or at run time as a component's secret",
            )
        found[str(name)] = text
    return found


def looks_secret(name: str) -> bool:
    """Whether a name says that its value is secret. A name with PUBLIC in it doesn't."""
    words = name.upper().replace("-", "_").split("_")
    if "PUBLIC" in words:
        return False
    return any(word in SECRET_WORDS or SECRET_ENDING.search(word) for word in words)

# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A kubeconfig with one context, for its owner alone."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.proven.webapp.plugins.module_utils._cloud.model import Access
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError


def parse(text: str, where: str) -> Access:
    """The current context of a kubeconfig that a cloud gave out.

    :raises ProvenError: it isn't one.
    """
    try:
        document: Any = yaml.safe_load(text)
        context = next(item for item in document["contexts"] if item["name"] == document["current-context"])
        cluster = next(item for item in document["clusters"] if item["name"] == context["context"]["cluster"])
        user = next(item for item in document["users"] if item["name"] == context["context"]["user"])
        return Access(str(context["name"]), dict(cluster["cluster"]), dict(user["user"]))
    # Its text is secret, and so may be an error's that quotes it
    except (yaml.YAMLError, StopIteration, KeyError, TypeError):
        raise ProvenError("The cloud gave out a kubeconfig that can't be read.", where=where, fix="Run it again.") from None


def document(access: Access) -> dict[str, Any]:
    """The file's content. Secret."""
    name = access.context
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": name,
        "clusters": [{"name": name, "cluster": dict(access.cluster)}],
        "users": [{"name": name, "user": dict(access.user)}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
    }


def write(path: str, access: Access) -> None:
    """Write the file in one step, readable by its owner alone from its first moment on, as is a folder that is made for it.

    :raises ProvenError: it can't be written.
    """
    _write(Path(path), yaml.safe_dump(document(access), sort_keys=False))


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".kubeconfig-")  # mode 0600
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
            os.replace(name, path)
        except BaseException:
            os.unlink(name)
            raise
    except OSError as error:
        raise ProvenError(
            f"The kubeconfig can't be written: {error.strerror}.", where=str(path), fix="Name another cluster_state_dir."
        ) from error


def remove(path: str) -> bool:
    """Whether there was one."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        return False
    return True

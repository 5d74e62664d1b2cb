# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A kubeconfig with one context, for its owner alone."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils import _private_file
from ansible_collections.proven.webapp.plugins.module_utils._cloud.model import Access
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._kubeconfig import document
from ansible_collections.proven.webapp.plugins.module_utils._yaml import library


def parse(text: str, where: str) -> Access:
    """The current context of a kubeconfig that a cloud gave out.

    :raises ProvenError: it isn't one.
    """
    yaml = library()
    try:
        document: Any = yaml.safe_load(text)
        context = next(item for item in document["contexts"] if item["name"] == document["current-context"])
        cluster = next(item for item in document["clusters"] if item["name"] == context["context"]["cluster"])
        user = next(item for item in document["users"] if item["name"] == context["context"]["user"])
        return Access(str(context["name"]), dict(cluster["cluster"]), dict(user["user"]))
    # Its text is secret, and so may be an error's that quotes it
    except (yaml.YAMLError, StopIteration, KeyError, TypeError):
        raise ProvenError("The cloud gave out a kubeconfig that can't be read.", where=where, fix="Run it again.") from None


def write(path: str, access: Access) -> None:
    """Write the file in one step, readable by its owner alone from its first moment on, as is a folder that is made for it.

    :raises ProvenError: it can't be written.
    """
    file = Path(path)
    content = document(access.context, access.cluster, access.user)
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _private_file.replace(file, library().safe_dump(content, sort_keys=False))
    except OSError as error:
        raise ProvenError(
            f"The kubeconfig can't be written: {error.strerror}.", where=path, fix="Name another cluster_state_dir."
        ) from error


def remove(path: str) -> bool:
    """Whether there was one."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        return False
    return True

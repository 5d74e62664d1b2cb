# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A registry's login for Docker's tools: in a folder of its own, so that it stays in no file of the user's and in no process' arguments."""

from __future__ import annotations

import json
import os
from pathlib import Path

from ansible_collections.proven.webapp.plugins.module_utils._images.registry import HUB, Registry

HUB_KEY = "https://index.docker.io/v1/"
SHARED = ("contexts", "cli-plugins")
"""Folders of the user's own configuration that say which engine is meant, and where plugins are."""


def docker_environment(registry: Registry, folder: Path) -> dict[str, str]:
    """Make a configuration folder with the registry's login.

    :param folder: is made, for its owner alone; whoever makes it removes it.
    :returns: variables for Docker's tools; none without a login.
    """
    if registry.login is None:
        return {}
    own = Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker")
    folder.mkdir(mode=0o700)
    config: dict[str, object] = {"auths": {HUB_KEY if registry.host == HUB else registry.host: {"auth": registry.login.basic}}}
    try:
        context = json.loads((own / "config.json").read_text(encoding="utf-8")).get("currentContext")
    except (OSError, ValueError):
        context = None
    if context:
        config["currentContext"] = context
    for name in SHARED:
        if (own / name).is_dir():
            (folder / name).symlink_to(own / name)
    handle = os.open(folder / "config.json", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(config, file)
    return {"DOCKER_CONFIG": str(folder)}

# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The collection as Galaxy hands it out, and a small application that it releases.

The collections that it depends on aren't fetched from Galaxy: they are those of the virtual environment.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from tests.integration.whole import HOSTS
from tests.matrix.ansible_core import CORES, Core, environment
from tests.quality.tree import BIN, COLLECTIONS, built

from .site import Site

__all__ = ["CORES", "NEWEST", "OLDEST", "Core", "installed", "project", "run", "shop"]

OLDEST, NEWEST = CORES
PROBE = {"httpGet": {"path": "/", "port": "http"}, "periodSeconds": 2, "timeoutSeconds": 1, "failureThreshold": 3}


def installed(folder: Path, source: Path) -> str:
    """A search path with the collection, built out of its source, and those that it depends on."""
    archive = built(folder, source)
    # Without --force, one of this version that Ansible finds anywhere is installation enough.
    command = [str(BIN / "ansible-galaxy"), "collection", "install", str(archive), "--no-deps", "--force", "-p", str(folder / "own")]
    said = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True, timeout=120).stdout
    assert (folder / "own/ansible_collections/proven/webapp/playbooks/site.yml").exists(), said
    (folder / "others/ansible_collections").mkdir(parents=True)
    for name in ("kubernetes", "community"):
        (folder / "others/ansible_collections" / name).symlink_to(COLLECTIONS / "ansible_collections" / name)
    return f"{folder / 'own'}{os.pathsep}{folder / 'others'}"


def shop(toolbox: str) -> dict[str, Any]:
    web = {
        "image": toolbox,
        "command": ["python3", "-u", "-m", "http.server", "8080", "--directory", "/etc/shop"],
        "files": {"/etc/shop/index.html": "Open"},
        "ports": {"http": 8080},
        "secrets": ["TOKEN"],
        "probes": {"startup": {**PROBE, "periodSeconds": 1, "failureThreshold": 60}, "liveness": PROBE, "readiness": PROBE},
        "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}, "limits": {"memory": "128Mi"}},
    }
    return {"webapp_name": "shop", "webapp_components": {"web": web}, "webapp_secrets": {"TOKEN": "a-token-that-nobody-uses"}}


def run(project: Path, core: Core, collections: str, *arguments: str) -> str:
    python = core.python
    if not python:
        pytest.skip(f"no Python 3.{' or 3.'.join(map(str, core.pythons))} on this machine")
    folder = environment(core, python)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "MOLECULE_", "PYTHONPATH"))}
    env = {**kept, "ANSIBLE_COLLECTIONS_PATH": collections, "PATH": f"{folder}/bin:{os.environ['PATH']}"}
    command = [str(folder / "bin/ansible-playbook"), "proven.webapp.site", "-i", "inventory", *arguments]
    done = subprocess.run(
        command, cwd=project, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600
    )
    assert done.returncode == 0, done.stdout[-6000:]
    return done.stdout


def project(folder: Path, site: Site, application: Mapping[str, Any]) -> Path:
    """A folder with an inventory."""
    (folder / "inventory/group_vars/all").mkdir(parents=True)
    (folder / "inventory/hosts.yml").write_text(yaml.safe_dump(HOSTS))
    (folder / "inventory/group_vars/all/all.yml").write_text(yaml.safe_dump({**site.place(), **application}))
    return folder

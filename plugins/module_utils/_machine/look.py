# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Looks at the machine."""

from __future__ import annotations

import os
import platform
import re
import shutil
from collections.abc import Iterable
from pathlib import Path

from ansible_collections.proven.webapp.plugins.module_utils._docker.engine import SOCKET, ask_version
from ansible_collections.proven.webapp.plugins.module_utils._machine.rules import Machine

CGROUP_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


def os_release(text: str) -> dict[str, str]:
    return {key: value.strip('"') for key, value in re.findall(r"^([A-Z_]+)=(.*)$", text, re.MULTILINE)}


def memory_total(meminfo: str) -> int:
    match = re.search(r"^MemTotal:\s+(\d+) kB", meminfo, re.MULTILINE)
    return int(match.group(1)) * 1024 if match else 0


def _memory() -> int:
    try:
        total = memory_total(Path("/proc/meminfo").read_text())
    except OSError:
        return 0
    for path in CGROUP_LIMITS:
        try:
            text = Path(path).read_text().strip()
        except OSError:
            continue
        if text.isdigit():
            return min(total, int(text))
    return total


def free_bytes(folder: str) -> int:
    """Free bytes of the file system that a folder is on, or would be on."""
    path = Path(folder).absolute()
    while not path.exists():
        path = path.parent
    return shutil.disk_usage(path).free


def look(folders: Iterable[str]) -> Machine:
    try:
        release = os_release(Path("/etc/os-release").read_text())
    except OSError:
        release = {}
    host = os.environ.get("DOCKER_HOST", "")
    # An engine at another address is asked by Docker's own client, when it is needed.
    answers = (bool(host) and not host.startswith("unix://")) or bool(ask_version(host.removeprefix("unix://") or SOCKET)[0])
    return Machine(
        system=platform.system(),
        architecture=platform.machine(),
        distribution=tuple(f"{release.get('ID', '')} {release.get('ID_LIKE', '')}".split()),
        pretty=release.get("PRETTY_NAME", ""),
        memory=_memory(),
        disk={folder: free_bytes(folder) for folder in folders},
        root=os.geteuid() == 0,
        docker=answers or shutil.which("dockerd", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin") is not None,
        docker_answers=answers,
    )

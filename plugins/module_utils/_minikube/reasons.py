# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Why a node in a container isn't well, from its logs and from the machine that it is on."""

from __future__ import annotations

import contextlib
from pathlib import Path

from ansible_collections.proven.webapp.plugins.module_utils._kind.engine import Docker
from ansible_collections.proven.webapp.plugins.module_utils._kind.state import useful_lines

INOTIFY = Path("/proc/sys/fs/inotify/max_user_instances")
ENOUGH_INSTANCES = 512


def node_reasons(docker: Docker, node: str) -> list[str]:
    """Lines that say what is wrong.

    :param node: name of its container.
    """
    found: list[str] = []
    for unit in ("containerd", "kubelet"):
        log = docker.attempt("exec", node, "journalctl", "--no-pager", "--quiet", "-n", "300", "-u", unit, timeout=20)
        if log.returncode == 0:
            found += [f"{unit}: {line}" for line in useful_lines(log.stdout, 2)]
    if not found:
        log = docker.attempt("logs", "--tail", "40", node, timeout=20)
        found = [f"node: {line}" for line in useful_lines(log.stdout + log.stderr, 3)] if log.returncode == 0 else []
    return found + inotify_reason(INOTIFY) if found else []


def inotify_reason(file: Path) -> list[str]:
    """Why kube-proxy and others end with `too many open files` where several clusters are on one machine."""
    with contextlib.suppress(OSError, ValueError):
        limit = int(file.read_text(encoding="ascii"))
        if limit < ENOUGH_INSTANCES:
            return [
                f"machine: fs.inotify.max_user_instances is {limit}, and several clusters need more: "
                f"sysctl -w fs.inotify.max_user_instances={ENOUGH_INSTANCES}"
            ]
    return []

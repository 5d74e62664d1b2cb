# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a machine has to offer before anything is started on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

GIB = 1024**3
SUPPORTED = ("x86_64", "aarch64", "arm64")
APT_FAMILIES = ("debian", "ubuntu")


@dataclass(frozen=True)
class Machine:
    """What was seen.

    :ivar system: kernel's name, as `uname -s`.
    :ivar architecture: as `uname -m`.
    :ivar distribution: ID and ID_LIKE of /etc/os-release.
    :ivar pretty: what the distribution calls itself.
    :ivar memory: bytes that may be used, of the machine or of the control group, whichever is less.
    :ivar disk: folder → free bytes of its file system.
    :ivar root: the run's user may change the system.
    :ivar docker: a Docker engine's program is installed, or one answers.
    :ivar docker_answers: a Docker engine answers this user.
    """

    system: str
    architecture: str
    distribution: tuple[str, ...]
    pretty: str
    memory: int
    disk: Mapping[str, int]
    root: bool
    docker: bool
    docker_answers: bool


@dataclass(frozen=True)
class Needs:
    """What the run asks for.

    :ivar memory: bytes.
    :ivar disk: folder → free bytes.
    :ivar docker: a Docker engine is needed.
    """

    memory: int
    disk: Mapping[str, int]
    docker: bool


def gib(size: int) -> str:
    return f"{size / GIB:.1f} GiB"


def problems(machine: Machine, needs: Needs) -> list[str]:
    """Everything that stands in the way, each with what to do."""
    found = []
    if machine.system != "Linux" or machine.architecture not in SUPPORTED:
        found.append(
            f"{machine.system} on {machine.architecture} is not supported. "
            "Run on Linux on x86_64 or aarch64, for example Debian 12, or deploy to an existing cluster from there."
        )
    if needs.docker and not machine.docker:
        if not any(name in APT_FAMILIES for name in machine.distribution):
            found.append(
                f"No Docker engine is here, and on {machine.pretty or 'this system'} we can't install one (we can on Debian and Ubuntu). "
                "Install Docker by hand, then run again."
            )
        elif not machine.root:
            found.append(
                "No Docker engine is here, and this user has no right to install one. "
                "Run as root, or have Docker installed and join its group."
            )
    elif needs.docker and not machine.docker_answers and not machine.root:
        found.append(
            "The Docker engine doesn't answer this user. "
            "Join its group (usermod -aG docker USER, then log in again), start it, or run as root."
        )
    if machine.memory < needs.memory:
        found.append(
            f"Too little memory: {gib(machine.memory)}, and {gib(needs.memory)} are needed. "
            "Use a larger machine, or an existing cluster (cluster_provider: existing)."
        )
    for folder, size in needs.disk.items():
        free = machine.disk.get(folder, 0)
        if free < size:
            found.append(
                f"Too little room for {folder}: {gib(free)} free, and {gib(size)} are needed. "
                "Free some, for example with: docker system prune"
            )
    return found

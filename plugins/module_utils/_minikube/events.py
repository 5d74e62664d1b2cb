# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What Minikube says while it works (CloudEvents, one a line, with --output=json): its steps, and why it failed. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError

TYPE = "io.k8s.sigs.minikube."

REMEDIES = {
    "DRV_AS_ROOT": "Run it as a user that is in the group docker, or leave the driver to docker.",
    "DRV_NOT_DETECTED": "Start Docker (the toolchain role does that), or name another driver.",
    "DRV_NOT_HEALTHY": "See that the driver's own program works for this user (docker info), or name another driver.",
    "DRV_UNSUPPORTED_OS": "Name a driver that this system has: docker, podman, kvm2, qemu2 or none.",
    "GUEST_DRIVER_MISMATCH": "Ask for the driver that the cluster has, or make it anew with recreate.",
    "GUEST_MOUNT_CONFLICT": "Ask for the mount that the cluster has, or make it anew with recreate.",
    "HOST_HOME_PERMISSION": "Give the folder back to this user (chown), or name another one in MINIKUBE_HOME.",
    "K8S_DOWNGRADE_UNSUPPORTED": "Ask for the version that the cluster has, or make it anew with recreate.",
    "K8S_OLD_UNSUPPORTED": "Ask for a newer version of Kubernetes.",
    "MK_USAGE": "Correct what is named above.",
    "PROVIDER_DOCKER_NOT_RUNNING": "Start Docker; the toolchain role does that.",
    "PROVIDER_DOCKER_NEWGRP": "Join the group docker and log in again, or run as root.",
    "RSRC_INSUFFICIENT_CORES": "Use a machine with more CPUs: a control plane needs two.",
    "RSRC_INSUFFICIENT_CONTAINER_MEMORY": "Give Docker more memory, or ask for less.",
    "RSRC_INSUFFICIENT_REQ_MEMORY": "Ask for more memory: a control plane needs 1800 MiB.",
    "RSRC_INSUFFICIENT_SYS_MEMORY": "Use a machine with more memory.",
    "RSRC_OVER_ALLOC_MEM": "Ask for less memory than the machine has.",
    "RSRC_DOCKER_STORAGE": "Free some disk space: docker system df",
}
"""What the user can do, by the name that Minikube gives a failure; its own advice is for those who have typed the command."""

KNOWN = (
    (r"port is already allocated|address already in use", "Another program uses one of the ports: stop it, or choose others."),
    (r"no space left on device", "Free some disk space: docker system df"),
    (r"permission denied.*docker", "Join the group docker and log in again, or run as root."),
    (r"conflicting container name", "A container of this name is there, and it isn't Minikube's: choose another profile, or remove it."),
    (r"pull access denied|manifest unknown|unable to find image", "See that the base image is there under this very name."),
)
"""Words in a failure that say more than its name."""
NOISE = re.compile(r"[╭╰│─]|^\s*$|please let us know|minikube logs --file|github.com/kubernetes/minikube/issues/new")


@dataclass(frozen=True)
class Event:
    """:ivar kind: step, info, warning, error, download.progress …
    :ivar name: of the step or of the failure, as GUEST_START.
    """

    kind: str
    message: str = ""
    name: str = ""
    advice: str = ""
    url: str = ""
    issues: str = ""
    exit_code: int = 0


def parse_event(line: str) -> Event | None:
    """None where a line is no event: Minikube's log goes the same way."""
    try:
        raw = json.loads(line)
        data = raw["data"]
        kind = str(raw["type"]).removeprefix(TYPE)
        code = str(data.get("exitcode") or "0")
        return Event(
            kind,
            str(data.get("message") or data.get("artifact") or "").strip(),
            str(data.get("name") or ""),
            str(data.get("advice") or "").strip(),
            str(data.get("url") or ""),
            str(data.get("issues") or "").strip(),
            int(code) if code.isdecimal() else 0,
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def progress(event: Event) -> str | None:
    """The line that shows this event, or None where it is nothing to look at."""
    if event.kind == "step" and event.message:
        return event.message.splitlines()[0].removesuffix("...").strip()
    if event.kind == "download" and event.message:
        return f"downloading {event.message}"
    return None


def failure(what: str, events: Sequence[Event], rest: Sequence[str], where: str, reasons: Sequence[str] = ()) -> ProvenError:
    """What Minikube's failure means for the user.

    :param what: could not be done, a sentence.
    :param rest: lines that it said besides events.
    :param reasons: lines from elsewhere that tell why.
    """
    errors = [event for event in events if event.kind == "error" and not NOISE.search(event.message)]
    named = next((event for event in reversed(errors) if event.name), errors[-1] if errors else None)
    said = useful(named.message) if named else [line.strip() for line in rest if line.strip()][-4:]
    title = f"{what.rstrip('.')} ({named.name})." if named and named.name else what
    everything = "\n".join([*(event.message for event in errors), *rest])
    fix = next((advice for words, advice in KNOWN if re.search(words, everything, re.IGNORECASE)), "")
    if named and not fix:
        # Its advice may be a whole procedure
        fix = REMEDIES.get(named.name) or " ".join(named.advice.split())
        fix = " ".join(filter(None, (fix, f"More: {named.url}" if named.url else "")))
    lines = list(dict.fromkeys([*said, *reasons]))
    return ProvenError(
        "\n".join([title, *(f"  {line}" for line in lines)]), where=where, fix=fix or "Look at the lines above, then run it again."
    )


def useful(message: str) -> list[str]:
    """The lines of a long message that say something: its beginning, and its last errors."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    if len(lines) <= 4:
        return [line[:400] for line in lines]
    errors = [line for line in lines[1:] if re.match(r"(error|fatal|E\d{4})\b", line, re.IGNORECASE)]
    return [line[:400] for line in [lines[0], *errors[-3:]]]

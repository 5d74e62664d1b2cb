# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What runs of a release, as rows for people and programs. Pure: takes objects as the API gives them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._probes.model import Exec, Grpc, HttpGet, Probe, TcpSocket, probes_of
from ansible_collections.proven.webapp.plugins.module_utils._rollout.judge import component_of

Object = Mapping[str, Any]
DIGEST = 12
"""So many digits of a digest tell images apart."""


def short_image(image: str) -> str:
    """`registry/todo/backend@sha256:0123…` as `todo/backend@0123456789ab`."""
    name, _at, digest = image.partition("@")
    first, slash, rest = name.partition("/")
    name = rest if slash and ("." in first or ":" in first or first == "localhost") else name
    return f"{name}@{digest.removeprefix('sha256:')[:DIGEST]}" if digest else name


def short_probe(probe: Probe) -> str:
    """`readiness /readyz`, `liveness tcp 5432`, `startup exec pg_isready`."""
    handler = probe.handler
    if isinstance(handler, HttpGet):
        how = handler.path
    elif isinstance(handler, TcpSocket):
        how = f"tcp {handler.port}"
    elif isinstance(handler, Grpc):
        how = f"grpc {handler.port}"
    elif isinstance(handler, Exec):
        how = f"exec {handler.command[0] if handler.command else ''}".rstrip()
    else:
        how = "nothing"
    return f"{probe.kind} {how}"


def selects(selector: Mapping[str, str], item: Object) -> bool:
    return selector.items() <= (item["metadata"].get("labels") or {}).items()


def row(workload: Object, pods: Sequence[Object], services: Sequence[Object] = ()) -> dict[str, Any]:
    """One component, or one of its versions.

    :param services: of the release: a version beside the one that they lead to waits.
    :returns: ``{component, kind, image, ready, wanted, restarts, probes, waits}``.
    """
    name, template = component_of(workload), workload["spec"]["template"]
    container = template["spec"]["containers"][0]
    own = [pod for pod in pods if selects(workload["spec"]["selector"]["matchLabels"], pod)]
    its = [service["spec"].get("selector") or {} for service in services if component_of(service) == name]
    restarts = sum(int(item.get("restartCount") or 0) for pod in own for item in (pod.get("status") or {}).get("containerStatuses") or ())
    return {
        "component": name,
        "kind": str(workload.get("kind", "")),
        "image": short_image(str(container["image"])),
        "ready": int((workload.get("status") or {}).get("readyReplicas") or 0),
        "wanted": int(workload["spec"].get("replicas", 1)),
        "restarts": restarts,
        "probes": [short_probe(probe) for probe in probes_of(container)],
        "waits": bool(its) and not any(selects(selector, template) for selector in its),
    }


def verdict_line(revisions: Sequence[Mapping[str, Any]]) -> str:
    """`revision 7, deployed, proven at 2026-01-01T00:00:00Z; before it 6 was proven`."""
    if not revisions:
        return "not installed"
    last = revisions[-1]
    said = f"{last['verdict'].replace('_', ' ')} at {last['when']}" if last["verdict"] else "nobody has proven it"
    before = next((item["revision"] for item in reversed(revisions[:-1]) if item["verdict"] == "proven"), None)
    return f"revision {last['revision']}, {last['status']}, {said}" + (f"; before it {before} was proven" if before else "")


def render(name: str, rows: Sequence[Mapping[str, Any]], verdict: str, urls: Sequence[str], holder: str) -> str:
    """The table."""
    head = ("COMPONENT", "READY", "RESTARTS", "IMAGE", "PROBES")
    lines = [
        head,
        *(
            (
                f"{item['component']} (waits)" if item["waits"] else item["component"],
                f"{item['ready']}/{item['wanted']}",
                str(item["restarts"]),
                item["image"],
                ", ".join(item["probes"]) or "none",
            )
            for item in rows
        ),
    ]
    widths = [max(len(line[index]) for line in lines) for index in range(len(head))]
    table = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
    facts = [("release", verdict), *([("url", url) for url in urls]), *([("at work", holder)] if holder else [])]
    return "\n".join([name, "", *[f"{key.ljust(8)}{value}" for key, value in facts], "", *(table if rows else ["nothing runs"])])

# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Applications that are bad in one way each, and what a drill has to find in them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

NAMESPACE = "proven-drill-lab"
RELEASE = "lab"
PROGRAM = (Path(__file__).parent / "application.py").read_text()
UNREADY, DEGRADED = "unready", "degraded"


@dataclass(frozen=True)
class Case:
    """:ivar faults: what the application does badly, see application.py.
    :ivar finds: rules that the drills have to find broken, no more and no less.
    :ivar allowed: rules that may be broken too, depending on how quick the machine is.
    :ivar grace: seconds.
    """

    name: str
    scenarios: tuple[str, ...]
    finds: frozenset[str] = frozenset()
    faults: tuple[str, ...] = ()
    on_loss: str = UNREADY
    requests: tuple[str, ...] = ("/readyz", "/work")
    streams: tuple[str, ...] = ()
    grace: int = 20
    verdict: str = ""
    allowed: frozenset[str] = frozenset()
    depends_on: dict[str, Any] = field(default_factory=dict)

    @property
    def expected(self) -> str:
        """Verdict: warnings alone don't change it."""
        return self.verdict or ("not_proven" if self.finds - {"PV303", "PV310", "PV313"} else "proven")


def bad(name: str, scenario: str, finds: str, *faults: str, **more: Any) -> Case:
    return Case(name, (scenario,), frozenset({finds}), faults, **more)


CASES = (
    # All cases begin at once: one late answer of liveness, which is a warning, may be the machine's.
    Case("good", ("refused", "blackholed", "slow", "cold_start", "sigterm"), streams=("/stream",), allowed=frozenset({"PV303"})),
    Case("good-degraded", ("blackholed", "cold_start"), faults=("always-ready",), on_loss=DEGRADED, requests=("/work",)),
    bad("always-ready", "refused", "PV301", "always-ready", requests=("/work",)),
    bad("live-asks", "refused", "PV302", "live-asks-database"),
    bad("one-thread", "blackholed", "PV302", "one-thread", "waits-for-ever", allowed=frozenset({"PV301"})),
    bad("live-wavers", "refused", "PV303", "live-wavers"),
    bad("backs-off", "refused", "PV304", "backs-off"),
    bad("needs-at-start", "cold_start", "PV305", "needs-database-to-start"),
    bad("tries-once", "cold_start", "PV306", "tries-once"),
    bad("ready-too-early", "cold_start", "PV307", "ready-until-connected"),
    bad("not-degraded", "refused", "PV308", on_loss=DEGRADED),
    bad("hangs", "blackholed", "PV309", "always-ready", "waits-for-ever", on_loss=DEGRADED, requests=("/work",)),
    bad("fails-openly", "refused", "PV310", "always-ready", "fails-openly", on_loss=DEGRADED, requests=("/work",)),
    bad("dies-at-once", "sigterm", "PV311", "dies-at-once"),
    # Killed, it may take a request with it.
    bad("never-ends", "sigterm", "PV312", "never-ends", grace=6, allowed=frozenset({"PV311"})),
    bad("cuts-streams", "sigterm", "PV313", "cuts-streams", streams=("/stream",)),
    # What can't be shown is never a pass.
    Case("calls-nobody", ("refused",), faults=("always-ready",), requests=("/livez",), verdict="not_shown"),
    Case("by-address", ("refused", "sigterm"), verdict="not_shown", depends_on={"database": {"host": "10.0.0.7", "port": 5432}}),
)

VICTIMS = tuple(Case(f"victim-{number}", ("refused",)) for number in range(3))
"""For those who interrupt drills."""


def probe(path: str, **numbers: int) -> dict[str, Any]:
    return {"httpGet": {"path": path, "port": "http"}, **numbers}


def objects(image: str) -> list[dict[str, Any]]:
    """The database, and for each case a Deployment without a pod, with a Service: drills need but its template."""
    found: list[dict[str, Any]] = [
        named("ConfigMap", "program", data={"application.py": PROGRAM}),
        named("Pod", "lab-database", {"app": "lab-database"}, spec=pod_spec(image, "database")),
        service("lab-database", 5432),
    ]
    for case in (*CASES, *VICTIMS):
        found += [deployment(case, image), service(case.name, 8080)]
    return found


def named(kind: str, name: str, labels: dict[str, str] | None = None, **rest: Any) -> dict[str, Any]:
    version = {"Deployment": "apps/v1"}.get(kind, "v1")
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": NAMESPACE, "labels": labels or {}}, **rest}


def service(name: str, port: int) -> dict[str, Any]:
    return named("Service", name, spec={"selector": {"app": name}, "ports": [{"port": port}]})


def deployment(case: Case, image: str, replicas: int = 0) -> dict[str, Any]:
    """Of no chart of ours: what selects its pods is one label that the clones have to lose."""
    labels = {"app": case.name, "tier": "lab"}
    spec = pod_spec(image, "app", ",".join(case.faults), case.grace)
    template = {"metadata": {"labels": labels}, "spec": spec}
    body = {"replicas": replicas, "selector": {"matchLabels": {"app": case.name}}, "template": template}
    return named("Deployment", case.name, {"app": case.name, "group": RELEASE}, spec=body)


def pod_spec(image: str, role: str, faults: str = "", grace: int = 20) -> dict[str, Any]:
    container: dict[str, Any] = {
        "name": "application",
        "image": image,
        "command": ["python3", "-u", "/program/application.py", role],
        "env": [{"name": "FAULTS", "value": faults}],
        "volumeMounts": [{"name": "program", "mountPath": "/program"}],
        "resources": {"requests": {"cpu": "5m", "memory": "24Mi"}},
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }
    if role == "app":
        container |= {
            "ports": [{"name": "http", "containerPort": 8080}],
            "startupProbe": probe("/livez", periodSeconds=1, timeoutSeconds=2, failureThreshold=60),
            "livenessProbe": probe("/livez", periodSeconds=2, timeoutSeconds=2, failureThreshold=3),
            "readinessProbe": probe("/readyz", periodSeconds=1, timeoutSeconds=2, failureThreshold=2),
        }
    return {
        "terminationGracePeriodSeconds": grace,
        "automountServiceAccountToken": False,
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [container],
        "volumes": [{"name": "program", "configMap": {"name": "program"}}],
    }


def params(case: Case) -> dict[str, Any]:
    """What the module is asked for."""
    database = {"host": "lab-database", "on_loss": case.on_loss}
    return {
        "namespace": NAMESPACE,
        "selector": f"group={RELEASE},app={case.name}",
        "scenarios": list(case.scenarios),
        "components": [case.name],
        "depends_on": {case.name: case.depends_on or {"database": database}},
        "requests": {case.name: list(case.requests)},
        "streams": {case.name: list(case.streams)},
    }

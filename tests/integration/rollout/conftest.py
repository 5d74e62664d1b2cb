# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""All cases run once, a few side by side, on the cluster of the Molecule scenarios, or on the one whose facts PROVEN_LAB names."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest
from ansible_collections.proven.webapp.molecule.support import Cluster, until
from ansible_collections.proven.webapp.plugins.module_utils._rollout.model import when
from ansible_collections.proven.webapp.plugins.module_utils._rollout.task import run

from .cases import Case, Manifest, cases, quota

NAMESPACE = "proven-rollout"
AT_ONCE = 3
"""On two cores: they would keep each other from starting."""


SIGNS = ("Failed", "FailedScheduling", "FailedCreate", "FailedMount", "ProvisioningFailed")
OUTCOMES = pytest.StashKey[dict[str, "Future[Seen]"]]()


@dataclass(frozen=True)
class Seen:
    """What came of a case.

    :ivar seconds: to the verdict, from the moment that the case names; of one that comes up, from the apply.
    :ivar whole: from the apply.
    :ivar load: how many threads wanted to run meanwhile, for each core.
    """

    result: dict[str, Any]
    seconds: float
    whole: float
    load: float
    said: list[str] = field(default_factory=list)


def rollout(cluster: Cluster, name: str, say: Any, **given: Any) -> dict[str, Any]:
    """The task, in this process."""
    arguments = {
        "kubeconfig": cluster.kubeconfig,
        "context": cluster.context,
        "release": name,
        "namespace": NAMESPACE,
        "timeout": 120,
        "no_activity": 0,
        "restarts_tolerated": 2,
        "ready_within": 60,
        "failure": None,
        "patience": 0,
        **given,
    }
    return run(arguments, check=False, say=say)


def apply(cluster: Cluster, objects: list[Manifest]) -> None:
    everything = {"apiVersion": "v1", "kind": "List", "items": objects}
    cluster.kubectl("apply", "-n", NAMESPACE, "-f", "-", stdin=json.dumps(everything))


def try_out(cluster: Cluster, case: Case) -> Seen:
    """Apply a case, and watch it until the verdict."""
    said: list[str] = []
    if case.before:
        apply(cluster, list(case.before))
        first = rollout(cluster, case.name, lambda _line: None)
        assert not first.get("failed"), first["msg"]
    began = time.time()
    apply(cluster, list(case.objects))
    result = rollout(cluster, case.name, lambda line: said.append(f"{time.time() - began:.1f} {line}"))
    ended = time.time()
    since = _moment(cluster, case, began, ended) if case.doomed else began
    kinds = "deployments,statefulsets,daemonsets,jobs"
    cluster.kubectl("delete", kinds, "-n", NAMESPACE, "-l", f"app.kubernetes.io/instance={case.name}", "--wait=false")
    return Seen(result, ended - since, ended - began, os.getloadavg()[0] / (os.cpu_count() or 1), said)


def _moment(cluster: Cluster, case: Case, began: float, ended: float) -> float:
    """When the cluster warned first, or when the container that shows it began or ended last."""
    if case.after == "warning":
        events = [event for event in cluster.get("events", "-n", NAMESPACE) if event["reason"] in SIGNS]
        mine = [
            event for event in events if event["involvedObject"]["name"].rstrip("0123456789").startswith((case.name, f"data-{case.name}"))
        ]
        times = [when(event.get("eventTime") or event.get("firstTimestamp")) for event in mine]
        # None yet: the kubelet's events may come after its status.
        return min((moment for moment in times if moment >= began - 1), default=ended)
    pods = cluster.get("pods", "-n", NAMESPACE, "-l", f"app.kubernetes.io/instance={case.name}")
    statuses = [item for pod in pods for key in ("initContainerStatuses", "containerStatuses") for item in pod["status"].get(key, ())]
    ends = [end for item in statuses if (end := item["state"].get("terminated") or item.get("lastState", {}).get("terminated"))]
    if case.after == "end":
        return max(when(end["finishedAt"]) for end in ends)
    return max(when((end or item["state"]["running"])["startedAt"]) for item, end in ((item, (ends or [{}])[-1]) for item in statuses))


@pytest.fixture(scope="session")
def image(cluster: Cluster) -> str:
    pods = cluster.get("pods", "-n", "todo", "-l", "app.kubernetes.io/component=backend")
    return str(pods[0]["spec"]["containers"][0]["image"])


@pytest.fixture(scope="session")
def place(cluster: Cluster) -> Iterator[Cluster]:
    """A namespace of their own, and the priority class that some of them have to name."""
    cluster.kubectl("delete", "namespace", NAMESPACE, "--ignore-not-found", "--wait")
    cluster.kubectl("create", "namespace", NAMESPACE)
    priority = {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": "quota-class"}, "value": 1}
    cluster.kubectl("apply", "-f", "-", stdin=json.dumps(priority))
    apply(cluster, [quota("quota-class")])
    until(lambda: cluster.get("resourcequota", "quota-class", "-n", NAMESPACE)["status"].get("hard"), 20)
    yield cluster
    cluster.kubectl("delete", "priorityclass", "quota-class", "--ignore-not-found")
    cluster.kubectl("delete", "namespace", NAMESPACE, "--wait=false")


@pytest.fixture(scope="session")
def outcomes(place: Cluster, image: str) -> Iterator[dict[str, Future[Seen]]]:
    """Case's name → what came of it."""
    with ThreadPoolExecutor(AT_ONCE) as threads:
        yield {case.name: threads.submit(try_out, place, case) for case in cases(image)}


@pytest.fixture(scope="session", autouse=True)
def kept(outcomes: dict[str, Future[Seen]], request: pytest.FixtureRequest) -> None:
    request.config.stash[OUTCOMES] = outcomes


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    found = config.stash.get(OUTCOMES, {})
    terminalreporter.section("seconds to the verdict: from its sign, from the apply")
    for name, job in found.items():
        if job.done() and not job.exception():
            seen = job.result()
            terminalreporter.write_line(f"{name:18} {seen.seconds:6.1f} {seen.whole:6.1f}")

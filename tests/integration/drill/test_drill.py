# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Drills find what is bad, and nothing in what is good; nobody notices them; nothing of them stays."""

from __future__ import annotations

import json
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.proven.webapp.molecule.support import Cluster, until
from ansible_collections.proven.webapp.plugins.module_utils._drill import guard
from ansible_collections.proven.webapp.plugins.module_utils._drill.rules import DRILL_RULES

from .cases import CASES, NAMESPACE, Case, params
from .conftest import Modules, Outcomes

GOOD = CASES[0]
DRILL = "proven.webapp/drill"


def story(result: dict[str, Any]) -> str:
    """What to read when a test fails."""
    return json.dumps({key: result[key] for key in ("verdict", "reasons", "not_shown", "drills")}, indent=1)[:6000]


def left(cluster: Cluster, namespace: str = NAMESPACE) -> list[str]:
    return [f"{item['kind']}/{item['metadata']['name']}" for item in cluster.get("pods,jobs", "-n", namespace, "-l", DRILL)]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_each_application_is_judged_as_it_is(outcomes: Outcomes, case: Case) -> None:
    result = outcomes.cases[case.name].result()
    assert {finding["rule"] for finding in result["findings"]} == case.finds, story(result)
    assert result["verdict"] == case.expected, story(result)
    if case.expected == "not_shown":
        assert result["not_shown"]


def test_every_rule_of_a_clone_is_broken_by_somebody() -> None:
    seen = {rule for case in CASES for rule in case.finds}
    assert seen == {rule.id for rule in DRILL_RULES} - {"PV320", "PV330"}


def test_labels_of_other_charts_that_a_service_selects_by_are_dropped_and_told(outcomes: Outcomes) -> None:
    notes = outcomes.cases[GOOD.name].result()["notes"]
    assert any("lack the label app" in note and "Service/good" in note for note in notes), notes


@pytest.mark.parametrize("component", ["backend", "frontend"])
def test_the_shipped_application_passes(outcomes: Outcomes, component: str) -> None:
    result = outcomes.shipped[component].result()
    assert result["verdict"] == "proven", story(result)
    assert not result["not_shown"]
    for drill in result["drills"]:
        assert drill["measured"]["restarts"] == 0


def test_each_drill_of_the_backend_was_really_done(outcomes: Outcomes) -> None:
    drills = {drill["scenario"]: drill for drill in outcomes.shipped["backend"].result()["drills"]}
    assert set(drills) == {"refused", "blackholed", "slow", "cold_start", "sigterm"}
    for name in ("refused", "blackholed", "slow"):
        measured, promised = drills[name]["measured"], drills[name]["promised"]
        assert 0 < measured["unready_after"] <= promised["unready_within"] + 3
        assert measured["fault_lasted"] > 1.5 * promised["killed_after"]
        assert 0 < measured["ready_again_after"] <= promised["ready_within"] + 3
    requests = drills["sigterm"]["requests"]
    assert requests["connections"]["fresh"]["sent"] > 5
    assert requests["connections"]["kept"]["sent"] > 5
    assert drills["sigterm"]["measured"]["ended_after"] < 0.8 * drills["sigterm"]["promised"]["grace"]


def test_no_service_ever_leads_to_a_clone(outcomes: Outcomes) -> None:
    seen = [
        endpoint["targetRef"]["name"]
        for item in outcomes.witness.slices
        for endpoint in item.get("endpoints") or []
        if "targetRef" in endpoint
    ]
    assert len(seen) >= 4, "nobody watched"
    assert [name for name in seen if "drill" in name] == []


def test_live_pods_never_move(outcomes: Outcomes) -> None:
    for result in (job.result() for job in outcomes.shipped.values()):
        assert [item["moves"] for item in result["live"]] == [[]]
        assert all(item["pods"] == 2 for item in result["live"])
    seen: dict[str, set[tuple[int, str, str]]] = {}
    for pod in outcomes.witness.live:
        ready = next(item for item in pod["status"]["conditions"] if item["type"] == "Ready")
        restarts = sum(item["restartCount"] for item in pod["status"]["containerStatuses"])
        seen.setdefault(pod["metadata"]["name"], set()).add((restarts, ready["status"], ready["lastTransitionTime"]))
    assert len(seen) >= 4
    assert {name: len(states) for name, states in seen.items()} == dict.fromkeys(seen, 1)


def test_nothing_is_left(outcomes: Outcomes, cluster: Cluster) -> None:
    assert outcomes.witness
    assert left(cluster) == []
    assert left(cluster, "todo") == []


# --- when it doesn't end as it should


def refusals(**changes: Any) -> dict[str, Any]:
    return {**params(GOOD), "scenarios": ["refused"], **changes}


def running(cluster: Cluster) -> bool:
    pods = cluster.get("pods", "-n", NAMESPACE, "-l", DRILL)
    return any(pod.get("status", {}).get("phase") == "Running" for pod in pods)


def test_after_kill_9_the_next_run_removes_what_was_left(outcomes: Outcomes, modules: Modules, lab: Cluster) -> None:
    assert outcomes.witness
    victim = modules.start("probe_drill", **refusals())
    until(lambda: running(lab), 60)
    os.killpg(victim.pid, signal.SIGKILL)
    victim.communicate()
    assert len(left(lab)) == 2
    result = modules.drill(**refusals())
    assert len(result["cleared"]) == 1
    assert result["verdict"] == "proven", story(result)
    assert left(lab) == []


def test_another_drill_of_the_same_component_is_not_disturbed(outcomes: Outcomes, modules: Modules, lab: Cluster) -> None:
    assert outcomes.witness
    first = modules.start("probe_drill", **refusals())
    until(lambda: running(lab), 60)
    answer = modules.call("probe_drill", **refusals())
    assert answer["failed"]
    assert "Another drill" in answer["msg"]
    # Told to end, it clears up by itself.
    os.kill(first.pid, signal.SIGTERM)
    out, _ = first.communicate(timeout=60)
    assert "interrupted" in json.loads(out)["msg"]
    assert left(lab) == []


def test_without_anybody_the_cluster_itself_removes_it(lab: Cluster, toolbox: str) -> None:
    job = guard.manifest("nobody", NAMESPACE, ["x"], toolbox, 5 - guard.MARGIN)
    made = json.loads(lab.kubectl("create", "-o", "json", "-f", "-", stdin=json.dumps(job)))
    owner = {"apiVersion": "batch/v1", "kind": "Job", "name": made["metadata"]["name"], "uid": made["metadata"]["uid"]}
    pod = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "clone", "namespace": NAMESPACE, "ownerReferences": [owner]}}
    lab.kubectl("create", "-f", "-", stdin=json.dumps(pod))
    until(lambda: not lab.get("jobs,configmaps", "-n", NAMESPACE, "--field-selector", "metadata.name=clone") and not left(lab), 60)


@contextmanager
def forwarder(port: int) -> Iterator[tuple[int, threading.Event]]:
    """Passes connections on to the API server until it is told to cut them."""
    cut = threading.Event()
    open_: list[socket.socket] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def pump(source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        with suppress(OSError):
            target.shutdown(socket.SHUT_WR)

    def accept() -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                upstream = socket.create_connection(("127.0.0.1", port))
                open_.extend((client, upstream))
                for pair in ((client, upstream), (upstream, client)):
                    threading.Thread(target=pump, args=pair, daemon=True).start()

    def end() -> None:
        cut.wait()
        for one in (listener, *open_):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    threads = [threading.Thread(target=work, daemon=True) for work in (accept, end)]
    for thread in threads:
        thread.start()
    try:
        yield listener.getsockname()[1], cut
    finally:
        cut.set()
        for thread in threads:
            thread.join(5)


def test_a_cluster_that_no_longer_answers_is_told_and_what_stays_goes_later(
    outcomes: Outcomes, modules: Modules, lab: Cluster, tmp_path: Path
) -> None:
    assert outcomes.witness
    config = yaml.safe_load(Path(lab.kubeconfig).read_text())
    server = next(item["cluster"] for item in config["clusters"])
    with forwarder(int(server["server"].rpartition(":")[2])) as (port, cut):
        server["server"] = f"https://127.0.0.1:{port}"
        (tmp_path / "kubeconfig").write_text(yaml.safe_dump(config))
        process = modules.start("probe_drill", **refusals(kubeconfig=str(tmp_path / "kubeconfig")))
        until(lambda: running(lab), 60)
        cut.set()
        begun = time.monotonic()
        out, err = process.communicate(timeout=120)
    answer = json.loads(out)
    assert answer["failed"], err
    assert "doesn't answer" in answer["msg"]
    assert "end by themselves" in answer["msg"]
    assert time.monotonic() - begun < 60
    assert left(lab)
    for name in left(lab):
        assert "drill" in name
    guard_name = next(name for name in left(lab) if name.startswith("Job/"))
    # As its deadline would: whatever belongs to it goes with it.
    lab.kubectl("delete", guard_name.lower(), "-n", NAMESPACE)
    until(lambda: not left(lab), 60)

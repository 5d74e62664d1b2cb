# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What further runs do to a release: nothing when nothing changed; and of a change, what it touches and no more."""

from __future__ import annotations

import copy
import json
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.proven.webapp.molecule.support import (
    INVENTORY,
    Cluster,
    Visitor,
    ansible_playbook,
    copy_inventory,
    disguises,
    plain_secrets,
    until,
    variables,
)

COMPONENTS: dict[str, dict[str, Any]] = variables()["webapp_components"]


def revision(cluster: Cluster) -> int:
    return int(json.loads(cluster.helm("status", "todo", "--namespace", "todo", "--output", "json"))["version"])


def live_pods(cluster: Cluster) -> dict[str, set[str]]:
    """Component → identities of its pods that aren't on their way out."""
    found: dict[str, set[str]] = {}
    for pod in cluster.get("pods", "-n", "todo", "-l", "proven.webapp/track=live"):
        if "deletionTimestamp" not in pod["metadata"]:
            found.setdefault(pod["metadata"]["labels"]["app.kubernetes.io/component"], set()).add(pod["metadata"]["uid"])
    return found


def versions(cluster: Cluster) -> dict[str, str]:
    """Every object of the release → its generation or resource version: what changes when somebody writes to it."""
    kinds = "deployments,statefulsets,services,configmaps,secrets,poddisruptionbudgets,jobs,serviceaccounts,persistentvolumeclaims"
    return {
        f"{one['kind']}/{one['metadata']['name']}": str(one["metadata"].get("generation") or one["metadata"]["resourceVersion"])
        for one in cluster.get(kinds, "-n", "todo")
    }


@contextmanager
def traffic(cluster: Cluster) -> Iterator[tuple[list[float], list[str]]]:
    """Requests one after the other, while something happens: (seconds of those answered, reasons of those lost)."""
    answered: list[float] = []
    lost: list[str] = []
    over = threading.Event()
    visitor = Visitor(cluster.url(30080)).sign_up()

    def ask() -> None:
        while not over.wait(0.05):
            started = time.monotonic()
            try:
                visitor.ask("/api/todos")
                answered.append(time.monotonic() - started)
            except OSError as error:
                lost.append(str(error))

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield answered, lost
    finally:
        over.set()
        thread.join()


def test_check_mode_changes_nothing_and_shows_no_secret(cluster: Cluster) -> None:
    before = versions(cluster)
    run = ansible_playbook("site.yml", INVENTORY, "--check", "--diff", "-vvv").succeeded()
    assert run.recap["changed"] == 0, run.changed_tasks
    assert versions(cluster) == before
    assert [form for form in disguises(plain_secrets(variables()).values()) if form in run.output] == []


def test_data_survives_the_loss_of_the_database_and_another_run(cluster: Cluster) -> None:
    title = f"kept {uuid.uuid4()}"
    visitor = Visitor(cluster.url(30080)).sign_up()
    visitor.ask("/api/todos", {"title": title})
    before, objects = revision(cluster), versions(cluster)
    cluster.kubectl("delete", "pod", "todo-database-0", "--namespace", "todo")
    cluster.kubectl("wait", "--for=condition=Ready", "pod/todo-database-0", "--namespace", "todo", "--timeout=120s")
    run = ansible_playbook("site.yml", INVENTORY).succeeded()
    assert run.recap["changed"] == 0, run.changed_tasks
    assert revision(cluster) == before
    assert versions(cluster) == objects
    assert title in visitor.ask("/api/todos")


@pytest.fixture
def changed(tmp_path: Path) -> Iterator[Path]:
    """An inventory with another setting of the backend, and tests for helm; afterwards the release is again as it was."""
    components = copy.deepcopy(COMPONENTS)
    components["backend"]["env"]["LOG_LEVEL"] = "debug"
    asks = "import os, urllib.request; urllib.request.urlopen(os.environ['SERVICE_URL'] + '/readyz', timeout=10)"
    components["backend"]["test"] = {"command": ["python3", "-c", asks]}
    yield copy_inventory(tmp_path / "inventory", {"webapp_components": components})
    ansible_playbook("site.yml", INVENTORY, "--tags", "release").succeeded()


def test_a_changed_setting_makes_one_revision_and_replaces_its_component_alone(cluster: Cluster, changed: Path) -> None:
    before, pods = revision(cluster), live_pods(cluster)
    with traffic(cluster) as (answered, lost):
        run = ansible_playbook("site.yml", changed).succeeded()
    # The release, and the verdict on it
    assert run.recap["changed"] == 2, run.changed_tasks
    assert len(answered) > 20
    assert lost == []
    assert revision(cluster) == before + 1
    after = until(lambda: len((now := live_pods(cluster))["backend"]) == COMPONENTS["backend"]["replicas"] and now, 30)
    assert not after["backend"] & pods["backend"]
    others = ("database", "frontend", "worker")
    assert {name: after[name] for name in others} == {name: pods[name] for name in others}
    assert cluster.get("configmap", "todo-backend-env", "-n", "todo")["data"]["LOG_LEVEL"] == "debug"
    assert "Phase:          Succeeded" in cluster.helm("test", "todo", "--namespace", "todo", "--timeout", "90s")


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """An inventory whose backend ends as soon as it starts."""
    components = copy.deepcopy(COMPONENTS)
    components["backend"]["command"] = ["sh", "-c", "echo no settings for me; exit 3"]
    return copy_inventory(tmp_path / "inventory", {"webapp_components": components, "release_artifacts_dir": str(tmp_path / "artifacts")})


def test_a_release_that_fails_leaves_its_evidence_and_the_last_proven_one_runs_again(cluster: Cluster, broken: Path) -> None:
    # The revision that it shall go back to
    ansible_playbook("site.yml", INVENTORY).succeeded()
    before, pods = revision(cluster), live_pods(cluster)
    with traffic(cluster) as (answered, lost):
        run = ansible_playbook("site.yml", broken)
    assert run.code != 0
    message = run.messages[-1].strip()
    assert len(message.splitlines()) <= 15
    for part in ("exit code 3", "no settings for me", f"Now: revision {before} runs again", "Evidence: "):
        assert part in message
    assert len(answered) > 20
    assert lost == []
    assert revision(cluster) == before + 2
    assert live_pods(cluster) == pods
    verdicts = cluster.get("configmap", "proven-todo", "-n", "todo")["data"]
    assert [json.loads(verdicts[str(number)])["verdict"] for number in (before, before + 1, before + 2)] == [
        "proven",
        "not_proven",
        "proven",
    ]

    evidence = broken.parent / "artifacts" / "todo" / str(before + 1)
    kept = {str(file.relative_to(evidence)): file.read_text() for file in evidence.rglob("*") if file.is_file()}
    assert {"summary.txt", "pods.txt", "events.txt", "manifest.diff", "helm-history.txt"} <= set(kept)
    assert any("no settings for me" in text for name, text in kept.items() if name.startswith("logs/"))
    assert "exit 3" in kept["manifest.diff"]
    text = run.output + "".join(kept.values())
    assert [form for form in disguises(plain_secrets(variables()).values()) if form in text] == []


def test_what_runs_is_shown_and_a_revision_that_there_isn_t_is_refused(cluster: Cluster) -> None:
    before = revision(cluster)
    run = ansible_playbook("playbooks/rollback.yml", INVENTORY, "-e", "rollback_revision=9999")
    assert run.code != 0
    assert "has no revision 9999" in run.messages[-1]
    assert revision(cluster) == before
    status = ansible_playbook("playbooks/status.yml", INVENTORY).succeeded()
    assert status.recap["changed"] == 0
    assert f"revision {before}, deployed, proven at " in status.output

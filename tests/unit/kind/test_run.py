# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is done about what is there, without any engine."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._kind import run
from ansible_collections.proven.webapp.plugins.module_utils._kind.cluster import Cluster, Manifest, Tools
from ansible_collections.proven.webapp.plugins.module_utils._kind.create import node_environment
from ansible_collections.proven.webapp.plugins.module_utils._kind.engine import Container, Docker
from ansible_collections.proven.webapp.plugins.module_utils._kind.lock import only_one
from ansible_collections.proven.webapp.plugins.module_utils._kind.registry import RegistryWork, registry_work
from ansible_collections.proven.webapp.plugins.module_utils._kind.sight import Sight
from ansible_collections.proven.webapp.plugins.module_utils._kind.spec import (
    ClusterSpec,
    PortMapping,
    RegistrySpec,
    digest,
    registry_config_map,
)
from ansible_collections.proven.webapp.plugins.module_utils._kind.state import Health
from ansible_collections.proven.webapp.plugins.module_utils._outcome import Outcome

REGISTRY = RegistrySpec("proven-registry", "registry:3", 5001)
SPEC = ClusterSpec("dev", "node:1", mappings=(PortMapping(30080, 30080),), registry=REGISTRY)
METRICS = "kind: Deployment\nmetadata: {name: metrics-server}\n"
NODE = Container(
    "dev-control-plane",
    "node:1",
    True,
    {"io.x-k8s.kind.role": "control-plane"},
    frozenset({("127.0.0.1", 39291, 6443), ("127.0.0.1", 30080, 30080)}),
)
RUNNING_REGISTRY = Container(
    "proven-registry",
    "registry:3",
    True,
    {"proven.webapp": "registry"},
    frozenset({("127.0.0.1", 5001, 5000)}),
    frozenset({"bridge", "kind"}),
)
WELL = Health(
    True,
    ready={"dev-control-plane": True},
    version="v1.34.4",
    storage_class="standard",
    metrics=Manifest(METRICS).digest,
    registry_hosting=registry_config_map(REGISTRY)["data"]["localRegistryHosting.v1"],
)


class Seen(Cluster):
    """A cluster that looks as it is told to, and counts what is done to it."""

    def __init__(self, sight: Sight, spec: ClusterSpec = SPEC) -> None:
        super().__init__(spec, Tools("kind", "kubectl", Docker("false")), "/nowhere/kubeconfig", lambda _line: None)
        self.sight = sight
        self.done: list[str] = []

    def look(self) -> Sight:
        return self.sight

    def create(self) -> None:
        self.done.append("create")

    def delete(self) -> None:
        self.done.append("delete")

    def revive(self, sight: Sight) -> None:
        self.done.append("revive")

    def apply(self, *objects: str) -> None:
        self.done.append("apply")

    def wire_registry(self, nodes: list[str]) -> None:
        self.done.append("wire")

    def trust_authorities(self, nodes: list[str]) -> None:
        self.done.append("trust")


def present(cluster: Seen, *, check: bool = False, recreate: bool = False) -> Outcome:
    return run.ensure_present(cluster, metrics_server=METRICS, recreate=recreate, check=check)


def test_nothing_to_do() -> None:
    cluster = Seen(Sight((NODE,), RUNNING_REGISTRY, True, WELL))
    result = present(cluster).result(print)
    assert result["changed"] is False
    assert "diff" not in result
    assert result["present"] is True
    assert result["port_map"] == {"30080": 30080}
    assert cluster.done == []


def test_check_mode_on_nothing() -> None:
    cluster = Seen(Sight())
    outcome = present(cluster, check=True)
    assert outcome.actions == ["made the cluster", "made the registry", "wired the registry into the cluster", "applied metrics-server"]
    assert outcome.result(print)["present"] is False
    assert cluster.done == []


def test_check_mode_on_a_sleeping_cluster_claims_nothing_that_it_cannot_know() -> None:
    cluster = Seen(Sight((replace(NODE, running=False),), RUNNING_REGISTRY, True, Health(False)))
    assert present(cluster, check=True).actions == ["started the stopped node"]


def test_a_stopped_node_is_started_though_the_api_server_still_takes_it_for_ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    worker = Container("dev-worker", "node:1", False, {"io.x-k8s.kind.role": "worker"})

    class Engine(Docker):
        def cluster_ids(self, cluster: str | None = None) -> list[str]:
            return ["1", "2"]

        def inspect(self, *names: str) -> list[Container]:
            return [NODE, replace(worker, running="revive" in made.done)]

    class Looked(Seen):
        def look(self) -> Sight:
            return Cluster.look(self)

        def _knows(self, node: Container) -> bool:
            return True

        def health(self, nodes: int) -> Health:
            return replace(WELL, ready={"dev-control-plane": True, "dev-worker": True})

    made = Looked(Sight(), replace(SPEC, nodes=2, registry=None))
    made.docker = Engine("false")
    assert present(made, check=True).facts["present"] is False
    outcome = present(made)
    assert outcome.actions == ["started the stopped nodes"]
    assert outcome.facts["present"] is True
    assert made.done == ["revive"]


class Finished(Seen):
    """A cluster that was completed once."""

    def finished(self, node: Container) -> bool:
        return True


LATE = Sight((NODE,), None, True, replace(WELL, pending=("coredns",)))
ALONE = replace(SPEC, registry=None)


def test_a_cluster_whose_pods_are_on_their_way_is_waited_for_and_not_repaired() -> None:
    cluster = Finished(LATE, ALONE)
    cluster.wait_usable = lambda *_, **__: setattr(cluster, "sight", replace(LATE, health=WELL))  # type: ignore[method-assign,assignment]
    assert present(cluster).actions == []
    assert cluster.done == []


def test_a_cluster_whose_pods_do_not_come_is_repaired(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def never(*_: object) -> Health:
        raise ProvenError("The cluster isn't usable.")

    cluster = Finished(LATE, ALONE)
    cluster.wait_usable = never  # type: ignore[method-assign,assignment]
    assert present(cluster).actions == ["repaired the cluster"]
    assert cluster.done == ["revive"]


def test_a_cluster_that_is_made_anew_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    cluster = Finished(LATE, replace(ALONE, image="node:2"))
    cluster.wait_usable = lambda *_, **__: pytest.fail("it waits")  # type: ignore[method-assign]
    assert present(cluster, recreate=True).actions[0] == "made the cluster anew"


def test_old_metrics_server_is_applied_anew_and_a_foreign_one_left_alone() -> None:
    old = Seen(Sight((NODE,), RUNNING_REGISTRY, True, replace(WELL, metrics="old")))
    assert present(old).actions == ["applied metrics-server"]
    assert old.done == ["apply"]
    foreign = Seen(Sight((NODE,), RUNNING_REGISTRY, True, replace(WELL, metrics="")))
    assert present(foreign).actions == []


def test_other_registry_port_is_wired() -> None:
    cluster = Seen(Sight((NODE,), RUNNING_REGISTRY, True, replace(WELL, registry_hosting='host: "localhost:5000"\n')))
    assert present(cluster).actions == ["wired the registry into the cluster"]
    assert cluster.done == ["wire"]


def test_missing_port_is_an_error_and_recreate_the_way_out() -> None:
    sight = Sight((NODE,), RUNNING_REGISTRY, True, WELL)
    spec = replace(SPEC, mappings=(PortMapping(30081, 30081),))
    with pytest.raises(ProvenError, match="cluster_recreate=true"):
        present(Seen(sight, spec))
    assert present(Seen(sight, spec), check=True).warnings
    cluster = Seen(sight, replace(spec, registry=None))
    assert present(cluster, recreate=True).actions[0] == "made the cluster anew"
    assert cluster.done[:2] == ["delete", "create"]


def test_other_image_is_a_warning() -> None:
    outcome = present(Seen(Sight((NODE,), RUNNING_REGISTRY, True, WELL), replace(SPEC, image="node:2")))
    assert outcome.actions == []
    assert "node:2" in outcome.warnings[0]


def test_recreate_leaves_a_right_cluster_alone() -> None:
    cluster = Seen(Sight((NODE,), RUNNING_REGISTRY, True, WELL))
    assert present(cluster, recreate=True).actions == []


def test_absent_in_check_mode() -> None:
    cluster = Seen(Sight((NODE,), None, True, WELL), replace(SPEC, registry=None))
    assert run.ensure_absent(cluster, prune=False, check=True).actions == ["removed the cluster"]
    assert cluster.done == []


@pytest.mark.parametrize(
    ("container", "work"),
    [
        (None, RegistryWork(create=True, connect=True)),
        (RUNNING_REGISTRY, RegistryWork()),
        (replace(RUNNING_REGISTRY, running=False), RegistryWork(start=True)),
        (replace(RUNNING_REGISTRY, networks=frozenset()), RegistryWork(connect=True)),
        (replace(RUNNING_REGISTRY, image="registry:2"), RegistryWork(replace=True, connect=True)),
        (replace(RUNNING_REGISTRY, ports=frozenset({("127.0.0.1", 5002, 5000)})), RegistryWork(replace=True, connect=True)),
    ],
)
def test_registry_work(container: Container | None, work: RegistryWork) -> None:
    assert registry_work(REGISTRY, container) == work


def test_foreign_registry() -> None:
    with pytest.raises(ProvenError, match="isn't ours"):
        registry_work(REGISTRY, replace(RUNNING_REGISTRY, labels={}))


def test_manifest_says_its_digest() -> None:
    manifest = Manifest("kind: Service\nmetadata: {name: s}\n---\n" + METRICS)
    service, deployment = manifest.documents()
    assert "annotations" not in service
    assert manifest.digest in deployment


def test_what_an_interrupted_creation_left_is_no_cluster_of_another_shape(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One node of three, not finished: it is repaired, rather than refused for its shape."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    sight, spec = Sight((NODE,), None, True, Health(False)), replace(SPEC, nodes=3, registry=None)
    cluster = Seen(sight, spec)
    assert present(cluster).actions[0] == "repaired the cluster"
    assert cluster.done[0] == "revive"

    with pytest.raises(ProvenError, match="it has 1 node, asked for are 3"):
        present(Finished(sight, spec))


def test_nodes_that_were_told_of_other_certificates_are_told_again() -> None:
    spec = replace(SPEC, authorities="PEM")
    cluster = Seen(Sight((NODE,), RUNNING_REGISTRY, True, replace(WELL, authorities=frozenset({""}))), spec)
    assert present(cluster).actions == ["let the nodes trust the CA certificates"]
    assert cluster.done == ["trust"]
    assert present(Seen(Sight((NODE,), RUNNING_REGISTRY, True, replace(WELL, authorities=frozenset({digest("PEM")}))), spec)).actions == []


def test_only_one_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    said: list[str] = []
    with only_one("dev", said.append, 0):
        with pytest.raises(ProvenError, match="Another run is still at work"), only_one("dev", said.append, 0.1):
            pytest.fail("two at a time")
        with only_one("other", said.append, 0):
            pass
    assert said == ["another run is at work on cluster dev: waiting for it"]
    with only_one("dev", said.append, 0):
        pass


def test_lock_lives_as_long_as_a_child_that_outlives_its_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with only_one("dev", print, 0) as lock:
        child = subprocess.Popen(["sleep", "30"], pass_fds=(lock,))
    with pytest.raises(ProvenError), only_one("dev", print, 0):
        pytest.fail("the child still works")
    child.kill()
    child.wait()
    with only_one("dev", print, 0):
        pass


def test_nodes_reach_the_registry_past_a_proxy() -> None:
    assert node_environment(SPEC, {"PATH": "/bin"}) == {"PATH": "/bin"}
    behind = node_environment(SPEC, {"HTTPS_PROXY": "http://proxy:3128", "NO_PROXY": "intern"})
    assert behind["NO_PROXY"] == behind["no_proxy"] == "intern,proven-registry"

# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is done about what is there, without any Minikube."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._kind.cluster import Manifest
from ansible_collections.proven.webapp.plugins.module_utils._kind.engine import Container, Docker
from ansible_collections.proven.webapp.plugins.module_utils._kind.registry import RegistryWork
from ansible_collections.proven.webapp.plugins.module_utils._kind.spec import PortMapping, RegistrySpec, registry_config_map
from ansible_collections.proven.webapp.plugins.module_utils._kind.state import Health
from ansible_collections.proven.webapp.plugins.module_utils._minikube import run
from ansible_collections.proven.webapp.plugins.module_utils._minikube.cluster import Cluster, Sight, Tools
from ansible_collections.proven.webapp.plugins.module_utils._minikube.profile import Profile, Status
from ansible_collections.proven.webapp.plugins.module_utils._minikube.program import Minikube
from ansible_collections.proven.webapp.plugins.module_utils._minikube.reasons import inotify_reason
from ansible_collections.proven.webapp.plugins.module_utils._minikube.spec import Spec
from ansible_collections.proven.webapp.plugins.module_utils._outcome import Outcome

REGISTRY = RegistrySpec("proven-registry", "registry:3", 5001)
METRICS = Manifest("kind: Deployment\nmetadata: {name: metrics-server}\n")
SPEC = Spec("dev", addons=("metrics-server",), ports=(PortMapping(30080, 8080),))
PROFILE = Profile(
    name="dev",
    driver="docker",
    container_runtime="containerd",
    kubernetes_version="v1.34.4",
    cpus=2,
    memory=6000,
    disk_size=20000,
    nodes=("dev",),
    ip="192.168.49.2",
    cni="bridge",
    base_image="base:1",
    network="dev",
    ports=(PortMapping(30080, 8080),),
    addons=frozenset({"metrics-server"}),
)
RUNNING_REGISTRY = Container(
    "proven-registry",
    "registry:3",
    True,
    {"proven.webapp": "registry"},
    frozenset({("127.0.0.1", 5001, 5000)}),
    frozenset({"bridge", "dev"}),
)
HOSTING = registry_config_map(REGISTRY)["data"]["localRegistryHosting.v1"]
HEALTH = Health(True, ready={"dev": True}, version="v1.34.4", storage_class="standard", registry_hosting=HOSTING)
WELL = Sight(
    there=True,
    profile=PROFILE,
    status=Status(running=True, known=True, words=""),
    health=HEALTH,
    registry=RUNNING_REGISTRY,
    manifests=frozenset({METRICS.digest}),
)
ASLEEP = replace(WELL, status=Status(stopped=True, words="dev: host stopped"), health=Health(False), manifests=frozenset())
ILL = replace(WELL, status=Status(known=True, words="dev: apiserver stopped"), health=Health(False), manifests=frozenset())
GONE = Sight(registry=RUNNING_REGISTRY)


class Seen(Cluster):
    """A cluster that looks as it is told to until something was done to it, and notes what that was."""

    def __init__(self, sight: Sight, spec: Spec = SPEC) -> None:
        minikube = Minikube("minikube", "dev", "/nowhere", "/nowhere/kubeconfig")
        super().__init__(spec, Tools(minikube, "kubectl", Docker("false")), lambda _: None, wait=1, registry=REGISTRY, manifests=[METRICS])
        self.sight = sight
        self.done: list[str] = []

    def look(self) -> Sight:
        return self.sight

    def _did(self, what: str) -> None:
        self.done.append(what)
        self.sight = replace(WELL, profile=replace(PROFILE, addons=frozenset()) if what == "create" else PROFILE)

    def create(self) -> None:
        self._did("create")

    def start(self) -> None:
        self._did("start")

    def adopt(self) -> None:
        self._did("adopt")

    def stop(self) -> None:
        self._did("stop")

    def delete(self) -> None:
        self._did("delete")

    def finish(self) -> None:
        self.done.append("finish")

    def switch_addon(self, name: str, on: bool) -> None:
        self.done.append(f"{'+' if on else '-'}{name}")

    def wire_registry(self, profile: Profile) -> None:
        self.done.append("wire")

    def apply(self, *objects: str) -> None:
        self.done.append("apply")

    def wait_usable(self, nodes: int, since: float = 0, seconds: float = 0) -> None:
        self.done.append("wait since then" if since else f"wait{' a little' if seconds else ''}")


@pytest.fixture(autouse=True)
def apart(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing is asked of the machine; no other test holds the lock."""
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(run, "check_machine", lambda *_: None)
    monkeypatch.setattr(run, "run_registry", lambda *_: None)


def ensure(cluster: Cluster, state: str = "started", *, recreate: bool = False, check: bool = False) -> Outcome:
    return run.ensure(cluster, state, recreate=recreate, check=check)


def test_what_is_right_stays_untouched() -> None:
    cluster = Seen(WELL)
    outcome = ensure(cluster)
    assert (cluster.done, outcome.actions, outcome.drift) == ([], [], [])
    assert outcome.result(print)["changed"] is False
    assert outcome.facts["present"]
    assert outcome.facts["port_map"] == {"30080": 8080}


CASES: list[tuple[str, Sight, str, list[str]]] = [
    ("none", GONE, "started", ["create", "wire", "+metrics-server", "apply", "wait"]),
    ("none, as long as it is there", GONE, "present", ["create", "wire", "+metrics-server", "apply", "wait"]),
    ("asleep", ASLEEP, "started", ["start", "wait since then"]),
    ("asleep is there", ASLEEP, "present", []),
    ("ill", ILL, "started", ["start", "wait since then"]),
    ("no kubeconfig", replace(WELL, status=Status(running=True), health=Health(False)), "started", ["adopt"]),
    (
        "cut off early",
        Sight(there=True, registry=RUNNING_REGISTRY),
        "started",
        ["delete", "create", "wire", "+metrics-server", "apply", "wait"],
    ),
    ("cut off", replace(ILL, unfinished=True), "started", ["delete", "create", "wire", "+metrics-server", "apply", "wait"]),
    ("an addon too few", replace(WELL, profile=replace(PROFILE, addons=frozenset())), "started", ["+metrics-server"]),
    ("an addon too many", replace(WELL, profile=replace(PROFILE, addons=PROFILE.addons | {"ingress"})), "started", ["-ingress"]),
    ("another manifest", replace(WELL, manifests=frozenset({"x"})), "started", ["apply", "wait"]),
    ("unwired", replace(WELL, health=replace(HEALTH, registry_hosting="")), "started", ["wire"]),
    ("runs", WELL, "stopped", ["stop"]),
    ("sleeps", ASLEEP, "stopped", []),
    ("nothing to stop", GONE, "stopped", []),
    ("runs, to go", WELL, "absent", ["delete"]),
    ("cut off, to go", Sight(there=True), "absent", ["delete"]),
    ("nothing to go", GONE, "absent", []),
]


@pytest.mark.parametrize(("sight", "state", "done"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_is_missing_is_done_and_no_more(sight: Sight, state: str, done: list[str]) -> None:
    cluster = Seen(sight)
    actions = ensure(cluster, state, check=True).actions
    assert cluster.done == [], "something was done in check mode"
    outcome = ensure(cluster, state)
    assert cluster.done == done
    assert outcome.actions == actions, "check mode said something else"
    assert bool(actions) is bool(done)


def test_the_engine_is_handed_on_where_docker_runs_the_containers(tmp_path: Path) -> None:
    program = tmp_path / "minikube"
    program.write_text("""#!/bin/sh\nprintf '{"DOCKER_HOST":"tcp://127.0.0.1:32771"}'\n""")
    program.chmod(0o755)

    def engine(sight: Sight) -> object:
        cluster = Seen(sight)
        cluster.minikube = replace(cluster.minikube, program=str(program))
        return run.facts(cluster, sight)["engine"]

    docker = replace(PROFILE, container_runtime="docker")
    assert engine(replace(WELL, profile=docker)) == {"host": "tcp://127.0.0.1:32771"}
    assert engine(WELL) == {}
    assert engine(replace(ASLEEP, profile=docker)) == {}
    assert engine(replace(WELL, profile=replace(docker, nodes=("dev", "dev-m02")))) == {}


def test_minikubes_own_version_is_told_where_there_is_one(tmp_path: Path) -> None:
    program = tmp_path / "minikube"
    minikube = Minikube(str(program), "dev", str(tmp_path), str(tmp_path / "kubeconfig"))
    assert minikube.version() == ""
    program.write_text('#!/bin/sh\ntest "$1 $2" = "version --short" && echo v1.38.1\n')
    program.chmod(0o755)
    assert minikube.version() == "v1.38.1"


LATE = replace(WELL, status=Status(running=True, known=True, words=""), health=replace(HEALTH, pending=("coredns",)))


def test_a_cluster_whose_pods_are_on_their_way_is_waited_for_and_not_repaired() -> None:
    cluster = Seen(LATE)
    cluster.wait_usable = lambda *_, **__: setattr(cluster, "sight", WELL)  # type: ignore[method-assign]
    assert ensure(cluster).actions == []
    assert cluster.done == []


def test_a_cluster_whose_pods_do_not_come_is_repaired() -> None:
    cluster = Seen(LATE)
    assert ensure(cluster).actions == ["repaired the cluster"]
    assert cluster.done == ["wait a little", "start", "wait since then"]


def test_what_a_woken_cluster_lacks_is_added() -> None:
    cluster = Seen(ASLEEP)
    awake = replace(WELL, manifests=frozenset())
    cluster.start = lambda: setattr(cluster, "sight", awake)  # type: ignore[method-assign]
    outcome = ensure(cluster)
    assert cluster.done == ["apply", "wait since then"]
    assert outcome.actions == ["started the cluster", "applied metrics-server"]


def test_a_finished_cluster_is_never_thrown_away() -> None:
    cluster = Seen(ILL)
    ensure(cluster)
    assert "delete" not in cluster.done


def test_a_cluster_that_was_finished_behind_a_killed_run_is_kept() -> None:
    cluster = Seen(replace(WELL, unfinished=True))
    assert ensure(cluster, check=True).actions == []
    assert cluster.done == []
    assert ensure(cluster).actions == []
    assert cluster.done == ["finish"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"nodes": 3}, "its number of nodes is 1, asked for is 3"),
        ({"container_runtime": "docker"}, "its container runtime is containerd, asked for is docker"),
        ({"driver": "podman"}, "its driver is docker, asked for is podman"),
    ],
)
def test_another_shape_is_an_error_and_nothing_is_touched(changes: dict[str, Any], words: str) -> None:
    cluster = Seen(WELL, replace(SPEC, **changes))
    with pytest.raises(ProvenError) as raised:
        ensure(cluster)
    assert words in raised.value.what
    assert "recreate" in raised.value.fix
    assert cluster.done == []
    assert words in ensure(cluster, check=True).warnings[0]


def test_another_shape_is_made_anew_where_that_is_asked_for() -> None:
    cluster = Seen(WELL, replace(SPEC, nodes=3))
    outcome = ensure(cluster, recreate=True)
    assert cluster.done[:2] == ["delete", "create"]
    assert outcome.actions[0] == "made the cluster anew"


def test_what_a_cut_off_start_left_is_no_cluster_of_another_shape() -> None:
    cluster = Seen(replace(ILL, unfinished=True), replace(SPEC, nodes=3))
    ensure(cluster)
    assert cluster.done[:2] == ["delete", "create"]


def test_a_harmless_difference_is_a_warning() -> None:
    outcome = ensure(Seen(WELL, replace(SPEC, cpus="4")))
    assert "its number of CPUs is 2, asked for is 4" in outcome.warnings[0]
    assert outcome.actions == []


def test_the_machine_is_looked_at_before_anything_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise ProvenError("Port 8080 of this machine is in use.")

    monkeypatch.setattr(run, "check_machine", refuse)
    cluster = Seen(GONE)
    with pytest.raises(ProvenError, match="in use"):
        ensure(cluster)
    assert cluster.done == []


def test_a_registry_that_sleeps_is_woken(monkeypatch: pytest.MonkeyPatch) -> None:
    woken: list[RegistryWork] = []
    note: Callable[..., None] = lambda _docker, _spec, work: woken.append(work)  # noqa: E731
    monkeypatch.setattr(run, "run_registry", note)
    outcome = ensure(Seen(replace(WELL, registry=replace(RUNNING_REGISTRY, running=False))))
    assert outcome.actions == ["started the registry"]
    assert [work.start for work in woken] == [True]


def test_a_machine_with_too_few_watches_for_several_clusters_is_told(tmp_path: Path) -> None:
    limit = tmp_path / "max_user_instances"
    limit.write_text("128\n")
    assert "sysctl -w fs.inotify.max_user_instances=512" in inotify_reason(limit)[0]
    limit.write_text("1024\n")
    assert inotify_reason(limit) == []
    assert inotify_reason(tmp_path / "none") == []

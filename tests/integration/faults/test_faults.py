# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What goes wrong around a release: nothing that served is lost, the message names the cause, and the next run mends it."""

from __future__ import annotations

import copy
import datetime
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager

import pytest
from ansible_collections.proven.webapp.molecule.support import Run

from .conftest import Case
from .site import HELD, NAME, Site, shell, until, web


def message(run: Run) -> str:
    """What the user reads last; at most 15 lines."""
    assert run.code != 0, run.output[-3000:]
    text = run.messages[-1].strip()
    assert len(text.splitlines()) <= 15, text
    return text


# --- first installations and migrations that fail


def a_first_installation_that_fails_is_kept_and_repaired_or_removed(site: Site) -> None:
    site.components["web"]["env"] = {"BROKEN": "yes"}
    kept = message(site.run())
    assert "no settings for me" in kept
    assert "Now: kept as it is, to be looked at; the next run repairs it" in kept
    assert f"Evidence: {site.artifacts}" in kept
    assert site.history() == [(1, "deployed")]

    site.variables["release_first_failure"] = "remove"
    assert "Now: removed, as release_first_failure says" in message(site.run())
    assert site.history() == []
    until(lambda: not site.get("pods"), "its pods are gone")

    del site.variables["release_first_failure"]
    site.run("site.yml", "--tags", "release")
    site.components["web"]["env"] = {}
    site.run().succeeded()
    assert site.verdicts()[site.history()[-1][0]] == "proven"

    # What was proven once is never removed for a failure
    site.variables["release_first_failure"] = "remove"
    site.components["web"]["env"] = {"BROKEN": "again"}
    assert "runs again, the last one that was proven" in message(site.run())
    assert len(site.serving()) == 1


def a_migration_that_fails_leaves_the_old_version_and_its_log(site: Site) -> None:
    site.run().succeeded()
    before = site.serving()
    site.components["web"] |= {"env": {"VERSION": "two"}, "migrate": shell("echo there is no such table", "exit 1", timeout_seconds=12)}
    text = message(site.run())
    assert "Now: revision 1 runs again" in text
    assert site.serving() == before
    assert site.history()[-1] == (3, "deployed")
    logs = [file for file in (site.artifacts / NAME / "2/logs").iterdir() if "migrate" in file.name]
    assert any("there is no such table" in file.read_text() for file in logs)
    assert (site.artifacts / NAME / "2/summary.txt").exists()


def a_database_that_is_down_is_waited_for_by_the_migration(site: Site) -> None:
    asks = "import socket; socket.create_connection(('shop-db', 8080), timeout=2)"
    site.components = {
        "db": web(site.image, kind="web"),
        "web": web(site.image, depends_on={"db": {"on_loss": "degraded"}}, migrate={"command": ["python3", "-c", asks]}),
    }
    site.run("site.yml", "--tags", "release").succeeded()
    before = {name for name in site.serving() if "-web-" in name}
    site.kubectl("scale", "deployment/shop-db", "--replicas=0")
    until(lambda: not [name for name in site.serving() if "-db-" in name], "the database is gone")
    site.components["web"]["env"] = {"VERSION": "two"}
    process = site.start("site.yml", "--tags", "release")
    process.reaches("failed 1 time so far, while db comes up")
    assert before <= set(site.serving())
    site.kubectl("scale", "deployment/shop-db", "--replicas=1")
    assert process.end().code == 0, process.output
    assert not before & set(site.serving())


# --- whose release it is


def two_at_once_one_is_told_and_one_waits(site: Site) -> None:
    site.components["web"]["migrate"] = HELD
    first = site.start("site.yml", "--tags", "release")
    first.reaches(site.migrating)
    second = site.run("site.yml", "--tags", "release")
    text = message(second)
    assert f"process {first.pid}, for " in text
    assert "release_lock_wait" in text

    site.variables["release_lock_wait"] = 300
    third = site.start("site.yml", "--tags", "release")
    third.reaches("another run works on this release")
    site.let_go(site.held())
    assert first.end().code == 0, first.output
    assert third.end().code == 0, third.output
    assert site.history() == [(1, "deployed")], "the one that waited had nothing left to do"


@contextmanager
def held_by(site: Site, year: int, *, renewing: bool) -> Iterator[None]:
    """A Lease of somebody whose clock is years off."""
    over = threading.Event()

    def write(second: int) -> None:
        moment = datetime.datetime(year, 1, 1, 0, 0, second % 60, tzinfo=datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.000000Z")
        spec = {"holderIdentity": "far-off", "leaseDurationSeconds": 8, "acquireTime": moment, "renewTime": moment}
        body = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": f"proven-{NAME}"}, "spec": spec}
        site.kubectl("apply", "-f", "-", stdin=json.dumps(body))

    def renew() -> None:
        second = 0
        while not over.wait(1):
            second += 1
            write(second)

    write(0)
    thread = threading.Thread(target=renew)
    if renewing:
        thread.start()
    try:
        yield
    finally:
        over.set()
        if renewing:
            thread.join()


def clocks_that_are_years_off(site: Site) -> None:
    site.kubectl("create", "namespace", site.namespace)
    for year in (1971, 2099):
        with held_by(site, year, renewing=True):
            assert "Another run works on this release: far-off" in message(site.run("site.yml", "--tags", "release"))
    assert site.history() == []
    run = site.run("site.yml", "--tags", "release").succeeded()
    assert "taking over from far-off: no sign of life for 8 s" in run.output


# --- rights, namespaces, disks


def a_token_whose_account_is_deleted_in_the_middle(site: Site) -> None:
    site.run().succeeded()
    before = site.serving()
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "deployer", "namespace": site.namespace}}
    binding = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": site.namespace},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [{"kind": "ServiceAccount", "name": "deployer", "namespace": site.namespace}],
    }
    site.kubectl("create", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": [account, binding]}))
    token = site.kubectl("create", "token", "deployer").strip()
    kubeconfig = site.kubeconfig_of(token)
    try:
        site.variables["cluster_kubeconfig"] = kubeconfig
        site.components["web"] |= {"env": {"VERSION": "two"}, "migrate": HELD}
        process = site.start()
        process.reaches(site.migrating)
        site.kubectl("delete", "serviceaccount", "deployer")
        # The API server keeps what it found out about a token for ten seconds.
        until(lambda: "Unauthorized" in site.cluster.run("kubectl", "--kubeconfig", kubeconfig, "get", "nodes", ok=False), "it is refused")
        site.let_go(site.held())
        run = process.end()
    finally:
        site.kubectl("delete", "clusterrolebinding", site.namespace)
    text = message(run)
    assert "Unauthorized" in text or "doesn't accept the credential" in text
    assert token not in run.output
    assert site.serving() == before

    del site.variables["cluster_kubeconfig"]
    site.components["web"]["migrate"] = shell("true")
    site.run().succeeded()
    assert site.verdicts()[site.history()[-1][0]] == "proven"
    assert not set(site.serving()) & set(before)


def a_namespace_that_is_being_removed(site: Site) -> None:
    finalizer = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "stays", "namespace": site.namespace, "finalizers": ["proven.webapp/test"]},
    }
    site.components["web"]["migrate"] = HELD
    process = site.start("site.yml")
    process.reaches(site.migrating)
    site.kubectl("create", "-f", "-", stdin=json.dumps(finalizer))
    try:
        site.kubectl("delete", "namespace", site.namespace, "--wait=false")
        text = message(process.end())
        assert f"The namespace {site.namespace} is being removed" in text
        until(lambda: not site.get("pods"), "its pods are gone")
        text = message(site.run("site.yml", "--tags", "release"))
        assert f"{site.namespace} is being removed" in text or "is being terminated" in text
        assert "TASK [proven.webapp.release : Install or upgrade" not in process.output.split("RELEASE")[0]
    finally:
        site.kubectl("patch", "configmap", "stays", "--type=merge", "-p", '{"metadata":{"finalizers":null}}')
    until(lambda: site.namespace not in site.cluster.kubectl("get", "namespaces", "-o", "name"), "the namespace is gone")
    site.components["web"]["migrate"] = shell("true")
    site.run().succeeded()


def with_a_full_disk(folder: str) -> tuple[str, ...]:
    """Runs a command for which a folder has no room left."""
    fill = f"mount -t tmpfs -o size=64k full {folder}; head -c 1M /dev/zero > {folder}/full 2>/dev/null || true"
    return ("unshare", "--mount", "sh", "-ec", f'{fill}; exec "$@"', "sh")


def a_full_disk_on_the_controller(site: Site) -> None:
    site.run().succeeded()
    before = site.serving()
    good = copy.deepcopy(site.components)
    site.components["web"]["env"] = {"BROKEN": "yes"}
    site.artifacts.mkdir(exist_ok=True)
    text = message(site.run(wrapper=with_a_full_disk(str(site.artifacts))))
    assert "no settings for me" in text
    assert "Evidence: none. The evidence can't be kept: [Errno 28] No space left on device" in text
    assert "Now: revision 1 runs again" in text
    until(lambda: not site.lease(), "the Lease is given back")
    assert site.serving() == before
    assert site.history()[-1][1] == "deployed"

    site.components = good
    full = site.folder / "full"
    full.mkdir()
    folders = dict.fromkeys(("TMPDIR", "ANSIBLE_LOCAL_TEMP", "ANSIBLE_REMOTE_TEMP"), str(full))
    site.components["web"]["env"] = {"VERSION": "two"}
    # Nothing of a release goes through a temporary file.
    site.run("site.yml", "--tags", "release", wrapper=with_a_full_disk(str(full)), env=folders).succeeded()
    assert not set(site.serving()) & set(before)
    site.run().succeeded()


def an_image_that_is_gone_from_the_node(site: Site) -> None:
    images, scratch = ("ctr", "--namespace=k8s.io", "images"), "faults.invalid:1/app:1"
    site.on_node(*images, "tag", site.image, scratch, ok=False)
    site.components["web"]["image"] = scratch
    try:
        site.run("site.yml", "--tags", "release").succeeded()
        (pod,) = site.serving()
    finally:
        site.on_node(*images, "rm", scratch, ok=False)
    # There is no such registry: no new pod can have it, and that is said.
    site.components["web"]["env"] = {"VERSION": "two"}
    text = message(site.run("site.yml", "--tags", "release"))
    assert scratch in text
    assert "ImagePull" in text
    assert list(site.serving()) == [pod], "what runs needs no image any more"
    # From a registry that there is, it is fetched again.
    site.on_node(*images, "rm", site.image)
    site.components["web"]["image"] = site.image
    site.run("site.yml", "--tags", "release").succeeded()
    assert len(site.serving()) == 1
    assert site.image in site.on_node(*images, "ls", "--quiet")


def definition(group: str) -> dict[str, object]:
    """A CustomResourceDefinition of Widgets."""
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    version = {"name": "v1", "served": True, "storage": True, "schema": schema}
    spec = {"group": group, "names": {"kind": "Widget", "plural": "widgets"}, "scope": "Namespaced", "versions": [version]}
    about = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": f"widgets.{group}"}}
    return {**about, "spec": spec}


@contextmanager
def known(site: Site, group: str) -> Iterator[None]:
    """A cluster that knows Widgets."""
    site.cluster.kubectl("apply", "-f", "-", stdin=json.dumps(definition(group)))
    try:
        # The API server tells of it a moment later.
        until(lambda: site.kubectl("get", f"widgets.{group}", ok=False).startswith("No resources"), "Widgets are known", 30)
        yield
    finally:
        site.cluster.kubectl("delete", "crd", f"widgets.{group}")
    until(lambda: "doesn't have a resource type" in site.kubectl("get", f"widgets.{group}", ok=False), "Widgets are forgotten", 30)


def an_api_that_the_cluster_lacks_or_has_lost(site: Site) -> None:
    group = f"{site.namespace}.example.com"
    widget = {"apiVersion": f"{group}/v1", "kind": "Widget", "metadata": {"name": "x"}, "spec": {"size": 1}}
    site.variables["webapp_extra_objects"] = [widget]
    wanting = {"route": {"parents": [{"name": "gateway"}], "hosts": ["shop.example.org"]}, "monitoring": {"port": "http"}}
    site.components["web"] = web(site.image, kind="web", **wanting)
    text = message(site.run())
    for kind, version in (
        ("HTTPRoute", "gateway.networking.k8s.io/v1"),
        ("ServiceMonitor", "monitoring.coreos.com/v1"),
        ("Widget", f"{group}/v1"),
    ):
        assert f"the cluster doesn't know the kind {kind} of {version}" in text
    assert site.history() == []
    assert site.kubectl("get", "all,configmaps,secrets", "-o", "name").split() == ["configmap/kube-root-ca.crt"]

    site.components["web"] = web(site.image)
    with known(site, group):
        site.run().succeeded()
        before = site.serving()

    # Gone since the revision that runs, with whatever there was of it. Asked for again or not, Helm would stumble over it.
    site.components["web"]["env"] = {"VERSION": "two"}
    for objects, told in (
        ([widget], f"Widget/x, kind: the cluster doesn't know the kind Widget of {group}/v1"),
        ([], "Widget/x, apiVersion: Helm can't go on from the revision that runs: it has this object"),
    ):
        site.variables["webapp_extra_objects"] = objects
        assert told in message(site.run())
        assert site.history() == [(1, "deployed")]
        assert site.serving() == before

    with known(site, group):
        site.run().succeeded()
    assert site.history()[-1] == (2, "deployed")
    assert not set(site.serving()) & set(before)


CASES: list[Case] = [
    a_first_installation_that_fails_is_kept_and_repaired_or_removed,
    a_migration_that_fails_leaves_the_old_version_and_its_log,
    two_at_once_one_is_told_and_one_waits,
    a_token_whose_account_is_deleted_in_the_middle,
    an_api_that_the_cluster_lacks_or_has_lost,
]
SLOW: list[Case] = [
    an_image_that_is_gone_from_the_node,
    a_database_that_is_down_is_waited_for_by_the_migration,
    clocks_that_are_years_off,
    a_namespace_that_is_being_removed,
    a_full_disk_on_the_controller,
]


@pytest.mark.parametrize("case", [*CASES, *(pytest.param(case, marks=pytest.mark.slow) for case in SLOW)], ids=lambda case: case.__name__)
def test_fault(case: Case, outcomes: Mapping[Case, Future[float]], record_property: Callable[[str, object], None]) -> None:
    record_property("seconds", round(outcomes[case].result()))

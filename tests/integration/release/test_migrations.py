# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Migrations that can't come to a good end: real Helm waits for them, and is ended with the reason, instead of at their deadline.

Each is a chart with nothing but a migration, run as helm_apply does; some side by side.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.proven.webapp.molecule.support import Cluster, until
from ansible_collections.proven.webapp.plugins.module_utils._preview.helm import Helm
from ansible_collections.proven.webapp.plugins.module_utils._rollout.cluster import Cluster as Watched
from ansible_collections.proven.webapp.plugins.module_utils._rollout.onlooker import Onlooker

AT_ONCE = 3
BUSY = 2.0
"""Threads that want to run, for each core. With more of them everybody waits for everybody, and seconds say little."""


@dataclass(frozen=True)
class Case:
    """:ivar container: what is different in it; spec: in its pod.
    :ivar reason: part of the message; empty where it succeeds.
    :ivar within: seconds from the moment that Helm made the migration.
    """

    name: str
    reason: str
    within: float
    container: dict[str, Any] = field(default_factory=dict)
    spec: dict[str, Any] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)


NOWHERE = "nowhere"
"""Stands for an image that its registry hasn't got."""
FALLS = ["sh", "-c", "echo no such column; exit 3"]
TOLERATES_NOTHING = {"proven.webapp/rollout": json.dumps({"restartsTolerated": 0})}
CASES = [
    Case("good", "", 0),
    # The scheduler's word, and 5 s that nothing adds a node
    Case("no-node", "no node takes it: 0/", 8, spec={"nodeSelector": {"nowhere": "true"}}),
    Case("too-big", "Insufficient cpu", 8, {"resources": {"requests": {"cpu": "900"}}}),
    Case("no-image", "its image can't be had", 4, {"image": NOWHERE}),
    Case("no-secret", 'secret "absent" not found', 4, {"envFrom": [{"secretRef": {"name": "absent"}}]}),
    Case("no-config", 'configmap "absent" not found', 6, spec={"volumes": [{"name": "absent", "configMap": {"name": "absent"}}]}),
    Case("no-quota", "exceeded quota", 4, spec={"priorityClassName": "migration-quota"}),
    Case("no-command", "no such file or directory", 4, {"command": ["/nothing/here"]}),
    Case("falls", "exit code 3", 4, {"command": FALLS}, annotations=TOLERATES_NOTHING),
    # It is tried again after 10 and 20 s.
    Case("falls-thrice", "failed 3 times, 2 tolerated", 40, {"command": FALLS}),
]


@dataclass(frozen=True)
class Seen:
    """:ivar seconds: from the migration's creation until Helm had ended.
    :ivar load: threads that wanted to run meanwhile, for each core.
    """

    code: int
    stderr: str
    told: str
    seconds: float
    status: str
    load: float
    said: list[str]


def chart(folder: Path, case: Case, image: str) -> str:
    (folder / "templates").mkdir(parents=True)
    (folder / "Chart.yaml").write_text(yaml.safe_dump({"apiVersion": "v2", "name": "migrates", "version": "0.1.0"}))
    mounts = [{"name": item["name"], "mountPath": "/absent"} for item in case.spec.get("volumes", ())]
    container = {"name": "web", "image": image, "command": ["true"], "volumeMounts": mounts, **case.container}
    if container["image"] == NOWHERE:
        container["image"] = f"{image.partition('@')[0].rpartition('/')[0]}/{NOWHERE}:1"
    labels = {"app.kubernetes.io/instance": case.name, "app.kubernetes.io/component": "web", "proven.webapp/track": "migrate"}
    hook = {"helm.sh/hook": "post-install,pre-upgrade", "helm.sh/hook-delete-policy": "before-hook-creation"}
    pod = {"restartPolicy": "Never", "terminationGracePeriodSeconds": 1, "containers": [container], **case.spec}
    job = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": case.name, "labels": labels, "annotations": {**hook, **case.annotations}},
        "spec": {"backoffLimit": 6, "activeDeadlineSeconds": 300, "template": {"metadata": {"labels": labels}, "spec": pod}},
    }
    (folder / "templates/job.yaml").write_text(yaml.safe_dump(job))
    return str(folder)


@dataclass
class Place:
    cluster: Cluster
    namespace: str
    image: str

    def get(self, *words: str) -> Any:
        return self.cluster.get(*words, "-n", self.namespace)

    def release(self, case: Case, made: str, *, upgrade: bool = False) -> Seen:
        """As helm_apply does it."""
        where = (self.cluster.kubeconfig, self.cluster.context)
        helm, said, processes = Helm(self.cluster.tools["helm"], *where), list[str](), list[subprocess.Popen[str]]()
        command = helm.upgrade_command(case.name, self.namespace, made, ["--timeout=120s"])

        def end() -> None:
            processes[0].terminate()

        with Onlooker(lambda: Watched(*where, self.namespace, case.name), upgrade=upgrade, say=said.append, stop=end) as onlooker:
            done = helm.upgrade(command, {}, processes.append)
            ended = time.time()
        job = self.get("job", case.name)
        began = time.mktime(time.strptime(job["metadata"]["creationTimestamp"], "%Y-%m-%dT%H:%M:%SZ")) - time.timezone
        records = self.get("secrets", "-l", f"owner=helm,name={case.name}")
        load = os.getloadavg()[0] / (os.cpu_count() or 1)
        return Seen(done.returncode, done.stderr, onlooker.told, ended - began, records[-1]["metadata"]["labels"]["status"], load, said)


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    cluster = Cluster.load()
    image = str(cluster.get("pods", "-n", "todo", "-l", "app.kubernetes.io/component=backend")[0]["spec"]["containers"][0]["image"])
    place = Place(cluster, f"migrates-{uuid.uuid4().hex[:8]}", image)
    cluster.kubectl("create", "namespace", place.namespace)
    scope = {"matchExpressions": [{"scopeName": "PriorityClass", "operator": "In", "values": ["migration-quota"]}]}
    quota = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "none"},
        "spec": {"hard": {"pods": "0"}, "scopeSelector": scope},
    }
    priority = {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": "migration-quota"}, "value": 1}
    for item in (priority, quota):
        cluster.kubectl("apply", "-n", place.namespace, "-f", "-", stdin=json.dumps(item))
    until(lambda: place.get("resourcequota", "none")["status"].get("hard"), 30)
    yield place
    cluster.kubectl("delete", "priorityclass", "migration-quota", "--ignore-not-found")
    cluster.kubectl("delete", "namespace", place.namespace, "--wait=false")


@pytest.fixture(scope="module")
def outcomes(place: Place, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Future[Seen]]]:
    folder = tmp_path_factory.mktemp("charts")
    with ThreadPoolExecutor(AT_ONCE) as threads:
        yield {
            case.name: threads.submit(lambda one=case: place.release(one, chart(folder / one.name, one, place.image)))  # type: ignore[misc]
            for case in CASES
        }


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_becomes_of_it(case: Case, outcomes: dict[str, Future[Seen]], place: Place) -> None:
    seen = outcomes[case.name].result()
    print(f"{case.name}: {seen.seconds:.1f} s, load {seen.load:.1f}")
    if not case.reason:
        assert (seen.code, seen.told, seen.status) == (0, "", "deployed"), seen
        return
    assert case.reason in seen.told, seen
    assert (seen.code, seen.status) == (1, "failed"), seen
    if case.container.get("command") == FALLS:
        assert "\n  no such column\n" in seen.told
    assert seen.seconds <= case.within * max(1.0, seen.load / BUSY) + 1, seen
    # It isn't tried any more, and what it left can be looked at.
    until(lambda: not place.get("job", case.name)["status"].get("active"), 60)


def test_the_next_releases_are_not_held_against_the_last(outcomes: dict[str, Future[Seen]], place: Place, tmp_path: Path) -> None:
    """The migration that failed is still there when Helm begins; before an upgrade as after an installation."""
    name = "falls"
    assert outcomes[name].result().told
    for folder, case, status in (
        ("good", Case(name, "", 0), "deployed"),
        ("bad", Case(name, "", 0, {"command": ["/nothing/here"]}), "failed"),
        ("mended", Case(name, "", 0), "deployed"),
    ):
        seen = place.release(case, chart(tmp_path / folder, case, place.image), upgrade=True)
        assert (bool(seen.told), seen.status) == (status == "failed", status), seen

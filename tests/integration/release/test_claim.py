# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One run at a time, and what an interrupted one leaves: real Helm, killed in the middle, on the scenarios' cluster.

Each test has a namespace and a chart of its own, so that they can run beside others.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.proven.webapp.molecule.support import ROOT, Cluster, Run, until

CHART = {"apiVersion": "v2", "name": "kept", "version": "0.1.0"}
CONFIG_MAP = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "data"}, "data": {"words": "{{ .Values.words }}"}}


def hook(image: str, when: str) -> dict[str, Any]:
    """A Job that Helm waits for, and that never ends."""
    container = {"name": "wait", "image": image, "command": ["sleep", "3600"]}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": f"hook-{when}", "annotations": {"helm.sh/hook": when, "helm.sh/hook-delete-policy": "before-hook-creation"}},
        "spec": {"template": {"spec": {"restartPolicy": "Never", "terminationGracePeriodSeconds": 0, "containers": [container]}}},
    }


@dataclass
class Release:
    """A release with hardly anything in it.

    :ivar waits: when Helm waits for a hook: "", pre-install, pre-upgrade, pre-rollback or pre-delete.
    """

    cluster: Cluster
    folder: Path
    namespace: str
    image: str

    def command(self, *words: str) -> list[str]:
        base = [self.cluster.tools["helm"], "--kubeconfig", self.cluster.kubeconfig, "--kube-context", self.cluster.context]
        return [*base, "--namespace", self.namespace, *words]

    def chart(self, waits: str = "") -> str:
        templates = self.folder / "chart" / "templates"
        templates.mkdir(parents=True, exist_ok=True)
        (templates.parent / "Chart.yaml").write_text(yaml.safe_dump(CHART))
        objects = [CONFIG_MAP, *([hook(self.image, waits)] if waits else [])]
        (templates / "all.yaml").write_text(yaml.safe_dump_all(objects))
        return str(templates.parent)

    def helm(self, *words: str) -> str:
        return subprocess.run(self.command(*words), check=True, capture_output=True, text=True, timeout=90).stdout

    def upgrade(self, words: str, waits: str = "") -> list[str]:
        return ["upgrade", "--install", "kept", self.chart(waits), "--set", f"words={words}", "--timeout", "60s"]

    def killed(self, *words: str, status: str) -> None:
        """Run helm, and kill it as soon as its record says that it is at work."""
        process = subprocess.Popen(self.command(*words), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(lambda: self.status() == status, 40)
        process.kill()
        process.wait()

    def history(self) -> list[dict[str, Any]]:
        answer = subprocess.run(self.command("history", "kept", "-o", "json"), capture_output=True, text=True)
        return list(json.loads(answer.stdout)) if answer.returncode == 0 else []

    def status(self) -> str:
        return str(self.history()[-1]["status"]) if self.history() else ""

    def words(self) -> str:
        return str(self.cluster.get("configmap", "data", "-n", self.namespace)["data"]["words"])

    def playbook(self, *tasks: dict[str, Any], wait: int = 0) -> Path:
        """Claims the release, and then does something else."""
        claim = {"release": "kept", "namespace": self.namespace, "kubeconfig": self.cluster.kubeconfig, "context": self.cluster.context}
        play = {
            "hosts": "localhost",
            "gather_facts": False,
            "tasks": [{"proven.webapp.release_claim": {**claim, "wait": wait}, "register": "claimed"}, *tasks],
        }
        file = self.folder / f"{uuid.uuid4().hex}.yml"
        file.write_text(yaml.safe_dump([play]))
        return file


def start(playbook: Path, *arguments: str) -> subprocess.Popen[str]:
    command = [str(Path(sys.executable).parent / "ansible-playbook"), "-i", "localhost,", "-c", "local", str(playbook), *arguments]
    return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def run(playbook: Path, *arguments: str) -> Run:
    started = time.monotonic()
    process = start(playbook, *arguments)
    output, _none = process.communicate(timeout=120)
    return Run(process.returncode, output, time.monotonic() - started)


@pytest.fixture
def release(tmp_path: Path) -> Iterator[Release]:
    cluster = Cluster.load()
    namespace = f"claim-{uuid.uuid4().hex[:8]}"
    image = str(cluster.get("pods", "-n", "todo", "-l", "app.kubernetes.io/component=backend")[0]["spec"]["containers"][0]["image"])
    cluster.kubectl("create", "namespace", namespace)
    yield Release(cluster, tmp_path, namespace, image)
    cluster.kubectl("delete", "namespace", namespace, "--wait=false")


HOLD = {"ansible.builtin.pause": {"seconds": 60}}


def lease(release: Release) -> str:
    """Its holder; empty where nobody holds it."""
    found = release.cluster.get("leases", "-n", release.namespace)
    return str(found[0]["spec"]["holderIdentity"]) if found else ""


def test_a_second_run_is_told_who_works_on_it_and_a_killed_one_makes_way_at_once(release: Release) -> None:
    first = start(release.playbook(HOLD))
    try:
        until(lambda: lease(release), 30)
        second = run(release.playbook())
        assert second.code != 0
        (message,) = second.messages
        assert f"process {first.pid}" in message
        assert "release_lock_wait" in message
        first.send_signal(signal.SIGKILL)
        until(lambda: not lease(release), 10)
        assert run(release.playbook()).code == 0
    finally:
        first.kill()
        first.wait()
    until(lambda: not lease(release), 10)


def test_a_run_that_may_wait_gets_its_turn(release: Release) -> None:
    first = start(release.playbook(HOLD))
    try:
        until(lambda: lease(release), 30)
        second = start(release.playbook(wait=100))
        assert second.stdout is not None
        said = next((line for line in second.stdout if "another run works on this release" in line), "")
        assert f"process {first.pid}" in said
    finally:
        first.kill()
        first.wait()
    assert second.wait(60) == 0


def test_a_holder_that_gives_no_sign_of_life_is_dead_whatever_its_clock_says(release: Release) -> None:
    far_off = "2099-01-01T00:00:00.000000Z"
    spec = {"holderIdentity": "gone", "leaseDurationSeconds": 3, "acquireTime": far_off, "renewTime": far_off}
    body = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "proven-kept"}, "spec": spec}
    release.cluster.kubectl("apply", "-n", release.namespace, "-f", "-", stdin=json.dumps(body))
    taken = run(release.playbook())
    assert taken.code == 0, taken.output
    assert "taking over from gone" in taken.output


@pytest.mark.parametrize("point", ["install", "upgrade", "rollback", "uninstall"])
def test_helm_killed_in_the_middle_is_repaired_by_the_next_run(release: Release, point: str) -> None:
    left = "uninstalling" if point == "uninstall" else f"pending-{point}"
    if point != "install":
        release.helm(*release.upgrade("one", waits="pre-delete" if point == "uninstall" else ""))
    if point in ("upgrade", "rollback"):
        release.helm(*release.upgrade("two", waits="pre-rollback"))
    if point == "rollback":
        # A rollback runs the hooks of the revision that it goes back to.
        release.helm(*release.upgrade("three"))
        release.killed("rollback", "kept", "2", status=left)
    elif point == "uninstall":
        release.killed("uninstall", "kept", status=left)
    else:
        release.killed(*release.upgrade("broken", waits=f"pre-{point}"), status=left)
    refused = subprocess.run(release.command(*release.upgrade("after")), capture_output=True, text=True)
    assert refused.returncode != 0, "Helm itself goes on: there is nothing to repair"
    said = release.words() if point != "install" else ""

    where = {
        "release": "kept",
        "namespace": release.namespace,
        "kubeconfig": release.cluster.kubeconfig,
        "context": release.cluster.context,
    }
    look = run(release.playbook({"proven.webapp.release_status": where}), "--check")
    assert look.code == 0, look.output
    assert release.status() == left
    assert f", {left}, nobody has proven it" in look.output
    claimed = run(release.playbook())
    assert claimed.code == 0, claimed.output
    assert f"was left {left}" in claimed.output
    assert claimed.recap["changed"] == 1
    assert release.status() == "failed"
    assert said == (release.words() if point != "install" else "")

    release.helm(*release.upgrade("after"))
    assert release.words() == "after"
    assert release.status() == "deployed"
    again = run(release.playbook())
    assert again.recap["changed"] == 0, again.output


def test_a_helm_that_a_killed_run_leaves_is_ended_and_a_sleeper_that_wakes_up_too(release: Release) -> None:
    command = " ".join(release.command(*release.upgrade("left", waits="pre-install")))
    first = start(release.playbook({"ansible.builtin.command": command}))
    until(lambda: release.status() == "pending-install", 60)
    first.kill()
    first.wait()
    until(lambda: not lease(release), 20)
    status = release.status()
    assert status in ("pending-install", "failed")
    # A helm that goes on would write again.
    time.sleep(2)
    assert release.status() == status

    sleeper = start(release.playbook(HOLD))
    until(lambda: lease(release), 30)
    taken = {"spec": {"holderIdentity": "another", "leaseDurationSeconds": 3600}}
    release.cluster.kubectl("patch", "lease", "proven-kept", "-n", release.namespace, "--type=merge", "-p", json.dumps(taken))
    assert sleeper.wait(30) != 0
    assert lease(release) == "another"


def test_the_keeper_ends_with_its_run_and_shows_nothing_in_its_arguments(release: Release) -> None:
    first = start(release.playbook(HOLD))
    try:
        until(lambda: lease(release), 30)

        def keepers() -> list[str]:
            found = []
            for file in Path("/proc").glob("[0-9]*/cmdline"):
                with contextlib.suppress(OSError):
                    found.append(file.read_text().replace("\0", " "))
            return [line for line in found if "_release.keeper" in line]

        (line,) = until(keepers, 30)
        assert release.cluster.kubeconfig not in line
        assert release.namespace not in line
        first.terminate()
        until(lambda: not keepers(), 10)
    finally:
        if first.poll() is None:
            os.kill(first.pid, signal.SIGKILL)
        first.wait()

# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Real releases: one revision for an edit and none without, none for what is refused; what may be made again keeps its pods and volumes."""

from __future__ import annotations

import copy
import json
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
from ansible_collections.proven.webapp.molecule.support import ROOT, Cluster, Run, disguises, until

from .cases import DATABASE, SENTINEL, changed
from .lab import RELEASE, Lab

OWN = {"ansible_python_interpreter": "{{ ansible_playbook_python }}"}


def playbook(folder: Path, tasks: list[dict[str, Any]], variables: dict[str, Any], *arguments: str) -> Run:
    """Run tasks as a user does."""
    file = folder / f"{uuid.uuid4().hex}.yml"
    play = {"hosts": "localhost", "connection": "local", "gather_facts": False, "vars": {**OWN, **variables}, "tasks": tasks}
    file.write_text(yaml.safe_dump([play]))
    command = [str(Path(sys.executable).parent / "ansible-playbook"), "-i", "localhost,", str(file), *arguments]
    started = time.monotonic()
    done = subprocess.run(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300
    )
    return Run(done.returncode, done.stdout, time.monotonic() - started)


@dataclass
class Site:
    """A release of the role's own chart, of one component that does nothing."""

    cluster: Cluster
    namespace: str
    folder: Path
    component: dict[str, Any]

    @property
    def calls(self) -> Path:
        """A line for each helm that was started."""
        return self.folder / "calls"

    def run(self, *arguments: str, **variables: Any) -> Run:
        self.calls.write_text("")
        helm = self.folder / "helm"
        helm.write_text(f'#!/bin/sh\necho "$1" >> {self.calls}\nexec {self.cluster.tools["helm"]} "$@"\n')
        helm.chmod(0o755)
        app = {"name": "idle", "namespace": self.namespace, "components": {"idle": self.component}}
        tasks: list[dict[str, Any]] = [
            {"proven.webapp.spec": {"app": app, "project_dir": str(ROOT)}, "register": "read"},
            {"ansible.builtin.include_role": {"name": "proven.webapp.release"}, "vars": {"preflight_spec": "{{ read.spec }}"}},
        ]
        return playbook(
            self.folder,
            tasks,
            {
                "release_kubeconfig": self.cluster.kubeconfig,
                "release_context": self.cluster.context,
                "release_helm_binary": str(helm),
                "release_timeout": 90,
                **variables,
            },
            *arguments,
        )

    def revisions(self) -> list[str]:
        found = self.cluster.get("secrets", "-n", self.namespace, "-l", "owner=helm,name=idle")
        return [f"{item['metadata']['labels']['version']} {item['metadata']['labels']['status']}" for item in found]

    def uid(self) -> str:
        return str(self.cluster.get("deployment", "idle-idle", "-n", self.namespace)["metadata"]["uid"])


@pytest.fixture
def site(cluster: Cluster, tmp_path: Path) -> Iterator[Site]:
    image = str(cluster.get("pods", "-n", "todo", "-l", "app.kubernetes.io/component=backend")[0]["spec"]["containers"][0]["image"])
    resources = {"requests": {"cpu": "5m", "memory": "16Mi"}, "limits": {"memory": "64Mi"}}
    component: dict[str, Any] = {
        "kind": "worker",
        "image": image,
        "command": ["sleep", "3600"],
        "env": {"LEVEL": "info"},
        "resources": resources,
    }
    component["termination_grace_seconds"] = 10
    site = Site(cluster, f"preview-{uuid.uuid4().hex[:8]}", tmp_path, component)
    yield site
    cluster.kubectl("delete", "namespace", site.namespace, "--wait=false", "--ignore-not-found")


def test_an_edit_makes_one_revision_and_no_edit_none(site: Site) -> None:
    look = site.run("--check", "--diff").succeeded()
    assert "+++ Deployment/idle-idle (after)" in look.output
    assert "not checked: there is no namespace" in look.output
    assert site.namespace not in [item["metadata"]["name"] for item in site.cluster.get("namespaces")]

    site.run().succeeded()
    assert site.revisions() == ["1 deployed"]

    for arguments in ((), ("--check", "--diff")):
        again = site.run(*arguments).succeeded()
        assert again.recap["changed"] == 0, again.changed_tasks
        assert site.calls.read_text() == "", "a helm was started"
    assert site.revisions() == ["1 deployed"]

    site.component["env"]["LEVEL"] = "debug"
    look = site.run("--check", "--diff").succeeded()
    assert look.recap["changed"] == 1, look.changed_tasks
    assert "-  LEVEL: info\n+  LEVEL: debug\n" in look.output
    assert site.revisions() == ["1 deployed"]
    site.run().succeeded()
    assert site.revisions() == ["1 superseded", "2 deployed"]

    # Somebody removes what runs: values and chart are the same, and yet there is something to do
    uid = site.uid()
    site.cluster.kubectl("delete", "deployment", "idle-idle", "-n", site.namespace)
    assert site.run("--check").succeeded().recap["changed"] == 1
    site.run().succeeded()
    assert site.uid() != uid
    assert site.revisions() == ["1 superseded", "2 superseded", "3 deployed"]

    # A quota without room beside the old pod
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "small"}, "spec": {"hard": {"pods": "1"}}}
    site.cluster.kubectl("apply", "-n", site.namespace, "-f", "-", stdin=json.dumps(quota))
    until(lambda: site.cluster.get("resourcequota", "small", "-n", site.namespace).get("status", {}).get("used") == {"pods": "1"}, 30)
    site.component["env"]["LEVEL"] = "warning"
    generation = site.cluster.get("deployment", "idle-idle", "-n", site.namespace)["metadata"]["generation"]
    refused = site.run()
    assert refused.code != 0
    assert (
        "ResourceQuota/small, pods: the change needs 1 more at its peak (Deployment/idle-idle 1), and 0 of 1 are free"
        in refused.messages[-1]
    )
    assert site.calls.read_text() == "template\n", "helm did more than render"
    assert site.revisions() == ["1 superseded", "2 superseded", "3 deployed"]
    assert site.cluster.get("deployment", "idle-idle", "-n", site.namespace)["metadata"]["generation"] == generation


def apply(lab: Lab, objects: tuple[dict[str, Any], ...], *arguments: str, values: dict[str, Any] | None = None, **more: Any) -> Run:
    """The preview and the apply of a chart."""
    given: dict[str, Any] = {"kubeconfig": lab.cluster.kubeconfig, "context": lab.cluster.context, "binary_path": lab.cluster.tools["helm"]}
    given |= {"chart_ref": str(lab.folder), "release_values": {**lab.chart(objects), **(values or {})}}
    names = {"release": RELEASE, "namespace": lab.namespace}
    tasks: list[dict[str, Any]] = [
        {"proven.webapp.release_preview": {**given, **names, **more}, "register": "seen"},
        {
            "proven.webapp.helm_apply": {
                **given,
                "name": RELEASE,
                "release_namespace": lab.namespace,
                "timeout": "60s",
                "recreate": "{{ seen.recreate }}",
            }
        },
    ]
    return playbook(lab.folder.parent, tasks, {}, *arguments)


def test_what_is_made_again_keeps_its_pods_and_its_volumes(lab: Lab) -> None:
    before = changed(DATABASE, "spec", "replicas", to=1)
    apply(lab, (before,)).succeeded()
    pod = until(lambda: lab.get("pods"), 30)[0]["metadata"]["uid"]
    volume = lab.get("pvc", "data-database-0")["metadata"]["uid"]
    stateful = lab.get("statefulset", "database")["metadata"]["uid"]

    after = changed(before, "spec", "volumeClaimTemplates", 0, "spec", "resources", "requests", "storage", to="2Gi")
    refused = apply(lab, (after,))
    assert "release_recreate: [web]" in refused.messages[-1]
    assert lab.get("statefulset", "database")["metadata"]["uid"] == stateful
    apply(lab, (after,), "--check", recreate=["web"]).succeeded()
    assert lab.get("statefulset", "database")["metadata"]["uid"] == stateful

    run = apply(lab, (after,), recreate=["web"]).succeeded()
    assert "StatefulSet/database was deleted to be made again, its pods stay" in run.output
    now = lab.get("statefulset", "database")
    assert now["metadata"]["uid"] != stateful
    assert now["spec"]["volumeClaimTemplates"][0]["spec"]["resources"]["requests"]["storage"] == "2Gi"
    assert [item["metadata"]["uid"] for item in lab.get("pods")] == [pod]
    assert lab.get("pvc", "data-database-0")["metadata"]["uid"] == volume
    until(lambda: lab.get("pods")[0]["metadata"]["ownerReferences"][0]["uid"] == now["metadata"]["uid"], 30)
    again = apply(lab, (after,), recreate=["web"]).succeeded()
    assert again.recap["changed"] == 0


def test_no_secret_is_shown(lab: Lab) -> None:
    """In the difference, at -vvv, and in what is said of a refusal."""
    settings: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "settings"},
        "data": {"URL": f"amqp://u:{SENTINEL}@q/"},
    }
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "words"}, "stringData": {"PASSWORD": f"{SENTINEL}-2"}}
    values = {"components": {"web": {"env": {"API_TOKEN": f"{SENTINEL}-3"}}}}
    outputs = [apply(lab, (settings, secret), "--diff", "-vvv", values=values).succeeded().output]
    other: dict[str, Any] = copy.deepcopy(settings)
    other["data"] |= {"COPY": f"{SENTINEL}-2", "LEVEL": "debug"}
    outputs.append(apply(lab, (other, secret), "--diff", "-vvv", "--check", values=values).succeeded().output)
    other["date"] = {f"x{SENTINEL}-2": 1}
    refused = apply(lab, (other, secret), "--diff", "-vvv", values=values)
    assert "ConfigMap/settings, date: the cluster's API knows no such field" in refused.messages[-1]
    outputs.append(refused.output)
    assert "+  LEVEL: debug" in outputs[1]
    forms = disguises([SENTINEL, f"{SENTINEL}-2", f"{SENTINEL}-3"])
    assert [(index, form) for index, text in enumerate(outputs) for form in forms if form in text] == []

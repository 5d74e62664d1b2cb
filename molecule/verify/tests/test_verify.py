# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A verification hands out a report for people, one for CI, and a verdict that the cluster keeps; what isn't as it is said gets no pass."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from ansible_collections.proven.webapp.molecule.support import INVENTORY, ROOT, Cluster, ansible_playbook, copy_inventory, variables

REPORT = ROOT / "artifacts/todo"


def test_the_reports_agree_that_it_is_proven() -> None:
    assert json.loads((REPORT / "report.json").read_text())["verdict"] == "proven"
    assert "proven" in (REPORT / "report.html").read_text()
    cases = list(ElementTree.parse(REPORT / "junit.xml").iter("testcase"))
    assert cases
    assert not [case for case in cases if case.find("failure") is not None]


def test_the_cluster_keeps_the_verdict() -> None:
    assert ", deployed, proven at " in ansible_playbook("playbooks/status.yml", INVENTORY).succeeded().output


def test_a_pod_that_is_missing_is_no_pass(cluster: Cluster, tmp_path: Path) -> None:
    components = variables()["webapp_components"]
    components["worker"]["replicas"] = 3
    wrong = {"webapp_components": components, "verify_timeout": 2, "verify_report_dir": str(tmp_path / "artifacts")}
    run = ansible_playbook("playbooks/verify.yml", copy_inventory(tmp_path / "inventory", wrong))
    assert run.code != 0
    assert "todo in the namespace todo was not proven" in run.messages[-1]
    assert "worker" in run.messages[-1]
    # What was proven stays so: nobody changed it.
    last = json.loads(cluster.helm("status", "todo", "--namespace", "todo", "--output", "json"))["version"]
    assert json.loads(cluster.get("configmap", "proven-todo", "-n", "todo")["data"][str(last)])["verdict"] == "proven"

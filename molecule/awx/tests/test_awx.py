# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""AWX as whoever logs in there finds it: what can be launched, what a launch is asked, and what nobody gets to read.

There is no AWX here: its API is a stand-in, which follows the published schema and runs nothing.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

import pytest
from ansible_collections.proven.webapp.molecule.standin import told


def ask(path: str, data: Any = None) -> Any:
    there = told("awx")
    request = urllib.request.Request(f"{there['url']}/api/v2/{path}", json.dumps(data).encode() if data is not None else None)
    request.add_header("Authorization", f"Bearer {there['environment']['CONTROLLER_OAUTH_TOKEN']}")
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def one(plural: str, name: str) -> dict[str, Any]:
    (found,) = ask(f"{plural}/?name={name.replace(' ', '%20')}")["results"]
    return dict(found)


def test_a_rollback_can_be_launched_and_its_answers_are_checked() -> None:
    template = one("job_templates", "shop prod rollback")
    assert template["playbook"] == "playbooks/rollback.yml"
    launch = f"job_templates/{template['id']}/launch/"
    assert ask(launch, {"extra_vars": {"rollback_revision": 3}})["type"] == "job"
    with pytest.raises(urllib.error.HTTPError, match="400"):
        ask(launch, {"extra_vars": {"rollback_revision": -1}})


def test_prod_is_released_after_somebodys_word_alone() -> None:
    flow = one("workflow_job_templates", "shop release")
    nodes = {each["identifier"]: each for each in ask(f"workflow_job_template_nodes/?workflow_job_template={flow['id']}")["results"]}
    assert [name for name, each in nodes.items() if nodes["deploy"]["id"] in follow(each)] == ["approve"]
    assert one("workflow_approval_templates", "Release it on prod?")["id"] == nodes["approve"]["unified_job_template"]


def follow(node: dict[str, Any]) -> list[int]:
    """What comes after a node, however it went."""
    kinds = ("success_nodes", "failure_nodes", "always_nodes")
    return [each["id"] for kind in kinds for each in ask(f"workflow_job_template_nodes/{node['id']}/{kind}/")["results"]]


def test_no_secret_is_shown() -> None:
    shown = json.dumps(ask("credentials/"))
    assert "$encrypted$" in shown
    assert "shop vault" in shown
    assert "plain-test-" not in shown

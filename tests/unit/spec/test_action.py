# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The spec action plugin, as a task calls it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.playbook.task import Task
from ansible_collections.proven.webapp.plugins.action.spec import ActionModule

CHART = Path(__file__).parents[3] / "roles" / "release" / "files" / "chart"


def run(args: dict[str, Any], variables: dict[str, Any] | None = None) -> dict[str, Any]:
    task = Task()
    task.args = args
    task.action = "proven.webapp.spec"
    connection = SimpleNamespace(_shell=SimpleNamespace(tmpdir=None))
    play_context: Any = SimpleNamespace(check_mode=False)
    action = ActionModule(task, connection, play_context, DataLoader(), None, None)
    return dict(action.run(task_vars=variables or {}))


def test_hands_on_what_later_stages_need(todo: dict[str, Any], project: Path) -> None:
    result = run({"app": todo, "project_dir": str(project)})
    assert result["spec"]["components"]["backend"]["ports"] == {"http": 8000, "metrics": 9000}
    assert result["builds"]["backend"] == {
        "context": str(project / "docker" / "backend"),
        "dockerfile": "Dockerfile",
        "target": None,
        "args": {"DEBUG": "false"},
    }
    assert result["images"].keys() == {"frontend", "mailer"}
    assert "values" not in result


def test_pods_that_there_are_at_least(todo: dict[str, Any]) -> None:
    todo["components"] |= {
        "scaled": {"image": "a/b:1", "ports": {"http": 80}, "autoscale": {"min": 3, "max": 9, "cpu": 80}},
        "queue": {"image": "a/b:1", "kind": "worker", "keda": {"max": 9, "triggers": [{}]}},
        "nightly": {"image": "a/b:1", "kind": "cron", "cron": {"schedule": "@daily"}},
    }
    assert run({"app": todo})["replicas"] == {"database": 1, "backend": 2, "frontend": 1, "mailer": 1, "scaled": 3, "queue": 0}


def test_relative_project_is_the_folder_it_runs_in(todo: dict[str, Any], project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)
    assert run({"app": todo, "project_dir": "."})["builds"]["backend"]["context"] == str(project / "docker" / "backend")


def test_faults_are_one_message(todo: dict[str, Any], project: Path) -> None:
    todo["components"]["backend"]["prot"] = 1
    todo["components"]["backend"]["replicas"] = -1
    result = run({"app": todo, "project_dir": str(project)}, {"webapp_nam": "x"})
    assert result["failed"]
    assert result["msg"].splitlines() == [
        "The inventory has 3 faults; nothing was changed.",
        '  webapp_nam: unknown variable; did you mean "webapp_name"?',
        '  webapp_components.backend.prot: unknown key; did you mean "ports"?',
        "  webapp_components.backend.replicas: -1 is out of range; 0 to 1000",
    ]


def test_values_mode(todo: dict[str, Any]) -> None:
    spec = run({"app": todo})["spec"]
    wanted = {
        "images": {"backend": "b@sha256:1", "database": "d@sha256:1"},
        "secret_names": {"backend": "b-1", "database": "d-1"},
        "chart": str(CHART),
    }
    values = run({"app": spec, "values": wanted}, {"webapp_anything": 1})["values"]
    assert values["components"]["backend"]["secretName"] == "b-1"
    assert values["chartDigest"].startswith("sha256:")


def test_values_mode_says_what_is_missing(todo: dict[str, Any]) -> None:
    result = run({"app": todo, "values": {"images": {}, "chart": str(CHART)}})
    assert result["failed"]
    assert 'No image is known for the component "backend"' in result["msg"]

# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The description of what AWX is to hold: what is wrong with it is found before AWX is asked, and what is right AWX takes.

AWX's part is played by tests/standins/awx_server.py, a stand-in that follows AWX's own checks of surveys and answers.
"""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.proven.webapp.plugins.module_utils._awx import survey
from ansible_collections.proven.webapp.plugins.module_utils._awx.plan import Plan
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.tests.standins.awx_server import answer_faults, survey_error
from hypothesis import given
from hypothesis import strategies as st

ROOT = Path(__file__).parents[3]
SHIPPED: dict[str, Any] = yaml.safe_load((ROOT / "playbooks/vars/awx.yml").read_text())
SURVEYS = {entry["name"]: entry["survey"] for entry in SHIPPED["awx_job_templates"] if "survey" in entry}
QUESTIONS = [pytest.param(each, id=f"{name}-{each['variable']}") for name, questions in SURVEYS.items() for each in questions]


def plan(changed: dict[str, Any] | None = None) -> Plan:
    told = {**SHIPPED, **(changed or {})}
    parts = (told[f"awx_{name}"] for name in ("environments", "job_templates", "workflows", "schedules"))
    return Plan("todo", *parts)


def faults(**changed: Any) -> list[str]:
    with pytest.raises(ProvenError) as raised:
        plan({f"awx_{name}": value for name, value in changed.items()})
    return str(raised.value).splitlines()[1:]


def test_the_shipped_description_has_what_the_issue_names() -> None:
    made = plan()
    names = {template["name"] for template in made.templates()}
    for what in ("deploy", "verify", "drill", "rollback", "scale", "backup", "restore", "status"):
        assert {f"todo staging {what}", f"todo prod {what}"} <= names
    (flow,) = made.workflows()
    nodes = {node["id"]: node for node in flow["nodes"]}
    assert nodes["build"]["success"] == ["deploy-staging"]
    assert nodes["approve"]["approve"]["name"]
    assert nodes["deploy-prod"]["failure"] == nodes["verify-prod"]["failure"] == ["back-prod"]
    assert {schedule["template"] for schedule in made.schedules()} == {"todo staging drill", "todo prod backup"}


def test_its_playbooks_are_there() -> None:
    assert [entry["playbook"] for entry in SHIPPED["awx_job_templates"] if not (ROOT / entry["playbook"]).is_file()] == []


def test_each_environment_has_credentials_of_its_own() -> None:
    of = {template["name"]: (template["inventory"], template["credentials"]) for template in plan().templates()}
    assert of["todo staging deploy"] == ("todo staging", ["todo staging cluster", "todo staging vault", "todo registry"])
    assert of["todo prod deploy"][0] == "todo prod"


@pytest.mark.parametrize("name", SURVEYS)
def test_awx_stores_the_shipped_surveys(name: str) -> None:
    assert survey_error(survey.survey(name, SURVEYS[name])) == ""


def bounds(entry: dict[str, Any]) -> list[tuple[Any, bool]]:
    """(answer, whether it is to be taken) at the edges of what a question allows."""
    match entry["type"]:
        case "integer":
            return [
                (entry["min"], True),
                (entry["max"], True),
                (entry["min"] - 1, False),
                (entry["max"] + 1, False),
                ("1", False),
                (True, False),
            ]
        case "text":
            least, most = entry["min"], entry["max"]
            return [("x" * least, True), ("x" * most, True), ("x" * (least - 1), False), ("x" * (most + 1), False), (7, False)]
        case "multiselect":
            return [([], True), (entry["choices"], True), (["other"], False), ("refused", False)]
        case _:
            return [(choice, True) for choice in entry["choices"]] + [("other", False), ("", False)]


@pytest.mark.parametrize("entry", QUESTIONS)
def test_the_bounds_of_the_shipped_surveys(entry: dict[str, Any]) -> None:
    for answer, taken in bounds(entry):
        said = list(answer_faults(survey.question(entry), {entry["variable"]: answer}, True))
        assert (not said) is taken, f"{answer!r}: {said}"
        assert (not survey.answer_fault(entry, answer)) is taken, repr(answer)


@given(
    kind=st.sampled_from(survey.TYPES),
    least=st.none() | st.integers(0, 5),
    most=st.none() | st.integers(0, 5),
    answer=st.none()
    | st.text(max_size=7)
    | st.integers(-2, 8)
    | st.floats(-2, 8)
    | st.booleans()
    | st.lists(st.sampled_from(["a", "b", "c"])),
)
def test_awx_takes_the_answers_that_we_say_it_takes(kind: str, least: int | None, most: int | None, answer: Any) -> None:
    entry: dict[str, Any] = {"variable": "x", "question": "?", "type": kind, "min": least, "max": most}
    if kind in survey.CHOICES:
        entry |= {"choices": ["a", "b"]}
    entry = {key: value for key, value in entry.items() if value is not None}
    if list(survey.faults([entry])):
        return
    assert bool(survey.answer_fault(entry, answer)) is bool(list(answer_faults(survey.question(entry), {"x": answer}, True)))


def changed(what: str, index: int, **keys: Any) -> list[Any]:
    entries = copy.deepcopy(SHIPPED[f"awx_{what}"])
    entries[index] |= keys
    return list(entries)


@pytest.mark.parametrize(
    ("question", "fault"),
    [
        ({"default": 0, "min": 1}, "default: must be 1 at least"),
        ({"default": 9, "max": 5}, "default: must be 5 at most"),
        ({"default": "5"}, "default: must be a whole number"),
        ({"min": 5, "max": 1}, "min: is more than max"),
        ({"min": "1"}, "min: must be a whole number"),
        ({"type": "number"}, "type: must be one of text, textarea"),
        ({"type": "multiplechoice"}, "choices: must be a list of texts"),
        ({"type": "multiplechoice", "choices": ["a"], "default": "b"}, "default: must be one of the choices"),
        ({"type": "text", "default": "abc", "max": 2}, "default: must have 2 characters at most"),
        ({"choices": ["a"]}, "choices: integer has none"),
        ({"variable": "{{ x }}"}, "variable: must be a variable's name"),
        ({"variable": "Webapp-Name"}, "variable: must be a variable's name"),
        ({"question": ""}, "question: must be a text"),
        ({"required": "yes"}, "required: must be true or false"),
        ({"placeholder": "x"}, "placeholder: unknown key"),
    ],
)
def test_a_survey_that_awx_would_refuse_or_trip_over(question: dict[str, Any], fault: str) -> None:
    whole = {"variable": "x", "question": "?", "type": "integer", **question}
    found = faults(job_templates=changed("job_templates", 0, survey=[whole]))
    assert any(f"awx_job_templates[0].survey[0].{fault}" in line for line in found), found


@pytest.mark.parametrize(
    ("where", "fault"),
    [
        ({"job_templates": changed("job_templates", 1, name="build")}, "awx_job_templates[1].name: build is there already"),
        ({"job_templates": changed("job_templates", 1, playbook="")}, "awx_job_templates[1].playbook: must be a playbook"),
        ({"job_templates": changed("job_templates", 1, environments=["qa"])}, "awx_job_templates[1].environments: there is no qa"),
        ({"job_templates": changed("job_templates", 1, serial=1)}, "awx_job_templates[1].serial: unknown key"),
        ({"environments": {"staging": {}}}, "awx_environments.staging: names no inventory"),
        ({"schedules": changed("schedules", 0, rrule="FREQ=DAILY")}, "awx_schedules[0].rrule: must be like DTSTART"),
        ({"schedules": changed("schedules", 0, template="dril")}, "awx_schedules[0].template: there is no such template"),
        ({"schedules": changed("schedules", 0, workflow="x")}, "awx_schedules[0].workflow: there is no x"),
        ({"workflows": [{"name": "w", "nodes": [{"id": "a"}]}]}, "awx_workflows[0].nodes[0]: must have either"),
        ({"workflows": [{"name": "w", "nodes": [{"id": "a", "approve": {}}]}]}, "nodes[0].approve.name: must be what is asked"),
        (
            {"workflows": [{"name": "w", "nodes": [{"id": "a", "approve": {"name": "?"}, "success": ["b"]}]}]},
            "nodes[0].success: there is no node b",
        ),
        (
            {"workflows": [{"name": "w", "nodes": [{"id": x, "approve": {"name": "?"}, "success": [y]} for x, y in ("ab", "bc", "ca")]}]},
            "nodes: go round in a circle: a → b → c → a",
        ),
    ],
)
def test_what_else_can_be_wrong(where: dict[str, Any], fault: str) -> None:
    found = faults(**where)
    assert any(fault in line for line in found), found


def test_all_faults_are_told_at_once() -> None:
    assert len(faults(environments={"staging": {}, "prod": {"inventory": "i", "x": 1}}, schedules=changed("schedules", 0, rrule=""))) >= 3

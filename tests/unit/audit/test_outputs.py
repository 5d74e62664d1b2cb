# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The command, and what it writes."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml
from ansible_collections.proven.webapp.plugins.module_utils._audit.command import CLEAN, FOUND, TROUBLE, run
from ansible_collections.proven.webapp.plugins.module_utils._audit.documents import Document
from ansible_collections.proven.webapp.plugins.module_utils._audit.engine import audit
from ansible_collections.proven.webapp.plugins.module_utils._audit.exceptions import read_line
from ansible_collections.proven.webapp.plugins.module_utils._audit.output_junit import junit
from ansible_collections.proven.webapp.plugins.module_utils._audit.output_sarif import sarif
from ansible_collections.proven.webapp.plugins.module_utils._audit.output_text import Text
from ansible_collections.proven.webapp.plugins.module_utils._audit.rules import STATIC_RULES
from ansible_collections.proven.webapp.plugins.module_utils._audit.shown import yaml_text

from .conftest import deployment, service, workload

EXCEPTION = "PV137: the registry refuses to move a tag"
WARNED = deployment(liveness={"failureThreshold": 2, "periodSeconds": 20}, image="shop:1")
BROKEN = deployment(readiness=None)
CONFIG = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = {
        "good": [deployment(), service(), CONFIG],
        "warned": [WARNED],
        "broken": [CONFIG, BROKEN, service()],
        "empty": [CONFIG],
    }
    for name, objects in files.items():
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump_all(objects))
    (tmp_path / "bad.yaml").write_text("a: [")
    return tmp_path


@pytest.mark.parametrize(
    ("name", "options", "status"),
    [
        ("good", [], CLEAN),
        ("good", ["--fail-on", "info"], CLEAN),
        ("warned", [], CLEAN),
        ("warned", ["--fail-on", "warning"], FOUND),
        ("warned", ["--fail-on", "info"], FOUND),
        ("warned", ["--fail-on", "warning", "--ignore", "PV125 shop web: it is slow by nature"], CLEAN),
        ("broken", [], FOUND),
        ("broken", ["--fail-on", "never"], CLEAN),
        ("empty", [], TROUBLE),
        ("empty", ["--allow-empty"], CLEAN),
        ("bad", [], TROUBLE),
        ("none", [], TROUBLE),
        ("good", ["--ignore", "PV125"], TROUBLE),
        ("good", ["--output", "/nowhere/at/all"], TROUBLE),
    ],
)
def test_exit_status(folder: Path, name: str, options: list[str], status: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert (CLEAN, FOUND, TROUBLE) == (0, 1, 2)
    assert run([str(folder / f"{name}.yaml"), *options]) == status
    told = capsys.readouterr()
    assert bool(told.err) == (status == TROUBLE)
    if status == TROUBLE:
        assert "What to do: " in told.err


def test_usage() -> None:
    with pytest.raises(SystemExit) as caught:
        run(["--format", "xml", "x"])
    assert caught.value.code == TROUBLE


def test_standard_input(monkeypatch: pytest.MonkeyPatch, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO((folder / "broken.yaml").read_bytes())))
    assert run(["-", str(folder / "good.yaml"), "--format", "json"]) == FOUND
    made = json.loads(capsys.readouterr().out)
    # Both Services select both Deployments: they are one estate.
    assert made["workloads"] == 2
    assert made["findings"][0]["file"] == "<stdin>"


def test_to_a_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = folder / "out.sarif"
    assert run([str(folder / "broken.yaml"), "--format", "sarif", "--output", str(out)]) == FOUND
    assert capsys.readouterr().out == ""
    assert json.loads(out.read_text())["version"] == "2.1.0"


def test_as_a_program(folder: Path) -> None:
    """As a user calls it."""
    command = [sys.executable, "-m", "ansible_collections.proven.webapp.plugins.module_utils._audit.command", str(folder / "broken.yaml")]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "NO_COLOR": "1"})
    assert (done.returncode, done.stderr) == (FOUND, "")
    assert "error    PV113" in done.stdout
    assert f"{folder / 'broken.yaml'}:6" in done.stdout


def test_json() -> None:
    report = audit([Document(BROKEN, "f.yaml", 6), Document(service()), Document(WARNED), Document(CONFIG)], [read_line(EXCEPTION)])
    made = report.as_dict("error")
    assert made["verdict"] == "not_proven"
    assert made["counts"] == {"error": 1, "warning": 1, "info": 0}
    assert (made["workloads"], made["ending_workloads"], made["kinds_skipped"]) == (2, 0, {"ConfigMap": 1})
    first = made["findings"][0]
    assert {first["rule"], first["severity"], first["kind"], first["name"], first["container"]} == {
        "PV113",
        "error",
        "Deployment",
        "shop",
        "web",
    }
    assert (first["file"], first["line"], first["probe"]) == ("f.yaml", 6, "")
    assert all(first[key] for key in ("what", "why", "fix", "link", "corrected", "title"))
    assert [ignored["reason"] for ignored in made["ignored"]] == ["the registry refuses to move a tag"]
    assert json.loads(json.dumps(made)) == made
    assert len(made["reasons"]) == 1
    assert audit([Document(BROKEN), Document(service())]).as_dict("never")["verdict"] == "proven"


def test_what_could_not_be_read_is_no_pass() -> None:
    made = audit([Document(deployment())], [], ["services can't be read"]).as_dict("error")
    assert (made["verdict"], made["reasons"], made["not_shown"]) == ("not_shown", ["services can't be read"], ["services can't be read"])
    assert audit([]).as_dict("never")["verdict"] == "not_shown"


# --- SARIF: the structure that the published schema requires


def sarif_log() -> dict[str, Any]:
    documents = [Document(BROKEN, "dir/a b.yaml", 6), Document(service(), "<stdin>"), Document(WARNED, "/abs/w.yaml", 0)]
    made = sarif(audit(documents, [read_line(EXCEPTION)], ["something"]))
    plain: dict[str, Any] = json.loads(json.dumps(made))
    return plain


def test_sarif_log() -> None:
    log = sarif_log()
    assert set(log) == {"$schema", "version", "runs"}
    (run_made,) = log["runs"]
    driver = run_made["tool"]["driver"]
    assert [rule["id"] for rule in driver["rules"]] == [rule.id for rule in STATIC_RULES]
    for rule in driver["rules"]:
        assert re.fullmatch(r"https://\S+#pv\d{3}", rule["helpUri"])
        assert rule["defaultConfiguration"]["level"] in ("error", "warning", "note")
        assert all(rule[key]["text"] for key in ("shortDescription", "fullDescription", "help"))
    assert run_made["invocations"][0]["executionSuccessful"] is True
    assert [note["message"]["text"] for note in run_made["invocations"][0]["toolExecutionNotifications"]] == ["something"]


def test_sarif_results() -> None:
    (run_made,) = sarif_log()["runs"]
    results = run_made["results"]
    assert [(result["ruleId"], result["level"]) for result in results] == [("PV113", "error"), ("PV125", "warning"), ("PV137", "note")]
    for result in results:
        assert run_made["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["message"]["text"]
        assert all(isinstance(value, str) for value in result["partialFingerprints"].values())
        assert result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"].startswith("Deployment/shop")
    places = [result["locations"][0]["physicalLocation"] for result in results]
    assert places[0] == {"artifactLocation": {"uri": "dir/a%20b.yaml"}, "region": {"startLine": 6}}
    assert places[1] == {"artifactLocation": {"uri": "file:///abs/w.yaml"}, "region": {"startLine": 1}}
    assert [result.get("suppressions") for result in results[:2]] == [None, None]
    suppression = {"kind": "external", "status": "accepted", "justification": "the registry refuses to move a tag"}
    assert results[2]["suppressions"] == [suppression]


def test_sarif_of_text_has_no_place_to_open() -> None:
    made = sarif(audit([Document(WARNED, "<stdin>", 1)]))
    assert "physicalLocation" not in made["runs"][0]["results"][0]["locations"][0]


def test_fingerprints_outlive_moved_lines() -> None:
    def prints(line: int) -> list[str]:
        results = sarif(audit([Document(WARNED, "f", line)]))["runs"][0]["results"]
        return [result["partialFingerprints"]["finding/v1"] for result in results]

    assert prints(1) == prints(99)
    assert len(set(prints(1))) == 2


# --- JUnit: as pytest's xunit2


def suite_of(fail_on: str, *objects: Any, ignore: str = EXCEPTION, not_shown: tuple[str, ...] = ()) -> ElementTree.Element:
    report = audit([Document(item, "f.yaml", 3) for item in objects], [read_line(ignore)], not_shown)
    root = ElementTree.fromstring(junit(report, fail_on))
    assert root.tag == "testsuites"
    (suite,) = root
    for case in suite:
        assert case.tag == "testcase"
        assert set(case.attrib) == {"classname", "name", "time"}
        assert all(child.tag in ("failure", "error", "skipped", "system-out") for child in case)
    for name, tags in {"failures": "failure", "errors": "error", "skipped": "skipped"}.items():
        assert int(suite.attrib[name]) == len(suite.findall(f"testcase/{tags}"))
    assert int(suite.attrib["tests"]) == len(suite)
    return suite


def test_junit() -> None:
    suite = suite_of("error", BROKEN, service(), WARNED, workload("StatefulSet"))
    assert (suite.attrib["failures"], suite.attrib["skipped"], suite.attrib["errors"]) == ("1", "1", "0")
    failure = suite.find("testcase/failure")
    assert failure is not None
    assert failure.attrib["message"].startswith("PV113 Service/shop leads")
    assert "readinessProbe:" in (failure.text or "")
    assert "docs/rules.md#pv113" in (failure.text or "")


def test_junit_of_what_does_not_count() -> None:
    suite = suite_of("error", WARNED)
    assert suite.attrib["failures"] == "0"
    assert "PV125" in (suite.findtext("testcase/system-out") or "")
    assert suite_of("warning", WARNED).attrib["failures"] == "1"
    assert suite_of("never", BROKEN, service()).attrib["failures"] == "0"


def test_junit_of_the_clean_and_of_nothing() -> None:
    suite = suite_of("error", deployment())
    assert [case.attrib["name"] for case in suite] == ["1 workloads without a finding"]
    assert suite_of("error").attrib["errors"] == "1"
    assert suite_of("error", deployment(), not_shown=("no rights",)).attrib["errors"] == "1"


def test_junit_survives_characters_that_xml_has_not() -> None:
    made = deployment(image="shop:\x00\x1b\ud800<&>")
    assert suite_of("info", made, ignore="PV101: never used at all").attrib["failures"] == "1"


# --- text


def shown(
    *objects: Any, fail_on: str = "error", ignore: tuple[str, ...] = (), not_shown: tuple[str, ...] = (), colour: bool = False
) -> str:
    report = audit([Document(item, "f.yaml", 3) for item in objects], [read_line(line) for line in ignore], not_shown)
    return Text(80, colour=colour).render(report, fail_on)


def test_text_of_a_finding() -> None:
    text = shown(BROKEN, service())
    assert text.startswith("Deployment/shop  f.yaml:3\n\nerror    PV113 A container that a Service leads to has no readiness probe\n")
    assert "         web: Service/shop leads to its port 8080" in text
    assert "│  readinessProbe:" in text
    assert "1 error, 0 warnings, 0 info; 0 ignored\nLooked at 1 workload\nVerdict (fails on error): not proven\n" in text
    assert max(map(len, text.splitlines())) <= 80


def test_text_tells_what_was_left_out() -> None:
    job = workload("Job")
    text = shown(WARNED, job, CONFIG, ignore=(EXCEPTION, "PV136: never used at all"), not_shown=("services can't be read",))
    assert "Ignored, with reason\n  PV137 Deployment/shop, container web: the registry refuses to move a tag\n" in text
    assert "Exceptions that matched nothing, and can go\n  PV136: never used at all\n" in text
    assert "Not shown\n  services can't be read\n" in text
    assert "0 errors, 1 warning, 0 info; 1 ignored\n" in text
    assert "Looked at 2 workloads; 1 of them by validity alone, as they end by themselves;" in text
    assert "1 ConfigMap" in text
    assert "not shown: services can't be read" in text


def test_text_of_nothing_wrong() -> None:
    assert shown(deployment()) == "0 errors, 0 warnings, 0 info; 0 ignored\nLooked at 1 workload\nVerdict (fails on error): proven\n"


def test_worst_first() -> None:
    both = deployment(image="shop:1", liveness={"failureThreshold": 2, "periodSeconds": 20}, readiness=None)
    text = shown(both, service())
    assert text.index("PV113") < text.index("PV125") < text.index("PV137")


def test_colours_only_where_wanted() -> None:
    assert "\033" not in shown(WARNED)
    assert "\033[33mwarning" in shown(WARNED, colour=True)


@pytest.mark.parametrize(
    "value",
    [
        {"a": 1, "b": "x", "c": "on", "d": "5", "e": None, "f": True, "g": ""},
        {"a": {"b": {"c": [1, "two", "three: 3"]}}},
        {"a": [{"name": "x", "b": {"c": 1}}, {"name": "y: z"}]},
        {"a": [], "b": {}, "c d": "é…", "y": "/path/with-a.dot"},
        {"null": "~", "a": "line\nbreak", "b": 'quo"te', "c": "1:30", "d": "#x", "e": "@sha256:…"},
    ],
)
def test_fragments_are_yaml(value: dict[str, Any]) -> None:
    assert yaml.safe_load(yaml_text(value)) == value

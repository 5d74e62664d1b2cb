"""The report's page and JUnit file, looked at as a reader would."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from ansible_collections.proven.webapp.plugins.plugin_utils.report import charts, junit, page
from ansible_collections.proven.webapp.plugins.plugin_utils.report.model import Bar, Drill, Item, Report, Row, Stream

ITEM = Item(
    rule="PV303",
    severity="error",
    place="Deployment/todo-backend, container backend, readiness",
    what="Still ready 41 s after its <database> was refused",
    why="Users get errors.",
    fix="Ask the database in /readyz.",
    corrected="readinessProbe:\n  httpGet: {path: /readyz, port: http}",
    link="https://example.org/rules#pv303",
)
REPORT = Report(
    title="todo, revision 7",
    verdict="not_proven",
    reasons=["PV303 still ready"],
    facts=[("cluster", "kind-proven-dev"), ("empty", "")],
    sections=[("audit", "proven", []), ("drill", "not_proven", ["PV303 still ready"]), ("traffic", "not_shown", ["no rollout"])],
    findings=[ITEM],
    ignored=[Item(**{**ITEM.__dict__, "rule": "PV120", "reason": "a laptop has one"})],
    not_shown=["gRPC: no right to port-forward"],
    rows=[Row("backend-1 liveness", [(0.0, "success", 0.01), (2.0, "failure", 0.01), (4.0, "error", 0.01), (6.0, "warning", 0.01)])],
    bars=[Bar("backend-1", 40, 90)],
    stream=Stream([(0.0, 20, 0), (0.5, 18, 2)], [(0.5, "rollout begins")]),
    drills=[Drill("backend: database refused", 70, (8, 45), [(0, True), (19, False), (49, True)], [(0, True)])],
)


class Text(HTMLParser):
    """What a reader sees, and what the page asks the network for."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.fetched: list[str] = []
        self.feed(html)

    def handle_data(self, data: str) -> None:
        self.words.append(data.strip())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "link" or "src" in given:
            self.fetched.append(tag)


@pytest.fixture(scope="module")
def html() -> str:
    return page.render(REPORT)


def test_the_verdict_its_reason_and_the_finding_with_its_fix_are_read(html: str) -> None:
    words = Text(html).words
    for expected in (
        "Not proven",
        "PV303 still ready",
        ITEM.what,
        ITEM.fix,
        "a laptop has one",
        "gRPC: no right to port-forward",
        "kind-proven-dev",
    ):
        assert any(expected in word for word in words), expected
    assert "empty" not in words


def test_the_page_opens_offline(html: str) -> None:
    assert Text(html).fetched == []
    assert "<script" not in html
    assert not re.search(r"url\(\s*['\"]?http", html)


def test_what_was_found_never_becomes_markup(html: str) -> None:
    assert "<database>" not in html


def test_each_picture_is_there_and_says_what_it_shows(html: str) -> None:
    labels = re.findall(r'<svg role="img" aria-label="([^"]+)"', html)
    assert labels == [
        "Answers of 1 probes over time",
        "Share of each startup budget that was used",
        "38 requests answered and 2 failed over time",
        "backend: database refused",
    ]


def test_results_differ_in_shape_and_not_in_colour_alone() -> None:
    picture = charts.probe_timeline(REPORT.rows)
    assert [words for words in ("passed", "passed with a warning", "failed", "erred") if f">{words}<" in picture] == [
        "passed",
        "passed with a warning",
        "failed",
        "erred",
    ]


def test_the_same_report_is_the_same_page(html: str) -> None:
    assert page.render(REPORT) == html


def test_a_report_without_pictures_is_short() -> None:
    html = page.render(Report(title="todo", verdict="proven", reasons=[], facts=[]))
    assert "Proven" in Text(html).words
    assert "<svg" not in html


def test_junit_counts_what_failed_and_what_was_not_shown() -> None:
    suite = ElementTree.fromstring(junit.render(REPORT)).find("testsuite")
    assert suite is not None
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("3", "1", "1")
    failure = suite.find("testcase[@name='drill']/failure")
    assert failure is not None
    assert failure.get("message") == "PV303 still ready"

# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is accepted, by whom it is said, and what is told about it."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._audit.documents import Document
from ansible_collections.proven.webapp.plugins.module_utils._audit.engine import Report, audit
from ansible_collections.proven.webapp.plugins.module_utils._audit.exceptions import Ignore, read_entry, read_line
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError

from .conftest import budget, container, deployment, service, workload

REASON = "the registry refuses to move a tag"
TAGGED = "shop:1"


def judged(*objects: Any, ignore: tuple[str, ...] = ()) -> Report:
    return audit([Document(item, "f.yaml", 3) for item in objects], [read_line(line) for line in ignore])


def annotated(text: str, manifest: dict[str, Any] | None = None) -> dict[str, Any]:
    made = manifest or deployment(image=TAGGED)
    return {**made, "metadata": {**made["metadata"], "annotations": {"proven.webapp/audit-ignore": text}}}


@pytest.mark.parametrize(
    ("line", "covers"),
    [
        ("PV137", True),
        ("PV136", False),
        ("PV137 shop", True),
        ("PV137 Deployment/shop", True),
        ("PV137 Deployment/*", True),
        ("PV137 sh*", True),
        ("PV137 StatefulSet/shop", False),
        ("PV137 other", False),
        ("PV137 shop web", True),
        ("PV137 * w*", True),
        ("PV137 shop other", False),
    ],
)
def test_what_an_exception_covers(line: str, covers: bool) -> None:
    made = judged(deployment(image=TAGGED), ignore=(f"{line}: {REASON}",))
    assert [ignored.reason for ignored in made.ignored] == ([REASON] if covers else [])
    assert len(made.findings) == (not covers)
    assert made.unused == ([] if covers else [f"{line}: {REASON}"])


def test_an_exception_by_fields() -> None:
    entry = {"rule": "PV137", "object": "shop", "container": None, "reason": f" {REASON} "}
    assert read_entry(entry) == Ignore("PV137", REASON, object="shop")
    assert read_line(f"PV137  shop web :  {REASON}: really ") == Ignore("PV137", f"{REASON}: really", "shop", "web")


@pytest.mark.parametrize(
    "line", ["", "PV137", "PV137:", "PV137: ", "PV137: too short", "PV999: a reason in words", "x: a reason in words", ": y" * 9]
)
def test_without_a_rule_or_a_reason(line: str) -> None:
    with pytest.raises(ProvenError) as caught:
        read_line(line)
    assert caught.value.where == "--ignore"
    assert caught.value.fix


def test_the_shortest_reason() -> None:
    assert read_line("PV137: 0123456789").reason == "0123456789"
    with pytest.raises(ProvenError, match="at least 10"):
        read_line("PV137: 012345678")


@pytest.mark.parametrize("entry", [{}, {"rule": "PV137"}, {"reason": REASON}, {"rule": "PV137", "reason": REASON, "file": "x"}])
def test_fields_that_are_missing_or_unknown(entry: dict[str, Any]) -> None:
    with pytest.raises(ProvenError):
        read_entry(entry)


def test_annotation() -> None:
    made = judged(annotated(f"PV137: {REASON}"))
    assert (made.findings, [ignored.reason for ignored in made.ignored], made.unused) == ([], [REASON], [])
    # A semicolon that no rule follows belongs to the reason.
    made = judged(annotated(f"PV137: {REASON}; for ever; PV136: never used here;"))
    assert [ignored.reason for ignored in made.ignored] == [f"{REASON}; for ever"]
    assert made.unused == ["f.yaml:3: PV136 Deployment/shop: never used here"]


def test_an_annotation_is_about_its_own_object() -> None:
    other = deployment(image=TAGGED)
    other["metadata"]["name"] = "other"
    made = judged(annotated(f"PV137: {REASON}"), other)
    assert [finding.name for finding in made.findings] == ["other"]


def test_an_annotation_may_name_a_container() -> None:
    both = workload("Deployment", container(image=TAGGED), container("other", image=TAGGED))
    made = judged(annotated(f"PV137 other: {REASON}", both))
    assert [finding.container for finding in made.findings] == ["web"]


def test_services_and_budgets_carry_their_own() -> None:
    text = f"PV114: {REASON}"
    made = judged(deployment(), annotated(text, service(publishNotReadyAddresses=True)))
    assert (made.findings, len(made.ignored)) == ([], 1)
    made = judged(deployment(), annotated(f"PV134: {REASON}", budget(minAvailable=2)))
    assert (made.findings, len(made.ignored)) == ([], 1)


@pytest.mark.parametrize("text", ["", " ", "PV137", "PV137: short", "PV999: a reason in words", "PV137: a reason in words; PV136"])
def test_an_annotation_that_cannot_be_read(text: str) -> None:
    made = judged(annotated(text))
    assert sorted(finding.rule.id for finding in made.findings) == ["PV137", "PV138"]
    assert made.ignored == []


def test_equal_annotations_are_used_each_for_itself() -> None:
    used, unused = annotated(f"PV137: {REASON}"), annotated(f"PV137: {REASON}", deployment())
    assert judged(unused, used).unused == [f"f.yaml:3: PV137 Deployment/shop: {REASON}"]
    assert judged(used, unused).unused == [f"f.yaml:3: PV137 Deployment/shop: {REASON}"]

"""Helm's records: read, and repaired after a run that ended in the middle."""

from __future__ import annotations

import base64
import copy
import gzip
import json
from typing import Any

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._release import history


def secret(number: int, status: str, **release: Any) -> dict[str, Any]:
    """As Helm writes it."""
    plain = {"name": "todo", "version": number, "info": {"status": status, "notes": "n"}, "manifest": "---\n", **release}
    inner = base64.b64encode(gzip.compress(json.dumps(plain).encode()))
    return {
        "metadata": {
            "name": f"sh.helm.release.v1.todo.v{number}",
            "uid": f"uid-{number}",
            "resourceVersion": str(100 + number),
            "labels": {"owner": "helm", "name": "todo", "status": status, "version": str(number)},
        },
        "type": "helm.sh/release.v1",
        "data": {"release": base64.b64encode(inner).decode()},
    }


def test_revisions_come_oldest_first_whatever_order_the_api_has() -> None:
    found = history.revisions([secret(10, "deployed"), secret(9, "superseded")])
    assert [(item.number, item.status, item.uid) for item in found] == [(9, "superseded", "uid-9"), (10, "deployed", "uid-10")]


def test_what_isn_t_a_revision_is_left_out() -> None:
    odd = secret(1, "deployed")
    odd["metadata"]["labels"]["version"] = "latest"
    assert history.revisions([odd]) == []


@pytest.mark.parametrize("status", ["pending-install", "pending-upgrade", "pending-rollback", "uninstalling"])
def test_pending_is_what_helm_would_wait_for(status: str) -> None:
    known = history.revisions([secret(1, "deployed"), secret(2, status)])
    assert [item.number for item in history.pending(known)] == [2]


@pytest.mark.parametrize("status", ["deployed", "superseded", "failed", "uninstalled"])
def test_what_has_ended_is_not_pending(status: str) -> None:
    assert history.pending(history.revisions([secret(1, status)])) == []


def test_an_interrupted_record_becomes_a_failed_one_and_nothing_else_of_it_changes() -> None:
    before = secret(2, "pending-upgrade", config={"a": [1, "ü"]})
    patch = history.as_failed(before)
    after = copy.deepcopy(before)
    after["data"] = patch["data"]
    was, is_now = history.decode(before), history.decode(after)
    assert is_now["info"].pop("status") == "failed"
    assert "Interrupted" in is_now["info"].pop("description")
    del was["info"]["status"]
    assert is_now == was
    assert patch["metadata"] == {"labels": {"status": "failed"}, "resourceVersion": "102"}


@pytest.mark.parametrize(
    ("description", "back"),
    [
        ("Rollback to 1", True),
        ('Rollback "todo" failed: timed out', True),
        ("Preparing upgrade", False),
        ('Upgrade "todo" failed: Rollback isn\'t a field', False),
    ],
)
def test_a_way_back_is_known_as_one_before_and_after_it_was_interrupted(description: str, back: bool) -> None:
    before = secret(2, "pending-rollback", info={"description": description})
    assert history.way_back(before) is back
    assert history.way_back({**before, "data": history.as_failed(before)["data"]}) is back


def test_a_record_without_words_is_no_way_back() -> None:
    before = secret(2, "pending-upgrade")
    assert not history.way_back({**before, "data": history.as_failed(before)["data"]})


@pytest.mark.parametrize("data", [{}, {"release": "%%%"}, {"release": base64.b64encode(b"bm9wZQ==").decode()}])
def test_a_record_that_can_t_be_read_is_named(data: dict[str, str]) -> None:
    broken = secret(2, "pending-upgrade")
    broken["data"] = data
    with pytest.raises(ProvenError, match=r"sh\.helm\.release\.v1\.todo\.v2"):
        history.as_failed(broken)

"""The text of the summary."""

from __future__ import annotations

import pytest
from ansible_collections.proven.webapp.plugins.plugin_utils.summary import Summary, durations, render, seconds


@pytest.mark.parametrize(("value", "text"), [(0.04, "0.0 s"), (9.94, "9.9 s"), (9.96, "10 s"), (119.4, "119 s"), (185, "3 min 05 s")])
def test_seconds(value: float, text: str) -> None:
    assert seconds(value) == text


def test_a_stage_ends_where_the_next_begins() -> None:
    assert durations([("a", 10.0), ("b", 12.5)], 20.0) == [("a", 2.5), ("b", 7.5)]


def test_render() -> None:
    text = render(Summary("todo: verified", [("url", "http://x/"), ("images", "one\ntwo")], [("cluster", 0.0), ("images", 60.0)], 150.0))
    assert text.splitlines() == [
        "todo: verified",
        "─" * 24,
        "url     http://x/",
        "images  one",
        "        two",
        "time    cluster 60 s, images 90 s",
        "total   2 min 30 s",
    ]


def test_without_stages_no_time_is_claimed() -> None:
    assert render(Summary("todo: removed", [], [], 1.0)).splitlines() == ["todo: removed", "─" * 24]

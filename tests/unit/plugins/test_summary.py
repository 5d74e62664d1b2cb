"""The text of the summary."""

from __future__ import annotations

import pytest
from ansible_collections.proven.webapp.plugins.plugin_utils.summary import (
    Summary,
    durations,
    image_lines,
    release_line,
    render,
    seconds,
    tool_line,
)


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


def test_facts_without_a_value_are_left_out() -> None:
    assert "url" not in render(Summary("todo: done", [("url", "")], [], 0.0))


def test_images() -> None:
    built = {"built": True, "pushed": True, "seconds": 31.2, "size_bytes": 152_400_000}
    kept = {"built": False, "pushed": False, "seconds": 0, "size_bytes": 0}
    assert image_lines({"backend": built, "database": kept}, check_mode=False) == "backend: built in 31 s, 152 MB"
    assert image_lines({"backend": built}, check_mode=True) == "backend: would be built, 152 MB"
    assert image_lines({"backend": kept, "database": kept}, check_mode=False) == "backend, database: unchanged"
    assert image_lines({}, check_mode=False) == ""


def test_release_and_tools() -> None:
    assert release_line("todo", 3, True, "team") == "todo revision 3 in namespace team"
    assert release_line("todo", 3, False, "team").endswith(", unchanged")
    assert release_line("todo", 0, True, "team") == ""
    assert tool_line("packages", "upstream is not within reach", {"kind 0.33.0": 7.0}) == (
        "from packages (upstream is not within reach); made kind 0.33.0"
    )

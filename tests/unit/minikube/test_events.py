# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What Minikube says, in words for the user. The events are Minikube 1.38.1's own, shortened."""

from __future__ import annotations

import json

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._minikube.events import Event, failure, parse_event, progress


def line(kind: str, **data: str) -> str:
    return json.dumps({"specversion": "1.0", "id": "x", "type": f"io.k8s.sigs.minikube.{kind}", "data": data})


def events(*lines: str) -> list[Event]:
    return [event for event in map(parse_event, lines) if event]


def test_a_step_is_progress() -> None:
    event = parse_event(
        line("step", currentstep="8", message="Creating docker container (CPUs=2, Memory=6000MB) ...", name="Creating Container")
    )
    assert event
    assert progress(event) == "Creating docker container (CPUs=2, Memory=6000MB)"


def test_a_download_is_progress_and_its_percents_are_not() -> None:
    found = events(
        line("download", artifact="preload"), line("download.progress", artifact="preload", progress="0.3"), line("info", message="x")
    )
    assert [progress(event) for event in found] == ["downloading preload", None, None]


@pytest.mark.parametrize("text", ["E1121 21:36:17 docker.go:243] failed", "", "{}", "[1]", "3", '{"type": 3, "data": null}'])
def test_a_line_of_the_log_is_no_event(text: str) -> None:
    assert parse_event(text) is None


BOX = line("error", message="╭────╮\n│ If the above advice does not help, please let us know: │\n╰────╯")


def test_a_failure_has_its_name_its_words_and_a_remedy() -> None:
    found = events(
        line(
            "error", exitcode="29", name="RSRC_INSUFFICIENT_CORES", message="Requested cpu count 64 is greater than the available cpus of 2"
        ),
        BOX,
    )
    error = failure("The cluster could not be made.", found, [], "profile dev")
    assert error.what == (
        "The cluster could not be made (RSRC_INSUFFICIENT_CORES).\n  Requested cpu count 64 is greater than the available cpus of 2"
    )
    assert error.fix == "Use a machine with more CPUs: a control plane needs two."
    assert error.where == "profile dev"


def test_minikubes_own_advice_stands_in_where_we_have_none() -> None:
    found = events(line("error", exitcode="69", name="X_NEW", message="No", advice="Do\n this", url="https://example.com/x"))
    assert failure("It failed.", found, [], "").fix == "Do this More: https://example.com/x"


@pytest.mark.parametrize(
    ("message", "fix"),
    [
        ("driver failed programming: Bind for 127.0.0.1:80 failed: port is already allocated", "Another program uses one of the ports"),
        ("write /var/lib/docker/x: no space left on device", "Free some disk space"),
        ('user has a conflicting container name "dev" with minikube container', "choose another profile"),
    ],
)
def test_words_in_a_failure_say_more_than_its_name(message: str, fix: str) -> None:
    found = events(line("error", exitcode="80", name="GUEST_PROVISION", message=message))
    assert fix in failure("It failed.", found, [], "").fix


def test_a_long_failure_is_cut_to_what_says_something() -> None:
    message = "\n".join(
        ["failed to start node: wait", *("[init] noise" for _ in range(60)), "error: error execution phase wait-control-plane: x"]
    )
    error = failure("It failed.", events(line("error", name="GUEST_START", message=message)), [], "", ["kubelet: no sandbox"])
    assert error.what.splitlines()[1:] == [
        "  failed to start node: wait",
        "  error: error execution phase wait-control-plane: x",
        "  kubelet: no sandbox",
    ]


def test_without_any_event_the_last_lines_are_told() -> None:
    error = failure("It failed.", [], ["", "panic: no", ""], "")
    assert error.what == "It failed.\n  panic: no"
    assert error.fix

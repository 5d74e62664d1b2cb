"""What a person sees of a build, and what is told of a failed one."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._images.buildlog import BuildLog, shorten
from ansible_collections.proven.webapp.plugins.module_utils._images.spec import Build

START, END = "2026-01-02T03:04:05.123456789Z", "2026-01-02T03:04:17.423456789Z"


class Feeder:
    """Speaks as BuildKit does."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.log = BuildLog("backend", self.said.append)

    def vertex(self, name: str, **more: Any) -> None:
        self.log.feed(json.dumps({"vertexes": [{"digest": name, "name": name, **more}]}))

    def output(self, name: str, text: str) -> None:
        self.log.feed(json.dumps({"logs": [{"vertex": name, "stream": 1, "data": base64.b64encode(text.encode()).decode()}]}))


@pytest.fixture
def feeder() -> Feeder:
    return Feeder()


@pytest.fixture
def build(tmp_path: Path) -> Build:
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY a /a\nRUN --mount=type=secret,id=ca make \\\n  all\n")
    return Build("backend", "todo/backend", tmp_path, tmp_path / "Dockerfile", "", {})


def test_one_line_as_a_command_starts_and_ends(feeder: Feeder) -> None:
    step = "[build 3/6] RUN --mount=type=cache,target=/x pip install ."
    feeder.vertex(step)
    feeder.vertex(step, started=START)
    feeder.vertex(step, started=START)
    feeder.vertex(step, started=START, completed=END)
    feeder.vertex(step, started=START, completed=END)
    assert feeder.said == ["backend  [build 3/6] RUN pip install . …", "backend  [build 3/6] RUN pip install .  12.3s"]


def test_noise_is_left_out(feeder: Feeder) -> None:
    feeder.vertex("[internal] load build definition from Dockerfile", started=START, completed=END)
    feeder.vertex("[internal] load metadata for docker.io/library/x", started=START, completed=END)
    feeder.vertex("[1/6] FROM x", started=START, completed=START)
    feeder.vertex("[2/6] RUN x", started=START, completed=START, cached=True)
    assert feeder.said == []
    assert feeder.log.cached == 1


def test_slow_steps_of_any_kind_are_told(feeder: Feeder) -> None:
    feeder.vertex("[1/6] FROM x", started=START, completed=END)
    feeder.vertex("exporting to image", started=START, completed=END)
    assert feeder.said == ["backend  [1/6] FROM x  12.3s", "backend  exporting to image  12.3s"]


def test_a_failure_names_image_step_line_and_last_output(feeder: Feeder, build: Build) -> None:
    step = "[3/3] RUN --mount=type=secret,id=ca make   all"
    other = "[other 2/2] RUN sleep"
    feeder.vertex(step, started=START)
    feeder.vertex(other, started=START)
    feeder.output(step, "".join(f"line {number}\n" for number in range(20)))
    feeder.output(step, "10%\r50%\r\x1b[31mbro")
    feeder.output(step, "ken\x1b[0m\nlast, without an end")
    feeder.vertex(other, started=START, completed=END, error="process did not complete: context canceled")
    feeder.vertex(step, started=START, completed=END, error="executor failed running [/bin/sh -c make all]: exit code: 2")
    feeder.log.feed("ERROR: failed to build: failed to solve: …")
    error = feeder.log.failure(build)
    assert error.what.startswith("Building the image backend failed at [3/3] RUN make all: exit code: 2\n")
    assert error.where == f"{build.dockerfile}:3"
    assert error.fix
    lines = [line for line in error.what.splitlines() if line.startswith("  | ")]
    assert lines[-3:] == ["  | line 19", "  | broken", "  | last, without an end"]
    assert len(lines) == 15


def test_a_failure_before_any_step(feeder: Feeder, build: Build) -> None:
    feeder.log.feed("#1 something")
    feeder.log.feed("ERROR: failed to solve: dockerfile parse error on line 3: unknown instruction: RUNN")
    error = feeder.log.failure(build)
    assert "unknown instruction: RUNN" in error.what
    assert error.where == str(build.dockerfile)


def test_a_missing_file_gets_its_own_advice(feeder: Feeder, build: Build) -> None:
    feeder.vertex("[2/3] COPY a /a", error='failed to calculate checksum of ref x: "/a": not found')
    error = feeder.log.failure(build)
    assert error.where.endswith("Dockerfile:2")
    assert ".dockerignore" in error.fix


def test_lines_stay_readable() -> None:
    assert len(shorten("x " * 500)) == 110
    assert shorten("[2/3] RUN --mount=type=secret,id=a --network=none  echo --mount=x") == "[2/3] RUN echo --mount=x"


def test_strange_lines_do_no_harm(feeder: Feeder) -> None:
    for line in ("", "[]", "1", '{"vertexes": null}', '{"logs": [{"vertex": "unknown"}]}', '{"warnings": [{}]}'):
        feeder.log.feed(line)
    feeder.vertex("[1/2] RUN x", started="gibberish", completed="2026")
    feeder.log.feed('{"logs": [{"vertex": "[1/2] RUN x", "data": "%%%"}]}')

"""What a Dockerfile needs from outside."""

from __future__ import annotations

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._images.dockerfile import expand, line_of, parse

TEXT = """\
# syntax is not asked for
ARG PYTHON_IMAGE=python:3.13
ARG TAG=slim SUFFIX="-trixie"
FROM --platform=$BUILDPLATFORM ${PYTHON_IMAGE} AS Build
ARG VERSION
RUN --mount=type=bind,from=tools:1,target=/t \\
    # a comment between
    echo FROM nowhere
RUN <<EOF
FROM heredoc
EOF
FROM debian:${TAG}${SUFFIX} as dev
FROM scratch
COPY --from=build /a /a
COPY --from=0 /b /b
COPY --from=ghcr.io/x/y@sha256:abc /c /c
"""


def test_reads_arguments_and_defaults() -> None:
    dockerfile = parse(TEXT)
    assert dockerfile.declared == {"PYTHON_IMAGE", "TAG", "SUFFIX", "VERSION"}
    assert dockerfile.defaults == {"PYTHON_IMAGE": "python:3.13", "TAG": "slim", "SUFFIX": "-trixie"}


def test_only_images_that_the_target_reaches_count() -> None:
    dockerfile = parse(TEXT)
    assert dockerfile.base_images({}, "") == ("ghcr.io/x/y@sha256:abc", "python:3.13", "tools:1")
    assert dockerfile.base_images({}, "dev") == ("debian:slim-trixie",)
    assert dockerfile.base_images({"TAG": "fat"}, "DEV") == ("debian:fat-trixie",)
    assert dockerfile.base_images({"PYTHON_IMAGE": "mine:1"}, "build") == ("mine:1", "tools:1")


def test_a_stage_may_start_from_another() -> None:
    assert parse("FROM a AS b\nFROM b AS c\nFROM c").base_images({}, "") == ("a",)
    # only earlier stages can be meant
    assert parse("FROM b AS a\nFROM x AS b").base_images({}, "a") == ("b",)


def test_messages() -> None:
    with pytest.raises(ProvenError, match="no FROM"):
        parse("RUN x")
    with pytest.raises(ProvenError, match="no stage 'test'"):
        parse(TEXT).base_images({}, "test")
    with pytest.raises(ProvenError, match="BASE"):
        parse("ARG BASE\nFROM ${BASE}").base_images({}, "")


@pytest.mark.parametrize(
    ("text", "expected"),
    [("$A", "1"), ("${A}", "1"), ("${B:-x}", "x"), ("${A:-x}", "1"), ("${A:+y}", "y"), ("${B:+y}", ""), ("a$A-b", "a1-b"), ("$B", "")],
)
def test_expands_variables(text: str, expected: str) -> None:
    assert expand(text, {"A": "1"}) == expected


def test_finds_an_instructions_line() -> None:
    assert line_of(TEXT, "RUN --mount=type=bind,from=tools:1,target=/t     echo FROM nowhere") == 6
    assert line_of(TEXT, "COPY --from=0 /b /b") == 15
    assert line_of(TEXT, "RUN other") is None


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("FROM scratch\nCOPY a /\n", False),
        ("FROM debian\nRUN true\n", True),
        ("FROM --platform=$BUILDPLATFORM golang AS build\nRUN go build\nFROM scratch\nCOPY --from=build /x /\n", False),
        (
            "FROM --platform=${BUILDPLATFORM} golang AS tools\nFROM tools AS build\nRUN go build\nFROM scratch\nCOPY --from=build /x /\n",
            False,
        ),
        ("FROM debian AS unused\nRUN true\nFROM scratch\nCOPY a /\n", False),
    ],
)
def test_programs_of_the_platform_that_is_built_for(text: str, runs: bool) -> None:
    assert parse(text).runs_on_target({}, "") is runs

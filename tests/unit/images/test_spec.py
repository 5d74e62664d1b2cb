"""Builds as they stand in the inventory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._images.spec import Build, Rootfs, looks_secret, read_args, read_builds


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "Dockerfile").write_text("FROM scratch\n")
    (tmp_path / "empty").mkdir()
    return tmp_path


def read(root: Path, given: Any, prefix: str = "todo") -> Any:
    return read_builds({"web": given}, key="builds", root=root, prefix=prefix)["web"]


def test_completes_a_build(root: Path) -> None:
    assert read(root, {"context": "app", "args": {"A": 1, "B": True}}) == Build(
        "web", "todo/web", root / "app", root / "app" / "Dockerfile", "", {"A": "1", "B": "true"}
    )
    assert read(root, {"rootfs": "x.tar", "suite": "trixie"}) == Rootfs("web", "todo/web", root / "x.tar", "trixie")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("app", "must be a map"),
        ({}, "needs a context"),
        ({"context": "nowhere"}, "no build context .*nowhere\nWhere: builds.web.context"),
        ({"context": "empty"}, "no Dockerfile .*empty/Dockerfile\nWhere: builds.web.dockerfile"),
        ({"context": "app", "dockerfile": "Other"}, "no Dockerfile .*app/Other"),
        ({"contxt": "app"}, "Unknown key 'contxt'\nWhere: builds.web.contxt\nWhat to do: Known keys: args, context, dockerfile, target"),
        ({"context": "app", "args": ["A=1"]}, "must be a map"),
        ({"context": "app", "args": {"DB_PASSWORD": "x"}}, "DB_PASSWORD looks like a secret"),
    ],
)
def test_says_what_is_wrong_and_where(root: Path, given: Any, message: str) -> None:
    with pytest.raises(ProvenError, match=message):
        read(root, given)


@pytest.mark.parametrize("name", ["Web", "we b", "-x", ""])
def test_names_must_fit_a_repository(root: Path, name: str) -> None:
    with pytest.raises(ProvenError, match="image's name"):
        read_builds({name: {"context": "app"}}, key="builds", root=root, prefix="todo")
    with pytest.raises(ProvenError, match="repository"):
        read(root, {"context": "app"}, prefix=name)


@pytest.mark.parametrize(
    "name",
    [
        "PASSWORD",
        "DB_PASSWORD",
        "DBPASSWORD",
        "NPM_TOKEN",
        "token",
        "API_KEY",
        "APIKEY",
        "SECRET",
        "CLIENT_SECRET",
        "SSH_PRIVATE_KEY",
        "DB_PASS",
    ],
)
def test_names_that_look_secret(name: str) -> None:
    assert looks_secret(name)


@pytest.mark.parametrize(
    "name", ["VERSION", "TOKENIZER", "KEYBOARD", "MONKEY", "COMPASS", "PASSENGER", "STRIPE_PUBLIC_KEY", "NEXT_PUBLIC_API_KEY", "HTTP_PROXY"]
)
def test_names_that_do_not(name: str) -> None:
    assert not looks_secret(name)


def test_credentials_in_an_address_are_refused_without_being_repeated() -> None:
    with pytest.raises(ProvenError) as caught:
        read_args({"INDEX": "https://me:hunter2@pypi.example/simple"}, "args")
    assert "hunter2" not in str(caught.value)
    assert read_args({"INDEX": "https://pypi.example:8080/simple"}, "args")

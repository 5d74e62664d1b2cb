"""The digest of a build context."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._images.context import context_digest


@pytest.fixture
def context(tmp_path: Path) -> Path:
    (tmp_path / "src").mkdir()
    (tmp_path / "src").chmod(0o755)
    (tmp_path / "src" / "app.py").write_text("print()\n")
    (tmp_path / "src" / "app.py").chmod(0o644)
    (tmp_path / "link").symlink_to("src")
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    (tmp_path / ".dockerignore").write_text("*.log\n")
    return tmp_path


def digest(context: Path) -> str:
    return context_digest(context, context / "Dockerfile")


def test_times_owners_and_unimportant_modes_do_not_count(context: Path) -> None:
    before = digest(context)
    file = context / "src" / "app.py"
    os.utime(file, (1, 1))
    file.chmod(0o664)
    (context / "src").chmod(0o775)
    if os.geteuid() == 0:
        os.chown(file, 1234, 1234)
    assert digest(context) == before


def test_ignored_files_do_not_count(context: Path) -> None:
    before = digest(context)
    (context / "debug.log").write_text("x")
    assert digest(context) == before


def test_sockets_are_never_sent(context: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = digest(context)
    monkeypatch.chdir(context)  # a socket's path must be short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("s")
        assert digest(context) == before


@pytest.mark.parametrize(
    "change",
    [
        lambda root: (root / "src" / "app.py").write_text("print( )\n"),
        lambda root: (root / "src" / "app.py").chmod(0o755),
        lambda root: (root / "src" / "app.py").chmod(0o640),
        lambda root: (root / "src").chmod(0o750),
        lambda root: (root / "src" / "app.py").rename(root / "src" / "App.py"),
        lambda root: (root / "src" / "new.py").touch(),
        lambda root: (root / "empty").mkdir(),
        lambda root: ((root / "link").unlink(), (root / "link").symlink_to("src/")),
        lambda root: ((root / "link").unlink(), (root / "link").write_text("src")),
        lambda root: (root / ".dockerignore").write_text("*.txt\n"),
    ],
    ids=[
        "content",
        "executable",
        "file for few",
        "folder for few",
        "name",
        "new file",
        "new folder",
        "link target",
        "link became file",
        "ignore file",
    ],
)
def test_everything_else_counts(context: Path, change: object) -> None:
    before = digest(context)
    change(context)  # type: ignore[operator]
    assert digest(context) != before


def test_content_can_not_move_between_files(tmp_path: Path) -> None:
    digests = set()
    for number, (first, second) in enumerate([("ab", "c"), ("a", "bc"), ("abc", "")]):
        root = tmp_path / str(number)
        root.mkdir()
        (root / "1").write_text(first)
        (root / "2").write_text(second)
        digests.add(context_digest(root, root / "Dockerfile"))
    assert len(digests) == 3


def test_a_dockerfiles_own_ignore_file_wins(context: Path) -> None:
    (context / "debug.log").write_text("x")
    before = digest(context)
    (context / "Dockerfile.dockerignore").write_text("Dockerfile.dockerignore\n")
    with_log = digest(context)
    assert with_log != before
    (context / "debug.log").write_text("y")
    assert digest(context) != with_log


def test_a_broken_link_is_a_link(context: Path) -> None:
    (context / "broken").symlink_to("nowhere")
    assert digest(context)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_file_is_named(context: Path) -> None:
    (context / "src" / "app.py").chmod(0)
    with pytest.raises(ProvenError, match=r"app\.py"):
        digest(context)

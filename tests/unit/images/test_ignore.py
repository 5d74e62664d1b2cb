"""The rules of .dockerignore. tests/integration/images compares the same table with what a Docker engine really copies."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._images.ignore import Matcher, read_patterns, walk

FILES = [
    "a.py",
    "b.txt",
    "deep/a.py",
    "deep/er/a.py",
    "deep/er/b.txt",
    "node_modules/x/index.js",
    "src/node_modules/y.js",
    "src/main.ts",
    "src/[odd].ts",
    "we ird/fi le",
    ".env",
    ".git/HEAD",
    "foo",
    "foobar",
]
ALL = set(FILES)

CASES = [
    ("nothing ignored", "", ALL),
    ("comment, blank lines, blanks around", "# *\n\n  b.txt  \n", ALL - {"b.txt"}),
    ("a hash that isn't in the first column is a pattern", " #nothing\n", ALL),
    ("byte order mark", "\ufeffb.txt\n", ALL - {"b.txt"}),
    ("windows line ends", "b.txt\r\nfoo\r\n", ALL - {"b.txt", "foo"}),
    ("leading slash", "/b.txt", ALL - {"b.txt"}),
    ("trailing slash matches a file too", "foo/", ALL - {"foo"}),
    ("only at the top without **", "a.py", ALL - {"a.py"}),
    ("at any depth", "**/a.py", ALL - {"a.py", "deep/a.py", "deep/er/a.py"}),
    ("folder at the top", "node_modules", ALL - {"node_modules/x/index.js"}),
    ("folder at any depth", "**/node_modules", ALL - {"node_modules/x/index.js", "src/node_modules/y.js"}),
    ("star stops at slashes", "*.txt", ALL - {"b.txt"}),
    ("star as a folder", "*/*.py", ALL - {"deep/a.py"}),
    ("two folders", "*/*/a.py", ALL - {"deep/er/a.py"}),
    ("question mark", "?.py", ALL - {"a.py"}),
    ("prefix is no match", "fo", ALL),
    ("class", "[ab].*", ALL - {"a.py", "b.txt"}),
    ("negated class", "[^a].*", ALL - {"b.txt"}),
    ("escaped class", "src/\\[odd\\].ts", ALL - {"src/[odd].ts"}),
    ("** in the middle", "deep/**/b.txt", ALL - {"deep/er/b.txt"}),
    ("trailing **", "deep/**", ALL - {"deep/a.py", "deep/er/a.py", "deep/er/b.txt"}),
    ("** before a suffix", "**.txt", ALL - {"b.txt", "deep/er/b.txt"}),
    ("dots are letters", "**/*.ts", ALL - {"src/main.ts", "src/[odd].ts"}),
    ("all but one", "*\n!b.txt", {"b.txt"}),
    ("all but one, in a folder", "*\n!deep/er/b.txt", {"deep/er/b.txt"}),
    ("all but a kind, anywhere", "*\n!**/*.py", {"a.py", "deep/a.py", "deep/er/a.py"}),
    ("kept and ignored again", "*\n!deep\ndeep/er", {"deep/a.py"}),
    ("order decides", "!b.txt\n*.txt", ALL - {"b.txt"}),
    ("blank behind the !", "*\n! foo", {"foo"}),
    ("slash behind the !", "*\n!/foo", {"foo"}),
    ("a kept folder's glob", "*\n!deep/**", {"deep/a.py", "deep/er/a.py", "deep/er/b.txt"}),
    ("dot and dot-dot", "deep/../b.txt\n./foo", ALL - {"b.txt", "foo"}),
    ("a lone dot does nothing", ".", ALL),
    ("hidden files", ".*", ALL - {".env", ".git/HEAD"}),
    ("blanks inside", "we ird/fi le", ALL - {"we ird/fi le"}),
    ("everything", "**", set()),
    ("everything below folders", "*/**", {"a.py", "b.txt", ".env", "foo", "foobar"}),
]


def make_tree(root: Path) -> None:
    for name in FILES:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)


def seen(root: Path, text: str) -> set[str]:
    return {entry.path for entry in walk(str(root), Matcher(read_patterns(text))) if entry.item.is_file()}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("context")
    make_tree(root)
    return root


@pytest.mark.parametrize(("text", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_docker_sees(tree: Path, text: str, expected: set[str]) -> None:
    assert seen(tree, text) == expected


def test_ignored_folders_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_tree(tmp_path)
    import os

    real, read = os.scandir, []

    def scandir(path: str) -> object:
        read.append(os.path.relpath(path, tmp_path))
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    assert "src/main.ts" in seen(tmp_path, "**/node_modules\n.git\ndeep\n!deep/er/b.txt")
    assert sorted(read) == [".", "deep", "deep/er", "src", "we ird"]


def test_an_ignored_folder_comes_along_with_what_is_kept_of_it(tmp_path: Path) -> None:
    make_tree(tmp_path)
    entries = [entry.path for entry in walk(str(tmp_path), Matcher(read_patterns("*\n!deep/er/b.txt")))]
    assert entries == ["deep", "deep/er", "deep/er/b.txt"]


@pytest.mark.parametrize("text", ["!", "ok\n[", "a[b-"])
def test_malformed_patterns_name_their_line(text: str) -> None:
    with pytest.raises(ProvenError, match=r"ignore:\d"):
        read_patterns(text, "ignore")

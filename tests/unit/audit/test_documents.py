# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What text means, where it stands, and what is said of text that can't be read."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.proven.webapp.plugins.module_utils._audit.documents import read_bytes, read_files, read_text
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("yes", True),
        ("y", True),
        ("on", True),
        ("True", True),
        ("n", False),
        ("off", False),
        ("NO", False),
        ("yEs", "yEs"),
        ("~", None),
        ("null", None),
        ("", None),
        ("5", 5),
        ("-5", -5),
        ("0", 0),
        ("010", 8),
        ("0o10", 8),
        ("0x1F", 31),
        ("0b11", 3),
        ("1_000", 1000),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        ("019", 19.0),
        ("1:30", "1:30"),
        ("2026-01-02", "2026-01-02"),
        ("=", "="),
        ('"5"', "5"),
        ("8080/tcp", "8080/tcp"),
    ],
)
def test_words_mean_what_they_do_to_kubectl(word: str, value: Any) -> None:
    """sigs.k8s.io/yaml, goyaml.v2/resolve.go."""
    (document,) = read_text(f"a: {word}")
    assert document.content == {"a": value}
    assert type(document.content["a"]) is type(value)


def test_merge_keys_and_anchors() -> None:
    (document,) = read_text("a: &x {b: 1}\nc: {<<: *x, d: 2}")
    assert document.content["c"] == {"b": 1, "d": 2}


def test_lines() -> None:
    text = "# a comment\n---\n\na: 1\n---\n---\n# nothing\n---\nkind: List\nitems:\n- a: 2\n- \n  a: 3\n"
    assert [(document.content, document.line) for document in read_text(text, "f.yaml")] == [({"a": 1}, 4), ({"a": 2}, 11), ({"a": 3}, 13)]


def test_json() -> None:
    text = json.dumps({"kind": "List", "items": [{"a": 1}, {"a": 2}]}, indent=1)
    assert [(document.content["a"], document.line) for document in read_text(text)] == [(1, 4), (2, 7)]


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("a: 1\nb: [", "f.yaml:2", "no YAML"),
        ("a: 1\n b: 2\n", "f.yaml:2", "mapping values"),
        ("a: 1\n---\nb: *x\n", "f.yaml:3", "undefined alias"),
        ("a: !vault x\n", "f.yaml:1", "!vault"),
        ("? [a]\n: 1\n", "f.yaml:1", "unhashable"),
        ("a: {{ .Values.x }}\n", "f.yaml:1", ""),
        ("a: \x07", "f.yaml", ""),
        ("[" * 5000, "f.yaml", ""),
        ("a: " + "9" * 5000, "f.yaml", "too large"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line(text: str, where: str, what: str) -> None:
    with pytest.raises(ProvenError) as caught:
        read_text(text, "f.yaml")
    assert caught.value.where.startswith(where)
    assert what in caught.value.what
    assert ("helm template" in caught.value.fix) == ("{{" in text)


def test_encodings() -> None:
    assert read_bytes(b"\xef\xbb\xbfa: 1", "f")[0].content == {"a": 1}
    with pytest.raises(ProvenError) as caught:
        read_bytes(b"a: 1\nb: \xff\n", "f.yaml")
    assert caught.value.where == "f.yaml:2"


def test_directories(tmp_path: Path) -> None:
    for name in ("b.yaml", "a.yml", "c.json", "notes.txt", ".hidden/x.yaml", "sub/d.yaml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("{}" if name.endswith("json") else f"name: {name}")
    assert [Path(document.file).name for document in read_files([str(tmp_path)])] == ["a.yml", "b.yaml", "c.json", "d.yaml"]
    assert len(read_files([str(tmp_path / "b.yaml"), str(tmp_path / "b.yaml")])) == 1
    # A file that is named is read whatever it is called.
    assert len(read_files([str(tmp_path / "notes.txt")])) == 1


def test_files_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(ProvenError, match="No such file"):
        read_files([str(tmp_path / "none.yaml")])
    (tmp_path / "empty").mkdir()
    with pytest.raises(ProvenError, match=r"There is no \.yaml"):
        read_files([str(tmp_path / "empty")])


def test_all_bad_files_are_told_at_once(tmp_path: Path) -> None:
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text("ok: 1\n---\n{\n")
    with pytest.raises(ProvenError) as caught:
        read_files([str(tmp_path)])
    assert "2 files" in caught.value.what
    assert all(f"{tmp_path / name}:3" in caught.value.what for name in ("a.yaml", "b.yaml"))


TEXTS = (
    "a: &x {b: [1, 'on', on]}\nc: *x\n---\n- !!str 5\n- !!int '7'\n- ! 8\n",
    "kind: List\nitems:\n- {<<: {a: 1}, a: 2}\n- {<<: [{a: 1}, {a: 3, b: 4}]}\n",
    "a: |\n  text\nb: >-\n  more\n  text\n? c\n: d\n",
    "&r a: *r\n",
    "x: &x\n  self: *x\n",
)


@pytest.mark.parametrize("text", TEXTS)
def test_the_parser_in_python_reads_the_same(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def read() -> list[tuple[str, int]]:
        return [(str(document.content), document.line) for document in read_text(text)]

    quick = read()
    monkeypatch.delattr(yaml, "CSafeLoader")
    assert read() == quick
    assert quick


@pytest.mark.parametrize("text", ["a: [", "a: *x", "? {a: 1}\n: 2\n", "<<: 5\n", "a: !!binary x\n", "!!set {a}\n", "a: !!seq {}\n"])
def test_errors_of_the_parser_in_python_too(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(2):
        with pytest.raises(ProvenError) as caught:
            read_text(text, "f")
        assert caught.value.where == "f:1"
        monkeypatch.delattr(yaml, "CSafeLoader", raising=False)


def test_without_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    with pytest.raises(ProvenError, match="PyYAML isn't there"):
        read_text("a: 1")


def test_merging_keeps_what_is_nearer() -> None:
    (document,) = read_text("b: &b {x: 1, q: 1}\nc: {q: 2, <<: *b}\nd: {<<: [{x: 1}, {x: 2, z: 3}]}")
    assert (document.content["c"], document.content["d"]) == ({"x": 1, "q": 2}, {"x": 1, "z": 3})

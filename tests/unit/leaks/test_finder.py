# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The leak gate's finder sees a secret in every form, wherever it stands."""

from __future__ import annotations

import base64
import json
import sys
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[3]))

from tests.integration.leaks.finder import Finder

VALUE = 'pass "word"/+é\\%:5e7f'
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=12, max_size=40)


def found(content: bytes, value: str = VALUE) -> set[str]:
    return {leak.form for leak in Finder({"TOKEN": value}).leaks("here", content)}


@pytest.mark.parametrize(
    ("form", "content"),
    [
        ("raw", VALUE.encode()),
        ("URL-encoded", quote(VALUE, safe="").encode()),
        ("URL-encoded", quote(VALUE).encode()),
        ("URL-encoded", quote(VALUE, safe="").replace("%2F", "%2f").replace("%C3%A9", "%c3%a9").lower().encode()),
        ("URL-encoded", quote_plus(VALUE).encode()),
        ("JSON-escaped", json.dumps({"a": VALUE}).encode()),
        ("JSON-escaped", json.dumps({"a": VALUE}, ensure_ascii=False).encode()),
        ("JSON-escaped", json.dumps({"stdout": json.dumps({"a": VALUE})}).encode()),
        ("base64", base64.b64encode(VALUE.encode())),
        ("base64", base64.urlsafe_b64encode(VALUE.encode())),
        ("base64 twice", base64.b64encode(base64.b64encode(VALUE.encode()))),
        ("Python's repr", repr([VALUE.encode()]).encode()),
    ],
)
def test_each_form_is_seen(form: str, content: bytes) -> None:
    assert form in found(b"before " + content + b" after")


@given(TEXT, st.binary(max_size=7), st.binary(max_size=7))
def test_base64_is_seen_wherever_the_value_stands_in_it(value: str, before: bytes, after: bytes) -> None:
    assert "base64" in found(base64.b64encode(before + value.encode() + after), value)


@given(TEXT, st.binary(max_size=5), st.binary(max_size=5), st.binary(max_size=4))
def test_so_is_base64_of_base64(value: str, before: bytes, after: bytes, more: bytes) -> None:
    once = base64.b64encode(before + value.encode() + after)
    assert "base64 twice" in found(base64.b64encode(more + once), value)


def test_what_only_looks_like_it_is_none() -> None:
    half = VALUE[: len(VALUE) // 2]
    assert found(half.encode() + base64.b64encode(half.encode()) + quote(half).encode()) == set()


def test_it_says_where_and_which_and_never_the_value() -> None:
    (leak,) = Finder({"TOKEN": "a-plain-token", "OTHER": "another-token"}).all([("log", b"x a-plain-token x"), ("report", b"")])
    assert str(leak) == "log: TOKEN, raw"

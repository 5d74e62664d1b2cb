"""Rules, generators and formats, as functions."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._secrets.generators import Generator, generate
from ansible_collections.proven.webapp.plugins.module_utils._secrets.schema import Rule, parse_schema
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("postgresql://todo:pw@todo-database:5432/todo", None),
        ("postgresql+asyncpg://todo@[::1]/todo?sslmode=require", None),
        ("postgresql://todo:p%40w@h/todo", None),
        ("postgres://todo:pw@h/todo", "must begin with postgresql://"),
        ("mysql://todo:pw@h/todo", "must begin with postgresql://"),
        ("postgresql://h:5432/todo", "without user"),
        ("postgresql://todo:pw@/todo", "without host"),
        ("postgresql://todo:pw@h/", "without database"),
        ("postgresql:///", "without user and host and database"),
        ("postgresql://todo:p/w@h:5432/todo", "percent-encoded"),
        ("postgresql://todo:pw@h:99999/todo", "percent-encoded"),
    ],
)
def test_postgresql_url(url: str, problem: str | None) -> None:
    problems = Rule(format="postgresql_url").problems(url)
    assert (not problems) if problem is None else (problem in problems[0] and "pw" not in problems[0])


@pytest.mark.parametrize(("url", "good"), [("https://a.example/x", True), ("a.example", False), ("https://", False), ("https://[", False)])
def test_url(url: str, good: bool) -> None:
    assert (not Rule(format="url").problems(url)) is good


def test_length_and_pattern_are_both_told() -> None:
    assert len(Rule(min_length=5, pattern="[0-9]+").problems("ab")) == 2
    assert not Rule(min_length=5, pattern="[0-9]+").problems("12345")


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("x", "must be a map"),
        ({"minlength": 3}, "unknown rule 'minlength'"),
        ({"min_length": "3"}, "min_length must be a int"),
        ({"min_length": True}, "min_length must be a int"),
        ({"required": "no"}, "required must be a bool"),
        ({"format": "email"}, "unknown format 'email'"),
        ({"pattern": "("}, "isn't a regular expression"),
        ({"generate": {}}, "one generator"),
        ({"generate": {"token": 3, "password": 3}}, "one generator"),
        ({"generate": {"dice": 6}}, "unknown generator 'dice'"),
        ({"generate": {"token": "x"}}, "generate.token must be a int"),
        ({"generate": {"template": "$"}}, "has a $"),
        ({"generate": {"ec_private_key": "P-1"}}, "must be one of P-256"),
    ],
)
def test_a_wrong_rule_is_named(entry: Any, words: str) -> None:
    rules, faults = parse_schema({"KEY": entry, "GOOD": {}})
    assert list(rules) == ["GOOD"]
    assert [fault.key for fault in faults] == ["schema of KEY"]
    assert words in faults[0].problem


def test_generators() -> None:
    made = generate(
        {
            "URL": Generator("template", "x://${PASSWORD}:${THERE}@h"),
            "LATER": Generator("template", "${URL}"),
            "PASSWORD": Generator("password", 24),
            "TOKEN": Generator("token", 32),
            "NEVER": Generator("template", "${NOWHERE}"),
            "LOOP": Generator("template", "${LOOP}"),
        },
        {"THERE": "a/b"},
    )
    assert set(made) == {"URL", "LATER", "PASSWORD", "TOKEN"}
    assert made["URL"] == f"x://{made['PASSWORD']}:a%2Fb@h"
    assert len(made["PASSWORD"]) == 24
    assert made["PASSWORD"].isalnum()
    assert len(made["TOKEN"]) >= 43


def test_a_pair_of_keys_belongs_together_and_is_as_long_as_web_push_wants_it() -> None:
    rules = {"PUBLIC": Generator("ec_public_key", "PRIVATE"), "PRIVATE": Generator("ec_private_key", "P-256")}
    made = generate(rules, {})
    assert (len(raw(made["PRIVATE"])), len(raw(made["PUBLIC"])), raw(made["PUBLIC"])[0]) == (32, 65, 4)
    private = ec.derive_private_key(int.from_bytes(raw(made["PRIVATE"]), "big"), ec.SECP256R1())
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw(made["PUBLIC"]))
    public.verify(private.sign(b"x", ec.ECDSA(hashes.SHA256())), b"x", ec.ECDSA(hashes.SHA256()))
    assert generate(rules, {})["PRIVATE"] != made["PRIVATE"]
    # One that is there keeps its private part.
    assert generate({"PUBLIC": rules["PUBLIC"]}, {"PRIVATE": made["PRIVATE"]}) == {"PUBLIC": made["PUBLIC"]}


def raw(text: str) -> bytes:
    assert "=" not in text
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def test_no_public_key_of_what_is_no_key() -> None:
    assert generate({"PUBLIC": Generator("ec_public_key", "PRIVATE")}, {"PRIVATE": "junk!"}) == {"PUBLIC": ""}

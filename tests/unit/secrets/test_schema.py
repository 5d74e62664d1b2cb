"""Rules, generators and formats, as functions."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._secrets.generators import Generator, generate
from ansible_collections.proven.webapp.plugins.module_utils._secrets.schema import Rule, parse_schema, together, unfit
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
        ({"url": "https"}, "url must be a bool or a list"),
        ({"url": []}, "url must be a list of names"),
        ({"one_of": "OTHER"}, "one_of must be a list"),
        ({"one_of": [3]}, "one_of must be a list of names"),
        ({"pair": True}, "pair must be a str"),
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


@pytest.mark.parametrize(
    ("rule", "url", "good"),
    [
        (True, "redis://cache:6379/0", True),
        (True, "cache:6379", False),
        (["https"], "https://a.example/x", True),
        (["https", "wss"], "wss://a.example", True),
        (["https"], "http://a.example/x", False),
        (["https"], "https://", False),
    ],
)
def test_url_with_its_schemes(rule: Any, url: str, good: bool) -> None:
    problems = Rule(url=rule).problems(url)
    assert (not problems) is good
    assert len(problems) <= 1
    assert "example" not in "".join(problems)


def test_what_no_environment_variable_can_hold() -> None:
    assert unfit("KEY", "a\0b") == "has a NUL character in it, which no environment variable can hold"
    longest = 128 * 1024 - len("KEY=") - 1
    assert unfit("KEY", "x" * longest) is None
    assert unfit("KEY", "x" * (longest + 1)) == "is longer than an environment variable can be (128 KiB)"
    assert unfit("KEY", "ü" * longest) is not None
    assert unfit("KEY", "two\nlines {{ no }} \u200b ünï") is None


def faults(rules: dict[str, Rule], values: dict[str, str], faulty: tuple[str, ...] = ()) -> list[str]:
    return [str(fault) for fault in together(rules, values, faulty)]


def test_one_of_several_keys_must_be_there() -> None:
    rules = {"A": Rule(one_of=["B", "C"]), "B": Rule(one_of=["A", "C"]), "C": Rule()}
    assert [fault.split(":")[0] for fault in faults(rules, {})] == ["A or B or C"]
    for key in rules:
        assert not faults(rules, {key: "x"})
    assert not faults(rules, {}, ("B",)), "of a key that can't be read something is told already"


def test_a_pair_is_there_as_a_whole_or_not_at_all() -> None:
    rules = {"USER": Rule(required=False, pair="PASSWORD"), "PASSWORD": Rule(required=False)}
    assert not faults(rules, {})
    assert not faults(rules, {"USER": "x", "PASSWORD": "y"})
    assert faults(rules, {"USER": "x"}) == ["PASSWORD: is missing, and USER, which belongs to it, is set"]
    assert faults(rules, {"PASSWORD": "x"}) == ["USER: is missing, and PASSWORD, which belongs to it, is set"]


def test_a_public_key_belongs_to_its_private_one() -> None:
    rules = {
        "PUBLIC": Rule(pair="PRIVATE", generate=Generator("ec_public_key", "PRIVATE")),
        "PRIVATE": Rule(generate=Generator("ec_private_key", "P-256")),
    }
    generators = {key: rule.generate for key, rule in rules.items() if rule.generate}
    one, other = generate(generators, {}), generate(generators, {})
    assert not faults(rules, one)
    assert faults(rules, {**one, "PUBLIC": other["PUBLIC"]}) == ["PUBLIC: isn't the public key of PRIVATE"]
    assert faults(rules, {**one, "PRIVATE": "junk"}) == ["PUBLIC: isn't the public key of PRIVATE"]

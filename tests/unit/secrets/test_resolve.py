"""Resolving, with a source that is a dictionary: what another source than Ansible Vault has to do is no more than this."""

from __future__ import annotations

from collections.abc import Mapping

from ansible_collections.proven.webapp.plugins.module_utils._secrets.generators import Generator
from ansible_collections.proven.webapp.plugins.module_utils._secrets.resolve import resolve
from ansible_collections.proven.webapp.plugins.module_utils._secrets.schema import Rule
from ansible_collections.proven.webapp.plugins.module_utils._secrets.source import Missing, Reading, Source, Unreadable, Value


class Dictionary:
    """Key → value; None is missing."""

    def __init__(self, values: Mapping[str, str | None]) -> None:
        self.values = dict(values)

    def keys(self) -> list[str]:
        return list(self.values)

    def read(self, key: str) -> Reading:
        value = self.values.get(key)
        if value == "LOCKED":
            return Unreadable("is locked", fix="Unlock it.")
        return Missing("is missing", fix="Set it.", store_as=key) if value is None else Value(value)

    def where(self, key: str) -> str:
        return key

    def store_as(self, key: str) -> str | None:
        return key

    def having(self, stored: Mapping[str, str]) -> Source:
        return Dictionary({**self.values, **stored})


def test_all_is_well() -> None:
    resolved = resolve(Dictionary({"A": "1"}), {"A": Rule()}, {"web": ["A"]}, may_generate=True)
    assert (resolved.values, resolved.stored, resolved.faults, resolved.fresh) == ({"A": "1"}, {}, [], set())


def test_optional_keys_may_be_missing() -> None:
    resolved = resolve(Dictionary({"A": None}), {"A": Rule(required=False)}, {"web": ["A"]}, may_generate=False)
    assert (resolved.values, resolved.faults) == ({}, [])


def test_a_key_without_a_rule_is_required() -> None:
    resolved = resolve(Dictionary({}), {}, {"web": ["A"], "worker": ["A"]}, may_generate=True)
    assert [str(fault) for fault in resolved.faults] == ["A: is missing (used by web, worker)"]


def test_generates_only_where_it_may_and_only_what_is_missing() -> None:
    rules = {"A": Rule(generate=Generator("token", 32)), "B": Rule(generate=Generator("token", 32))}
    source = Dictionary({"A": None, "B": "mine"})
    assert [fault.key for fault in resolve(source, rules, {}, may_generate=False).faults] == ["A"]
    resolved = resolve(source, rules, {}, may_generate=True)
    assert resolved.generated == ["A"]
    assert resolved.stored == {"A": resolved.values["A"]}
    assert resolved.values["B"] == "mine"


def test_what_is_generated_must_keep_its_own_rule() -> None:
    resolved = resolve(Dictionary({"A": None}), {"A": Rule(min_length=32, generate=Generator("password", 8))}, {}, may_generate=True)
    assert [str(fault) for fault in resolved.faults] == ["A: is shorter than 32 characters"]


def test_what_is_locked_is_never_generated_anew() -> None:
    resolved = resolve(Dictionary({"A": "LOCKED"}), {"A": Rule(required=False, generate=Generator("token", 32))}, {}, may_generate=True)
    assert [(str(fault), fault.fix) for fault in resolved.faults] == [("A: is locked", "Unlock it.")]
    assert not resolved.stored


def test_values_stay_out_of_representations() -> None:
    resolved = resolve(Dictionary({"A": "sentinel"}), {"A": Rule(min_length=99)}, {}, may_generate=True)
    assert "sentinel" not in repr(resolved) + repr(Value("sentinel"))


def test_rules_between_keys_are_told_with_the_others() -> None:
    rules = {"A": Rule(one_of=["B"]), "B": Rule(), "C": Rule(), "D": Rule(min_length=3)}
    resolved = resolve(Dictionary({"D": "x"}), rules, {"web": ["A", "C"]}, may_generate=False)
    assert {str(fault) for fault in resolved.faults} == {
        "A or B: none of them is set; one is required",
        "C: is missing (used by web)",
        "D: is shorter than 3 characters",
    }


def test_what_could_not_be_started_or_stored_is_told_before() -> None:
    big = {f"KEY_{number}": "x" * 130_000 for number in range(9)}
    resolved = resolve(
        Dictionary({**big, "HUGE": "x" * 10_000_000, "NUL": "\0"}), {}, {"web": [*big, "HUGE"], "small": ["KEY_0"]}, may_generate=False
    )
    assert [fault.key for fault in resolved.faults] == ["HUGE", "NUL", "web"]
    assert "1 MiB" in str(resolved.faults[2])

# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The table is Kubernetes' own: third_party/forked/golang/expansion/expand_test.go."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._verify.expand import expand, expand_command

VALUES = {
    "VAR_A": "A",
    "VAR_B": "B",
    "VAR_C": "C",
    "VAR_REF": "$(VAR_A)",
    "VAR_EMPTY": "",
}

TABLE = [
    ("$(VAR_A)", "A"),
    ("___$(VAR_B)___", "___B___"),
    ("___$(VAR_C)", "___C"),
    ("$(VAR_A)-$(VAR_A)", "A-A"),
    ("$(VAR_A)-1", "A-1"),
    ("$(VAR_A)_$(VAR_B)_$(VAR_C)", "A_B_C"),
    ("$$(VAR_B)_$(VAR_A)", "$(VAR_B)_A"),
    ("$$(VAR_A)_$$(VAR_B)", "$(VAR_A)_$(VAR_B)"),
    ("f000-$$VAR_A", "f000-$VAR_A"),
    ("foo\\$(VAR_C)bar", "foo\\Cbar"),
    ("foo\\\\$(VAR_C)bar", "foo\\\\Cbar"),
    ("foo$(VAR_EMPTY)bar", "foobar"),
    ("foo$(VAR_REF)", "foo$(VAR_A)"),
    ("$(VAR_MISSING)", "$(VAR_MISSING)"),
    ("$$$$$$(BIG_MONEY)", "$$$(BIG_MONEY)"),
    ("$$$$$$(VAR_A)", "$$$(VAR_A)"),
    ("$$$$$$$(GOOD_ODDS)", "$$$$(GOOD_ODDS)"),
    ("$$$$$$$(VAR_A)", "$$$A"),
    ("$VAR_A)", "$VAR_A)"),
    ("${VAR_A}", "${VAR_A}"),
    ("$(VAR_A", "$(VAR_A"),
    ("$((VAR_A)", "$((VAR_A)"),
    ("$VAR_A", "$VAR_A"),
    ("VAR_A$", "VAR_A$"),
    ("foo$$(VAR_A", "foo$(VAR_A"),
    ("$()", "$()"),
    ("", ""),
    ("$", "$"),
    ("$$", "$"),
]


@pytest.mark.parametrize(("text", "expanded"), TABLE)
def test_references_are_replaced_as_kubernetes_does(text: str, expanded: str) -> None:
    assert expand(text, VALUES) == expanded


def test_only_static_values_count() -> None:
    environment: list[dict[str, Any]] = [
        {"name": "PORT", "value": "80"},
        {"name": "PORT", "value": "8000"},
        {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
    ]
    assert expand_command(["check", "$(PORT)", "[$(TOKEN)]", "$(HOME)"], environment) == ["check", "8000", "[]", "$(HOME)"]

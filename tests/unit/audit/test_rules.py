# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Each rule is complete, has a check, and an example that breaks it alone and one that breaks none."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from ansible_collections.proven.webapp.plugins.module_utils._audit import checks
from ansible_collections.proven.webapp.plugins.module_utils._audit.documents import read_files
from ansible_collections.proven.webapp.plugins.module_utils._audit.engine import audit
from ansible_collections.proven.webapp.plugins.module_utils._audit.rules import BY_ID, STATIC_RULES
from ansible_collections.proven.webapp.plugins.module_utils._probes.finding import SEVERITIES, Rule

EXAMPLES = Path(__file__).parent / "examples"
NOTHING_TO_SHOW = {"PV101", "PV102"}
"""Only whoever wrote it knows what was meant."""


def rules_in(path: Path) -> set[str]:
    return {finding.rule.id for finding in audit(read_files([str(path)])).findings}


def test_each_rule_has_a_check_and_examples() -> None:
    ids = [rule.id for rule in STATIC_RULES]
    assert ids == sorted(set(ids))
    assert ids == [f"PV{number}" for number in range(101, 101 + len(ids))]
    assert checks.registered() == set(ids)
    assert sorted(path.name for path in EXAMPLES.iterdir()) == ids


@pytest.mark.parametrize("rule", STATIC_RULES, ids=lambda rule: rule.id)
def test_rule_is_complete(rule: Rule) -> None:
    assert rule.severity in SEVERITIES
    assert all((rule.name, rule.title, rule.why, rule.fix, rule.source))
    assert rule.link.endswith(f"#{rule.id.lower()}")
    assert len({other.name for other in STATIC_RULES}) == len(STATIC_RULES)


@pytest.mark.parametrize("rule", BY_ID)
def test_failing_example_breaks_this_rule_alone(rule: str) -> None:
    assert rules_in(EXAMPLES / rule / "fails.yaml") == {rule}


@pytest.mark.parametrize("rule", BY_ID)
def test_passing_example_breaks_none(rule: str) -> None:
    path = EXAMPLES / rule / "passes.yaml"
    assert rules_in(path) == set()
    assert path.read_text() != (EXAMPLES / rule / "fails.yaml").read_text()


@pytest.mark.parametrize("rule", sorted(set(BY_ID) - NOTHING_TO_SHOW))
def test_finding_shows_what_would_be_right(rule: str) -> None:
    (finding,) = audit(read_files([str(EXAMPLES / rule / "fails.yaml")])).findings
    assert isinstance(yaml.safe_load(finding.corrected), dict)
    assert finding.what
    assert finding.line
    assert finding.file.endswith("fails.yaml")

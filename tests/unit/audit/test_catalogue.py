# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The page of rules is what the rules say."""

from __future__ import annotations

import re
from pathlib import Path

from ansible_collections.proven.webapp.plugins.module_utils._audit.catalogue import bare, markdown
from ansible_collections.proven.webapp.plugins.module_utils._audit.rules import STATIC_RULES
from ansible_collections.proven.webapp.plugins.module_utils._drill.rules import DRILL_RULES
from ansible_collections.proven.webapp.plugins.module_utils._probes.finding import Rule
from ansible_collections.proven.webapp.plugins.module_utils._verify.rules import LIVE_RULES

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "rules.md"


def all_rules() -> list[Rule]:
    return [*bare(STATIC_RULES), *bare(LIVE_RULES), *bare(DRILL_RULES)]


def test_the_page_is_up_to_date() -> None:
    command = "python -m ansible_collections.proven.webapp.plugins.module_utils._audit.catalogue > docs/rules.md"
    assert PAGE.read_text(encoding="utf-8") == markdown(), f"make it again: {command}"


def test_every_rule_is_there_once() -> None:
    ids = [rule.id for rule in all_rules()]
    assert len(ids) == len(set(ids)) == len(STATIC_RULES) + len(LIVE_RULES) + len(DRILL_RULES)
    assert ids == sorted(ids)
    assert len({rule.name for rule in all_rules()}) == len(ids)


def test_links_of_findings_lead_there() -> None:
    anchors = re.findall(r'<a id="(\w+)">', markdown())
    assert [rule.link.partition("#")[2] for rule in all_rules()] == anchors


def test_links_to_files_lead_there() -> None:
    links = re.findall(r"\]\((\.\./[^)]+)\)", markdown())
    assert len(links) == 2 * len(STATIC_RULES)
    assert all((PAGE.parent / link).resolve().is_file() for link in links)

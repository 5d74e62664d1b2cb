# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The live rules, and what they find."""

from __future__ import annotations

from collections.abc import Iterable

from ansible_collections.proven.webapp.plugins.module_utils._probes.finding import Finding
from ansible_collections.proven.webapp.plugins.module_utils._verify.catalogue_probes import PROBE_RULES
from ansible_collections.proven.webapp.plugins.module_utils._verify.catalogue_release import RELEASE_RULES
from ansible_collections.proven.webapp.plugins.module_utils._verify.live import LiveRule
from ansible_collections.proven.webapp.plugins.module_utils._verify.window import Window

LIVE_RULES: tuple[LiveRule, ...] = tuple(sorted((*PROBE_RULES, *RELEASE_RULES), key=lambda live: live.rule.id))
"""The catalogue, by the rules' ids."""


def check(window: Window, rules: Iterable[LiveRule] = LIVE_RULES) -> list[Finding]:
    """What is wrong, by the rules' order."""
    return [finding for live in rules for finding in live.check(live.rule, window)]


def tiers_of(rule_id: str) -> tuple[int, ...]:
    return next((live.tiers for live in LIVE_RULES if live.rule.id == rule_id), ())

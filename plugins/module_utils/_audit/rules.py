# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The catalogue of static rules; the check of each is registered under its id (see checks.py)."""

from __future__ import annotations

from ansible_collections.proven.webapp.plugins.module_utils._audit.rules_design import (
    AVAILABILITY_RULES,
    RESTART_RULES,
    TIMING_RULES,
    TRAFFIC_RULES,
)
from ansible_collections.proven.webapp.plugins.module_utils._audit.rules_validity import VALIDITY_RULES
from ansible_collections.proven.webapp.plugins.module_utils._probes.finding import Rule

STATIC_RULES: tuple[Rule, ...] = tuple(
    sorted((*VALIDITY_RULES, *TRAFFIC_RULES, *RESTART_RULES, *TIMING_RULES, *AVAILABILITY_RULES), key=lambda rule: rule.id)
)
BY_ID = {rule.id: rule for rule in STATIC_RULES}

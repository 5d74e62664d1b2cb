# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reading how new versions of a component come up."""

from __future__ import annotations

from ansible_collections.proven.webapp.plugins.module_utils._spec import rules
from ansible_collections.proven.webapp.plugins.module_utils._spec.model import Rollout
from ansible_collections.proven.webapp.plugins.module_utils._spec.node import Node


def read_rollout(node: Node) -> Rollout:
    """The key `rollout`; what it leaves out is left to whoever watches."""
    keys = node.keys(rules.ROLLOUT, "{restarts_tolerated: 2, ready_within: 60}")
    restarts, within = keys["restarts_tolerated"], keys["ready_within"]
    return Rollout(
        restarts_tolerated=restarts.integer(rules.RESTARTS) if restarts.given else None,
        ready_within=within.integer(rules.SECONDS) if within.given else None,
    )

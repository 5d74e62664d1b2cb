# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reading how new versions of a component come up."""

from __future__ import annotations

from ansible_collections.proven.webapp.plugins.module_utils._spec import rules
from ansible_collections.proven.webapp.plugins.module_utils._spec.model import Component, Rollout
from ansible_collections.proven.webapp.plugins.module_utils._spec.node import Node


def read_rollout(node: Node) -> Rollout:
    """The key `rollout`; numbers that it leaves out are left to whoever watches."""
    keys = node.keys(rules.ROLLOUT, "{strategy: blue_green}")
    restarts, within, weight = keys["restarts_tolerated"], keys["ready_within"], keys["weight"]
    strategy = keys["strategy"].choice(rules.STRATEGIES, "rolling")
    share = weight.integer(rules.WEIGHT) if weight.given else rules.CANARY_WEIGHT
    if weight.given and strategy != "canary" and keys["strategy"].value in (None, strategy):
        weight.fault(f"has no meaning for the strategy {strategy}", "say strategy: canary, or leave it out")
    return Rollout(
        restarts_tolerated=restarts.integer(rules.RESTARTS) if restarts.given else None,
        ready_within=within.integer(rules.SECONDS) if within.given else None,
        strategy=strategy,
        weight=share if strategy == "canary" else None,
    )


def check_rollout(component: Component, node: Node) -> None:
    """What the strategy takes from the rest of the component.

    :param node: the key `rollout`.
    """
    strategy = component.rollout.strategy
    if strategy == "rolling":
        return
    if component.storage is not None:
        node.child("strategy").fault(
            f"{strategy} would have two versions at work on one volume", "say strategy: rolling, or leave storage out"
        )
    elif strategy == "blue_green" and component.kind == "worker":
        node.child("strategy").fault("a worker has no Service that could switch between colours", "say strategy: rolling or canary")

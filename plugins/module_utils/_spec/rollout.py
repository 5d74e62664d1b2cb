# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reading how new versions of a component come up."""

from __future__ import annotations

from ansible_collections.proven.webapp.plugins.module_utils._spec import rules
from ansible_collections.proven.webapp.plugins.module_utils._spec.model import Component, Rollout
from ansible_collections.proven.webapp.plugins.module_utils._spec.node import Node
from ansible_collections.proven.webapp.plugins.module_utils._spec.shapes import Share


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
        max_surge=Share().read(keys["max_surge"]) if keys["max_surge"].given else None,
        max_unavailable=Share().read(keys["max_unavailable"]) if keys["max_unavailable"].given else None,
        min_ready_seconds=keys["min_ready_seconds"].integer(rules.DELAY_SECONDS) if keys["min_ready_seconds"].given else None,
    )


def check_rollout(component: Component, node: Node) -> None:
    """What the strategy takes from the rest of the component.

    :param node: the key `rollout`.
    """
    rollout, strategy = component.rollout, component.rollout.strategy
    surge, gone = rollout.max_surge, rollout.max_unavailable
    if strategy == "recreate" and (surge is not None or gone is not None):
        node.child("max_unavailable" if surge is None else "max_surge").fault(
            "has no meaning for the strategy recreate, which ends all old pods first", "leave it out"
        )
    elif gone in (0, "0%") and surge in (0, "0%"):
        node.child("max_surge").fault("nothing could ever be replaced: neither may a pod be added nor be missing", "raise one of them")
    if component.storage is not None and (strategy == "recreate" or surge is not None):
        node.child("strategy" if surge is None else "max_surge").fault("has no meaning with storage: its pods are replaced in place")
    if strategy in ("rolling", "recreate"):
        return
    if component.storage is not None:
        node.child("strategy").fault(
            f"{strategy} would have two versions at work on one volume", "say strategy: rolling, or leave storage out"
        )
    elif strategy == "blue_green" and component.kind == "worker":
        node.child("strategy").fault("a worker has no Service that could switch between colours", "say strategy: rolling or canary")
    elif component.options.keys() & {"autoscale", "keda"}:
        node.child("strategy").fault(
            f"{strategy} has a fixed number of pods of each version", "say strategy: rolling, or leave out autoscaling"
        )

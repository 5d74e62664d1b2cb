# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What pods and rollouts take of a ResourceQuota. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._spec.node import quantity

Amounts = Mapping[str, Fraction]
BYTES = ("memory", "storage")
NONE = Fraction(0)


def amount(text: object) -> Fraction:
    """A quantity as a number; 0 where it is none."""
    return quantity(str(text)) or NONE


def shown(resource: str, number: Fraction) -> str:
    """A number as the quota's own resource would be written."""
    if resource.rpartition(".")[2].rpartition("-")[2] in BYTES:
        for suffix, size in (("Gi", 2**30), ("Mi", 2**20), ("Ki", 2**10)):
            if number and number % size == 0:
                return f"{number / size}{suffix}"
        return str(math.ceil(number))
    return str(number) if number.denominator == 1 else f"{math.ceil(number * 1000)}m"


def total(amounts: Iterable[Amounts]) -> dict[str, Fraction]:
    """The sum, by resource."""
    found: dict[str, Fraction] = {}
    for item in amounts:
        for resource, number in item.items():
            found[resource] = found.get(resource, NONE) + number
    return found


def most(*amounts: Amounts) -> dict[str, Fraction]:
    """The largest of each resource, at least 0."""
    return {name: max(NONE, *(item.get(name, NONE) for item in amounts)) for name in {name for item in amounts for name in item}}


def times(number: int, amounts: Amounts) -> dict[str, Fraction]:
    return {name: number * value for name, value in amounts.items()}


def pod(spec: Mapping[str, Any]) -> dict[str, Fraction]:
    """What one pod takes, by the names that quotas have for it.

    Init containers run one after the other, sidecars stay (component-helpers/resource/helpers.go, PodRequests; names by
    pkg/quota/v1/evaluator/core/pods.go).
    """
    found = {"pods": Fraction(1), "count/pods": Fraction(1)}
    for side in ("requests", "limits"):
        taken = _effective(spec, side)
        found |= {f"{side}.{name}": number for name, number in taken.items()}
        if side == "requests":
            found |= taken
    return found


def _of(container: Mapping[str, Any], side: str) -> dict[str, Fraction]:
    resources = container.get("resources") or {}
    given = dict(resources.get(side) or {})
    if side == "requests":
        given = {**(resources.get("limits") or {}), **given}
    return {str(name): amount(text) for name, text in given.items()}


def _effective(spec: Mapping[str, Any], side: str) -> dict[str, Fraction]:
    running = total(_of(container, side) for container in spec.get("containers") or ())
    sidecars: dict[str, Fraction] = {}
    peaks: list[Amounts] = []
    for container in spec.get("initContainers") or ():
        own = _of(container, side)
        if container.get("restartPolicy") == "Always":
            sidecars = total((sidecars, own))
        else:
            peaks.append(total((sidecars, own)))
    taken = most(total((running, sidecars)), *peaks)
    # Said of the pod as a whole, it counts instead of what its containers say.
    whole = _of(spec, side)
    overhead = {str(name): amount(text) for name, text in (spec.get("overhead") or {}).items()}
    return total(({**taken, **whole}, overhead))


def surge(spec: Mapping[str, Any], replicas: int) -> int | None:
    """How many pods a Deployment may have above its number; None where the old ones go first."""
    strategy = spec.get("strategy") or {}
    if strategy.get("type") == "Recreate":
        return None
    said = (strategy.get("rollingUpdate") or {}).get("maxSurge", "25%")
    if isinstance(said, str) and said.endswith("%"):
        return math.ceil(int(said[:-1]) * replicas / 100)
    return int(said)


def growth(now: int, old: Amounts, wanted: int, new: Amounts, *, above: int | None, replaced: bool) -> dict[str, Fraction]:
    """What a rollout takes at its peak besides what there is already. It grows evenly, so that one of its ends is the peak.

    :param now: pods that there are, of `old` each.
    :param wanted: pods that there shall be, of `new` each.
    :param above: how many more there may be meanwhile; None where all old ones go before the first new one comes.
    :param replaced: whether the old pods are replaced at all.
    """
    if not replaced:
        return times(max(0, wanted - now), new)
    less = {name: -number for name, number in old.items()}
    if above is None:
        return most(total((times(wanted, new), times(now, less))))
    first = times(max(0, wanted + above - now), new)
    last = total((times(wanted, new), times(max(0, now - above), less)))
    return most(first, last)

# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Labels that nobody selects: a clone must get no traffic, and no controller may take it for its own. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

TRACK, DRILL_TRACK = "proven.webapp/track", "drill"
DRILL, DRILL_OF = "proven.webapp/drill", "proven.webapp/drill-of"
GIVEN_BY_CONTROLLERS = (
    "pod-template-hash",
    "controller-revision-hash",
    "pod-template-generation",
    "statefulset.kubernetes.io/pod-name",
    "apps.kubernetes.io/pod-index",
)
Labels = Mapping[str, str]


@dataclass(frozen=True)
class Selector:
    """Who selects pods, and how (v1.LabelSelector; a Service's is its matchLabels).

    :ivar owner: such as Service/todo-backend.
    :ivar traffic: whether what it selects gets requests.
    """

    owner: str
    match_labels: tuple[tuple[str, str], ...] = ()
    expressions: tuple[Mapping[str, Any], ...] = ()
    traffic: bool = False

    @classmethod
    def read(cls, owner: str, raw: Mapping[str, Any] | None, *, traffic: bool = False) -> Selector:
        raw = raw or {}
        return cls(owner, tuple((raw.get("matchLabels") or {}).items()), tuple(raw.get("matchExpressions") or ()), traffic)

    def matches(self, labels: Labels) -> bool:
        """As apimachinery's labels.Selector does; an empty one matches everything."""
        return all(labels.get(key) == value for key, value in self.match_labels) and all(_holds(item, labels) for item in self.expressions)

    @property
    def keys(self) -> tuple[str, ...]:
        """Labels without which it no longer matches."""
        needed = [item["key"] for item in self.expressions if item.get("operator") in ("In", "Exists")]
        return (*(key for key, _value in self.match_labels), *needed)


def _holds(expression: Mapping[str, Any], labels: Labels) -> bool:
    key, operator, values = expression["key"], expression.get("operator"), expression.get("values") or []
    if operator == "In":
        return key in labels and labels[key] in values
    if operator == "NotIn":
        return key not in labels or labels[key] not in values
    return (key in labels) == (operator == "Exists")


@dataclass(frozen=True)
class CloneLabels:
    """:ivar dropped: label → who would have selected the clone by it.
    :ivar still: who selects the clone whatever its labels are.
    """

    labels: dict[str, str]
    dropped: dict[str, tuple[str, ...]]
    still: tuple[Selector, ...]


def clone_labels(template: Labels, selectors: Sequence[Selector], own: Labels) -> CloneLabels:
    """Labels for a clone.

    Our charts select by the track, which the clone has another value of; it keeps all else, and with it its rights on the network.
    Elsewhere, labels go until nobody selects the clone, those first by which most do.

    :param template: of the pod template.
    :param selectors: of all in the namespace that could take the clone for theirs.
    :param own: the drill's own labels.
    """
    labels = {key: value for key, value in template.items() if key not in GIVEN_BY_CONTROLLERS}
    if TRACK in labels:
        labels[TRACK] = DRILL_TRACK
    labels |= own
    dropped: dict[str, tuple[str, ...]] = {}
    while True:
        matching = [selector for selector in selectors if selector.matches(labels)]
        by_key = {key: [item.owner for item in matching if key in item.keys] for key in labels if key not in own}
        key = max(by_key, key=lambda name: len(by_key[name]), default="")
        if not key or not by_key[key]:
            return CloneLabels(labels, dropped, tuple(matching))
        dropped[key] = tuple(by_key[key])
        del labels[key]


def lost_policies(live: Labels, clone: Labels, policies: Iterable[Selector]) -> list[str]:
    """NetworkPolicies that hold for the live pods and not for the clone."""
    return [policy.owner for policy in policies if policy.matches(live) and not policy.matches(clone)]

# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Does a change fit into the namespace's ResourceQuotas? Their admission sees one object at a time; a rollout is more than that. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._preview import demand
from ansible_collections.proven.webapp.plugins.module_utils._preview.fault import Fault
from ansible_collections.proven.webapp.plugins.module_utils._preview.manifests import Manifest

BEFORE, MEANWHILE = "before", "meanwhile"
"""Hooks that run before the objects are applied, and all that is there at the same time afterwards."""


@dataclass(frozen=True)
class Demand:
    """What something takes besides what there is.

    :ivar spec: of its pods, for quotas that are about some pods only; None of objects.
    """

    who: str
    amounts: demand.Amounts
    when: str = MEANWHILE
    spec: Mapping[str, Any] | None = None


def of_pods(
    manifest: Manifest, wanted: Mapping[str, Any], live: Mapping[str, Any] | None, new: demand.Amounts, old: demand.Amounts
) -> Demand:
    """What the pods of a Deployment or StatefulSet take.

    :param wanted: the object as it will be, with the API's defaults.
    :param live: as it is; None where it isn't.
    :param new: what a pod of it will take; `old`: what a pod takes now.
    """
    spec = wanted.get("spec") or {}
    replicas = int(spec.get("replicas", 1))
    now = int(((live or {}).get("status") or {}).get("replicas") or 0)
    above = demand.surge(spec, replicas) if manifest.kind == "Deployment" else 0
    replaced = live is not None and (live.get("spec") or {}).get("template") != spec.get("template")
    taken = demand.growth(now, old, replicas, new, above=above, replaced=replaced)
    return Demand(str(manifest), taken, spec=(spec.get("template") or {}).get("spec") or {})


def of_hook(manifest: Manifest, new: demand.Amounts, upgrade: bool) -> Demand | None:
    """What a hook's pod takes; None where it doesn't run now."""
    event = "upgrade" if upgrade else "install"
    pod = manifest.pod
    if pod is None:
        return None
    spec = pod.get("spec") or {}
    if f"pre-{event}" in manifest.hooks:
        return Demand(str(manifest), new, BEFORE, spec)
    return Demand(str(manifest), new, MEANWHILE, spec) if f"post-{event}" in manifest.hooks else None


def of_object(manifest: Manifest, plural: str) -> Demand:
    """What an object takes that is new (pkg/quota/v1/evaluator/core: services.go, persistent_volume_claims.go)."""
    spec = manifest.content.get("spec") or {}
    counted = f"count/{plural}.{manifest.group}" if manifest.group else f"count/{plural}"
    found = {counted: Fraction(1)}
    if not manifest.group:
        found[plural] = Fraction(1)
    if manifest.kind == "Deployment":
        found["count/replicasets.apps"] = Fraction(1)
    if manifest.kind == "Service":
        ports = len(spec.get("ports") or ())
        if spec.get("type") in ("NodePort", "LoadBalancer"):
            found["services.nodeports"] = Fraction(ports)
        if spec.get("type") == "LoadBalancer":
            found["services.loadbalancers"] = Fraction(1)
    if manifest.kind == "PersistentVolumeClaim":
        found |= _claim(spec)
    return Demand(str(manifest), found)


def of_claims(manifest: Manifest, replicas: int, there: set[str]) -> Demand:
    """What the volume claims of a StatefulSet take.

    :param there: names of the claims that exist.
    """
    new = [
        {"persistentvolumeclaims": Fraction(1), "count/persistentvolumeclaims": Fraction(1), **_claim(template.get("spec") or {})}
        for template in (manifest.content.get("spec") or {}).get("volumeClaimTemplates") or ()
        for number in range(replicas)
        if f"{template['metadata']['name']}-{manifest.name}-{number}" not in there
    ]
    return Demand(str(manifest), demand.total(new))


def _claim(spec: Mapping[str, Any]) -> dict[str, Fraction]:
    size = demand.amount(((spec.get("resources") or {}).get("requests") or {}).get("storage", 0))
    name = spec.get("storageClassName")
    of_class = {f"{name}.storageclass.storage.k8s.io/requests.storage": size} if name else {}
    return {"requests.storage": size, **of_class}


def faults(quotas: Iterable[Mapping[str, Any]], demands: Sequence[Demand]) -> list[Fault]:
    """Every resource of every quota that isn't enough, with the numbers."""
    return [fault for quota in quotas for fault in _faults(quota, demands)]


def _faults(quota: Mapping[str, Any], demands: Sequence[Demand]) -> Iterator[Fault]:
    status = quota.get("status") or {}
    hard = status.get("hard") or quota["spec"].get("hard") or {}
    mine = [item for item in demands if concerns(quota, item)]
    for resource, text in sorted(hard.items()):
        limit, used = demand.amount(text), demand.amount((status.get("used") or {}).get(resource, 0))
        for when in (BEFORE, MEANWHILE):
            takers = {item.who: item.amounts[resource] for item in mine if item.when == when and item.amounts.get(resource)}
            needed = sum(takers.values(), Fraction(0))
            if needed and used + needed > limit:
                each = ", ".join(f"{who} {demand.shown(resource, number)}" for who, number in takers.items())
                free = demand.shown(resource, max(Fraction(0), limit - used))
                yield Fault(
                    f"ResourceQuota/{quota['metadata']['name']}",
                    resource,
                    f"the change needs {demand.shown(resource, needed)} more at its peak ({each}), and {free} of {text} are free",
                    "raise the quota, or lower replicas, requests or how many pods there are at the same time",
                )
                break


def concerns(quota: Mapping[str, Any], item: Demand) -> bool:
    """Is a quota about this? One whose scopes can't be told isn't judged: its admission still looks at each pod."""
    spec = quota.get("spec") or {}
    scopes = list(spec.get("scopes") or ())
    expressions = (spec.get("scopeSelector") or {}).get("matchExpressions") or ()
    scopes += [term["scopeName"] for term in expressions if term.get("operator") == "Exists"]
    if not scopes and not expressions:
        return True
    if item.spec is None or len(scopes) < len(spec.get("scopes") or ()) + len(expressions):
        return False
    ends = item.spec.get("activeDeadlineSeconds") is not None
    containers = (*(item.spec.get("containers") or ()), *(item.spec.get("initContainers") or ()))
    sides = (container.get("resources") or {} for container in containers)
    best_effort = not any(side.get("requests") or side.get("limits") for side in sides)
    holds = {"Terminating": ends, "NotTerminating": not ends, "BestEffort": best_effort, "NotBestEffort": not best_effort}
    return all(holds.get(scope, False) for scope in scopes)

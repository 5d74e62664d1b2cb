# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tries the pods that a release makes, and adds up what they take of the namespace's quotas."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._preview import demand, quota, references
from ansible_collections.proven.webapp.plugins.module_utils._preview.cluster import CREATED, Cluster, Tried
from ansible_collections.proven.webapp.plugins.module_utils._preview.fault import Fault
from ansible_collections.proven.webapp.plugins.module_utils._preview.kinds import Kinds
from ansible_collections.proven.webapp.plugins.module_utils._preview.manifests import Manifest, pod_of
from ansible_collections.proven.webapp.plugins.module_utils._preview.verdict import NO_ACCOUNT

DEFAULT = "default"
ROLLED = ("Deployment", "StatefulSet")
WAITS = (0.2, 0.4, 0.8)
"""Seconds until a new namespace has its ServiceAccount."""


class Room:
    """:param trials: of the objects, by the identity of their manifests.
    :param upgrade: whether there was a revision before.
    """

    def __init__(self, cluster: Cluster, trials: Mapping[int, Tried], upgrade: bool) -> None:
        self._cluster = cluster
        self._trials = trials
        self._upgrade = upgrade
        self._pods: dict[int, Tried] = {}

    def pods(self, manifests: Sequence[Manifest]) -> list[Tried]:
        """A pod of each, tried."""
        there = self._accounts(manifests)
        for tried in self._cluster.each(lambda item: self._try(item, item.pod or {}, there), manifests):
            self._pods[id(tried.manifest)] = tried
        return list(self._pods.values())

    def _accounts(self, manifests: Sequence[Manifest]) -> set[tuple[str, str]]:
        """(namespace, name) of the ServiceAccounts that can be used already."""
        wanted = {
            (item.namespace, item.name): item for one in manifests for item in references.references(one) if item.kind == "ServiceAccount"
        }
        found = zip(wanted, self._cluster.each(self._cluster.exists, wanted.values()), strict=True)
        return {key for key, there in found if there}

    def _try(self, manifest: Manifest, pod: Mapping[str, Any], there: set[tuple[str, str]]) -> Tried:
        said = str(pod["spec"].get("serviceAccountName") or DEFAULT)
        account = said if (manifest.namespace, said) in there else DEFAULT
        tried = self._cluster.pod(manifest, pod, account)
        for seconds in WAITS:
            if tried.status != 403 or NO_ACCOUNT not in tried.body.decode(errors="replace"):
                break
            time.sleep(seconds)
            tried = self._cluster.pod(manifest, pod, account)
        return tried

    def faults(self, quotas: Sequence[Mapping[str, Any]], manifests: Sequence[Manifest], kinds: Kinds) -> list[Fault]:
        """What doesn't fit."""
        claims = self._cluster.claims()
        demands: list[quota.Demand] = []
        for manifest in manifests:
            tried = self._trials.get(id(manifest))
            if manifest.hooks:
                hook = quota.of_hook(manifest, self._taken(manifest), self._upgrade)
                demands += [hook] if hook else []
                continue
            resource = kinds.get(manifest)
            if resource and (tried is None or tried.live is None):
                demands.append(quota.of_object(manifest, resource.plural))
            if tried is not None and manifest.kind in ROLLED:
                demands.append(quota.of_pods(manifest, tried.after, tried.live, self._taken(manifest), self._now(tried)))
                replicas = int((tried.after.get("spec") or {}).get("replicas", 1))
                demands += [quota.of_claims(manifest, replicas, claims)] if manifest.kind == "StatefulSet" else []
            elif tried is not None and manifest.kind == "Job" and tried.live is None:
                number = int((manifest.content.get("spec") or {}).get("parallelism", 1))
                demands.append(quota.Demand(str(manifest), demand.times(number, self._taken(manifest)), spec=(manifest.pod or {})["spec"]))
        return quota.faults(quotas, demands)

    def _taken(self, manifest: Manifest) -> dict[str, Any]:
        """What a pod of it will take: with what a LimitRange adds, where it was taken."""
        tried = self._pods.get(id(manifest))
        spec = tried.after["spec"] if tried and tried.status in CREATED else (manifest.pod or {}).get("spec") or {}
        return demand.pod(spec)

    def _now(self, tried: Tried) -> dict[str, Any]:
        """What a pod of it takes now."""
        pod = pod_of({**(tried.live or {}), "kind": tried.manifest.kind})
        if pod is None:
            return {}
        again = self._try(tried.manifest, pod, set())
        return demand.pod(again.after["spec"] if again.status in CREATED else pod["spec"])

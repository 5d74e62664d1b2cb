# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From what is there to what is asked for: the order in which a Minikube cluster and its additions come about, or go."""

from __future__ import annotations

import contextlib
import json
import time
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._given import given
from ansible_collections.proven.webapp.plugins.module_utils._kind.cluster import GRACE_SECONDS, Manifest
from ansible_collections.proven.webapp.plugins.module_utils._kind.engine import IMAGE_KINDS, OWN_LABEL
from ansible_collections.proven.webapp.plugins.module_utils._kind.lock import only_one
from ansible_collections.proven.webapp.plugins.module_utils._kind.registry import (
    RegistryWork,
    registry_work,
    remove_registry,
    run_registry,
    used_by_others,
)
from ansible_collections.proven.webapp.plugins.module_utils._kind.spec import registry_config_map
from ansible_collections.proven.webapp.plugins.module_utils._kind.state import Drift
from ansible_collections.proven.webapp.plugins.module_utils._minikube.cluster import MAKE_SECONDS, Cluster, Sight
from ansible_collections.proven.webapp.plugins.module_utils._minikube.machine import check_machine
from ansible_collections.proven.webapp.plugins.module_utils._minikube.profile import addon_changes, drifts
from ansible_collections.proven.webapp.plugins.module_utils._outcome import Outcome

CREATE, START, KUBECONFIG = "made the cluster", "started the cluster", "fetched the kubeconfig"
ANEW, REPAIR, STOP, REMOVE = "made the cluster anew", "repaired the cluster", "stopped the cluster", "removed the cluster"
WIRE = "wired the registry into the cluster"


@dataclass
class Need:
    """What one look showed to be missing.

    :ivar steps: of the cluster itself, in order.
    :ivar fresh: the cluster is going to be a new one.
    :ivar manifests: to be applied, places in the list.
    :ivar woken: when it was, in seconds since the epoch; 0 where it wasn't.
    """

    sight: Sight
    outcome: Outcome
    steps: list[str] = field(default_factory=list)
    registry: RegistryWork = field(default_factory=RegistryWork)
    wire: bool = False
    fresh: bool = False
    manifests: list[int] = field(default_factory=list)
    woken: float = 0


def facts(cluster: Cluster, sight: Sight) -> dict[str, Any]:
    """What later stages need, whatever was done."""
    spec, profile, registry = cluster.spec, sight.profile, cluster.registry
    mappings = profile.ports if profile else spec.ports
    local = {"0.0.0.0": "127.0.0.1"}
    address = mappings[0].address if mappings else (profile.ip if profile else "")
    return {
        "present": sight.usable,
        "state": "absent" if not sight.there else "started" if sight.usable else "stopped" if sight.status.stopped else "broken",
        "kubeconfig": cluster.minikube.kubeconfig,
        "context": spec.profile,
        "nodes": list(profile.nodes) if profile else [],
        "ip": profile.ip if profile else "",
        "node_address": local.get(address, address),
        "port_map": {str(mapping.node_port): mapping.host_port for mapping in mappings},
        "registry": {"push": registry.push, "name": registry.name, "port": registry.port} if registry else {},
        "kubernetes_version": sight.health.version or (profile.kubernetes_version if profile else ""),
        "container_runtime": profile.container_runtime if profile else "",
        "engine": cluster.engine(sight),
        "network_policies": sight.health.network_policies,
    }


def describe(sight: Sight) -> dict[str, Any]:
    """A look, as a diff shows it."""
    profile = sight.profile
    if not profile:
        return {}
    return {
        "driver": profile.driver,
        "container_runtime": profile.container_runtime,
        "kubernetes_version": profile.kubernetes_version,
        "nodes": len(profile.nodes),
        "ports": [str(mapping) for mapping in profile.ports],
        "addons": sorted(profile.addons),
        "running": sight.status.running,
    }


def ensure(cluster: Cluster, state: str, *, recreate: bool, check: bool) -> Outcome:
    """
    :param state: present, started, stopped or absent.
    :raises ProvenError: it can't be had.
    """

    def look() -> Need:
        return _look(cluster, state, recreate=recreate, check=check)

    need = look()
    if not check and _on_its_way(need):
        with contextlib.suppress(ProvenError):
            cluster.wait_usable(len(given(need.sight.profile).nodes), seconds=GRACE_SECONDS)
        need = look()
    if need.sight.unfinished and need.sight.usable and not check:
        # its run was killed behind the last step: it may hold data by now
        cluster.finish()
    if not check and need.outcome.actions:
        with only_one(f"minikube-{cluster.spec.profile}", cluster.say, cluster.wait + MAKE_SECONDS) as cluster.lock:
            # somebody else may have done it meanwhile
            need = look()
            if need.outcome.actions:
                _do(cluster, need)
    return need.outcome


def _on_its_way(need: Need) -> bool:
    """Everything runs, and something in it isn't ready yet."""
    sight = need.sight
    return REPAIR in need.steps and sight.profile is not None and not sight.unfinished and sight.status.running and sight.health.answers


def _look(cluster: Cluster, state: str, *, recreate: bool, check: bool) -> Need:
    sight = cluster.look()
    need = Need(sight, Outcome(facts(cluster, sight), describe(sight), {}))
    if state == "absent":
        need.steps = [REMOVE] if sight.there else []
    elif state == "stopped":
        need.steps = [STOP] if sight.there and not sight.status.stopped else []
        need.outcome.after = {**need.outcome.before, "running": False}
    else:
        _need_present(cluster, need, running=state == "started", recreate=recreate, check=check)
    need.outcome.actions = [*need.steps, *need.outcome.actions]
    return need


def _need_present(cluster: Cluster, need: Need, *, running: bool, recreate: bool, check: bool) -> None:
    spec, sight, outcome = cluster.spec, need.sight, need.outcome
    # what an interrupted start left is no cluster of another shape
    leftover = sight.there and (sight.profile is None or (sight.unfinished and not sight.usable))
    found = drifts(spec, sight.profile) if sight.profile and not leftover else []
    outcome.drift = [drift.what for drift in found]
    if found and not recreate:
        _tell_drift(cluster, sight, found, outcome, check=check)
    outcome.after = {**outcome.before, "driver": spec.driver, "container_runtime": spec.container_runtime, "running": True}
    if not sight.there:
        need.steps = [CREATE]
    elif found and recreate:
        need.steps = [ANEW]
    elif leftover:
        need.steps = [REPAIR]
    elif sight.usable or (sight.status.stopped and not running):
        pass
    elif sight.status.running and not sight.status.known:
        need.steps = [KUBECONFIG]
    else:
        need.steps = [START if sight.status.stopped else REPAIR]
    need.fresh = bool({CREATE, ANEW} & set(need.steps)) or leftover
    _need_registry(cluster, need)
    # what a cluster lacks that sleeps or is ill, nobody knows before it is back
    if sight.usable or need.fresh:
        _need_additions(cluster, need)


def _need_registry(cluster: Cluster, need: Need) -> None:
    if cluster.registry is None:
        return
    network = need.sight.profile.network if need.sight.profile else cluster.spec.profile
    need.registry = registry_work(cluster.registry, need.sight.registry, network)
    if need.registry.create or need.registry.replace or need.registry.start:
        need.outcome.actions.append(need.registry.words)


def _need_additions(cluster: Cluster, need: Need) -> None:
    sight, outcome, spec = need.sight, need.outcome, cluster.spec
    if cluster.registry:
        hosting = registry_config_map(cluster.registry)["data"]["localRegistryHosting.v1"]
        need.wire = need.fresh or need.registry.connect or sight.health.registry_hosting != hosting
        outcome.actions += [WIRE] if need.wire else []
    if spec.addons is not None:
        on, off = (list(spec.addons), []) if need.fresh or not sight.profile else addon_changes(spec, sight.profile)
        addons = dict.fromkeys(on, True) | dict.fromkeys(off, False)
        outcome.actions += [f"{'enabled' if enable else 'disabled'} addon {name}" for name, enable in addons.items()]
        outcome.after["addons"] = sorted(spec.addons)
    need.manifests = [place for place, manifest in enumerate(cluster.manifests) if need.fresh or manifest.digest not in sight.manifests]
    outcome.actions += [f"applied {name_of(cluster.manifests[place])}" for place in need.manifests]


def _tell_drift(cluster: Cluster, sight: Sight, found: list[Drift], outcome: Outcome, *, check: bool) -> None:
    advice = "Make it anew with recreate (cluster_recreate=true in the role), which loses its data, or ask for what it has."
    blocking = [drift.what for drift in found if drift.blocks]
    if blocking and not check:
        raise ProvenError(f"The cluster is there with another shape: {'; '.join(blocking)}.", where=cluster.where, fix=advice)
    outcome.warnings.append(
        f"The Minikube cluster {cluster.spec.profile} differs from what is asked for: {'; '.join(outcome.drift)}. {advice}"
    )


def _do(cluster: Cluster, need: Need) -> None:
    if need.registry.create or need.registry.replace or need.registry.start:
        run_registry(cluster.docker, given(cluster.registry), need.registry)
    for step in need.steps:
        _step(cluster, need, step)
    if {REMOVE, STOP} & set(need.steps):
        sight = Sight() if REMOVE in need.steps else cluster.look()
        need.outcome.facts = facts(cluster, sight)
        return
    sight = cluster.look()
    if need.steps and not need.fresh:
        need.sight = sight
        _need_additions(cluster, need)
    if sight.profile is None:
        raise ProvenError("Minikube has forgotten the cluster that it made.", where=cluster.where, fix="Run it again.")
    if need.wire:
        cluster.say("wiring the registry into the cluster")
        cluster.wire_registry(sight.profile)
    on, off = addon_changes(cluster.spec, sight.profile)
    for name in on:
        cluster.switch_addon(name, True)
    for name in off:
        cluster.switch_addon(name, False)
    for place in need.manifests:
        cluster.say(f"applying {name_of(cluster.manifests[place])}")
        cluster.apply(*cluster.manifests[place].documents())
    if not sight.usable or need.manifests or need.woken:
        cluster.wait_usable(len(sight.profile.nodes), need.woken)
    need.outcome.facts = facts(cluster, cluster.look())


def _step(cluster: Cluster, need: Need, step: str) -> None:
    spec = cluster.spec
    if step == KUBECONFIG:
        cluster.adopt()
    elif step == STOP:
        cluster.say(f"stopping cluster {spec.profile}")
        cluster.stop()
    elif step == REMOVE:
        cluster.say(f"removing cluster {spec.profile}")
        cluster.delete()
    elif step == START or (step == REPAIR and need.sight.profile and not need.sight.unfinished):
        if step == REPAIR:
            cluster.say(f"it isn't well ({need.sight.status.words or need.sight.health.missing}): bringing it back")
        need.woken = time.time()
        cluster.start()
    else:
        if need.sight.there:
            cluster.say("making the cluster anew" if step == ANEW else "left over from an interrupted run: making it anew")
            cluster.delete()
        check_machine(spec, cluster.minikube, cluster.docker)
        cluster.create()


def name_of(manifest: Manifest) -> str:
    """Of its Deployment, as a person knows it."""
    objects = [json.loads(document) for document in manifest.documents()]
    return next((found["metadata"]["name"] for found in objects if found["kind"] == "Deployment"), "a manifest")


def clear(cluster: Cluster, outcome: Outcome, *, prune: bool, check: bool) -> None:
    """After the cluster itself: the registry where no other cluster on this machine is wired to it, and images made for clusters."""
    docker, registry = cluster.docker, cluster.registry
    if registry and not used_by_others(docker, registry, ""):
        found = docker.inspect(registry.name)
        ours = bool(found) and found[0].labels.get(OWN_LABEL) == "registry"
        if ours if check else remove_registry(docker, registry, found[0] if found else None):
            outcome.actions.append("removed the registry and its images")
    if prune and not check:
        images: list[str] = []
        for kind in IMAGE_KINDS:
            images += docker.run("image", "ls", "--filter", f"label={OWN_LABEL}={kind}", "--format", "{{.Repository}}:{{.Tag}}").split()
        # those that a container uses stay
        if [image for image in images if docker.attempt("image", "rm", image).returncode == 0]:
            outcome.actions.append("removed the images made for clusters")

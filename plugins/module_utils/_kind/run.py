# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From what is there to what is asked for: the order in which a cluster, its registry and its additions come about."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._given import given
from ansible_collections.proven.webapp.plugins.module_utils._kind import state
from ansible_collections.proven.webapp.plugins.module_utils._kind.cluster import GRACE_SECONDS, Cluster, Manifest
from ansible_collections.proven.webapp.plugins.module_utils._kind.engine import IMAGE_KINDS, OWN_LABEL
from ansible_collections.proven.webapp.plugins.module_utils._kind.lock import only_one
from ansible_collections.proven.webapp.plugins.module_utils._kind.registry import (
    NETWORK,
    RegistryWork,
    connect_registry,
    registry_work,
    remove_registry,
    run_registry,
    used_by_others,
)
from ansible_collections.proven.webapp.plugins.module_utils._kind.sight import Sight, result
from ansible_collections.proven.webapp.plugins.module_utils._kind.spec import digest, registry_config_map
from ansible_collections.proven.webapp.plugins.module_utils._outcome import Outcome


def describe(cluster: Cluster, sight: Sight) -> dict[str, Any]:
    """A look, as a diff shows it."""
    if sight.node is None:
        return {}
    return {
        "image": sight.node.image,
        "nodes": len(sight.nodes),
        "running": sight.running,
        "usable": sight.health.usable,
        "ports": [str(mapping) for mapping in state.mapped_ports(sight.node)],
        "registry": sight.health.registry_hosting.split("\n")[0],
        "metrics_server": bool(sight.health.metrics),
    }


def wanted(cluster: Cluster, manifest: Manifest | None) -> dict[str, Any]:
    """What is asked for, as a diff shows it."""
    spec = cluster.spec
    return {
        "image": spec.image,
        "nodes": spec.nodes,
        "running": True,
        "usable": True,
        "ports": [str(mapping) for mapping in spec.mappings],
        "registry": f'host: "{spec.registry.push}"' if spec.registry else "",
        "metrics_server": manifest is not None,
    }


def ensure_present(cluster: Cluster, *, metrics_server: str, recreate: bool, check: bool) -> Outcome:
    """
    :raises ProvenError: it can't be had.
    """
    manifest = Manifest(metrics_server) if metrics_server else None
    need = _need(cluster, manifest, recreate=recreate, check=check)
    if not check and _on_its_way(cluster, need):
        with contextlib.suppress(ProvenError):
            cluster.wait_usable(GRACE_SECONDS, len(need.sight.nodes))
        need = _need(cluster, manifest, recreate=recreate, check=False)
    if check or not need.outcome.actions:
        return need.outcome
    with only_one(cluster.spec.name, cluster.say, cluster.wait) as cluster.lock:
        # somebody else may have done it meanwhile
        need = _need(cluster, manifest, recreate=recreate, check=False)
        if need.outcome.actions:
            _do(cluster, manifest, need)
    return need.outcome


def _on_its_way(cluster: Cluster, need: Need) -> bool:
    """Everything runs, and something in it isn't ready yet, as its pods are for a while after it was woken."""
    health = need.sight.health
    return not need.anew and health.answers and not health.usable and cluster.finished(given(need.sight.node))


@dataclass
class Need:
    """What one look showed to be missing.

    :ivar anew: the cluster is to be thrown away first.
    :ivar fresh: it isn't usable yet.
    """

    sight: Sight
    outcome: Outcome
    registry: RegistryWork
    anew: bool
    fresh: bool


def _need(cluster: Cluster, manifest: Manifest | None, *, recreate: bool, check: bool) -> Need:
    """
    :raises ProvenError: there is a cluster of another shape, or somebody else's registry.
    """
    spec = cluster.spec
    sight = cluster.look()
    outcome = Outcome(result(spec, cluster.kubeconfig, sight), describe(cluster, sight), wanted(cluster, manifest))
    found = state.drifts(spec, sight.nodes) if sight.nodes else []
    # what an interrupted creation left is no cluster of another shape
    if found and not sight.health.usable and not (sight.node and cluster.finished(sight.node)):
        found = [drift for drift in found if not drift.blocks]
    outcome.drift = [drift.what for drift in found]
    anew = recreate and bool(found)
    if found and not anew:
        _tell_drift(cluster, sight, found, outcome, check=check)
    work = registry_work(spec.registry, sight.registry) if spec.registry else RegistryWork()
    fresh = anew or not sight.health.usable
    if anew:
        outcome.actions.append("made the cluster anew")
    elif not sight.nodes:
        outcome.actions.append("made the cluster")
    elif not sight.running:
        outcome.actions.append("started the stopped node" if len(sight.nodes) == 1 else "started the stopped nodes")
    elif fresh:
        outcome.actions.append("repaired the cluster")
    if work.needed:
        outcome.actions.append(work.words)
    # of a cluster that sleeps or is broken, nobody knows what it lacks
    if not fresh or (check and (anew or not sight.nodes)):
        _additions(cluster, None if fresh else sight, manifest, outcome)
    return Need(sight, outcome, work, anew, fresh)


def _tell_drift(cluster: Cluster, sight: Sight, found: list[state.Drift], outcome: Outcome, *, check: bool) -> None:
    """
    :raises ProvenError: what is asked for won't work with it.
    """
    spec = cluster.spec
    advice = "Make it anew with cluster_recreate=true, which loses its data."
    blocking = [drift.what for drift in found if drift.blocks]
    if blocking and not check:
        ports = state.mapped_ports(sight.node) if sight.node else ()
        raise ProvenError(
            f"The cluster {spec.name} is there with another shape: {'; '.join(blocking)}.",
            where=f"cluster {spec.name}",
            fix=f"Ask for what it has (cluster_nodes: {len(sight.nodes)}, "
            f"cluster_port_mappings: {', '.join(map(str, ports)) or 'nothing'}). {advice}",
        )
    outcome.warnings.append(f"The cluster {spec.name} differs from what is asked for: {'; '.join(outcome.drift)}. {advice}")
    outcome.after |= {key: outcome.before[key] for key in ("image", "nodes", "ports") if key in outcome.before}


def _do(cluster: Cluster, manifest: Manifest | None, need: Need) -> None:
    """Everything that a look showed to be missing, and what shows only then."""
    spec, sight, outcome, work = cluster.spec, need.sight, need.outcome, need.registry
    if spec.registry and work.needed:
        run_registry(cluster.docker, spec.registry, work)
    if need.anew:
        cluster.say("making the cluster anew")
        cluster.delete()
        cluster.create()
    elif not sight.nodes:
        cluster.create()
    elif need.fresh:
        cluster.revive(sight)
    if spec.registry and (work.connect or need.fresh):
        connect_registry(cluster.docker, spec.registry)
    if need.fresh:
        sight = cluster.look()
        steps = _additions(cluster, sight, manifest, outcome)
    else:
        steps = [step for step, done in DONE.items() if done in outcome.actions]
    for step in steps:
        cluster.say(step)
        if step == WIRE:
            cluster.wire_registry([node.name for node in sight.nodes])
        elif step == TRUST:
            cluster.trust_authorities([node.name for node in sight.nodes])
        elif manifest:
            cluster.apply(*manifest.documents())
    outcome.facts = result(spec, cluster.kubeconfig, sight)


WIRE = "wiring the registry into the cluster"
TRUST = "letting the nodes trust the CA certificates"
METRICS = "applying metrics-server"
DONE = {WIRE: "wired the registry into the cluster", TRUST: "let the nodes trust the CA certificates", METRICS: "applied metrics-server"}
"""Step → what is told of it afterwards."""


def _additions(cluster: Cluster, sight: Sight | None, manifest: Manifest | None, outcome: Outcome) -> list[str]:
    """What has yet to be added to a cluster; notes it in the outcome. Without a look, the cluster is going to be a new one."""
    steps: list[str] = []
    registry = cluster.spec.registry
    if registry:
        hosting = registry_config_map(registry)["data"]["localRegistryHosting.v1"]
        if sight is None or sight.health.registry_hosting != hosting:
            steps.append(WIRE)
    authorities = cluster.spec.authorities
    if authorities and (sight is None or sight.health.authorities != {digest(authorities)}):
        steps.append(TRUST)
    # somebody else's metrics-server (without our annotation) is left alone
    if manifest and (sight is None or sight.health.metrics not in ("", manifest.digest)):
        steps.append(METRICS)
    outcome.actions += [DONE[step] for step in steps]
    return steps


def ensure_absent(cluster: Cluster, *, prune: bool, check: bool) -> Outcome:
    """Remove the cluster; its registry where no other cluster uses it."""
    if check:
        return _remove(cluster, prune=prune, check=True)
    with only_one(cluster.spec.name, cluster.say, cluster.wait):
        return _remove(cluster, prune=prune, check=False)


def _remove(cluster: Cluster, *, prune: bool, check: bool) -> Outcome:
    sight = cluster.look()
    spec = cluster.spec
    outcome = Outcome({**result(replace(spec, registry=None), cluster.kubeconfig, Sight()), "port_map": {}}, describe(cluster, sight), {})
    if sight.nodes:
        outcome.actions.append("removed the cluster")
        if not check:
            cluster.say(f"removing cluster {spec.name}")
            cluster.delete()
    elif not check:
        cluster.delete()  # a kubeconfig may be left
    if spec.registry and not used_by_others(cluster.docker, spec.registry, spec.name):
        if check:
            removed = sight.registry is not None and sight.registry.labels.get(OWN_LABEL) == "registry"
        else:
            removed = remove_registry(cluster.docker, spec.registry, sight.registry)
        if removed:
            outcome.actions.append("removed the registry and its images")
    if prune and not check and _prune(cluster):
        outcome.actions.append("removed the images made for clusters")
    return outcome


def _prune(cluster: Cluster) -> bool:
    """The images of `kind_images` that no container uses, and the network of a kind that has no cluster any more."""
    docker = cluster.docker
    if not docker.cluster_ids():
        docker.attempt("network", "rm", NETWORK)
    images: list[str] = []
    for kind in IMAGE_KINDS:
        images += docker.run("image", "ls", "--filter", f"label={OWN_LABEL}={kind}", "--format", "{{.Repository}}:{{.Tag}}").split()
    removed = [image for image in images if docker.attempt("image", "rm", image).returncode == 0]
    return bool(removed)

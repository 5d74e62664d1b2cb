# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pods that something happens to, with the lab's server in them, and users who lack one right each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.proven.webapp.tests.integration.lab.cases import OTHER, PORT, at, command, http
from ansible_collections.proven.webapp.tests.integration.lab.manifests import SERVING, Manifest, container, pod, probe

NAMESPACE = "proven-verify-faults"
RBAC = Path(__file__).parents[3] / "roles/verify/files/rbac.yml"
EVERYTHING = "everything"
"""The user who lacks nothing."""

QUICK: dict[str, Any] = {"periodSeconds": 1, "failureThreshold": 4}
LONG: dict[str, Any] = {"periodSeconds": 2, "failureThreshold": 10}
"""20 s to be shown: long enough to tell a window that was shortened from one that was not."""

WATCHED = ("watched-1", "watched-2", "watched-3")
"""Three of the same: on a busy machine one may miss a probe, which is a failure for good."""

PATIENT: dict[str, Any] = {"periodSeconds": 1, "failureThreshold": 1000}


def serving(image: str, behaviour: str = "status 200", **numbers: Any) -> Manifest:
    asked = probe(http(), **numbers)
    return container(SERVING, image, [at(PORT, behaviour)], livenessProbe=asked, readinessProbe=asked)


def alive_elsewhere(image: str) -> Manifest:
    """Liveness asks another port than readiness, so that one can fail without the other."""
    probes = {"livenessProbe": probe(http(port=OTHER), **LONG), "readinessProbe": probe(http(), **LONG)}
    return pod("failed-liveness", container(SERVING, image, [at(PORT, "status 200"), at(OTHER, "status 200")], **probes))


def template(name: str, image: str, behaviour: str = "status 200") -> Manifest:
    """A v1.PodTemplateSpec."""
    found = pod(name, serving(image, behaviour, **QUICK))
    return {"metadata": {"labels": found["metadata"]["labels"]}, "spec": found["spec"]}


def deployment(name: str, image: str, replicas: int) -> Manifest:
    spec = {"replicas": replicas, "selector": {"matchLabels": {"lab/case": name}}, "template": template(name, image)}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": spec}


def every_way(image: str) -> Manifest:
    """Is asked by a port-forward, for its header, and by a command."""
    readiness = probe(http(headers=(("Authorization", "Bearer x"),)), **QUICK)
    liveness = probe(command("true"), periodSeconds=2, failureThreshold=2)
    listens = [at(PORT, "needs Authorization Bearer x")]
    return pod("every-way", container(SERVING, image, listens, readinessProbe=readiness, livenessProbe=liveness))


def service(name: str, case: str, **spec: Any) -> Manifest:
    """With the label of a case, so that it is looked at whatever it selects."""
    meta = {"name": name, "labels": {"lab/case": case}}
    return {"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": {"ports": [{"port": PORT}], **spec}}


def objects(image: str) -> list[Manifest]:
    return [
        pod("plain", serving(image, **QUICK)),
        every_way(image),
        service("plain", "plain", selector={"lab/case": "plain"}),
        service("outside", "plain"),
        pod("steady", serving(image, periodSeconds=1, failureThreshold=8)),
        deployment("rolling", image, 1),
        service("rolling", "rolling", selector={"lab/case": "rolling"}),
        deployment("replaced", image, 2),
        pod("gone", serving(image, **QUICK)),
        pod("patient", serving(image, **PATIENT)),
        alive_elsewhere(image),
        *(pod(name, serving(image, **LONG)) for name in (*WATCHED, "failed-once", "fails-now")),
    ]


@dataclass(frozen=True)
class Right:
    """:ivar cluster: not of the namespace."""

    group: str
    resource: str
    verb: str
    cluster: bool

    def __str__(self) -> str:
        return f"{self.verb} {self.resource}"

    @property
    def lacking(self) -> str:
        """The user who has all others."""
        return f"without-{self.verb}-{self.resource.replace('/', '-')}"


def shipped_rights() -> list[Right]:
    """Those that the role verify ships."""
    return [
        Right(group, resource, verb, document["kind"] == "ClusterRole")
        for document in yaml.safe_load(RBAC.read_text())["items"]
        for rule in document["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    ]


def users() -> Iterator[Manifest]:
    """A ServiceAccount for each right, that has all but this one, and one that has them all."""
    rights = shipped_rights()
    lacks: dict[str, Right | None] = {EVERYTHING: None, **{right.lacking: right for right in rights}}
    for name, lacking in lacks.items():
        yield {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": NAMESPACE}}
        for cluster in (False, True):
            has = [right for right in rights if right != lacking and right.cluster == cluster]
            yield from _bound(name, "ClusterRole" if cluster else "Role", has)


def _bound(user: str, kind: str, rights: list[Right]) -> Iterator[Manifest]:
    # What isn't of a namespace has to be found again by its name.
    name = f"{NAMESPACE}-{user}" if kind == "ClusterRole" else user
    meta = {"name": name, "labels": {"app.kubernetes.io/part-of": NAMESPACE}} | ({} if kind == "ClusterRole" else {"namespace": NAMESPACE})
    api = "rbac.authorization.k8s.io"
    rules = [{"apiGroups": [right.group], "resources": [right.resource], "verbs": [right.verb]} for right in rights]
    subject = {"kind": "ServiceAccount", "name": user, "namespace": NAMESPACE}
    yield {"apiVersion": f"{api}/v1", "kind": kind, "metadata": meta, "rules": rules}
    reference = {"apiGroup": api, "kind": kind, "name": name}
    yield {"apiVersion": f"{api}/v1", "kind": f"{kind}Binding", "metadata": meta, "roleRef": reference, "subjects": [subject]}

# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a real cluster refuses: each case with what is there before, what shall be released, and what has to be said of it."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SENTINEL = "s3ntinel-pa55word"
Object = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """:ivar says: parts of the message; empty where nothing is refused.
    :ivar there: objects of somebody else that are in the namespace.
    :ivar released: what Helm has released before, if anything.
    :ivar labels: of the namespace.
    :ivar recreate: components that may be made again.
    """

    says: tuple[str, ...]
    wanted: tuple[Object, ...]
    there: tuple[Object, ...] = ()
    released: tuple[Object, ...] = ()
    labels: Mapping[str, str] | None = None
    recreate: tuple[str, ...] = ()


def thing(kind: str, name: str, version: str = "v1", **parts: Any) -> Object:
    labels = {"app.kubernetes.io/component": "web"}
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name, "labels": labels}, **parts}


def changed(item: Object, *path: str | int, to: Any) -> Object:
    """A copy with another value."""
    found = copy.deepcopy(item)
    place: Any = found
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = to
    return found


RESTRICTED = {
    "allowPrivilegeEscalation": False,
    "runAsNonRoot": True,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}
CONTAINER: Object = {
    "name": "web",
    # Never pulled: no node takes a pod of it.
    "image": "nowhere.invalid/web",
    "resources": {"requests": {"memory": "100Mi", "cpu": "10m"}, "limits": {"memory": "100Mi"}},
    "securityContext": RESTRICTED,
}
POD: Object = {
    "metadata": {"labels": {"app": "web"}},
    "spec": {"nodeSelector": {"example.com/no-such": "node"}, "containers": [CONTAINER]},
}
WEB = thing(
    "Deployment",
    "web",
    "apps/v1",
    spec={
        "replicas": 2,
        "selector": {"matchLabels": {"app": "web"}},
        "strategy": {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
        "template": POD,
    },
)
TEMPLATE = ("spec", "template", "spec")
FIRST = (*TEMPLATE, "containers", 0)
CLAIM = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
DATABASE = thing(
    "StatefulSet",
    "database",
    "apps/v1",
    spec={
        "replicas": 0,
        "serviceName": "database",
        "selector": {"matchLabels": {"app": "web"}},
        "template": POD,
        "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": CLAIM}],
    },
)
JOB = thing("Job", "once", "batch/v1", spec={"suspend": True, "template": changed(POD, "spec", "restartPolicy", to="Never")})
VOLUME = thing("PersistentVolumeClaim", "files", spec=CLAIM)
SERVICE = thing("Service", "web", spec={"selector": {"app": "none"}, "ports": [{"port": 80}]})
SETTINGS = thing("ConfigMap", "settings", data={"LEVEL": "info"})


def quota(**hard: str) -> Object:
    return thing("ResourceQuota", "small", spec={"hard": {name.replace("__", "/").replace("_", "."): text for name, text in hard.items()}})


def cases(taken: int) -> dict[str, Case]:
    """By name.

    :param taken: a node port that another Service has.
    """
    needs = {
        "envFrom": [{"secretRef": {"name": "no-secret"}}, {"configMapRef": {"name": "no-map", "optional": True}}],
    }
    needing = changed(changed(WEB, *FIRST, to={**CONTAINER, **needs}), *TEMPLATE, "serviceAccountName", to="no-account")
    needing["spec"]["template"]["spec"]["imagePullSecrets"] = [{"name": "no-pull"}]
    needing["spec"]["template"]["spec"]["volumes"] = [{"name": "a", "persistentVolumeClaim": {"claimName": "no-claim"}}]
    port = changed(SERVICE, "spec", to={"type": "NodePort", "selector": {"app": "web"}, "ports": [{"port": 80, "nodePort": taken}]})
    limits = thing("LimitRange", "narrow", spec={"limits": [{"type": "Container", "max": {"memory": "64Mi"}}]})
    away = changed(WEB, "spec", "selector", to={"matchLabels": {"app": "other"}})
    away["spec"]["template"]["metadata"]["labels"] = {"app": "other"}
    larger = changed(DATABASE, "spec", "volumeClaimTemplates", 0, "spec", "resources", "requests", "storage", to="2Gi")
    return {
        "all is well": Case((), (WEB, DATABASE, SERVICE, SETTINGS, VOLUME), labels={"pod-security.kubernetes.io/enforce": "restricted"}),
        "no CRD": Case(
            ("Widget/x, kind: the cluster doesn't know the kind Widget of example.com/v1", "its CustomResourceDefinition is missing"),
            (thing("Widget", "x", "example.com/v1"), SETTINGS),
        ),
        "a version that isn't served": Case(
            ("Deployment/web, apiVersion: the cluster has no Deployment in apps/v1beta1", "it has apps/v1"),
            ({**WEB, "apiVersion": "apps/v1beta1"},),
        ),
        "unknown fields": Case(
            ("Deployment/web, spec.replica: the cluster's API knows no such field", "containers[0].imagePullPolicies"),
            (changed(changed(WEB, "spec", "replica", to=1), *FIRST, "imagePullPolicies", to="Always"),),
        ),
        "an unknown field in an upgrade": Case(
            ("Service/web, spec.prots: the cluster's API knows no such field",),
            (changed(SERVICE, "spec", "prots", to=1),),
            released=(SERVICE,),
        ),
        "a value that isn't allowed": Case(
            ("Service/web, spec.ports[0].port: ",), (changed(SERVICE, "spec", "ports", 0, "port", to=70000),)
        ),
        "Pod Security": Case(
            ("Deployment/web: its pods break the Pod Security Standard", "privileged"),
            (changed(WEB, *FIRST, "securityContext", to={"privileged": True}),),
            labels={"pod-security.kubernetes.io/enforce": "restricted"},
        ),
        "a LimitRange": Case(("Deployment/web: a LimitRange of the namespace refuses its pods: maximum memory",), (WEB,), there=(limits,)),
        "a quota that wants limits": Case(
            ("Deployment/web: the ResourceQuota small wants its containers to say", "limits.cpu"), (WEB,), there=(quota(limits_cpu="1"),)
        ),
        "a quota without room": Case(
            (
                "ResourceQuota/small, requests.memory: the change needs 200Mi more at its peak (Deployment/web 200Mi)",
                "and 150Mi of 150Mi are free",
            ),
            (WEB,),
            there=(quota(requests_memory="150Mi"),),
        ),
        "a quota without room for a surge": Case(
            ("ResourceQuota/small, pods: the change needs 1 more at its peak (Deployment/web 1), and 0 of 2 are free",),
            (changed(WEB, *FIRST, "image", to="nowhere.invalid/other"),),
            there=(quota(pods="2"),),
            released=(WEB,),
        ),
        "a quota with room for no surge": Case(
            (),
            (changed(changed(WEB, *FIRST, "image", to="nowhere.invalid/other"), "spec", "strategy", to={"type": "Recreate"}),),
            there=(quota(pods="2"),),
            released=(changed(WEB, "spec", "strategy", to={"type": "Recreate"}),),
        ),
        "a quota of objects": Case(
            ("ResourceQuota/small, services.nodeports: the change needs 1 more", "ResourceQuota/small, count/deployments.apps"),
            (changed(port, "spec", "ports", 0, to={"port": 80}), WEB),
            there=(quota(services_nodeports="0", count__deployments_apps="0"),),
        ),
        "what pods need": Case(
            (
                "serviceAccountName: needs the ServiceAccount no-account",
                "imagePullSecrets[0]: needs the Secret no-pull",
                "volumes[0].persistentVolumeClaim.claimName: needs the PersistentVolumeClaim no-claim",
                "envFrom[0].secretRef.name: needs the Secret no-secret",
            ),
            (needing,),
        ),
        "a node port": Case((f"the node port {taken} is taken by the Service todo/",), (port,)),
        "somebody else's": Case(
            ("ConfigMap/settings: there is one of this name already, which wasn't made by Helm",), (SETTINGS,), there=(SETTINGS,)
        ),
        "a selector": Case(
            ("Deployment/web, spec.selector: can't be changed", "release_recreate: [web]", "its pods end with it"), (away,), released=(WEB,)
        ),
        "volume claim templates": Case(
            ("StatefulSet/database, spec.volumeClaimTemplates: can't be changed", "its pods go on serving"), (larger,), released=(DATABASE,)
        ),
        "the name of a service": Case(
            ("StatefulSet/database, spec.serviceName: can't be changed",),
            (changed(DATABASE, "spec", "serviceName", to="other"),),
            released=(DATABASE,),
        ),
        "how pods are managed": Case(
            ("StatefulSet/database, spec.podManagementPolicy: can't be changed",),
            (changed(DATABASE, "spec", "podManagementPolicy", to="Parallel"),),
            released=(DATABASE,),
        ),
        "the template of a Job": Case(
            ("Job/once, spec.template: can't be changed",),
            (changed(JOB, *FIRST, "image", to="nowhere.invalid/other"),),
            released=(JOB,),
        ),
        "the class of a volume": Case(
            ("PersistentVolumeClaim/files, spec.storageClassName: can't be changed", "a volume isn't deleted here"),
            (changed(VOLUME, "spec", "storageClassName", to="other"),),
            released=(VOLUME,),
            recreate=("web",),
        ),
        "the size of a volume": Case(
            ("PersistentVolumeClaim/files, spec.resources: ",),
            (changed(VOLUME, "spec", "resources", "requests", "storage", to="512Mi"),),
            released=(VOLUME,),
        ),
        "a cluster IP": Case(
            ("Service/web, spec.clusterIP: can't be changed",), (changed(SERVICE, "spec", "clusterIP", to="None"),), released=(SERVICE,)
        ),
        "what may be made again": Case((), (larger, away), released=(DATABASE, WEB), recreate=("web",)),
    }

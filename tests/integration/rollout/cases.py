# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Releases that are good, bad, slow or stuck, as manifests; and what has to be said about each, and when.

All run the shipped backend's image, which has Python: what a container does is a few lines of it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Manifest = dict[str, Any]
SERVES = "import http.server as h; h.test(HandlerClass=h.SimpleHTTPRequestHandler, port=8080)"
SLEEPS = "import time; time.sleep(3600)"
PROGRAM = "import os, sys, time\n"


@dataclass(frozen=True)
class Case:
    """:ivar objects: of the release that has the case's name.
    :ivar doomed: a part of the reason; empty where it has to come up.
    :ivar after: what the time is counted from: `warning` is the cluster's first one of it, `start` and `end` are those of the container's
        last run. What the cluster needs until then is its own affair, and differs with how busy the machine is.
    :ivar within: seconds from there to the verdict.
    :ivar log: what the message has to quote of the container's log.
    :ivar before: applied first, and waited for.
    """

    name: str
    objects: Sequence[Manifest]
    doomed: str = ""
    within: float = 3
    after: str = "warning"
    log: str = ""
    before: Sequence[Manifest] = ()


def labels(name: str) -> dict[str, str]:
    return {"app.kubernetes.io/instance": name, "app.kubernetes.io/component": "web"}


def container(image: str, program: str = SERVES, **more: Any) -> Manifest:
    return {
        "name": "web",
        "image": image,
        "command": ["python", "-c", PROGRAM + program],
        "workingDir": "/tmp",
        "ports": [{"name": "http", "containerPort": 8080}],
        "resources": {"requests": {"cpu": "1m", "memory": "8Mi"}},
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],
        **more,
    }


def template(name: str, *containers: Manifest, **spec: Any) -> Manifest:
    volumes = [{"name": "tmp", "emptyDir": {}}, *spec.pop("volumes", ())]
    return {
        "metadata": {"labels": labels(name)},
        "spec": {
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "terminationGracePeriodSeconds": 1,
            "containers": list(containers),
            "volumes": volumes,
            **spec,
        },
    }


def workload(kind: str, name: str, made: Manifest, says: Any = None, **spec: Any) -> Manifest:
    annotations = {"annotations": {"proven.webapp/rollout": json.dumps(says)}} if says else {}
    return {
        "apiVersion": "batch/v1" if kind == "Job" else "apps/v1",
        "kind": kind,
        "metadata": {"name": name, "labels": labels(name), **annotations},
        "spec": {"template": made, **({} if kind == "Job" else {"selector": {"matchLabels": labels(name)}}), **spec},
    }


def deployment(name: str, *containers: Manifest, says: Any = None, replicas: int = 1, **spec: Any) -> Manifest:
    return workload("Deployment", name, template(name, *containers, **spec), says, replicas=replicas)


def service(name: str, port: str = "http") -> Manifest:
    spec = {"selector": labels(name), "ports": [{"port": 80, "targetPort": port}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "labels": labels(name)}, "spec": spec}


def quota(name: str) -> Manifest:
    """No room for a pod that asks for the priority class that the quota is about; other cases ask for none."""
    scope = {"matchExpressions": [{"scopeName": "PriorityClass", "operator": "In", "values": [name]}]}
    return {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": name},
        "spec": {"hard": {"pods": "0"}, "scopeSelector": scope},
    }


def probe(period: int = 1, failures: int = 3, path: str = "/", **more: int) -> Manifest:
    return {"httpGet": {"path": path, "port": 8080}, "periodSeconds": period, "failureThreshold": failures, **more}


def falls(times: int) -> str:
    """A program that ends so often, and then serves. The pod's volume outlives its containers."""
    return f"""
n = int(open('/tmp/n').read()) if os.path.exists('/tmp/n') else 0
open('/tmp/n', 'w').write(str(n + 1))
if n < {times}:
    sys.exit('fell for the %dth time' % (n + 1))
{SERVES}"""


def _claim(size: str = "1Mi", **spec: Any) -> Manifest:
    return {
        "metadata": {"name": "data"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}, **spec},
    }


def cases(image: str) -> list[Case]:
    """:param image: the backend's reference."""
    gone = f"{image.split('@')[0].rsplit(':', 1)[0] if '@' not in image else image.split('@')[0]}-nowhere:1"
    good = container(image, readinessProbe=probe())
    never = container(image, readinessProbe=probe(path="/nothing"))
    broken = container(gone)
    secret = container(image, envFrom=[{"secretRef": {"name": "absent-secret"}}])
    init = {**container(image, "sys.exit('not prepared')"), "name": "prepare"}
    falls_at_once = container(image, "sys.exit('no database')", readinessProbe=probe())
    greedy = container(image, "x = b'x' * 10 ** 9", readinessProbe=probe(), resources={"limits": {"memory": "48Mi"}})
    forgiving_nothing = {"restartsTolerated": 0}
    no_class = _claim(storageClassName="nowhere")
    mounting = {**good, "volumeMounts": [*good["volumeMounts"], {"name": "absent", "mountPath": "/absent"}]}
    absent = {"name": "absent", "configMap": {"name": "absent-config"}}
    tight = {"priorityClassName": "quota-class"}

    def job(name: str, *containers: Manifest, **spec: Any) -> Manifest:
        return workload("Job", name, template(name, *containers, restartPolicy="Never"), **spec)

    def daemon(name: str, *containers: Manifest) -> Manifest:
        return workload("DaemonSet", name, template(name, *containers))

    def stateful(name: str, *claims: Manifest, **spec: Any) -> Manifest:
        return workload("StatefulSet", name, template(name, good, **spec), serviceName="x", volumeClaimTemplates=list(claims))

    def one(name: str, *containers: Manifest, **more: Any) -> list[Manifest]:
        return [deployment(name, *containers, **more)]

    return [
        # --- that come up
        Case("good", [deployment("good", good, replicas=2), service("good")]),
        Case("falls-twice", one("falls-twice", container(image, falls(2), readinessProbe=probe()))),
        Case("slow-start", one("slow-start", container(image, f"time.sleep(40)\n{SERVES}", startupProbe=probe(1, 60)))),
        Case("job", [job("job", container(image, "pass"))]),
        Case("daemon", [daemon("daemon", good)]),
        Case("set", [stateful("set", _claim())]),
        # --- images
        Case("bad-image", one("bad-image", broken), "not found"),
        Case("job-image", [job("job-image", broken)], "not found"),
        Case("daemon-bad", [daemon("daemon-bad", broken)], "not found", before=[daemon("daemon-bad", good)]),
        Case("replaced", one("replaced", broken, replicas=2), "not found", before=one("replaced", good, replicas=2)),
        # --- ends
        Case("crash", one("crash", falls_at_once, says=forgiving_nothing), "exit code 1", 3, "end", "no database"),
        Case("crash-tolerated", one("crash-tolerated", falls_at_once), "2 restarts", 3, "end", "no database"),
        Case("init-falls", one("init-falls", good, initContainers=[init], says=forgiving_nothing), "exit code 1", 3, "end", "not prepared"),
        # Which the runtime doesn't always tell as what it was.
        Case("memory", one("memory", greedy, says=forgiving_nothing), "exit code 137", 3, "end"),
        Case("no-command", one("no-command", {**good, "command": ["/nothing/here"]}), "no such file or directory"),
        Case("job-fails", [job("job-fails", falls_at_once, backoffLimit=0)], "BackoffLimitExceeded", 6, "end", "no database"),
        # --- probes: 5 x 1 s and a timeout of 1 s; 6 s; each 3 s more
        Case("never-started", one("never-started", container(image, startupProbe=probe(1, 5, "/nothing"))), "within the 6 s", 9, "start"),
        Case("never-ready", one("never-ready", never, says={"readyWithin": 6}), "isn't ready within the 6 s", 9, "start"),
        # --- what isn't there
        Case("no-secret", one("no-secret", secret), 'secret "absent-secret" not found', 4),
        Case("no-config-volume", one("no-config-volume", mounting, volumes=[absent]), 'configmap "absent-config" not found', 4),
        Case("set-no-class", [stateful("set-no-class", no_class)], '"nowhere" not found'),
        Case("no-port", [deployment("no-port", good), service("no-port", "metrics")], "no port of its pods is called metrics", 25, "start"),
        # --- room
        Case("unschedulable", one("unschedulable", good, nodeSelector={"nowhere": "true"}), "no node takes it: 0/", 7),
        Case("too-big", one("too-big", {**good, "resources": {"requests": {"cpu": "900"}}}), "Insufficient cpu", 7),
        Case("quota", one("quota", good, **tight), "exceeded quota: quota-class, requested: pods=1, used: pods=0"),
        Case("quota-set", [stateful("quota-set", **tight)], "exceeded quota"),
    ]

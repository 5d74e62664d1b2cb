# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pods whose probes have consequences: restarts, pods that go, Services. Each is one of the surprises that a real kubelet has."""

from __future__ import annotations

from .cases import OTHER, PORT, at, http, tcp
from .manifests import NEVER, SERVING, USUAL, Manifest, container, pod, probe

SIDECAR, LEAVING = "beside", "leaving"

DOOMED = {"periodSeconds": 1, "failureThreshold": 2, "timeoutSeconds": 1}


def pods(image: str) -> list[Manifest]:
    """All of them, made together with the cases so that nobody waits twice."""

    def serving(*listen: object, name: str = SERVING, **more: object) -> Manifest:
        return container(name, image, listen, **more)

    good, bad = at(PORT, "status 200"), at(PORT, "status 500")
    return [
        # Well again after each restart, and Ready all the time: nothing else says that it was ill.
        pod("restarts-behind-ready", serving(good, livenessProbe=probe(http(), periodSeconds=1, failureThreshold=2))),
        # Never started: the two other probes are never asked.
        pod("startup-fails", serving(bad, startupProbe=probe(http(), **DOOMED), livenessProbe=probe(http()), readinessProbe=probe(http()))),
        pod(
            "held-back",
            serving(
                good,
                at(OTHER, "status 503"),
                startupProbe=probe(http(port=OTHER)),
                livenessProbe=probe(http()),
                readinessProbe=probe(http()),
            ),
        ),
        pod(
            "slow-start",
            serving(
                at(PORT, "status 200", after=10),
                startupProbe=probe(http(), periodSeconds=1, failureThreshold=14),
                livenessProbe=probe(http(), failureThreshold=USUAL),
                readinessProbe=probe(http(), failureThreshold=USUAL),
            ),
        ),
        pod(
            "memory-death",
            serving(
                good,
                env=[{"name": "LAB_EATS", "value": "5"}],
                resources={"requests": {"cpu": "1m", "memory": "48Mi"}, "limits": {"memory": "48Mi"}},
                livenessProbe=probe(http()),
                readinessProbe=probe(http()),
            ),
        ),
        # On its way out it stays for long: liveness probes end with the pod's deletion, but for those of sidecars.
        pod(
            LEAVING,
            serving(good, env=[{"name": "LAB_STAYS", "value": "1"}], livenessProbe=probe(http()), readinessProbe=probe(http())),
            initContainers=[
                serving(
                    at(OTHER, "status 200"),
                    name=SIDECAR,
                    restartPolicy="Always",
                    env=[{"name": "LAB_STAYS", "value": "1"}, {"name": "LAB_CONTROL", "value": "9901"}],
                    livenessProbe=probe(http(port=OTHER)),
                    readinessProbe=probe(http(port=OTHER)),
                )
            ],
            terminationGracePeriodSeconds=300,
        ),
        pod("database", serving(good, readinessProbe=probe(http()))),
        pod(
            "tied-to-database",
            serving(
                at(PORT, f"database database {PORT}"), livenessProbe=probe(http(), failureThreshold=NEVER), readinessProbe=probe(http())
            ),
        ),
        # Its first readiness probe is far away.
        pod("delayed", serving(good, livenessProbe=probe(http()), readinessProbe=probe(http(), initialDelaySeconds=3600))),
        # Unready, and yet a Service sends it traffic.
        pod("published", serving(bad, livenessProbe=probe(http()), readinessProbe=probe(http()))),
    ]


def service(name: str, selects: str, **spec: object) -> Manifest:
    """A v1.Service in front of a case's pod."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "labels": {"app.kubernetes.io/part-of": "lab"}},
        "spec": {"selector": {"lab/case": selects}, "ports": [{"port": PORT}], **spec},
    }


def services() -> list[Manifest]:
    return [
        service("database", "database"),
        service("published", "published", publishNotReadyAddresses=True),
        service("empty", "refused"),
        service("good", "http-200"),
    ]


def siblings(image: str) -> Manifest:
    """Two pods of one ReplicaSet; a test makes them differ."""
    asked = {
        "livenessProbe": probe(tcp(), failureThreshold=USUAL),
        "readinessProbe": probe(http(), failureThreshold=USUAL),
    }
    template = pod("siblings", container(SERVING, image, [at(PORT, "status 200")], **asked))
    del template["apiVersion"], template["kind"], template["metadata"]["name"]
    return {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {"name": "siblings"},
        "spec": {"replicas": 2, "selector": {"matchLabels": {"lab/case": "siblings"}}, "template": template},
    }

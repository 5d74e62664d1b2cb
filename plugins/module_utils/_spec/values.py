# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From the application to the chart's values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._spec import kubernetes, options
from ansible_collections.proven.webapp.plugins.module_utils._spec.model import App, Component, Rollout, Task
from ansible_collections.proven.webapp.plugins.module_utils._spec.network import network_rules

SAME = {
    "cron": "cron",
    "job": "job",
    "autoscale": "autoscale",
    "keda": "keda",
    "disruption": "disruption",
    "security": "security",
    "serviceAccount": "service_account",
    "ingress": "ingress",
    "monitoring": "monitoring",
    "preStop": "pre_stop",
    "labels": "labels",
    "annotations": "annotations",
}
"""Keys of the values that hold what the inventory says, by the chart's names."""


def chart_values(
    app: App, *, images: Mapping[str, str], secret_names: Mapping[str, str], chart_digest: str, pull_secrets: Sequence[str] = ()
) -> dict[str, Any]:
    """The Helm values of a release; the same input always gives the same values.

    :param images: image reference by component, for those that are built; best by digest.
    :param secret_names: name of the Secret by component, for those that have secrets.
    :param chart_digest: digest of the chart's files, so that an edited chart is a changed release.
    :param pull_secrets: names of the Secrets that images are pulled with.
    :raises ProvenError: a component lacks its image or its Secret.
    """
    policies = network_rules(app)
    values: dict[str, Any] = {
        "chartDigest": chart_digest,
        "components": {
            name: _component(app.components[name], _image(app, name, images), secret_names, policies.get(name))
            for name in sorted(app.components)
        },
        "imagePullSecrets": list(pull_secrets),
        "quota": app.options.get("quota"),
        "limits": app.options.get("limits"),
        "extraObjects": app.options.get("extra_objects"),
    }
    return {key: value for key, value in values.items() if value not in (None, {}, []) or key == "components"}


def _image(app: App, name: str, images: Mapping[str, str]) -> str:
    owner = app.components[name].image_of or name
    image = images.get(owner) or app.components[owner].image
    if not image:
        raise ProvenError(
            f'No image is known for the component "{name}".',
            where="the map of images",
            fix="build and deliver it first (role images), or give the component an image in the inventory",
        )
    return image


def _component(component: Component, image: str, secret_names: Mapping[str, str], policy: Mapping[str, Any] | None) -> dict[str, Any]:
    """One component; what the inventory leaves out is left out here too, or has the chart's default."""
    secret = secret_names.get(component.name) if component.secrets else None
    if component.secrets and not secret:
        raise ProvenError(
            f'No Secret is known for the component "{component.name}", which needs {", ".join(component.secrets)}.',
            where="the map of Secret names",
            fix="make its Secret first (role secrets)",
        )
    given = {key: options.COMPONENT[key].chart(value) for key, value in component.options.items()}
    values: dict[str, Any] = {
        "kind": component.kind,
        "image": image,
        "replicas": component.replicas if component.kind in options.LONG_RUNNING else None,
        "terminationGraceSeconds": component.termination_grace_seconds,
        "command": list(component.command),
        "args": list(component.args),
        "ports": kubernetes.ports(component.ports),
        "service": _service(component),
        "probes": kubernetes.probes(component.probes),
        "env": {name: value for name, value in component.env.items() if isinstance(value, str)},
        "envSources": kubernetes.environment({name: value for name, value in component.env.items() if not isinstance(value, str)}),
        "envFrom": kubernetes.environment_from(component.options.get("env_from", [])),
        "files": {path: file for path, file in component.files.items() if isinstance(file, str)},
        "secretName": secret,
        "dependsOn": {name: dependency.on_loss for name, dependency in component.depends_on.items()},
        "rollout": _rollout(component.rollout),
        "strategy": _strategy(component.rollout),
        "route": _route(given.get("route"), component.rollout),
        "resources": None if component.resources is None else kubernetes.resources(component.resources),
        "storage": _storage(component),
        "writable": list(component.writable),
        "volumes": kubernetes.volumes(component, secret),
        "containers": kubernetes.containers(component, image, secret),
        "pod": kubernetes.pod(component),
        "spread": component.options.get("scheduling", {}).get("spread"),
        "network": policy,
        "migrate": _task(component.migrate),
        "test": _task(component.test),
        **{key: given.get(snake) for key, snake in SAME.items()},
    }
    return {key: value for key, value in values.items() if value not in (None, {}, []) or (key == "serviceAccount" and value is not None)}


def _service(component: Component) -> dict[str, Any] | None:
    if component.kind != "web" or not component.ports:
        return None
    expose = component.expose
    service: dict[str, Any] = {"type": expose.type, "port": expose.port or next(iter(component.ports.values())).port}
    if expose.node_port is not None:
        service["nodePort"] = expose.node_port
    if expose.annotations:
        service["annotations"] = dict(expose.annotations)
    return service


def _rollout(rollout: Rollout) -> dict[str, int]:
    given = {"restartsTolerated": rollout.restarts_tolerated, "readyWithin": rollout.ready_within}
    return {key: number for key, number in given.items() if number is not None}


def _route(given: Any, rollout: Rollout) -> dict[str, Any] | None:
    """With what a canary gets of the requests, in percent."""
    return {**given, "canary": rollout.weight} if given and rollout.weight is not None else given


def _strategy(rollout: Rollout) -> dict[str, Any]:
    given = {
        "recreate": True if rollout.strategy == "recreate" else None,
        "maxSurge": rollout.max_surge,
        "maxUnavailable": rollout.max_unavailable,
        "minReadySeconds": rollout.min_ready_seconds,
    }
    return {key: value for key, value in given.items() if value is not None}


def _storage(component: Component) -> dict[str, Any] | None:
    if component.storage is None:
        return None
    storage: dict[str, Any] = {"path": component.storage.path, "size": component.storage.size}
    if component.storage.per_replica:
        storage["perReplica"] = True
    if component.storage.storage_class is not None:
        storage["storageClass"] = component.storage.storage_class
    return storage


def _task(task: Task | None) -> dict[str, Any] | None:
    return None if task is None else {"command": list(task.command), "timeoutSeconds": task.timeout_seconds}

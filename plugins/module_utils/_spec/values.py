# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From the application to the chart's values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._spec.model import App, Component, Resources, Rollout, Task


def chart_values(app: App, *, images: Mapping[str, str], secret_names: Mapping[str, str], chart_digest: str) -> dict[str, Any]:
    """The Helm values of a release; the same input always gives the same values.

    :param images: image reference by component, for those that are built; best by digest.
    :param secret_names: name of the Secret by component, for those that have secrets.
    :param chart_digest: digest of the chart's files, so that an edited chart is a changed release.
    :raises ProvenError: a component lacks its image or its Secret.
    """
    return {
        "chartDigest": chart_digest,
        "components": {name: _component(app.components[name], images, secret_names) for name in sorted(app.components)},
    }


def _component(component: Component, images: Mapping[str, str], secret_names: Mapping[str, str]) -> dict[str, Any]:
    """One component; what the inventory leaves out is left out here too, or has the chart's default."""
    image = images.get(component.name) or component.image
    if not image:
        raise ProvenError(
            f'No image is known for the component "{component.name}".',
            where="the map of images",
            fix="build and deliver it first (role images), or give the component an image in the inventory",
        )
    secret = secret_names.get(component.name) if component.secrets else None
    if component.secrets and not secret:
        raise ProvenError(
            f'No Secret is known for the component "{component.name}", which needs {", ".join(component.secrets)}.',
            where="the map of Secret names",
            fix="make its Secret first (role secrets)",
        )
    values: dict[str, Any] = {
        "kind": component.kind,
        "image": image,
        "replicas": component.replicas,
        "terminationGraceSeconds": component.termination_grace_seconds,
        "command": list(component.command),
        "args": list(component.args),
        # A list, because Helm sorts mappings, and the first port is the main one.
        "ports": [{"name": name, "port": port} for name, port in component.ports.items()],
        "service": _service(component),
        "probes": {
            name: dict(probe)
            for name, probe in (
                ("startup", component.probes.startup),
                ("liveness", component.probes.liveness),
                ("readiness", component.probes.readiness),
            )
            if probe
        },
        "env": dict(component.env),
        "files": dict(component.files),
        "secretName": secret,
        "dependsOn": {name: dependency.on_loss for name, dependency in component.depends_on.items()},
        "rollout": _rollout(component.rollout),
        "resources": None if component.resources is None else _resources(component.resources),
        "storage": _storage(component),
        "writable": list(component.writable),
        "migrate": _task(component.migrate),
        "test": _task(component.test),
    }
    return {key: value for key, value in values.items() if value not in (None, {}, [])}


def _service(component: Component) -> dict[str, Any] | None:
    if component.kind != "web" or not component.ports:
        return None
    expose = component.expose
    service: dict[str, Any] = {"type": expose.type, "port": expose.port or next(iter(component.ports.values()))}
    if expose.node_port is not None:
        service["nodePort"] = expose.node_port
    return service


def _rollout(rollout: Rollout) -> dict[str, int]:
    given = {"restartsTolerated": rollout.restarts_tolerated, "readyWithin": rollout.ready_within}
    return {key: number for key, number in given.items() if number is not None}


def _resources(resources: Resources) -> dict[str, Any]:
    sides = {"requests": dict(resources.requests), "limits": dict(resources.limits)}
    return {side: amounts for side, amounts in sides.items() if amounts}


def _storage(component: Component) -> dict[str, Any] | None:
    if component.storage is None:
        return None
    storage = {"path": component.storage.path, "size": component.storage.size}
    if component.storage.storage_class is not None:
        storage["storageClass"] = component.storage.storage_class
    return storage


def _task(task: Task | None) -> dict[str, Any] | None:
    return None if task is None else {"command": list(task.command), "timeoutSeconds": task.timeout_seconds}

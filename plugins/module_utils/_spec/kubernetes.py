# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Parts of a pod in Kubernetes' own form, which the chart writes down as they are. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._spec.model import Component, Container, Port, Probes, Resources

Object = dict[str, Any]


def environment(env: Mapping[str, Any]) -> list[Object]:
    """Variables written out. "$$" is a plain "$" to Kubernetes."""
    return [
        {"name": name, "value": value.replace("$", "$$")} if isinstance(value, str) else {"name": name, "valueFrom": _source(value)}
        for name, value in env.items()
    ]


def _source(value: Mapping[str, Any]) -> Object:
    if "field" in value:
        return {"fieldRef": {"fieldPath": value["field"]}}
    if "resource" in value:
        return {"resourceFieldRef": {"resource": value["resource"]}}
    kind, name = ("secretKeyRef", value["secret"]) if "secret" in value else ("configMapKeyRef", value["config_map"])
    return {kind: {"name": name, "key": value["key"], **({"optional": True} if value.get("optional") else {})}}


def environment_from(sources: Sequence[Mapping[str, Any]]) -> list[Object]:
    """Secrets and ConfigMaps whose keys become variables."""
    found = []
    for source in sources:
        kind, name = ("secretRef", source["secret"]) if "secret" in source else ("configMapRef", source["config_map"])
        reference = {"name": name, **({"optional": True} if source.get("optional") else {})}
        found.append({kind: reference, **({"prefix": source["prefix"]} if "prefix" in source else {})})
    return found


def ports(given: Mapping[str, Port]) -> list[Object]:
    """A list, because Helm sorts mappings, and the first port is the main one."""
    found = []
    for name, port in given.items():
        more = {"protocol": port.protocol} if port.protocol != "TCP" else {}
        found.append({"name": name, "port": port.port, **more, **({"appProtocol": port.app_protocol} if port.app_protocol else {})})
    return found


def probes(given: Probes) -> Object:
    """Those that are given, by their short names."""
    every = (("startup", given.startup), ("liveness", given.liveness), ("readiness", given.readiness))
    return {name: dict(probe) for name, probe in every if probe}


def resources(given: Resources) -> Object:
    sides = {"requests": dict(given.requests), "limits": dict(given.limits)}
    return {side: amounts for side, amounts in sides.items() if amounts}


def containers(component: Component, image: str, secret: str | None) -> list[Object]:
    """Init containers, then sidecars, which go on beside the component's own."""
    init = [_container(name, one, component, image, secret) for name, one in component.init.items()]
    sidecars = [_container(name, one, component, image, secret) for name, one in component.sidecars.items()]
    return [*init, *({**one, "restartPolicy": "Always"} for one in sidecars)]


def _container(name: str, given: Container, component: Component, image: str, secret: str | None) -> Object:
    env, sources = environment(given.env), environment_from(given.env_from)
    if given.image is None:
        # The component's own program needs what it needs there.
        env = [*environment({key: value for key, value in component.env.items() if key not in given.env}), *env]
        own = [{"secretRef": {"name": secret}}] if secret else []
        sources = [*environment_from(component.options.get("env_from", [])), *own, *sources]
    else:
        env += [{"name": key, "valueFrom": {"secretKeyRef": {"name": secret, "key": key}}} for key in given.secrets]
    found = {
        "name": name,
        "image": given.image or image,
        "command": list(given.command),
        "args": list(given.args),
        "env": env,
        "envFrom": sources,
        "ports": [
            {"name": port, "containerPort": one.port, **({"protocol": one.protocol} if one.protocol != "TCP" else {})}
            for port, one in given.ports.items()
        ],
        **{f"{kind}Probe": probe for kind, probe in probes(given.probes).items()},
        "resources": resources(given.resources) if given.resources is not None else None,
    }
    return {key: value for key, value in found.items() if value not in (None, [], {})}


def volumes(component: Component, secret: str | None) -> list[Object]:
    """``[{name, mounts, source}]``, or with ``claim`` instead of a source where the chart makes one.

    `early`: it doesn't come with the release, so that migrations, which run before it, can have it.
    """
    found: list[Object] = []
    for name, given in component.options.get("volumes", {}).items():
        mount: Object = {"mountPath": given["path"]}
        mount |= {"subPath": given["sub_path"]} if "sub_path" in given else {}
        mount |= {"readOnly": True} if given.get("read_only") or given.keys() & {"secret", "config_map"} else {}
        found.append({"name": f"volume-{name}", "mounts": [mount], **_volume_source(name, given)})
    for number, (path, file) in enumerate(component.files.items()):
        if not isinstance(file, str):
            inside = path.rpartition("/")[2]
            key = file.get("key", file.get("secret"))
            more = {"items": [{"key": key, "path": inside}], **({"optional": True} if file.get("optional") else {})}
            source = (
                {"secret": {"secretName": file["secret"] if "key" in file else secret, **more}}
                if "secret" in file
                else {"configMap": {"name": file["config_map"], **more}}
            )
            mount = {"mountPath": path, "subPath": inside, "readOnly": True}
            found.append({"name": f"file-{number}", "mounts": [mount], "source": source, "early": True})
    return found


def _volume_source(name: str, given: Mapping[str, Any]) -> Object:
    if "size" in given:
        claim = {"name": name, "size": given["size"], "access": given.get("access", "ReadWriteOnce"), "keep": given.get("keep", True)}
        return {"claim": claim | ({"storageClass": given["storage_class"]} if "storage_class" in given else {})}
    if "claim" in given:
        return {"source": {"persistentVolumeClaim": {"claimName": given["claim"]}}}
    if "empty" in given:
        size = {"sizeLimit": given["empty"]["size"]} if "size" in given["empty"] else {}
        return {"source": {"emptyDir": size | ({"medium": "Memory"} if given["empty"].get("memory") else {})}}
    if "secret" in given:
        return {"source": {"secret": {"secretName": given["secret"]}}, "early": True}
    if "config_map" in given:
        return {"source": {"configMap": {"name": given["config_map"]}}, "early": True}
    return {"source": given["source"]}


def pod(component: Component) -> Object:
    """Fields of the pod's spec that say where it runs."""
    given = component.options.get("scheduling", {})
    names = {
        "node_selector": "nodeSelector",
        "tolerations": "tolerations",
        "affinity": "affinity",
        "priority_class": "priorityClassName",
        "runtime_class": "runtimeClassName",
    }
    return {field: given[key] for key, field in names.items() if key in given}

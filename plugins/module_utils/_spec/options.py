# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The keys of a component, and of the application, that say something special: what each holds, as data.

What is written in Kubernetes' own words (`Raw`) is passed on as it is, and tried by the API server before anything is applied.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._spec import rules
from ansible_collections.proven.webapp.plugins.module_utils._spec.node import Node
from ansible_collections.proven.webapp.plugins.module_utils._spec.rules import Pattern, Range
from ansible_collections.proven.webapp.plugins.module_utils._spec.schedule import Schedule, Zone
from ansible_collections.proven.webapp.plugins.module_utils._spec.shapes import (
    Amount,
    Choice,
    Command,
    Each,
    Fields,
    Flag,
    Named,
    Number,
    Raw,
    RawList,
    Scalar,
    Scalars,
    Shape,
    Share,
    Short,
    Text,
    Texts,
)

# -- texts ---------------------------------------------------------------------------------------------------------------
QUALIFIED = Pattern(
    re.compile(r"([a-z0-9]([-.a-z0-9]*[a-z0-9])?/)?[A-Za-z0-9]([-_.A-Za-z0-9]*[A-Za-z0-9])?"), 317, "a name such as example.org/team"
)
KEY = Pattern(re.compile(r"[-._A-Za-z0-9]+"), 253, "letters, digits, '-', '_' and '.'")
HOST = Pattern(
    re.compile(r"(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"), 253, "a host name such as app.example.org"
)
DURATION = Pattern(re.compile(r"([0-9]{1,5}(h|m|s|ms)){1,4}"), 20, "a duration such as 30s or 1m30s")
CIDR = Pattern(re.compile(r"[0-9a-fA-F:.]+/[0-9]{1,3}"), 49, "a range of addresses such as 10.0.0.0/8")
FIELD = Pattern(re.compile(r"(metadata|spec|status)\.[A-Za-z0-9._/\[\]'-]+"), 317, "a field of the pod such as status.podIP")
QUANTITY_OF = Pattern(re.compile(r"(requests|limits)\.[a-z0-9./-]+"), 253, "an amount such as limits.memory")
PREFIX = Pattern(re.compile(r"[A-Za-z_][A-Za-z0-9_]*"), 63, "letters, digits and '_', not beginning with a digit")
SUB_PATH = Pattern(re.compile(r"(?!/)(?!(.*/)?\.\.(/|$))[^\0]+"), 4096, "a path inside of the volume, without '..'")

# -- numbers -------------------------------------------------------------------------------------------------------------
PODS = Range(1, 1000)
PERCENT = Range(1, 1000)
RETRIES = Range(0, 100)
KEPT = Range(0, 100)
LONG_SECONDS = Range(1, 7 * 86400)
USER = Range(1, 2**31 - 1)


# -- what several keys say together --------------------------------------------------------------------------------------
def _least_and_most(value: dict[str, Any], keys: Mapping[str, Node]) -> None:
    if value.get("min", 1) > value.get("max", 1000):
        keys["min"].fault(f"{value['min']} is more than max, which is {value['max']}", "swap them")


def _something_to_go_by(value: dict[str, Any], keys: Mapping[str, Node]) -> None:
    _least_and_most(value, keys)
    if not value.keys() & {"cpu", "memory", "metrics"}:
        keys["cpu"].fault("is missing", "say what to go by: cpu or memory in percent of what is requested, or metrics")


def _one_side(value: dict[str, Any], keys: Mapping[str, Node]) -> None:
    if len(value) != 1:
        keys["max_unavailable"].fault("says nothing" if not value else "is given together with min_available", "keep one of them")


def _secret_without_key(value: dict[str, Any], keys: Mapping[str, Node]) -> None:
    if "config_map" in value and "key" not in value:
        keys["key"].fault("is missing", "name the key of the ConfigMap")
    if "key" in value and "secret" not in value and "config_map" not in value:
        keys["key"].fault("has no meaning without a secret or config_map", "leave it out")


def _of_a_secret_or_config_map(value: dict[str, Any], keys: Mapping[str, Node]) -> None:
    _secret_without_key(value, keys)
    if "secret" in value and "key" not in value:
        keys["key"].fault("is missing", "name the key of the Secret; those of webapp_secrets go under secrets")


def _of_a_size(value: dict[str, Any], keys: Mapping[str, Node]) -> None:
    for key in ("access", "storage_class", "keep"):
        if key in value and "size" not in value:
            keys[key].fault("has no meaning without a size", "leave it out, or say how big the volume shall be")


# -- parts ---------------------------------------------------------------------------------------------------------------
ENV_VALUE = Short(
    Scalar(),
    Fields(
        {
            "secret": Text(rules.SUBDOMAIN),
            "config_map": Text(rules.SUBDOMAIN),
            "key": Text(KEY),
            "optional": Flag(),
            "field": Text(FIELD),
            "resource": Text(QUANTITY_OF),
        },
        "{secret: name, key: password}",
        one_of=("secret", "config_map", "field", "resource"),
        check=_of_a_secret_or_config_map,
    ),
)
ENV = Named(rules.ENV_NAME, ENV_VALUE, "{LOG_LEVEL: info}")
ENV_FROM = Each(
    Fields(
        {"secret": Text(rules.SUBDOMAIN), "config_map": Text(rules.SUBDOMAIN), "prefix": Text(PREFIX), "optional": Flag()},
        "{secret: name}",
        one_of=("secret", "config_map"),
    ),
    "[{secret: name}]",
)
FILE = Short(
    Scalar(),
    Fields(
        {"secret": Text(KEY), "config_map": Text(rules.SUBDOMAIN), "key": Text(KEY), "optional": Flag()},
        "{secret: name, key: ca.crt}",
        one_of=("secret", "config_map"),
        check=_secret_without_key,
    ),
)
PORT = Short(
    Number(rules.PORT),
    Fields(
        {"port": Number(rules.PORT), "protocol": Choice(("TCP", "UDP", "SCTP")), "app_protocol": Text(QUALIFIED)},
        "{port: 9000, app_protocol: kubernetes.io/h2c}",
        required=("port",),
    ),
)
VOLUME = Fields(
    {
        "path": Text(rules.ABSOLUTE),
        "size": Amount(),
        "claim": Text(rules.SUBDOMAIN),
        "secret": Text(rules.SUBDOMAIN),
        "config_map": Text(rules.SUBDOMAIN),
        "empty": Fields({"size": Amount(), "memory": Flag()}, "{size: 1Gi}"),
        "source": Raw("{csi: {driver: ...}}"),
        "access": Choice(("ReadWriteOnce", "ReadWriteMany", "ReadOnlyMany", "ReadWriteOncePod")),
        "storage_class": Text(rules.SUBDOMAIN),
        "keep": Flag(),
        "read_only": Flag(),
        "sub_path": Text(SUB_PATH),
    },
    "{path: /data, size: 1Gi}",
    required=("path",),
    one_of=("size", "claim", "secret", "config_map", "empty", "source"),
    check=_of_a_size,
)

COMPONENT: Mapping[str, Shape] = {
    "cron": Fields(
        {
            "schedule": Schedule(),
            "time_zone": Zone(),
            "concurrency": Choice(("Forbid", "Allow", "Replace")),
            "suspend": Flag(),
            "starting_deadline_seconds": Number(LONG_SECONDS),
            "keep_successful": Number(KEPT),
            "keep_failed": Number(KEPT),
        },
        '{schedule: "0 7 * * *", time_zone: Europe/Berlin}',
        required=("schedule",),
    ),
    "job": Fields(
        {
            "retries": Number(RETRIES),
            "timeout_seconds": Number(LONG_SECONDS),
            "parallelism": Number(PODS),
            "completions": Number(PODS),
        },
        "{retries: 3, timeout_seconds: 600}",
    ),
    "env_from": ENV_FROM,
    "volumes": Named(rules.LABEL, VOLUME, "{media: {path: /data, size: 1Gi}}"),
    "autoscale": Fields(
        {
            "min": Number(PODS),
            "max": Number(PODS),
            "cpu": Number(PERCENT),
            "memory": Number(PERCENT),
            "metrics": RawList("[{type: Pods, pods: {...}}]"),
            "behavior": Raw("{scaleDown: {stabilizationWindowSeconds: 300}}"),
        },
        "{min: 2, max: 10, cpu: 80}",
        required=("max",),
        check=_something_to_go_by,
    ),
    "keda": Fields(
        {
            "min": Number(rules.REPLICAS),
            "max": Number(PODS),
            "triggers": RawList("[{type: redis, metadata: {...}}]"),
            "polling_seconds": Number(rules.SECONDS),
            "cooldown_seconds": Number(LONG_SECONDS),
            "fallback": Raw("{failureThreshold: 3, replicas: 2}"),
            "behavior": Raw("{scaleDown: {stabilizationWindowSeconds: 300}}"),
        },
        "{min: 0, max: 10, triggers: [{type: redis, metadata: {...}}]}",
        required=("max", "triggers"),
        check=_least_and_most,
    ),
    "disruption": Fields({"max_unavailable": Share(), "min_available": Share()}, "{max_unavailable: 1}", check=_one_side),
    "scheduling": Fields(
        {
            "node_selector": Scalars(QUALIFIED, "{disk: ssd}"),
            "tolerations": RawList("[{key: gpu, operator: Exists}]"),
            "affinity": Raw("{podAntiAffinity: {...}}"),
            "priority_class": Text(rules.SUBDOMAIN),
            "runtime_class": Text(rules.SUBDOMAIN),
            "spread": Choice(("soft", "hard", "none")),
        },
        "{node_selector: {disk: ssd}}",
    ),
    "security": Fields(
        {
            "user": Number(USER),
            "group": Number(USER),
            "fs_group": Number(USER),
            "read_only": Flag(),
            "capabilities": Each(Choice(("NET_BIND_SERVICE",)), "[NET_BIND_SERVICE]"),
        },
        "{user: 101, group: 101}",
    ),
    "service_account": Fields(
        {
            "annotations": Scalars(QUALIFIED, "{eks.amazonaws.com/role-arn: ...}"),
            "token": Flag(),
            "rules": RawList('[{apiGroups: [""], resources: [pods], verbs: [get, list]}]'),
        },
        '{token: true, rules: [{apiGroups: [""], resources: [pods], verbs: [list]}]}',
    ),
    "network": Fields(
        {
            "allow_from": Texts(rules.LABEL, "[frontend]"),
            "allow_to": Texts(rules.LABEL, "[database]"),
        },
        "{allow_to: [database]}",
    ),
    "ingress": Fields(
        {
            "hosts": Texts(HOST, "[app.example.org]"),
            "paths": Texts(rules.URL_PATH, "[/]"),
            "path_type": Choice(("Prefix", "Exact", "ImplementationSpecific")),
            "class": Text(rules.SUBDOMAIN),
            "tls_secret": Text(rules.SUBDOMAIN),
            "annotations": Scalars(QUALIFIED, "{cert-manager.io/cluster-issuer: letsencrypt}"),
        },
        "{hosts: [app.example.org], class: traefik}",
        required=("hosts",),
    ),
    "route": Fields(
        {
            "parents": RawList("[{name: gateway, namespace: infra}]"),
            "hosts": Texts(HOST, "[app.example.org]"),
            "paths": Texts(rules.URL_PATH, "[/]"),
            "filters": RawList("[{type: RequestHeaderModifier, requestHeaderModifier: {...}}]"),
            "timeouts": Fields({"request": Text(DURATION), "backend_request": Text(DURATION)}, "{request: 10s}"),
            "annotations": Scalars(QUALIFIED),
        },
        "{parents: [{name: gateway, namespace: infra}], hosts: [app.example.org]}",
        required=("parents",),
    ),
    "monitoring": Fields(
        {
            "port": Text(rules.PORT_NAME),
            "path": Text(rules.URL_PATH),
            "interval": Text(DURATION),
            "labels": Scalars(QUALIFIED, "{release: prometheus}"),
            "alerts": RawList("[{alert: Errors, expr: ..., for: 5m}]"),
            "dashboards": Named(rules.SUBDOMAIN, Scalar(), "{requests: \"{{ lookup('file', 'requests.json') }}\"}"),
        },
        "{port: metrics}",
    ),
    "pre_stop": Fields({"seconds": Number(rules.SECONDS), "command": Command()}, "{seconds: 10}", one_of=("seconds", "command")),
    "labels": Scalars(QUALIFIED, "{team: shop}"),
    "annotations": Scalars(QUALIFIED, "{example.org/scrape: true}"),
}
"""Optional keys of a component. `init` and `sidecars` are read by containers.py: their probes depend on their ports."""

LONG_RUNNING, SERVING = ("web", "worker"), ("web",)
KINDS_OF: Mapping[str, tuple[str, ...]] = {
    "expose": SERVING,
    "ingress": SERVING,
    "route": SERVING,
    "probes": LONG_RUNNING,
    "replicas": LONG_RUNNING,
    "rollout": LONG_RUNNING,
    "storage": LONG_RUNNING,
    "autoscale": LONG_RUNNING,
    "keda": LONG_RUNNING,
    "disruption": LONG_RUNNING,
    "monitoring": LONG_RUNNING,
    "pre_stop": LONG_RUNNING,
    "test": LONG_RUNNING,
    "ports": LONG_RUNNING,
    "cron": ("cron",),
    "job": ("job", "cron"),
}
"""Keys that mean something for some kinds alone."""

APP: Mapping[str, Shape] = {
    "network": Fields(
        {
            "isolate": Flag(),
            "externals": Named(
                rules.LABEL,
                Fields(
                    {
                        "cidrs": Texts(CIDR, "[10.0.0.0/8]"),
                        "namespace": Text(rules.LABEL),
                        "pods": Scalars(QUALIFIED, "{app: prometheus}"),
                        "ports": Each(Number(rules.PORT), "[443]"),
                    },
                    "{cidrs: [10.0.0.0/8], ports: [443]}",
                    one_of=("cidrs", "namespace"),
                ),
                "{smtp: {cidrs: [192.0.2.7/32], ports: [587]}}",
            ),
        },
        "{isolate: true}",
    ),
    "quota": Named(QUALIFIED, Amount(), '{requests.cpu: "4", pods: 20}'),
    "limits": RawList("[{type: Container, max: {memory: 2Gi}}]"),
    "namespace_labels": Scalars(QUALIFIED, "{team: shop}"),
    "extra_objects": RawList("[{apiVersion: v1, kind: ConfigMap, metadata: {name: x}}]"),
}
"""Keys of the application beside its name, namespace, components and secrets; each is a variable that begins with webapp_."""
ANYWHERE = "anywhere"
"""Of allow_from and allow_to: no restriction."""

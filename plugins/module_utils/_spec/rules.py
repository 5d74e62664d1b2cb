# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an inventory may say, as data. Words are the user's; numbers are Kubernetes' own unless a comment says otherwise."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

# -- keys ----------------------------------------------------------------------------------------------------------------
VARIABLES = ("webapp_name", "webapp_namespace", "webapp_components", "webapp_secrets")
VARIABLES_OF_OTHERS = ("webapp_secrets_schema", "webapp_stages", "webapp_images", "webapp_result", "webapp_backup")
"""Variables of that prefix that other roles and plugins read or set."""
COMPONENT = (
    "kind",
    "build",
    "image",
    "image_of",
    "command",
    "args",
    "ports",
    "expose",
    "probes",
    "env",
    "files",
    "secrets",
    "depends_on",
    "replicas",
    "rollout",
    "resources",
    "storage",
    "writable",
    "migrate",
    "test",
    "termination_grace_seconds",
    "init",
    "sidecars",
)
"""Those of options.COMPONENT come on top."""
BUILD = ("context", "dockerfile", "target", "args")
EXPOSE = ("type", "port", "node_port", "annotations")
PROBES = ("startup", "liveness", "readiness")
DEPENDENCY = ("on_loss",)
RESOURCES = ("requests", "limits")
RESOURCE_NAMES = ("cpu", "memory", "ephemeral-storage")
ROLLOUT = ("restarts_tolerated", "ready_within", "strategy", "weight", "max_surge", "max_unavailable", "min_ready_seconds")
STORAGE = ("path", "size", "storage_class", "per_replica")
TASK = ("command", "timeout_seconds")
HANDLERS: Mapping[str, tuple[str, ...]] = {
    "httpGet": ("path", "port", "scheme", "host", "httpHeaders"),
    "tcpSocket": ("port", "host"),
    "exec": ("command",),
    "grpc": ("port", "service"),
}
HTTP_HEADER = ("name", "value")

ALIASES: Mapping[str, str] = {
    "environment": "env",
    "variables": "env",
    "healthcheck": "probes",
    "health": "probes",
    "scale": "replicas",
    "service": "expose",
    "httproute": "route",
    "gateway": "route",
    "volume": "volumes",
    "mounts": "volumes",
    "persistence": "storage",
    "schedule": "cron.schedule",
    "time_zone": "cron.time_zone",
    "timezone": "cron.time_zone",
    "backoffLimit": "job.retries",
    "hpa": "autoscale",
    "autoscaling": "autoscale",
    "scaledObject": "keda",
    "pdb": "disruption",
    "tolerations": "scheduling.tolerations",
    "affinity": "scheduling.affinity",
    "nodeSelector": "scheduling.node_selector",
    "priorityClassName": "scheduling.priority_class",
    "securityContext": "security",
    "user": "security.user",
    "envFrom": "env_from",
    "initContainers": "init",
    "containers": "sidecars",
    "networkPolicy": "network",
    "allow_from": "network.allow_from",
    "allow_to": "network.allow_to",
    "serviceMonitor": "monitoring",
    "metrics": "monitoring",
    "lifecycle": "pre_stop",
    "rbac": "service_account",
    "tls": "tls_secret",
    "host": "hosts",
    "ingressClassName": "class",
    "class": "storage_class",
    "context": "build.context",
    "dockerfile": "build.dockerfile",
    "entrypoint": "command",
    "type": "kind",
    "migration": "migrate",
    "configs": "files",
    "tmpfs": "writable",
    "storageClassName": "storage_class",
    "nodePort": "node_port",
    "initialDelay": "initialDelaySeconds",
    "period": "periodSeconds",
    "interval": "periodSeconds",
    "timeout": "timeoutSeconds",
    "retries": "failureThreshold",
    "restarts": "restarts_tolerated",
    "strategy": "rollout.strategy",
    "canary": "rollout.strategy",
    "http": "httpGet",
    "tcp": "tcpSocket",
}
"""What people write who know another tool; asked before spelling is."""

# -- choices -------------------------------------------------------------------------------------------------------------
KINDS = ("web", "worker", "cron", "job")
EXPOSE_TYPES = ("ClusterIP", "NodePort", "LoadBalancer")
STRATEGIES = ("rolling", "blue_green", "canary", "recreate")
ON_LOSS = ("unready", "degraded")
SCHEMES = ("HTTP", "HTTPS")


# -- texts ---------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Pattern:
    """A rule for a text: what it must match, how long it may be, and the rule in words."""

    regex: re.Pattern[str]
    longest: int
    words: str


LABEL = Pattern(
    re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?"), 63, "lower-case letters, digits and '-', beginning with a letter and not ending with '-'"
)
PORT_NAME = Pattern(
    re.compile(r"(?!.*--)(?=.*[a-z])[a-z0-9]([-a-z0-9]*[a-z0-9])?"),
    15,
    "lower-case letters, digits and single '-', with at least one letter and no '-' at either end",
)
ENV_NAME = Pattern(re.compile(r"[A-Za-z_][A-Za-z0-9_]*"), 253, "letters, digits and '_', not beginning with a digit")
SUBDOMAIN = Pattern(
    re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"), 253, "lower-case letters, digits, '-' and '.'"
)
ABSOLUTE = Pattern(re.compile(r"/(?!(.*/)?\.\.(/|$))[^\0:]*[^/\0:]"), 4096, "an absolute path without '..', ':' or a '/' at its end")
URL_PATH = Pattern(re.compile(r"/[^\s]*"), 2048, "a path that begins with '/'")
ANY = Pattern(re.compile(r"[\s\S]+"), 1 << 20, "a text that isn't empty")
IMAGE = Pattern(
    re.compile(
        r"(?P<name>[a-z0-9]+([._-][a-z0-9]+)*(:[0-9]+(?=/))?(/[a-z0-9]+((\.|_{1,2}|-+)[a-z0-9]+)*)*)"
        r"(:(?P<tag>[A-Za-z0-9_][A-Za-z0-9._-]{0,127}))?(@(?P<digest>sha256:[0-9a-f]{64}))?"
    ),
    512,
    "registry/name:tag or registry/name@sha256:<64 hex digits>",
)
QUANTITY = re.compile(r"(?P<number>[0-9]+(\.[0-9]+)?|\.[0-9]+)(?P<suffix>[numkMGTPE]|[KMGTPE]i|[eE][+-]?[0-9]{1,2})?")
SUFFIXES: Mapping[str, tuple[int, int]] = {
    "n": (10, -9),
    "u": (10, -6),
    "m": (10, -3),
    "": (10, 0),
    "k": (10, 3),
    "M": (10, 6),
    "G": (10, 9),
    "T": (10, 12),
    "P": (10, 15),
    "E": (10, 18),
    "Ki": (2, 10),
    "Mi": (2, 20),
    "Gi": (2, 30),
    "Ti": (2, 40),
    "Pi": (2, 50),
    "Ei": (2, 60),
}
"""Base and exponent of each suffix of a quantity."""


# -- numbers -------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Range:
    """Least and greatest value that is allowed."""

    least: int
    greatest: int


PORT = Range(1, 65535)
NODE_PORT = Range(30000, 32767)
REPLICAS = Range(0, 1000)
RESTARTS = Range(0, 1000)
WEIGHT = Range(1, 99)
SECONDS = Range(1, 3600)
DELAY_SECONDS = Range(0, 3600)
THRESHOLD = Range(1, 10000)

RELEASE_NAME_LONGEST = 53
FULL_NAME_LONGEST = 52
"""A StatefulSet's pods carry its name, '-' and ten more characters as one label of 63 at most."""
FILES_BYTES = 1_000_000
"""Just under what a ConfigMap holds (1 MiB), so that the names have room."""

# -- names that aren't the user's to give --------------------------------------------------------------------------------
NAMESPACES: Mapping[str, str] = {
    "default": "it is shared, and the release sets the Pod Security Standard of its whole namespace",
    "kube-system": "it belongs to Kubernetes",
    "kube-public": "it belongs to Kubernetes",
    "kube-node-lease": "it belongs to Kubernetes",
}
SUFFIXES_TAKEN = ("-alerts", "-headless", "-internal", "-migrate", "-test", "-env", "-files", "-blue", "-green", "-canary")
"""The chart appends these to a component's name for objects of its own."""
PATHS_TAKEN: Mapping[str, str] = {
    "/tmp": "it is always writable",
    "/proc": "it belongs to the kernel",
    "/sys": "it belongs to the kernel",
    "/dev": "it belongs to the kernel",
}

# -- defaults ------------------------------------------------------------------------------------------------------------
PROBE_TIMINGS = (
    "initialDelaySeconds",
    "periodSeconds",
    "timeoutSeconds",
    "successThreshold",
    "failureThreshold",
    "terminationGracePeriodSeconds",
)
PROBE_DEFAULTS: Mapping[str, Mapping[str, int]] = {
    # Two minutes to start; asked often, so that a quick start is seen quickly.
    "startup": {"periodSeconds": 2, "timeoutSeconds": 2, "failureThreshold": 60},
    # A minute of silence before it is killed: long after readiness has taken it out of the traffic.
    "liveness": {"periodSeconds": 10, "timeoutSeconds": 5, "failureThreshold": 6},
    "readiness": {"periodSeconds": 5, "timeoutSeconds": 3, "failureThreshold": 2},
}
EXEC_DEFAULTS: Mapping[str, Mapping[str, int]] = {
    # Each exec forks in the container: less often, with more time.
    "readiness": {"periodSeconds": 10, "timeoutSeconds": 5},
}
MIGRATE_SECONDS = 300
TEST_SECONDS = 60
GRACE_SECONDS = 30
CANARY_WEIGHT = 20
GRACE = Range(10, 3600)
"""The first five seconds of it pass before SIGTERM, while the endpoint leaves the traffic; less than ten leaves no time to finish."""

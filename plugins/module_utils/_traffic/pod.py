# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The generator's pod, and what its summary says. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._drill.clone import CONTROL_PORT, toolbox_container
from ansible_collections.proven.webapp.plugins.module_utils._drill.rules import ROLLOUT_LOSES
from ansible_collections.proven.webapp.plugins.module_utils._probes.finding import Finding

TRAFFIC = "proven.webapp/traffic"
PREFIX = "proven-traffic-"


@dataclass(frozen=True)
class Stream:
    """What is sent.

    :ivar url: scheme, host and port, such as http://todo-backend:8000.
    :ivar rate: requests a second.
    :ivar fresh: workers that open a connection for each request; `kept`: those that keep theirs.
    :ivar timeout: seconds that a request may take.
    :ivar seconds: None goes on until it is stopped.
    """

    url: str
    paths: tuple[str, ...]
    rate: float
    fresh: int
    kept: int
    timeout: float
    seconds: float | None
    headers: Mapping[str, str]
    verify: bool

    def as_json(self) -> str:
        return json.dumps({**asdict(self), "paths": list(self.paths), "headers": dict(self.headers)}, sort_keys=True)


def pod(name: str, namespace: str, image: str, stream: Stream, deadline: int, labels: Mapping[str, str]) -> dict[str, Any]:
    """A v1.Pod that sends from its first second on, and ends by itself.

    :param deadline: seconds after which the kubelet ends it.
    :param labels: further ones, for NetworkPolicies.
    """
    container = toolbox_container(image, ["serve", f"--control={CONTROL_PORT}", f"--load={stream.as_json()}"])
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": f"{PREFIX}{name}",
            "namespace": namespace,
            "labels": {**labels, TRAFFIC: name},
        },
        "spec": {
            "restartPolicy": "Never",
            "activeDeadlineSeconds": deadline,
            "terminationGracePeriodSeconds": 10,
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "containers": [container],
        },
    }


def findings(summary: Mapping[str, Any], service: str, namespace: str, max_failures: int) -> list[Finding]:
    """One, where more was lost than may be."""
    failed = int(summary["failed"])
    if failed <= max_failures:
        return []
    kinds = ", ".join(f"{number} {kind}" for kind, number in sorted(summary["kinds"].items()) if kind != "ok")
    moments = sorted({int(item["at"]) for item in summary["failures"]})
    when = f"{moments[0]} to {moments[-1]} s" if len(moments) > 1 else f"{moments[0]} s" if moments else ""
    what = f"{failed} of {summary['sent']} requests failed ({kinds}), {when} into the stream; {max_failures} may"
    return [Finding(ROLLOUT_LOSES, "Service", service, what, namespace)]

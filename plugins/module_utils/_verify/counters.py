# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The kubelet's own counters of its probes, from the text of /metrics/probes. Pure."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping
from dataclasses import replace

from ansible_collections.proven.webapp.plugins.module_utils._verify.window import Counted, ProbeKey

_SERIES = re.compile(r"^prober_probe_total\{([^}]*)\} (\S+)")
_SINCE = re.compile(r"^process_start_time_seconds (\S+)$", re.MULTILINE)
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
RESULTS = ("successful", "failed", "unknown")
"""Labels of the series, and fields of `Counted`."""


def counted(text: str, pods: Container[str]) -> dict[ProbeKey, Counted]:
    """What the kubelet's probes came to (pkg/kubelet/prober/prober_manager.go, ProberResults).

    Errors are in no series, and a probe that hasn't counted yet has none at all.

    :param text: in Prometheus' format.
    :param pods: uids to look for; all others are left out.
    """
    found: dict[ProbeKey, Counted] = {}
    for line in text.splitlines():
        series = _SERIES.match(line)
        if not series:
            continue
        labels = dict(_LABEL.findall(series[1]))
        if labels.get("pod_uid") not in pods:
            continue
        key = (labels["pod_uid"], labels.get("container", ""), labels.get("probe_type", "").lower())
        result = labels.get("result")
        if result in RESULTS:
            found[key] = replace(found.get(key, Counted()), **{result: int(float(series[2]))})
    return found


def kubelet_since(text: str) -> float | None:
    """When the kubelet began, in seconds since 1970, which it tells beside its counters (pkg/kubelet/server/server.go)."""
    found = _SINCE.search(text)
    return float(found[1]) if found else None


def merged(parts: Iterable[Mapping[ProbeKey, Counted]]) -> dict[ProbeKey, Counted]:
    """Of several nodes; a pod is on one of them."""
    return {key: value for part in parts for key, value in part.items()}

# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads the cluster for the verification, and keeps account of what it may not read."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from typing import Any, Optional

from ansible_collections.proven.webapp.plugins.module_utils._api import Api, Unreachable
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._verify import counters, read
from ansible_collections.proven.webapp.plugins.module_utils._verify.credential import CutOff, not_accepted
from ansible_collections.proven.webapp.plugins.module_utils._verify.window import (
    Counted,
    CronSeen,
    EventSeen,
    KubeletSeen,
    ProbeKey,
    ServiceSeen,
    Snapshot,
)

Objects = list[dict[str, Any]]
Counters = tuple[Optional[dict[ProbeKey, Counted]], dict[str, KubeletSeen]]  # noqa: UP045

BUSY, INTERNAL = 429, 500
"""An API server without time, or in trouble of its own, may be well again in a moment."""


class Reader:
    """Of one namespace and the pods in it that a selector matches.

    :param selector: as kubectl's; empty for all.
    :param kubelet_metrics: whether the kubelets' counters are read.
    :ivar lost: right that was missing → what isn't shown without it.
    :ivar notes: what was missing, or left out, without taking anything from the verdict.
    """

    def __init__(self, api: Api, namespace: str, selector: str, *, kubelet_metrics: bool = False) -> None:
        self._api = api
        self._namespace = namespace
        self._query = {"labelSelector": selector} if selector else {}
        self._metrics = kubelet_metrics
        self._lock = threading.Lock()
        self.lost: dict[str, str] = {}
        self.notes: dict[str, None] = {}

    def pods(self) -> Objects:
        """v1.Pod objects.

        :raises CutOff: they may not be listed.
        """
        found = self._list(f"/api/v1/namespaces/{self._namespace}/pods", self._query)
        if found is None:
            raise CutOff(
                "The user may not list pods, without which there is nothing to look at.",
                where=f"namespace {self._namespace}",
                fix="bind the Role that the role verify ships in files/rbac.yml",
            )
        return found

    def snapshot(self, pods: Sequence[Mapping[str, Any]], threads: Executor) -> Snapshot:
        """All that is known of the pods at this moment."""
        services = threads.submit(self._services, pods)
        events = threads.submit(self._events)
        replica_sets = threads.submit(
            self._list,
            f"/apis/apps/v1/namespaces/{self._namespace}/replicasets",
            {},
            "list replicasets",
            "pods of old revisions aren't recognised",
        )
        crons = threads.submit(self._crons)
        counted, kubelets = self._counters(pods, threads) if self._metrics else (None, {})
        seen = [read.pod_seen(pod) for pod in pods]
        known = replica_sets.result()
        return Snapshot(
            pods={pod.uid: pod for pod in seen},
            services=services.result(),
            events=events.result(),
            revisions=None if known is None else tuple(read.revision_seen(item) for item in known),
            counters=counted,
            kubelets=kubelets,
            crons=crons.result(),
        )

    def _crons(self) -> tuple[CronSeen, ...] | None:
        base = f"/apis/batch/v1/namespaces/{self._namespace}"
        crons = self._list(f"{base}/cronjobs", self._query)
        jobs = self._list(f"{base}/jobs", {}) if crons else []
        if crons is None or jobs is None:
            self.note("how the last runs of CronJobs ended isn't known: the user may not list cronjobs and jobs")
            return None
        return tuple(read.cron_seen(cron, jobs) for cron in crons)

    def _services(self, pods: Sequence[Mapping[str, Any]]) -> tuple[ServiceSeen, ...] | None:
        base = f"/api/v1/namespaces/{self._namespace}/services"
        without = "Services and their endpoints aren't compared with the pods"
        services = self._list(base, {}, "list services", without)
        path = f"/apis/discovery.k8s.io/v1/namespaces/{self._namespace}/endpointslices"
        slices = self._list(path, {}, "list endpointslices", without)
        if services is None or slices is None:
            return None
        own = {item["metadata"]["name"] for item in self._list(base, self._query) or []} if self._query else set()
        found = []
        for service in services:
            name = service["metadata"]["name"]
            if not service["spec"].get("selector"):
                if name in own:
                    self.note(f"Service {name} has no selector: whose endpoints it has is not known here")
                continue
            seen = read.service_seen(service, pods, slices)
            if seen.selects or name in own:
                found.append(seen)
        return tuple(found)

    def _events(self) -> dict[str, EventSeen] | None:
        query = {"fieldSelector": "involvedObject.kind=Pod,type=Warning"}
        without = "failures that the kubelet told of in events aren't known"
        found = self._list(f"/api/v1/namespaces/{self._namespace}/events", query, "list events", without)
        return None if found is None else {seen.uid: seen for seen in map(read.event_seen, found)}

    def _counters(self, pods: Sequence[Mapping[str, Any]], threads: Executor) -> Counters:
        """(what was counted, or None where not every node tells; the kubelets' times)."""
        nodes = sorted({str(pod["spec"]["nodeName"]) for pod in pods if pod["spec"].get("nodeName")})
        uids = {str(pod["metadata"]["uid"]) for pod in pods}
        read = dict(zip(nodes, threads.map(self._node_metrics, nodes), strict=True))
        known = {node: answer for node, answer in read.items() if answer is not None}
        if len(known) < len(nodes):
            return None, {}
        kubelets = {}
        for node, (text, now) in known.items():
            since = counters.kubelet_since(text)
            if now is not None and since is not None:
                kubelets[node] = KubeletSeen(now, since)
        return counters.merged(counters.counted(text, uids) for text, _now in known.values()), kubelets

    def _node_metrics(self, node: str) -> tuple[str, float | None] | None:
        """(text of the kubelet's counters, its own clock): the API server passes the Date of its answer on."""
        status, body, date = self._dated(f"/api/v1/nodes/{node}/proxy/metrics/probes")
        if status == 200:
            return body.decode("utf-8", "replace"), read.moment(date)
        self._check_credential(status)
        why = "the user may not get nodes/proxy" if status == 403 else f"status {status}"
        self.note(f"the kubelet's counters of node {node} are not read ({why}): tier 1 is lost")
        return None

    def _dated(self, path: str) -> tuple[int, bytes, str]:
        """(status, body, Date header) of whatever answer.

        :raises Unreachable: when there is none.
        """
        from urllib3.exceptions import HTTPError

        try:
            answer = self._api.open(path, [("Accept", "*/*")], self._api.TIMEOUT[1])
            try:
                return int(answer.status), bytes(answer.read()), str(answer.headers.get("Date") or "")
            finally:
                answer.release_conn()
        except (HTTPError, OSError) as error:
            raise Unreachable(f"The cluster doesn't answer: {error}", where=self._api.host, fix="check that it runs") from error

    def note(self, text: str) -> None:
        with self._lock:
            self.notes[text] = None

    def lose(self, right: str, without: str) -> None:
        with self._lock:
            self.lost[right] = without

    def _check_credential(self, status: int) -> None:
        """:raises CutOff: the cluster doesn't know the user."""
        if status == 401:
            raise not_accepted(self._api)

    def _list(self, path: str, query: Mapping[str, str], right: str = "", without: str = "") -> Objects | None:
        """The objects, or None where the user may not list them, of which account is kept.

        :raises Unreachable: it has no time, or is about to end or to begin.
        :raises ProvenError: of any other trouble.
        """
        status, body = self._api.get(path, query)
        self._check_credential(status)
        if status == 403:
            if right:
                self.lose(right, without)
            return None
        message = body[:300].decode("utf-8", "replace")
        if status == BUSY or status >= INTERNAL:
            raise Unreachable(f"The cluster can't answer: status {status}: {message}", where=path, fix="check that it is well")
        if status != 200:
            raise ProvenError(f"The cluster refuses: status {status}: {message}", where=path, fix="check the namespace and the selectors")
        return list(json.loads(body)["items"])

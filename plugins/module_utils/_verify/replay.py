# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Asks a probe again, as the kubelet would."""

from __future__ import annotations

import json
import re
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Union

from ansible_collections.proven.webapp.plugins.module_utils._api import Api
from ansible_collections.proven.webapp.plugins.module_utils._probes.model import (
    Exec,
    Grpc,
    HttpGet,
    PortError,
    Probe,
    TcpSocket,
    probed_containers,
    probes_of,
    resolve_port,
)
from ansible_collections.proven.webapp.plugins.module_utils._verify import exec_probe, grpc_probe, http_probe, tcp_probe
from ansible_collections.proven.webapp.plugins.module_utils._verify.answer import ERROR, NOT_SHOWN, Answer, Gone
from ansible_collections.proven.webapp.plugins.module_utils._verify.exact import ExactWay
from ansible_collections.proven.webapp.plugins.module_utils._verify.expand import expand_command
from ansible_collections.proven.webapp.plugins.module_utils._verify.proxy import Way
from ansible_collections.proven.webapp.plugins.module_utils._verify.target import NotReplayable

__all__ = ["Answer", "Replayer"]

OnPort = Union[HttpGet, TcpSocket, Grpc]  # noqa: UP007
Place = tuple[str, str, int, int]
"""(uid of the pod, container, its restarts, port)."""

STREAMS = 4
"""So many commands and port-forwards at the same time: each costs the node several processes, and too many would make probes late."""

HOST_SET = "it names a host, which the kubelet reaches from the node and nothing else from there"
EXEC_NOT_ALLOWED = "its command is only run with exec_allowed"
HANGS = 2
EXEC_HANGS = "its command timed out before; it isn't run again, for each run would leave a process behind in the container"


class Replayer:
    """Asks probes of running pods, through the API server. Usable from several threads.

    :param exec_allowed: whether commands of exec probes may be run in the containers.
    """

    def __init__(self, api: Api, *, exec_allowed: bool = False) -> None:
        self._api = api
        self._exec_allowed = exec_allowed
        self._lock = threading.Lock()
        self._streams = threading.BoundedSemaphore(STREAMS)
        self._agents: dict[str, str] = {}
        self._hanging: Counter[tuple[str, str, str]] = Counter()
        self._open_ports: set[Place] = set()

    def ask(self, pod: Mapping[str, Any], container: Mapping[str, Any], probe: Probe) -> Answer:
        """One try of a probe.

        :param pod: v1.Pod with its status.
        :param container: v1.Container of that pod.
        :raises Unreachable: the API server doesn't answer.
        :raises ProvenError: it doesn't know the user (any more), or a library isn't there.
        """
        handler = probe.handler
        address = str(pod.get("status", {}).get("podIP") or "")
        if handler is None:
            return Answer(ERROR, f"missing probe handler for {pod['metadata']['name']}:{container.get('name')}")
        if getattr(handler, "host", ""):
            return Answer(NOT_SHOWN, HOST_SET)
        if not address:
            return Answer(NOT_SHOWN, "the pod has no address yet")
        try:
            if isinstance(handler, Exec):
                return self._exec(pod, container, probe, handler)
            # The API server resolves no names of ports; and a port that leads nowhere errs before anything is asked.
            number = resolve_port(handler.port, container)
            return self._ask_port(pod, container, probe, handler, address, number)
        except PortError as error:
            return Answer(ERROR, str(error))
        except Gone:
            return Answer(NOT_SHOWN, "the pod is gone")

    def _ask_port(
        self, pod: Mapping[str, Any], container: Mapping[str, Any], probe: Probe, handler: OnPort, address: str, port: int
    ) -> Answer:
        namespace, name = pod["metadata"]["namespace"], pod["metadata"]["name"]
        way = Way(self._api, namespace, name)
        if isinstance(handler, HttpGet):
            question = http_probe.Question(handler, address, port, probe.timeout, self._agent(pod))
            return self._http(way, question, (*place_of(pod, container), port))
        if isinstance(handler, TcpSocket):
            return tcp_probe.ask(way, address, port, probe.timeout, tls=speaks_tls(pod, port))
        closed = self._closed(way, address, port, probe.timeout, (*place_of(pod, container), port), tls=False)
        if closed:
            return closed
        agent = self._agent(pod)
        with self._streams:
            return grpc_probe.ask(self._api, namespace, name, address, port, handler.service, probe.timeout, agent)

    def _closed(self, way: Way, address: str, port: int, timeout: int, place: Place, *, tls: bool) -> Answer | None:
        """What the API server meets at a port that isn't open to it; None where it is, which is asked once for each start of a container.

        A port-forward also reaches what listens at localhost alone, which the kubelet does not.
        """
        if place in self._open_ports:
            return None
        dialled = tcp_probe.ask(way, address, port, timeout, tls=tls)
        if dialled.passes:
            with self._lock:
                self._open_ports.add(place)
        return None if dialled.passes else dialled

    def _http(self, way: Way, question: http_probe.Question, place: Place) -> Answer:
        """Through the pod proxy; and once more without it where the proxy may have made the answer what it is.

        It adds headers (X-Forwarded-For, Accept-Encoding) that an application may refuse, reads the whole of an HTML page before it passes
        any of it on, and does not get through network policies that let the kubelet pass. What it can't send at all goes without it.
        """
        try:
            answer = http_probe.ask(way, question)
        except NotReplayable as error:
            # In the port's own language: it is quicker, and that the connection is a fresh one doesn't matter here.
            plain = question.http.scheme != "HTTPS"
            closed = self._closed(way, question.pod_ip, question.port, question.timeout, place, tls=plain)
            if closed:
                return closed
            answer = Answer(NOT_SHOWN, str(error))
        doubtful = not answer.passes and (answer.unreached or answer.status is not None or answer.result == NOT_SHOWN)
        if answer.refused or answer.result == ERROR or not doubtful:
            return answer
        try:
            with self._streams:
                exact = http_probe.ask(ExactWay(way.api, way.namespace, way.pod), question)
        except NotReplayable:
            return answer
        if answer.result == NOT_SHOWN and exact.refused:
            return replace(answer, refused=exact.refused)
        # It got through to the pod: whatever it waited for then is the application's own doing.
        return replace(exact, unreached=False) if exact.shown else answer

    def _exec(self, pod: Mapping[str, Any], container: Mapping[str, Any], probe: Probe, handler: Exec) -> Answer:
        name = str(container.get("name"))
        seen = (str(pod["metadata"].get("uid")), name, probe.kind)
        if not self._exec_allowed:
            return Answer(NOT_SHOWN, EXEC_NOT_ALLOWED)
        if self._hanging[seen] >= HANGS:
            return Answer(NOT_SHOWN, EXEC_HANGS)
        command = expand_command(handler.command, container.get("env") or [])
        with self._streams:
            answer = exec_probe.ask(self._api, pod["metadata"]["namespace"], pod["metadata"]["name"], name, command, probe.timeout)
        if exec_probe.timed_out(answer):
            with self._lock:
                self._hanging[seen] += 1
        return answer

    def _agent(self, pod: Mapping[str, Any]) -> str:
        """The User-Agent of the kubelet that the pod is with."""
        node = str(pod.get("spec", {}).get("nodeName") or "")
        with self._lock:
            if node not in self._agents:
                self._agents[node] = agent(self._read("/version"), self._read(f"/api/v1/nodes/{node}"))
            return self._agents[node]

    def _read(self, path: str) -> Mapping[str, Any]:
        status, body = self._api.get(path)
        return dict(json.loads(body)) if status == 200 else {}


def agent(server: Mapping[str, Any], node: Mapping[str, Any]) -> str:
    """The kubelet's User-Agent (pkg/probe/http/request.go, userAgent).

    :param server: answer of /version, whose minor may carry a plus sign as builds of some vendors do.
    :param node: v1.Node, or empty where it may not be read: the API server's version stands for the kubelet's then.
    """
    major, minor = str(server.get("major", "1")), str(server.get("minor", ""))
    kubelet = re.match(r"v(\d+)\.(\d+)\.", str(((node.get("status") or {}).get("nodeInfo") or {}).get("kubeletVersion", "")))
    if kubelet and kubelet[2] != minor.rstrip("+"):
        major, minor = kubelet[1], kubelet[2]
    return f"kube-probe/{major}.{minor}"


def place_of(pod: Mapping[str, Any], container: Mapping[str, Any]) -> tuple[str, str, int]:
    """(uid of the pod, container, its restarts): another start may listen elsewhere."""
    name = str(container.get("name"))
    return str(pod["metadata"].get("uid")), name, restarts_of(pod, name)


def restarts_of(pod: Mapping[str, Any], container: str) -> int:
    status = pod.get("status", {})
    known = [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]
    return next((int(item.get("restartCount") or 0) for item in known if item.get("name") == container), 0)


def speaks_tls(pod: Mapping[str, Any], port: int) -> bool:
    """Is a port known to speak TLS: by an HTTPS probe of the pod's, or by its name?"""
    for container in probed_containers(pod["spec"]):
        names = [str(item.get("name", "")) for item in container.get("ports") or [] if item.get("containerPort") == port]
        if any(name.startswith("https") for name in names):
            return True
        for probe in probes_of(container):
            handler = probe.handler
            try:
                if isinstance(handler, HttpGet) and handler.scheme == "HTTPS" and resolve_port(handler.port, container) == port:
                    return True
            except PortError:
                continue
    return False

# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""gRPC probes: the standard health protocol (pkg/probe/grpc)."""

from __future__ import annotations

import time
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._api import Api
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._verify import streams
from ansible_collections.proven.webapp.plugins.module_utils._verify.answer import FAILURE, NOT_SHOWN, SUCCESS, Answer
from ansible_collections.proven.webapp.plugins.module_utils._verify.target import join_host_port
from ansible_collections.proven.webapp.plugins.module_utils._verify.tunnel import Tunnel

METHOD = "/grpc.health.v1.Health/Check"
STATES = ("UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN")
SERVING = 1


def ask(api: Api, namespace: str, pod: str, pod_ip: str, port: int, service: str, timeout: int, agent: str) -> Answer:
    """Asks a server for its health, through a port-forward.

    :param service: empty for the server as a whole.
    :raises ProvenError: the library grpcio isn't there.
    """
    try:
        with Tunnel(api, namespace, pod, port) as tunnel:
            answer = check(f"unix:{tunnel.path}", join_host_port(pod_ip, port), service, timeout, agent)
            if not answer.passes and tunnel.error:
                # The kubelet's words begin with the pod's name and uid.
                return Answer(FAILURE, f"error: failed to connect service: {tunnel.error.rsplit(': ', 3)[-1]}", answer.seconds)
            return answer
    except streams.StreamRefused as error:
        return Answer(NOT_SHOWN, f"the user may not {error}", refused=str(error))
    except streams.StreamError as error:
        return Answer(NOT_SHOWN, f"no port-forward: {error}")


def check(address: str, authority: str, service: str, timeout: int, agent: str) -> Answer:
    """One call of the health protocol.

    :param address: as grpcio takes it.
    :param authority: what the server is called.
    """
    try:
        import grpc
    except ImportError as error:
        raise ProvenError("The Python library grpcio isn't there.", fix="pip install grpcio, or leave pods with gRPC probes out") from error
    options = [
        ("grpc.default_authority", authority),
        ("grpc.primary_user_agent", agent),
        ("grpc.enable_http_proxy", 0),
        ("grpc.use_local_subchannel_pool", 1),
    ]
    start = time.monotonic()
    with grpc.insecure_channel(address, options) as channel:
        call: Any = channel.unary_unary(METHOD, request_serializer=encode_request, response_deserializer=decode_response)
        try:
            state = call(service, timeout=timeout)
        except grpc.RpcError as error:
            return Answer(FAILURE, _reason(error, timeout), time.monotonic() - start)
    seconds = time.monotonic() - start
    if state == SERVING:
        return Answer(SUCCESS, "", seconds)
    name = STATES[state] if state < len(STATES) else str(state)
    return Answer(FAILURE, f'service unhealthy (responded with "{name}")', seconds)


def _reason(error: Any, timeout: int) -> str:
    code, text = error.code().name, error.details()
    if code == "UNIMPLEMENTED":
        return f"error: this server does not implement the grpc health protocol (grpc.health.v1.Health): {text}"
    if code == "DEADLINE_EXCEEDED":
        return f"timeout: health rpc did not complete within {timeout}s"
    return f"error: health rpc probe failed: {code}: {text}"


def encode_request(service: str) -> bytes:
    """A HealthCheckRequest: field 1, a string (grpc/health/v1/health.proto)."""
    name = service.encode()
    return b"\x0a" + _varint(len(name)) + name if name else b""


def _varint(number: int) -> bytes:
    low, rest = number & 0x7F, number >> 7
    return bytes((low | 0x80,)) + _varint(rest) if rest else bytes((low,))


def decode_response(data: bytes) -> int:
    """The status of a HealthCheckResponse: field 1, an enumeration; 0 when it is absent. The protocol has no other field.

    :raises ValueError: no such message.
    """
    if not data:
        return 0
    if data[0] != 0x08 or len(data) < 2:
        raise ValueError("no HealthCheckResponse")
    number = 0
    for place, byte in enumerate(data[1:]):
        number |= (byte & 0x7F) << (7 * place)
        if not byte & 0x80:
            break
    return number

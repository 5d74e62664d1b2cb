# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""TCP probes: does a connection to the pod's address come about (pkg/probe/tcp)?"""

from __future__ import annotations

import time

from ansible_collections.proven.webapp.plugins.module_utils._verify import proxy
from ansible_collections.proven.webapp.plugins.module_utils._verify.answer import FAILURE, NOT_SHOWN, SUCCESS, Answer
from ansible_collections.proven.webapp.plugins.module_utils._verify.http_probe import decided_by_pod
from ansible_collections.proven.webapp.plugins.module_utils._verify.proxy import Way
from ansible_collections.proven.webapp.plugins.module_utils._verify.target import dial_target

HANDSHAKE = 10
"""Seconds after which the API server gives a silent TLS server up (apimachinery/pkg/util/net/http.go, SetOldTransportDefaults).

It says so, and that it does proves the connection: one that never comes about is given up after 30 s only.
"""

MARGIN = 1.0
"""Seconds to wait for its saying so."""


def ask(way: Way, pod_ip: str, port: int, timeout: int, *, tls: bool = False) -> Answer:
    """Has the API server open a connection to the pod's port, as the kubelet would.

    The pod proxy can't connect without asking something. What comes back then doesn't matter: any answer, and any trouble
    other than that of connecting, says that the port is listened at.

    :param timeout: seconds to connect.
    :param tls: whether the port is known to speak TLS.
    """
    start = time.monotonic()
    fetched = way.get(dial_target(pod_ip, port, tls=tls), "", [], timeout + HANDSHAKE + MARGIN)
    seconds = time.monotonic() - start
    if fetched.outcome == proxy.REFUSED:
        return Answer(NOT_SHOWN, f"the user may not {fetched.text}", seconds, refused=fetched.text)
    if fetched.outcome == proxy.IMPOSSIBLE:
        return Answer(NOT_SHOWN, fetched.text, seconds)
    if fetched.outcome == proxy.LATE:
        if tls:
            return Answer(NOT_SHOWN, "the port neither refuses a connection nor answers on it", seconds)
        return Answer(FAILURE, f"dial tcp {pod_ip}:{port}: i/o timeout", timeout, unreached=True)
    if fetched.outcome == proxy.UNREACHED:
        if "dial" in fetched.text:
            return Answer(FAILURE, fetched.text, seconds, unreached=not decided_by_pod(fetched.text))
        if "TLS handshake timeout" in fetched.text:
            seconds = max(seconds - HANDSHAKE, 0.0)
    if seconds > timeout + proxy.ON_THE_WAY and "handshake" in fetched.text:
        return Answer(FAILURE, f"dial tcp {pod_ip}:{port}: i/o timeout", seconds, unreached=True)
    return Answer(SUCCESS, "", seconds)

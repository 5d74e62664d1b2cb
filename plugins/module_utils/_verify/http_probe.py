# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""HTTP probes, asked as the kubelet does (pkg/probe/http)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from ansible_collections.proven.webapp.plugins.module_utils._probes.model import HttpGet
from ansible_collections.proven.webapp.plugins.module_utils._verify import proxy
from ansible_collections.proven.webapp.plugins.module_utils._verify.answer import ERROR, FAILURE, NOT_SHOWN, SUCCESS, WARNING, Answer
from ansible_collections.proven.webapp.plugins.module_utils._verify.exact import ExactWay
from ansible_collections.proven.webapp.plugins.module_utils._verify.proxy import Fetched
from ansible_collections.proven.webapp.plugins.module_utils._verify.target import (
    NotReplayable,
    Target,
    first_target,
    is_relative,
    next_target,
    request_headers,
    with_referer,
)

REQUESTS = 10
"""The kubelet's client stops after as many (pkg/probe/http/http.go, RedirectChecker)."""

FOLLOWED = (301, 302, 303, 307, 308)
"""The other redirects are an answer (net/http/client.go, redirectBehavior)."""

TRIES = 3
"""An errored probe is tried again at once (pkg/kubelet/prober/prober.go, maxProbeRetries)."""

LATE = "no answer within {timeout} s (Client.Timeout exceeded while awaiting headers)"


class AnyWay(Protocol):
    """proxy.Way or exact.ExactWay."""

    def prefix(self, target: Target, /) -> str: ...

    def get(self, target: Target, host: str, headers: Sequence[tuple[str, str]], allowed: float) -> Fetched: ...


@dataclass(frozen=True)
class Question:
    """:ivar port: the resolved one.
    :ivar timeout: seconds, of the whole try, redirects included.
    :ivar agent: the kubelet's User-Agent.
    """

    http: HttpGet
    pod_ip: str
    port: int
    timeout: int
    agent: str


def ask(way: AnyWay, question: Question) -> Answer:
    """One try of the kubelet's, with its own three attempts where an answer breaks off.

    :raises NotReplayable: the way would change the request.
    """
    answer = Answer(NOT_SHOWN)
    for _attempt in range(TRIES):
        answer = _attempt_once(way, question)
        if answer.result != ERROR:
            break
    return answer


def _attempt_once(way: AnyWay, question: Question) -> Answer:
    seconds, redirects = 0.0, 0

    def answered(result: str, reason: str = "", fetched: Fetched | None = None, *, unreached: bool = False, refused: str = "") -> Answer:
        status = fetched.status if fetched else None
        return Answer(result, reason, seconds, status, redirects, unreached, refused)

    try:
        exact = isinstance(way, ExactWay)
        host, headers = request_headers(question.http.headers, question.agent, exact=exact)
        target = first_target(question.http, question.pod_ip, question.port)
        sent = headers
        while True:
            fetched = way.get(target, host, sent, question.timeout - seconds)
            seconds += fetched.seconds
            if fetched.outcome != proxy.ANSWERED:
                return _unanswered(fetched, question.timeout, answered)
            status = fetched.status or 0
            following = None
            if status in FOLLOWED and fetched.location:
                redirects += 1
                following = next_target(fetched.location, target, way.prefix(target))
            if following is None:
                return _judge(status, fetched, answered)
            if redirects >= REQUESTS:
                return answered(FAILURE, f"stopped after {REQUESTS} redirects", fetched)
            host = host if is_relative(fetched.location) else ""
            sent = with_referer(headers, target, following)
            target = following
    except NotReplayable:
        raise
    except ValueError as error:
        return answered(FAILURE, str(error))


def _judge(status: int, fetched: Fetched, answered: Callable[..., Answer]) -> Answer:
    if 200 <= status < 300:
        return answered(SUCCESS, "", fetched)
    if 300 <= status < 400:
        return answered(WARNING, "Probe terminated redirects", fetched)
    return answered(FAILURE, f"HTTP probe failed with statuscode: {status}", fetched)


def _unanswered(fetched: Fetched, timeout: int, answered: Callable[..., Answer]) -> Answer:
    if fetched.outcome == proxy.UNREACHED:
        return answered(FAILURE, fetched.text, unreached=not decided_by_pod(fetched.text))
    if fetched.outcome == proxy.LATE:
        return answered(FAILURE, LATE.format(timeout=timeout), unreached=True)
    if fetched.outcome == proxy.REFUSED:
        return answered(NOT_SHOWN, f"the user may not {fetched.text}", refused=fetched.text)
    if fetched.outcome == proxy.IMPOSSIBLE:
        return answered(NOT_SHOWN, fetched.text)
    reason = f"the answer did not end within {timeout} s" if fetched.outcome == proxy.SLOW_BODY else f"the answer broke off: {fetched.text}"
    return answered(ERROR, reason, fetched)


def decided_by_pod(text: str) -> bool:
    """Is what the API server could not do the pod's own doing: it refused the connection, or spoke something else than expected?

    Anything else, such as a timeout of the dial, may be a network policy or a missing route that the kubelet doesn't meet.
    """
    return "dial" not in text or "connection refused" in text

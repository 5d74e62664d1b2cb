# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the lab tries: a server's behaviour, a probe that asks it, and what the kubelet makes of that.

Each case is a pod. Its probe stands there as startup, liveness and readiness probe, with thresholds so high that nothing follows from
a failure: so the same question is asked steadily and in all three roles. What follows from failures is in test_lifecycle.py.
Later the servers of some change their behaviour, in steps that all take at the same time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

SUCCESS, WARNING, FAILURE, ERROR, NOT_SHOWN = "success", "warning", "failure", "error", "not_shown"

PORT, OTHER, TLS, GRPC, CLOSED = 8080, 8081, 8443, 9000, 8099


@dataclass(frozen=True)
class Case:
    """:ivar name: of the pod.
    :ivar probe: the handler, as in v1.Probe; likewise times other than the usual ones.
    :ivar result: what the kubelet counts: success, warning (counts as one), failure, or error (never counts).
    :ivar listen: the server's ports, fields of its `Listener`.
    :ivar env: v1.EnvVar of the container.
    :ivar not_shown: why the probe can't be asked again from outside; empty where it can.
    :ivar sidecar: the probed container is a native sidecar.
    :ivar ports: of the container, name → number.
    :ivar then: what the main port does in the steps after the first, and the result: success or failure, as the events that tell
        warnings and errors are rationed. A startup probe that has passed is not asked again.
    """

    name: str
    probe: Mapping[str, Any]
    result: str
    listen: tuple[Mapping[str, Any], ...] = ()
    env: tuple[Mapping[str, Any], ...] = ()
    not_shown: str = ""
    sidecar: bool = False
    ports: Mapping[str, int] = field(default_factory=dict)
    then: tuple[tuple[str, str], ...] = ()

    @property
    def results(self) -> tuple[tuple[str, str], ...]:
        """(behaviour, result) of each step."""
        first = str(self.listen[0]["behaviour"]) if self.listen else ""
        return ((first, self.result), *self.then)

    @property
    def fails(self) -> bool:
        return any(result == FAILURE for _, result in self.results)

    @property
    def verdict(self) -> str:
        """What the last step has to come to as a whole. Where the threshold is out of reach, no window is long enough to prove anything."""
        if self.results[-1][1] in (FAILURE, ERROR):
            return "not_proven"
        return "not_shown" if self.fails else "proven"

    @property
    def main_port(self) -> int:
        return int(self.listen[0]["port"])


def at(port: int, behaviour: str, protocol: str = "http", host: str = "0.0.0.0", after: float = 0) -> Mapping[str, Any]:
    return {"port": port, "behaviour": behaviour, "protocol": protocol, "host": host, "after": after}


def http(path: str = "/probe", port: int | str = PORT, headers: tuple[tuple[str, str], ...] = (), **more: Any) -> Mapping[str, Any]:
    """An HTTP probe; what doesn't belong to the handler is taken for the probe's."""
    handler: dict[str, Any] = {"path": path, "port": port}
    if headers:
        handler["httpHeaders"] = [{"name": name, "value": value} for name, value in headers]
    handler |= {key: more.pop(key) for key in ("scheme", "host") if key in more}
    return {"httpGet": handler, **more}


def tcp(port: int | str = PORT, **more: Any) -> Mapping[str, Any]:
    handler = {"port": port} | {key: more.pop(key) for key in ("host",) if key in more}
    return {"tcpSocket": handler, **more}


def grpc(service: str | None = None, port: int = GRPC, **more: Any) -> Mapping[str, Any]:
    # A refused connection is tried again until the time is up.
    return {"grpc": {"port": port} | ({} if service is None else {"service": service}), "timeoutSeconds": 3, **more}


def command(*words: str, **more: Any) -> Mapping[str, Any]:
    # A new process each time is dear where many pods share a small machine.
    return {"exec": {"command": list(words)}, "periodSeconds": 8, "failureThreshold": 2, **more}


def answers(name: str, behaviour: str, result: str, probe: Mapping[str, Any] | None = None, *also: Mapping[str, Any], **more: Any) -> Case:
    """A case whose server behaves so on its main port."""
    return Case(name, probe or http(), result, (at(PORT, behaviour), *also), **more)


IMPATIENT: Mapping[str, Any] = {"timeoutSeconds": 1}
ASKED_ELSEWHERE = "another host than the pod"


def http_cases() -> Iterator[Case]:
    # what the answer's number says
    yield answers("http-200", "status 200", SUCCESS, then=(("status 204", SUCCESS), ("status 400", FAILURE), ("status 299", SUCCESS)))
    yield answers("http-503", "status 503", FAILURE, then=(("status 404", FAILURE), ("status 500", FAILURE), ("status 200", SUCCESS)))
    yield answers("http-304", "status 304", WARNING)
    yield answers("http-399", "status 399", WARNING, then=(("status 400", FAILURE), ("endless", FAILURE)))

    # redirects
    yield answers("redirect-path", "redirect 302 /ok", SUCCESS, then=(("redirect 307 /bad", FAILURE), ("redirect 303 ok", SUCCESS)))
    other = (
        (f"redirect 301 http://{{host}}:{TLS}/x", FAILURE),
        (f"redirect 308 http://{{host}}:{CLOSED}/", FAILURE),
        (f"redirect 301 //{{host}}:{OTHER}/ok", SUCCESS),
    )
    yield answers(
        "redirect-other-port",
        f"redirect 301 http://{{host}}:{OTHER}/ok",
        SUCCESS,
        None,
        at(OTHER, "status 200"),
        at(TLS, "status 503"),
        then=other,
    )
    yield answers(
        "redirect-to-https",
        f"redirect 301 https://{{host}}:{TLS}/ok",
        SUCCESS,
        None,
        at(TLS, "status 200", "https"),
        then=((f"redirect 301 http://{{host}}:{TLS}/ok", FAILURE),),
    )
    yield answers("redirect-other-host", "redirect 302 http://elsewhere.example/", WARNING)
    yield answers("redirect-localhost", f"redirect 302 http://127.0.0.1:{PORT}/bad", WARNING)
    yield answers("redirect-to-its-name", "redirect 302 http://shop.example/", WARNING, http(headers=(("Host", "shop.example"),)))
    yield answers("redirect-nowhere", "redirect 302", WARNING, then=(("redirect 302 ftp://{host}/", FAILURE),))
    yield answers("redirect-9-hops", "hops 9", SUCCESS, then=(("hops 10", FAILURE), ("endless", FAILURE), ("hops 1", SUCCESS)))
    yield answers("https-only-framework", "https-only", FAILURE)

    # time
    yield answers("slow-within", "slow 0.4", SUCCESS, http(timeoutSeconds=4), then=(("slow 20", FAILURE), ("slow 0.4", SUCCESS)))
    yield answers("slow-beyond", "slow 20", FAILURE, http(**IMPATIENT), then=(("silent", FAILURE),))
    yield answers("slow-body", "drip 50 20", ERROR, http(timeoutSeconds=2))
    yield answers("slow-html", "drip 50 20 text/html", ERROR, http(timeoutSeconds=2))

    # bodies
    html = ("status 200 3000000 text/html", SUCCESS)
    yield answers("large-body", "status 200 3000000", SUCCESS, then=(html, ("status 500 3000000", FAILURE), ("unframed", SUCCESS)))
    yield answers("short-body", "short 100 10", ERROR)
    yield answers("short-html", "short 100 10 text/html", ERROR)
    yield answers("short-body-of-500", "short 100 10 text/plain 500", ERROR)
    yield answers("short-beyond-the-limit", "short 3000000 30000", SUCCESS)
    yield answers("short-chunks", "short-chunks", ERROR)
    yield answers("early-hints", "early-hints", SUCCESS)

    # connections
    closed = ("closed", FAILURE)
    yield answers("refused", "status 200", FAILURE, http(port=CLOSED))
    yield Case("localhost-only", http(), FAILURE, (at(PORT, "status 200", host="127.0.0.1"),))
    yield answers("closed-early", "close", FAILURE, then=(("close-at-once", FAILURE), ("garbage", FAILURE), ("unframed", SUCCESS)))
    yield answers("reset", "reset", FAILURE, then=(("reset-at-once", FAILURE), closed, ("status 200", SUCCESS)))
    yield answers("queue-full", "full", FAILURE, http(**IMPATIENT), then=(("untaken", FAILURE), ("status 200", SUCCESS), ("full", FAILURE)))
    secure = http(port=TLS, scheme="HTTPS")
    changed = (("status 500", FAILURE), ("garbage", FAILURE), ("status 200", SUCCESS))
    yield Case("https-bad-certificate", secure, SUCCESS, (at(TLS, "status 200", "https"),), then=changed)
    yield Case("https-on-plain-port", http(scheme="HTTPS"), FAILURE, (at(PORT, "status 200"),), then=(closed,))
    yield Case("http-on-tls-port", http(port=TLS), FAILURE, (at(TLS, "status 200", "https"),))

    # what is asked, and how
    asked = ((r"needs Accept \*/\*", SUCCESS), (r"needs User-Agent kube-probe/1\.\d+", SUCCESS), ("needs Host shop.example", FAILURE))
    yield answers("needs-its-host", "needs Host {ip}:{port}", SUCCESS, then=asked)
    yield answers("host-header", "needs Host shop.example", SUCCESS, http(headers=(("Host", "shop.example"),)))
    yield answers("own-user-agent", "needs User-Agent lab", SUCCESS, http(headers=(("user-agent", "lab"),)))
    yield answers("no-accept", "lacks Accept", SUCCESS, http(headers=(("Accept", ""),)))
    yield answers("no-compression", "lacks Accept-Encoding", SUCCESS)
    keys = (("X-Key", "a"), ("x-key", "b"))
    yield answers("repeated-header", r"needs X-Key a\|b", SUCCESS, http(headers=keys), then=(("needs X-Key a,.b", FAILURE),))
    yield answers("needs-authorization", "needs Authorization Bearer x", SUCCESS, http(headers=(("Authorization", "Bearer x"),)))
    yield answers("query", "target /probe?x=1%202&y", SUCCESS, http("/probe?x=1%202&y#part"))
    yield answers("escaped-slash", "target /a%2Fb", SUCCESS, http("/a%2Fb"))
    yield answers("space-in-path", "target /a%20b", SUCCESS, http("/a b"))
    yield answers("dots-in-path", "target /a/../b", SUCCESS, http("/a/../b"))
    yield answers("trailing-slash", "target /probe/", SUCCESS, http("/probe/"))
    yield answers("path-without-slash", "target /probe", SUCCESS, http("probe"))
    yield answers("path-like-a-host", "target /x", SUCCESS, http("//double/x"))

    # where
    yield answers("port-by-name", "status 200", SUCCESS, http(port="web"), ports={"web": PORT}, then=(("status 502", FAILURE),))
    yield answers("port-name-unknown", "status 200", ERROR, http(port="metrics"), ports={"web": PORT})
    yield answers("probe-on-another-port", "status 500", SUCCESS, http(port=OTHER), at(OTHER, "status 200"))
    yield answers("host-of-the-node", "status 500", SUCCESS, http("/healthz", 10248, host="127.0.0.1"), not_shown=ASKED_ELSEWHERE)
    yield answers("host-refusing", "status 200", FAILURE, http(port=CLOSED, host="127.0.0.1"), not_shown=ASKED_ELSEWHERE)


def tcp_cases() -> Iterator[Case]:
    # One that resets at once is a race for the kubelet too: its dialer may find the reset before it has finished.
    dropped = (("close-at-once", SUCCESS), ("garbage", SUCCESS), ("closed", FAILURE))
    yield answers("tcp-open", "status 200", SUCCESS, tcp(), then=dropped)
    yield answers("tcp-closed", "closed", FAILURE, tcp(), then=(("status 500", SUCCESS), ("closed", FAILURE), ("silent", SUCCESS)))
    yield Case("tcp-localhost-only", tcp(), FAILURE, (at(PORT, "status 200", host="127.0.0.1"),))
    yield answers("tcp-never-accepted", "untaken", SUCCESS, tcp(**IMPATIENT))
    yield answers("tcp-queue-full", "full", FAILURE, tcp(**IMPATIENT), then=(("silent", SUCCESS), ("full", FAILURE), ("untaken", SUCCESS)))
    yield Case("tcp-tls", tcp("web"), SUCCESS, (at(TLS, "status 200", "https"),), ports={"web": TLS})
    yield answers("tcp-port-name-unknown", "status 200", ERROR, tcp("metrics"), ports={"web": PORT})
    yield answers("tcp-host", "status 200", SUCCESS, tcp(10248, host="127.0.0.1"), not_shown=ASKED_ELSEWHERE)


def grpc_cases() -> Iterator[Case]:
    def case(name: str, behaviour: str, result: str, probe: Mapping[str, Any] | None = None, host: str = "0.0.0.0", **more: Any) -> Case:
        return Case(f"grpc-{name}", probe or grpc(), result, (at(GRPC, behaviour, "grpc", host),), **more)

    yield case("serving", "serving", SUCCESS, then=(("not-serving", FAILURE), ("unknown", FAILURE), ("serving", SUCCESS)))
    yield case("serving-service", "serving", SUCCESS, grpc("lab.Shop"), then=(("service-unknown", FAILURE), ("closed", FAILURE)))
    yield case("not-serving", "not-serving", FAILURE)
    yield case("service-unknown", "serving", FAILURE, grpc("lab.Nothing"))
    yield case("no-health-service", "none", FAILURE)
    yield case("slow", "slow 20", FAILURE, grpc(timeoutSeconds=3), then=(("slow 0.1", SUCCESS),))
    yield case("localhost-only", "serving", FAILURE, grpc(**IMPATIENT), host="127.0.0.1")
    yield answers("grpc-on-http-port", "status 200", FAILURE, grpc(port=PORT, **IMPATIENT), then=(("silent", FAILURE), ("full", FAILURE)))
    yield Case("grpc-on-tls-port", grpc(port=TLS, **IMPATIENT), FAILURE, (at(TLS, "status 200", "https"),))


def exec_cases() -> Iterator[Case]:
    word: Mapping[str, Any] = {"name": "WORD", "value": "shibboleth"}
    own_name: Mapping[str, Any] = {"name": "POD", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}

    def case(name: str, result: str, *words: str, env: tuple[Mapping[str, Any], ...] = (), **more: Any) -> Case:
        return Case(f"exec-{name}", command(*words, **more), result, env=env)

    def shell(name: str, result: str, script: str, *words: str, **more: Any) -> Case:
        return case(name, result, "sh", "-c", script, *words, **more)

    yield case("good", SUCCESS, "true")
    yield case("bad", FAILURE, "false")
    yield shell("command-not-found", FAILURE, "no-such-command")
    yield case("hangs", FAILURE, "sleep", "60", timeoutSeconds=1)
    yield case("missing-binary", ERROR, "/no/such/program")
    yield case("not-executable", ERROR, "/opt/not-executable")
    yield shell("large-output", SUCCESS, "yes | head -c 300000; yes | head -c 300000 >&2")
    yield shell("large-output-failing", FAILURE, "yes | head -c 300000; exit 77")
    yield shell("no-input", SUCCESS, "if read x; then exit 3; fi")
    yield case("static-variable", SUCCESS, "test", "$(WORD)", "=", "shibboleth", env=(word,))
    yield case("variable-from-a-field", FAILURE, "test", "$(POD)", "=", "exec-variable-from-a-field", env=(own_name,))
    yield shell("escaped-variable", SUCCESS, """test "$0$1" = '$'"(WORD)"'$'"(NOPE)" """, "$$(WORD)", "$(NOPE)", env=(word,))
    yield shell("shell-variable", SUCCESS, 'test "$POD" = exec-shell-variable', env=(own_name,))


def sidecar_cases() -> Iterator[Case]:
    changed = (("status 500", FAILURE), ("redirect 302 /ok", SUCCESS))
    yield answers("sidecar", "status 200", SUCCESS, sidecar=True, then=changed)
    yield answers("sidecar-failing", "status 500", FAILURE, sidecar=True, then=(("status 200", SUCCESS),))


CASES = (*http_cases(), *tcp_cases(), *grpc_cases(), *exec_cases(), *sidecar_cases())
STEPS = 1 + max(len(case.then) for case in CASES)

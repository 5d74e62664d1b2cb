# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where HTTP probes go, and what is sent."""

from __future__ import annotations

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._probes.model import HttpGet
from ansible_collections.proven.webapp.plugins.module_utils._verify.target import (
    NotReplayable,
    Target,
    dial_target,
    first_target,
    is_relative,
    next_target,
    proxy_path,
    proxy_prefix,
    request_headers,
    with_referer,
)

IP = "10.0.0.7"
AGENT = "kube-probe/1.34"
HERE = Target("http", IP, 8080, "10.0.0.7:8080", "/here/it")
PREFIX = "/api/v1/namespaces/shop/pods/web-1:8080/proxy"


# What Go's client sends for a probe's path: pkg/probe/http/request.go, formatURL.
@pytest.mark.parametrize(
    ("declared", "sent"),
    [
        ("/", "/"),
        ("healthz", "/healthz"),
        ("/a?b=c&d", "/a?b=c&d"),
        ("/a#part", "/a"),
        ("/a b", "/a%20b"),
        ("/a%20b", "/a%20b"),
        ("/a%2Fb", "/a%2Fb"),
        ("//double/x", "/x"),
        ("http://elsewhere.example:99/x?y", "/x?y"),
        ("/100%", "/100%25"),
        ("/50%?x", "/50%25%3Fx"),
        ("/ä", "/%C3%A4"),
        ("/(a)*[b]!'", "/(a)*[b]!'"),
    ],
)
def test_the_first_request(declared: str, sent: str) -> None:
    target = first_target(HttpGet(port="web", path=declared), IP, 8080)
    assert target.path + (f"?{target.query}" if target.query else "") == sent
    assert (target.scheme, target.netloc, target.port) == ("http", "10.0.0.7:8080", 8080)


def test_an_ipv6_address_stands_in_brackets() -> None:
    assert first_target(HttpGet(port=80), "fd00::7", 80).url == "http://[fd00::7]:80/"


def test_a_path_with_a_password_is_the_kubelets_alone() -> None:
    with pytest.raises(NotReplayable):
        first_target(HttpGet(port=80, path="http://user:pass@x/"), IP, 80)


@pytest.mark.parametrize(
    ("path", "asked"),
    [("/", "/"), ("/a/", "/a/"), ("/a%20b", "/a%20b"), ("/a+b;c=1,2", "/a+b;c=1,2"), ("/%C3%A4", "/%C3%A4"), ("/a%3Fb", "/a%3Fb")],
)
def test_the_proxy_is_asked_for_the_same_path(path: str, asked: str) -> None:
    assert proxy_path("shop", "web-1", Target("http", IP, 8080, "10.0.0.7:8080", path, "q=1")) == f"{PREFIX}{asked}?q=1"


def test_https_stands_before_the_pods_name() -> None:
    assert proxy_prefix("shop", "web-1", Target("https", IP, 8443, "", "/")).endswith("/pods/https:web-1:8443/proxy")


@pytest.mark.parametrize("path", ["/a//b", "//a", "/a/../b", "/a/./b", "/a%2Fb", "/a%2fb", "/%2e%2e/b"])
def test_what_the_proxy_would_change_is_not_asked_through_it(path: str) -> None:
    with pytest.raises(NotReplayable, match="would change its path"):
        proxy_path("shop", "web-1", Target("http", IP, 8080, "", path))


def test_a_query_that_no_server_takes() -> None:
    with pytest.raises(NotReplayable):
        proxy_path("shop", "web-1", Target("http", IP, 8080, "", "/", "a b"))


# What the proxy makes of Location: apimachinery/pkg/util/proxy/transport.go, rewriteURL.
@pytest.mark.parametrize(
    ("location", "url"),
    [
        (f"{PREFIX}/there", "http://10.0.0.7:8080/there"),
        (f"{PREFIX}/there?x=1", "http://10.0.0.7:8080/there?x=1"),
        (PREFIX, "http://10.0.0.7:8080/"),
        (f"{PREFIX}x/there", f"http://10.0.0.7:8080{PREFIX}x/there"),
        ("there", "http://10.0.0.7:8080/here/there"),
        ("?x=1", "http://10.0.0.7:8080/here/it?x=1"),
        (f"http://10.0.0.7:8080{PREFIX}/there", "http://10.0.0.7:8080/there"),
        (f"https://10.0.0.7:8080{PREFIX}/there", "https://10.0.0.7:8080/there"),
        ("http://10.0.0.7:9090/there", "http://10.0.0.7:9090/there"),
        ("http://10.0.0.7/there", "http://10.0.0.7/there"),
        ("//10.0.0.7:9090/there", "http://10.0.0.7:9090/there"),
        ("https://10.0.0.7", "https://10.0.0.7/"),
    ],
)
def test_a_redirect_that_is_followed(location: str, url: str) -> None:
    following = next_target(location, HERE, PREFIX)
    assert following is not None
    assert following.url == url


def test_ports_of_redirects() -> None:
    ports = {scheme: next_target(f"{scheme}://10.0.0.7/", HERE, PREFIX) for scheme in ("http", "https")}
    assert {scheme: target.port for scheme, target in ports.items() if target} == {"http": 80, "https": 443}


@pytest.mark.parametrize(
    "location", ["http://elsewhere.example/", "//elsewhere.example/x", f"http://shop.example{PREFIX}/x", "http://localhost:8080/"]
)
def test_a_redirect_to_another_host_is_not_followed(location: str) -> None:
    assert next_target(location, HERE, PREFIX) is None


def test_a_redirect_to_another_protocol_fails() -> None:
    with pytest.raises(ValueError, match="unsupported protocol scheme"):
        next_target("ftp://10.0.0.7/", HERE, PREFIX)


def test_only_a_relative_redirect_keeps_the_probes_own_host() -> None:
    assert [is_relative(item) for item in ("/x", "x", "//10.0.0.7/x", "http://10.0.0.7/x")] == [True, True, True, False]


@pytest.mark.parametrize(
    ("declared", "host", "sent"),
    [
        ([], "", [("User-Agent", AGENT), ("Accept", "*/*")]),
        ([("user-agent", "lab"), ("ACCEPT", "text/plain")], "", [("User-Agent", "lab"), ("Accept", "text/plain")]),
        ([("User-Agent", ""), ("Accept", "")], "", []),
        ([("Host", "shop.example"), ("host", "second")], "shop.example", [("User-Agent", AGENT), ("Accept", "*/*")]),
        ([("X-Key", "a"), ("x-key", "b")], "", [("X-Key", "a"), ("x-key", "b"), ("User-Agent", AGENT), ("Accept", "*/*")]),
        ([("Content-Length", "5"), ("Connection", "close")], "", [("User-Agent", AGENT), ("Accept", "*/*")]),
    ],
)
def test_headers(declared: list[tuple[str, str]], host: str, sent: list[tuple[str, str]]) -> None:
    assert request_headers(tuple(declared), AGENT) == (host, tuple(sent))


@pytest.mark.parametrize("name", ["Authorization", "authorization", "Impersonate-User", "X-Forwarded-For", "X-Remote-User", "Upgrade"])
def test_headers_that_the_api_server_keeps_never_reach_it(name: str) -> None:
    with pytest.raises(NotReplayable, match=name):
        request_headers(((name, "x"),), AGENT)


def test_without_the_api_server_they_are_sent() -> None:
    _host, sent = request_headers((("Authorization", "Bearer x"),), AGENT, exact=True)
    assert ("Authorization", "Bearer x") in sent


def test_a_value_with_a_line_break_can_not_be_sent() -> None:
    with pytest.raises(ValueError, match="invalid header field value"):
        request_headers((("X-Key", "a\nb"),), AGENT)


def test_the_referer() -> None:
    secure = Target("https", IP, 8443, "10.0.0.7:8443", "/s")
    own = (("referer", "own"),)
    assert with_referer((), HERE, secure) == (("Referer", "http://10.0.0.7:8080/here/it"),)
    assert with_referer((), secure, HERE) == ()
    assert with_referer(own, HERE, secure) == own


def test_a_dial_speaks_what_the_port_does_not() -> None:
    assert [dial_target(IP, 80, tls=tls).scheme for tls in (False, True)] == ["https", "http"]

# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The way to an API server: a real TLS server with a certificate of its own, asked by kubeconfigs of every kind."""

from __future__ import annotations

import base64
import datetime
import http.server
import ssl
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pytest
import yaml
from ansible_collections.proven.webapp.plugins.module_utils._api import Api, Unreachable, _environments_proxy
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

NAME = "cluster.example"


@dataclass(frozen=True)
class Pair:
    certificate: bytes
    key: bytes


def self_signed(name: str) -> Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC) if sys.version_info >= (3, 11) else datetime.datetime.utcnow()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(minutes=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    plain = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return Pair(certificate.public_bytes(pem), plain)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    seen: ClassVar[list[tuple[str, str]]] = []

    def do_GET(self) -> None:
        peer = self.connection.getpeercert()
        name = dict(pair[0] for pair in peer["subject"]).get("commonName", "") if peer else ""
        self.seen.append((self.headers.get("Authorization", ""), name))
        body = b"[1]" if self.path == "/list" else b"{}" if self.path == "/" else b"no JSON"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        pass


@dataclass(frozen=True)
class Server:
    url: str
    own: Pair
    user: Pair


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("tls")
    own, user = self_signed(NAME), self_signed("somebody")
    (folder / "own.pem").write_bytes(own.certificate + own.key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "own.pem")
    context.verify_mode = ssl.CERT_OPTIONAL
    context.load_verify_locations(cadata=user.certificate.decode())
    listening = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listening.socket = context.wrap_socket(listening.socket, server_side=True)
    threading.Thread(target=listening.serve_forever, daemon=True).start()
    yield Server(f"https://127.0.0.1:{listening.server_port}", own, user)
    listening.shutdown()


@pytest.fixture(autouse=True)
def nothing_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    Handler.seen.clear()
    for name in ("K8S_AUTH_HOST", "KUBECONFIG", "HTTPS_PROXY", "https_proxy"):
        monkeypatch.delenv(name, raising=False)


def kubeconfig(folder: Path, server: Server, cluster: dict[str, Any] | None = None, user: dict[str, Any] | None = None) -> str:
    authority = base64.b64encode(server.own.certificate).decode()
    there = {"server": server.url, "certificate-authority-data": authority, "tls-server-name": NAME} if cluster is None else cluster
    document = {
        "contexts": [{"name": "one", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": there}],
        "users": [{"name": "u", "user": user or {}}],
        "current-context": "one",
    }
    path = folder / "config"
    path.write_text(yaml.safe_dump(document))
    return str(path)


def test_a_token(tmp_path: Path, server: Server) -> None:
    assert Api(kubeconfig(tmp_path, server, user={"token": "t"}), None).get("/") == (200, b"{}")
    assert Handler.seen == [("Bearer t", "")]


def test_a_client_certificate(tmp_path: Path, server: Server) -> None:
    user = {
        "client-certificate-data": base64.b64encode(server.user.certificate).decode(),
        "client-key-data": base64.b64encode(server.user.key).decode(),
    }
    assert Api(kubeconfig(tmp_path, server, user=user), "one").get("/")[0] == 200
    assert Handler.seen == [("", "somebody")]


def test_a_program_that_fetches_a_token(tmp_path: Path, server: Server) -> None:
    program = tmp_path / "login"
    program.write_text(
        '#!/bin/sh\necho \'{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"made"}}\'\n'
    )
    program.chmod(0o755)
    user = {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": str(program), "interactiveMode": "Never"}}
    assert Api(kubeconfig(tmp_path, server, user=user), None).get("/")[0] == 200
    assert Handler.seen == [("Bearer made", "")]


def test_the_certificate_is_looked_at(tmp_path: Path, server: Server) -> None:
    other = base64.b64encode(server.user.certificate).decode()
    for cluster in (
        {"server": server.url, "certificate-authority-data": other, "tls-server-name": NAME},
        {"server": server.url, "certificate-authority-data": base64.b64encode(server.own.certificate).decode()},
    ):
        with pytest.raises(Unreachable, match="certificate"):
            Api(kubeconfig(tmp_path, server, cluster=cluster), None).get("/")
    assert Handler.seen == []


def test_unless_that_is_not_wanted(tmp_path: Path, server: Server) -> None:
    cluster = {"server": server.url, "insecure-skip-tls-verify": True}
    assert Api(kubeconfig(tmp_path, server, cluster=cluster), None).get("/")[0] == 200


def test_by_the_environment_as_awx_sets_it(tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("K8S_AUTH_HOST", server.url)
    monkeypatch.setenv("K8S_AUTH_API_KEY", "from-awx")
    monkeypatch.setenv("K8S_AUTH_VERIFY_SSL", "False")
    assert Api(None, None).get("/")[0] == 200
    assert Handler.seen == [("Bearer from-awx", "")]


@pytest.mark.parametrize("several", [False, True])
def test_kubectls_own_files(tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch, several: bool) -> None:
    path = kubeconfig(tmp_path, server, cluster={"server": server.url, "insecure-skip-tls-verify": True}, user={"token": "t"})
    (tmp_path / "other").write_text(yaml.safe_dump({"apiVersion": "v1", "kind": "Config"}))
    monkeypatch.setenv("KUBECONFIG", f"{path}:{tmp_path / 'other'}" if several else path)
    assert Api(None, None).get("/")[0] == 200
    assert Handler.seen == [("Bearer t", "")]


@pytest.mark.parametrize("by", ["kubeconfig", "environment"])
def test_by_a_proxy(tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch, by: str) -> None:
    cluster: dict[str, Any] = {"server": "https://cluster.invalid", "insecure-skip-tls-verify": True}
    if by == "kubeconfig":
        cluster["proxy-url"] = "http://127.0.0.1:9"
    else:
        monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    api = Api(kubeconfig(tmp_path, server, cluster=cluster), None)
    assert api.proxy == "http://127.0.0.1:9"
    with pytest.raises(Unreachable, match=r"[Pp]roxy"):
        api.get("/")


def test_no_proxy_where_the_environment_excepts_the_server(tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert Api(kubeconfig(tmp_path, server), None).get("/")[0] == 200


def test_a_key_that_is_none(tmp_path: Path, server: Server) -> None:
    nonsense = base64.b64encode(b"nonsense").decode()
    with pytest.raises(ProvenError, match="can't be used"):
        Api(kubeconfig(tmp_path, server, user={"client-certificate-data": nonsense, "client-key-data": nonsense}), None)


def test_documents(tmp_path: Path, server: Server) -> None:
    api = Api(kubeconfig(tmp_path, server), None)
    assert [api.document(path) for path in ("/", "/list", "/text")] == [(200, {}), (200, {}), (200, {"message": "no JSON"})]


def test_secrets_are_not_shown(tmp_path: Path, server: Server) -> None:
    from ansible_collections.proven.webapp.plugins.module_utils._kubeconfig import load_kubeconfig

    access = load_kubeconfig(kubeconfig(tmp_path, server, user={"token": "sentinel", "client-key-data": "c2VudGluZWw="})).access("")
    assert access.token == "sentinel"
    assert "sentinel" not in repr(access)


@pytest.mark.parametrize(("host", "past"), [("127.0.0.1:6443", True), ("localhost:6443", True), ("cluster.example", False)])
def test_a_proxy_of_the_environment_is_never_asked_for_this_machine(host: str, past: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """As kubectl does it; a cluster in containers is reached at such an address."""
    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert _environments_proxy(f"https://{host}") == ("" if past else "http://proxy.example:3128")

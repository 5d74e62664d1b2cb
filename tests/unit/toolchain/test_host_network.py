"""Mirrors and certificates are read from the machine's own configuration."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from ansible_collections.proven.webapp.plugins.module_utils import _host_network as network
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError

DEB822 = """Types: deb
# a comment
URIs: http://mirror.example.org/debian
Suites: bookworm bookworm-updates
Components: main

Types: deb
URIs: http://mirror.example.org/security
Suites: bookworm-security
Components: main

Types: deb
Enabled: no
URIs: http://off.example.org/debian
Suites: trixie
"""


def test_deb822_sources() -> None:
    mirrors = network.mirrors_from(network.apt_entries([DEB822]))
    assert mirrors == network.DebianMirrors("http://mirror.example.org/debian", "http://mirror.example.org/security")


def test_one_line_sources() -> None:
    text = (
        "# deb http://no.example.org x main\n"
        "deb [signed-by=/k.gpg arch=amd64] http://a.example.org/debian bookworm main\n"
        "deb-src http://b.example.org y main\n"
    )
    assert network.apt_entries([text]) == [("http://a.example.org/debian", "bookworm")]


def test_without_sources_the_public_ones_are_used() -> None:
    assert network.mirrors_from([("http://other.example.org", "nodistro")]) == network.DebianMirrors()


def test_build_secrets_name_only_what_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = tmp_path / "ca.pem"
    bundle.write_text("x")
    for name in network.CA_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("PIP_CONFIG_FILE", raising=False)
    monkeypatch.delenv("NPM_CONFIG_USERCONFIG", raising=False)
    monkeypatch.setattr(network, "PIP_CONFIGS", ())
    assert network.build_secrets() == {"ca": str(bundle)}


def test_an_authority_is_trusted_besides_the_machines_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in network.CA_VARIABLES:
        monkeypatch.setenv(name, str(tmp_path / "own"))
    (tmp_path / "own").write_text("-----BEGIN CERTIFICATE-----\nown\n")
    (tmp_path / "more").write_text("-----BEGIN CERTIFICATE-----\nmore\n")
    network.trust("", tmp_path / "both")
    assert not (tmp_path / "both").exists()
    network.trust(str(tmp_path / "more"), tmp_path / "cache/both")
    both = tmp_path / "cache/both"
    assert both.read_text() == "-----BEGIN CERTIFICATE-----\nown\n-----BEGIN CERTIFICATE-----\nmore\n"
    assert {os.environ[name] for name in network.CA_VARIABLES} == {str(both)}
    assert network.build_secrets()["ca"] == str(both)


def test_what_is_no_authority_is_told(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("none")
    for path in ("text", "absent"):
        with pytest.raises(ProvenError, match=r"(?s)toolchain_ca_bundle"):
            network.trust(str(tmp_path / path), tmp_path / "both")
    assert not (tmp_path / "both").exists()

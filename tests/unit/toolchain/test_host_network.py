"""Mirrors and certificates are read from the machine's own configuration."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.proven.webapp.plugins.module_utils import _host_network as network

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

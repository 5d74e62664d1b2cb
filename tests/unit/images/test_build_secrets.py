"""Build secrets of this machine."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._host_network import DebianMirrors
from ansible_collections.proven.webapp.plugins.module_utils._images import secrets


def test_the_mirror_is_handed_in_only_where_it_is_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "build_secrets", lambda ca: {"ca": ca or "/etc/ca.crt"})
    monkeypatch.setattr(secrets, "debian_mirrors", DebianMirrors)
    host = secrets.HostSecrets(tmp_path)
    assert host("trixie") == {"ca": Path("/etc/ca.crt")}
    monkeypatch.setattr(secrets, "debian_mirrors", lambda: DebianMirrors(main="http://mirror.example/debian"))
    assert "apt" not in host("")
    assert host("trixie")["apt"].read_text().splitlines() == [
        "deb http://mirror.example/debian trixie main",
        "deb http://mirror.example/debian trixie-updates main",
        "deb http://deb.debian.org/debian-security trixie-security main",
    ]

# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A small application with secrets that can be told from everything else, one set an environment."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from ansible.constants import DEFAULT_VAULT_ID_MATCH
from ansible.parsing.vault import VaultLib, VaultSecret

from tests.integration.byo.site import Site
from tests.integration.whole import DOCKERFILE, HOSTS, SERVER

KEYS = ("TOKEN", "PHRASE")
PROBE = {"tcpSocket": {"port": "http"}, "periodSeconds": 2, "timeoutSeconds": 1, "failureThreshold": 3}
SPEAKS = """
import base64, json, os, urllib.parse
for value in (os.environ["TOKEN"], os.environ["PHRASE"]):
    print(value, base64.b64encode(value.encode()).decode(), urllib.parse.quote(value, safe=""), json.dumps({"a": value}), flush=True)
raise SystemExit("it gives up: " + os.environ["TOKEN"])
"""
"""What an application had better not do, before it ends."""


def sentinel(name: str) -> str:
    """A value that is another one in each form."""
    return f'{name}-{secrets.token_hex(6)}-"quoted"/+é\\%:&-{secrets.token_hex(6)}'


@dataclass(frozen=True)
class Shop:
    """
    :ivar environment: which it is, such as dev.
    :ivar values: key → value.
    """

    environment: str
    values: dict[str, str] = field(default_factory=dict)
    password: str = field(default_factory=lambda: f"password-{secrets.token_hex(12)}")

    @classmethod
    def of(cls, environment: str) -> Shop:
        return cls(environment, {key: sentinel(f"{environment}-{key}") for key in KEYS})

    @property
    def sentinels(self) -> dict[str, str]:
        named = {f"{key} of {self.environment}": value for key, value in self.values.items()}
        return {**named, f"vault password of {self.environment}": self.password}

    def variables(self, source: Path, **component: Any) -> dict[str, Any]:
        web = {
            "build": {"context": str(source)},
            "ports": {"http": 8080},
            "secrets": list(KEYS),
            "files": {"/etc/shop/token": {"secret": "TOKEN"}},
            "probes": {"startup": {**PROBE, "periodSeconds": 1, "failureThreshold": 60}, "liveness": PROBE, "readiness": PROBE},
            "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}, "limits": {"memory": "128Mi"}},
            "rollout": {"restarts_tolerated": 0},
            **component,
        }
        return {
            "webapp_name": "shop",
            "webapp_components": {"web": web},
            "webapp_secrets": {key: f"{{{{ vault_{key.lower()} }}}}" for key in KEYS},
        }

    def write(self, site: Site, changes: Mapping[str, Any] | None = None, **component: Any) -> tuple[str, ...]:
        """The inventory, its secrets in an encrypted file; the arguments that open it."""
        source, group = site.folder / "web", site.folder / "group_vars/all"
        for folder in (source, group):
            folder.mkdir(parents=True, exist_ok=True)
        (source / "Dockerfile").write_text(DOCKERFILE)
        # Built while it is watched: nothing like it is there yet.
        (source / "server.py").write_text(f"# {secrets.token_hex(8)}\n{SERVER}")
        (site.folder / "hosts.yml").write_text(yaml.safe_dump(HOSTS))
        settings = {**site.place(), **self.variables(source, **component), **(changes or {})}
        (group / "all.yml").write_text(yaml.safe_dump(settings))
        vault = VaultLib([(DEFAULT_VAULT_ID_MATCH, VaultSecret(self.password.encode()))])
        plain = yaml.safe_dump({f"vault_{key.lower()}": value for key, value in self.values.items()}, allow_unicode=True)
        (group / "vault.yml").write_bytes(vault.encrypt(plain))
        # Whatever is in the inventory's folder is read as an inventory.
        opener = site.folder.with_name(f"opener-{self.environment}")
        opener.write_text(f"#!/bin/sh\necho {self.password}\n")
        opener.chmod(0o700)
        return "--vault-password-file", str(opener)

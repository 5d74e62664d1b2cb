# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Secrets from a KV version 2 engine of HashiCorp Vault or OpenBao, read by the lookup of community.hashi_vault."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleError
from ansible.plugins.loader import lookup_loader
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError

LOOKUP = "community.hashi_vault.vault_kv2_get"
CREDENTIAL = "Give a valid one: VAULT_TOKEN, or secrets_source_options (auth_method and what it takes)."


class HashiVaultStore:
    """The entries of paths of one engine.

    :param options: `path`, `mount` (secret), and whatever the lookup takes: url, auth_method, token, role_id, namespace, ca_cert …
    """

    def __init__(self, loader: Any, templar: Any, variables: Mapping[str, Any], options: Mapping[str, Any]) -> None:
        self._loader, self._templar, self._variables = loader, templar, dict(variables)
        self._path = str(options.get("path") or "").strip("/")
        self._mount = str(options.get("mount") or "secret").strip("/")
        self._options = {name: value for name, value in options.items() if name not in ("path", "mount")}
        self.versions: dict[str, Mapping[str, Any]] = {}
        """Path → what the store says of the version that was read: `version`, `created_time`."""
        if not self._path:
            where = "secrets_source_options.path"
            raise ProvenError("The source hashi_vault wants the path of the secrets.", where=where, fix="For example {path: todo/prod}.")

    def fetch(self, place: str) -> Mapping[str, Any] | None:
        path = place.strip("/") or self._path
        try:
            answer = self._read(path, {})
        except Exception as error:  # of the lookup, of hvac, of requests; their messages may quote what was sent
            said = _words(error)
            if "invalid or missing path" in said or "invalidpath" in said:
                return None
            raise self._failure(path, said) from None
        self.versions[path] = answer.get("metadata") or {}
        secret = answer.get("secret")
        return secret if isinstance(secret, Mapping) else None

    def where(self, place: str, entry: str) -> str:
        return f"entry {entry} at {self._mount}/{place.strip('/') or self._path}"

    def fix(self, place: str, entry: str) -> str:
        return f"Add it: vault kv patch -mount={self._mount} {place.strip('/') or self._path} {entry}=-"

    def _read(self, path: str, more: Mapping[str, Any]) -> Mapping[str, Any]:
        lookup = lookup_loader.get(LOOKUP, loader=self._loader, templar=self._templar)
        if lookup is None:
            fix = "Install the collection community.hashi_vault."
            raise ProvenError("The lookup for HashiCorp Vault isn't there.", where=LOOKUP, fix=fix)
        found: Mapping[str, Any] = lookup.run([path], self._variables, engine_mount_point=self._mount, **{**self._options, **more})[0]
        return found

    def _failure(self, path: str, said: str) -> ProvenError:
        where = f"{self._mount}/{path}" + (f" at {self._options['url']}" if self._options.get("url") else "")
        if "the lookup for hashicorp vault isn't there" in said:
            return ProvenError(
                "The lookup for HashiCorp Vault isn't there.", where=LOOKUP, fix="Install the collection community.hashi_vault."
            )
        if "hvac" in said and ("install" in said or "no module" in said or "import" in said):
            return ProvenError("The Python library hvac isn't there.", where=LOOKUP, fix="pip install hvac")
        if "permission denied" in said or "forbidden" in said:
            if self._token_is_void(path):
                return ProvenError("HashiCorp Vault doesn't accept the token: it has expired, or was revoked.", where=where, fix=CREDENTIAL)
            fix = f"Let its policy read {self._mount}/data/{path}."
            return ProvenError("HashiCorp Vault doesn't let this path be read.", where=where, fix=fix)
        if "invalid vault token" in said or "no vault token" in said:
            missing = "no vault token" in said
            what = "There is no token for HashiCorp Vault." if missing else "HashiCorp Vault doesn't accept the token."
            return ProvenError(what, where=where, fix=CREDENTIAL)
        if "certificate" in said or "ssl" in said:
            fix = "Name the CA: secrets_source_options.ca_cert, or VAULT_CACERT."
            return ProvenError("The certificate of HashiCorp Vault can't be verified.", where=where, fix=fix)
        if any(words in said for words in ("connection", "timed out", "timeout", "max retries", "resolve")):
            fix = "See that it runs, and that secrets_source_options.url or VAULT_ADDR leads to it."
            return ProvenError("HashiCorp Vault doesn't answer.", where=where, fix=fix)
        if "sealed" in said:
            return ProvenError("HashiCorp Vault is sealed.", where=where, fix="Unseal it.")
        fix = f"See that the settings are right: ansible-doc -t lookup {LOOKUP}; and that the store is well: vault status."
        return ProvenError("HashiCorp Vault doesn't give the secrets.", where=where, fix=fix)

    def _token_is_void(self, path: str) -> bool:
        """Vault's 403 doesn't say whether the token or its rights are the reason; only a token that is good may look itself up."""
        if self._options.get("auth_method", "token") != "token":
            return False
        try:
            self._read(path, {"token_validate": True})
        except Exception as error:
            return "invalid vault token" in _words(error)
        return False


def _words(error: BaseException) -> str:
    """The types and messages of an error and its causes, in small letters: to be looked at, never shown."""
    words: list[str] = []
    seen: BaseException | None = error
    while seen is not None and len(words) < 10:
        words.append(f"{type(seen).__name__} {seen.message if isinstance(seen, AnsibleError) else seen}")
        seen = seen.__cause__ or seen.__context__
    return " ".join(words).lower()

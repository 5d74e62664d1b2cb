# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The source of secrets that the inventory chooses, with what it needs of Ansible: variables, templates, vault passwords, lookups."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleError
from ansible_collections.proven.webapp.plugins.module_utils._api import Api
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._secrets.cluster_store import ClusterStore
from ansible_collections.proven.webapp.plugins.module_utils._secrets.environment import EnvironmentStore
from ansible_collections.proven.webapp.plugins.module_utils._secrets.sops import SopsStore
from ansible_collections.proven.webapp.plugins.module_utils._secrets.source import Source, Store, StoreSource
from ansible_collections.proven.webapp.plugins.plugin_utils.hashi_vault_store import HashiVaultStore
from ansible_collections.proven.webapp.plugins.plugin_utils.vault_source import VaultSource

OPTIONS: dict[str, frozenset[str] | None] = {
    "vault": frozenset(),
    "sops": frozenset({"file", "binary", "age_key_file"}),
    "hashi_vault": None,  # those of the lookup besides its own two
    "environment": frozenset({"prefix"}),
    "cluster": frozenset({"secret", "namespace", "kubeconfig", "context"}),
}
"""Source → what `secrets_source_options` may hold for it, besides `entries`."""
PREFIX = "WEBAPP_SECRET_"
OPTIONS_VARIABLE = "secrets_source_options"
"""Read by its name: a credential of the store may be among them, which an argument of a task would show."""


@dataclass(frozen=True)
class Request:
    """What a task says of where the secrets are.

    :ivar variable: the name of the map of keys.
    :ivar variables: all variables, untemplated.
    :ivar passwords: vault id → password.
    :ivar tools: name → path of programs that were made for it.
    """

    source: str
    variable: str
    variables: Mapping[str, Any] = field(repr=False)
    templar: Any
    loader: Any
    passwords: Mapping[str, bytes] = field(repr=False)
    tools: Mapping[str, str]
    kubeconfig: str
    context: str


def open_source(request: Request) -> Source:
    """:raises ProvenError: what the inventory says of the source is wrong."""
    options = _options(request)
    if request.source == "vault":
        return VaultSource(request.variable, request.variables, request.templar, request.passwords)
    entries = options.pop("entries", None) or {}
    if not isinstance(entries, Mapping) or not all(isinstance(entry, str) and entry for entry in entries.values()):
        where = f"{OPTIONS_VARIABLE}.entries"
        raise ProvenError("The entries must be a map of keys to names in the source.", where=where, fix="For example {API_KEY: api#key}.")
    declared = request.variables.get(request.variable) or {}
    keys = [str(key) for key in declared] if isinstance(declared, Mapping) else []
    return StoreSource(_store(request, options), keys, {str(key): str(entry) for key, entry in entries.items()})


def _options(request: Request) -> dict[str, Any]:
    raw = request.variables.get(OPTIONS_VARIABLE)
    if request.source not in OPTIONS:
        known = ", ".join(OPTIONS)
        raise ProvenError(f"There is no source of secrets {request.source!r}.", where="secrets_source", fix=f"Choose one of {known}.")
    try:
        options = request.templar.copy_with_new_env(available_variables=dict(request.variables)).template(raw) if raw else {}
    except AnsibleError:  # its message may quote a credential
        fix = "See that each variable in it is set and can be decrypted."
        raise ProvenError("The settings of the source of secrets can't be evaluated.", where=OPTIONS_VARIABLE, fix=fix) from None
    if not isinstance(options, Mapping):
        raise ProvenError("The settings of the source of secrets must be a map.", where=OPTIONS_VARIABLE, fix="For example {path: todo}.")
    options = {str(key): value for key, value in options.items()}
    allowed = OPTIONS[request.source]
    if allowed is not None and (unknown := sorted(options.keys() - allowed - {"entries"})):
        raise ProvenError(
            f"The source {request.source} has no setting {', '.join(unknown)}.",
            where=OPTIONS_VARIABLE,
            fix=f"It has: {', '.join(sorted({*allowed, 'entries'}))}." if request.source != "vault" else "Remove it: it has none.",
        )
    return options


def _store(request: Request, options: dict[str, Any]) -> Store:
    if request.source == "environment":
        return EnvironmentStore(os.environ, str(options.get("prefix", PREFIX)))
    if request.source == "sops":
        folder = str(request.variables.get("inventory_dir") or ".")
        return SopsStore(
            Path(folder, str(options.get("file") or "secrets.sops.yaml")),
            program=str(options.get("binary") or request.tools.get("sops") or shutil.which("sops") or "sops"),
            age_key_file=str(options.get("age_key_file") or ""),
            environment=os.environ,
        )
    if request.source == "hashi_vault":
        return HashiVaultStore(request.loader, request.templar, request.variables, options)
    secret = str(options.get("secret") or "")
    if not secret:
        where = f"{OPTIONS_VARIABLE}.secret"
        raise ProvenError(
            "The source cluster wants the name of the Secret that is there.", where=where, fix="For example {secret: todo-env}."
        )
    namespace = str(options.get("namespace") or request.variables.get("webapp_namespace") or "default")
    kubeconfig, context = (str(options.get(name) or default) for name, default in _access(request).items())
    return ClusterStore(lambda: Api(kubeconfig or None, context or None), namespace, secret)


def _access(request: Request) -> dict[str, str]:
    return {"kubeconfig": request.kubeconfig, "context": request.context}

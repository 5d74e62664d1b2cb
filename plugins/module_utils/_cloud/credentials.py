# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who we are to a cloud: what the inventory says, or else what the environment does, by the names that the clouds' own tools and AWX use.

AWX's credential types set GOOGLE_APPLICATION_CREDENTIALS and GCP_PROJECT, or AZURE_CLIENT_ID, AZURE_SECRET, AZURE_TENANT and
AZURE_SUBSCRIPTION_ID. It has none for DigitalOcean: a type of one's own sets DIGITALOCEAN_TOKEN.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError

VARIABLE = "cluster_credentials"
"""Of the inventory."""

DOKS_TOKENS = ("DIGITALOCEAN_TOKEN", "DIGITALOCEAN_ACCESS_TOKEN", "DO_API_TOKEN")
GKE_FILES = ("GOOGLE_APPLICATION_CREDENTIALS", "GCP_SERVICE_ACCOUNT_FILE", "GCE_CREDENTIALS_FILE_PATH")
GKE_PROJECTS = ("GOOGLE_CLOUD_PROJECT", "GCP_PROJECT", "GCE_PROJECT")
AKS_CLIENTS = ("AZURE_CLIENT_ID",)
AKS_SECRETS = ("AZURE_CLIENT_SECRET", "AZURE_SECRET")
AKS_TENANTS = ("AZURE_TENANT_ID", "AZURE_TENANT")
AKS_SUBSCRIPTIONS = ("AZURE_SUBSCRIPTION_ID",)

KEYS = {"doks": ("token",), "gke": ("service_account",), "aks": ("client_id", "client_secret", "tenant")}
"""Provider → what the inventory's credentials may hold."""


@dataclass(frozen=True)
class Principal:
    """A service principal of Azure's; empty where the machine's own identity is to be taken."""

    client_id: str = ""
    tenant: str = ""
    secret: str = field(default="", repr=False)
    source: str = VARIABLE


def first(environment: Mapping[str, str], names: tuple[str, ...]) -> tuple[str, str]:
    """(name, value) of the first variable that is set; empty where none is."""
    return next(((name, environment[name].strip()) for name in names if environment.get(name, "").strip()), ("", ""))


def check_keys(provider: str, given: Mapping[str, Any]) -> None:
    """
    :raises ProvenError: the credentials are those of another cloud, or misspelt. Values are never told.
    """
    unknown = sorted(key for key, value in given.items() if value and key not in KEYS[provider])
    if unknown:
        raise ProvenError(f"{provider} takes no {unknown[0]}.", where=VARIABLE, fix=f"Give it {' and '.join(KEYS[provider])}.")


def doks_token(given: Mapping[str, Any], environment: Mapping[str, str]) -> tuple[str, str]:
    """(token, where it comes from).

    :raises ProvenError: there is none, or it can't be one.
    """
    check_keys("doks", given)
    source, token = (f"{VARIABLE}.token", str(given["token"]).strip()) if given.get("token") else first(environment, DOKS_TOKENS)
    if not token:
        raise ProvenError(
            "There are no credentials for DigitalOcean.", where=f"{VARIABLE}.token", fix=f"Vault a token there, or set {DOKS_TOKENS[0]}."
        )
    if not token.isascii() or any(character.isspace() for character in token):
        raise ProvenError(
            "That is no token of DigitalOcean's: it holds a space or a letter beyond ASCII.", where=source, fix="Copy it again."
        )
    return token, source


def service_account(given: Mapping[str, Any], environment: Mapping[str, str]) -> tuple[Mapping[str, Any], str]:
    """(a service account's key, where it comes from); without a key the machine's own identity is to be taken.

    :raises ProvenError: it is no key.
    """
    check_keys("gke", given)
    key, source = given.get("service_account"), f"{VARIABLE}.service_account"
    if not key:
        source, path = first(environment, GKE_FILES)
        if not path:
            return {}, "the machine's own identity"
        try:
            with open(path, encoding="utf-8") as file:
                key = file.read()
        except (OSError, UnicodeDecodeError) as error:
            raise ProvenError(
                f"The file of {source} can't be read.", where=path, fix="Name the file of a service account's key."
            ) from error
    if isinstance(key, str):
        try:
            key = json.loads(key)
        except ValueError:
            raise ProvenError(
                "The service account's key isn't JSON.", where=source, fix="Vault the whole file that Google gave out."
            ) from None
    if not isinstance(key, dict):
        raise ProvenError("The service account's key is no map.", where=source, fix="Vault the whole file that Google gave out.")
    return key, source


def principal(given: Mapping[str, Any], environment: Mapping[str, str]) -> Principal:
    """
    :raises ProvenError: it is given in part.
    """
    check_keys("aks", given)
    if any(given.get(key) for key in KEYS["aks"]):
        found = Principal(*(str(given.get(key) or "") for key in ("client_id", "tenant", "client_secret")))
        names = ("client_id", "tenant", "client_secret")
    else:
        names = (AKS_CLIENTS[0], AKS_TENANTS[0], AKS_SECRETS[0])
        found = Principal(
            first(environment, AKS_CLIENTS)[1], first(environment, AKS_TENANTS)[1], first(environment, AKS_SECRETS)[1], names[2]
        )
        # Without a secret, client and tenant name a workload's or a managed identity
        if not found.secret:
            if environment.get("AZURE_AD_USER"):
                raise ProvenError(
                    "A user with a password can't be logged in: Azure wants a second factor.",
                    where="AZURE_AD_USER",
                    fix="Give a service principal: AZURE_CLIENT_ID, AZURE_SECRET and AZURE_TENANT.",
                )
            return Principal(source="the machine's own identity")
    lacking = [name for name, value in zip(names, (found.client_id, found.tenant, found.secret), strict=True) if not value]
    if lacking:
        raise ProvenError(f"The service principal has no {' and no '.join(lacking)}.", where=found.source, fix="Give all three.")
    return found

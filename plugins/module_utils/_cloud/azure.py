# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Azure's resource manager: which of its clouds, who we are, and requests to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ansible_collections.proven.webapp.plugins.module_utils._cloud.credentials import principal
from ansible_collections.proven.webapp.plugins.module_utils._cloud.http import Http, Refused, check_address
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError

ENVIRONMENT = "AZURE_CLOUD_ENVIRONMENT"
"""Variable that names one of Azure's clouds, or the address of a private one; AWX sets it."""


@dataclass(frozen=True)
class Endpoints:
    """
    :ivar login: who gives out tokens.
    :ivar manager: the resource manager.
    :ivar public: one of Microsoft's own clouds.
    """

    login: str
    manager: str
    public: bool = True


PUBLIC = Endpoints("https://login.microsoftonline.com", "https://management.azure.com")
CLOUDS = {
    "azurecloud": PUBLIC,
    "azurepubliccloud": PUBLIC,
    "azureusgovernment": Endpoints("https://login.microsoftonline.us", "https://management.usgovcloudapi.net"),
    "azureusgovernmentcloud": Endpoints("https://login.microsoftonline.us", "https://management.usgovcloudapi.net"),
    "azurechinacloud": Endpoints("https://login.chinacloudapi.cn", "https://management.chinacloudapi.cn"),
}
METADATA_VERSION = "2019-05-01"


def endpoints(named: str) -> Endpoints:
    """
    :param named: empty is Azure's public cloud; an address is a private one's resource manager, which tells the rest.
    :raises ProvenError: there is no such cloud.
    """
    if not named:
        return PUBLIC
    if "://" not in named:
        if named.lower() not in CLOUDS:
            raise ProvenError(
                f"There is no Azure cloud {named!r}.", where=ENVIRONMENT, fix="Use AzureCloud, AzureUSGovernment or AzureChinaCloud."
            )
        return CLOUDS[named.lower()]
    manager = check_address(named, ENVIRONMENT)
    try:
        told = Http(manager, lambda: "").get("/metadata/endpoints", {"api-version": METADATA_VERSION})
        login = check_address(str(told["authentication"]["loginEndpoint"]), ENVIRONMENT)
    except (Refused, KeyError, TypeError):
        raise ProvenError("This is no resource manager of Azure's.", where=f"{ENVIRONMENT}: {named}", fix="Correct the address.") from None
    return Endpoints(login, manager, public=False)


class Identity:
    """Gives tokens, by Azure's own library.

    :ivar source: where the credentials come from, for errors.
    :raises ProvenError: there are no credentials, or no library for them.
    """

    def __init__(self, given: Mapping[str, str], environment: Mapping[str, str], places: Endpoints) -> None:
        try:
            from azure.identity import ClientSecretCredential, DefaultAzureCredential
        except ImportError:
            raise ProvenError(
                "The Python library azure-identity isn't there.", where="cluster_provider: aks", fix="pip install azure-identity"
            ) from None
        who = principal(given, environment)
        self.source = who.source
        options = {"authority": places.login, "disable_instance_discovery": not places.public}
        self.tenant = who.tenant
        try:
            self._credential = (
                ClientSecretCredential(who.tenant, who.client_id, who.secret, **options)
                if who.secret
                else DefaultAzureCredential(**options)
            )
        except ValueError as error:
            raise ProvenError(f"Azure can't take the credentials: {first_line(error)}", where=who.source, fix="Correct them.") from None

    def token(self, resource: str) -> str:
        """
        :param resource: the address or the ID of what the token is for.
        :raises ProvenError: there is none.
        """
        from azure.core.exceptions import AzureError

        try:
            return str(self._credential.get_token(f"{resource}/.default").token)
        except AzureError as error:
            raise login_refused(error, self.source) from None

    def tokens(self, resource: str) -> Callable[[], str]:
        return lambda: self.token(resource)


def first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:300] if lines else "no reason given"


MEANINGS = {
    "AADSTS7000215": "the client's secret is wrong",
    "AADSTS7000222": "the client's secret has expired",
    "AADSTS700016": "the tenant has no such client",
    "AADSTS90002": "there is no such tenant",
    "AADSTS900023": "there is no such tenant",
    "AADSTS7000112": "the client is switched off",
}
"""Codes of Entra ID's for what goes wrong most."""


def login_refused(error: Exception, source: str) -> ProvenError:
    """Why there is no token. Azure's library tells some of it over many lines."""
    text = str(error)
    if "no credential in this chain" in text.lower() or "DefaultAzureCredential failed" in text:
        return ProvenError(
            "There are no credentials for Azure.",
            where="cluster_credentials",
            fix="Vault client_id, client_secret and tenant there, or set AZURE_CLIENT_ID, AZURE_SECRET and AZURE_TENANT.",
        )
    for code, meaning in MEANINGS.items():
        if code in text.replace(":", " ").split() or f"{code}:" in text:
            return ProvenError(f"Azure doesn't accept the credentials: {meaning} ({code}).", where=source, fix="Correct or renew them.")
    return ProvenError(
        f"Azure gives no token: {first_line(error).rstrip('.')}.", where=source, fix="Check the network and the credentials."
    )

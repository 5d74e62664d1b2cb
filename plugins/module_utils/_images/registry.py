# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Asks a registry for an image's digest, over plain HTTP on this machine and HTTPS elsewhere, as Docker does."""

from __future__ import annotations

import base64
import json
import ssl
import threading
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from functools import cached_property
from urllib.parse import urlencode

from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._given import given

MANIFESTS = ", ".join(
    (
        "application/vnd.docker.distribution.manifest.v2+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.oci.image.index.v1+json",
    )
)
TIMEOUT_SECONDS = 10
HUB, HUB_API = "docker.io", "registry-1.docker.io"


class Unreachable(ProvenError):
    """Nothing answers at the registry's address."""


class NeedsLogin(Exception):
    """The registry wants credentials, which only Docker's own tools know."""


@dataclass(frozen=True)
class Login:
    """Who we are to a registry."""

    username: str
    password: str = field(repr=False)

    @property
    def basic(self) -> str:
        """As HTTP's basic scheme and Docker's configuration have it."""
        return base64.b64encode(f"{self.username}:{self.password}".encode()).decode()


@dataclass(frozen=True)
class Registry:
    """A registry.

    :param address: what images' names start with: a host, with its port and the path of a project where it has them.
    :param login: None for Docker's own credentials.
    :param ca: file of the certificates to trust besides the system's; empty for none.
    """

    address: str
    login: Login | None = None
    ca: str = ""
    _tokens: dict[str, str] = field(default_factory=dict, compare=False, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, compare=False, repr=False)

    @property
    def host(self) -> str:
        return self.address.partition("/")[0]

    @property
    def plain(self) -> bool:
        """Whether it is on this machine and so, as Docker sees it, spoken to without TLS."""
        name = self.host.rpartition(":")[0] or self.host
        return name in ("localhost", "[::1]") or name.startswith("127.")

    @cached_property
    def _opener(self) -> urllib.request.OpenerDirector:
        if not self.plain:
            context = ssl.create_default_context()
            if self.ca:
                context.load_verify_locations(cafile=self.ca)
            return urllib.request.build_opener(urllib.request.HTTPSHandler(context=context))
        # without a proxy, and without reading all certificates of this machine, which takes longer than the question
        opener = urllib.request.OpenerDirector()
        for handler in (urllib.request.HTTPHandler(), urllib.request.HTTPDefaultErrorHandler(), urllib.request.HTTPErrorProcessor()):
            opener.add_handler(handler)
        return opener

    def check(self) -> None:
        """See that it answers and takes the login.

        :raises Unreachable: where nobody answers.
        :raises ProvenError: where it refuses.
        """
        status, _headers = self._ask("GET", "/v2/", "")
        if status in (401, 403) and self.login:
            raise self._refused()
        if status not in (200, 401, 403):
            raise ProvenError(
                f"The image registry answers {status}", where=self.address, fix="Is this a container registry? Correct images_registry"
            )

    def digest(self, repository: str, tag: str) -> str | None:
        """The manifest's digest, or None where the registry hasn't got the tag.

        :raises Unreachable: where nobody answers.
        :raises NeedsLogin: where credentials are asked for and none were given.
        :raises ProvenError: for any other answer.
        """
        path = "/".join(filter(None, (self.address.partition("/")[2], repository)))
        status, headers = self._ask("HEAD", f"/v2/{path}/manifests/{tag}", f"repository:{path}:pull,push", {"Accept": MANIFESTS})
        if status == 404:
            return None
        if status in (401, 403):
            if self.login:
                raise self._refused(f"{self.host}/{path}")
            raise NeedsLogin
        found: str | None = headers.get("Docker-Content-Digest")
        if status != 200 or not found:
            raise ProvenError(
                f"The image registry answers {status}",
                where=f"{self.address}/{repository}:{tag}",
                fix="Is this a container registry? Look at its log",
            )
        return found

    def _refused(self, where: str = "") -> ProvenError:
        who = self.login.username if self.login else ""
        return ProvenError(
            f"The image registry refuses the login of {who}",
            where=where or self.address,
            fix="Correct images_registry_username and images_registry_password, or give that user the right to push; nothing was built",
        )

    def _ask(self, method: str, path: str, scope: str, headers: Mapping[str, str] | None = None) -> tuple[int, Message]:
        """Status and headers; with the login where it is asked for.

        :param scope: what a token has to allow; empty for none.
        """
        url = f"{'http' if self.plain else 'https'}://{HUB_API if self.host == HUB else self.host}{path}"
        known = {"Authorization": self._tokens[scope]} if scope in self._tokens else {}
        status, answer, _body = self._send(method, url, {**(headers or {}), **known})
        if status != 401 or not self.login:
            return status, answer
        credentials = self._credentials(answer.get("WWW-Authenticate") or "", scope)
        if not credentials:
            return status, answer
        self._tokens[scope] = credentials
        status, answer, _body = self._send(method, url, {**(headers or {}), "Authorization": credentials})
        return status, answer

    def _credentials(self, challenge: str, scope: str) -> str:
        """What to send as `Authorization`, or nothing where the login is refused."""
        login = given(self.login)
        kind, _space, rest = challenge.partition(" ")
        if kind.lower() == "basic":
            return f"Basic {login.basic}"
        asked = urllib.request.parse_keqv_list(urllib.request.parse_http_list(rest))
        if kind.lower() != "bearer" or not asked.get("realm"):
            return ""
        wants = {key: value for key, value in (("service", asked.get("service")), ("scope", scope)) if value}
        url = f"{asked['realm']}?{urlencode(wants)}"
        status, _headers, body = self._send("GET", url, {"Authorization": f"Basic {login.basic}"})
        if status != 200:
            return ""
        answer = json.loads(body)
        return f"Bearer {answer.get('token') or answer.get('access_token') or ''}"

    def _send(self, method: str, url: str, headers: Mapping[str, str]) -> tuple[int, Message, bytes]:
        request = urllib.request.Request(url, method=method, headers=dict(headers))
        with self._lock:
            opener = self._opener
        try:
            with opener.open(request, timeout=TIMEOUT_SECONDS) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, b""
        except (OSError, ValueError) as error:
            reason = getattr(error, "reason", error)
            fix = "Name the authority that signed it in toolchain_ca_bundle" if isinstance(reason, ssl.SSLError) else ""
            raise Unreachable(
                f"The image registry doesn't answer: {reason}", where=self.address, fix=fix or "Start it, or correct its address"
            ) from error

# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Asks a registry for an image's digest, over plain HTTP on this machine and HTTPS elsewhere, as Docker does."""

from __future__ import annotations

import http.client
from dataclasses import dataclass

from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError

MANIFESTS = ", ".join(
    (
        "application/vnd.docker.distribution.manifest.v2+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.oci.image.index.v1+json",
    )
)
TIMEOUT_SECONDS = 10


class Unreachable(ProvenError):
    """Nothing answers at the registry's address."""


class NeedsLogin(Exception):
    """The registry wants credentials, which only Docker's own tools know."""


@dataclass(frozen=True)
class Registry:
    """A registry.

    :param address: host and port, as in an image's reference.
    """

    address: str

    @property
    def plain(self) -> bool:
        host = self.address.rpartition(":")[0] or self.address
        return host in ("localhost", "[::1]") or host.startswith("127.")

    def digest(self, repository: str, tag: str) -> str | None:
        """The manifest's digest, or None where the registry hasn't got the tag.

        :raises Unreachable: where nobody answers.
        :raises NeedsLogin: where credentials are asked for.
        :raises ProvenError: for any other answer.
        """
        kind = http.client.HTTPConnection if self.plain else http.client.HTTPSConnection
        connection = kind(self.address, timeout=TIMEOUT_SECONDS)
        try:
            connection.request("HEAD", f"/v2/{repository}/manifests/{tag}", headers={"Accept": MANIFESTS})
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise Unreachable(
                f"The image registry doesn't answer: {error}",
                where=self.address,
                fix="Start it, or correct its address",
            ) from error
        finally:
            connection.close()
        if answer.status == 404:
            return None
        if answer.status in (401, 403):
            raise NeedsLogin
        found = answer.getheader("Docker-Content-Digest")
        if answer.status != 200 or not found:
            raise ProvenError(
                f"The image registry answers {answer.status} {answer.reason}",
                where=f"{self.address}/{repository}:{tag}",
                fix="Is this a container registry? Look at its log",
            )
        return found

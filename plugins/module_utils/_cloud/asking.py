# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Requests whose refusals are told in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._cloud.http import Answer, Http, Refused
from ansible_collections.proven.webapp.plugins.module_utils._cloud.refusal import refusal


@dataclass(frozen=True)
class Asking:
    """One of a cloud's APIs.

    :ivar title: the cloud's name.
    :ivar where: what is asked about, for errors.
    :ivar credentials: where the credentials come from, for errors.
    :ivar query: what goes with every request, such as the API's version.
    """

    http: Http
    title: str
    where: str
    credentials: str
    query: Mapping[str, str] | None = None

    def versioned(self, version: str) -> Asking:
        """The same API as Azure names its parts: by a date."""
        return replace(self, query={"api-version": version})

    def get(self, path: str, doing: str, query: Mapping[str, str] | None = None) -> Any:
        """
        :param doing: what it is for, as in "look at its clusters".
        :raises ProvenError: it is refused.
        """
        return self.send("GET", path, doing, query=query).body

    def maybe(self, path: str, doing: str) -> Any | None:
        """None where there is no such thing."""
        try:
            return self.http.get(path, self.query)
        except Refused as refused:
            if refused.status == 404:
                return None
            raise self.words(refused, doing) from None

    def send(
        self,
        method: str,
        path: str,
        doing: str,
        body: Any = None,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        good: tuple[int, ...] = (),
    ) -> Answer:
        """
        :param good: statuses that are as good as done, such as 409 of what is there already.
        :raises ProvenError: it is refused.
        """
        try:
            return self.http.send(method, path, body, query={**(self.query or {}), **(query or {})}, headers=headers)
        except Refused as refused:
            if refused.status in good:
                return Answer(refused.status, None, {})
            raise self.words(refused, doing) from None

    def words(self, refused: Refused, doing: str) -> Exception:
        return refusal(self.title, refused, doing=doing, where=self.where, credentials=self.credentials)

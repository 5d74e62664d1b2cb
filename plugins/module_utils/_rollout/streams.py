# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Lists and watches of a release's kinds: one list and one watch each (Kubernetes API Concepts, "Efficient detection of changes")."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode

from ansible_collections.proven.webapp.plugins.module_utils._api import Api, Unreachable
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._rollout.model import Object
from ansible_collections.proven.webapp.plugins.module_utils._rollout.store import EVENTS, Store

LIST_SECONDS = 20.0
WATCH_SECONDS = 25
"""The server ends a watch then, and the next one goes on where it ended: a connection that died in silence is noticed that soon."""
SILENCE_SECONDS = WATCH_SECONDS + 5.0
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0
POLL_SECONDS = 1.0
"""Between lists, for who may list but not watch."""
HEADERS = (("Accept", "application/json"),)


@dataclass(frozen=True)
class Kind:
    """:ivar name: as in Snapshot.
    :ivar essential: without it nothing can be said.
    """

    name: str
    group: str
    plural: str
    essential: bool = False


WORKLOADS = (
    Kind("deployments", "apis/apps/v1", "deployments", True),
    Kind("statefulsets", "apis/apps/v1", "statefulsets", True),
    Kind("daemonsets", "apis/apps/v1", "daemonsets"),
    Kind("jobs", "apis/batch/v1", "jobs"),
    Kind("claims", "api/v1", "persistentvolumeclaims"),
    Kind("services", "api/v1", "services"),
    Kind("slices", "apis/discovery.k8s.io/v1", "endpointslices"),
    Kind("scalers", "apis/autoscaling/v2", "horizontalpodautoscalers"),
)
"""Enough to see that everything is done."""
DETAILS = (
    Kind("pods", "api/v1", "pods", True),
    Kind("replicasets", "apis/apps/v1", "replicasets", True),
    Kind(EVENTS, "api/v1", "events"),
)
"""What says why it isn't."""


class Refused(ProvenError):
    """The user may not read a kind."""


@dataclass(frozen=True)
class Place:
    """Where a release is.

    :ivar selector: of its objects' labels.
    """

    api: Api
    namespace: str
    selector: str

    def path(self, kind: Kind, **query: str) -> str:
        # Events carry no labels of what they are about.
        given = query if kind.name == EVENTS else {"labelSelector": self.selector, **query}
        return f"/{kind.group}/namespaces/{self.namespace}/{kind.plural}?{urlencode(given)}"


@dataclass(frozen=True)
class Listed:
    """:ivar version: where a watch goes on.
    :ivar ahead: seconds that the server's clock is ahead of ours; 0 where that can't be told from the time the answer took.
    """

    items: list[Object]
    version: str
    ahead: float = 0.0


def _refusal(kind: Kind, status: int, body: bytes) -> ProvenError:
    try:
        message = str(json.loads(body).get("message", ""))
    except (ValueError, AttributeError):
        message = ""
    text = message or f"status {status}"
    if status == 403:
        return Refused(f"The cluster doesn't let {kind.plural} be read: {text}", fix="give the user get, list and watch for them")
    if status == 401:
        return ProvenError(f"The cluster doesn't accept the credential: {text}", fix="renew the kubeconfig's token or certificate")
    return Unreachable(f"The cluster doesn't list {kind.plural}: {text}", fix="check that the API server is well")


def open_path(place: Place, kind: Kind, path: str, seconds: float) -> Any:
    """An answer with status 200, unread.

    :raises Refused: the user may not.
    :raises Unreachable: no answer, or one that says to try again; Gone is among them, see `Gone`.
    :raises ProvenError: the credential isn't valid.
    """
    from urllib3.exceptions import HTTPError

    try:
        answer = place.api.open(path, HEADERS, seconds)
        if answer.status == 200:
            return answer
        body = answer.read()
    except (HTTPError, OSError) as error:
        raise Unreachable(f"The cluster doesn't answer: {error}", where=place.api.host, fix="check that it runs") from error
    if answer.status == 410:
        raise Gone("The cluster doesn't remember.")
    raise _refusal(kind, int(answer.status), body)


class Gone(Unreachable):
    """What a watch wants to go on from is forgotten: list again."""


def read_list(place: Place, kind: Kind) -> Listed:
    """All there is of a kind."""
    from urllib3.exceptions import HTTPError

    before = time.time()
    answer = open_path(place, kind, place.path(kind), LIST_SECONDS)
    try:
        found = json.loads(answer.data)
    except (HTTPError, OSError, ValueError) as error:
        raise Unreachable(f"The cluster's answer broke off: {error}", where=place.api.host) from error
    return Listed(list(found.get("items") or ()), str(found["metadata"].get("resourceVersion", "")), _ahead(answer, before))


def _ahead(answer: Any, before: float) -> float:
    """By the header Date, which knows no fractions of a second."""
    try:
        date = parsedate_to_datetime(answer.headers["Date"]).timestamp()
    except (KeyError, TypeError, ValueError):
        return 0.0
    return 0.0 if before - 1.5 <= date <= time.time() + 0.5 else date + 0.5 - time.time()


class Stream(threading.Thread):
    """Tells the store of every change of a kind, until it is stopped.

    Survives that the server ends the watch, has forgotten where it was (410), restarts, or lets the user list but not watch.

    :param version: where to go on; empty lists first.
    """

    def __init__(self, place: Place, kind: Kind, store: Store, version: str = "") -> None:
        super().__init__(daemon=True, name=f"watch-{kind.name}")
        self._place = place
        self._kind = kind
        self._store = store
        self._version = version
        self._over = threading.Event()
        self._answer: Any = None

    def stop(self) -> None:
        """Tell nothing more. A read that waits is cut short where urllib3 can do that (2.3); else it ends with the watch or the process."""
        self._over.set()
        answer = self._answer
        shutdown = getattr(answer, "shutdown", None)
        if shutdown is not None:
            # It may have ended by itself at this very moment.
            try:
                shutdown()
            except (ValueError, RuntimeError, OSError):
                return

    def run(self) -> None:
        pause = FIRST_PAUSE
        while not self._over.is_set():
            try:
                if not self._version:
                    listed = read_list(self._place, self._kind)
                    self._store.replace(self._kind.name, listed.items)
                    self._version = listed.version
                    self._store.back(self._kind.name)
                    pause = FIRST_PAUSE
                if self._follow():
                    pause = FIRST_PAUSE
            except Gone:
                self._version = ""
            except Refused:
                self._version = ""
                self._over.wait(POLL_SECONDS)
            except Unreachable as error:
                if not self._over.is_set():
                    self._store.away(self._kind.name, error.what)
                    # Not all of them at the same time, on a server that has just come up.
                    self._over.wait(pause * random.uniform(0.8, 1.2))
                    pause = min(pause * 2, LONGEST_PAUSE)
            except ProvenError as error:
                self._store.give_up(error)
                return

    def _follow(self) -> bool:
        """Until the server ends it; whether anything was heard."""
        query = {"watch": "1", "allowWatchBookmarks": "true", "resourceVersion": self._version, "timeoutSeconds": str(WATCH_SECONDS)}
        self._answer = open_path(self._place, self._kind, self._place.path(self._kind, **query), SILENCE_SECONDS)
        heard = False
        try:
            self._store.back(self._kind.name)
            for line in _lines(self._answer):
                if self._over.is_set():
                    return heard
                self._tell(json.loads(line))
                heard = True
        except ValueError as error:
            raise Unreachable(f"The cluster's answer broke off: {error}", where=self._place.api.host) from error
        finally:
            answer, self._answer = self._answer, None
            answer.close()
        return heard

    def _tell(self, event: Object) -> None:
        item = event["object"]
        if event["type"] == "ERROR":
            if item.get("code") == 410:
                raise Gone("The cluster doesn't remember.")
            self._version = ""
            raise Unreachable(f"The cluster ends the watch: {item.get('message', '')}")
        self._version = str(item["metadata"].get("resourceVersion", self._version))
        if event["type"] == "DELETED":
            self._store.drop(self._kind.name, item)
        elif event["type"] != "BOOKMARK":
            self._store.put(self._kind.name, item)


def _lines(answer: Any) -> Iterator[bytes]:
    """Lines of a body as they come.

    :raises Unreachable: the connection broke.
    """
    from urllib3.exceptions import HTTPError

    rest = b""
    try:
        for piece in answer.stream(None, decode_content=False):
            *lines, rest = (rest + piece).split(b"\n")
            yield from (line for line in lines if line)
    except (HTTPError, OSError, AttributeError) as error:
        # AttributeError: urllib3 reads on from a connection that was shut down.
        raise Unreachable(f"The connection to the cluster broke: {error}") from error

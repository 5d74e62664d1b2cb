"""Taking, keeping and giving back a Lease, against a stand-in of the API that keeps Leases as the API's conventions have it:
a resourceVersion that every write changes, and 409 for a write or a removal that names an old one."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any, cast

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._release import claim, history, lease, verdicts

NAME = "/apis/coordination.k8s.io/v1/namespaces/shop/leases/proven-todo"
CREATED = "2026-01-01T00:00:00Z"


class Clock:
    """Time that passes when somebody sleeps; `at` has things happen."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.each: Callable[[float], None] = lambda _at: None

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.each(self.now - 1000.0)


class Answer:
    def __init__(self, date: str) -> None:
        self.headers = {"Date": date}

    def drain_conn(self) -> None:
        pass


class Cluster:
    """The stand-in.

    :ivar lease: what it has, or None.
    :ivar before_write: happens between a reader's look and its write.
    """

    def __init__(self) -> None:
        self.lease: dict[str, Any] | None = None
        self.version = 1
        self.before_write: Callable[[], None] = lambda: None
        self.date = "Thu, 01 Jan 2026 00:00:42 GMT"

    def write(self, holder: str, renewed: str, seconds: int = 20) -> None:
        self.version += 1
        spec = {"holderIdentity": holder, "leaseDurationSeconds": seconds, "acquireTime": renewed, "renewTime": renewed}
        self.lease = {"metadata": {"resourceVersion": str(self.version), "creationTimestamp": CREATED}, "spec": spec}

    def get(self, path: str) -> tuple[int, bytes]:
        return self.request("GET", path)

    def open(self, _path: str, _headers: list[tuple[str, str]], _timeout: float) -> Answer:
        return Answer(self.date)

    def request(self, method: str, path: str, body: Any = None, content_type: str = "application/json") -> tuple[int, bytes]:
        if method == "GET":
            return (200, json.dumps(self.lease).encode()) if self.lease else (404, b"{}")
        self.before_write()
        named = (body.get("preconditions") or body["metadata"]).get("resourceVersion")
        if (method == "POST") == (self.lease is not None) or (self.lease and named != self.lease["metadata"]["resourceVersion"]):
            return 409, b"{}"
        if method == "DELETE":
            self.lease = None
            return 200, b"{}"
        self.version += 1
        self.lease = copy.deepcopy(body)
        self.lease["metadata"] |= {"resourceVersion": str(self.version), "creationTimestamp": CREATED}
        return 200 if method == "PUT" else 201, b"{}"

    @property
    def holder(self) -> str:
        return str(self.lease["spec"]["holderIdentity"]) if self.lease else ""


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    one = Clock()
    monkeypatch.setattr(claim, "time", one)
    return one


@pytest.fixture
def cluster(clock: Clock) -> Cluster:
    return Cluster()


@pytest.fixture
def place(cluster: Cluster) -> claim.Place:
    return claim.Place(cluster, "todo", "shop")  # type: ignore[arg-type]


def take(place: claim.Place, wait: float = 0) -> list[str]:
    """What was said."""
    said = list[str]()
    claim.acquire(place, "me", "me on laptop", wait=wait, say=said.append)
    return said


def test_a_lease_that_nobody_has_is_taken_and_given_back(place: claim.Place, cluster: Cluster) -> None:
    assert take(place) == []
    assert cluster.holder == "me"
    assert claim.holds(place, "me")
    assert not claim.holds(place, "you")
    claim.give_back(place, "you")
    assert cluster.holder == "me"
    claim.give_back(place, "me")
    assert cluster.lease is None


@pytest.mark.parametrize("year", ["1970", "2099"])
def test_a_holder_that_renews_is_alive_whatever_its_clock_says(place: claim.Place, cluster: Cluster, clock: Clock, year: str) -> None:
    cluster.write("you", f"{year}-01-01T00:00:00.000000Z")
    clock.each = lambda at: cluster.write("you", f"{year}-01-01T00:00:{at // 5:02.0f}.000000Z")
    with pytest.raises(ProvenError, match="Another run works on this release: you, for 42 s"):
        take(place)
    assert clock.now - 1000 <= 6


@pytest.mark.parametrize("year", ["1970", "2099"])
def test_a_holder_that_does_not_renew_is_dead_whatever_its_clock_says(
    place: claim.Place, cluster: Cluster, clock: Clock, year: str
) -> None:
    cluster.write("you", f"{year}-01-01T00:00:00.000000Z", seconds=7)
    assert "taking over from you" in take(place)[-1]
    assert 7 <= clock.now - 1000 <= 8
    assert cluster.holder == "me"


def test_whoever_may_wait_gets_it_once_it_is_given_back(place: claim.Place, cluster: Cluster, clock: Clock) -> None:
    def happens(at: float) -> None:
        if at < 60:
            cluster.write("you", f"{at:.0f}")
        elif cluster.holder == "you":
            cluster.lease = None

    cluster.write("you", "0")
    clock.each = happens
    assert "waiting for you" in take(place, wait=100)[0]
    assert 60 <= clock.now - 1000 <= 61
    assert cluster.holder == "me"


def test_a_worker_whose_run_has_ended_stops_waiting_and_takes_nothing(place: claim.Place, cluster: Cluster, clock: Clock) -> None:
    cluster.write("you", "0")
    clock.each = lambda at: cluster.write("you", f"{at:.0f}")
    with pytest.raises(ProvenError, match="has ended"):
        claim.acquire(place, "me", "", wait=100, say=lambda _line: None, wanted=lambda: clock.now < 1030)
    assert 30 <= clock.now - 1000 < 31
    assert cluster.holder == "you"


def test_of_two_that_take_over_from_a_dead_holder_one_is_second(place: claim.Place, cluster: Cluster, clock: Clock) -> None:
    cluster.write("dead", "0", seconds=3)

    def other_is_faster() -> None:
        cluster.before_write = lambda: None
        cluster.write("other", "1")

    cluster.before_write = other_is_faster
    clock.each = lambda at: cluster.write("other", f"{at:.0f}") if cluster.holder == "other" else None
    with pytest.raises(ProvenError, match="Another run works on this release: other"):
        take(place)


def test_renewing_says_whether_it_is_still_ours(place: claim.Place, cluster: Cluster) -> None:
    take(place)
    assert claim.renew(place, "me", "", "")
    cluster.write("you", "1")
    assert not claim.renew(place, "me", "", "")
    assert cluster.holder == "you"


def test_a_task_of_the_same_run_that_writes_first_does_not_end_the_renewing(place: claim.Place, cluster: Cluster) -> None:
    take(place)
    cluster.before_write = lambda: cluster.write("me", "9")
    assert claim.renew(place, "me", "", "")


def test_a_lease_that_somebody_removed_is_made_again(place: claim.Place, cluster: Cluster) -> None:
    take(place)
    cluster.lease = None
    assert claim.renew(place, "me", "", "")
    assert cluster.holder == "me"


class Records:
    """A cluster that has Helm's records."""

    def __init__(self, *revisions: tuple[str, str]) -> None:
        self.known = [history.Revision(number, status, str(number), "") for number, (status, _said) in enumerate(revisions, 1)]
        self._said = {f"/{number}": said for number, (_status, said) in enumerate(revisions, 1)}

    def get(self, path: str) -> tuple[int, bytes]:
        said = self._said[path[path.rindex("/") :]]
        release = history.encode({"info": {"description": said}})
        return 200, json.dumps({"data": {"release": release}}).encode()


@pytest.mark.parametrize(
    ("revisions", "judged", "left"),
    [
        ([], [], 0),
        ([("superseded", "Install complete"), ("deployed", "Rollback to 1")], [1, 2], 2),
        ([("superseded", ""), ("superseded", "Upgrade complete"), ("deployed", "Rollback to 1")], [1, 2], 2),
        ([("superseded", ""), ("deployed", "Upgrade complete"), ("pending-rollback", "Rollback to 1")], [1, 2], 2),
        (
            [("superseded", ""), ("deployed", "Upgrade complete"), ("failed", 'Rollback "todo" failed: x'), ("failed", "Rollback to 1")],
            [2],
            2,
        ),
        ([("superseded", ""), ("deployed", "Upgrade complete"), ("failed", 'Upgrade "todo" failed: x')], [1, 2], 3),
        ([("superseded", ""), ("deployed", "Upgrade complete")], [1], 2),
    ],
)
def test_who_goes_back_again_leaves_the_same_revision(revisions: list[tuple[str, str]], judged: list[int], left: int) -> None:
    records, said = Records(*revisions), {number: verdicts.Recorded("proven", "", "") for number in judged}
    assert claim.left_behind(claim.Place(cast(Any, records), "todo", "shop"), records.known, said) == left


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("Thu, 01 Jan 2026 00:00:42 GMT", "for 42 s"),
        ("Thu, 01 Jan 2026 00:12:10 GMT", "for 12 min"),
        # Written by one clock and rounded: never negative
        ("Wed, 31 Dec 2025 23:59:59 GMT", "for 0 s"),
        ("", "since 2026-01-01T00:00:00Z by its clock"),
    ],
)
def test_the_age_is_told_by_the_servers_clock(date: str, expected: str) -> None:
    spec = {"acquireTime": "2026-01-01T00:00:00.000000Z"}
    assert lease.age({"metadata": {"creationTimestamp": CREATED}, "spec": spec}, date) == expected


def test_a_verdict_on_what_others_have_applied_is_recorded_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claim, "revisions", lambda _place: [])
    assert claim.record(cast(claim.Place, None), 0, "proven", ()) == (0, False)
    with pytest.raises(ProvenError, match="no revision 7"):
        claim.record(claim.Place(cast(Any, None), "todo", "shop"), 7, "proven", ())

"""Whose a release is: told by renewals and our own clock alone."""

from __future__ import annotations

from ansible_collections.proven.webapp.plugins.module_utils._release import lease


def held(renewed: str, identity: str = "a") -> lease.Held:
    return lease.Held(identity=identity, words="somebody", acquired="2026-01-01T00:00:00.000000Z", renewed=renewed, duration=20)


def test_a_holder_that_renews_is_alive() -> None:
    observer = lease.Observer()
    observer.look(held("1"), 0)
    assert not observer.alive
    observer.look(held("1"), 4)
    assert not observer.alive
    observer.look(held("2"), 5)
    assert observer.alive
    assert not observer.dead(24)


def test_a_holder_that_does_not_renew_is_dead_after_the_time_that_it_took_the_lease_for() -> None:
    observer = lease.Observer()
    observer.look(held("1"), 100)
    observer.look(held("1"), 119)
    assert not observer.dead(119)
    assert observer.dead(121)


def test_a_clock_that_is_years_off_kills_nobody() -> None:
    observer = lease.Observer()
    observer.look(held("1970-01-01T00:00:00.000000Z"), 0)
    assert not observer.dead(1)


def test_another_holder_is_looked_at_anew() -> None:
    observer = lease.Observer()
    observer.look(held("1"), 0)
    observer.look(held("2"), 10)
    observer.look(held("2", "b"), 19)
    assert not observer.alive
    assert not observer.dead(30)
    assert observer.dead(40)


def test_a_lease_that_was_given_back_is_nobody_s() -> None:
    assert lease.read({"metadata": {}, "spec": {"holderIdentity": ""}}) is None
    assert lease.read({"metadata": {}}) is None


def test_what_is_written_is_read_back() -> None:
    body = lease.body("todo", "shop", "id-1", "anna on laptop", acquired=lease.now(), version="7")
    found = lease.read(body)
    assert found is not None
    assert (found.identity, found.words, found.duration) == ("id-1", "anna on laptop", 20)
    assert body["metadata"]["resourceVersion"] == "7"

# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Blue/green and canary releases under traffic: nobody loses a request, and a bad version never gets all of them, or any."""

from __future__ import annotations

import os
import signal
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from ansible_collections.proven.webapp.molecule.support import Cluster, Run

from .conftest import Asked, Shop

LEAST = 2000
SHOWN = "replayed every"
"""What a run says when the new colour is up, and is looked at before the Service leads to it."""
MIGRATES = {"migrate": {"command": ["python3", "-c", "pass"]}}


@dataclass(frozen=True)
class Told:
    """What a story came to.

    :ivar runs: of ansible-playbook, by name.
    :ivar facts: what was seen between them.
    :ivar traffic: (sent, lost, what became of these) over all of it.
    """

    runs: dict[str, Run]
    facts: dict[str, object]
    asked: Asked
    traffic: tuple[int, int, list[str]]


def colours(shop: Shop) -> Told:
    """From rolling to blue, and back again."""
    runs = {"first": shop.release("1").succeeded()}
    facts: dict[str, object] = {"pods of 1": shop.pods()}
    shop.begin()
    with shop.asking() as asked:
        runs["blue"] = shop.release("2", strategy="blue_green", more=MIGRATES).succeeded()
        facts["after blue"] = (shop.track(), shop.images())
        facts["migration"] = shop.cluster.get("job", "shop-web-migrate", "-n", shop.namespace)
        facts["blue"] = shop.cluster.get("deployment", "shop-web-blue", "-n", shop.namespace)
        facts["revision of blue"] = shop.revision()
        runs["again"] = shop.release("2", strategy="blue_green", more=MIGRATES).succeeded()
        facts["revision of again"] = shop.revision()
        runs["back"] = shop.release("2", playbook="playbooks/rollback.yml", strategy="blue_green").succeeded()
        facts["after back"] = (shop.track(), shop.images())
        facts["pods after back"] = shop.pods()
        traffic = shop.lost(LEAST)
    return Told(runs, facts, asked, traffic)


def bad(shop: Shop) -> Told:
    """From blue to green; then a colour whose probes lie comes, and is found out before the Service leads to it."""
    runs = {"first": shop.release("1", strategy="blue_green").succeeded()}
    facts: dict[str, object] = {"after first": (shop.track(), shop.images())}
    shop.begin()
    with shop.asking() as asked:
        runs["green"] = shop.release("2", strategy="blue_green").succeeded()
        facts["after green"] = (shop.track(), shop.images())
        facts["revision of green"] = shop.revision()
        facts["pods of green"] = shop.pods("green")
        runs["bad"] = shop.release("bad", strategy="blue_green", env={"LIES": "1"})
        facts["after bad"] = (shop.track(), shop.images())
        facts["revision after bad"] = shop.revision()
        facts["pods after bad"] = shop.pods("green")
        traffic = shop.lost(LEAST)
    return Told(runs, facts, asked, traffic)


def canary(shop: Shop) -> Told:
    """A good version goes by way of a canary; a bad one comes no further."""
    runs = {"first": shop.release("1").succeeded()}
    facts: dict[str, object] = {}
    shop.begin()
    with shop.asking() as asked:
        runs["good"] = shop.release("2", strategy="canary", weight=20).succeeded()
        facts["after good"] = (shop.track(), shop.images())
        runs["bad"] = shop.release("bad", strategy="canary", weight=20, env={"LIES": "1"})
        facts["after bad"] = (shop.track(), shop.images())
        traffic = shop.lost(LEAST)
    return Told(runs, facts, asked, traffic)


def killed(shop: Shop) -> Told:
    """Runs that are killed with the new colour up and not yet shown to hold, with the Service just led to it, and with Helm at that."""
    runs = {"first": shop.release("1", strategy="blue_green").succeeded()}
    facts: dict[str, object] = {}
    shop.begin()
    with shop.asking() as asked:
        process = shop.start("2", strategy="blue_green")
        process.reaches(SHOWN)
        shop.kill(process)
        facts["before the switch"] = (shop.track(), shop.images())
        runs["2"] = shop.release("2", strategy="blue_green").succeeded()
        facts["2"] = (shop.track(), shop.images())

        process = shop.start("3", strategy="blue_green")
        process.reaches(lambda: shop.track() == "blue")
        shop.kill(process)
        facts["after the switch"] = (shop.track(), shop.images())
        runs["3"] = shop.release("3", strategy="blue_green").succeeded()
        facts["3"] = (shop.track(), shop.images())

        process = shop.start("4", strategy="blue_green")
        process.reaches(SHOWN)
        process.reaches(lambda: process.helm("upgrade"))
        os.kill(process.helm("upgrade"), signal.SIGKILL)
        shop.kill(process)
        runs["4"] = shop.release("4", strategy="blue_green").succeeded()
        facts["4"] = (shop.track(), shop.images())
        traffic = shop.lost(LEAST)
    return Told(runs, facts, asked, traffic)


STORIES: dict[str, Callable[[Shop], Told]] = {"colours": colours, "bad": bad, "canary": canary, "killed": killed}


@pytest.fixture(scope="session")
def stories(cluster: Cluster, toolbox: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Future[Told]]]:
    """All of them, side by side."""
    run = uuid.uuid4().hex[:6]
    shops = {name: Shop(cluster, toolbox, f"strategies-{name}-{run}", tmp_path_factory.mktemp(name)) for name in STORIES}
    try:
        with ThreadPoolExecutor(len(shops)) as threads:
            yield {name: threads.submit(story, shops[name]) for name, story in STORIES.items()}
    finally:
        cluster.kubectl("delete", "namespace", *(shop.namespace for shop in shops.values()), "--ignore-not-found", "--wait=false")


@pytest.fixture(params=STORIES)
def story(stories: dict[str, Future[Told]], request: pytest.FixtureRequest) -> Told:
    return stories[request.param].result()


def test_no_request_is_lost(story: Told) -> None:
    sent, lost, reasons = story.traffic
    print(f"{sent} sent, {lost} lost")
    assert sent >= LEAST
    assert lost == 0, reasons
    assert story.asked.lost == []


@pytest.fixture
def there_and_back(stories: dict[str, Future[Told]]) -> Told:
    return stories["colours"].result()


@pytest.fixture
def with_a_bad_one(stories: dict[str, Future[Told]]) -> Told:
    return stories["bad"].result()


def test_a_rolling_component_becomes_blue_at_once_and_goes_back_at_once(there_and_back: Told) -> None:
    facts = there_and_back.facts
    assert facts["after blue"] == ("blue", {"shop-web": "1", "shop-web-blue": "2"})
    assert facts["after back"] == ("live", {"shop-web": "1"})
    # Never one and then the other again: the Service leads to one version at any time.
    assert there_and_back.asked.versions == ["1", "2", "1"]


def test_who_goes_back_finds_the_pods_that_were_there(there_and_back: Told) -> None:
    assert there_and_back.facts["pods of 1"] == there_and_back.facts["pods after back"]


def test_the_new_version_migrates_before_it_comes_and_once(there_and_back: Told) -> None:
    job, blue = there_and_back.facts["migration"], there_and_back.facts["blue"]
    assert isinstance(job, dict)
    assert isinstance(blue, dict)
    settings = {item["name"]: item["value"] for item in job["spec"]["template"]["spec"]["containers"][0]["env"]}
    assert settings["VERSION"] == "2"
    # The switch would have made it anew.
    assert job["metadata"]["creationTimestamp"] <= job["status"]["completionTime"] <= blue["metadata"]["creationTimestamp"]


def test_nothing_changed_is_no_step_and_no_revision(there_and_back: Told) -> None:
    assert there_and_back.facts["revision of again"] == there_and_back.facts["revision of blue"] == 3
    again = there_and_back.runs["again"]
    assert again.recap["changed"] == 0, again.changed_tasks


def test_colours_take_turns(with_a_bad_one: Told) -> None:
    assert with_a_bad_one.facts["after first"] == ("blue", {"shop-web-blue": "1"})
    assert with_a_bad_one.facts["after green"] == ("green", {"shop-web-blue": "1", "shop-web-green": "2"})


def test_a_bad_colour_never_gets_a_request(with_a_bad_one: Told) -> None:
    run = with_a_bad_one.runs["bad"]
    assert run.code != 0
    assert with_a_bad_one.asked.versions == ["1", "2"]
    evidence = next(line.split(": ", 1)[1] for line in run.output.splitlines() if line.strip().startswith("Evidence: "))
    texts = [file.read_text() for file in Path(evidence).rglob("*") if "blue" in file.name]
    logs = [text for text in texts if "version bad" in text]
    # It was there, with all of its pods.
    assert len(logs) == 2
    assert [text for text in logs if "asked for" in text] == []


def test_what_a_bad_colour_leaves(with_a_bad_one: Told) -> None:
    facts = with_a_bad_one.facts
    assert (facts["after bad"], facts["pods after bad"]) == (facts["after green"], facts["pods of green"])
    message = with_a_bad_one.runs["bad"].output
    back = f"Now: revision {facts['revision of green']} runs again"
    for part in ("the new version was not proven, so that it did not take over", "web (blue): ", "PV201", back):
        assert part in message, message[-3000:]


def test_a_canary_gets_some_requests_and_then_gives_way(stories: dict[str, Future[Told]]) -> None:
    told = stories["canary"].result()
    assert told.facts["after good"] == ("live", {"shop-web": "2"})
    assert set(told.asked.versions) >= {"1", "2"}
    # Both answered for a while.
    assert told.asked.versions.count("1") > 1


def test_a_bad_canary_goes_no_further(stories: dict[str, Future[Told]]) -> None:
    told = stories["canary"].result()
    assert told.runs["bad"].code != 0
    assert "web (canary): " in told.runs["bad"].output
    assert told.facts["after bad"] == ("live", {"shop-web": "2"})


def test_who_is_killed_between_the_steps_leaves_what_served_and_the_next_run_goes_on(stories: dict[str, Future[Told]]) -> None:
    told = stories["killed"].result()
    assert told.facts["before the switch"] == ("blue", {"shop-web-blue": "1", "shop-web-green": "2"})
    assert told.facts["2"] == ("green", {"shop-web-blue": "1", "shop-web-green": "2"})
    assert told.facts["after the switch"] == ("blue", {"shop-web-blue": "3", "shop-web-green": "2"})
    # The old colour goes on waiting where all of its pods are ready at that moment; what isn't whole is no way back.
    assert told.facts["3"] in (told.facts["after the switch"], ("blue", {"shop-web-blue": "3"}))
    assert told.facts["4"] == ("green", {"shop-web-blue": "3", "shop-web-green": "4"})
    # One before the other: nobody was led to a version that wasn't shown to hold, or back to one that is gone.
    assert list(dict.fromkeys(told.asked.versions)) == ["1", "2", "3", "4"]

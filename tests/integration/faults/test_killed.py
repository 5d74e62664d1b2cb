# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""kill -9 at every stage of a release: the same command again succeeds by itself, and what served goes on serving."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from pathlib import Path

import pytest

from .conftest import Case
from .site import HELD, Process, Site, shell, until, web


def killed(site: Site, process: Process) -> None:
    """Kill the run; what it had at work goes, and then the Lease."""
    process.kill()
    until(lambda: not site.lease(), "the Lease is given back", 60)
    left = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = file.read_text().split("\0")
        except OSError:
            continue
        left += [words] if site.namespace in " ".join(words) and words[0].endswith("helm") else []
    assert left == []


def killed_at(site: Site, sign: str | Callable[[Process], object], *arguments: str) -> None:
    """Begin a run, and kill it at a sign.

    :param sign: words of its output, or what is true then.
    :param arguments: the playbook, if it is another one, and what is given to it.
    """
    process = site.start(*arguments)
    process.reaches(sign if isinstance(sign, str) else lambda: sign(process))
    killed(site, process)


def stands(site: Site, *, proven: bool = True) -> None:
    """One revision is deployed, nothing is pending, nobody holds it, all serves."""
    statuses = [status for _number, status in site.history()]
    assert statuses[-1] == "deployed"
    assert not {"pending-install", "pending-upgrade", "pending-rollback"} & set(statuses)
    assert len(site.serving()) == len(site.components)
    until(lambda: not site.lease(), "the Lease is given back", 60)
    if proven:
        assert site.verdicts()[site.history()[-1][0]] == "proven"


def finishes_first(site: Site, process: Process, pod: str) -> None:
    """A migration that an earlier run began comes to its own end, and no other begins before that."""
    process.reaches("it is let finish")
    assert site.migrating() == [pod]
    site.let_go(pod)

    def ended() -> bool:
        pods = {item["metadata"]["name"]: item for item in site.get("pods", "proven.webapp/track=migrate")}
        assert pod in pods, "the migration was cut off"
        state = pods[pod]["status"]["containerStatuses"][0]["state"]
        return bool("terminated" in state and state["terminated"]["exitCode"] == 0)

    until(ended, process.output[-2000:])


def migrates_again(site: Site, pod: str, before: Mapping[str, str] | None = None) -> None:
    """The same command again ends the migration that a killed run left, runs it once more, and releases.

    :param before: what serves until then, if anything does.
    """
    process = site.start()
    finishes_first(site, process, pod)
    until(lambda: set(site.migrating()) - {pod}, "the migration is run again")
    if before is not None:
        assert site.serving() == before
    site.let_go(site.held())
    assert process.end().code == 0, process.output
    stands(site)


def goes_back(site: Site, before: Mapping[str, str], *words: str) -> None:
    """The same command again goes back to what served before.

    :param words: of what it says.
    """
    again = site.run()
    assert again.code != 0
    for one in words:
        assert one in again.messages[-1]
    stands(site)
    assert site.serving() == before, "what served was touched"


def a_first_installation_before_helm_and_while_it_migrates(site: Site) -> None:
    site.components["web"]["migrate"] = HELD
    killed_at(site, lambda _run: site.lease(), "site.yml", "--tags", "release")

    process = site.start("site.yml", "--tags", "release")
    process.reaches(site.migrating)
    pod = site.held()
    killed(site, process)
    assert site.status() in ("pending-install", "failed")

    migrates_again(site, pod)


def helm_itself_while_it_migrates(site: Site) -> None:
    site.components["web"]["migrate"] = shell("true")
    site.run().succeeded()
    before = site.serving()

    site.components["web"] |= {"env": {"VERSION": "two"}, "migrate": HELD}
    process = site.start()
    process.reaches(site.migrating)
    pod = site.held()
    os.kill(process.helm("upgrade"), signal.SIGKILL)
    finishes_first(site, process, pod)
    run = process.end()
    assert run.code != 0
    message = run.messages[-1].strip()
    assert len(message.splitlines()) <= 15, message
    assert "Now: revision 1 runs again" in message
    assert "revision 2 was left pending-upgrade" in run.output
    stands(site)
    assert site.verdicts() == {1: "proven", 2: "not_proven", 3: "proven"}
    assert site.serving() == before, "what served was touched"

    process = site.start()
    process.reaches(site.migrating)
    site.let_go(site.held())
    assert process.end().code == 0, process.output
    stands(site)
    assert not set(site.serving()) & set(before)


def a_first_installation_while_it_is_watched_and_while_it_is_verified(site: Site) -> None:
    site.components["web"]["env"] = {"SLOW": "6"}
    killed_at(site, "Wait until it serves")
    killed_at(site, "Verify that the probes tell the truth")
    assert site.verdicts() == {}
    site.run().succeeded()
    stands(site)
    assert [number for number, _status in site.history()] == [1], "what stood already was installed again"


def an_upgrade_while_it_migrates(site: Site) -> None:
    site.run().succeeded()
    before = site.serving()
    site.components["web"] |= {"env": {"VERSION": "two"}, "migrate": HELD}
    process = site.start()
    process.reaches(site.migrating)
    pod = site.held()
    killed(site, process)
    assert site.serving() == before

    migrates_again(site, pod, before)
    assert not set(site.serving()) & set(before)


def an_upgrade_before_helm_and_while_it_applies(site: Site) -> None:
    site.run().succeeded()
    before = site.serving()
    site.components["web"]["env"] = {"VERSION": "two"}
    killed_at(site, lambda _run: site.lease())
    assert site.history() == [(1, "deployed")]
    killed_at(site, lambda _run: len(site.get("secrets", "owner=helm,name=shop")) == 2)
    site.run().succeeded()
    stands(site)
    assert not set(site.serving()) & set(before)


def an_upgrade_while_it_is_watched_and_while_it_is_verified(site: Site) -> None:
    site.run().succeeded()
    before = site.serving()
    site.components["web"]["env"] = {"SLOW": "6"}
    killed_at(site, "Wait until it serves")
    assert set(before) <= set(site.serving()), "what served is gone before the new version serves"
    killed_at(site, "Verify that the probes tell the truth")
    assert site.verdicts() == {1: "proven"}
    site.run().succeeded()
    stands(site)
    assert [number for number, _status in site.history()] == [1, 2], "what stood already was released again"


def the_way_back(site: Site) -> None:
    site.run().succeeded()
    before = site.serving()
    site.components["web"]["env"] = {"BROKEN": "yes"}
    killed_at(site, "Go back by Helm")
    assert site.serving() == before
    goes_back(site, before, "no settings for me", "Now: revision", "runs again, the last one that was proven")

    site.components["web"] = web(site.image, env={"VERSION": "mended"})
    site.run().succeeded()
    stands(site)


def the_way_back_while_helm_goes_and_while_it_is_watched(site: Site) -> None:
    site.run().succeeded()
    before = site.serving()
    site.components["web"]["env"] = {"BROKEN": "yes"}
    killed_at(site, lambda run: run.helm("rollback"))
    assert site.serving() == before

    killed_at(site, lambda run: "Wait until it serves" in run.output.partition("Go back by Helm")[2])
    assert site.serving() == before

    goes_back(site, before, "no settings for me", "runs again, the last one that was proven")


def a_way_back_by_hand(site: Site) -> None:
    """The same command again goes where it was asked to go, and not back to where it came from."""
    site.run().succeeded()
    site.components["web"]["env"] = {"VERSION": "two"}
    site.run().succeeded()
    assert site.verdicts() == {1: "proven", 2: "proven"}

    for _ in range(2):
        killed_at(site, lambda run: run.helm("rollback"), "playbooks/rollback.yml")
    site.run("playbooks/rollback.yml").succeeded()
    stands(site)
    assert "shop-web-env" not in site.kubectl("get", "configmaps", "-o", "name"), "the first version has no variables"


def a_bad_version_while_it_is_watched(site: Site) -> None:
    """The run after it has nothing to change, and goes back all the same."""
    site.run().succeeded()
    before = site.serving()
    site.components["web"]["env"] = {"BROKEN": "yes"}
    killed_at(site, "Wait until it serves")
    goes_back(site, before, "Now: revision 1 runs again")


def a_removal(site: Site) -> None:
    destroy = ("playbooks/destroy.yml", "-e", "destroy_confirmed=true")

    def being_removed(run: Process) -> bool:
        return bool(run.helm("uninstall")) and site.status() != "deployed"

    keeps = shell("true") | {"command": ["sh", "-c", 'echo line >> /data/lines; exec python3 -c "$APP"']}
    site.components["web"] |= {"storage": {"path": "/data", "size": "16Mi"}, **keeps, "env": {"APP": site.components["web"]["command"][-1]}}
    site.run("site.yml", "--tags", "release").succeeded()
    refused = site.run("playbooks/destroy.yml")
    assert refused.code != 0
    assert "the volumes with its data stay. Nothing was removed" in refused.messages[-1]
    assert len(site.serving()) == 1

    killed_at(site, being_removed, *destroy)
    site.run(*destroy).succeeded()
    assert site.history() == []
    assert "data-shop-web-0" in site.kubectl("get", "pvc", "-o", "name")

    site.run("site.yml", "--tags", "release").succeeded()
    lines = site.kubectl("exec", "shop-web-0", "--", "cat", "/data/lines").split()
    assert len(lines) == 2, "the data of before is gone"

    killed_at(site, being_removed, *destroy)
    site.run("site.yml", "--tags", "release").succeeded()
    stands(site, proven=False)
    site.run(*destroy, "-e", "destroy_volumes=true").succeeded()
    until(lambda: not site.kubectl("get", "pvc,pods,jobs,secrets", "-o", "name"), "all of it is gone")


CASES: list[Case] = [
    a_first_installation_before_helm_and_while_it_migrates,
    helm_itself_while_it_migrates,
    an_upgrade_before_helm_and_while_it_applies,
    the_way_back,
]
SLOW: list[Case] = [
    a_first_installation_while_it_is_watched_and_while_it_is_verified,
    an_upgrade_while_it_migrates,
    the_way_back_while_helm_goes_and_while_it_is_watched,
    a_way_back_by_hand,
    an_upgrade_while_it_is_watched_and_while_it_is_verified,
    a_bad_version_while_it_is_watched,
    a_removal,
]


@pytest.mark.parametrize("case", [*CASES, *(pytest.param(case, marks=pytest.mark.slow) for case in SLOW)], ids=lambda case: case.__name__)
def test_killed(case: Case, outcomes: Mapping[Case, Future[float]], record_property: Callable[[str, object], None]) -> None:
    record_property("seconds", round(outcomes[case].result()))

# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The application by docker compose, on a real engine: it comes up, follows its source, and goes. The tests build on each other."""

from __future__ import annotations

import json
import stat
import time
import uuid

import pytest
from ansible_collections.proven.webapp.molecule.support import Visitor, disguises, until

from .conftest import PORT, PROJECT, Site

# Two and a half minutes: nine runs of the playbook, and images to build before the first.
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def visitor(site: Site) -> Visitor:
    return Visitor(site.url).sign_up()


def test_a_dry_run_says_what_would_be_done_and_leaves_nothing(site: Site) -> None:
    run = site.first["dry"].succeeded()
    assert f"Would bring {PROJECT} up" in run.output
    assert "dry run, nothing was changed" in run.output
    assert site.first["dry left"].output == ""


def test_it_comes_up_healthy_and_says_where(site: Site) -> None:
    run = site.first["up"].succeeded()
    print(f"up after {run.seconds:.0f} s")
    assert f"http://localhost:{PORT}/" in run.output
    containers = site.containers()
    assert {name: one["Health"] for name, one in containers.items() if name != "migrate"} == dict.fromkeys(
        ("database", "backend", "worker", "frontend"), "healthy"
    )
    assert (containers["migrate"]["State"], containers["migrate"]["ExitCode"]) == ("exited", 0)


def test_secrets_are_seen_by_nobody_else(site: Site) -> None:
    output = site.first["dry"].output + site.first["up"].output
    assert [form for form in disguises(site.secrets) if form in output] == []
    assert site.shown == []
    env = site.docker / ".env"
    assert stat.S_IMODE(env.stat().st_mode) == 0o600
    assert all(f"'{value}'" in env.read_text() for value in site.secrets)


def test_nobody_is_root_and_nothing_is_open_to_others(site: Site) -> None:
    for name, container in site.containers().items():
        found = json.loads(site.by_hand("inspect", container["ID"]))[0]
        assert found["Config"]["User"] == "1001:1001", name
        published = [one["HostIp"] for ports in (found["NetworkSettings"]["Ports"] or {}).values() for one in ports or ()]
        assert set(published) == ({"127.0.0.1"} if name == "frontend" else set()), name


def test_a_person_signs_up_and_keeps_a_todo(site: Site, visitor: Visitor) -> None:
    assert "<html" in visitor.ask("/")
    title = f"Milk {uuid.uuid4().hex}"
    visitor.ask("/api/todos", {"title": title})
    assert title in visitor.ask("/api/todos")


def test_a_second_run_finds_nothing_to_do(site: Site) -> None:
    again = site.playbook().succeeded()
    print(f"again: {again.seconds:.1f} s")
    assert again.recap["changed"] == 0, again.changed_tasks
    dry = site.playbook("--check", "--diff").succeeded()
    assert dry.recap["changed"] == 0, dry.changed_tasks


def test_by_hand_it_is_the_same(site: Site) -> None:
    before = {name: one["ID"] for name, one in site.containers().items()}
    site.by_hand("compose", "up", "--detach", "--no-build", "--wait")
    assert {name: one["ID"] for name, one in site.containers().items()} == before
    without = site.by_hand("compose", "--env-file", "/dev/null", "config", ok=False)
    assert "is missing a value: set it in docker/.env" in without


def test_a_changed_line_of_the_backend_is_served(site: Site, visitor: Visitor) -> None:
    path = f"/api/todos/{uuid.uuid4()}"
    assert "no such todo" in site.says(path, visitor)
    began = site.change("backend/todo/routers/todos.py", '"no such todo"', '"no todo by that name"')
    until(lambda: "no todo by that name" in site.says(path, visitor), 15)
    print(f"backend: served after {time.monotonic() - began:.1f} s")


def test_the_worker_starts_again_on_a_change(site: Site) -> None:
    def starts() -> int:
        return site.by_hand("compose", "logs", "--no-log-prefix", "worker").count("started, needs schema")

    before = starts()
    began = site.change("backend/todo/worker.py", "TICK_SECONDS = 1.0", "TICK_SECONDS = 1.5")
    until(lambda: starts() > before, 15)
    print(f"worker: started again after {time.monotonic() - began:.1f} s")


def test_a_changed_line_of_a_component_is_served(site: Site) -> None:
    stranger = Visitor(site.url)
    assert "Sign in to see your list." in site.says("/", stranger)
    began = site.change("frontend/components/auth-form.tsx", "Sign in to see your list.", "Sign in, and see what is to be done.")
    until(lambda: "Sign in, and see what is to be done." in site.says("/", stranger), 15)
    print(f"frontend: served after {time.monotonic() - began:.1f} s")


def test_a_changed_source_is_no_reason_to_start_anew(site: Site, visitor: Visitor) -> None:
    def running() -> dict[str, str]:
        return {name: one["ID"] for name, one in site.containers().items()}

    before = running()
    site.playbook().succeeded()
    assert running() == before
    assert "Milk" in visitor.ask("/api/todos")


def test_absent_leaves_the_data_alone(site: Site) -> None:
    gone = site.playbook("-e", "compose_state=absent").succeeded()
    assert "its volumes stay" in gone.output
    assert site.left("container", "network") == []
    assert site.left("volume") == [f"{PROJECT}_database"]
    again = site.playbook("-e", "compose_state=absent").succeeded()
    assert again.recap["changed"] == 0, again.changed_tasks


def test_what_was_kept_is_there_again(site: Site, visitor: Visitor) -> None:
    # Without its env file, too, which is made anew.
    (site.docker / ".env").unlink()
    site.playbook().succeeded()
    assert "Milk" in visitor.ask("/api/todos")
    (site.docker / ".env").unlink()
    site.playbook("-e", "compose_state=absent", "-e", "compose_remove_volumes=true", "-e", "compose_remove_images=true").succeeded()
    assert site.left() == []

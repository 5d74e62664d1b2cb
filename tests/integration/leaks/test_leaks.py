# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The leak gate: secrets show nowhere but where the application reads them, however a run goes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from .channels import Places, Processes, files, images
from .conftest import Gate
from .shop import SPEAKS

ROOT = Path(__file__).resolve().parents[3]
BIN = Path(sys.executable).parent


def clean(gate: Gate, places: Places | list[tuple[str, bytes]]) -> None:
    """Nothing was found."""
    leaks = gate.finder.all(places)
    assert not leaks, "\n".join(map(str, leaks))


@pytest.fixture(scope="module")
def runner(gate: Gate) -> tuple[Path, list[tuple[str, bytes]]]:
    """The first release, by ansible-runner, at its most talkative; its folder of artifacts, and what was seen of it."""
    site, shop = gate.site("dev"), gate.shops["dev"]
    arguments = shop.write(site)
    private = site.folder / "runner"
    (private / "env").mkdir(parents=True)
    command = [str(BIN / "ansible-runner"), "run", str(private), "--playbook", "site.yml", "--project-dir", str(ROOT)]
    options = ["--inventory", str(site.folder), "--ident", "gate", "--cmdline", f"{' '.join(arguments)} --diff -vvv"]
    env = {**os.environ, **gate.environment(site), "PATH": f"{BIN}:{os.environ['PATH']}"}
    env = {name: value for name, value in env.items() if not name.startswith(("ANSIBLE_", "PYTHONPATH"))}
    with Processes() as processes:
        done = subprocess.run(
            command + options, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=900
        )
    assert done.returncode == 0, done.stdout.decode(errors="replace")[-6000:]
    return private / "artifacts/gate", [("output", done.stdout), *processes.places(), *gate.left(site)]


def test_a_first_release_by_ansible_runner(gate: Gate, runner: tuple[Path, list[tuple[str, bytes]]]) -> None:
    """Output, job events and artifacts at -vvv with --diff; processes; reports; what is left on the disk."""
    artifacts, places = runner
    events = list((artifacts / "job_events").glob("*.json"))
    assert len(events) > 50
    assert any(str(events[0]) in place for place, _content in places)
    assert any("of the process helm" in place for place, _content in places)
    assert any("of the process ansible-playboo" in place for place, _content in places)
    clean(gate, places)


def test_what_the_cluster_holds(gate: Gate, runner: tuple[Path, list[tuple[str, bytes]]]) -> None:
    """Helm's releases, unpacked; its values, manifest and notes; all objects but Secrets."""
    site = gate.site("dev")
    places = list(gate.cluster_side(site))
    assert {"helm get values", "helm get manifest", "Secret sh.helm.release.v1.shop.v1"} <= {place for place, _content in places}
    assert any(place.startswith("Deployment") for place, _content in places)
    clean(gate, places)
    # It is where it belongs.
    pods = "deployment/shop-web"
    assert site.kubectl("exec", pods, "--", "cat", "/etc/shop/token") == gate.shops["dev"].values["TOKEN"]


def test_images(gate: Gate, runner: tuple[Path, list[tuple[str, bytes]]]) -> None:
    (pod, *_rest) = gate.site("dev").get("pods", "-l", "app.kubernetes.io/component=web")
    reference = pod["spec"]["containers"][0]["image"]
    gate.cluster.docker("pull", reference)
    clean(gate, images(gate.cluster, reference))


@pytest.mark.parametrize(
    "template",
    [
        "{{ vault_token + 1 }}",
        pytest.param("{{ vault_token | from_json }}", marks=pytest.mark.slow),
        pytest.param("{{ vault_token.missing }}", marks=pytest.mark.slow),
        pytest.param("{{ vault_token | no_such_filter }}", marks=pytest.mark.slow),
    ],
)
def test_a_template_that_fails(gate: Gate, template: str) -> None:
    site, shop = gate.site("prod"), gate.shops["prod"]
    arguments = shop.write(site, changes={"webapp_secrets": {"TOKEN": template, "PHRASE": "{{ vault_phrase }}"}})
    run, places = gate.run(site, *arguments, "-vvv", "--diff")
    assert run.code != 0
    clean(gate, places)


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [(), ("--diff",), ("-vvv",), ("--check", "--diff", "-vvv")], ids=" ".join)
def test_runs_by_hand(gate: Gate, arguments: tuple[str, ...]) -> None:
    site, shop = gate.site("staging"), gate.shops["staging"]
    opener = shop.write(site)
    run, places = gate.run(site, *opener, *arguments)
    run.succeeded()
    clean(gate, [*places, *gate.cluster_side(site)] if "--check" not in arguments else places)


@pytest.mark.slow
def test_a_release_that_tells_its_secrets_and_fails(gate: Gate) -> None:
    """An application that prints them: the evidence and the report of its failure don't."""
    site, shop = gate.site("staging"), gate.shops["staging"]
    arguments = shop.write(site, command=["python3", "-c", SPEAKS])
    run, places = gate.run(site, *arguments, "-vvv", "--diff")
    assert run.code != 0
    evidence = list((site.folder / "artifacts").rglob("*.log"))
    assert evidence, run.output[-3000:]
    clean(gate, [*places, *gate.cluster_side(site)])


@pytest.mark.slow
def test_secrets_that_are_refused(gate: Gate) -> None:
    """All faults at once, by their keys."""
    site, shop = gate.site("prod"), gate.shops["prod"]
    schema = {"TOKEN": {"min_length": 4000}, "PHRASE": {"pattern": "nothing"}}
    arguments = shop.write(site, changes={"webapp_secrets_schema": schema})
    run, places = gate.run(site, *arguments, "-vvv", "--diff")
    assert run.code != 0
    assert "TOKEN" in run.output
    clean(gate, places)


def test_files_are_looked_into(gate: Gate, runner: tuple[Path, list[tuple[str, bytes]]]) -> None:
    """The folder with the encrypted secrets is among those that are looked at."""
    assert any(place.endswith("vault.yml") for place, _content in files(gate.site("dev").folder))

# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whatever is wrong with the inventory or the machine: one message says what, where and what to do, and nothing is changed.

Each case is a real run of site.yml on a copy of the test inventory, against the scenarios' cluster with its running release.
All of them run at the same time, once.
"""

from __future__ import annotations

import copy
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.proven.webapp.molecule.support import Cluster, Run, ansible_playbook, copy_inventory, variables

AT_THE_SAME_TIME = 4
NOWHERE = {"DOCKER_HOST": "unix:///nowhere/docker.sock"}


@dataclass(frozen=True)
class Case:
    """What is wrong, and what has to be said of it.

    :ivar says: parts of the message, in its order.
    :ivar changes: variables on top of the inventory's.
    :ivar files: further files of variables, name → text.
    :ivar wrapper: a command that runs the rest of its command line.
    """

    says: tuple[str, ...]
    changes: dict[str, Any] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()
    env: dict[str, str] = field(default_factory=dict)
    wrapper: tuple[str, ...] = ()


def components(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    """The inventory's components, changed."""
    found = copy.deepcopy(variables()["webapp_components"])
    change(found)
    return {"webapp_components": found}


def in_a_machine_of_its_own(*commands: str, then: str = 'exec "$@"') -> tuple[str, ...]:
    """Runs a command where the shell commands before it changed what is mounted, for it alone."""
    return ("unshare", "--mount", "sh", "-ec", "; ".join([*commands, then]), "sh")


def without_docker(folder: Path) -> str:
    """A shell command that hides the engine's program behind a file that can't be run."""
    (folder / "empty").touch()
    found = {
        str(Path(path).resolve()) for place in ("/usr/bin", "/usr/sbin", "/usr/local/sbin") if (path := shutil.which("dockerd", path=place))
    }
    return "; ".join(f"mount --bind {folder}/empty {path}" for path in found) or ":"


# --- the inventory


def a_misspelt_key(_: Path) -> Case:
    return Case(
        ("nothing was changed", "webapp_components.backend.prots", 'did you mean "ports"?'),
        components(lambda found: found["backend"].update(prots=found["backend"].pop("ports"))),
    )


def a_misspelt_variable(_: Path) -> Case:
    return Case(("nothing was changed", "webapp_componets", 'did you mean "webapp_components"?'), {"webapp_componets": {}})


def neither_image_nor_build(_: Path) -> Case:
    return Case(
        ("nothing was changed", "webapp_components.frontend", "has neither image nor build", "give a build: {context: folder} or an image"),
        components(lambda found: found["frontend"].pop("build")),
    )


def a_port_out_of_range(_: Path) -> Case:
    return Case(
        ("nothing was changed", "webapp_components.backend.ports.http", "70000", "65535"),
        components(lambda found: found["backend"]["ports"].update(http=70000)),
    )


def a_node_port_out_of_range(_: Path) -> Case:
    return Case(
        ("nothing was changed", "webapp_components.frontend.expose.node_port", "8080", "30000"),
        components(lambda found: found["frontend"]["expose"].update(node_port=8080)),
    )


def no_dockerfile(folder: Path) -> Case:
    return Case(
        ("nothing was changed", "webapp_components.backend.build", f"there is no file {folder}/Dockerfile", "relative to the context"),
        components(lambda found: found["backend"]["build"].update(context=str(folder))),
    )


def several_faults(_: Path) -> Case:
    """All of them are told at once."""

    def change(found: dict[str, Any]) -> None:
        found["frontend"].pop("build")
        found["backend"]["replicas"] = "many"

    return Case(("2 faults", "webapp_components.backend.replicas", "webapp_components.frontend: has neither"), components(change))


def a_wrong_vault_password(folder: Path) -> Case:
    for name in ("right", "wrong"):
        (folder / name).write_text(f"the-{name}-password\n")
    vault = str(Path(sys.executable).parent / "ansible-vault")
    encrypt = [vault, "encrypt_string", "--vault-id", f"prod@{folder}/right", "--name", "vault_postgres_password", "plain-test-password"]
    encrypted = subprocess.run(encrypt, cwd=folder, check=True, capture_output=True, text=True).stdout
    return Case(
        ("nothing was changed", "POSTGRES_PASSWORD", "vault id prod", "not the one that this was encrypted with: give the right one"),
        files={"zzzz_vault.yml": encrypted},
        arguments=("--vault-id", f"prod@{folder}/wrong"),
    )


def a_failing_build(folder: Path) -> Case:
    (folder / "Dockerfile").write_text(
        "ARG PYTHON_IMAGE=docker.io/library/python:3.13-slim-trixie\nFROM ${PYTHON_IMAGE}\nRUN echo the-reason-is-here >&2; exit 3\n"
    )
    return Case(
        ("backend", "the-reason-is-here", "What to do:"),
        components(lambda found: found["backend"]["build"].update(context=str(folder))),
    )


# --- the machine


def too_little_memory(_: Path) -> Case:
    return Case(
        ("nothing was changed", "Too little memory", "97656.2 GiB are needed", "Use a larger machine"), {"preflight_memory_mib": 10**8}
    )


def too_little_room(_: Path) -> Case:
    room = {"/var/lib/docker": 10**6}
    return Case(("nothing was changed", "Too little room for /var/lib/docker", "are needed", "Free some"), {"preflight_disk_gib": room})


def no_right_to_install(folder: Path) -> Case:
    nobody = 'exec unshare --map-user=65534 --map-group=65534 "$@"'
    return Case(
        ("nothing was changed", "No Docker engine is here, and this user has no right to install one", "Run as root"),
        env=NOWHERE,
        wrapper=in_a_machine_of_its_own(without_docker(folder), then=nobody),
    )


def no_right_to_docker(_: Path) -> Case:
    return Case(
        ("nothing was changed", "The Docker engine doesn't answer this user", "Join its group"),
        env=NOWHERE,
        wrapper=("unshare", "--map-user=65534", "--map-group=65534"),
    )


def an_unsupported_system(folder: Path) -> Case:
    (folder / "os-release").write_text('ID=plan9\nPRETTY_NAME="Plan 9"\n')
    return Case(
        ("nothing was changed", "on Plan 9 we can't install one", "Install Docker by hand"),
        env=NOWHERE,
        wrapper=in_a_machine_of_its_own(without_docker(folder), f"mount --bind {folder}/os-release /etc/os-release"),
    )


def docker_that_does_not_start(folder: Path) -> Case:
    """The real engine's socket, settings and log are out of sight, and another program is in its place."""
    (folder / "dockerd").write_text("#!/bin/sh\necho 'failed to start daemon: the-reason-is-here'\nexit 1\n")
    (folder / "dockerd").chmod(0o755)
    hidden = [f"mount -t tmpfs none {place}" for place in ("/run", "/etc/docker", "/var/log")]
    return Case(
        ("Docker engine did not answer", "the-reason-is-here", "Where: /var/log/dockerd.log", "What to do: Start it by hand"),
        wrapper=in_a_machine_of_its_own("mkdir -p /etc/docker", *hidden, f"export PATH={folder}:$PATH"),
    )


# --- the cluster


EXISTING = {"cluster_provider": "existing", "cluster_push_registry": "localhost:5011"}


def no_kubeconfig(folder: Path) -> Case:
    path = f"{folder}/kubeconfig"
    return Case((path, "What to do:"), {**EXISTING, "cluster_kubeconfig": path})


def a_kubeconfig_that_points_nowhere(folder: Path) -> Case:
    kubeconfig = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "gone",
        "clusters": [{"name": "gone", "cluster": {"server": "https://127.0.0.1:1"}}],
        "users": [{"name": "gone", "user": {"token": "none"}}],
        "contexts": [{"name": "gone", "context": {"cluster": "gone", "user": "gone"}}],
    }
    path = folder / "kubeconfig"
    path.write_text(json.dumps(kubeconfig))
    return Case(
        ("Nothing answers at https://127.0.0.1:1", f"Where: context gone of {path}", "What to do: Start the cluster"),
        {**EXISTING, "cluster_kubeconfig": str(path)},
    )


CASES = (
    docker_that_does_not_start,
    a_failing_build,
    a_misspelt_key,
    a_misspelt_variable,
    neither_image_nor_build,
    a_port_out_of_range,
    a_node_port_out_of_range,
    no_dockerfile,
    several_faults,
    a_wrong_vault_password,
    too_little_memory,
    too_little_room,
    no_right_to_install,
    no_right_to_docker,
    an_unsupported_system,
    no_kubeconfig,
    a_kubeconfig_that_points_nowhere,
)


# --- running them


def state(cluster: Cluster) -> dict[str, Any]:
    """What no bad input may change: the release, its objects, and the containers and images of this cluster."""
    kinds = "deployments,statefulsets,services,configmaps,secrets,jobs,pods"
    status = json.loads(cluster.helm("status", "todo", "--namespace", "todo", "--output", "json"))
    # What is on its way out already, of the release before, goes without anybody's doing.
    objects = [one["metadata"] | {"kind": one["kind"]} for one in cluster.get(kinds, "-n", "todo")]
    images = cluster.docker("image", "ls", "--no-trunc", "--format", "{{.Repository}}:{{.Tag}} {{.ID}}").splitlines()
    return {
        "revision": (status["version"], status["info"]["status"]),
        "objects": sorted((one["kind"], one["name"], one["uid"]) for one in objects if "deletionTimestamp" not in one),
        "images": sorted(image for image in images if image.startswith(f"{cluster.registry['push']}/")),
        "containers": sorted(cluster.docker("ps", "--all", "--filter", "name=proven-test", "--format", "{{.ID}}").split()),
    }


@dataclass(frozen=True)
class Outcomes:
    """:ivar runs: by the case's name.
    :ivar before: the state of everything, and after all cases.
    """

    cases: dict[str, Case]
    runs: dict[str, Run]
    before: dict[str, Any]
    after: dict[str, Any]


@pytest.fixture(scope="module")
def outcomes(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Outcomes:
    cases = {make.__name__: make(tmp_path_factory.mktemp(make.__name__)) for make in CASES}
    inventories = tmp_path_factory.mktemp("inventories")

    def run(name: str) -> Run:
        case = cases[name]
        inventory = copy_inventory(inventories / name, case.changes)
        for file, text in case.files.items():
            (inventory / "group_vars/all" / file).write_text(text)
        return ansible_playbook("site.yml", inventory, *case.arguments, env=case.env, wrapper=case.wrapper)

    before = state(cluster)
    with ThreadPoolExecutor(AT_THE_SAME_TIME) as pool:
        runs = dict(zip(cases, pool.map(run, cases), strict=True))
    return Outcomes(cases, runs, before, state(cluster))


@pytest.mark.parametrize("name", [make.__name__ for make in CASES])
def test_one_message_says_what_where_and_what_to_do(outcomes: Outcomes, name: str) -> None:
    run = outcomes.runs[name]
    assert run.code != 0
    assert len(run.messages) == 1, run.output
    (message,) = run.messages
    position = 0
    for part in outcomes.cases[name].says:
        assert part in message[position:], message
        position = message.index(part, position)
    assert "Traceback" not in run.output
    assert run.recap["failed"] == 1, run.output


@pytest.mark.parametrize("name", [make.__name__ for make in CASES])
def test_no_task_changed_anything(outcomes: Outcomes, name: str) -> None:
    assert outcomes.runs[name].recap["changed"] == 0, outcomes.runs[name].changed_tasks


def test_the_running_release_and_the_images_are_as_before(outcomes: Outcomes) -> None:
    assert outcomes.after == outcomes.before
    assert outcomes.before["revision"][1] == "deployed"
    assert outcomes.before["images"]

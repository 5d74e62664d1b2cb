# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Drills that don't end as they should: whatever they made goes all the same. Runs while other drills go on beside it."""

from __future__ import annotations

import json
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import yaml
from ansible_collections.proven.webapp.molecule.support import Cluster, until
from ansible_collections.proven.webapp.plugins.module_utils._drill import guard

from .cases import NAMESPACE, VICTIMS, params
from .conftest import DRILL, Modules, Outcomes

KILLED, DISTURBED, CUT_OFF = VICTIMS


def of(cluster: Cluster, name: str) -> list[str]:
    """What there is of one victim's drills."""
    owner = cluster.get("deployment", name, "-n", NAMESPACE)["metadata"]["uid"]
    jobs = [job for job in cluster.get("jobs", "-n", NAMESPACE, "-l", DRILL) if owner in job["metadata"]["annotations"][guard.SUBJECTS]]
    pods = cluster.get("pods", "-n", NAMESPACE, "-l", f"{DRILL}-of={owner}")
    return [f"{item['kind'].lower()}/{item['metadata']['name']}" for item in (*jobs, *pods)]


def running(cluster: Cluster, name: str) -> bool:
    pods = [item.removeprefix("pod/") for item in of(cluster, name) if item.startswith("pod/")]
    return any(cluster.get("pod", pod, "-n", NAMESPACE).get("status", {}).get("phase") == "Running" for pod in pods)


def test_after_kill_9_the_next_run_removes_what_was_left(outcomes: Outcomes, modules: Modules, lab: Cluster) -> None:
    assert outcomes
    victim = modules.start("probe_drill", **params(KILLED))
    until(lambda: running(lab, KILLED.name), 120)
    os.killpg(victim.pid, signal.SIGKILL)
    victim.communicate()
    assert len(of(lab, KILLED.name)) == 2
    result = modules.drill(**params(KILLED))
    assert len(result["cleared"]) == 1
    assert result["verdict"] == "proven", result["reasons"]
    assert of(lab, KILLED.name) == []


def test_another_drill_of_the_same_component_is_not_disturbed(outcomes: Outcomes, modules: Modules, lab: Cluster) -> None:
    assert outcomes
    first = modules.start("probe_drill", **params(DISTURBED))
    until(lambda: running(lab, DISTURBED.name), 120)
    answer = modules.call("probe_drill", **params(DISTURBED))
    assert answer["failed"]
    assert "Another drill" in answer["msg"]
    # Told to end, it clears up by itself.
    os.kill(first.pid, signal.SIGTERM)
    out, _ = first.communicate(timeout=60)
    assert "interrupted" in json.loads(out)["msg"]
    assert of(lab, DISTURBED.name) == []


def test_without_anybody_the_cluster_itself_removes_it(lab: Cluster, toolbox: str) -> None:
    job = guard.manifest("nobody", NAMESPACE, ["x"], toolbox, 5 - guard.MARGIN)
    made = json.loads(lab.kubectl("create", "-o", "json", "-f", "-", stdin=json.dumps(job)))
    owner = {"apiVersion": "batch/v1", "kind": "Job", "name": made["metadata"]["name"], "uid": made["metadata"]["uid"]}
    pod = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "clone", "namespace": NAMESPACE, "ownerReferences": [owner]}}
    lab.kubectl("create", "-f", "-", stdin=json.dumps(pod))
    until(
        lambda: (
            not lab.get("configmaps", "-n", NAMESPACE, "--field-selector", "metadata.name=clone")
            and not lab.get("jobs", "-n", NAMESPACE, "-l", f"{DRILL}=nobody")
        ),
        60,
    )


@contextmanager
def forwarder(port: int) -> Iterator[tuple[int, threading.Event]]:
    """Passes connections on to the API server until it is told to cut them."""
    cut = threading.Event()
    open_: list[socket.socket] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def pump(source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        with suppress(OSError):
            target.shutdown(socket.SHUT_WR)

    def accept() -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                upstream = socket.create_connection(("127.0.0.1", port))
                open_.extend((client, upstream))
                for pair in ((client, upstream), (upstream, client)):
                    threading.Thread(target=pump, args=pair, daemon=True).start()

    def end() -> None:
        cut.wait()
        for one in (listener, *open_):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    threads = [threading.Thread(target=work, daemon=True) for work in (accept, end)]
    for thread in threads:
        thread.start()
    try:
        yield listener.getsockname()[1], cut
    finally:
        cut.set()
        for thread in threads:
            thread.join(5)


def test_a_cluster_that_no_longer_answers_is_told_and_what_stays_goes_later(
    outcomes: Outcomes, modules: Modules, lab: Cluster, tmp_path: Path
) -> None:
    assert outcomes
    config = yaml.safe_load(Path(lab.kubeconfig).read_text())
    server = next(item["cluster"] for item in config["clusters"])
    with forwarder(int(server["server"].rpartition(":")[2])) as (port, cut):
        server["server"] = f"https://127.0.0.1:{port}"
        (tmp_path / "kubeconfig").write_text(yaml.safe_dump(config))
        process = modules.start("probe_drill", **{**params(CUT_OFF), "kubeconfig": str(tmp_path / "kubeconfig")})
        until(lambda: running(lab, CUT_OFF.name), 120)
        cut.set()
        begun = time.monotonic()
        out, err = process.communicate(timeout=120)
    answer = json.loads(out)
    assert answer["failed"], err
    assert "doesn't answer" in answer["msg"]
    assert "end by themselves" in answer["msg"]
    assert time.monotonic() - begun < 60
    assert of(lab, CUT_OFF.name)
    owner = next(name for name in of(lab, CUT_OFF.name) if name.startswith("job/"))
    # As its deadline would: whatever belongs to it goes with it.
    lab.kubectl("delete", owner, "-n", NAMESPACE)
    until(lambda: not of(lab, CUT_OFF.name), 120)

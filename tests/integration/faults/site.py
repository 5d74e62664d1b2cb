# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A light application in a namespace of its own, and real runs on it that can be killed at a sign."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.proven.webapp.molecule.support import ROOT, Cluster, Run
from ansible_collections.proven.webapp.plugins.module_utils._api import Api, Unreachable
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError

NAME = "shop"
LIMIT = 400
"""Seconds for whatever a test waits for; none should take a tenth of it."""

# Answers 200, from SLOW seconds after its start on; with BROKEN it doesn't start.
APP = """
import os, signal, sys, time
from http.server import BaseHTTPRequestHandler, HTTPServer
signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
if os.environ.get("BROKEN"):
    sys.exit("no settings for me")
ready = time.monotonic() + float(os.environ.get("SLOW", 0))
class App(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if time.monotonic() > ready or self.path == "/livez" else 503)
        self.end_headers()
    def log_message(self, *_):
        pass
HTTPServer(("", 8080), App).serve_forever()
"""


def until(check: Callable[[], Any], what: str = "", seconds: float = LIMIT) -> Any:
    """The first true answer; looks often, because what is killed must not get on meanwhile."""
    deadline = time.monotonic() + seconds
    while not (answer := check()):
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.05)
    return answer


def web(image: str, **changes: Any) -> dict[str, Any]:
    """A component that needs nothing and is up in a second. It is a worker, whose pods go at once: no Service has to hear of it."""
    asked = {"periodSeconds": 2, "timeoutSeconds": 2, "failureThreshold": 3}
    return {
        "kind": "worker",
        "image": image,
        "command": ["python3", "-c", APP],
        "ports": {"http": 8080},
        "probes": {
            "startup": {"httpGet": {"port": "http", "path": "/livez"}, "periodSeconds": 1, "timeoutSeconds": 1, "failureThreshold": 30},
            "liveness": {"httpGet": {"port": "http", "path": "/livez"}, **asked},
            "readiness": {"httpGet": {"port": "http", "path": "/readyz"}, **asked},
        },
        "resources": {"requests": {"cpu": "5m", "memory": "24Mi"}, "limits": {"memory": "96Mi"}},
        "termination_grace_seconds": 10,
        **changes,
    }


def shell(*lines: str, **more: Any) -> dict[str, Any]:
    """A migration."""
    return {"command": ["sh", "-c", "; ".join(lines)], **more}


HELD = shell("echo migrating", "until test -e /tmp/go; do sleep 0.1; done", "echo migrated")
"""A migration that ends when it is let: see Site.let_go."""


class Process:
    """ansible-playbook at work. Its output goes to a file: what a killed one leaves must not keep anybody waiting."""

    def __init__(self, command: Sequence[str], log: Path, env: Mapping[str, str]) -> None:
        self._log, self._started = log, time.monotonic()
        with log.open("w") as out:
            self._process = subprocess.Popen(
                command, cwd=ROOT, env=dict(env), stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, start_new_session=True
            )
        self.pid = self._process.pid

    @property
    def output(self) -> str:
        return self._log.read_text(errors="replace")

    def reaches(self, sign: str | Callable[[], Any]) -> None:
        """Wait for a part of its output, or for anything else; it must not end before.

        :param sign: a text, or what is to be true.
        """
        there: Callable[[], Any] = (lambda: sign in self.output) if isinstance(sign, str) else sign

        def ended_or_there() -> str:
            # In this order: what it did last counts.
            ended = self._process.poll() is not None
            return "there" if there() else "ended" if ended else ""

        # Looked at once: what was seen may be gone a moment later.
        outcome = until(ended_or_there, f"{sign} in\n{self.output}")
        assert outcome == "there", f"it ended with {self._process.poll()} before {sign}:\n{self.output[-4000:]}"

    def kill(self) -> None:
        """As `kill -9` of its process group does: the workers have sessions of their own."""
        os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()

    def end(self) -> Run:
        code = self._process.wait(LIMIT)
        return Run(code, self.output, time.monotonic() - self._started)

    def helm(self, verb: str) -> int:
        """The helm at work among its descendants: `upgrade`, `uninstall` or `rollback`; 0 where there is none."""
        todo = [self.pid]
        while todo:
            for file in Path(f"/proc/{todo.pop()}/task").glob("*/children"):
                with contextlib.suppress(OSError):
                    for child in map(int, file.read_text().split()):
                        words = Path(f"/proc/{child}/cmdline").read_text().split("\0")
                        if words[0].endswith("helm") and verb in words:
                            return child
                        todo.append(child)
        return 0


@dataclass
class Site:
    """One namespace, and what is released into it.

    :ivar image: of everything that runs there.
    :ivar components: of the next run's inventory.
    :ivar variables: of its inventory besides.
    """

    cluster: Cluster
    api: Api
    folder: Path
    namespace: str
    image: str
    components: dict[str, Any] = field(default_factory=dict)
    variables: dict[str, Any] = field(default_factory=dict)
    runs: int = 0

    def __post_init__(self) -> None:
        self.components = {"web": web(self.image)}

    @property
    def artifacts(self) -> Path:
        return self.folder / "artifacts"

    def inventory(self) -> Path:
        folder = self.folder / "inventory"
        (folder / "group_vars").mkdir(parents=True, exist_ok=True)
        (folder / "hosts.yml").write_text(yaml.safe_dump({"all": {"hosts": {"localhost": {"ansible_connection": "local"}}}}))
        settings = {
            "webapp_name": NAME,
            "webapp_namespace": self.namespace,
            "webapp_components": self.components,
            "cluster_provider": "existing",
            "cluster_kubeconfig": self.cluster.kubeconfig,
            "cluster_context": self.cluster.context,
            "toolchain_docker": False,
            "toolchain_helm": os.environ.get("PROVEN_TEST_HELM", "4"),
            "toolchain_source": "packages",
            "release_timeout": 240,
            "release_artifacts_dir": str(self.artifacts),
            "verify_report_dir": str(self.artifacts),
            "verify_kubelet_metrics": True,
            "ansible_python_interpreter": sys.executable,
            **self.variables,
        }
        (folder / "group_vars/all.yml").write_text(yaml.safe_dump(settings))
        return folder

    def start(
        self, playbook: str = "site.yml", *arguments: str, wrapper: Sequence[str] = (), env: Mapping[str, str] | None = None
    ) -> Process:
        self.runs += 1
        # Not the project's own, which asks for the vault password of dev
        config = self.folder / "ansible.cfg"
        config.write_text(f"[defaults]\ncollections_path={ROOT}/.venv/collections\ncallback_result_format=yaml\nlocalhost_warning=False\n")
        own = {"ANSIBLE_CONFIG": str(config), "PYTHONUNBUFFERED": "1"}
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "MOLECULE_", "PYTHONPATH"))}
        program = str(Path(sys.executable).parent / "ansible-playbook")
        command = [*wrapper, program, playbook, "-i", str(self.inventory()), *arguments]
        return Process(command, self.folder / f"run-{self.runs}.log", {**inherited, **own, **(env or {})})

    def run(self, playbook: str = "site.yml", *arguments: str, **how: Any) -> Run:
        return self.start(playbook, *arguments, **how).end()

    def get(self, path: str, selector: str = "") -> list[dict[str, Any]]:
        """Objects of the namespace; none where the cluster doesn't answer just now."""
        group = {"pods": "api/v1", "secrets": "api/v1", "leases": "apis/coordination.k8s.io/v1", "jobs": "apis/batch/v1"}[path]
        try:
            return self.api.items(f"/{group}/namespaces/{self.namespace}/{path}", {"labelSelector": selector} if selector else None)
        except (Unreachable, ProvenError):
            return []

    def history(self) -> list[tuple[int, str]]:
        """(revision, status) as Helm itself says it, oldest first."""
        answer = self.helm("history", NAME, "-o", "json")
        return [(int(item["revision"]), str(item["status"])) for item in json.loads(answer)] if answer.startswith("[") else []

    def helm(self, *arguments: str) -> str:
        where = ("--kubeconfig", self.cluster.kubeconfig, "--kube-context", self.cluster.context, "-n", self.namespace)
        return self.cluster.run("helm", *where, *arguments, ok=False)

    def status(self) -> str:
        """Of the newest revision, quickly, by its record's label."""
        records = self.get("secrets", f"owner=helm,name={NAME}")
        newest = max(records, key=lambda item: int(item["metadata"]["labels"]["version"]), default=None)
        return str(newest["metadata"]["labels"]["status"]) if newest else ""

    def verdicts(self) -> dict[int, str]:
        found = json.loads(self.kubectl("get", "configmaps", "-o", "json"))["items"]
        data: dict[str, str] = next((item["data"] for item in found if item["metadata"]["name"] == f"proven-{NAME}"), {})
        return {int(number): str(json.loads(text)["verdict"]) for number, text in data.items()}

    def kubectl(self, *arguments: str, stdin: str | None = None, ok: bool = True) -> str:
        return self.cluster.kubectl("-n", self.namespace, *arguments, stdin=stdin, ok=ok)

    def lease(self) -> str:
        """Its holder; empty where nobody holds it."""
        found = self.get("leases")
        return str(found[0]["spec"]["holderIdentity"]) if found else ""

    def serving(self) -> dict[str, str]:
        """Pods of the live track that are ready and stay → their image's and environment's fingerprint is their uid."""
        found = {}
        for pod in self.get("pods", f"app.kubernetes.io/instance={NAME},proven.webapp/track=live"):
            conditions = {item["type"]: item["status"] for item in pod["status"].get("conditions", ())}
            if conditions.get("Ready") == "True" and not pod["metadata"].get("deletionTimestamp"):
                found[pod["metadata"]["name"]] = pod["metadata"]["uid"]
        return found

    def migrating(self) -> list[str]:
        """Pods of migrations in which the container runs."""
        return [
            pod["metadata"]["name"]
            for pod in self.get("pods", f"app.kubernetes.io/instance={NAME},proven.webapp/track=migrate")
            if any(item["state"].get("running") for item in pod["status"].get("containerStatuses", ()))
        ]

    @cached_property
    def node(self) -> str:
        """Name of the node and of its container; known also while the API server is away, once it was asked for."""
        return str(self.cluster.get("nodes")[0]["metadata"]["name"])

    def on_node(self, *command: str, ok: bool = True) -> str:
        return self.cluster.docker("exec", self.node, *command, ok=ok)

    def held(self) -> str:
        """The pod of a migration that runs, once there is one."""
        (pod,) = until(self.migrating, "a migration runs")
        return str(pod)

    def let_go(self, pod: str) -> None:
        let = ("exec", pod, "--", "sh", "-c", "touch /tmp/go && echo it may go")
        until(lambda: "it may go" in self.kubectl(*let, ok=False), f"{pod} is told", 60)

    def kubeconfig_of(self, token: str) -> str:
        """Path of a kubeconfig that leads to the same cluster as somebody else."""
        config = self.folder / "kubeconfig"
        plain = yaml.safe_load(Path(self.cluster.kubeconfig).read_text())
        plain["users"] = [{"name": user["name"], "user": {"token": token}} for user in plain["users"]]
        plain["current-context"] = self.cluster.context
        config.write_text(yaml.safe_dump(plain))
        return str(config)

    def evict(self, pod: str) -> int:
        """As `kubectl drain` asks for it; the API's status code: 201 where it goes, 429 where a PodDisruptionBudget forbids it."""
        body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod, "namespace": self.namespace}}
        return self.api.request("POST", f"/api/v1/namespaces/{self.namespace}/pods/{pod}/eviction", body)[0]

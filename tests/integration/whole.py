# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A small application, built and released by site.yml on a cluster that the same run makes, and that goes with it."""

from __future__ import annotations

import subprocess
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.proven.webapp.molecule.support import Run, ansible_playbook

SERVER = """
import http.server


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"served " + self.headers["Host"].encode())

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer(("", 8080), Handler).serve_forever()
"""
DOCKERFILE = """
ARG PYTHON_IMAGE=docker.io/library/python:3.13-slim
FROM ${PYTHON_IMAGE}
COPY server.py /app/server.py
USER 10001
CMD ["python3", "-u", "/app/server.py"]
"""
TCP = {"tcpSocket": {"port": "http"}}
TIMES = {"periodSeconds": 5, "timeoutSeconds": 2, "failureThreshold": 3}
HOSTS = {"all": {"hosts": {"localhost": {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}}}}
MAY_CHANGE = {"Record the verdict on this revision"}
"""By a second run: what a proof shows may be something else on a busy machine."""


def web(source: Path, port: int) -> dict[str, Any]:
    """The application's only component.

    :param source: folder for what it is built from.
    :param port: of the node.
    """
    source.mkdir(exist_ok=True)
    (source / "Dockerfile").write_text(DOCKERFILE)
    (source / "server.py").write_text(SERVER)
    return {
        "build": {"context": str(source)},
        "ports": {"http": 8080},
        "replicas": 1,
        "expose": {"type": "NodePort", "node_port": port},
        "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}, "limits": {"memory": "128Mi"}},
        "probes": {
            "startup": {**TCP, "periodSeconds": 1, "timeoutSeconds": 1, "failureThreshold": 60},
            "liveness": {**TCP, **TIMES},
            "readiness": {"httpGet": {"path": "/", "port": "http"}, **TIMES},
        },
    }


@dataclass
class Whole:
    """
    :ivar folder: of everything: the inventory, the cluster's state, what runs leave.
    :ivar name: of the cluster.
    :ivar port: of its node that the application is exposed at; 100 more on this machine.
    :ivar component: keys of the application's only component, besides those that it always has.
    :ivar variables: of the inventory, likewise.
    """

    folder: Path
    name: str
    port: int
    component: Mapping[str, Any] = field(default_factory=dict)
    variables: Mapping[str, Any] = field(default_factory=dict)

    @property
    def kubeconfig(self) -> Path:
        return self.folder / "state" / self.name / "kubeconfig"

    def write(self) -> None:
        group = self.folder / "inventory/group_vars/all"
        group.mkdir(parents=True)
        settings = {
            "webapp_name": "shop",
            "webapp_namespace": "shop",
            "webapp_components": {"web": {**web(self.folder / "web", self.port), **self.component}},
            "webapp_secrets": {},
            "cluster_name": self.name,
            "cluster_state_dir": str(self.folder / "state"),
            "cluster_port_mappings": [{"node_port": self.port, "host_port": self.port + 100}],
            "cluster_registry_name": f"{self.name}-registry",
            "verify_report_dir": str(self.folder / "artifacts"),
            "release_artifacts_dir": str(self.folder / "artifacts"),
            **self.variables,
        }
        (group / "all.yml").write_text(yaml.safe_dump(settings))
        (self.folder / "inventory/hosts.yml").write_text(yaml.safe_dump(HOSTS))

    def run(self, playbook: str, *arguments: str) -> Run:
        return ansible_playbook(playbook, self.folder / "inventory", *arguments, env={"MINIKUBE_HOME": str(self.folder)})

    def destroy(self) -> Run:
        return self.run("playbooks/destroy.yml", "-e", "destroy_confirmed=true")

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        kubectl = next(Path.home().glob(".cache/proven.webapp/tools/kubernetes/*/kubectl"))
        command = [str(kubectl), "--kubeconfig", str(self.kubeconfig), *arguments]
        return subprocess.run(command, input=stdin, check=True, capture_output=True, text=True, timeout=180).stdout.strip()

    def images(self) -> str:
        """Of its pods."""
        return self.kubectl("get", "pods", "-n", "shop", "-l", "app.kubernetes.io/instance=shop", "-o", "jsonpath={..image}")

    def left(self) -> list[str]:
        """What there is of its cluster."""
        command = ["docker", "ps", "--all", "--filter", f"name={self.name}", "--format", "{{.Names}}"]
        found = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
        return found + [str(path) for path in (self.kubeconfig, self.folder / ".minikube/profiles" / self.name) if path.exists()]


def page(address: str, host: str = "") -> str:
    """What is served there; nothing where nothing is.

    :param host: that is asked for.
    """
    try:
        request = urllib.request.Request(f"http://{address}/", headers={"Host": host} if host else {})
        with urllib.request.urlopen(request, timeout=3) as answer:
            return str(answer.read().decode())
    except OSError:
        return ""

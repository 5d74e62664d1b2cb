# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A small application that AWX's jobs work on, on the cluster of the Molecule scenarios or the one whose facts PROVEN_LAB names."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.parsing.vault import VaultLib, VaultSecret
from ansible_collections.proven.webapp.molecule.support import ROOT, Cluster, until
from ansible_collections.proven.webapp.plugins.module_utils._kubeconfig import load_kubeconfig

from .job import Awx, Done, Template, kubernetes

PROGRAM = (ROOT / "tests/integration/strategies/server.py").read_text()
HOSTS = {"all": {"hosts": {"localhost": {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}}}}
NAMESPACE = "awx-jobs"
PASSWORD = "vault-password-8Qw3"
SECRET = "{{ not_a_template }} sentinel-Zk7 'x' $(id)"
"""Of the application, byte for byte."""
TIMES = {"periodSeconds": 2, "timeoutSeconds": 2, "failureThreshold": 3}


@dataclass(frozen=True)
class Account:
    """A ServiceAccount with the rights of roles/awx/files/rbac.yml, and no others."""

    host: str
    token: str
    authority: str


@pytest.fixture(scope="session")
def account(cluster: Cluster) -> Iterator[Account]:
    rights = str(ROOT / "roles/awx/files/rbac.yml")
    cluster.kubectl("delete", "namespace", NAMESPACE, "--ignore-not-found", "--timeout=120s")
    cluster.kubectl("create", "namespace", NAMESPACE)
    labels = ["pod-security.kubernetes.io/enforce=restricted", "app.kubernetes.io/managed-by=proven.webapp"]
    cluster.kubectl("label", "namespace", NAMESPACE, *labels)
    cluster.kubectl("-n", NAMESPACE, "apply", "-f", rights)
    binding = ["clusterrolebinding", f"proven-{NAMESPACE}"]
    cluster.kubectl("delete", *binding, "--ignore-not-found")
    cluster.kubectl("create", *binding, "--clusterrole=proven-awx-nodes", f"--serviceaccount={NAMESPACE}:proven-awx")

    def told() -> Any:
        return cluster.get("secret", "proven-awx-token", "-n", NAMESPACE).get("data")

    data = until(told, 30)
    there = load_kubeconfig(cluster.kubeconfig).access(cluster.context)
    yield Account(there.server, base64.b64decode(data["token"]).decode(), base64.b64decode(data["ca.crt"]).decode())
    cluster.kubectl("delete", *binding, "--ignore-not-found")
    cluster.kubectl("delete", "clusterrole", "proven-awx-nodes", "--ignore-not-found")
    cluster.kubectl("delete", "namespace", NAMESPACE, "--ignore-not-found", "--wait=false")


@dataclass(frozen=True)
class Shop:
    """:ivar inventory: folder that the inventory source reads."""

    awx: Awx
    account: Account
    inventory: Path
    toolbox: str
    cluster: Cluster

    def describe(
        self,
        version: str = "1",
        more: Mapping[str, Any] | None = None,
        store: bool = False,
        beside: Mapping[str, Any] | None = None,
    ) -> None:
        """What the inventory says of the application from now on.

        :param more: settings of its component; None takes one away.
        :param store: whether it has another component, which the first depends on.
        :param beside: components beside these.
        """
        component = {
            "image": self.toolbox,
            "command": ["python3", "-u", "/app/server.py"],
            "ports": {"http": 8080},
            "env": {"VERSION": version},
            "files": {"/app/server.py": PROGRAM},
            "secrets": ["TOKEN"],
            "replicas": 1,
            "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}, "limits": {"memory": "128Mi"}},
            "probes": {
                "startup": {"tcpSocket": {"port": "http"}, **TIMES, "periodSeconds": 1, "timeoutSeconds": 1, "failureThreshold": 60},
                "liveness": {"tcpSocket": {"port": "http"}, **TIMES},
                "readiness": {"httpGet": {"path": "/ready", "port": "http"}, **TIMES},
            },
            **(more or {}),
        }
        component = {key: value for key, value in component.items() if value is not None}
        # Where a drill's proxy stands for it, the component that depends on it must not listen itself
        elsewhere = {"ports": {"http": 8081}, "files": {"/app/server.py": PROGRAM.replace("8080", "8081")}}
        variables = {
            "webapp_name": "shop",
            "webapp_namespace": NAMESPACE,
            "webapp_components": {
                "web": {**component, **({"depends_on": {"store": {"on_loss": "degraded"}}} if store else {})},
                **({"store": {**component, "secrets": [], **elsewhere}} if store else {}),
                **(beside or {}),
            },
            "cluster_provider": "existing",
            "cluster_push_registry": self.cluster.registry["push"],
            "toolchain_source": "path",
            "toolchain_docker": "build" in component,
            "verify_toolbox_image": self.toolbox,
        }
        (self.inventory / "group_vars/all").mkdir(parents=True, exist_ok=True)
        (self.inventory / "hosts.yml").write_text(yaml.safe_dump(HOSTS))
        (self.inventory / "group_vars/all/webapp.yml").write_text(yaml.safe_dump(variables))
        sealed = VaultLib([("staging", VaultSecret(PASSWORD.encode()))]).encrypt(SECRET, vault_id="staging").decode()
        indented = "".join(f"    {line}\n" for line in sealed.splitlines())
        used = {name: "x" * 20 for one in (beside or {}).values() for name in one.get("secrets", ())}
        others = "".join(f"  {name}: {value}\n" for name, value in used.items())
        (self.inventory / "group_vars/all/secrets.yml").write_text(f"webapp_secrets:\n{others}  TOKEN: !vault |\n{indented}")

    def launch(self, playbook: str, answers: Mapping[str, Any] | None = None, **more: Any) -> Done:
        given: dict[str, Any] = {"vault": {"staging": PASSWORD}, "credentials": [kubernetes(*self._place)], **more}
        return self.awx.launch(Template(playbook, self.inventory, answers or {}, **given))

    @property
    def _place(self) -> tuple[str, str, str]:
        return self.account.host, self.account.token, self.account.authority


@pytest.fixture(scope="module")
def shop(cluster: Cluster, toolbox: str, account: Account) -> Iterator[Shop]:
    # Not in pytest's own folder, which is root's alone: whether a file may be executed is asked without the worker's right to read all.
    with tempfile.TemporaryDirectory(prefix="proven-awx-") as place:
        Path(place).chmod(0o755)
        yield set_up(Path(place), cluster, toolbox, account)


def set_up(folder: Path, cluster: Cluster, toolbox: str, account: Account) -> Shop:
    tools = folder / "bin"
    tools.mkdir()
    for name in ("kubectl", "helm"):
        shutil.copy(cluster.tools[name], tools / name)
        (tools / name).chmod(0o755)
    project = folder / "checkout"
    project.mkdir()
    files = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    for name in ("ansible.cfg", "site.yml", "playbooks", "roles", "tools"):
        for file in (file for file in files if file and (file == name or file.startswith(f"{name}/")) and (ROOT / file).exists()):
            (project / file).parent.mkdir(parents=True, exist_ok=True)
            (project / file).write_bytes((ROOT / file).read_bytes())
            (project / file).chmod((ROOT / file).stat().st_mode & 0o777)
    # AWX may hand its jobs a project that they can't write to. This worker has to unpack it first.
    locked = tools / "ansible-playbook"
    locked.write_text(f'#!/bin/sh\nchmod -R a-w . && exec {Path(sys.executable).parent}/ansible-playbook "$@"\n')
    locked.chmod(0o755)
    path = os.pathsep.join([str(tools), str(Path(sys.executable).parent), "/usr/bin", "/bin"])
    made = Shop(Awx(folder, project, path), account, folder / "inventory", toolbox, cluster)
    made.describe()
    return made

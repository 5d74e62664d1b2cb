# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the tests of the modules that make a cluster on this machine have in common."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.proven.webapp.molecule.support import ROOT, until
from ansible_collections.proven.webapp.tests.integration.module import call, start

ROLE = ROOT / "roles/cluster"
WEB = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: IMAGE
          command: [/bin/sh, -c, "echo served > /data/index.html && exec httpd -f -p 8080 -h /data"]
          volumeMounts: [{name: data, mountPath: /data}]
      volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 10Mi}}}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  type: TYPE
  selector: {app: web}
  ports: [{port: 80, targetPort: 8080, nodePort: NODE_PORT}]
"""
DOCKERFILE = 'FROM scratch\nCOPY busybox /bin/busybox\nRUN ["/bin/busybox", "--install", "-s", "/bin"]\nUSER 1001:1001\n'


@dataclass(frozen=True)
class Toolchain:
    """What the role of the same name made ready."""

    source: str
    tools: dict[str, str]
    parts: dict[str, str]

    @classmethod
    def have(cls, folder: Path, *arguments: str) -> Toolchain:
        """Have it made.

        :param arguments: of ansible-playbook, besides.
        """
        out, playbook = folder / "tools.json", str(Path(__file__).parent / "kind/toolchain.yml")
        command = [str(Path(sys.executable).parent / "ansible-playbook"), "-i", "localhost,", playbook, "-e", f"out={out}", *arguments]
        answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=3600)
        assert answer.returncode == 0, answer.stdout + answer.stderr
        return cls(**json.loads(out.read_text()))

    def images(self) -> dict[str, Any]:
        """Of a node and of a registry, built from packages."""
        made = call(
            "kind_images",
            files=str(ROLE / "files"),
            rootfs=self.parts["rootfs_bookworm"],
            parts=self.tools,
            buildx=self.tools["buildx"],
            docker=self.tools.get("docker", "docker"),
        )
        assert not made.get("failed"), made
        return made


@dataclass
class LocalCluster:
    """:ivar arguments: of the module, for the cluster of these tests."""

    toolchain: Toolchain
    arguments: dict[str, Any]

    @property
    def context(self) -> str:
        raise NotImplementedError

    @property
    def node(self) -> str:
        """The container that is its control plane."""
        raise NotImplementedError

    def run(self, tool: str, *arguments: str, stdin: str | None = None, ok: bool = True) -> str:
        """What a tool says."""
        command = [self.toolchain.tools.get(tool, tool), *arguments]
        answer = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=180)
        assert answer.returncode == 0 or not ok, answer.stderr
        return (answer.stdout if answer.returncode == 0 else answer.stderr).strip()

    def kubectl(self, *arguments: str, stdin: str | None = None, ok: bool = True) -> str:
        where = ("--kubeconfig", self.arguments["kubeconfig"], "--context", self.context)
        return self.run("kubectl", *where, *arguments, stdin=stdin, ok=ok)

    def docker(self, *arguments: str, ok: bool = True) -> str:
        return self.run("docker", *arguments, ok=ok)

    def serve(self, tag: str, node_port: int, folder: Path, kind: str = "NodePort") -> str:
        """Have a web server run in it, whose image is in the registry alone, with a volume, behind a Service.

        :param kind: of the Service.
        :returns: the image's name by digest.
        """
        busybox = folder / "busybox"
        self.docker("cp", f"{self.node}:/bin/busybox", str(busybox), ok=False)
        if not busybox.exists():
            # Not a node of ours.
            shutil.copy(shutil.which("busybox") or "", busybox)
        (folder / "Dockerfile").write_text(DOCKERFILE)
        self.run("buildx", "build", "--quiet", "--tag", tag, str(folder))
        pushed = self.docker("push", tag)
        name = f"{tag.rsplit(':', 1)[0]}@{pushed.split('digest: ')[1].split()[0]}"
        self.docker("image", "rm", tag)
        manifest = WEB.replace("IMAGE", name).replace("NODE_PORT", str(node_port)).replace("TYPE", kind)
        self.kubectl("apply", "-f", "-", stdin=manifest)
        return name


def variables() -> dict[str, Any]:
    """The role's."""
    return dict(yaml.safe_load((ROLE / "vars/main.yml").read_text()))


def metrics_server() -> str:
    """Its manifest."""
    return (ROLE / "files/metrics-server.yaml").read_text().replace("@IMAGE@", variables()["__cluster_metrics_server_image"])


def killed(module: str, arguments: dict[str, Any], moment: str, progress: Path, linger: float = 0) -> None:
    """Run a module, and kill it and all that it started.

    :param moment: words of its progress.
    :param linger: seconds that it goes on after that.
    """
    progress.touch()
    victim = start(module, **arguments, progress_file=str(progress))
    until(lambda: moment in progress.read_text(), 240)
    time.sleep(linger)
    os.killpg(victim.pid, signal.SIGKILL)
    victim.communicate()

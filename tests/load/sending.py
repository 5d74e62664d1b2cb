# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Has a load sent by a pod in the cluster, and reads from its log what became of it."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.proven.webapp.molecule.support import ROOT, Cluster
from ansible_collections.proven.webapp.tests.load.image.load.model import Order, Result
from ansible_collections.proven.webapp.tests.load.manifest import Manifest, pod, pod_with_frontend

START_SECONDS = 180
"""To get the image, start and sign everybody up."""
END_SECONDS = 60
"""For calls that are on their way."""


def have_image(cluster: Cluster) -> str:
    """The reference of the image that sends, in the cluster's registry."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "reference"
        command = [str(Path(sys.executable).parent / "ansible-playbook"), "-i", "localhost,", str(ROOT / "tests/load/image.yml")]
        facts = ["-e", f"registry={cluster.registry['push']}", "-e", f"out={out}"]
        answer = subprocess.run([*command, *facts], cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=900)
        assert answer.returncode == 0, answer.stdout + answer.stderr
        return out.read_text().strip()


@dataclass(frozen=True)
class Sending:
    """A load that is being sent.

    :ivar seconds: that it takes from when everybody has signed up.
    """

    cluster: Cluster
    namespace: str
    name: str
    seconds: float

    def begun(self) -> float:
        """Wait until everybody has signed up, and calls are sent: seconds since 1970 at which that was."""
        return float(self._until(lambda: self._said("sending"), START_SECONDS))

    def result(self) -> Result:
        """Wait until it is over. Nobody looks while it is measured: on a small machine that would be measured, too."""
        time.sleep(max(0.0, self.begun() + self.seconds - time.time()))
        return Result.of(self._until(lambda: self._said("result"), END_SECONDS))

    def _over(self) -> bool:
        return str(self.cluster.get("pod", self.name, "-n", self.namespace)["status"].get("phase")) in ("Succeeded", "Failed")

    def _said(self, key: str) -> Any:
        for line in self._log().splitlines():
            with contextlib.suppress(ValueError):
                said = json.loads(line)
                if isinstance(said, dict) and key in said:
                    return said[key]
        return None

    def _log(self) -> str:
        return self.cluster.kubectl("logs", self.name, "-c", "load", "-n", self.namespace, ok=False)

    def _until(self, check: Callable[[], Any], seconds: float) -> Any:
        deadline = time.monotonic() + seconds
        # What it has said last is known only once it is over.
        while not (found := check()):
            over = self._over()
            late = time.monotonic() > deadline
            if late or over:
                if found := check():
                    break
                status = json.dumps(self.cluster.get("pod", self.name, "-n", self.namespace)["status"].get("containerStatuses"))
                raise AssertionError(f"the load's pod {'takes too long' if late else 'has ended'}:\n{self._log()}\n{status}")
            time.sleep(1)
        return found


@dataclass(frozen=True)
class Sender:
    """:ivar image: what sends.
    :ivar namespace: where its pods run.
    """

    cluster: Cluster
    image: str
    namespace: str

    @contextlib.contextmanager
    def sending(self, order: Order) -> Iterator[Sending]:
        """Through the frontend, as browsers do. The pod goes in the end."""
        with self._running(pod(self._name(), self.image, order), order) as sending:
            yield sending

    @contextlib.contextmanager
    def asking(self, order: Order, frontend: str) -> Iterator[Sending]:
        """At the API itself, with bearer tokens.

        :param frontend: name of the Deployment in this namespace whose like makes the tokens.
        """
        deployment = self.cluster.get("deployment", frontend, "-n", self.namespace)
        with self._running(pod_with_frontend(self._name(), self.image, order, deployment), order) as sending:
            yield sending

    @contextlib.contextmanager
    def _running(self, manifest: Manifest, order: Order) -> Iterator[Sending]:
        name = manifest["metadata"]["name"]
        self.cluster.kubectl("create", "-n", self.namespace, "-f", "-", stdin=json.dumps(manifest))
        try:
            yield Sending(self.cluster, self.namespace, name, order.seconds)
        finally:
            self.cluster.kubectl("delete", "pod", name, "-n", self.namespace, "--ignore-not-found", "--wait=false")

    @staticmethod
    def _name() -> str:
        return f"load-{uuid.uuid4().hex[:8]}"

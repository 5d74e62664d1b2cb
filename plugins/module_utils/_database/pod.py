# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Programs in the database's container, by `kubectl exec`: what they read and write goes through pipes, and never to a disk there."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any

from ansible_collections.proven.webapp.plugins.module_utils._api import Api
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._release.claim import RELEASE_ARGUMENTS

DATABASE_ARGUMENTS: dict[str, Any] = {
    **RELEASE_ARGUMENTS,
    "kubectl": {"type": "str", "default": "kubectl"},
    "component": {"type": "str", "default": "database"},
    "database": {"type": "str", "required": True},
    "user": {"type": "str", "default": "postgres"},
    "timeout": {"type": "int", "default": 3600},
}


class Broken(ProvenError):
    """A program in the container ended badly."""


@dataclass(frozen=True)
class Pod:
    """:ivar base: the command up to the container's name.
    :ivar where: in words.
    """

    base: tuple[str, ...]
    where: str
    user: str
    timeout: int

    def run(self, words: Sequence[str], *, given: IO[bytes] | bytes = b"", out: IO[bytes] | None = None) -> str:
        """Run it to its end.

        :param given: what it reads.
        :param out: where its output goes; without it, to the caller.
        :raises Broken: it failed, with its own last words.
        """
        source: dict[str, Any] = {"input": given} if isinstance(given, bytes) else {"stdin": given}
        try:
            done = subprocess.run(
                [*self.base, "--", *words],
                stdout=out or subprocess.PIPE,
                stderr=subprocess.PIPE,
                timeout=self.timeout,
                check=False,
                **source,
            )
        except FileNotFoundError as error:
            raise ProvenError(f"There is no {self.base[0]}.", fix="Run the toolchain role first.") from error
        except subprocess.TimeoutExpired as error:
            raise Broken(f"{words[0]} didn't end within {self.timeout} s.", where=self.where) from error
        if done.returncode:
            raise Broken(f"{words[0]} failed: {last_words(done.stderr)}", where=self.where)
        return "" if out else done.stdout.decode(errors="replace")

    def sql(self, script: str, database: str, **values: str) -> str:
        """Run statements, and stop at the first that fails. `:"name"` and `:'name'` stand for the values."""
        settings = [f"--set={name}={value}" for name, value in {"ON_ERROR_STOP": "1", **values}.items()]
        words = ["psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", f"--username={self.user}", f"--dbname={database}"]
        return self.run([*words, *settings, "--file=-"], given=script.encode())


def last_words(said: bytes) -> str:
    lines = [line for line in said.decode(errors="replace").splitlines() if line.strip() and not line.startswith("command terminated")]
    return " / ".join(lines[-3:])[-500:] or "it gave no reason"


def find(given: Mapping[str, Any]) -> Pod:
    """The pod that serves the database.

    :raises ProvenError: there is none that is ready.
    """
    api = Api(given["kubeconfig"], given["context"])
    selector = f"app.kubernetes.io/instance={given['release']},app.kubernetes.io/component={given['component']},!proven.webapp/drill"
    pods = api.items(f"/api/v1/namespaces/{given['namespace']}/pods", {"labelSelector": selector})
    ready = [pod for pod in pods if _is_ready(pod)]
    where = f"component {given['component']} of {given['release']} in the namespace {given['namespace']}"
    if not ready:
        found = "none of its pods is ready" if pods else "it has no pod"
        raise ProvenError(f"The database can't be reached: {found}.", where=where, fix="See that it runs (playbooks/status.yml).")
    pod = ready[0]
    base = [given["kubectl"]]
    base += [f"--kubeconfig={given['kubeconfig']}"] if given["kubeconfig"] else []
    base += [f"--context={given['context']}"] if given["context"] else []
    base += ["exec", "--stdin", f"--namespace={given['namespace']}", pod["metadata"]["name"]]
    base += [f"--container={pod['spec']['containers'][0]['name']}"]
    return Pod(tuple(base), where, given["user"], given["timeout"])


def _is_ready(pod: Mapping[str, Any]) -> bool:
    conditions = pod.get("status", {}).get("conditions") or []
    ready = any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)
    return ready and "deletionTimestamp" not in pod["metadata"]

# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs helm where only helm knows the answer. Values go to it by its standard input, credentials by its environment."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError

RENDER_SECONDS = 60
FROM_AWX = {
    "K8S_AUTH_HOST": "HELM_KUBEAPISERVER",
    "K8S_AUTH_API_KEY": "HELM_KUBETOKEN",
    "K8S_AUTH_SSL_CA_CERT": "HELM_KUBECAFILE",
}
"""AWX' variables of a cluster, and Helm's."""
FIX = "correct what the inventory says, or the chart"


@dataclass(frozen=True)
class Rendered:
    """:ivar text: the objects, as YAML documents.
    :ivar objection: what Helm has against them on this cluster; empty where it has nothing.
    """

    text: str
    objection: str = ""


@dataclass(frozen=True)
class Helm:
    """:ivar binary: path; empty finds it on the PATH.
    :ivar kubeconfig: path; None is kubectl's own default, or the cluster that AWX names.
    """

    binary: str
    kubeconfig: str | None
    context: str | None

    def template(
        self, release: str, namespace: str, chart: str, values: Mapping[str, Any], *, upgrade: bool, version: str, kinds: Sequence[str]
    ) -> Rendered:
        """What the chart makes of the values on this cluster, hooks included.

        :param version: of the cluster.
        :param kinds: that it has.
        :raises ProvenError: it makes nothing of them.
        """
        words = ["template", release, chart, "--namespace", namespace, "--values", "-"]
        words += ["--kube-version", version, "--api-versions", ",".join(kinds), *(["--is-upgrade"] if upgrade else [])]
        # Without `server` the chart couldn't look anything up.
        done = self._run([*words, "--dry-run=server"], values, RENDER_SECONDS)
        if not done.returncode:
            return Rendered(done.stdout)
        # Helm 4 also tries the objects, and stops at the first that won't do. What is wrong with them all is told here.
        alone = self._run([*words, "--dry-run=client"], values, RENDER_SECONDS)
        if alone.returncode:
            raise ProvenError(f"The chart can't be rendered: {said(done.stderr)}", where=chart, fix=FIX)
        return Rendered(alone.stdout, said(done.stderr))

    def template_alone(self, release: str, namespace: str, chart: str, values: Mapping[str, Any], *, version: str) -> str:
        """What the chart makes of the values where no cluster is asked, as for a first installation.

        :param version: of Kubernetes.
        :raises ProvenError: it makes nothing of them.
        """
        words = ["template", release, chart, "--namespace", namespace, "--values", "-", "--kube-version", version]
        done = self._run([*words, "--dry-run=client"], values, RENDER_SECONDS)
        if done.returncode:
            raise ProvenError(f"The chart can't be rendered: {said(done.stderr)}", where=chart, fix=FIX)
        return done.stdout

    def upgrade_command(self, release: str, namespace: str, chart: str, options: Sequence[str]) -> list[str]:
        """Installs or upgrades, and takes the values from its standard input."""
        return ["upgrade", "--install", "--reset-values", release, chart, "--namespace", namespace, "--values", "-", *options]

    def upgrade(
        self, command: Sequence[str], values: Mapping[str, Any], begun: Callable[[subprocess.Popen[str]], None]
    ) -> subprocess.CompletedProcess[str]:
        """:param begun: gets Helm's process, which may be told to end (SIGTERM): Helm writes down that it failed.
        :raises ProvenError: there is no helm.
        """
        return self._run(command, values, None, begun)

    def rollback(self, release: str, namespace: str, revision: int, options: Sequence[str]) -> subprocess.CompletedProcess[str]:
        """:raises ProvenError: there is no helm."""
        return self._run(["rollback", release, str(revision), "--namespace", namespace, *options], None, None)

    def _run(
        self,
        words: Sequence[str],
        values: Mapping[str, Any] | None,
        seconds: float | None,
        begun: Callable[[subprocess.Popen[str]], None] = lambda _process: None,
    ) -> subprocess.CompletedProcess[str]:
        binary = self.binary or shutil.which("helm")
        if not binary:
            raise ProvenError("There is no helm.", where="the PATH", fix="have it by the role toolchain, or give release_helm_binary")
        where = [
            *(["--kubeconfig", self.kubeconfig] if self.kubeconfig else []),
            *(["--kube-context", self.context] if self.context else []),
        ]
        command = [binary, *words, *where]
        try:
            with subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                env=environment(os.environ, self.kubeconfig),
            ) as process:
                try:
                    begun(process)
                    out, err = process.communicate("" if values is None else json.dumps(values), seconds)
                except subprocess.TimeoutExpired:
                    process.kill()
                    raise
                except BaseException:
                    # It writes down that it was cancelled.
                    process.terminate()
                    raise
                return subprocess.CompletedProcess(command, process.returncode, out, err)
        except OSError as error:
            raise ProvenError(f"helm can't be run: {error.strerror}.", where=binary, fix="check release_helm_binary") from error
        except subprocess.TimeoutExpired as error:
            raise ProvenError(
                f"helm rendered nothing within {seconds:.0f} s.", where=binary, fix="check that the cluster answers"
            ) from error


def environment(given: Mapping[str, str], kubeconfig: str | None) -> dict[str, str]:
    """Helm's environment: where AWX names the cluster, it is told of it in its own words."""
    found = dict(given)
    if not kubeconfig and given.get("K8S_AUTH_HOST"):
        found |= {theirs: given[ours] for ours, theirs in FROM_AWX.items() if given.get(ours)}
        if given.get("K8S_AUTH_VERIFY_SSL", "true").lower() in ("false", "0", "no"):
            found["HELM_KUBEINSECURE_SKIP_TLS_VERIFY"] = "true"
    return found


def said(stderr: str) -> str:
    """Helm's error without its warnings and its own introduction."""
    lines = [line for line in stderr.splitlines() if line.strip() and not re.match(r"(WARNING:|[IW]\d{4} )|Use --debug flag", line)]
    return "\n".join(lines).removeprefix("Error: ").strip() or "helm doesn't say why"

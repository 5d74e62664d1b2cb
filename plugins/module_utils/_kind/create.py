# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""`kind create cluster`, with its steps told as they come."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from ansible_collections.proven.webapp.plugins.module_utils._kind import state
from ansible_collections.proven.webapp.plugins.module_utils._kind.follow import follow
from ansible_collections.proven.webapp.plugins.module_utils._kind.spec import ClusterSpec, kind_config

CREATE_SECONDS = 900.0
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")


def node_environment(spec: ClusterSpec, environment: Mapping[str, str]) -> dict[str, str]:
    """What kind is started with. Its nodes take proxies from it, and the addresses that go past them, to which kind adds the cluster's
    own; the local registry is added here."""
    found = dict(environment)
    if spec.registry and any(found.get(name) for name in PROXIES):
        past = ",".join(filter(None, (found.get("NO_PROXY") or found.get("no_proxy"), spec.registry.name)))
        found |= {"NO_PROXY": past, "no_proxy": past}
    return found


def kind_create(
    kind: str, spec: ClusterSpec, kubeconfig: str, environment: Mapping[str, str], say: Callable[[str], None], lock: int | None
) -> tuple[int, str]:
    """Make the nodes; those of a creation that failed stay, to be looked at.

    :param kind: path of the program.
    :param lock: a file descriptor that kind holds for as long as it runs.
    :returns: its exit code and what it said.
    """
    with _config_file(spec) as config:
        process = subprocess.Popen(
            [kind, "create", "cluster", "--config", config, "--kubeconfig", kubeconfig, "--retain"],
            env=node_environment(spec, environment),
            pass_fds=(lock,) if lock is not None else (),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        said = follow(process, state.kind_step, say, CREATE_SECONDS)
    return process.returncode, "\n".join(said)


@contextlib.contextmanager
def _config_file(spec: ClusterSpec) -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="proven-kind-") as folder:
        path = Path(folder) / "kind.yaml"
        path.write_text(json.dumps(kind_config(spec)), encoding="utf-8")  # JSON is YAML
        os.chmod(path, 0o600)
        yield str(path)

# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Why a cluster doesn't come up: the lines of its nodes' logs that tell most."""

from __future__ import annotations

from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._kind import state
from ansible_collections.proven.webapp.plugins.module_utils._kind.engine import Docker


def failure(docker: Docker, cluster: str, what: str, said: str = "") -> ProvenError:
    """The reason, told from kind's own words and from the logs in the nodes.

    :param cluster: its name.
    :param what: went wrong, in one sentence.
    :param said: by kind.
    """
    reasons = state.useful_lines(said, 4)
    for node in docker.inspect(*docker.cluster_ids(cluster)):
        told = []
        for unit in ("node-images", "containerd", "kubelet"):
            log = docker.attempt("exec", node.name, "journalctl", "--no-pager", "--quiet", "-n", "300", "-u", unit, timeout=20)
            if log.returncode == 0:
                told += [f"{node.name} {unit}: {line}" for line in state.useful_lines(log.stdout, 3)]
        if not told:
            log = docker.attempt("logs", "--tail", "40", node.name, timeout=20)
            told += [f"{node.name}: {line}" for line in state.useful_lines(log.stdout + log.stderr, 4)]
        reasons += told
    fix = "See whether there is enough memory and disk (docker system df), then run it again."
    if "port is already allocated" in said or "address already in use" in said:
        fix = "Another program uses one of the ports: stop it, or choose other host ports in cluster_port_mappings."
    return ProvenError("\n".join([what, *(f"  {line}" for line in reasons)]), where=f"cluster {cluster}", fix=fix)

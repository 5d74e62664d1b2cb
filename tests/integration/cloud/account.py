# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who logs in by a cloud's token, as the real cluster behind a stand-in knows it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ansible_collections.proven.webapp.molecule.support import Cluster


@contextmanager
def logged_in(cluster: Cluster, name: str) -> Iterator[str]:
    """A token that the real cluster takes, as long as it is needed.

    :param name: of the account that it is for.
    """
    cluster.kubectl("create", "serviceaccount", name, "-n", "default", ok=False)
    cluster.kubectl("create", "clusterrolebinding", name, "--clusterrole=cluster-admin", f"--serviceaccount=default:{name}", ok=False)
    try:
        yield cluster.kubectl("create", "token", name, "-n", "default", "--duration=2h").strip()
    finally:
        cluster.kubectl("delete", "clusterrolebinding", name, ok=False)
        cluster.kubectl("delete", "serviceaccount", name, "-n", "default", ok=False)

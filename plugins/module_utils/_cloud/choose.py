# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The cloud that a provider stands for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._cloud import aks, doks, gke
from ansible_collections.proven.webapp.plugins.module_utils._cloud.model import Cloud, Wish, pools

SIZES = {"doks": doks.DEFAULT_SIZE, "gke": gke.DEFAULT_SIZE, "aks": aks.DEFAULT_SIZE}
"""Provider → the size of nodes where none is given: two processors, 4 to 8 GB."""


def wish_of(provider: str, name: str, region: str = "", version: str = "", node_pools: Sequence[Mapping[str, Any]] = ()) -> Wish:
    """
    :param node_pools: as the inventory gives them; none for a look.
    :raises ProvenError: they contradict themselves.
    """
    return Wish(name, region, version.removeprefix("v"), pools(node_pools, SIZES[provider]) if node_pools else ())


def cloud_of(provider: str, wish: Wish, *, credentials: Mapping[str, Any], project: str, group: str) -> Cloud:
    """
    :param project: Google's project or Azure's subscription; empty is that of the environment.
    :param group: Azure's resource group.
    :raises ProvenError: it can't be spoken to.
    """
    if provider == "doks":
        return doks.Doks(wish, credentials)
    if provider == "gke":
        return gke.Gke(wish, credentials, project)
    return aks.Aks(wish, credentials, group, project)

# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The shipped application under load, on the cluster of the Molecule scenarios or the one whose facts PROVEN_LAB names."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from ansible_collections.proven.webapp.molecule.support import Cluster
from ansible_collections.proven.webapp.tests.load.sending import Sender, have_image

from .site import Seen, Site


@dataclass(frozen=True)
class Released:
    """:ivar first: what was seen while it was released for the first time."""

    site: Site
    first: Seen


@pytest.fixture(scope="session")
def released(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Released]:
    """Once more what is shipped, as it is shipped. Its namespace goes in the end."""
    site = Site(cluster, f"load-{uuid.uuid4().hex[:8]}", tmp_path_factory.mktemp("load"))
    cluster.kubectl("create", "namespace", site.namespace)
    try:
        with site.watched() as seen:
            site.release(site.components()).succeeded()
        yield Released(site, seen)
    finally:
        cluster.kubectl("delete", "namespace", site.namespace, "--ignore-not-found", "--wait=false")


@pytest.fixture(scope="session")
def site(released: Released) -> Site:
    return released.site


@pytest.fixture(scope="session")
def sender(cluster: Cluster, site: Site) -> Sender:
    return Sender(cluster, have_image(cluster), site.namespace)

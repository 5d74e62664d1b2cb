# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""On a cluster of a cloud's: the application is served, and the cloud was asked for no more than one cluster.

The cloud's API is a stand-in. The cluster that it gives out is real, and so is all that was done to it.
"""

from __future__ import annotations

import json
import os
import ssl
import urllib.request
from typing import Any

from ansible_collections.proven.webapp.molecule.standin import told
from ansible_collections.proven.webapp.molecule.support import FACTS, Cluster

SCENARIO = os.environ["MOLECULE_SCENARIO_NAME"]
KUBECONFIG = FACTS / SCENARIO / "state" / f"molecule-{SCENARIO}" / "kubeconfig"


def test_one_cluster_was_made_and_nothing_else() -> None:
    there = told(SCENARIO)
    context = ssl.create_default_context(cafile=there["environment"]["REQUESTS_CA_BUNDLE"])
    with urllib.request.urlopen(f"{there['url']}/changes", context=context, timeout=5) as answer:
        # Azure wants to be asked for the kubeconfig by POST.
        (made,) = (each for each in json.load(answer) if "listClusterUserCredential" not in each)
    assert "lusters" in made


def test_the_kubeconfig_is_for_its_owner_only(host: Any) -> None:
    file = host.file(str(KUBECONFIG))
    assert file.mode == 0o600
    assert file.uid == os.getuid()


def test_the_application_is_served_where_the_kubeconfig_leads(cluster: Cluster) -> None:
    path = f"/api/v1/namespaces/molecule-{SCENARIO}/services/shop-web:http/proxy/"
    # In the environment of the cloud's user: the kubeconfig may hold no more than the way to get a token.
    assert cluster.run("kubectl", "--kubeconfig", str(KUBECONFIG), "get", "--raw", path) == "Open"

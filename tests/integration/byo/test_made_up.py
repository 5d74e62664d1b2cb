# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whatever options an inventory puts together: a real API server takes all that is rendered of it, and a restricted namespace admits it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import yaml
from ansible_collections.proven.webapp.molecule.support import ROOT
from ansible_collections.proven.webapp.tests.matrix.applications import made_up, values_of, written

from .site import Site

NUMBER = 20
OWN = ("apps", "autoscaling", "batch", "networking.k8s.io", "policy", "rbac.authorization.k8s.io", "v1")
"""Groups of the API server itself; kinds that come from elsewhere aren't known to it."""
LEVEL = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "warn")}

Tried = Callable[[Sequence[dict[str, Any]]], subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def site(sites: Callable[[str], Site]) -> Site:
    made = sites("made-up")
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": made.namespace, "labels": LEVEL}}
    made.cluster.kubectl("apply", "-f", "-", stdin=json.dumps(namespace))
    return made


@pytest.fixture(scope="module")
def tried(site: Site) -> Tried:
    """Has objects tried by the API server, which stores none of them."""

    def run(objects: Sequence[dict[str, Any]]) -> subprocess.CompletedProcess[str]:
        command = [site.cluster.tools["kubectl"], "--kubeconfig", site.cluster.kubeconfig, "--context", site.cluster.context]
        command += ["create", "--dry-run=server", "--validate=strict", "-n", site.namespace, "-f", "-"]
        text = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
        return subprocess.run(command, input=text, capture_output=True, text=True, timeout=300)

    return run


def rendered(site: Site, app: dict[str, Any]) -> list[dict[str, Any]]:
    command = [site.cluster.tools["helm"], "template", "shop", str(ROOT / "roles/release/files/chart"), "-n", site.namespace, "-f", "-"]
    done = subprocess.run(command, input=json.dumps(values_of(app)), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    objects = [item for item in yaml.safe_load_all(done.stdout) if item]
    return [as_anywhere(item) for item in objects if item["apiVersion"].partition("/")[0] in OWN]


def as_anywhere(item: dict[str, Any]) -> dict[str, Any]:
    """As it would be in a cluster that has nothing else in it: a node's port may be taken here.

    A pod becomes a template of it: on its own it would have to name a priority and an account that are there.
    """
    for port in item["spec"]["ports"] if item["kind"] == "Service" else ():
        port.pop("nodePort", None)
    if item["kind"] != "Pod":
        return item
    template = {"metadata": {"labels": item["metadata"]["labels"]}, "spec": item["spec"]}
    return {"apiVersion": "v1", "kind": "PodTemplate", "metadata": item["metadata"], "template": template}


def test_a_real_api_server_takes_it_without_a_warning(site: Site, tried: Tried) -> None:
    apps = [*written().values(), *made_up(NUMBER)]
    objects = [item for app in apps for item in rendered(site, app)]
    done = tried(objects)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert len(done.stdout.splitlines()) == len(objects) > 5 * NUMBER


def test_it_would_see_a_fault_and_a_pod_that_may_too_much(site: Site, tried: Tried) -> None:
    (deployment,) = [item for item in rendered(site, written()["examples/static/inventory"]) if item["kind"] == "Deployment"]
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    container["securityContext"]["allowPrivilegeEscalation"] = True
    assert "would violate PodSecurity" in tried([deployment]).stderr
    container["lifecycle"] = {"preStop": {"sleep": {"seconds": 10_000}}}
    done = tried([deployment])
    assert done.returncode != 0
    assert "preStop" in done.stderr

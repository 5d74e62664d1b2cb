# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Clusters and registries of clouds, against stand-ins of their APIs: what is said of the clouds is as true as the stand-ins are."""

from __future__ import annotations

import base64
import os
import re
import stat
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.proven.webapp.plugins.modules import cloud_registry

from .conftest import Run
from .standin.aks import REFRESH, Aks
from .standin.clouds import Cloud
from .standin.doks import DOCKER, Doks
from .standin.gke import Gke
from .standin.server import Fault, Reply

POOLS = [{"name": "default", "nodes": 2}, {"name": "jobs", "min": 1, "max": 5}]
MAKE: dict[str, Any] = {"create": True, "node_pools": POOLS}


def make(cloud: Cloud, **given: Any) -> dict[str, Any]:
    return {**MAKE, "region": cloud.region, **given}


def test_finds_a_cluster_and_hands_out_a_kubeconfig_for_its_owner_alone(cloud: Cloud, run: Run, kubeconfig: Path) -> None:
    cloud.have("prod")
    result = run()
    assert "msg" not in result, result["msg"]
    assert (result["present"], result["changed"], result["made_here"], result["region"]) == (True, False, False, cloud.region)
    assert stat.S_IMODE(os.stat(kubeconfig).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(kubeconfig.parent).st_mode) == 0o700
    document = yaml.safe_load(kubeconfig.read_text())
    assert document["current-context"] == result["context"]
    assert document["clusters"][0]["cluster"] == {"server": cloud.real.server, "certificate-authority-data": cloud.real.ca}
    user = {"token": cloud.real.token} if isinstance(cloud, Gke) else cloud.real.user
    assert document["users"][0]["user"] == user
    assert [line for line in cloud.server.changes() if "Credential" not in line] == []


def test_the_environment_says_who_we_are_as_awx_sets_it(cloud: Cloud, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud.have("prod")
    for name, value in cloud.environment.items():
        monkeypatch.setenv(name, value)
    result = run(credentials=None, project="")
    assert result["present"], result


def test_another_cluster_is_left_alone(cloud: Cloud, run: Run) -> None:
    cloud.have("other")
    cloud.have("prod")
    assert run()["present"]
    assert set(cloud.lives) == {"other", "prod"}


def test_no_cluster_is_made_without_being_asked_for(cloud: Cloud, run: Run) -> None:
    cloud.have("other")
    result = run()
    assert "There is no cluster prod" in result["msg"]
    assert f"other ({cloud.region})" in result["msg"]
    assert "cluster_create: true" in result["msg"]
    assert cloud.server.changes() == []


def test_makes_a_cluster_and_waits_for_it(cloud: Cloud, run: Run, kubeconfig: Path) -> None:
    result = run(**make(cloud, version="1.34"))
    assert result.get("msg") is None
    assert (result["present"], result["changed"], result["made_here"], result["actions"]) == (True, True, True, ["made the cluster"])
    assert result["kubernetes_version"].startswith("1.34")
    assert result["diff"]["after"]["node_pools"][1].startswith("jobs: 1 to 5 × ")
    assert any("is making the cluster" in line for line in result["said"])
    assert kubeconfig.exists()
    again = run(**make(cloud, version="1.34"))
    assert (again["changed"], again["drift"], again["warned"]) == (False, [], [])


def test_check_mode_makes_nothing(cloud: Cloud, run: Run, kubeconfig: Path) -> None:
    result = run(check=True, **make(cloud))
    assert (result["present"], result["changed"], result["actions"]) == (False, True, ["made the cluster"])
    assert cloud.server.changes() == []
    assert not kubeconfig.exists()


def test_a_rerun_goes_on_waiting_for_a_cluster_that_is_being_made(cloud: Cloud, run: Run) -> None:
    cloud.looks = 10_000
    first = run(**make(cloud, wait=0))
    assert "still being made after 0 s" in first["msg"]
    assert "Run it again, which goes on waiting" in first["msg"]
    cloud.lives["prod"].looks = 3
    second = run(**make(cloud))
    assert (second["present"], second["changed"]) == (True, False)
    assert len(cloud.lives) == 1


def test_what_kills_a_cluster_that_is_being_made_is_told(cloud: Cloud, run: Run) -> None:
    cloud.dies_of = "Quota CPUS exceeded. Limit: 8.0 in region."
    result = run(**make(cloud))
    assert "Quota CPUS exceeded" in result["msg"]
    assert "have the quota raised" in result["msg"]
    assert "cluster_delete=true" in result["msg"]


DELETING = {"doks": "deleting", "gke": "STOPPING", "aks": "Deleting"}
DEGRADED = {"doks": "degraded", "gke": "DEGRADED", "aks": "Failed"}
BUSY = {"doks": "upgrading", "gke": "RECONCILING", "aks": "Upgrading"}


def test_a_cluster_on_its_way_out_is_not_used(cloud: Cloud, run: Run) -> None:
    cloud.have("prod")
    cloud.set_state("prod", DELETING[cloud.provider])
    assert "is being deleted" in run()["msg"]


def test_a_degraded_cluster_is_used_with_a_warning(cloud: Cloud, run: Run) -> None:
    cloud.have("prod")
    cloud.set_state("prod", DEGRADED[cloud.provider], "two nodes are gone")
    result = run()
    assert result["present"]
    assert "two nodes are gone" in result["warned"][0]


def test_a_cluster_that_is_upgraded_is_used(cloud: Cloud, run: Run) -> None:
    cloud.have("prod")
    cloud.set_state("prod", BUSY[cloud.provider])
    assert run()["present"]


def test_a_cluster_that_differs_is_left_as_it_is_and_told(cloud: Cloud, run: Run) -> None:
    cloud.have("prod", ours=True)
    result = run(**make(cloud, version="1.34"))
    assert (result["changed"], result["present"]) == (False, True)
    assert len(result["drift"]) == 2
    assert "1.34" in result["warned"][0]
    assert "no node pool jobs" in result["warned"][0]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"name": "Prod Cluster"}, "can't be the name"),
        ({"node_pools": [{"name": "a b"}]}, "can't be the name"),
        ({"node_pools": []}, "without nodes"),
        ({"node_pools": [{"name": "a", "min": 3}]}, "Give min and max"),
        ({"node_pools": [{"name": "a", "min": 3, "max": 2}]}, "between 3 and 2"),
        ({"node_pools": [{"name": "a", "nodes": 9, "min": 1, "max": 2}]}, "begin with 9"),
        ({"node_pools": [{"name": "a"}, {"name": "a"}]}, "Two node pools"),
        ({"region": ""}, "isn't said where"),
        ({"region": "nowhere"}, "nowhere"),
        ({"version": "1.12"}, "has no version '1.12'.*\n.*\n.*1.34.1"),
    ],
)
def test_a_wrong_wish_is_told_before_anything_is_made(cloud: Cloud, run: Run, given: dict[str, Any], words: str) -> None:
    result = run(**make(cloud, **given))
    assert re.search(words, result["msg"]), result["msg"]
    assert cloud.server.changes() == []


def test_a_cluster_in_another_region_is_told(cloud: Cloud, run: Run) -> None:
    cloud.have("prod")
    result = run(region="eastus9")
    assert f"is in {cloud.region}, not in eastus9" in result["msg"]


def test_no_credentials(cloud: Cloud, run: Run) -> None:
    result = run(credentials={}, **({} if cloud.arguments else {"project": "acme-shop"}))
    assert "There are no credentials" in result["msg"]
    assert "cluster_credentials" in result["msg"]


WRONG = {"doks": {"token": "dop_v1_another"}, "gke": None, "aks": {"client_secret": "another"}}


def test_wrong_credentials(cloud: Cloud, run: Run) -> None:
    wrong = WRONG[cloud.provider]
    if isinstance(cloud, Gke):
        cloud.public = Gke(cloud.server, cloud.real).public
    result = run(credentials={**cloud.credentials, **(wrong or {})})
    assert "doesn't accept the credentials" in result["msg"]
    assert not any(secret in result["msg"] for secret in [*cloud.secrets, *(wrong or {}).values()])


@pytest.mark.parametrize("other", ["token", "service_account", "client_id"])
def test_credentials_of_another_cloud(cloud: Cloud, run: Run, other: str) -> None:
    if other in cloud.credentials:
        return
    result = run(credentials={other: "sentinel-elsewhere"})
    assert f"takes no {other}" in result["msg"]
    assert "sentinel-elsewhere" not in result["msg"]


REFUSALS = {
    "doks": lambda status, code, text: Reply(status, {"id": code, "message": text}),
    "gke": lambda status, code, text: Reply(status, {"error": {"code": status, "status": code, "message": text}}),
    "aks": lambda status, code, text: Reply(status, {"error": {"code": code, "message": text}}),
}


@pytest.mark.parametrize(
    ("status", "code", "text", "words"),
    [
        (401, "Unauthorized", "token expired", "doesn't accept the credentials"),
        (403, "forbidden", "You do not have permission", "don't give the right to make the cluster"),
        (422, "unprocessable_entity", "creating this would exceed your droplet limit", "within your quota"),
        (403, "RESOURCE_EXHAUSTED", "Insufficient regional quota", "within your quota"),
        (400, "ErrCode_InsufficientVCPUQuota", "Insufficient vcpu quota", "within your quota"),
        (403, "PERMISSION_DENIED", "API has not been used in project 1 before or it is disabled", "switched off"),
        (409, "MissingSubscriptionRegistration", "The subscription is not registered", "switched off"),
        (403, "PERMISSION_DENIED", "This API method requires billing to be enabled", "billing in order"),
        (429, "too_many_requests", "API rate limit exceeded", "too many requests"),
        (500, "server_error", "Unexpected", "the cloud's own fault"),
        (400, "bad_request", "no network named default", "refuses to make the cluster: no network named default"),
    ],
)
def test_a_refused_creation_is_told_in_words(cloud: Cloud, run: Run, status: int, code: str, text: str, words: str) -> None:
    cloud.server.faults.append(Fault("PUT" if isinstance(cloud, Aks) else "POST", "lusters", REFUSALS[cloud.provider](status, code, text)))
    result = run(**make(cloud))
    assert words in result["msg"]
    assert text.rstrip(".") in result["msg"]
    assert cloud.lives == {}
    assert run(**make(cloud))["present"], "the next run makes it"


def test_a_busy_api_is_asked_again(cloud: Cloud, run: Run) -> None:
    cloud.have("prod")
    cloud.server.faults += [Fault("GET", "lusters", Reply(status, {})) for status in (503, 429)]
    assert run()["present"]


def test_an_api_that_is_away(cloud: Cloud, run: Run) -> None:
    cloud.server.close()
    result = run()
    assert "localhost" in result["msg"]


@pytest.mark.parametrize("cloud", [Doks, Aks], indirect=True)
def test_a_certificate_that_is_not_trusted(cloud: Cloud, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    assert "REQUESTS_CA_BUNDLE" in run()["msg"]


def test_deletes_what_it_made(cloud: Cloud, run: Run, kubeconfig: Path) -> None:
    run(**make(cloud))
    assert run(state="absent", check=True)["actions"] == ["deleted the cluster"]
    assert "prod" in cloud.lives
    result = run(state="absent")
    assert (result["changed"], result["present"]) == (True, False)
    assert cloud.lives == {}
    assert not kubeconfig.exists()
    assert run(state="absent")["changed"] is False


def test_never_deletes_what_somebody_else_made(cloud: Cloud, run: Run) -> None:
    cloud.have("prod")
    before = len(cloud.server.changes())
    result = run(state="absent")
    assert "wasn't made by this collection, and stays" in result["msg"]
    assert "prod" in cloud.lives
    assert len(cloud.server.changes()) == before


def test_a_look_makes_nothing_and_is_no_fault(cloud: Cloud, run: Run) -> None:
    result = run(state="queried", **make(cloud))
    assert (result["present"], result["changed"]) == (False, False)
    assert cloud.server.changes() == []


def test_logs_in_to_the_clouds_registry_and_lets_the_cluster_pull_once(cloud: Cloud, run: Run) -> None:
    cloud.have("prod")
    first = run(cloud_registry.run, registry=cloud.registry)
    expected = {
        "doks": ("somebody@example.com", DOCKER),
        "gke": ("oauth2accesstoken", cloud.real.token),
        "aks": ("00000000-0000-0000-0000-000000000000", REFRESH),
    }
    assert (first["username"], first["password"]) == expected[cloud.provider]
    # DigitalOcean's are named in the service account of the cluster's namespace default; the others' nodes pull as who they are
    assert first["pull_secrets"] == (["acme"] if isinstance(cloud, Doks) else [])
    # Google's nodes pull by their own service account
    assert first["actions"] == ([] if isinstance(cloud, Gke) else ["let the cluster pull from the registry"])
    assert run(cloud_registry.run, registry=cloud.registry)["changed"] is False


def test_check_mode_lets_nobody_pull(cloud: Cloud, run: Run) -> None:
    cloud.have("prod")
    assert run(cloud_registry.run, check=True, registry=cloud.registry)["changed"] is not isinstance(cloud, Gke)
    assert not any("registries" in line or "roleAssignments" in line for line in cloud.server.changes())


@pytest.mark.parametrize("registry", ["ghcr.io/acme", "docker.io/acme", "registry.example.com/team", "localhost:5001"])
def test_somebody_elses_registry_is_nothing_to_it(cloud: Cloud, run: Run, registry: str) -> None:
    cloud.have("prod")
    result = run(cloud_registry.run, registry=registry)
    assert (result["own"], result["username"], result["changed"]) == (False, "", False)


ABSENT = {
    "doks": "registry.digitalocean.com/none",
    "gke": "europe-west3-docker.pkg.dev/acme-shop/none",
    "aks": "none.azurecr.io",
}


def test_a_registry_that_is_not_there_is_told_before_a_cluster_is_made(cloud: Cloud, run: Run) -> None:
    result = run(registry=ABSENT[cloud.provider], **make(cloud))
    assert "cluster_push_registry" in result["msg"]
    assert ("acme" in result["msg"]) or (cloud.registry.split("/")[0] in result["msg"])
    assert cloud.server.changes() == []


@pytest.mark.parametrize("cloud", [Aks], indirect=True)
def test_entra_id_takes_the_place_of_a_program(cloud: Aks, run: Run, kubeconfig: Path) -> None:
    cloud.entra = True
    cloud.have("prod")
    assert run()["present"]
    assert yaml.safe_load(kubeconfig.read_text())["users"][0]["user"] == {"token": cloud.real.token}


def test_a_secret_is_in_no_result_but_the_login(cloud: Cloud, run: Run) -> None:
    """Positive control: the login has it."""
    shown = repr([run(**make(cloud)), run(check=True), run(state="absent")])
    for secret in cloud.secrets:
        assert secret not in shown
        assert base64.b64encode(secret.encode()).decode() not in shown
    cloud.have("prod")
    assert any(secret in repr(run(cloud_registry.run, registry=cloud.registry)) for secret in cloud.secrets)


@pytest.mark.parametrize("cloud", [Doks], indirect=True)
def test_every_page_of_clusters_is_turned(cloud: Cloud, run: Run) -> None:
    for name in ("a", "b", "prod"):
        cloud.have(name)
    assert run()["present"]


def test_a_line_of_netrc_does_not_replace_the_token(cloud: Cloud, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "netrc"
    file.write_text("machine localhost login somebody password else\n")
    monkeypatch.setenv("NETRC", str(file))
    cloud.have("prod")
    assert run()["present"]


@pytest.mark.parametrize(("cloud", "library"), [(Gke, "google.auth"), (Aks, "azure.identity")], indirect=["cloud"])
def test_a_library_that_is_missing_is_named(cloud: Cloud, run: Run, library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    assert f"pip install {library.replace('.', '-')}" in run()["msg"]

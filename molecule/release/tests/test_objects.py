# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The release as it stands in the cluster: every object, as the cluster has it and not as the chart meant it."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

import pytest
from ansible_collections.proven.webapp.molecule.support import Cluster, variables

COMPONENTS: dict[str, dict[str, Any]] = variables()["webapp_components"]
RUNNING = [name for name, component in COMPONENTS.items() if component.get("kind", "web") in ("web", "worker")]
SERVING = [name for name in RUNNING if COMPONENTS[name].get("kind", "web") == "web"]
STATELESS = [name for name in RUNNING if "storage" not in COMPONENTS[name]]
OURS = ("-n", "todo", "-l", "app.kubernetes.io/instance=todo")


def pods(cluster: Cluster, *selector: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = cluster.get("pods", "-n", "todo", "-l", ",".join(["app.kubernetes.io/instance=todo", *selector]))
    return [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]


def live(cluster: Cluster, component: str) -> list[dict[str, Any]]:
    found = pods(cluster, f"app.kubernetes.io/component={component}", "proven.webapp/track=live")
    assert found
    return found


def container(pod: dict[str, Any]) -> dict[str, Any]:
    (only,) = pod["spec"]["containers"]
    return dict(only)


def test_helm_says_deployed(cluster: Cluster) -> None:
    status = json.loads(cluster.helm("status", "todo", "--namespace", "todo", "--output", "json"))
    assert status["info"]["status"] == "deployed"


@pytest.mark.parametrize("component", RUNNING)
def test_all_pods_are_there_and_ready(cluster: Cluster, component: str) -> None:
    found = live(cluster, component)
    assert len(found) == COMPONENTS[component].get("replicas", 1)
    for pod in found:
        assert [status["ready"] for status in pod["status"]["containerStatuses"]] == [True]


def test_every_pod_is_restricted(cluster: Cluster) -> None:
    """Live ones, and those that migrated: none is left out."""
    found = pods(cluster)
    assert {pod["metadata"]["labels"]["proven.webapp/track"] for pod in found} >= {"live", "migrate"}
    for pod in found:
        spec, inside = pod["spec"]["securityContext"], container(pod)["securityContext"]
        assert spec["runAsNonRoot"] is True, pod["metadata"]["name"]
        assert (spec["runAsUser"], spec["runAsGroup"]) == (1001, 1001), pod["metadata"]["name"]
        assert spec["seccompProfile"] == {"type": "RuntimeDefault"}, pod["metadata"]["name"]
        assert inside["readOnlyRootFilesystem"] is True, pod["metadata"]["name"]
        assert inside["allowPrivilegeEscalation"] is False, pod["metadata"]["name"]
        assert inside["capabilities"]["drop"] == ["ALL"], pod["metadata"]["name"]


def test_no_pod_has_a_token_of_the_cluster(cluster: Cluster) -> None:
    for pod in pods(cluster):
        assert pod["spec"]["automountServiceAccountToken"] is False
        assert pod["spec"]["serviceAccountName"] == "todo"
        assert not [volume for volume in pod["spec"]["volumes"] if "projected" in volume or "secret" in volume], pod["metadata"]["name"]
    assert cluster.get("serviceaccount", "todo", "-n", "todo")["automountServiceAccountToken"] is False


@pytest.mark.parametrize("component", RUNNING)
def test_probes_are_of_three_kinds(cluster: Cluster, component: str) -> None:
    wanted = COMPONENTS[component]["probes"]
    for pod in live(cluster, component):
        for kind, probe in wanted.items():
            found = container(pod)[f"{kind}Probe"]
            if isinstance(probe, str):
                assert found["httpGet"]["path"] == probe
            else:
                assert {"exec", "tcpSocket"} & set(probe) <= set(found)
    assert set(wanted) == {"startup", "liveness", "readiness"}


@pytest.mark.parametrize("component", RUNNING)
def test_resources_are_bounded(cluster: Cluster, component: str) -> None:
    for pod in live(cluster, component):
        resources = container(pod)["resources"]
        assert {"cpu", "memory"} <= set(resources["requests"])
        assert "memory" in resources["limits"]


@pytest.mark.parametrize("component", RUNNING)
def test_images_are_named_by_digest(cluster: Cluster, component: str) -> None:
    for pod in live(cluster, component):
        image = container(pod)["image"]
        assert image.startswith(f"{cluster.registry['push']}/todo/{COMPONENTS[component].get('image_of', component)}@sha256:")
        assert pod["status"]["containerStatuses"][0]["imageID"].endswith(image.rpartition("@")[2])


@pytest.mark.parametrize("component", STATELESS)
def test_it_is_replaced_without_loss(cluster: Cluster, component: str) -> None:
    deployment = cluster.get("deployment", f"todo-{component}", "-n", "todo")
    assert deployment["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    budget = cluster.get("pdb", f"todo-{component}", "-n", "todo")
    assert budget["spec"]["selector"]["matchLabels"] == deployment["spec"]["selector"]["matchLabels"]
    assert budget["status"]["disruptionsAllowed"] >= 1


def test_the_database_has_a_bound_volume(cluster: Cluster) -> None:
    stateful = cluster.get("statefulset", "todo-database", "-n", "todo")
    assert stateful["status"]["readyReplicas"] == 1
    (template,) = stateful["spec"]["volumeClaimTemplates"]
    claim = cluster.get("pvc", f"{template['metadata']['name']}-todo-database-0", "-n", "todo")
    assert claim["status"]["phase"] == "Bound"
    assert claim["status"]["capacity"]["storage"] == COMPONENTS["database"]["storage"]["size"]


def test_the_migration_is_complete(cluster: Cluster) -> None:
    job = cluster.get("job", "todo-backend-migrate", "-n", "todo")
    assert job["status"]["succeeded"] == 1
    assert not job["status"].get("active")


def test_the_summary_of_the_day_is_made_by_the_clock(cluster: Cluster) -> None:
    cron = cluster.get("cronjob", "todo-digest", "-n", "todo")
    assert cron["spec"]["concurrencyPolicy"] == "Forbid"
    cluster.kubectl("delete", "job", "digest-by-hand", "-n", "todo", "--ignore-not-found")
    cluster.kubectl("create", "job", "--from=cronjob/todo-digest", "digest-by-hand", "-n", "todo")
    cluster.kubectl("wait", "--for=condition=complete", "job/digest-by-hand", "-n", "todo", "--timeout=90s")
    cluster.kubectl("delete", "job", "digest-by-hand", "-n", "todo")


def test_everything_is_labelled(cluster: Cluster) -> None:
    kinds = ("deployments", "statefulsets", "services", "configmaps", "poddisruptionbudgets", "cronjobs", "networkpolicies")
    for kind in kinds:
        found = cluster.get(kind, *OURS)
        assert found, kind
        for one in found:
            labels = one["metadata"]["labels"]
            assert labels["app.kubernetes.io/name"] == "todo", one["metadata"]["name"]
            assert labels["app.kubernetes.io/managed-by"] == "Helm", one["metadata"]["name"]
            assert labels["app.kubernetes.io/component"] in COMPONENTS, one["metadata"]["name"]


def test_services_lead_to_live_pods_alone(cluster: Cluster) -> None:
    for service in cluster.get("services", *OURS):
        assert service["spec"]["selector"]["proven.webapp/track"] == "live"
    addresses = {name: {pod["status"]["podIP"] for pod in live(cluster, name)} for name in SERVING}
    for name, expected in addresses.items():
        slices = cluster.get("endpointslices", "-n", "todo", "-l", f"kubernetes.io/service-name=todo-{name}")
        assert {address for one in slices for endpoint in one["endpoints"] for address in endpoint["addresses"]} == expected


def test_no_secret_is_in_a_config_map_or_in_the_values_of_helm(cluster: Cluster) -> None:
    password = variables()["vault_postgres_password"]
    assert password not in json.dumps(cluster.get("configmaps", "-n", "todo"))
    assert password not in json.dumps(cluster.get("pods", "-n", "todo"))
    everything = cluster.helm("get", "all", "todo", "--namespace", "todo")
    assert "todo-database" in everything
    assert password not in everything


def test_the_page_is_served_through_the_node_port(cluster: Cluster) -> None:
    with urllib.request.urlopen(cluster.url(30080), timeout=10) as answer:
        assert answer.status == 200
        assert "<html" in answer.read().decode()

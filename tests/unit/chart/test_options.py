# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What becomes of each option of the inventory: everything.yaml uses all of them."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.proven.webapp.plugins.module_utils._spec import options
from ansible_collections.proven.webapp.plugins.module_utils._spec.app import read_app
from ansible_collections.proven.webapp.plugins.module_utils._spec.component import KEYS
from ansible_collections.proven.webapp.plugins.module_utils._spec.shapes import Fields
from ansible_collections.proven.webapp.plugins.module_utils._spec.values import chart_values

from .conftest import CHART, DIGEST, FULL, IMAGE, Manifest, Render, Rendered, web

EVERYTHING: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "everything.yaml").read_text())


def values_of(given: dict[str, Any]) -> dict[str, Any]:
    app = read_app(given)
    names = {name: f"shop-{name}-1" for name in app.components}
    return chart_values(app, images={}, secret_names=names, chart_digest=DIGEST, pull_secrets=["registry"])


@pytest.fixture(scope="session")
def shop(helm: Any) -> Rendered:
    done = helm("template", "shop", str(CHART), "-n", "space", values=values_of(EVERYTHING))
    assert done.returncode == 0, done.stderr
    return Rendered(item for item in yaml.safe_load_all(done.stdout) if item)


def spec(item: Manifest) -> Manifest:
    """Of the pods that an object makes."""
    found = item["spec"]["jobTemplate"] if item["kind"] == "CronJob" else item
    return dict(found["spec"]["template"]["spec"])


def main(item: Manifest) -> Manifest:
    return dict(spec(item)["containers"][0])


@pytest.fixture(scope="session")
def api(shop: Rendered) -> Manifest:
    return shop.one("Deployment", "shop-api")


@pytest.fixture(scope="session")
def nightly(shop: Rendered) -> Manifest:
    return shop.one("CronJob", "shop-nightly")


def test_every_option_is_used_here() -> None:
    """Nothing can be added to the inventory's language without being rendered once."""
    used = {key for component in EVERYTHING["components"].values() for key in component}
    # What is built is what inventories/dev and the examples are about.
    assert set(KEYS) - used == {"build"}
    assert options.APP.keys() - EVERYTHING.keys() == set()
    for key, shape in options.COMPONENT.items():
        if isinstance(shape, Fields):
            given = {name for component in EVERYTHING["components"].values() for name in component.get(key, {})}
            assert set(shape.shapes) - given == set(), key


def test_all_objects_are_in_the_namespace_and_carry_the_release(shop: Rendered) -> None:
    for item in shop:
        assert item["metadata"]["namespace"] == "space"
        assert item["metadata"]["labels"]["app.kubernetes.io/instance"] == "shop", item["metadata"]["name"]


def test_every_container_keeps_to_the_restricted_standard(shop: Rendered) -> None:
    kinds = set()
    for item in shop:
        if item["kind"] in ("Deployment", "StatefulSet", "Job", "CronJob"):
            kinds.add(item["kind"])
            assert spec(item)["securityContext"]["runAsNonRoot"] is True
            for container in (*spec(item).get("initContainers", []), *spec(item)["containers"]):
                security = container["securityContext"]
                assert (security["allowPrivilegeEscalation"], security["capabilities"]["drop"]) == (False, ["ALL"])
                assert container["resources"]["requests"]
                assert container["imagePullPolicy"] == "IfNotPresent"
    assert len(kinds) == 4


def test_what_kube_score_need_not_say_is_on_every_object_with_pods(shop: Rendered) -> None:
    """Its other findings count: `make matrix`."""
    kinds = set()
    for item in shop:
        if item["kind"] in ("Deployment", "StatefulSet", "Job", "CronJob", "Pod"):
            kinds.add(item["kind"])
            wanted = ["container-image-pull-policy", "container-security-context-user-group-id"]
            pod = item["spec"] if item["kind"] == "Pod" else spec(item)
            # A root file system that can be written to has no bounds.
            if pod["containers"][0]["securityContext"]["readOnlyRootFilesystem"]:
                wanted.append("container-ephemeral-storage-request-and-limit")
            assert item["metadata"]["annotations"]["kube-score/ignore"].split(", ") == wanted, item["metadata"]["name"]
            assert "kube-score" not in json.dumps(item["spec"]), "pods would be restarted by it"
    assert len(kinds) == 5


def test_ports(shop: Rendered, api: Manifest) -> None:
    assert {port["name"]: (port["containerPort"], port["protocol"]) for port in main(api)["ports"]} == {
        "http": (8000, "TCP"),
        "grpc": (9001, "TCP"),
        "metrics": (9000, "TCP"),
        "dns": (5353, "UDP"),
    }
    inside = {port["name"]: port for port in shop.one("Service", "shop-api-internal")["spec"]["ports"]}
    assert inside["grpc"]["appProtocol"] == "kubernetes.io/h2c"
    assert inside["dns"]["protocol"] == "UDP"
    assert shop.one("Service", "shop-api")["metadata"]["annotations"] == {"example.org/balancer": "internal"}


def test_environment(api: Manifest) -> None:
    env = {item["name"]: item["valueFrom"] for item in main(api)["env"]}
    assert env == {
        "PASSWORD": {"secretKeyRef": {"name": "broker", "key": "password"}},
        "REGION": {"configMapKeyRef": {"name": "cluster", "key": "region", "optional": True}},
        "POD_IP": {"fieldRef": {"fieldPath": "status.podIP"}},
        "MEMORY": {"resourceFieldRef": {"resource": "limits.memory"}},
    }
    assert main(api)["envFrom"] == [
        {"configMapRef": {"name": "shop-api-env"}},
        {"secretRef": {"name": "broker"}, "prefix": "BROKER_"},
        {"configMapRef": {"name": "flags", "optional": True}},
        {"secretRef": {"name": "shop-api-1"}},
    ]


def test_program(shop: Rendered) -> None:
    mirror = shop.one("Deployment", "shop-mirror")
    assert main(mirror)["image"] == main(shop.one("Deployment", "shop-files"))["image"] == "ghcr.io/acme/files:1.0.0"
    assert (main(mirror)["command"], main(mirror)["args"]) == (["serve"], ["--read-only"])
    assert spec(mirror)["terminationGracePeriodSeconds"] == 45
    volumes = {item["name"]: item for item in spec(mirror)["volumes"]}
    places = {mount["mountPath"]: volumes[mount["name"]] for mount in main(mirror)["volumeMounts"]}
    assert places["/var/cache/files"]["emptyDir"] == places["/tmp"]["emptyDir"] == {"sizeLimit": "1Gi"}


def test_files_and_volumes(shop: Rendered, api: Manifest) -> None:
    volumes = {item["name"]: item for item in spec(api)["volumes"]}
    by_path = {mount["mountPath"]: (mount, volumes[mount["name"]]) for mount in main(api)["volumeMounts"]}
    assert by_path["/etc/api/tls.key"][1]["secret"] == {"secretName": "shop-api-1", "items": [{"key": "TLS_KEY", "path": "tls.key"}]}
    assert by_path["/etc/api/ca.crt"][1]["secret"]["secretName"] == "company-ca"
    assert by_path["/etc/api/flags.json"][1]["configMap"]["optional"] is True
    assert by_path["/srv/media"][1]["persistentVolumeClaim"] == {"claimName": "shop-api-media"}
    shared, claim = by_path["/srv/shared"]
    assert (shared["readOnly"], shared["subPath"], claim["persistentVolumeClaim"]) == (True, "shop", {"claimName": "company-files"})
    assert by_path["/etc/certs"][1]["secret"] == {"secretName": "company-ca"}
    assert by_path["/etc/flags"][1]["configMap"] == {"name": "flags"}
    assert by_path["/run/shm"][1]["emptyDir"] == {"sizeLimit": "64Mi", "medium": "Memory"}
    assert by_path["/vendor"][1]["csi"]["driver"] == "secrets.example.org"
    media, scratch = (shop.one("PersistentVolumeClaim", f"shop-api-{name}") for name in ("media", "scratch"))
    assert media["spec"]["accessModes"] == ["ReadWriteMany"]
    assert (media["spec"]["storageClassName"], media["spec"]["resources"]["requests"]["storage"]) == ("nfs", "5Gi")
    assert media["metadata"]["annotations"] == {"helm.sh/resource-policy": "keep"}
    assert "annotations" not in scratch["metadata"]


def test_containers_beside(api: Manifest) -> None:
    wait, fetch, proxy = spec(api)["initContainers"]
    assert [(item["name"], item.get("restartPolicy")) for item in (wait, fetch, proxy)] == [
        ("wait", None),
        ("fetch", None),
        ("proxy", "Always"),
    ]
    # The component's own program has its environment there too.
    assert wait["image"] == "ghcr.io/acme/api:1.2.3"
    assert {"name": "LOG_LEVEL", "value": "info"} in wait["env"]
    assert {"secretRef": {"name": "shop-api-1"}} in wait["envFrom"]
    assert fetch["env"] == [{"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "shop-api-1", "key": "TOKEN"}}}]
    assert (fetch["args"], fetch["resources"]) == (["--fast"], {"requests": {"cpu": "10m"}})
    assert proxy["env"] == [{"name": "PRICE", "value": "$$5"}]
    assert proxy["ports"] == [{"name": "admin", "containerPort": 9100}]
    assert proxy["startupProbe"]["httpGet"] == proxy["readinessProbe"]["httpGet"] == {"path": "/ready", "port": "admin"}
    for item in (wait, fetch, proxy):
        assert item["volumeMounts"] == main(api)["volumeMounts"]


def test_a_migration_has_the_sidecars_and_nothing_that_comes_with_the_release(shop: Rendered) -> None:
    pod = spec(shop.one("Job", "shop-api-migrate"))
    assert [item["name"] for item in pod["initContainers"]] == ["proxy"]
    kinds = {key for volume in pod["volumes"] for key in volume} - {"name"}
    assert kinds == {"emptyDir", "secret", "configMap"}
    assert {volume["name"] for volume in pod["volumes"]} == {"tmp", "volume-certs", "volume-flags", "file-1", "file-2", "file-3"}
    names = {item["name"] for item in pod["containers"][0]["env"]}
    assert names == {"LOG_LEVEL", "PASSWORD", "REGION", "POD_IP", "MEMORY"}


def test_a_migration_before_an_upgrade_does_without_an_account_that_is_yet_to_come(helm: Any) -> None:
    done = helm("template", "shop", str(CHART), "-n", "space", "--is-upgrade", values=values_of(EVERYTHING))
    objects = Rendered(item for item in yaml.safe_load_all(done.stdout) if item)
    assert spec(objects.one("Job", "shop-api-migrate"))["serviceAccountName"] == "shop"
    assert spec(objects.one("Deployment", "shop-api"))["serviceAccountName"] == "shop-api"


def test_autoscaler_alone_decides_on_the_pods(shop: Rendered, api: Manifest) -> None:
    scaler = shop.one("HorizontalPodAutoscaler", "shop-api")["spec"]
    assert scaler["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": "Deployment", "name": "shop-api"}
    assert (scaler["minReplicas"], scaler["maxReplicas"]) == (2, 6)
    targets = {item["resource"]["name"]: item["resource"]["target"] for item in scaler["metrics"] if item["type"] == "Resource"}
    assert {name: target["averageUtilization"] for name, target in targets.items()} == {"cpu": 80, "memory": 70}
    assert [item["type"] for item in scaler["metrics"]] == ["Resource", "Resource", "Pods"]
    assert scaler["behavior"] == {"scaleDown": {"stabilizationWindowSeconds": 60}}
    assert "replicas" not in api["spec"]


def test_keda(shop: Rendered) -> None:
    scaled = shop.one("ScaledObject", "shop-queue-worker")["spec"]
    assert scaled["scaleTargetRef"] == {"name": "shop-queue-worker"}
    numbers = {key: scaled[key] for key in ("minReplicaCount", "maxReplicaCount", "pollingInterval", "cooldownPeriod")}
    assert list(numbers.values()) == [0, 10, 5, 60]
    assert scaled["triggers"] == [{"type": "redis", "metadata": {"listName": "jobs"}}]
    assert scaled["fallback"] == {"failureThreshold": 3, "replicas": 2}
    assert scaled["advanced"]["horizontalPodAutoscalerConfig"]["behavior"] == {"scaleUp": {"stabilizationWindowSeconds": 0}}
    assert "replicas" not in shop.one("Deployment", "shop-queue-worker")["spec"]


def test_both_scalers_at_once_are_refused(helm: Any) -> None:
    both = web(autoscale={"max": 2, "cpu": 80}, keda={"max": 2, "triggers": [{}]})
    done = helm("template", "todo", str(CHART), values={"components": {"a": both}})
    assert done.returncode != 0


def test_disruption(shop: Rendered) -> None:
    assert shop.one("PodDisruptionBudget", "shop-api")["spec"]["minAvailable"] == "50%"
    assert sorted(item["metadata"]["name"] for item in shop.of("PodDisruptionBudget")) == [
        "shop-api",
        "shop-database",
        "shop-mirror",
        "shop-queue-worker",
    ]
    assert shop.one("PodDisruptionBudget", "shop-mirror")["spec"]["maxUnavailable"] == 2


def test_rollout(shop: Rendered, api: Manifest) -> None:
    assert api["spec"]["strategy"] == {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": 1}}
    assert (api["spec"]["minReadySeconds"], api["spec"]["progressDeadlineSeconds"]) == (5, 305)
    assert shop.one("Deployment", "shop-files")["spec"]["strategy"] == {"type": "Recreate"}
    assert main(api)["lifecycle"] == {"preStop": {"sleep": {"seconds": 8}}}
    assert main(shop.one("Deployment", "shop-queue-worker"))["lifecycle"] == {"preStop": {"exec": {"command": ["drain"]}}}


def test_scheduling(shop: Rendered, api: Manifest) -> None:
    pod = spec(api)
    assert pod["nodeSelector"] == {"disk": "ssd"}
    assert pod["tolerations"] == [{"key": "gpu", "operator": "Exists", "effect": "NoSchedule"}]
    assert pod["affinity"] == {"podAffinity": {}}
    assert (pod["priorityClassName"], pod["runtimeClassName"]) == ("high", "gvisor")
    assert {item["whenUnsatisfiable"] for item in pod["topologySpreadConstraints"]} == {"DoNotSchedule"}
    assert "topologySpreadConstraints" not in spec(shop.one("Deployment", "shop-files"))


def test_security(api: Manifest) -> None:
    pod = spec(api)["securityContext"]
    assert (pod["runAsUser"], pod["runAsGroup"], pod["fsGroup"]) == (1000650000, 101, 102)
    # Not 1.00065e+09, which no API server takes for a whole number.
    assert all(isinstance(pod[key], int) for key in ("runAsUser", "runAsGroup", "fsGroup"))
    assert main(api)["securityContext"]["readOnlyRootFilesystem"] is False
    assert main(api)["securityContext"]["capabilities"] == {"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]}


def test_service_account(shop: Rendered, api: Manifest) -> None:
    assert (spec(api)["serviceAccountName"], spec(api)["automountServiceAccountToken"]) == ("shop-api", True)
    assert shop.one("ServiceAccount", "shop-api")["metadata"]["annotations"] == {"example.org/role": "shop"}
    assert shop.one("Role", "shop-api")["rules"] == [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]}]
    binding = shop.one("RoleBinding", "shop-api")
    assert (binding["roleRef"]["name"], binding["subjects"][0]["name"]) == ("shop-api", "shop-api")


def test_an_account_of_its_own_without_more_is_one_too(helm: Any) -> None:
    given = {**EVERYTHING, "components": {"a": {"image": "a/b:1", "ports": {"http": 80}, "service_account": {}}}, "secrets": []}
    done = helm("template", "shop", str(CHART), "-n", "space", values=values_of({**given, "network": {}}))
    assert done.returncode == 0, done.stderr
    assert "serviceAccountName: shop-a" in done.stdout


def test_exposure(shop: Rendered) -> None:
    ingress = shop.one("Ingress", "shop-api")
    assert ingress["metadata"]["annotations"] == {"cert-manager.io/cluster-issuer": "letsencrypt"}
    assert ingress["spec"]["ingressClassName"] == "traefik"
    assert ingress["spec"]["tls"] == [{"secretName": "shop-tls", "hosts": ["shop.example.org", "*.shop.example.org"]}]
    paths = ingress["spec"]["rules"][0]["http"]["paths"]
    assert [(item["path"], item["pathType"]) for item in paths] == [("/", "Exact"), ("/v2", "Exact")]
    assert paths[0]["backend"] == {"service": {"name": "shop-api", "port": {"number": 443}}}
    assert shop.one("HTTPRoute", "shop-api")["metadata"]["annotations"] == {"example.org/owner": "shop"}
    route = shop.one("HTTPRoute", "shop-api")["spec"]
    assert route["parentRefs"] == [{"name": "gateway", "namespace": "infra", "sectionName": "https"}]
    assert route["hostnames"] == ["shop.example.org"]
    (rule,) = route["rules"]
    assert rule["matches"] == [{"path": {"type": "PathPrefix", "value": "/api"}}]
    assert rule["filters"][0]["type"] == "RequestHeaderModifier"
    assert rule["timeouts"] == {"request": "10s", "backendRequest": "5s"}
    assert rule["backendRefs"] == [{"name": "shop-api", "port": 443}]


def test_monitoring(shop: Rendered) -> None:
    monitor = shop.one("ServiceMonitor", "shop-api")
    assert monitor["metadata"]["labels"]["release"] == "prometheus"
    assert monitor["spec"]["endpoints"] == [{"port": "metrics", "path": "/metrics", "interval": "15s"}]
    # One Service alone has that port, or it would be asked twice.
    wanted = monitor["spec"]["selector"]["matchLabels"].items()
    services = [item for item in shop.of("Service") if wanted <= item["metadata"]["labels"].items()]
    assert sum(port["name"] == "metrics" for item in services for port in item["spec"]["ports"]) == 1
    assert shop.one("PodMonitor", "shop-queue-worker")["spec"]["podMetricsEndpoints"] == [{"port": "metrics", "path": "/stats"}]
    rules = shop.one("PrometheusRule", "shop-api-alerts")["spec"]["groups"][0]["rules"]
    assert rules == [{"alert": "Errors", "expr": "rate(errors[5m]) > 1", "for": "5m"}]
    dashboard = shop.one("ConfigMap", "shop-api-dashboard-requests")
    assert json.loads(dashboard["data"]["requests.json"]) == {"title": "{{ requests }}"}
    assert dashboard["metadata"]["labels"]["grafana_dashboard"] == "1"


def test_labels_and_annotations_of_pods(api: Manifest) -> None:
    metadata = api["spec"]["template"]["metadata"]
    assert metadata["labels"]["team"] == "shop"
    assert metadata["annotations"]["example.org/scrape"] == "true"
    assert "team" not in api["spec"]["selector"]["matchLabels"]


def test_a_volume_for_each_replica(shop: Rendered) -> None:
    assert shop.one("StatefulSet", "shop-database")["spec"]["replicas"] == 3


def test_cron(shop: Rendered, nightly: Manifest) -> None:
    cron = nightly["spec"]
    assert (cron["schedule"], cron["timeZone"], cron["concurrencyPolicy"]) == ("30 2 * * mon-fri", "Europe/Berlin", "Replace")
    assert (cron["suspend"], cron["startingDeadlineSeconds"]) == (True, 60)
    assert (cron["successfulJobsHistoryLimit"], cron["failedJobsHistoryLimit"]) == (1, 2)
    assert (cron["jobTemplate"]["spec"]["backoffLimit"], cron["jobTemplate"]["spec"]["activeDeadlineSeconds"]) == (0, 600)
    assert spec(nightly)["restartPolicy"] == "Never"
    assert main(nightly)["envFrom"] == [{"configMapRef": {"name": "shop-nightly-env"}}, {"secretRef": {"name": "shop-nightly-1"}}]
    assert not [item for item in shop if item["kind"] in ("Deployment", "Service") and item["metadata"]["name"] == "shop-nightly"]


def test_cron_without_more_never_runs_twice_at_once(render: Render) -> None:
    given = {"kind": "cron", "image": IMAGE, "cron": {"schedule": "@daily"}}
    cron = render({"a": given}).one("CronJob", "todo-a")["spec"]
    assert (cron["concurrencyPolicy"], cron["suspend"], cron["startingDeadlineSeconds"]) == ("Forbid", False, 300)


def test_no_service_leads_to_what_ends_by_itself(shop: Rendered, nightly: Manifest) -> None:
    for template in (nightly["spec"]["jobTemplate"]["spec"]["template"], job(shop, "shop-seed-")["spec"]["template"]):
        assert template["metadata"]["labels"]["proven.webapp/track"] == "run"
        assert not any(key.endswith("Probe") for key in template["spec"]["containers"][0])


def job(objects: Rendered, prefix: str) -> Manifest:
    (found,) = [item for item in objects.of("Job") if item["metadata"]["name"].startswith(prefix)]
    return found


def test_a_job_runs_once_for_each_version(shop: Rendered, render: Render) -> None:
    seed = job(shop, "shop-seed-")
    assert (seed["spec"]["parallelism"], seed["spec"]["completions"]) == (2, 4)
    assert "helm.sh/hook" not in seed["metadata"].get("annotations", {})
    base = {"kind": "job", "image": IMAGE, "command": ["a"], "env": {"A": "1"}}
    changes: list[dict[str, Any]] = [{}, {"command": ["b"]}, {"env": {"A": "2"}}, {"job": {"retries": 0}}, {"files": {"/x": "1"}}]
    names = [job(render({"a": {**base, **change}}), "todo-a-")["metadata"]["name"] for change in changes]
    assert len(set(names)) == len(names)
    assert job(render({"a": base, "b": FULL["mailer"]}), "todo-a-")["metadata"]["name"] == names[0]


def test_network_policies(shop: Rendered) -> None:
    policies = {item["metadata"]["name"].removeprefix("shop-"): item["spec"] for item in shop.of("NetworkPolicy")}
    assert policies.keys() == EVERYTHING["components"].keys()
    api, database, nightly = (policies[name] for name in ("api", "database", "nightly"))
    assert api["policyTypes"] == ["Ingress", "Egress"]
    # Clones and migrations carry another track, and may do the same.
    assert api["podSelector"]["matchLabels"] == {"app.kubernetes.io/instance": "shop", "app.kubernetes.io/component": "api"}
    assert components(database["ingress"], "from") == ["api", "database", "queue-worker"]
    assert components(api["egress"], "to") == ["api", "database"]
    assert {"to": [{"ipBlock": {"cidr": "192.0.2.7/32"}}], "ports": [{"port": 587}]} in api["egress"]
    prometheus = {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}},
        "podSelector": {"matchLabels": {"app": "prometheus"}},
    }
    assert {"from": [prometheus], "ports": [{"port": 9000}]} in api["ingress"]
    assert {"ports": [{"port": "http"}]} in api["ingress"]
    assert {} in nightly["egress"]
    # It has a token of the API server.
    assert {"ports": [{"port": 443}, {"port": 6443}]} in api["egress"]
    assert {"ports": [{"port": 443}, {"port": 6443}]} not in database["egress"]
    assert {} not in nightly["ingress"]
    assert all(any(port["port"] == 53 for port in policy["egress"][0]["ports"]) for policy in policies.values())


def components(rules: list[Any], side: str) -> list[str]:
    """Those that rules name."""
    peers = [peer for rule in rules for peer in rule.get(side, [])]
    expressions = [item for peer in peers for item in peer.get("podSelector", {}).get("matchExpressions", [])]
    return [value for item in expressions if item["key"] == "app.kubernetes.io/component" for value in item["values"]]


def test_the_namespace(shop: Rendered) -> None:
    assert shop.one("ResourceQuota", "shop")["spec"]["hard"] == {"requests.cpu": "4", "pods": "20", "limits.memory": "8Gi"}
    assert shop.one("LimitRange", "shop")["spec"]["limits"] == [{"type": "Container", "max": {"memory": "2Gi"}}]
    extra = shop.one("ConfigMap", "extra")
    assert extra["data"] == {"a": "1"}
    assert extra["metadata"]["labels"]["mine"] == "yes"


def test_images_are_pulled_with_what_was_named(shop: Rendered) -> None:
    for item in shop:
        if item["kind"] in ("Deployment", "StatefulSet", "Job", "CronJob"):
            assert spec(item)["imagePullSecrets"] == [{"name": "registry"}]


@pytest.mark.parametrize("kind", ["Secret"])
def test_secrets_among_the_values_are_refused(helm: Any, kind: str) -> None:
    values = {"components": {}, "extraObjects": [{"apiVersion": "v1", "kind": kind, "metadata": {"name": "x"}}]}
    assert helm("template", "todo", str(CHART), values=values).returncode != 0


@pytest.mark.parametrize("kind", ["cron", "job"])
@pytest.mark.parametrize("key", ["probes", "service", "autoscale", "storage"])
def test_schema_refuses_what_jobs_have_not(helm: Any, kind: str, key: str) -> None:
    given = copy.deepcopy({**web(), "probes": {}, "autoscale": {"max": 2}, "storage": {"path": "/x", "size": "1Gi"}})
    values = {"kind": kind, "image": IMAGE, "ports": given["ports"], key: given[key], "cron": {"schedule": "@daily"}}
    done = helm("template", "todo", str(CHART), values={"components": {"a": values}})
    assert "schema" in done.stderr, done.stderr

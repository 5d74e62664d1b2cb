# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The options that people use most, run for real: one application of every kind of component."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.proven.webapp.molecule.support import Run, until

from .site import Site

# Its images are built first.
pytestmark = pytest.mark.slow

PROGRAM = (Path(__file__).parent / "program.py").read_text()
TIMES = {"periodSeconds": 2, "timeoutSeconds": 2, "failureThreshold": 3}
SMALL = {"requests": {"cpu": "10m", "memory": "32Mi"}, "limits": {"memory": "128Mi"}}


def component(toolbox: str, *arguments: str, **more: Any) -> dict[str, Any]:
    program = {"image": toolbox, "command": ["python3", "-u", "/app/program.py", *arguments], "resources": SMALL}
    return {**program, "files": {"/app/program.py": PROGRAM, **more.pop("files", {})}, **more}


def probes(port: str = "http") -> dict[str, Any]:
    return {
        "startup": {"tcpSocket": {"port": port}, **TIMES, "periodSeconds": 1, "timeoutSeconds": 1, "failureThreshold": 60},
        "liveness": {"tcpSocket": {"port": port}, **TIMES},
        "readiness": {"httpGet": {"path": "/", "port": port}, **TIMES},
    }


def shop(toolbox: str) -> dict[str, Any]:
    alive = {"exec": {"command": ["python3", "-c", "import os, time; assert time.time() - os.stat('/tmp/alive').st_mtime < 10"]}}
    components = {
        "web": component(
            toolbox,
            "serve",
            "8080",
            ports={"http": {"port": 8080, "app_protocol": "http"}, "proxy": 8081},
            env={"MODE": "fast", "PASSWORD": {"secret": "broker", "key": "password"}, "POD_IP": {"field": "status.podIP"}},
            secrets=["TOKEN"],
            files={"/etc/shop/token": {"secret": "TOKEN"}, "/etc/shop/password": {"secret": "broker", "key": "password"}},
            volumes={"made": {"path": "/made", "empty": {"size": "16Mi", "memory": True}}},
            writable=["/var/cache/shop"],
            init={
                "first": {"command": ["python3", "/app/program.py", "write", "/made/first", "was here"]},
                "second": {"command": ["python3", "/app/program.py", "write", "/var/cache/shop/second", "was here, too"]},
            },
            sidecars={
                "beside": {
                    "image": toolbox,
                    "command": ["python3", "-u", "/app/program.py", "serve", "8082"],
                    "ports": {"side": 8082},
                    "probes": {"startup": probes("side")["startup"], "readiness": probes("side")["readiness"]},
                    "resources": SMALL,
                }
            },
            env_from=[{"secret": "broker", "prefix": "BROKER_"}],
            probes=probes(),
            autoscale={"min": 2, "max": 3, "cpu": 80},
            service_account={"token": True, "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}]},
            scheduling={"node_selector": {"kubernetes.io/os": "linux"}, "tolerations": [{"key": "x", "operator": "Exists"}]},
            pre_stop={"seconds": 2},
            termination_grace_seconds=15,
            disruption={"min_available": 1},
            security={"user": 2000, "group": 2001},
            ingress={"hosts": ["shop.example.org"], "class": "traefik"},
            network={"allow_from": ["worker"]},
            labels={"team": "shop"},
        ),
        "worker": component(
            toolbox, "work", kind="worker", probes={kind: {**alive, "periodSeconds": 10} for kind in ("liveness", "readiness")}
        ),
        "files": component(
            toolbox,
            "serve",
            "8080",
            ports={"http": 8080},
            volumes={
                "data": {"path": "/data", "size": "16Mi", "keep": False},
                "kept": {"path": "/kept", "size": "16Mi"},
                "old": {"path": "/old", "claim": "old-files"},
                "flags": {"path": "/flags", "config_map": "cluster"},
            },
            init={"first": {"command": ["python3", "/app/program.py", "write", "/old/note", "from long ago"]}},
            env={"REGION": {"config_map": "cluster", "key": "region"}, "FILES": "/old/note /flags/region /etc/shop/region"},
            files={"/etc/shop/region": {"config_map": "cluster", "key": "region"}},
            rollout={"strategy": "recreate"},
            probes=probes(),
        ),
        "nightly": component(
            toolbox, "tell", kind="cron", env={"MODE": "night"}, cron={"schedule": "0 2 * * *", "time_zone": "Europe/Berlin"}
        ),
        "seed": component(toolbox, "tell", kind="job", env={"MODE": "seed"}),
    }
    components["web"]["env"]["FILES"] = "/etc/shop/token /etc/shop/password /made/first /var/cache/shop/second"
    return {
        "webapp_name": "shop",
        "webapp_components": components,
        "webapp_secrets": {"TOKEN": "a-token-that-nobody-uses"},
        "webapp_quota": {"pods": 20, "requests.cpu": "2"},
        "webapp_limits": [{"type": "Container", "max": {"memory": "512Mi"}}],
        "webapp_namespace_labels": {"team": "shop"},
        "webapp_extra_objects": [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "extra"}, "data": {"a": "1"}}],
    }


@pytest.fixture(scope="module")
def site(sites: Callable[[str], Site]) -> Site:
    made = sites("options")
    made.cluster.kubectl("create", "namespace", made.namespace)
    made.kubectl("create", "secret", "generic", "broker", "--from-literal=password=rabbit")
    made.kubectl("create", "configmap", "cluster", "--from-literal=region=north")
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "16Mi"}}}
    old = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "old-files"}, "spec": claim}
    made.cluster.kubectl("apply", "-n", made.namespace, "-f", "-", stdin=json.dumps(old))
    return made


@pytest.fixture(scope="module")
def released(site: Site, toolbox: str) -> Run:
    return site.run(shop(toolbox)).succeeded()


@pytest.fixture(scope="module")
def told(site: Site, released: Run) -> dict[str, Any]:
    return dict(json.loads(site.asks("shop-web:http")))


def test_it_is_proven_and_a_second_run_changes_nothing(site: Site, released: Run, toolbox: str) -> None:
    assert "up and proven" in released.output
    again = site.run(shop(toolbox)).succeeded()
    assert again.recap["changed"] == 0, again.changed_tasks


def test_environment_and_files(told: dict[str, Any]) -> None:
    env = told["env"]
    assert (env["MODE"], env["PASSWORD"], env["BROKER_password"], env["TOKEN"]) == ("fast", "rabbit", "rabbit", "a-token-that-nobody-uses")
    assert env["POD_IP"].count(".") == 3
    assert told["files"] == {
        "/etc/shop/token": "a-token-that-nobody-uses",
        "/etc/shop/password": "rabbit",
        "/made/first": "was here",
        "/var/cache/shop/second": "was here, too",
    }
    assert told["user"] == [2000, 2001]


def test_what_is_there_already_is_used(site: Site, released: Run) -> None:
    told = json.loads(site.asks("shop-files:http"))
    assert told["env"]["REGION"] == "north"
    assert told["files"] == {"/old/note": "from long ago", "/flags/region": "north", "/etc/shop/region": "north"}


def test_budget_and_place(site: Site, released: Run) -> None:
    budget = site.get("poddisruptionbudget", "shop-web")
    assert budget["spec"]["minAvailable"] == 1
    assert until(lambda: site.get("poddisruptionbudget", "shop-web")["status"]["disruptionsAllowed"] == 1, 60)
    pod = site.get("pods", "-l", "app.kubernetes.io/component=web")[0]["spec"]
    assert (pod["nodeSelector"], pod["terminationGracePeriodSeconds"]) == ({"kubernetes.io/os": "linux"}, 15)
    assert {item["whenUnsatisfiable"] for item in pod["topologySpreadConstraints"]} == {"ScheduleAnyway"}


def test_account(site: Site, released: Run) -> None:
    assert int(site.asks("shop-web:http", "pods")) >= 5


def test_sidecar_runs_beside(site: Site, released: Run) -> None:
    pod = site.get("pods", "-l", "app.kubernetes.io/component=web")[0]
    states = {item["name"]: item.get("started") for item in pod["status"]["initContainerStatuses"]}
    assert states["beside"] is True


def test_autoscaler_has_taken_over(site: Site, released: Run) -> None:
    assert until(lambda: site.get("deployment", "shop-web")["status"].get("readyReplicas") == 2, 60)
    owners = site.get("deployment", "shop-web", "--show-managed-fields")["metadata"]["managedFields"]
    assert not [item for item in owners if item["manager"] == "helm" and "f:replicas" in item["fieldsV1"].get("f:spec", {})]


def test_job_ran_once_and_cron_runs(site: Site, released: Run) -> None:
    (seed,) = [item for item in site.get("jobs") if item["metadata"]["name"].startswith("shop-seed-")]
    assert seed["status"]["succeeded"] == 1
    site.kubectl("create", "job", "--from=cronjob/shop-nightly", "by-hand")
    site.kubectl("wait", "--for=condition=complete", "job/by-hand", "--timeout=60s")
    assert json.loads(site.kubectl("logs", "job/by-hand"))["env"] == {"MODE": "night"}


def test_namespace(site: Site, released: Run) -> None:
    labels = site.cluster.get("namespace", site.namespace)["metadata"]["labels"]
    assert (labels["team"], labels["pod-security.kubernetes.io/enforce"]) == ("shop", "restricted")
    quota = site.get("resourcequota", "shop")
    assert (quota["spec"]["hard"]["pods"], int(quota["status"]["used"]["pods"]) >= 4) == ("20", True)
    assert site.get("configmap", "extra")["data"] == {"a": "1"}


def test_what_the_cluster_has_not_is_told_by_name_before_anything_is_touched(site: Site, released: Run, toolbox: str) -> None:
    given = shop(toolbox)
    given["webapp_components"]["web"] |= {
        "route": {"parents": [{"name": "gateway"}]},
        "monitoring": {"port": "http", "alerts": [{"alert": "A", "expr": "1"}]},
    }
    given["webapp_components"]["worker"]["keda"] = {"max": 3, "triggers": [{"type": "cpu", "metadata": {"value": "50"}}]}
    revision = json.loads(site.cluster.helm("status", "shop", "-n", site.namespace, "-o", "json"))["version"]
    run = site.run(given)
    assert run.code != 0
    for kind in ("HTTPRoute", "ServiceMonitor", "PrometheusRule", "ScaledObject"):
        assert f"the cluster doesn't know the kind {kind}" in run.output, run.output[-3000:]
    assert json.loads(site.cluster.helm("status", "shop", "-n", site.namespace, "-o", "json"))["version"] == revision


def test_a_job_that_fails_is_told_and_its_release_goes_back(site: Site, released: Run, toolbox: str) -> None:
    given = shop(toolbox)
    given["webapp_components"]["seed"] |= {"command": ["python3", "/app/program.py", "fail"], "job": {"retries": 0}}
    run = site.run(given)
    assert run.code != 0
    assert "nothing to be done" in run.output, run.output[-3000:]
    assert "runs again, the last one that was proven" in run.output


def test_claims_outlive_the_release_where_they_are_to(site: Site, released: Run) -> None:
    """Comes last: nothing is left of the release."""
    site.cluster.helm("uninstall", "shop", "-n", site.namespace)

    def left() -> list[str]:
        return sorted(
            item["metadata"]["name"] for item in site.get("persistentvolumeclaims") if "deletionTimestamp" not in item["metadata"]
        )

    assert until(lambda: left() == ["old-files", "shop-files-kept"], 60), left()

# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The cluster does what a release needs of it: it runs pods, keeps data, measures, and takes images from its registry."""

from __future__ import annotations

import json
import os
import shutil
import stat
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.proven.webapp.molecule.support import Cluster, until

NAMESPACE = "molecule-default"
WRITES = ["config", "set-cluster", "written", "--server=https://kept", "--kubeconfig=/data/config"]
READS = ["config", "view", "--kubeconfig=/data/config"]


def ready(thing: dict[str, Any]) -> bool:
    return any(condition["type"] == "Ready" and condition["status"] == "True" for condition in thing["status"].get("conditions", []))


def test_nodes_are_ready(cluster: Cluster) -> None:
    nodes = cluster.get("nodes")
    assert nodes
    assert all(ready(node) for node in nodes)


def test_every_pod_of_the_system_runs(cluster: Cluster) -> None:
    until(lambda: all(ready(pod) for pod in cluster.get("pods", "-A", "-l", "!job-name", "--field-selector=metadata.namespace!=todo")), 90)


def test_the_kubeconfig_is_for_its_owner_only(cluster: Cluster, host: Any) -> None:
    file = host.file(cluster.kubeconfig)
    assert stat.S_IMODE(file.mode) == 0o600
    assert file.uid == os.getuid()


def test_the_default_kubeconfig_does_not_know_the_cluster(cluster: Cluster) -> None:
    default = Path(os.environ.get("KUBECONFIG") or Path.home() / ".kube/config")
    assert default.resolve() != Path(cluster.kubeconfig).resolve()
    assert not default.exists() or cluster.context not in default.read_text()


def test_metrics_are_measured(cluster: Cluster) -> None:
    node = cluster.get("nodes")[0]["metadata"]["name"]

    def measured() -> list[str]:
        lines = cluster.kubectl("top", "nodes", "--no-headers", ok=False).splitlines()
        return [line for line in lines if line.startswith(node) and "<unknown>" not in line]

    until(measured, 120)


def test_one_storage_class_is_the_default(cluster: Cluster) -> None:
    mark = "storageclass.kubernetes.io/is-default-class"
    classes = cluster.get("storageclasses")
    assert [one for one in classes if one["metadata"].get("annotations", {}).get(mark) == "true"]


def test_the_registry_answers_on_this_machine_only(cluster: Cluster, host: Any) -> None:
    with urllib.request.urlopen(f"http://{cluster.registry['push']}/v2/", timeout=5) as answer:
        assert answer.status == 200
    published = json.loads(cluster.docker("inspect", "--format", "{{json .NetworkSettings.Ports}}", cluster.registry["name"]))
    assert {binding["HostIp"] for bindings in published.values() if bindings for binding in bindings} == {"127.0.0.1"}


@pytest.fixture(scope="module")
def image(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> str:
    """An image that is in the registry alone, by digest. It holds the one static program that every machine of ours has: kubectl."""
    folder = tmp_path_factory.mktemp("image")
    shutil.copy(cluster.tools["kubectl"], folder / "kubectl")
    (folder / "Dockerfile").write_text('FROM scratch\nCOPY kubectl /kubectl\nUSER 1001:1001\nENTRYPOINT ["/kubectl"]\n')
    tag = f"{cluster.registry['push']}/molecule/default:1"
    cluster.run("buildx", "build", "--quiet", "--tag", tag, str(folder))
    pushed = cluster.docker("push", tag)
    cluster.docker("image", "rm", tag)
    return f"{tag.rpartition(':')[0]}@{pushed.split('digest: ')[1].split()[0]}"


@pytest.fixture(scope="module")
def namespace(cluster: Cluster) -> Iterator[str]:
    cluster.kubectl("delete", "namespace", NAMESPACE, "--ignore-not-found")
    cluster.kubectl("create", "namespace", NAMESPACE)
    cluster.kubectl("label", "namespace", NAMESPACE, "pod-security.kubernetes.io/enforce=restricted")
    yield NAMESPACE
    cluster.kubectl("delete", "namespace", NAMESPACE, "--wait=false")


def pod(name: str, image: str, arguments: list[str]) -> str:
    """A pod that may do next to nothing, with the claim `data`."""
    container = {
        "name": "main",
        "image": image,
        "args": arguments,
        "volumeMounts": [{"name": "data", "mountPath": "/data"}],
        "securityContext": {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}},
    }
    spec = {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "securityContext": {"runAsNonRoot": True, "runAsUser": 1001, "fsGroup": 1001, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [container],
        "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}],
    }
    return json.dumps({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec})


def log_of_finished(cluster: Cluster, namespace: str, manifest: str) -> str:
    name = json.loads(manifest)["metadata"]["name"]
    cluster.kubectl("apply", "--namespace", namespace, "-f", "-", stdin=manifest)
    phase = until(lambda: (found := cluster.get("pod", name, "-n", namespace)["status"]["phase"]) in ("Succeeded", "Failed") and found, 90)
    log = cluster.kubectl("logs", "--namespace", namespace, name)
    assert phase == "Succeeded", log
    return log


def test_an_image_comes_from_the_registry_and_a_volume_keeps_what_one_pod_wrote_for_the_next(
    cluster: Cluster, namespace: str, image: str
) -> None:
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}},
    }
    cluster.kubectl("apply", "--namespace", namespace, "-f", "-", stdin=json.dumps(claim))
    log_of_finished(cluster, namespace, pod("writer", image, WRITES))
    assert cluster.get("pvc", "data", "-n", namespace)["status"]["phase"] == "Bound"
    assert "https://kept" in log_of_finished(cluster, namespace, pod("reader", image, READS))
    seen = cluster.get("pod", "reader", "-n", namespace)["status"]["containerStatuses"][0]
    assert seen["imageID"].endswith(image.rpartition("@")[2])

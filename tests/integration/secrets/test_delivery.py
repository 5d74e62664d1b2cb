# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Secrets that controllers make, on a real cluster. kubeseal and the controller of Sealed Secrets are the real ones, built from Go modules.
External Secrets' API is the real one, its CustomResourceDefinition out of the Go module; its controller is a stand-in, which copies from a
ConfigMap that stands for the store."""

from __future__ import annotations

import base64
import json
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.proven.webapp.molecule.support import Cluster, until
from ansible_collections.proven.webapp.tests.unit.secrets.run import Run

from .conftest import Inventory, Programs

pytestmark = pytest.mark.slow  # builds a controller

SENTINEL = "s3ntinel-pa55word"
NAMESPACE, SYSTEM = "it-delivery", "it-sealed-secrets"
SEALED = ("github.com/bitnami-labs/sealed-secrets", "0.36.6")
EXTERNAL = ("github.com/external-secrets/external-secrets", "1.3.2")
VALUES = {"A": f"{SENTINEL}-{{{{ 7 * 7 }}}}\nnext", "B": f"{SENTINEL}-b"}
CONTROLLER = """
apiVersion: v1
kind: Namespace
metadata: {name: SYSTEM}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: controller, namespace: SYSTEM}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: SYSTEM}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
subjects: [{kind: ServiceAccount, name: controller, namespace: SYSTEM}]
---
apiVersion: v1
kind: Service
metadata: {name: sealed-secrets-controller, namespace: SYSTEM}
spec: {selector: {app: controller}, ports: [{name: http, port: 8080}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: controller, namespace: SYSTEM}
spec:
  selector: {matchLabels: {app: controller}}
  template:
    metadata: {labels: {app: controller}}
    spec:
      serviceAccountName: controller
      containers:
        - name: controller
          image: IMAGE
          command: [/controller, --update-status]
          ports: [{name: http, containerPort: 8080}]
          readinessProbe: {httpGet: {path: /healthz, port: http}}
          securityContext: {runAsUser: 1001}
          volumeMounts: [{name: tmp, mountPath: /tmp}]
      volumes: [{name: tmp, emptyDir: {}}]
"""


def module_file(module: tuple[str, str], path: str) -> Path:
    """A file of a Go module that the toolchain's cache holds."""
    cache = Path.home() / ".cache/proven.webapp/go/mod"
    name, version = module
    folder = cache / f"{name}@v{version}"
    if not folder.exists():
        environment = {
            "GOMODCACHE": str(cache),
            "GOFLAGS": "-mod=mod -modcacherw",
            "PATH": "/usr/local/go/bin:/usr/bin:/bin",
            "HOME": str(Path.home()),
        }
        subprocess.run(["go", "mod", "download", f"{name}@v{version}"], check=True, env=environment, cwd="/tmp", timeout=600)
    return folder / path


@pytest.fixture(scope="module")
def namespace(cluster: Cluster) -> Iterator[str]:
    cluster.kubectl("delete", "namespace", NAMESPACE, "--ignore-not-found")
    yield NAMESPACE
    cluster.kubectl("delete", "namespace", NAMESPACE, "--ignore-not-found", "--wait=false")


@pytest.fixture(scope="module")
def sealer(cluster: Cluster, programs: Programs, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The controller of Sealed Secrets in the cluster. Gives the path of kubeseal."""
    recipe = {"version": SEALED[1], "binaries": ["controller"], "go": {"module": SEALED[0], "packages": ["cmd/controller"]}}
    made = programs("kubeseal", catalog={"sealed-secrets-controller": recipe})
    folder = tmp_path_factory.mktemp("image")
    (folder / "controller").write_bytes(Path(made["controller"]).read_bytes())
    (folder / "controller").chmod(0o755)
    (folder / "Dockerfile").write_text("FROM scratch\nCOPY controller /controller\nUSER 1001\n")
    image = f"{cluster.registry['push']}/it/sealed-secrets:{SEALED[1]}"
    cluster.run("buildx", "build", "--quiet", "--tag", image, str(folder))
    cluster.docker("push", image)
    definition = module_file(SEALED, "helm/sealed-secrets/crds/bitnami.com_sealedsecrets.yaml").read_text()
    objects = definition + "\n---\n" + CONTROLLER.replace("IMAGE", image).replace("SYSTEM", SYSTEM)
    cluster.kubectl("apply", "--server-side", "-f", "-", stdin=objects)
    try:
        cluster.kubectl("rollout", "status", "deployment/controller", "-n", SYSTEM, "--timeout=120s")
        yield made["kubeseal"]
    finally:
        cluster.kubectl("delete", "namespace", SYSTEM, "--wait=false")
        cluster.kubectl("delete", "clusterrolebinding", SYSTEM)
        cluster.kubectl("delete", "crd", "sealedsecrets.bitnami.com")
        cluster.docker("image", "rm", image, ok=False)


def apply(inventory: Inventory, cluster: Cluster, delivery: str, options: dict[str, Any], values: dict[str, str], *words: str) -> Run:
    return inventory.run(
        *words,
        env={f"WEBAPP_SECRET_{key}": value for key, value in values.items()},
        apply=True,
        webapp_name="it",
        webapp_namespace=NAMESPACE,
        webapp_components={"web": {"secrets": ["A", "B"]}, "other": {"secrets": ["B"]}},
        secrets_source="environment",
        secrets_delivery=delivery,
        secrets_delivery_options=options,
        secrets_kubeconfig=cluster.kubeconfig,
        secrets_context=cluster.context,
    )


def good(done: Run, changed: int) -> Run:
    assert done.code == 0, done.text
    assert f"changed={changed} " in done.text, done.text
    assert SENTINEL not in done.text
    assert base64.b64encode(SENTINEL.encode()).decode()[:20] not in done.text
    return done


def test_sealed_secrets(cluster: Cluster, namespace: str, sealer: str, inventory: Inventory, tmp_path: Path) -> None:
    options = {"controller_namespace": SYSTEM}
    good(apply(inventory, cluster, "sealed_secret", options, VALUES, "--check"), 1)
    first = good(apply(inventory, cluster, "sealed_secret", options, VALUES), 1).names
    secret = cluster.get("secret", first["web"], "-n", NAMESPACE)
    assert {key: base64.b64decode(value).decode() for key, value in secret["data"].items()} == VALUES
    assert secret["immutable"] is True
    assert secret["metadata"]["ownerReferences"][0]["kind"] == "SealedSecret"
    sealed = cluster.kubectl("get", "sealedsecrets", "-n", NAMESPACE, "-o", "yaml")
    assert SENTINEL not in sealed
    assert "immutable: true" in sealed
    assert good(apply(inventory, cluster, "sealed_secret", options, VALUES), 0).names == first
    # A certificate of its own needs no way to the controller; put there directly, they have the same names
    certificate = tmp_path / "cert.pem"
    fetch = [sealer, "--kubeconfig", cluster.kubeconfig, "--context", cluster.context, "--controller-namespace", SYSTEM, "--fetch-cert"]
    certificate.write_text(subprocess.run(fetch, check=True, capture_output=True, text=True).stdout)
    changed = {**VALUES, "A": f"{SENTINEL}-changed"}
    second = good(apply(inventory, cluster, "sealed_secret", {"certificate": str(certificate)}, changed), 1).names
    assert second["other"] == first["other"]
    assert second["web"] != first["web"]
    assert good(apply(inventory, cluster, "secret", {}, changed, "--check"), 0).names == second
    bad = apply(inventory, cluster, "sealed_secret", {"certificate": str(tmp_path / "gone.pem")}, {**VALUES, "B": f"{SENTINEL}-third"})
    assert bad.code != 0
    assert "kubeseal can't seal the secrets" in bad.flat
    assert SENTINEL not in bad.text
    assert apply(inventory, cluster, "sealed_secret", options, changed, "-e", '{"apply": false, "remove": true}').code == 0
    until(lambda: not cluster.get("secrets", "-n", NAMESPACE, "-l", "app.kubernetes.io/managed-by=proven.webapp"), 30)
    assert cluster.get("sealedsecrets", "-n", NAMESPACE) == []


@pytest.fixture
def store(cluster: Cluster, namespace: str) -> Iterator[dict[str, str]]:
    """External Secrets' definitions, a SecretStore, and the stand-in for the controller, which reads the dictionary."""
    held: dict[str, str] = {}
    files = ["external-secrets.io_externalsecrets.yaml", "external-secrets.io_secretstores.yaml"]
    definitions = "\n---\n".join(module_file(EXTERNAL, f"config/crds/bases/{file}").read_text() for file in files)
    cluster.kubectl("apply", "--server-side", "-f", "-", stdin=definitions)
    names = ["externalsecrets.external-secrets.io", "secretstores.external-secrets.io"]
    cluster.kubectl("wait", "--for=condition=Established", "--timeout=60s", *(f"crd/{name}" for name in names))
    over = threading.Event()

    def control() -> None:
        while not over.is_set():
            found = cluster.kubectl("get", "externalsecrets", "-n", NAMESPACE, "-o", "json", ok=False)
            for thing in json.loads(found)["items"] if found.startswith("{") else []:
                spec = thing["spec"]
                data = {one["secretKey"]: base64.b64encode(held[one["remoteRef"]["property"]].encode()).decode() for one in spec["data"]}
                metadata = {"name": spec["target"]["name"], "namespace": NAMESPACE, **spec["target"]["template"]["metadata"]}
                secret = {
                    "apiVersion": "v1",
                    "kind": "Secret",
                    "metadata": metadata,
                    "immutable": spec["target"]["immutable"],
                    "data": data,
                }
                cluster.kubectl("create", "-f", "-", stdin=json.dumps(secret), ok=False)
            over.wait(1)

    thread = threading.Thread(target=control, daemon=True)
    thread.start()
    yield held
    over.set()
    thread.join()
    cluster.kubectl("delete", "crd", *names)


def test_external_secrets(cluster: Cluster, namespace: str, store: dict[str, str], inventory: Inventory) -> None:
    store.update({**VALUES, "B": f"{SENTINEL}-external"})
    options = {"store": "vault", "path": "it"}
    first = good(apply(inventory, cluster, "external_secret", options, dict(store)), 1).names
    secret = cluster.get("secret", first["web"], "-n", NAMESPACE)
    assert {key: base64.b64decode(value).decode() for key, value in secret["data"].items()} == store
    assert until(lambda: cluster.get("externalsecret", first["web"], "-n", NAMESPACE)["spec"]["refreshPolicy"] == "CreatedOnce", 5)
    assert good(apply(inventory, cluster, "external_secret", options, dict(store)), 0).names == first
    began = time.monotonic()
    other = apply(inventory, cluster, "external_secret", options, {**store, "A": f"{SENTINEL}-not-in-the-store"})
    assert other.code != 0
    assert "holds other values than those that were checked here" in other.flat
    assert SENTINEL not in other.text
    assert time.monotonic() - began < 60

# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A cluster of three nodes on a real engine, made behind a proxy that nobody answers at: what stays inside doesn't ask it."""

from __future__ import annotations

import datetime
import json
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.proven.webapp.molecule.support import ROOT, until
from ansible_collections.proven.webapp.plugins.module_utils._images.secrets import HostSecrets
from ansible_collections.proven.webapp.tests.integration.local_cluster import ROLE
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from .conftest import Answer, Cluster, call

# A cluster of three nodes beside the suite's own.
pytestmark = pytest.mark.slow

NAME = "proven-it-nodes"
NODES = [f"{NAME}-control-plane", f"{NAME}-worker", f"{NAME}-worker2"]
NODE_PORT, HOST_PORT, REGISTRY_PORT = 30083, 30183, 5053
LOCKED, LOCKED_PORT = f"{NAME}-locked", 5054
TOKEN = "a-sentinel-token"
HTPASSWD = "team:$2b$04$GcvNLphJ/yXSiadCd7BSD.cUV2x3HKEU0t0DQNxP8WVNMvuNqr5Lq\n"  # of the token above
HOUR = datetime.timedelta(hours=1)
PROXY = "http://192.0.2.1:3128"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "proven.webapp"
KUBE_ROUTER = "2.1.0"
DENY = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny}
spec: {podSelector: {}, policyTypes: [Ingress]}
"""


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an authority of our own, a server's certificate by it, and who may log in there."""
    folder = tmp_path_factory.mktemp("certificates")
    key, server_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    now = datetime.datetime.now(datetime.UTC)

    def certificate(name: str, public: ec.EllipticCurvePublicKey, authority: bool) -> bytes:
        subject, issuer = (x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, one)]) for one in (name, "tests"))
        builder = x509.CertificateBuilder(issuer, subject, public, x509.random_serial_number(), now - HOUR, now + 24 * HOUR)
        builder = builder.add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    (folder / "ca.pem").write_bytes(certificate("tests", key.public_key(), authority=True))
    (folder / "server.pem").write_bytes(certificate(LOCKED, server_key.public_key(), authority=False))
    plain = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "server.key").write_bytes(server_key.private_bytes(*plain))
    (folder / "htpasswd").write_text(HTPASSWD)
    folder.chmod(0o755)
    return folder


@pytest.fixture(scope="module")
def three(blank: Cluster, certificates: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    if blank.toolchain.source != "packages":
        pytest.skip("looks into the nodes that are built here")
    arguments = {
        **blank.arguments,
        "name": NAME,
        "nodes": 3,
        "ca_bundle": str(certificates / "ca.pem"),
        "kubeconfig": str(tmp_path_factory.mktemp("three") / NAME / "kubeconfig"),
        "port_mappings": [{"node_port": NODE_PORT, "host_port": HOST_PORT}],
        "registry": {**blank.arguments["registry"], "name": f"{NAME}-registry", "port": REGISTRY_PORT},
    }
    cluster = Cluster(blank.toolchain, arguments, {"HTTP_PROXY": PROXY, "HTTPS_PROXY": PROXY, "NO_PROXY": LOCKED})
    cluster.first["made"] = cluster.module()
    assert not cluster.first["made"].failed, cluster.first["made"].data
    yield cluster
    cluster.module(state="absent")


def pod(name: str, node: str, image: str = "proven.local/shell:1", command: str = "exec httpd -f -vv -p 8080 -h /bin") -> dict[str, Any]:
    container = {"name": "main", "image": image, "command": ["/bin/sh", "-c", command]}
    spec = {"nodeName": node, "terminationGracePeriodSeconds": 0, "tolerations": [{"operator": "Exists"}], "containers": [container]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": {"app": name}}, "spec": spec}


def run(cluster: Cluster, *pods: dict[str, Any]) -> None:
    cluster.kubectl("apply", "-f", "-", stdin="\n---\n".join(json.dumps(one) for one in pods))
    cluster.kubectl("wait", "--for=condition=Ready", "--timeout=120s", *(f"pod/{one['metadata']['name']}" for one in pods))


def address(cluster: Cluster, name: str) -> str:
    return cluster.kubectl("get", "pod", name, "-o", "jsonpath={.status.podIP}")


def reaches(cluster: Cluster, name: str, other: str) -> bool:
    """Whether one pod gets an answer from another one."""
    ask = f"printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc -w 2 {address(cluster, other)} 8080 | head -c 4"
    return cluster.kubectl("exec", name, "--", "sh", "-c", ask, ok=False).startswith("HTTP")


@pytest.fixture(scope="module")
def pods(three: Cluster) -> Cluster:
    """One on each node, named after its place."""
    run(three, *(pod(f"on-{index}", node) for index, node in enumerate(NODES)))
    return three


def test_says_what_it_is(three: Cluster) -> None:
    answer = three.first["made"].data
    assert answer["nodes"] == NODES
    assert len(three.kubectl("get", "nodes", "-o", "name").split()) == 3
    again = min((three.module() for _ in range(3)), key=lambda one: one.seconds)
    assert not again.data["changed"]
    assert again.seconds < 3  # on a busy machine, a process of Python's and Ansible's start included; tests/bench/kind_start.py measures


def test_pods_see_each_others_own_addresses_across_nodes(pods: Cluster) -> None:
    for name, other in (("on-1", "on-2"), ("on-2", "on-1"), ("on-0", "on-1"), ("on-1", "on-0")):
        until(lambda name=name, other=other: reaches(pods, name, other), 20)  # type: ignore[misc]
        assert address(pods, name) in pods.kubectl("logs", other)


def test_names_and_the_way_out_work_on_every_node(pods: Cluster) -> None:
    for name in ("on-0", "on-1", "on-2"):
        assert "10.96.0.1" in pods.kubectl("exec", name, "--", "nslookup", "kubernetes.default.svc.cluster.local")
        assert f"{NAME}-registry" in pods.kubectl("exec", name, "--", "nslookup", f"{NAME}-registry.")


def test_a_node_port_answers_wherever_its_pod_runs(pods: Cluster) -> None:
    ports = [{"port": 80, "targetPort": 8080, "nodePort": NODE_PORT}]
    spec = {"type": "NodePort", "selector": {"app": "on-2"}, "ports": ports}
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "on-2"}, "spec": spec}
    pods.kubectl("apply", "-f", "-", stdin=json.dumps(service))

    def answers() -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{HOST_PORT}/busybox", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    until(answers, 30)


def test_network_policies_are_enforced_where_it_says_so_and_only_there(pods: Cluster) -> None:
    pods.kubectl("apply", "-f", "-", stdin=DENY)
    try:
        enforced = pods.module().data["network_policies"]
        if enforced:
            until(lambda: not reaches(pods, "on-1", "on-2"), 20)
        else:
            assert reaches(pods, "on-1", "on-2")
    finally:
        pods.kubectl("delete", "networkpolicy", "deny")


@pytest.fixture(scope="module")
def kube_router(three: Cluster, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Its image, in the registry: the program is built once, out of its Go module."""
    built = CACHE / f"tests/kube-router-{KUBE_ROUTER}"
    if not (built / "kube-router").exists():
        go = shutil.which("go") or next(map(str, CACHE.glob("tools/go/*/bin/go")), None)
        if go is None:
            pytest.skip("there is no Go to build kube-router with")
        built.mkdir(parents=True, exist_ok=True)
        env = {**os.environ, "GOBIN": str(built), "CGO_ENABLED": "0", "GOFLAGS": ""}
        module = f"github.com/cloudnativelabs/kube-router/v2/cmd/kube-router@v{KUBE_ROUTER}"
        subprocess.run([go, "install", "-ldflags=-s -w", module], env=env, check=True, timeout=1800)
    folder = tmp_path_factory.mktemp("kube-router")
    shutil.copy(built / "kube-router", folder)
    shutil.copy(ROLE / "files/node/install", folder)
    base = f"{NAME}-base:1"
    three.docker("import", three.toolchain.parts["rootfs_bookworm"], base)
    install = "COPY install /\nRUN --mount=type=secret,id=ca --mount=type=secret,id=apt bash /install iptables ipset"
    words = f'FROM {base}\n{install}\nCOPY kube-router /kube-router\nENTRYPOINT ["/kube-router"]\n'
    (folder / "Dockerfile").write_text(words)
    image = f"localhost:{REGISTRY_PORT}/test/kube-router:1"
    with tempfile.TemporaryDirectory() as scratch:
        secrets = [f"--secret=id={name},src={path}" for name, path in HostSecrets(Path(scratch), "")("bookworm").items()]
        three.run("buildx", "build", "--quiet", "--tag", image, *secrets, str(folder))
    three.docker("push", "--quiet", image)
    three.docker("image", "rm", image, base)
    return image


def test_network_policies_are_enforced_once_something_is_there_that_does(pods: Cluster, kube_router: str) -> None:
    """Kube-router, as somebody may add it; kind's own images have something of the kind from the start."""
    text = (Path(__file__).parent / "kube-router.yaml").read_text().replace("IMAGE", kube_router)
    pods.kubectl("apply", "-f", "-", stdin=text)
    try:
        pods.kubectl("rollout", "status", "daemonset/kube-router", "-n", "kube-system", "--timeout=100s")
        assert pods.module().data["network_policies"] is True
        until(lambda: reaches(pods, "on-1", "on-2"), 20)
        pods.kubectl("apply", "-f", "-", stdin=DENY)
        until(lambda: not reaches(pods, "on-1", "on-2"), 30)
        pods.kubectl("delete", "networkpolicy", "deny")
        until(lambda: reaches(pods, "on-1", "on-2"), 30)
    finally:
        pods.kubectl("delete", "networkpolicy", "deny", "--ignore-not-found")
        pods.kubectl("delete", "-f", "-", stdin=text)
    until(lambda: pods.module().data["network_policies"] is False, 30)


def test_another_number_of_nodes_is_told(three: Cluster) -> None:
    fewer = three.module(nodes=1)
    assert not fewer.data["changed"]
    assert fewer.data["drift"] == ["it has 3 nodes, asked for is 1"]
    more = three.module(nodes=4)
    assert more.failed
    assert "it has 3 nodes, asked for are 4" in more.data["msg"]
    assert "cluster_nodes: 3" in more.data["msg"]
    assert "made the cluster anew" in three.module(check=True, nodes=4, recreate=True).data["actions"]


@pytest.fixture
def context(three: Cluster, tmp_path: Path) -> Path:
    folder = tmp_path / "web"
    folder.mkdir()
    three.docker("cp", f"{NODES[0]}:/bin/busybox", str(folder / "busybox"))
    install = 'RUN ["/bin/busybox", "--install", "-s", "/bin"]'
    (folder / "Dockerfile").write_text(f"FROM scratch\nCOPY busybox /bin/busybox\n{install}\nCOPY page /page\n")
    (folder / "page").write_text("one")
    return folder


def build(cluster: Cluster, context: Path, **more: Any) -> Answer:
    return call(
        "image_build",
        builds={"web": {"context": "web"}},
        root=str(context.parent),
        repository=f"{NAME}-test",
        buildx=cluster.toolchain.tools["buildx"],
        secrets={},
        **more,
    )


def test_images_go_straight_into_the_nodes_and_only_what_is_missing(three: Cluster, context: Path, tmp_path: Path) -> None:
    progress = tmp_path / "progress"
    progress.touch()
    load = {"delivery": "load", "containers": NODES, "progress_file": str(progress)}
    first = build(three, context, **load)
    assert first.data["changed"], first.data
    ref = first.data["refs"]["web"]
    run(three, *(pod(f"loaded-{index}", node, ref, "sleep 1000") for index, node in enumerate(NODES)))
    assert three.kubectl("exec", "loaded-2", "--", "cat", "/page") == "one"
    again = build(three, context, **load)
    assert not again.data["changed"]
    (context / "page").write_text("two")
    progress.write_text("")
    second = build(three, context, **load)
    assert second.data["refs"]["web"] != ref
    assert [line.split("  ")[-1] for line in progress.read_text().splitlines() if "loaded" in line] == [
        f"loaded 1 of 3 layers into {node}" for node in NODES
    ]
    # a node that lost it gets it again, alone
    progress.write_text("")
    three.docker("exec", NODES[1], "ctr", "-n", "k8s.io", "images", "rm", second.data["refs"]["web"])
    third = build(three, context, **load)
    assert third.data["images"]["web"] | {"seconds": 0} == second.data["images"]["web"] | {"built": False, "seconds": 0}
    assert [line.split()[-1] for line in progress.read_text().splitlines() if "loaded" in line] == [NODES[1]]
    # and so does one where the tag means something else
    three.docker("exec", NODES[2], "ctr", "-n", "k8s.io", "images", "tag", "--force", "proven.local/shell:1", third.data["refs"]["web"])
    assert build(three, context, **load).data["changed"]


def test_every_node_pulls_from_the_registry(three: Cluster, context: Path) -> None:
    answer = build(three, context, delivery="registry", registry=f"localhost:{REGISTRY_PORT}")
    assert not answer.failed, answer.data
    ref = answer.data["refs"]["web"]
    assert "@sha256:" in ref
    run(three, *(pod(f"pulled-{index}", node, ref, "sleep 1000") for index, node in enumerate(NODES)))


@pytest.fixture
def locked(three: Cluster, certificates: Path) -> Iterator[str]:
    """A registry in the nodes' network, with a certificate of our own authority and a login."""
    settings = {
        "REGISTRY_HTTP_TLS_CERTIFICATE": "/given/server.pem",
        "REGISTRY_HTTP_TLS_KEY": "/given/server.key",
        "REGISTRY_AUTH": "htpasswd",
        "REGISTRY_AUTH_HTPASSWD_REALM": "here",
        "REGISTRY_AUTH_HTPASSWD_PATH": "/given/htpasswd",
        "OTEL_TRACES_EXPORTER": "none",
    }
    given = [f"--env={name}={value}" for name, value in settings.items()]
    where = ["--network=kind", f"--publish=127.0.0.1:{LOCKED_PORT}:5000", f"--volume={certificates}:/given:ro"]
    three.docker("run", "--detach", f"--name={LOCKED}", *where, *given, three.arguments["registry"]["image"])
    yield LOCKED
    three.docker("rm", "--force", "--volumes", LOCKED)


def test_pods_pull_from_a_registry_with_an_authority_and_a_login_of_its_own(
    three: Cluster, context: Path, locked: str, tmp_path: Path
) -> None:
    ref = f"localhost:{LOCKED_PORT}/team/web:1"
    three.run("buildx", "build", "--quiet", "--tag", ref, str(context))
    auth = {f"localhost:{LOCKED_PORT}": {"auth": "dGVhbTphLXNlbnRpbmVsLXRva2Vu"}}
    (tmp_path / "config.json").write_text(json.dumps({"auths": auth}))
    until(lambda: "digest: " in three.docker("--config", str(tmp_path), "push", ref, ok=False), 30)
    three.docker("image", "rm", ref)
    name = f"{locked}:5000/team/web:1"

    three.kubectl("apply", "-f", "-", stdin=json.dumps(pod("locked-out", NODES[1], name, "sleep 1000")))
    waiting = "jsonpath={.status.containerStatuses[0].state.waiting.message}"
    said = until(lambda: three.kubectl("get", "pod", "locked-out", "-o", waiting), 60)
    assert "x509" not in said, said
    three.kubectl("delete", "pod", "locked-out", "--wait=false")

    variables = {
        "ansible_python_interpreter": sys.executable,
        "cluster_kubeconfig": three.arguments["kubeconfig"],
        "webapp_namespace": "default",
        "images_repository": "shop",
        "images_registry": f"{locked}:5000/team",
        "images_registry_username": "team",
        "images_registry_password": TOKEN,
    }
    tasks = [
        {"ansible.builtin.include_role": {"name": "proven.webapp.images", "tasks_from": "pull_secret.yml"}},
        {"ansible.builtin.debug": {"var": "images_pull_secrets"}},
    ]
    playbook = tmp_path / "pull.yml"
    playbook.write_text(
        json.dumps([{"hosts": "localhost", "connection": "local", "gather_facts": False, "vars": variables, "tasks": tasks}])
    )
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", "localhost,", str(playbook), "-vvv", "--diff"]
    env = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".venv/collections")}
    for changed in ("changed=1", "changed=0"):
        done = subprocess.run(command, capture_output=True, text=True, env=env, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        assert changed in done.stdout
        assert "shop-registry" in done.stdout
        for secret in (TOKEN, "dGVhbTphLXNlbnRpbmVsLXRva2Vu"):
            assert secret not in done.stdout + done.stderr
    let_in = pod("let-in", NODES[2], name, "sleep 1000")
    let_in["spec"]["imagePullSecrets"] = [{"name": "shop-registry"}]
    run(three, let_in)


def test_nodes_that_come_back_with_each_others_address(pods: Cluster) -> None:
    """Last of those that need the network: routes follow."""
    before = {node: ip_address(pods.address(node)) for node in NODES[1:]}
    lower, higher = sorted(before, key=lambda node: int(before[node]))
    with pods.squatters(lambda address: int(ip_address(address)) > int(before[higher])):
        pods.docker("stop", "--time", "20", *before)
        pods.docker("start", higher)
        answer = pods.module()
    assert answer.data["actions"] == ["started the stopped nodes"], answer.data
    assert [pods.address(node) for node in (lower, higher)] == [str(before[node]) for node in (higher, lower)]
    run(pods, *(pod(f"on-{index}", node) for index, node in enumerate(NODES)))
    for name, other in (("on-1", "on-2"), ("on-2", "on-1"), ("on-0", "on-1")):
        until(lambda name=name, other=other: reaches(pods, name, other), 90)  # type: ignore[misc]

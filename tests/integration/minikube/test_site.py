# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From nothing to a proven release on a cluster of Minikube's, by site.yml, and back to nothing. It is reached by its node port, through an
Ingress of a real controller (Traefik, whose program PyPI has), and through `minikube tunnel`."""

from __future__ import annotations

import datetime
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.proven.webapp.molecule.support import Run, until
from ansible_collections.proven.webapp.tests.integration.traefik import deliver
from ansible_collections.proven.webapp.tests.integration.whole import MAY_CHANGE, Whole, page
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from .conftest import need_programs, tunnel

NAME = "proven-it-minikube-site"
NODE_PORT, WEB_PORT, SECURE_PORT, REGISTRY_PORT = 30086, 30087, 30088, 5057
HOST = "shop.example.org"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    need_programs()
    made = Whole(
        tmp_path_factory.mktemp("site"),
        NAME,
        NODE_PORT,
        {"ingress": {"hosts": [HOST], "class": "traefik", "tls_secret": "shop-tls"}},
        {
            "cluster_provider": "minikube",
            "cluster_port_mappings": [{"node_port": port, "host_port": port + 100} for port in (NODE_PORT, WEB_PORT, SECURE_PORT)],
            "cluster_registry_port": REGISTRY_PORT,
        },
    )
    made.write()
    yield made
    made.destroy()


@pytest.fixture(scope="module")
def first(site: Whole) -> Run:
    return site.run("site.yml").succeeded()


@pytest.fixture(scope="module")
def controller(site: Whole, first: Run, tmp_path_factory: pytest.TempPathFactory) -> Whole:
    """Traefik in the cluster; its image came through the registry. And a certificate for the Ingress."""
    image = f"localhost:{REGISTRY_PORT}/test/traefik:1"
    deliver("docker", image, tmp_path_factory.mktemp("traefik"))
    text = (Path(__file__).parent / "traefik.yaml").read_text()
    for name, value in {"IMAGE": image, "WEB_PORT": str(WEB_PORT), "SECURE_PORT": str(SECURE_PORT)}.items():
        text = text.replace(name, value)
    site.kubectl("apply", "-f", "-", stdin=text)
    site.kubectl("create", "secret", "tls", "shop-tls", "-n", "shop", *certificate(site.folder))
    site.kubectl("rollout", "status", "deployment/traefik", "-n", "traefik", "--timeout=120s")
    return site


def certificate(folder: Path) -> list[str]:
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.UTC)
    name, day = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)]), datetime.timedelta(days=1)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now - day, now + day)
    own = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False).sign(key, hashes.SHA256())
    (folder / "tls.crt").write_bytes(own.public_bytes(serialization.Encoding.PEM))
    plain = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "tls.key").write_bytes(key.private_bytes(*plain))
    return [f"--cert={folder}/tls.crt", f"--key={folder}/tls.key"]


def through(address: str, host: str = HOST) -> bool:
    """Whether the application answers there."""
    return page(address, host) == f"served {host}"


def test_up_and_proven(site: Whole, first: Run) -> None:
    assert "shop: up and proven" in first.output
    assert through(f"127.0.0.1:{NODE_PORT + 100}")
    assert f"localhost:{REGISTRY_PORT}/shop/web@sha256:" in site.images()


@pytest.mark.usefixtures("first")
def test_second_run_changes_nothing(site: Whole) -> None:
    assert set(site.run("site.yml").succeeded().changed_tasks) <= MAY_CHANGE


@pytest.mark.usefixtures("first")
def test_reached_at_the_nodes_own_address(site: Whole) -> None:
    address = site.kubectl("get", "node", NAME, "-o", "jsonpath={.status.addresses[0].address}")
    until(lambda: through(f"{address}:{NODE_PORT}"), 30)


def test_reached_through_an_ingress(controller: Whole) -> None:
    until(lambda: through(f"127.0.0.1:{WEB_PORT + 100}"), 60)
    assert not through(f"127.0.0.1:{WEB_PORT + 100}", "other.example.org")


def test_reached_through_an_ingress_with_a_certificate_of_its_own(controller: Whole) -> None:
    port = SECURE_PORT + 100
    here = ("--resolve", f"{HOST}:{port}:127.0.0.1", "--noproxy", "*", "--max-time", "5")
    ask = ["curl", "--silent", "--fail", "--cacert", str(controller.folder / "tls.crt"), *here, f"https://{HOST}:{port}/"]
    until(lambda: subprocess.run(ask, capture_output=True, text=True).stdout.startswith(f"served {HOST}"), 60)


def test_the_ingress_is_reached_through_minikubes_tunnel(controller: Whole, tmp_path: Path) -> None:
    with tunnel(NAME, str(controller.kubeconfig), str(controller.folder), tmp_path):
        service = ("get", "service", "traefik", "-n", "traefik", "-o", "jsonpath={.status.loadBalancer.ingress[0].ip}")
        address = until(lambda: controller.kubectl(*service), 60)
        until(lambda: through(address), 60)


@pytest.mark.usefixtures("first")
def test_it_all_goes(site: Whole) -> None:
    """The last one here."""
    site.destroy().succeeded()
    assert site.left() == []

# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is asked of Minikube, and what is refused before it is."""

from __future__ import annotations

import socket
from dataclasses import replace

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._kind.spec import PortMapping
from ansible_collections.proven.webapp.plugins.module_utils._minikube.machine import Engine, check_ports, check_room, parse_engine
from ansible_collections.proven.webapp.plugins.module_utils._minikube.spec import ENCRYPTION_FOLDER, Spec, check, mebibytes, start_arguments

SPEC = Spec("dev")
FULL = Spec(
    "dev",
    kubernetes_version="1.34.4",
    cpus="2",
    memory="4g",
    nodes=2,
    cni="bridge",
    addons=(),
    extra_config={"kubelet.max-pods": "200"},
    base_image="base:1",
    ports=(PortMapping(30080, 8080),),
    mounts=("/here:/there",),
    feature_gates={"B": False, "A": True},
    preloaded=True,
)


def test_everything_that_is_asked_for_is_said() -> None:
    arguments = start_arguments(FULL, force=True, wait=300)
    assert set(arguments) >= {
        "--driver=docker",
        "--container-runtime=containerd",
        "--kubernetes-version=v1.34.4",
        "--cpus=2",
        "--memory=4g",
        "--nodes=2",
        "--cni=bridge",
        "--extra-config=kubelet.max-pods=200",
        "--base-image=base:1",
        "--ports=127.0.0.1:8080:30080",
        "--mount-string=/here:/there",
        "--feature-gates=A=true,B=false",
        "--preload=false",
        "--cache-images=false",
        "--install-addons=false",
        "--force",
        "--output=json",
    }


def test_what_is_not_asked_for_is_left_to_minikube_but_never_the_runtime() -> None:
    arguments = start_arguments(SPEC, force=False, wait=300)
    assert "--container-runtime=containerd" in arguments
    named = {argument.split("=")[0] for argument in arguments}
    assert named == {"--driver", "--container-runtime", "--wait-timeout", "--embed-certs", "--interactive", "--output"}


def test_addons_come_with_the_start_where_minikubes_own_are_among_them() -> None:
    addons = ("default-storageclass", "storage-provisioner", "metrics-server")
    assert f"--addons={','.join(addons)}" in start_arguments(replace(SPEC, addons=addons), force=False, wait=300)
    assert "--install-addons=false" in start_arguments(replace(SPEC, addons=("metrics-server",)), force=False, wait=300)


@pytest.mark.parametrize(
    ("changes", "encrypted"),
    [
        ({}, True),
        ({"encrypt_secrets": False}, False),
        # Nobody here can put a key into such a node.
        ({"driver": "kvm2"}, False),
        # Whoever names a file of their own has put it there.
        ({"extra_config": {"apiserver.encryption-provider-config": "/mine"}}, False),
    ],
)
def test_secrets_are_encrypted_where_a_key_can_be_put_into_the_node(changes: dict[str, object], encrypted: bool) -> None:
    spec = replace(Spec("dev", encrypt_secrets=True), **changes)  # type: ignore[arg-type]
    assert spec.encrypted == encrypted
    ours = f"--extra-config=apiserver.encryption-provider-config={ENCRYPTION_FOLDER}/config.yaml"
    assert (ours in start_arguments(spec, force=False, wait=300)) == encrypted


@pytest.mark.parametrize(
    ("text", "size"), [("4g", 4096), ("4GB", 4096), ("4096", 4096), ("4096mb", 4096), ("512k", 0), ("big", None), ("", None)]
)
def test_sizes_are_read_as_minikube_reads_them(text: str, size: int | None) -> None:
    assert mebibytes(text) == size


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"profile": "a"}, "profile"),
        ({"profile": "-dev"}, "profile"),
        ({"profile": "dev-"}, "profile"),
        ({"profile": "Dev"}, "profile"),
        ({"profile": "status"}, "profile"),
        ({"profile": "my dev"}, "profile"),
        ({"profile": "../../etc"}, "profile"),
        ({"kubernetes_version": "1.34"}, "kubernetes_version"),
        ({"kubernetes_version": "latest"}, "kubernetes_version"),
        ({"cpus": "two"}, "cpus"),
        ({"memory": "lots"}, "memory"),
        ({"disk_size": "20 apples"}, "disk_size"),
        ({"nodes": 0}, "nodes"),
        ({"mounts": ("/a:/b", "/c:/d")}, "mounts"),
        ({"mounts": ("here",)}, "mounts[0]"),
        ({"driver": "kvm2", "ports": (PortMapping(30080, 8080),)}, "ports"),
        ({"driver": "none", "base_image": "x"}, "base_image"),
        ({"extra_config": {"max-pods": "2"}}, "extra_config"),
    ],
)
def test_bad_input_is_refused_with_its_place(changes: dict[str, object], where: str) -> None:
    with pytest.raises(ProvenError) as raised:
        check(replace(SPEC, **changes))  # type: ignore[arg-type]
    assert raised.value.where == where
    assert raised.value.fix


def test_good_input_is_taken() -> None:
    check(SPEC)
    check(FULL)
    check(replace(SPEC, cpus="max", memory="no-limit", driver="kvm2"))


ENGINE = parse_engine({"NCPU": 2, "MemTotal": 8 * 1024**3})


@pytest.mark.parametrize(
    ("changes", "engine", "where"),
    [
        ({"cpus": "4"}, ENGINE, "cpus"),
        ({"cpus": "1"}, ENGINE, "cpus"),
        ({}, Engine(1, 8192), "cpus"),
        ({"memory": "16g"}, ENGINE, "memory"),
        ({"memory": "1g"}, ENGINE, "memory"),
        ({}, Engine(2, 1024), "memory"),
    ],
)
def test_a_machine_that_is_too_small_is_told(changes: dict[str, object], engine: Engine, where: str) -> None:
    """Minikube doesn't look at this where root starts it."""
    with pytest.raises(ProvenError) as raised:
        check_room(replace(SPEC, **changes), engine)  # type: ignore[arg-type]
    assert raised.value.where == where


def test_a_machine_that_is_large_enough_is_taken() -> None:
    check_room(SPEC, ENGINE)
    check_room(replace(SPEC, cpus="2", memory="8g"), ENGINE)


def test_a_port_in_use_is_told_before_anything_is_made() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        number = taken.getsockname()[1]
        with pytest.raises(ProvenError, match=f"Port {number} of this machine is in use"):
            check_ports([PortMapping(30080, number)])
    check_ports([PortMapping(30080, number)])

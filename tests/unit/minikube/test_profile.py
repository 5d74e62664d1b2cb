# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A cluster as Minikube keeps it, against what is asked for. The texts are Minikube 1.38.1's own."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._kind.spec import PortMapping
from ansible_collections.proven.webapp.plugins.module_utils._minikube.profile import (
    Profile,
    addon_changes,
    drifts,
    parse_engine_access,
    parse_port,
    parse_profile,
    parse_status,
)
from ansible_collections.proven.webapp.plugins.module_utils._minikube.spec import Spec

CONFIG: dict[str, Any] = {
    "Name": "dev",
    "KicBaseImage": "base:1",
    "Memory": 6000,
    "CPUs": 2,
    "DiskSize": 20000,
    "Driver": "docker",
    "KubernetesConfig": {
        "KubernetesVersion": "v1.34.4",
        "FeatureGates": "",
        "ContainerRuntime": "containerd",
        "ExtraOptions": [{"Component": "kubelet", "Key": "max-pods", "Value": "200"}],
        "CNI": "bridge",
    },
    "Nodes": [
        {"Name": "", "IP": "192.168.49.2", "Port": 8443, "ControlPlane": True},
        {"Name": "m02", "IP": "192.168.49.3", "Port": 8443, "ControlPlane": False},
    ],
    "Addons": {"dashboard": False, "default-storageclass": True},
    "ExposedPorts": ["127.0.0.1:8080:30080"],
    "ContainerVolumeMounts": None,
    "MountString": "",
    "Network": "",
}
SPEC = Spec("dev", nodes=2, ports=(PortMapping(30080, 8080),))


def profile(**changes: Any) -> Profile:
    found = parse_profile(json.dumps(CONFIG))
    assert found
    return replace(found, **changes)


def test_a_profile_is_read() -> None:
    found = profile()
    assert found.nodes == ("dev", "dev-m02")
    assert (found.ip, found.network, found.base_image, found.memory) == ("192.168.49.2", "dev", "base:1", 6000)
    assert found.ports == (PortMapping(30080, 8080),)
    assert found.extra_config == {"kubelet.max-pods": "200"}
    assert found.addons == {"default-storageclass"}


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"Name": "dev"}'])
def test_a_profile_that_was_cut_off_is_none(text: str) -> None:
    assert parse_profile(text) is None


def test_ports_are_read_as_docker_writes_them() -> None:
    assert parse_port("127.0.0.1:8080:30080") == PortMapping(30080, 8080)
    assert parse_port("8080:30080/tcp") == PortMapping(30080, 8080, "0.0.0.0")
    assert parse_port("30080") == PortMapping(30080, 30080, "0.0.0.0")
    assert parse_port("8080-8090:80-90") is None


def test_what_is_right_is_no_drift() -> None:
    asked = replace(
        SPEC,
        kubernetes_version="1.34.4",
        cpus="2",
        memory="6000",
        cni="bridge",
        base_image="base:1",
        extra_config={"kubelet.max-pods": "200"},
    )
    assert drifts(asked, profile()) == []


def test_what_is_not_asked_for_is_not_compared() -> None:
    assert drifts(SPEC, profile(cpus=8, memory=1, cni="calico", base_image="other", kubernetes_version="v1.30.0")) == []


@pytest.mark.parametrize(
    ("changes", "words", "blocks"),
    [
        ({"driver": "kvm2", "ports": ()}, "its driver is docker, asked for is kvm2", True),
        ({"container_runtime": "cri-o"}, "its container runtime is containerd, asked for is crio", True),
        ({"nodes": 3}, "its number of nodes is 2, asked for is 3", True),
        ({"cni": "calico"}, "its pods' network is bridge, asked for is calico", True),
        ({"ports": (PortMapping(30080, 8080), PortMapping(30081, 8081))}, "port 127.0.0.1:8081 → 30081 isn't mapped", True),
        ({"ports": ()}, "port 127.0.0.1:8080 → 30080 is mapped, and not asked for", False),
        ({"mounts": ("/a:/b",)}, "its mount is not set, asked for is /a:/b", True),
        ({"kubernetes_version": "1.33.1"}, "its Kubernetes is v1.34.4, asked for is v1.33.1", False),
        ({"base_image": "base:2"}, "its base image is base:1, asked for is base:2", False),
        ({"cpus": "4"}, "its number of CPUs is 2, asked for is 4", False),
        ({"memory": "4g"}, "its memory in MiB is 6000, asked for is 4096", False),
        ({"feature_gates": {"A": True}}, "its feature gates is not set, asked for is A=true", False),
        ({"extra_config": {"kubelet.max-pods": "50"}}, "its setting kubelet.max-pods is 200, asked for is 50", False),
    ],
)
def test_each_difference_is_told(changes: dict[str, Any], words: str, blocks: bool) -> None:
    found = drifts(replace(SPEC, **changes), profile())
    assert [(drift.what, drift.blocks) for drift in found if drift.what == words] == [(words, blocks)]
    assert len([drift for drift in found if "port" not in drift.what or "port" in words]) == 1


def test_addons_are_changed_in_place() -> None:
    assert addon_changes(replace(SPEC, addons=("ingress",)), profile()) == (["ingress"], ["default-storageclass"])
    assert addon_changes(replace(SPEC, addons=("default-storageclass",)), profile()) == ([], [])
    assert addon_changes(SPEC, profile()) == ([], [])


def test_how_its_docker_engine_is_reached() -> None:
    text = '{"DOCKER_CERT_PATH":"/home/me/.minikube/certs","DOCKER_HOST":"tcp://127.0.0.1:32771","DOCKER_TLS_VERIFY":"1"}'
    assert parse_engine_access(text) == {"host": "tcp://127.0.0.1:32771", "certificates": "/home/me/.minikube/certs"}
    assert parse_engine_access('{"type":"io.k8s.sigs.minikube.error"}') == {}
    assert parse_engine_access("X Exiting due to MK_USAGE") == {}


ONE = '{"Name":"dev","Host":"Running","Kubelet":"Running","APIServer":"Running","Kubeconfig":"Configured","Worker":false}'
WORKER = '{"Name":"dev-m02","Host":"Running","Kubelet":"Running","APIServer":"Irrelevant","Kubeconfig":"Irrelevant","Worker":true}'


def test_status_of_one_and_of_several_nodes() -> None:
    for text in (ONE, f"[{ONE},{WORKER}]"):
        status = parse_status(text)
        assert (status.running, status.stopped, status.known) == (True, False, True)


def test_status_of_what_sleeps_or_is_ill() -> None:
    asleep = parse_status('{"Name":"dev","Host":"Stopped","Kubelet":"Stopped","APIServer":"Stopped","Kubeconfig":"Stopped","Worker":false}')
    assert asleep.stopped
    assert not asleep.running
    ill = parse_status(ONE.replace('"APIServer":"Running"', '"APIServer":"Stopped"'))
    assert not ill.running
    assert not ill.stopped
    assert ill.words == "dev: apiserver stopped"
    assert not parse_status(ONE.replace("Configured", "Misconfigured")).known
    assert not parse_status("").running

# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Encryption at rest: what the API server is told, and how it gets there. Docker is a stand-in here; molecule/secrets reads a real etcd."""

from __future__ import annotations

import base64
import json
import subprocess
import time
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._kind.encryption import FILE, FOLDER, configuration, patches, planted
from ansible_collections.proven.webapp.plugins.module_utils._kind.engine import Docker


def test_secrets_are_encrypted_and_what_was_there_before_can_be_read() -> None:
    config = json.loads(configuration(b"k" * 32))
    assert (config["apiVersion"], config["kind"]) == ("apiserver.config.k8s.io/v1", "EncryptionConfiguration")
    (rule,) = config["resources"]
    assert rule["resources"] == ["secrets"]
    first, last = rule["providers"]
    assert base64.b64decode(first["secretbox"]["keys"][0]["secret"]) == b"k" * 32
    assert last == {"identity": {}}


def test_kubeadm_is_told_in_both_versions_that_kind_may_write() -> None:
    old, new = (json.loads(patch) for patch in patches())
    assert old["apiServer"]["extraArgs"] == {"encryption-provider-config": f"{FOLDER}/{FILE}"}
    assert new["apiServer"]["extraArgs"] == [{"name": "encryption-provider-config", "value": f"{FOLDER}/{FILE}"}]
    assert {one["apiVersion"] for one in (old, new)} == {"kubeadm.k8s.io/v1beta3", "kubeadm.k8s.io/v1beta4"}
    assert all(one["apiServer"]["extraVolumes"][0]["hostPath"] == FOLDER for one in (old, new))


class Slow(Docker):
    """A node that comes after a while."""

    def __init__(self, failures: int) -> None:
        super().__init__()
        object.__setattr__(self, "failures", failures)
        object.__setattr__(self, "calls", [])

    failures: int
    calls: list[tuple[tuple[str, ...], Any]]

    def attempt(self, *arguments: str, stdin: str | None = None, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        self.calls.append((arguments, stdin))
        return subprocess.CompletedProcess([], 0 if len(self.calls) > self.failures else 1, "", "")


def test_the_key_is_put_there_once_the_node_is_and_is_in_no_argument() -> None:
    docker = Slow(failures=2)
    with planted(docker, "dev-control-plane"):
        deadline = time.monotonic() + 10
        while len(docker.calls) < 3 and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(0.5)
    assert len(docker.calls) == 3, "nothing is put there twice"
    arguments, text = docker.calls[-1]
    key = json.loads(text)["resources"][0]["providers"][0]["secretbox"]["keys"][0]["secret"]
    assert len(base64.b64decode(key)) == 32
    assert "dev-control-plane" in arguments
    assert not [word for word in arguments if key in word]


def test_it_gives_up_with_the_creation() -> None:
    began = time.monotonic()
    with planted(Slow(failures=10**6), "dev-control-plane"):
        pass
    assert time.monotonic() - began < 5

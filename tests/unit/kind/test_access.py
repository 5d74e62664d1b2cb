# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Kubeconfigs, and what is wrong with them."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._kind.access import facts, refusal
from ansible_collections.proven.webapp.plugins.module_utils._kubeconfig import Access, load_kubeconfig

CONFIG: dict[str, Any] = {
    "contexts": [{"name": "one", "context": {"cluster": "c", "user": "u"}}, {"name": "two", "context": {"cluster": "gone", "user": "u"}}],
    "clusters": [{"name": "c", "cluster": {"server": "https://x:1", "certificate-authority-data": base64.b64encode(b"CA").decode()}}],
    "users": [{"name": "u", "user": {"token": "t", "client-certificate": "cert.pem"}}],
    "current-context": "one",
}
ACCESS = Access("one", "https://x:1")


def written(folder: Path, data: Any) -> str:
    path = folder / "config"
    path.write_text(data if isinstance(data, str) else yaml.safe_dump(data))
    (folder / "cert.pem").write_bytes(b"CERT")
    return str(path)


def test_resolves_a_context(tmp_path: Path) -> None:
    access = load_kubeconfig(written(tmp_path, CONFIG)).access("")
    assert access == Access("one", "https://x:1", ca=b"CA", certificate=b"CERT", token="t")


@pytest.mark.parametrize(
    ("change", "context", "words"),
    [
        ({}, "three", "no context 'three'.*\n.*\n.*one, two"),
        ({}, "two", "no entry 'gone' in its clusters"),
        ({"current-context": ""}, "", "names no current context"),
        ({"clusters": [{"name": "c", "cluster": {}}]}, "one", "leads to no server"),
        ({"users": [{"name": "u", "user": {"client-key": "none.pem"}}]}, "one", "names a file that can't be read"),
        ({"users": [{"name": "u", "user": {"client-key-data": "a"}}]}, "one", "not base64"),
    ],
)
def test_wrong_contexts(tmp_path: Path, change: dict[str, Any], context: str, words: str) -> None:
    kubeconfig = load_kubeconfig(written(tmp_path, {**CONFIG, **change}))
    with pytest.raises(ProvenError, match=words):
        kubeconfig.access(context)


@pytest.mark.parametrize(("content", "words"), [("a: [", "not YAML"), ("just words", "no kubeconfig"), ("contexts: 3", "no kubeconfig")])
def test_wrong_files(tmp_path: Path, content: str, words: str) -> None:
    with pytest.raises(ProvenError, match=words):
        load_kubeconfig(written(tmp_path, content))


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(ProvenError, match="no such kubeconfig"):
        load_kubeconfig(str(tmp_path / "none"))


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("The connection to the server x:1 was refused", "can't be used"),
        ("dial tcp: connect: connection refused", "Nothing answers at https://x:1"),
        ("dial tcp: lookup x: no such host", "leads nowhere"),
        ("context deadline exceeded (Client.Timeout exceeded while awaiting headers)", "doesn't answer within 5 s"),
        ("error: You must be logged in to the server (Unauthorized)", "doesn't accept the credentials"),
        ('nodes is forbidden: User "u" cannot list resource', "not look at its nodes"),
        ("x509: certificate signed by unknown authority", "not the one that the kubeconfig expects"),
        ("exec: executable gke-gcloud-auth-plugin not found", "logs in by a program"),
        ("", "no reason given"),
    ],
)
def test_refusals(said: str, words: str) -> None:
    assert words in refusal(ACCESS, "/config", said, 5).what


def test_facts_prefer_an_external_address() -> None:
    node = {
        "kind": "Node",
        "status": {
            "nodeInfo": {"kubeletVersion": "v1.35.0"},
            "addresses": [{"type": "InternalIP", "address": "10.0.0.1"}, {"type": "ExternalIP", "address": "203.0.113.1"}],
        },
    }
    assert facts({"items": [node]}) == {"kubernetes_version": "v1.35.0", "node_address": "203.0.113.1", "storage_class": ""}
    assert facts({}) == {"kubernetes_version": "", "node_address": "", "storage_class": ""}

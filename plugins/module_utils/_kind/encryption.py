# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Encryption at rest: the API server writes Secrets to etcd encrypted. The key lies in the node and nowhere else."""

from __future__ import annotations

import base64
import contextlib
import json
import secrets
import threading
from collections.abc import Iterator
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._kind.engine import Docker

FOLDER = "/etc/kubernetes/encryption"
FILE = "config.yaml"
ARGUMENT = "encryption-provider-config"
"""Of the API server: path of the file."""
KEY_BYTES = 32
POLL_SECONDS = 0.3


def configuration(key: bytes) -> str:
    """An EncryptionConfiguration. What was written before it was there can still be read.

    :param key: 32 bytes, for XSalsa20 and Poly1305.
    """
    keys = [{"name": "key1", "secret": base64.b64encode(key).decode()}]
    return json.dumps(
        {
            "apiVersion": "apiserver.config.k8s.io/v1",
            "kind": "EncryptionConfiguration",
            "resources": [{"resources": ["secrets"], "providers": [{"secretbox": {"keys": keys}}, {"identity": {}}]}],
        }
    )


def patches() -> list[str]:
    """Of kubeadm's configuration, in each of the two versions that kind writes it in; kind takes the one that fits."""
    arguments: dict[str, Any] = {"v1beta3": {ARGUMENT: f"{FOLDER}/{FILE}"}, "v1beta4": [{"name": ARGUMENT, "value": f"{FOLDER}/{FILE}"}]}
    volume = {"name": "encryption", "hostPath": FOLDER, "mountPath": FOLDER, "readOnly": True, "pathType": "DirectoryOrCreate"}
    return [
        json.dumps(
            {
                "apiVersion": f"kubeadm.k8s.io/{version}",
                "kind": "ClusterConfiguration",
                "apiServer": {"extraArgs": given, "extraVolumes": [volume]},
            }
        )
        for version, given in arguments.items()
    ]


@contextlib.contextmanager
def planted(docker: Docker, node: str, folder: str = FOLDER) -> Iterator[None]:
    """Meanwhile, put the file with a new key into the node as soon as that is there, which is well before its API server starts. Passed
    through standard input: no file of this machine and no argument holds the key."""
    over = threading.Event()
    text = configuration(secrets.token_bytes(KEY_BYTES))
    script = 'umask 077 && mkdir -p "$1" && cat > "$1/new" && mv "$1/new" "$1/$2"'

    def plant() -> None:
        while not over.is_set():
            answer = docker.attempt("exec", "-i", node, "sh", "-c", script, "sh", folder, FILE, stdin=text, timeout=30)
            if answer.returncode == 0:
                return
            over.wait(POLL_SECONDS)

    thread = threading.Thread(target=plant, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(timeout=30)

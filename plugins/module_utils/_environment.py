# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The cluster that the environment leads to, by the variables that kubernetes.core reads and that AWX sets for its credential type
"OpenShift or Kubernetes API Bearer Token"."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import stat
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils import _kubeconfig, _private_file
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._kubeconfig import Access

HOST, TOKEN, AUTHORITY, VERIFY = "K8S_AUTH_HOST", "K8S_AUTH_API_KEY", "K8S_AUTH_SSL_CA_CERT", "K8S_AUTH_VERIFY_SSL"
NAME = "environment"
"""Of the context, the cluster and the user in a kubeconfig that is made."""
_SAY_TOKEN = 'printf \'{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"%s"}}\' "$' + TOKEN + '"'


def access(environment: Mapping[str, str]) -> Access | None:
    """What the environment says of a cluster; None where it names none.

    :raises ProvenError: the token is missing, or the file with the certificate can't be read.
    """
    host = environment.get(HOST, "").rstrip("/")
    if not host:
        return None
    if "://" not in host:
        host = f"https://{host}"
    if not environment.get(TOKEN):
        raise ProvenError(
            f"The environment names a cluster, and no token for it: {TOKEN} is empty.",
            where=HOST,
            fix="Complete the credential (in AWX: API authentication bearer token), or name a kubeconfig in cluster_kubeconfig.",
        )
    authority = environment.get(AUTHORITY, "")
    return Access(
        context=NAME,
        server=host,
        ca=_read(authority) if authority else b"",
        token=environment[TOKEN],
        verify=environment.get(VERIFY, "true").strip().lower() not in ("false", "0", "no", "off"),
    )


def _read(file: str) -> bytes:
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise ProvenError(f"The certificate authority's file can't be read: {error.strerror}.", where=f"{AUTHORITY}: {file}") from error


def document(found: Access) -> dict[str, Any]:
    """A kubeconfig for programs such as Helm. Holds no secret: the token is asked for when it is needed, from the environment."""
    cluster: dict[str, Any] = {"server": found.server}
    if found.ca:
        cluster["certificate-authority-data"] = base64.b64encode(found.ca).decode()
    if not found.verify:
        cluster = {"server": found.server, "insecure-skip-tls-verify": True}
    user = {
        "exec": {
            "apiVersion": "client.authentication.k8s.io/v1",
            "command": "sh",
            "args": ["-c", _SAY_TOKEN],
            "interactiveMode": "Never",
        }
    }
    return _kubeconfig.document(NAME, cluster, user)


def kubeconfig(found: Access) -> str:
    """Path of a kubeconfig with `document`, in this user's own part of the folder for temporary files; made where it isn't there.

    :raises ProvenError: that part is somebody else's.
    """
    content = json.dumps(document(found), indent=1)
    folder = Path(tempfile.gettempdir()) / f"proven.webapp-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    there = folder.lstat()
    if not stat.S_ISDIR(there.st_mode) or there.st_uid != os.getuid() or there.st_mode & 0o077:
        raise ProvenError("A folder for temporary files isn't this user's alone.", where=str(folder), fix="Remove it.")
    path = folder / f"kubeconfig-{hashlib.sha256(content.encode()).hexdigest()[:16]}"
    if not path.exists():
        _private_file.replace(path, content)
    return str(path)

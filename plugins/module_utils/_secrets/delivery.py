# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Secrets that a controller in the cluster makes: out of a SealedSecret, or of an ExternalSecret. Pure.

They have the same name, content and labels as one that is put there directly, and are immutable too.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError

KINDS = {"sealed_secret": "SealedSecret", "external_secret": "ExternalSecret"}
APIS = {"SealedSecret": "bitnami.com/v1alpha1", "ExternalSecret": "external-secrets.io/v1"}
PLURALS = {"SealedSecret": "sealedsecrets", "ExternalSecret": "externalsecrets"}
CONTROLLERS = {"SealedSecret": "Sealed Secrets", "ExternalSecret": "External Secrets"}
OPTIONS = {
    "secret": frozenset[str](),
    "sealed_secret": frozenset({"certificate", "controller_name", "controller_namespace", "wait"}),
    "external_secret": frozenset({"store", "store_kind", "path", "entries", "wait"}),
}
"""Delivery → what `secrets_delivery_options` may hold."""
STORE_KINDS = ("SecretStore", "ClusterSecretStore")
WAIT = 60
SEAL_SECONDS = 60


@dataclass(frozen=True)
class Delivery:
    """How Secrets come into the cluster.

    :ivar how: a key of OPTIONS.
    """

    how: str
    options: Mapping[str, Any]

    @property
    def kind(self) -> str:
        return KINDS[self.how]

    @property
    def wait(self) -> int:
        return int(self.options.get("wait") or WAIT)


def parse_delivery(how: str, options: Mapping[str, Any]) -> Delivery:
    """:raises ProvenError: the options aren't those of this delivery."""
    where = "secrets_delivery_options"
    if unknown := sorted(options.keys() - OPTIONS[how]):
        known = ", ".join(sorted(OPTIONS[how])) or "none"
        raise ProvenError(f"The delivery {how} has no setting {', '.join(unknown)}.", where=where, fix=f"It has: {known}.")
    if how == "external_secret":
        if missing := [name for name in ("store", "path") if not options.get(name)]:
            fix = "For example {store: vault, path: todo/prod}: a SecretStore of the namespace, and where it finds the values."
            raise ProvenError(f"The delivery external_secret wants {' and '.join(missing)}.", where=where, fix=fix)
        if options.get("store_kind", STORE_KINDS[0]) not in STORE_KINDS:
            raise ProvenError(
                "There is no such kind of store.", where=f"{where}.store_kind", fix=f"Choose one of {', '.join(STORE_KINDS)}."
            )
    return Delivery(how, options)


def path_of(kind: str, namespace: str, name: str) -> str:
    return f"/apis/{APIS[kind]}/namespaces/{namespace}/{PLURALS[kind]}/{name}"


def external_secret(secret: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """What has the controller fetch a Secret's values, once, from a store that is set up in the cluster.

    :param secret: the Secret as it is to be; of its data the keys are used alone.
    """
    metadata = secret["metadata"]
    entries = options.get("entries") or {}
    data = []
    for key in secret["data"]:
        place, _sign, entry = str(entries.get(key, key)).rpartition("#")
        data.append({"secretKey": key, "remoteRef": {"key": place or str(options["path"]), "property": entry}})
    return {
        "apiVersion": APIS["ExternalSecret"],
        "kind": "ExternalSecret",
        "metadata": dict(metadata),
        "spec": {
            "refreshPolicy": "CreatedOnce",
            "secretStoreRef": {"name": str(options["store"]), "kind": str(options.get("store_kind", STORE_KINDS[0]))},
            "target": {
                "name": metadata["name"],
                "creationPolicy": "Owner",
                "immutable": True,
                "template": {"type": secret["type"], "metadata": {"labels": dict(metadata["labels"])}},
            },
            "data": data,
        },
    }


def sealed_secret(secret: Mapping[str, Any], options: Mapping[str, Any], kubeseal: str, access: list[str]) -> dict[str, Any]:
    """A Secret, encrypted by kubeseal for the controller and for this name and namespace alone. It gets it by standard input.

    :param access: arguments that lead to the cluster, which is asked where no certificate is given.
    :raises ProvenError: it couldn't be sealed. Its own words may quote what it was given and stay out.
    """
    certificate = str(options.get("certificate") or "")
    how = ["--cert", certificate] if certificate else [*access, *_controller(options)]
    command = [kubeseal, "--format", "json", "--scope", "strict", *how]
    where = (
        certificate or f"{options.get('controller_namespace', 'kube-system')}/{options.get('controller_name', 'sealed-secrets-controller')}"
    )
    try:
        done = subprocess.run(command, input=json.dumps(secret).encode(), capture_output=True, timeout=SEAL_SECONDS, check=False)
        sealed = json.loads(done.stdout) if done.returncode == 0 else None
    except FileNotFoundError:
        fix = "Put it on the PATH, or let the role toolchain make it."
        raise ProvenError("kubeseal isn't there.", where=kubeseal, fix=fix) from None
    except (OSError, ValueError, subprocess.TimeoutExpired):
        sealed = None
    if not isinstance(sealed, dict) or sealed.get("kind") != "SealedSecret":
        raise ProvenError(
            "kubeseal can't seal the secrets.",
            where=where,
            fix="See that the certificate is the controller's, and isn't over: kubeseal --fetch-cert"
            if certificate
            else "See that the controller runs and can be reached, or give its certificate: secrets_delivery_options.certificate.",
        )
    return {**sealed, "metadata": dict(secret["metadata"])}


def _controller(options: Mapping[str, Any]) -> list[str]:
    pairs = {"--controller-name": options.get("controller_name"), "--controller-namespace": options.get("controller_namespace")}
    return [word for flag, value in pairs.items() if value for word in (flag, str(value))]


def complaint(thing: Mapping[str, Any]) -> str:
    """What the controller says of it; empty where it says nothing bad. Its messages name keys and places."""
    for condition in (thing.get("status") or {}).get("conditions") or []:
        if condition.get("type") in ("Synced", "Ready") and condition.get("status") == "False":
            return str(condition.get("message") or condition.get("reason") or "")
    return ""

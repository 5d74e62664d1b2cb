# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Secrets that a controller makes. The API, the controllers and kubeseal are stand-ins here; the published schemas are held against in
tests/integration/secrets, where kubeseal and the controller of Sealed Secrets are the real ones."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._secrets.delivery import (
    complaint,
    external_secret,
    parse_delivery,
    sealed_secret,
)
from ansible_collections.proven.webapp.plugins.module_utils._secrets.manifests import secret_manifest

if TYPE_CHECKING:
    from tests.unit.secrets.conftest import Api, Project
    from tests.unit.secrets.run import Run

SENTINEL = "s3ntinel-pa55word"
VALUES = {
    "vault_database_url": f"postgresql://todo:{SENTINEL}@db.example:5432/todo",
    "vault_postgres_password": f"{SENTINEL}-{{{{ 7 * 7 }}}}\nnext",
    "vault_better_auth_secret": f"{SENTINEL}-0123456789-0123456789-0123456789",
}
STORE = {"store": "vault", "path": "todo/prod"}
KUBESEAL = """#!/usr/bin/env python3
import base64, json, sys
if {fails}:
    sys.stderr.write("cannot seal " + sys.stdin.read())
    sys.exit(1)
secret = json.load(sys.stdin)
open({seen!r}, "a").write(json.dumps([sys.argv[1:], secret]) + "\\n")
turned = {{key: base64.b64encode(value[::-1].encode()).decode() for key, value in secret["data"].items()}}
template = {{key: secret[key] for key in ("metadata", "type", "immutable")}}
spec = {{"encryptedData": turned, "template": template}}
print(json.dumps({{"kind": "SealedSecret", "apiVersion": "bitnami.com/v1alpha1", "metadata": {{}}, "spec": spec}}))
"""


def kubeseal(folder: Path, fails: bool = False) -> Path:
    program = folder / "kubeseal"
    program.write_text(KUBESEAL.format(fails=fails, seen=str(folder / "sealed")))
    program.chmod(0o755)
    return program


def unseal(thing: dict[str, Any]) -> dict[str, Any]:
    """What the stand-in for the controller of Sealed Secrets makes."""
    assert thing["apiVersion"] == "bitnami.com/v1alpha1"
    data = {key: base64.b64decode(value).decode()[::-1] for key, value in thing["spec"]["encryptedData"].items()}
    return {**thing["spec"]["template"], "kind": "Secret", "data": data}


def fetch(values: dict[str, str]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """What the stand-in for the controller of External Secrets makes, of a store that holds the values at one path."""

    def make(thing: dict[str, Any]) -> dict[str, Any]:
        spec = thing["spec"]
        assert thing["apiVersion"] == "external-secrets.io/v1"
        assert spec["secretStoreRef"] == {"name": "vault", "kind": "SecretStore"}
        assert {one["remoteRef"]["key"] for one in spec["data"]} == {"todo/prod"}
        data = {one["secretKey"]: base64.b64encode(values[one["remoteRef"]["property"]].encode()).decode() for one in spec["data"]}
        metadata = {"name": spec["target"]["name"], "labels": spec["target"]["template"]["metadata"]["labels"]}
        return {"kind": "Secret", "metadata": metadata, "immutable": spec["target"]["immutable"], "data": data}

    return make


SECRET = secret_manifest("todo", "web", "ns", {"A": SENTINEL, "B": "x"})


def test_an_external_secret_names_places_and_no_value() -> None:
    thing = external_secret(SECRET, {**STORE, "store_kind": "ClusterSecretStore", "entries": {"B": "other/path#b"}})
    assert thing["metadata"] == SECRET["metadata"]
    assert thing["spec"]["target"]["name"] == SECRET["metadata"]["name"]
    assert thing["spec"]["secretStoreRef"]["kind"] == "ClusterSecretStore"
    assert thing["spec"]["data"] == [
        {"secretKey": "A", "remoteRef": {"key": "todo/prod", "property": "A"}},
        {"secretKey": "B", "remoteRef": {"key": "other/path", "property": "b"}},
    ]
    assert SENTINEL not in json.dumps(thing)
    assert SECRET["data"]["A"] not in json.dumps(thing)


@pytest.mark.parametrize(
    ("how", "options", "words"),
    [
        ("secret", {"wait": 3}, "has no setting wait"),
        ("sealed_secret", {"store": "x"}, "has no setting store"),
        ("external_secret", {}, "wants store and path"),
        ("external_secret", {**STORE, "store_kind": "Store"}, "no such kind of store"),
    ],
)
def test_options_that_are_none(how: str, options: dict[str, Any], words: str) -> None:
    with pytest.raises(ProvenError, match=words):
        parse_delivery(how, options)


def test_kubeseal_that_fails_is_not_quoted(tmp_path: Path) -> None:
    with pytest.raises(ProvenError, match="can't seal") as caught:
        sealed_secret(SECRET, {"certificate": "cert.pem"}, str(kubeseal(tmp_path, fails=True)), [])
    assert SENTINEL not in str(caught.value)
    assert SECRET["data"]["A"] not in str(caught.value)
    with pytest.raises(ProvenError, match="isn't there"):
        sealed_secret(SECRET, {}, str(tmp_path / "gone"), [])


def test_kubeseal_gets_values_by_standard_input_alone(tmp_path: Path) -> None:
    program = str(kubeseal(tmp_path))
    thing = sealed_secret(SECRET, {"certificate": "cert.pem"}, program, ["--context", "c"])
    sealed_secret(SECRET, {"controller_name": "sealer"}, program, ["--context", "c"])
    by_certificate, by_controller = (json.loads(line)[0] for line in (tmp_path / "sealed").read_text().splitlines())
    assert by_certificate == ["--format", "json", "--scope", "strict", "--cert", "cert.pem"]
    assert by_controller == ["--format", "json", "--scope", "strict", "--context", "c", "--controller-name", "sealer"]
    assert thing["metadata"] == SECRET["metadata"]
    assert thing["spec"]["template"]["immutable"] is True


def test_what_a_controller_complains_of() -> None:
    assert complaint({}) == ""
    assert (
        complaint({"status": {"conditions": [{"type": "Synced", "status": "False", "message": "no key could decrypt"}]}})
        == "no key could decrypt"
    )
    assert complaint({"status": {"conditions": [{"type": "Ready", "status": "True", "message": "synced"}]}}) == ""


@pytest.fixture
def prod(project: Project, api: Api) -> Project:
    project.inventory("prod")
    project.encrypt("prod", "right", **VALUES)
    (project.root / "password").write_text("right")
    return project


def run(project: Project, api: Api, delivery: str, options: dict[str, Any], *args: str) -> Run:
    project.inventory(
        "prod",
        secrets_kubeconfig=str(api.kubeconfig),
        secrets_delivery=delivery,
        secrets_delivery_options={"wait": 2, **options},
        toolchain_programs={"kubeseal": str(project.root / "kubeseal")},
    )
    return project.run("-i", "inventories/prod", "--vault-id", "prod@password", "-vvv", "--diff", *args)


def good(done: Run, changed: int) -> Run:
    assert done.code == 0, done.text
    assert f"changed={changed} " in done.text, done.text
    assert SENTINEL not in done.everything
    assert base64.b64encode(SENTINEL.encode()).decode()[:16] not in done.everything
    return done


def bad(done: Run, *words: str) -> None:
    assert done.code != 0, done.text
    for one in words:
        assert one in done.flat, done.text
    assert SENTINEL not in done.everything


@pytest.mark.parametrize("delivery", ["sealed_secret", "external_secret"])
def test_the_same_secrets_whoever_makes_them(prod: Project, api: Api, delivery: str) -> None:
    kubeseal(prod.root)
    values = {key.removeprefix("vault_").upper(): value for key, value in VALUES.items()}
    api.controller = unseal if delivery == "sealed_secret" else fetch(values)
    options = {"certificate": "cert.pem"} if delivery == "sealed_secret" else STORE
    good(run(prod, api, delivery, options, "--check"), 1)
    assert not api.objects
    first = good(run(prod, api, delivery, options), 1)
    assert set(api.secrets()) == set(first.names.values())
    database = api.secrets()[first.names["database"]]
    assert database["immutable"] is True
    assert base64.b64decode(database["data"]["POSTGRES_PASSWORD"]).decode() == VALUES["vault_postgres_password"]
    written = list(api.written)
    assert good(run(prod, api, delivery, options), 0).names == first.names
    assert api.written == written


def test_a_cluster_without_the_controller(prod: Project, api: Api) -> None:
    bad(
        run(prod, api, "external_secret", STORE),
        "The cluster knows no ExternalSecret (external-secrets.io/v1)",
        "Install the controller External Secrets",
    )


def test_a_controller_that_does_not_make_it_is_quoted(prod: Project, api: Api) -> None:
    api.controller = lambda thing: None
    bad(run(prod, api, "external_secret", STORE), "hasn't made the Secret within 2 s: no such store")


def test_a_store_with_other_values(prod: Project, api: Api) -> None:
    api.controller = fetch({"DATABASE_URL": "other", "POSTGRES_PASSWORD": "other", "BETTER_AUTH_SECRET": "other"})
    bad(run(prod, api, "external_secret", STORE), "holds other values than those that were checked here")

# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Sources other than Ansible Vault. SOPS and HashiCorp Vault are stand-ins here: a program with sops' exit codes, and the published API of
a KV version 2 engine. tests/integration/secrets has the real sops, age and OpenBao."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._secrets.cluster_store import ClusterStore
from ansible_collections.proven.webapp.plugins.module_utils._secrets.environment import EnvironmentStore
from ansible_collections.proven.webapp.plugins.module_utils._secrets.sops import SopsStore
from ansible_collections.proven.webapp.plugins.module_utils._secrets.source import Missing, StoreSource, Unreadable, Value

from .kv2 import Kv2, serve

if TYPE_CHECKING:
    from tests.unit.secrets.conftest import Api, Project
    from tests.unit.secrets.run import Run

SENTINEL = "s3ntinel-pa55word"
GOOD = {
    "DATABASE_URL": f"postgresql://todo:{SENTINEL}@db.example:5432/todo",
    "POSTGRES_PASSWORD": SENTINEL + '-{{ 7 * 7 }}-"quoted"\nnext line ünï',
    "BETTER_AUTH_SECRET": SENTINEL + "-0123456789-0123456789-0123456789",
}


# --- as functions


def test_entries_name_what_is_called_otherwise() -> None:
    store = EnvironmentStore({"CI_A": "1", "CI_url": "2", "OTHER": "3", "CI_EMPTY": ""}, "CI_")
    source = StoreSource(store, ["A", "B", "EMPTY"], {"URL": "url"})
    assert source.keys() == ["A", "B", "EMPTY", "URL"]
    assert [source.read(key) for key in ("A", "URL")] == [Value("1"), Value("2")]
    assert source.read("B") == Missing(
        "is missing: there is no environment variable CI_B", "Set CI_B in the environment that Ansible runs in."
    )
    assert isinstance(source.read("EMPTY"), Missing)


def test_an_environment_that_is_no_text() -> None:
    source = StoreSource(EnvironmentStore({"CI_A": os.fsdecode(b"\xff\xfe")}, "CI_"), ["A"], {})
    assert isinstance(source.read("A"), Unreadable)


class Cluster:
    """Answers as the API does."""

    def __init__(self, status: int, secrets: Mapping[str, Mapping[str, bytes]]) -> None:
        self.status, self.secrets, self.asked = status, secrets, list[str]()

    def get(self, path: str) -> tuple[int, bytes]:
        self.asked.append(path)
        found = self.secrets.get(path.rsplit("/", 1)[1])
        if self.status != 200 or found is None:
            return self.status if self.status != 200 else 404, b'{"kind": "Status"}'
        return 200, json.dumps({"data": {key: base64.b64encode(value).decode() for key, value in found.items()}}).encode()


def test_a_secret_that_is_in_the_cluster() -> None:
    cluster = Cluster(200, {"env": {"A": "line\n{{ ü }}".encode(), "BIN": b"\xff\x00"}, "todo-db-app": {"uri": b"x"}})
    source = StoreSource(ClusterStore(lambda: cluster, "todo", "env"), ["A", "BIN", "C"], {"URL": "todo-db-app#uri", "NO": "gone#x"})
    assert source.read("A") == Value("line\n{{ ü }}")
    assert source.read("URL") == Value("x")
    assert isinstance(source.read("BIN"), Unreadable)
    assert str(source.read("C")).startswith("Missing(problem='is missing: there is no key C of the Secret todo/env'")
    assert isinstance(source.read("NO"), Missing)
    assert cluster.asked == [f"/api/v1/namespaces/todo/secrets/{name}" for name in ("env", "todo-db-app", "gone")]


@pytest.mark.parametrize(("status", "words"), [(401, "doesn't know who asks"), (403, "doesn't let"), (500, "status 500")])
def test_a_cluster_that_refuses(status: int, words: str) -> None:
    source = StoreSource(ClusterStore(lambda: Cluster(status, {}), "todo", "env"), ["A"], {})
    with pytest.raises(ProvenError, match=words):
        source.read("A")


def sops(folder: Path, *, code: int = 0, out: str = "", err: str = "", **environment: str) -> SopsStore:
    """A stand-in for the program, and the file that it is asked to open."""
    program = folder / "sops"
    (folder / "out").write_text(out)
    (folder / "err").write_text(err)
    program.write_text(f"#!/bin/sh\ncat '{folder}/out'\ncat '{folder}/err' >&2\nexit {code}\n")
    program.chmod(0o755)
    file = folder / "secrets.sops.yaml"
    file.write_text("x: ENC[]\n")
    return SopsStore(
        file, program=str(program), age_key_file="", environment={"PATH": os.environ["PATH"], "HOME": str(folder), **environment}
    )


def test_sops_gives_text_and_nothing_else(tmp_path: Path) -> None:
    source = StoreSource(sops(tmp_path, out=json.dumps({"A": "line\n{{ x }}", "N": 5, "EMPTY": "", "NULL": None})), ["A"], {})
    assert source.read("A") == Value("line\n{{ x }}")
    assert isinstance(source.read("N"), Unreadable)
    assert isinstance(source.read("EMPTY"), Missing)
    assert isinstance(source.read("NULL"), Missing)
    assert isinstance(source.read("GONE"), Missing)


@pytest.mark.parametrize(
    ("code", "out", "err", "words"),
    [
        (128, "", f"Failed to get the data key required to decrypt {SENTINEL}", "None of the keys at hand"),
        (51, "", f"MAC mismatch. File has {SENTINEL}", "MAC mismatch"),
        (1, "", "Error: sops metadata not found", "isn't encrypted with sops"),
        (6, "", f"Error unmarshalling {SENTINEL}", "exit code 6"),
        (0, "[1]", "", "isn't a map"),
        (0, SENTINEL, "", "isn't a map"),
    ],
)
def test_sops_that_fails_is_not_quoted(tmp_path: Path, code: int, out: str, err: str, words: str) -> None:
    with pytest.raises(ProvenError, match=words) as caught:
        sops(tmp_path, code=code, out=out, err=err).fetch("")
    assert SENTINEL not in str(caught.value)


def test_what_sops_needs(tmp_path: Path) -> None:
    store = sops(tmp_path, out="{}")
    with pytest.raises(ProvenError, match="no such file"):
        store.fetch("other.yaml")
    keys = tmp_path / ".config/sops/age/keys.txt"
    keys.parent.mkdir(parents=True)
    keys.write_text("AGE-SECRET-KEY-1")
    keys.chmod(0o644)
    with pytest.raises(ProvenError, match=r"can be read by others \(mode 0644\)"):
        store.fetch("")
    keys.chmod(0o600)
    assert store.fetch("") == {}
    with pytest.raises(ProvenError, match="isn't there"):
        sops(tmp_path, SOPS_AGE_KEY_FILE=str(tmp_path / "gone")).fetch("")
    (tmp_path / "sops").unlink()
    with pytest.raises(ProvenError, match="can't be started"):
        store.fetch("")


# --- as a user runs it

PREFLIGHT = ("-i", "inventories/ci", "--tags", "preflight", "-vvv", "--diff")


@pytest.fixture
def ci(project: Project, api: Api) -> Project:
    project.inventory("ci", webapp_secrets={}, secrets_kubeconfig=str(api.kubeconfig))
    return project


def applied(project: Project, api: Api, **env: str) -> None:
    """The whole role puts the values into the cluster, byte for byte, and shows none."""
    done = project.run("-i", "inventories/ci", "-vvv", "--diff", **env)
    assert done.code == 0, done.text
    secret = api.secrets()[done.names["database"]]
    assert base64.b64decode(secret["data"]["POSTGRES_PASSWORD"]).decode() == GOOD["POSTGRES_PASSWORD"]
    assert SENTINEL not in done.everything
    assert base64.b64encode(SENTINEL.encode()).decode()[:-2] not in done.everything


def refused(done: Run, *words: str) -> None:
    assert done.code != 0
    for one in words:
        assert one in done.flat, done.text
    assert "What to do:" in done.text
    assert "Traceback" not in done.text
    assert SENTINEL not in done.everything


def test_environment(ci: Project, api: Api) -> None:
    ci.inventory("ci", secrets_source="environment", secrets_kubeconfig=str(api.kubeconfig))
    applied(ci, api, **{f"WEBAPP_SECRET_{key}": value for key, value in GOOD.items()})
    missing = ci.run(*PREFLIGHT, WEBAPP_SECRET_DATABASE_URL=GOOD["DATABASE_URL"])
    refused(missing, "BETTER_AUTH_SECRET: is missing: there is no environment variable WEBAPP_SECRET_BETTER_AUTH_SECRET (used by frontend)")
    assert "POSTGRES_PASSWORD: is missing" in missing.flat


def test_a_secret_in_the_cluster(ci: Project, api: Api) -> None:
    data = {key: base64.b64encode(value.encode()).decode() for key, value in GOOD.items()}
    api.objects["/api/v1/namespaces/todo/secrets/given"] = {"kind": "Secret", "data": data, "metadata": {"name": "given"}}
    api.objects["/api/v1/namespaces/todo"] = {"kind": "Namespace", "metadata": {"name": "todo"}}
    options = {"secret": "given"}
    ci.inventory("ci", secrets_source="cluster", secrets_source_options=options, secrets_kubeconfig=str(api.kubeconfig))
    applied(ci, api)
    before = list(api.written)
    refused(ci.run(*PREFLIGHT, "-e", '{"secrets_source_options": {"secret": "gone"}}'), "no key DATABASE_URL of the Secret todo/gone")
    refused(ci.run(*PREFLIGHT, "-e", '{"secrets_source_options": {"name": "gone"}}'), "has no setting name", "It has: context, entries")
    later = ci.run("-i", "inventories/ci", "--tags", "preflight", "-e", "secrets_cluster_present=false")
    assert later.code == 0, later.text
    assert api.written == before


@pytest.fixture
def kv2() -> Iterator[Kv2]:
    with serve(Kv2(paths={"todo/ci": dict(GOOD)}, tokens={"s.good-s3ntinel": {"todo/ci", "todo/gone"}})) as state:
        yield state


def hashi(project: Project, api: Api, kv2: Kv2, **options: Any) -> None:
    """The token comes out of an encrypted variable, as it would in production."""
    options = {"url": kv2.url, "path": "todo/ci", "token": "{{ vault_token }}", **options}
    project.inventory("ci", secrets_source="hashi_vault", secrets_source_options=options, secrets_kubeconfig=str(api.kubeconfig))


def test_hashi_vault(ci: Project, api: Api, kv2: Kv2) -> None:
    hashi(ci, api, kv2)
    ci.encrypt("ci", "right", vault_token="s.good-s3ntinel")
    (ci.root / "password").write_text("right")
    with_password = ("-i", "inventories/ci", "--vault-id", "ci@password", "-vvv", "--diff")
    done = ci.run(*with_password)
    assert done.code == 0, done.text
    secret = api.secrets()[done.names["database"]]
    assert base64.b64decode(secret["data"]["POSTGRES_PASSWORD"]).decode() == GOOD["POSTGRES_PASSWORD"]
    assert "s3ntinel" not in done.everything

    written = list(api.written)
    preflight = (*with_password, "--tags", "preflight")
    refused(ci.run("-i", "inventories/ci", "--tags", "preflight"), "settings of the source of secrets can't be evaluated")
    hashi(ci, api, kv2, path="todo/gone")
    refused(ci.run(*preflight), "DATABASE_URL: is missing: there is no entry DATABASE_URL at secret/todo/gone")
    hashi(ci, api, kv2, path="other/team")
    refused(ci.run(*preflight), "doesn't let this path be read", "secret/other/team")
    hashi(ci, api, kv2, token="s.expired-s3ntinel")
    refused(ci.run(*preflight), "doesn't accept the token: it has expired")
    assert "s3ntinel" not in ci.run(*preflight).everything
    hashi(ci, api, kv2, url="http://127.0.0.1:1")
    refused(ci.run(*preflight), "HashiCorp Vault doesn't answer", "http://127.0.0.1:1")
    kv2.sealed = True
    hashi(ci, api, kv2)
    refused(ci.run(*preflight), "HashiCorp Vault is sealed")
    assert api.written == written


def test_sops_by_the_role(ci: Project, api: Api) -> None:
    sops(ci.root, out=json.dumps(GOOD))
    (ci.root / "secrets.sops.yaml").rename(ci.root / "inventories/ci/secrets.sops.yaml")
    options = {"binary": str(ci.root / "sops"), "age_key_file": str(ci.root / "keys.txt")}
    (ci.root / "keys.txt").touch(0o600)
    ci.inventory("ci", secrets_source="sops", secrets_source_options=options, secrets_kubeconfig=str(api.kubeconfig))
    applied(ci, api)
    (ci.root / "keys.txt").chmod(0o640)
    refused(ci.run(*PREFLIGHT), "can be read by others (mode 0640)", "chmod 600")

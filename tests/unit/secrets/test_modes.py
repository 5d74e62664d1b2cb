# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""playbooks/secrets.yml by what is to be done, as a user runs it."""

from __future__ import annotations

import base64
import stat
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._secrets.overview import age

if TYPE_CHECKING:
    from tests.unit.secrets.conftest import Api, Project
    from tests.unit.secrets.run import Run

PLAYBOOK = "proven.webapp.secrets"


@pytest.fixture
def prod(project: Project) -> Project:
    """An inventory whose components a release could be made of, and a password."""
    components = {
        name: {"image": f"registry.example/{name}:1", "kind": "worker", **spec}
        for name, spec in project.webapp["webapp_components"].items()
    }
    components["frontend"]["secrets"] = ["DATABASE_URL", "BETTER_AUTH_SECRET", "BETTER_AUTH_SECRETS", "SMTP_URL"]
    project.webapp = {
        **project.webapp,
        "webapp_components": components,
        "webapp_secrets": {
            **project.webapp["webapp_secrets"],
            "BETTER_AUTH_SECRETS": "{{ vault_better_auth_secrets }}",
            "SMTP_URL": "{{ vault_smtp_url }}",
        },
        "webapp_secrets_schema": {
            **project.webapp["webapp_secrets_schema"],
            "BETTER_AUTH_SECRET": {"min_length": 32, "rotate_in": "BETTER_AUTH_SECRETS", "generate": {"token": 48}},
            "BETTER_AUTH_SECRETS": {"required": False},
        },
    }
    project.inventory("prod", secrets_vault_id="prod")
    write(project, "prod", ".vault-password", "right-password")
    return project


def write(project: Project, name: str, file: str, text: str) -> None:
    path = project.root / "inventories" / name / file
    path.write_text(text)
    path.chmod(0o600)


def do(project: Project, what: str, *args: str, vault: str = "prod@tools/vault-client.py", **variables: str) -> Run:
    more = [word for name, value in variables.items() for word in ("-e", f"{name}={value}")]
    return project.run("-i", "inventories/prod", "--vault-id", vault, "-e", f"secrets_do={what}", *more, *args, playbook=PLAYBOOK)


def good(done: Run, changed: int) -> Run:
    assert done.code == 0, done.text
    assert f"changed={changed} " in done.text, done.text
    return done


def bad(done: Run, words: str) -> None:
    assert done.code != 0, done.text
    assert words in done.flat, done.text
    assert "What to do:" in done.text


def shown(values: dict[str, Any], *runs: Run) -> list[str]:
    text = "".join(run.everything for run in runs)
    return [key for key, value in values.items() if value in text or base64.b64encode(value.encode()).decode() in text]


def test_from_an_empty_inventory_to_another_password(prod: Project) -> None:
    before = prod.files()
    check = good(do(prod, "init", "--check"), 1)
    assert prod.files() == before
    init = good(do(prod, "init", "-vvv", "--diff"), 1)
    assert "Still missing: SMTP_URL" in init.flat, init.text
    assert "--stdin-name vault_smtp_url" in init.flat
    assert stat.S_IMODE(prod.vault("prod").stat().st_mode) == 0o600
    assert prod.vault("prod").read_text().count("$ANSIBLE_VAULT;1.2;AES256;prod") == 3
    good(do(prod, "init"), 0)
    bad(do(prod, "check"), "SMTP_URL: is missing: the variable vault_smtp_url isn't set (used by frontend)")

    values = prod.decrypt("prod")
    prod.encrypt("prod", "right-password", **values, vault_smtp_url="smtp://s3ntinel@mail.example")
    values = prod.decrypt("prod")
    checked = good(do(prod, "check", "-vvv"), 0)
    assert "4 secrets are in order." in checked.flat, checked.text

    rekey_check = good(do(prod, "rekey", "--check"), 1)
    assert prod.decrypt("prod") == values
    text = prod.vault("prod").read_text()
    rekeyed = good(do(prod, "rekey", "-vvv"), 1)
    assert "group_vars/all/vault.yml: 4 encrypted anew" in rekeyed.flat, rekeyed.text
    password = prod.root / "inventories/prod/.vault-password"
    assert password.read_text() != "right-password"
    assert stat.S_IMODE(password.stat().st_mode) == 0o600
    assert prod.vault("prod").read_text() != text
    assert prod.decrypt("prod") == values
    assert prod.files() == before | {"inventories/prod/group_vars/all/vault.yml"}
    good(do(prod, "check"), 0)
    assert shown(values, check, init, checked, rekey_check, rekeyed) == []
    assert password.read_text().strip() not in rekeyed.everything


def test_another_password_that_is_given(prod: Project) -> None:
    prod.encrypt("prod", "right-password", vault_postgres_password="s3ntinel-0123456789")
    (prod.root / "inventories/prod/.vault-password").unlink()
    (prod.root / "old").write_text("right-password")
    (prod.root / "new").write_text("another-password")
    text = prod.vault("prod").read_text()
    bad(do(prod, "rekey", vault="prod@old"), "No password was given for the vault id prod-new")
    (prod.root / "wrong").write_text("wrong-password")
    bad(do(prod, "rekey", "--vault-id", "prod-new@new", vault="prod@wrong"), "A value can't be decrypted; nothing was changed.")
    assert prod.vault("prod").read_text() == text
    good(do(prod, "rekey", "--vault-id", "prod-new@new", vault="prod@old"), 1)
    write(prod, "prod", ".vault-password", "another-password")
    assert prod.decrypt("prod") == {"vault_postgres_password": "s3ntinel-0123456789"}


def test_rotation_by_its_steps(prod: Project) -> None:
    good(do(prod, "init"), 1)
    prod.encrypt("prod", "right-password", **prod.decrypt("prod"), vault_smtp_url="smtp://s3ntinel@mail.example")
    first = prod.decrypt("prod")
    old = first["vault_better_auth_secret"]
    on = {"secrets_key": "BETTER_AUTH_SECRET"}
    bad(do(prod, "rotate", secrets_step="use", **on), "yet to be done: prepare")
    bad(do(prod, "rotate", secrets_key="POSTGRES_PASSWORD"), "Choose one of BETTER_AUTH_SECRET.")
    good(do(prod, "rotate", "--check", **on), 1)
    assert prod.decrypt("prod") == first
    prepared = good(do(prod, "rotate", "-vvv", "--diff", **on), 1)
    listed = prod.decrypt("prod")["vault_better_auth_secrets"]
    assert listed.startswith(f"0:{old},1:")
    new = listed.partition(",1:")[2]
    assert len(new) >= 32
    good(do(prod, "rotate", **on), 0)
    assert prod.decrypt("prod")["vault_better_auth_secrets"] == listed
    used = good(do(prod, "rotate", "-vvv", secrets_step="use", **on), 1)
    assert prod.decrypt("prod")["vault_better_auth_secrets"] == f"1:{new},0:{old}"
    finished = good(do(prod, "rotate", "-vvv", secrets_step="finish", **on), 1)
    assert prod.decrypt("prod") == {**first, "vault_better_auth_secret": new, "vault_better_auth_secrets": f"1:{new}"}
    assert shown({"old": old, "new": new}, prepared, used, finished) == []


def test_show(prod: Project, api: Api) -> None:
    good(do(prod, "init"), 1)
    values = prod.decrypt("prod")
    (prod.root / "site.yml").write_text(SHOW)
    data = {"POSTGRES_PASSWORD": base64.b64encode(values["vault_postgres_password"].encode()).decode()}
    created = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    for name, when in (("todo-database-1", "2020-01-01T00:00:00Z"), ("todo-other-2", created)):
        api.objects[f"/api/v1/namespaces/todo/secrets/{name}"] = {"metadata": {"name": name, "creationTimestamp": when}, "data": data}
    args = ("-i", "inventories/prod", "--vault-id", "prod@tools/vault-client.py", "-e", f"secrets_kubeconfig={api.kubeconfig}")
    done = good(prod.run(*args, "-vvv"), 0)
    line = next(line for line in done.text.splitlines() if line.startswith("POSTGRES_PASSWORD"))
    assert " set " in line
    assert "variable vault_postgres_password (vault id prod)" in line
    assert line.split()[-1].endswith("d"), line
    assert "SMTP_URL" in done.text
    assert "is missing: the variable vault_smtp_url isn't set" in done.flat
    assert shown(values, done) == []


SHOW = """
- name: Show
  hosts: all
  gather_facts: false
  tasks:
    - name: Show
      ansible.builtin.include_role: {name: proven.webapp.secrets, tasks_from: show.yml}
"""


@pytest.mark.parametrize(
    ("since", "wanted"),
    [
        ("2026-01-01T00:00:00Z", "2d"),
        ("2026-01-02T20:00:00Z", "4h"),
        ("2026-01-02T23:55:00Z", "5m"),
        ("2026-01-02T23:59:58Z", "2s"),
        ("", ""),
    ],
)
def test_age(since: str, wanted: str) -> None:
    assert age(since, datetime(2026, 1, 3, tzinfo=UTC)) == wanted


def test_nothing_else_can_be_done(prod: Project) -> None:
    bad(do(prod, "remove"), "Choose one of apply, init, check, show, rotate, rekey.")

"""The role as a user runs it: ansible-playbook on a scratch project."""

from __future__ import annotations

import base64
import json
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

if TYPE_CHECKING:
    from tests.unit.secrets.conftest import Api, Project

GOOD = {
    "vault_database_url": "postgresql://todo:s3ntinel-pa55word@db.example:5432/todo",
    "vault_postgres_password": 's3ntinel-pa55word-{{ 7 * 7 }}-"quoted"',
    "vault_better_auth_secret": "s3ntinel-better-auth-0123456789-abcdefghij",
}


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def leaked(text: str, values: Any) -> list[str]:
    """The values that appear in the text, in one form or another."""

    def forms(value: str) -> set[str]:
        return {value, base64.b64encode(value.encode()).decode(), quote(value, safe=""), json.dumps(value)[1:-1]}

    return [value for value in values if any(form in text for form in forms(value))]


def test_first_run_generates_and_second_changes_nothing(project: Project) -> None:
    first = project.run("--tags", "preflight,generate")
    assert first.code == 0, first.text
    assert "changed=1 " in first.text
    password_file = project.root / "inventories/dev/.vault-password"
    assert mode(password_file) == 0o600
    assert len(password_file.read_text().strip()) >= 43
    assert mode(project.vault("dev")) == 0o600
    assert project.vault("dev").read_text().count("$ANSIBLE_VAULT;1.2;AES256;dev") == 3

    values = project.decrypt("dev")
    assert len(values["vault_better_auth_secret"]) >= 32
    assert values["vault_database_url"] == f"postgresql://todo:{values['vault_postgres_password']}@todo-database:5432/todo"
    assert not leaked(first.everything, values.values())

    content = project.vault("dev").read_bytes()
    second = project.run("--tags", "preflight,generate")
    assert second.code == 0, second.text
    assert "changed=0 " in second.text
    assert project.vault("dev").read_bytes() == content


def test_a_value_that_is_there_is_kept_and_composed_of(project: Project) -> None:
    project.vault("dev").write_text("# mine\nvault_postgres_password: by-hand/and:long enough\nother: 1")
    done = project.run("--tags", "generate")
    assert done.code == 0, done.text
    values = project.decrypt("dev")
    assert project.vault("dev").read_text().startswith("# mine\nvault_postgres_password: by-hand/and:long enough\nother: 1\n")
    assert values["vault_database_url"] == "postgresql://todo:by-hand%2Fand%3Along%20enough@todo-database:5432/todo"


def test_a_secret_composed_in_the_inventory_follows_what_is_generated(project: Project) -> None:
    secrets = {**project.webapp["webapp_secrets"], "DATABASE_URL": "postgresql://todo:{{ vault_postgres_password }}@todo-database/todo"}
    project.inventory("dev", secrets_generate=True, webapp_secrets=secrets)
    done = project.run("--tags", "preflight,generate")
    assert done.code == 0, done.text
    assert set(project.decrypt("dev")) == {"vault_postgres_password", "vault_better_auth_secret"}


@pytest.mark.parametrize("option", ["--check", "-DC", "--syntax-check", "--list-tasks"])
def test_looking_leaves_nothing_behind(project: Project, option: str) -> None:
    before = project.files()
    done = project.run(option, "-e", "secrets_cluster_present=false")
    assert done.code == 0, done.text
    assert project.files() == before


def test_check_mode_says_what_it_would_do(project: Project) -> None:
    done = project.run("--check", "-v", "-e", "secrets_cluster_present=false")
    assert done.names == {component: f"todo-{component}-0000000000" for component in ("database", "backend", "frontend")}
    assert "BETTER_AUTH_SECRET" in done.text


def test_every_fault_is_named_at_once_and_no_value(project: Project) -> None:
    project.inventory("prod", webapp_secrets={**project.webapp["webapp_secrets"], "SMTP_URL": "{{ vault_smtp_url }}", "1BAD": "x"})
    project.encrypt("prod", "right", vault_better_auth_secret="tooshort-sentinel", vault_database_url="mysql://sentinel@host/db")
    (project.root / "password").write_text("right")
    done = project.run("-i", "inventories/prod", "--vault-id", "prod@password", "-vvv", "--diff")
    assert done.code != 0
    for words in (
        "BETTER_AUTH_SECRET: is shorter than 32 characters",
        "DATABASE_URL: isn't a PostgreSQL URL",
        "POSTGRES_PASSWORD: is missing: the variable vault_postgres_password isn't set (used by database)",
        "SMTP_URL: is missing: the variable vault_smtp_url isn't set",
        "1BAD: isn't a name",
        "inventories/prod",
        "What to do: ",
    ):
        assert words in done.flat, done.text
    assert "sentinel" not in done.everything
    assert not (project.root / "inventories/dev/.vault-password").exists()


def test_wrong_password_is_told_before_anything_changes(project: Project) -> None:
    project.inventory("prod")
    project.encrypt("prod", "right", **GOOD)
    (project.root / "password").write_text("wrong")
    done = project.run("-i", "inventories/prod", "--vault-id", "prod@password")
    assert done.code != 0
    assert "DATABASE_URL: can't be decrypted (variable vault_database_url, vault id prod)" in done.flat, done.text
    assert "The password given for the vault id prod is not the one" in done.flat
    none = project.run("-i", "inventories/prod")
    assert "No password was given for the vault id prod: run again with --vault-id prod@prompt" in none.flat, none.text


def test_lost_password_file(project: Project) -> None:
    project.encrypt("dev", "lost", **GOOD)
    done = project.run("--tags", "preflight")
    assert done.code != 0
    assert "put the file back" in done.flat, done.text
    assert not (project.root / "inventories/dev/.vault-password").exists()
    check = project.run("--tags", "preflight", "--check")
    assert "The password of the vault id dev isn't on this machine" in check.flat, check.text


def test_a_throw_away_password_encrypts_nothing(project: Project) -> None:
    elsewhere = project.root / "elsewhere"
    (project.root / "inventories/dev").rename(elsewhere)
    before = project.files()
    done = project.run("-i", "elsewhere", "--tags", "generate")
    assert "There is no lasting password for the vault id dev" in done.flat, done.text
    assert project.files() == before


def test_apply(project: Project, api: Api) -> None:
    on = ("-e", f"secrets_kubeconfig={api.kubeconfig}", "-e", "secrets_context=test")
    check = project.run(*on, "--check", "--diff")
    assert check.code == 0, check.text
    assert not api.objects

    first = project.run(*on)
    assert first.code == 0, first.text
    assert api.objects["/api/v1/namespaces/todo"]["metadata"]["labels"] == {
        "pod-security.kubernetes.io/enforce": "restricted",
        "app.kubernetes.io/managed-by": "proven.webapp",
    }
    values = project.decrypt("dev")
    names = first.names
    assert set(api.secrets()) == set(names.values())
    frontend = api.secrets()[names["frontend"]]
    assert frontend["immutable"] is True
    assert {key: base64.b64decode(value).decode() for key, value in frontend["data"].items()} == {
        "BETTER_AUTH_SECRET": values["vault_better_auth_secret"],
        "DATABASE_URL": values["vault_database_url"],
    }

    for args in ([], ["--check", "--diff"]):
        written = list(api.written)
        again = project.run(*on, *args)
        assert again.code == 0, again.text
        assert "changed=0 " in again.text
        assert again.names == names
        assert api.written == written

    project.vault("dev").write_text(json.dumps({**values, "vault_better_auth_secret": "n3w" * 20}))
    check = project.run(*on, "--check")
    assert "changed=1 " in check.text
    assert set(api.secrets()) == set(names.values())
    changed = project.run(*on)
    assert {component for component in names if changed.names[component] != names[component]} == {"frontend"}
    assert set(api.secrets()) == {*names.values(), changed.names["frontend"]}


def test_check_mode_knows_what_it_can_where_one_key_is_new(project: Project, api: Api) -> None:
    on = ("-e", f"secrets_kubeconfig={api.kubeconfig}")
    names = project.run(*on).names
    schema = {**project.webapp["webapp_secrets_schema"], "NEW": {"generate": {"token": 32}}}
    secrets = {**project.webapp["webapp_secrets"], "NEW": "{{ vault_new }}"}
    components = {**project.webapp["webapp_components"], "backend": {"secrets": ["DATABASE_URL", "NEW"]}}
    project.inventory("dev", secrets_generate=True, webapp_secrets=secrets, webapp_secrets_schema=schema, webapp_components=components)
    check = project.run(*on, "--check")
    assert check.names == {**names, "backend": "todo-backend-0000000000"}


def test_unreachable_cluster(project: Project, api: Api) -> None:
    config = api.kubeconfig.read_text()
    port = config.split("127.0.0.1:")[1].split()[0]
    api.kubeconfig.write_text(config.replace(port, "1"))
    done = project.run("-e", f"secrets_kubeconfig={api.kubeconfig}")
    assert done.code != 0
    assert "The Secrets can't be applied" in done.flat, done.text
    assert "See that the cluster answers" in done.flat


@pytest.mark.parametrize("options", [[], ["--diff"], ["--check", "--diff"], ["-vvv", "--diff"]], ids=" ".join)
@pytest.mark.parametrize("refused", [False, True], ids=["applied", "refused"])
def test_nothing_leaks(project: Project, api: Api, options: list[str], refused: bool) -> None:
    api.quotes_what_it_refuses = refused
    project.inventory("prod", secrets_kubeconfig=str(api.kubeconfig))
    project.encrypt("prod", "right", **GOOD)
    (project.root / "password").write_text("right")
    run = ("-i", "inventories/prod", "--vault-id", "prod@password", *options)
    done = project.run(*run)
    assert (done.code != 0) is refused, done.text
    assert len(done.events) > 1000
    assert not leaked(done.everything, GOOD.values())
    assert "AnsiballZ" not in done.text  # a module with the values in it, left in a temporary file
    if not refused and "--check" not in options:
        data = api.secrets()[done.names["database"]]["data"]
        assert base64.b64decode(data["POSTGRES_PASSWORD"]).decode() == GOOD["vault_postgres_password"]  # byte for byte, never templated


def test_the_leak_test_can_see(project: Project) -> None:
    project.inventory("prod")
    project.encrypt("prod", "right", **GOOD)
    (project.root / "password").write_text("right")
    done = project.run("-i", "inventories/prod", "--vault-id", "prod@password", "--tags", "control")
    assert leaked(done.text, GOOD.values()) == list(GOOD.values())
    assert leaked(done.events, GOOD.values())

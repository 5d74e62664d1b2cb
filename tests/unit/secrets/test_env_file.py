# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Secrets as an env file: what is in it, who may read it, and what is never shown."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._secrets.env_file import render

if TYPE_CHECKING:
    from tests.unit.secrets.conftest import Project

TASK = """
- name: Env file
  hosts: all
  gather_facts: false
  tasks:
    - name: Write it
      proven.webapp.secrets_env_file:
        variable: webapp_secrets
        schema: "{{ webapp_secrets_schema }}"
        components: "{{ webapp_components }}"
        generate: true
        vault_file: "{{ inventory_dir }}/group_vars/all/vault.yml"
        vault_id: dev
        path: "{{ playbook_dir }}/.env"
        settings: {PORT: 3000}
"""
GOOD = {
    "vault_database_url": "postgresql://todo:s3ntinel-pa55word@db.example:5432/todo",
    "vault_postgres_password": 's3ntinel $HOME ${X} # "quoted" \\n {{ 7 * 7 }}',
    "vault_better_auth_secret": "s3ntinel-better-auth-0123456789-abcdefghij",
}


@pytest.mark.parametrize("value", ["", "plain", "$HOME ${X:-y} $$", '# "double"', "back\\slash", "two\nlines", " blanks "])
def test_a_value_means_itself(value: str) -> None:
    assert render({"B": value, "A": "1"}, where="x").splitlines()[1:] == ["A='1'", *f"B='{value}'".splitlines()]


@pytest.mark.parametrize("value", ["it's", "ends in \\", "nul\0"])
def test_what_no_env_file_can_hold_is_refused_by_name(value: str) -> None:
    with pytest.raises(ProvenError, match="the value of A, C: it has") as caught:
        render({"A": value, "B": "good", "C": value}, where="docker/.env")
    assert value not in str(caught.value)


@pytest.fixture
def env_project(project: Project) -> Project:
    (project.root / "site.yml").write_text(TASK)
    password = project.root / "inventories/dev/.vault-password"
    password.write_text("right")
    password.chmod(0o600)
    project.encrypt("dev", "right", **GOOD)
    return project


def test_it_is_written_once_for_its_owner_and_never_shown(env_project: Project) -> None:
    path = env_project.root / ".env"
    check = env_project.run("--check", "--diff", "-vvv")
    assert (check.code, path.exists()) == (0, False), check.text
    first = env_project.run("--diff", "-vvv")
    assert "changed=1 " in first.text
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    lines = path.read_text().splitlines()[1:]
    assert lines == sorted(
        [
            "PORT='3000'",
            f"DATABASE_URL='{GOOD['vault_database_url']}'",
            f"POSTGRES_PASSWORD='{GOOD['vault_postgres_password']}'",
            f"BETTER_AUTH_SECRET='{GOOD['vault_better_auth_secret']}'",
        ]
    )
    assert "s3ntinel" not in check.everything + first.everything
    assert "changed=0 " in env_project.run().text
    path.chmod(0o644)
    assert "changed=1 " in env_project.run().text
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_secret_that_no_component_uses_stays_out(env_project: Project) -> None:
    env_project.inventory("dev", webapp_components={"backend": {"secrets": ["DATABASE_URL"]}})
    assert env_project.run().code == 0
    assert "BETTER_AUTH_SECRET" not in (env_project.root / ".env").read_text()

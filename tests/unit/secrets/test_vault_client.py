"""tools/vault-client.py, started as Ansible starts it."""

from __future__ import annotations

import importlib.util
import shutil
import stat
import subprocess
from pathlib import Path
from types import ModuleType

import pytest
from ansible_collections.proven.webapp.plugins.plugin_utils.vault_source import THROW_AWAY


@pytest.fixture
def client(tmp_path: Path, collection: Path) -> ModuleType:
    """The script as a module of a scratch project with a dev and a prod inventory."""
    for name in ("tools", "inventories/dev", "inventories/prod"):
        (tmp_path / name).mkdir(parents=True)
    path = shutil.copy2(collection / "tools" / "vault-client.py", tmp_path / "tools")
    spec = importlib.util.spec_from_file_location("vault_client", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(client: ModuleType, vault_id: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(client.__file__), "--vault-id", vault_id], capture_output=True, text=True)


@pytest.mark.parametrize(
    ("words", "really"),
    [
        ("ansible-playbook site.yml", True),
        ("/x/bin/ansible-playbook -vvv site.yml -D -t images,secrets --diff", True),
        ("ansible-playbook -i inventories/dev site.yml -e x=--check", True),
        ("ansible-playbook -iinventories/dev/hosts.yml site.yml", True),
        ("ansible-playbook --inventory=inventories/dev -i other site.yml", True),
        ("ansible-playbook site.yml -lC -e C=1 -tCheck", True),
        ("ansible-playbook -i inventories/prod site.yml", False),
        ("ansible-playbook -i localhost, site.yml", False),
        ("ansible-playbook site.yml --check", False),
        ("ansible-playbook site.yml -vDC", False),
        ("ansible-playbook site.yml --syntax-check", False),
        ("ansible-playbook site.yml --list-hosts", False),
        ("ansible-playbook --version", False),
        ("ansible-inventory --list", False),
        ("ansible-lint", False),
        ("", False),
    ],
)
def test_when_a_password_is_made(client: ModuleType, monkeypatch: pytest.MonkeyPatch, words: str, really: bool) -> None:
    monkeypatch.chdir(client.ROOT)
    monkeypatch.delenv("ANSIBLE_INVENTORY", raising=False)
    assert client.really_runs_on(client.ROOT / "inventories/dev", words.split()) is really


def test_another_inventory_by_environment(client: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(client.ROOT)
    monkeypatch.setenv("ANSIBLE_INVENTORY", "inventories/prod")
    assert client.really_runs_on(client.ROOT / "inventories/dev", ["ansible-playbook", "site.yml"]) is False


def test_makes_it_once(client: ModuleType) -> None:
    path = client.ROOT / "inventories/dev/.vault-password"
    password = client.make(path)
    assert len(password) >= 43
    assert not password.startswith(client.THROW_AWAY)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert client.make(path) == password
    assert list(path.parent.iterdir()) == [path]
    assert run(client, "dev").stdout == password + "\n"


def test_started_by_nothing_of_ansibles_it_leaves_nothing_behind(client: ModuleType) -> None:
    done = run(client, "dev")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(THROW_AWAY.decode())
    assert THROW_AWAY.decode() == client.THROW_AWAY
    assert run(client, "dev").stdout != done.stdout
    assert not list((client.ROOT / "inventories/dev").iterdir())


@pytest.mark.parametrize("vault_id", ["prod", "nowhere", "../dev", ""])
def test_other_ids_are_never_made_up(client: ModuleType, vault_id: str) -> None:
    done = run(client, vault_id)
    assert (done.returncode, done.stdout) == (client.UNKNOWN_ID, "")
    assert done.stderr.startswith("vault-client: ")


@pytest.mark.parametrize(("mode", "text", "words"), [(0o640, "x", "chmod 600"), (0o604, "x", "chmod 600"), (0o600, "\n", "is empty")])
def test_a_file_that_cannot_be_trusted(client: ModuleType, mode: int, text: str, words: str) -> None:
    path = client.ROOT / "inventories/prod/.vault-password"
    path.write_text(text)
    path.chmod(mode)
    done = run(client, "prod")
    assert (done.returncode, done.stdout) == (1, "")
    assert words in done.stderr
    assert str(path) in done.stderr


def test_a_folder_that_cannot_be_written(client: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(client, "make", refuse)
    monkeypatch.setattr(client, "really_runs_on", lambda folder, command: True)
    assert client.password_of("dev").startswith(client.THROW_AWAY)

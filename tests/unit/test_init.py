# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""playbooks/init.yml writes an inventory that preflight accepts, and nothing where it can't."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from ansible_collections.proven.webapp.plugins.module_utils._spec.app import read_app

ROOT = Path(__file__).parents[2]


@pytest.fixture
def application(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "Dockerfile").write_text("FROM scratch\n")
    return folder


def init(application: Path, dest: Path, **said: str) -> subprocess.CompletedProcess[str]:
    given = {"init_name": "shop", "init_context": str(application), "init_dest": str(dest), **said}
    program = str(Path(sys.executable).parent / "ansible-playbook")
    command = [program, "-i", "localhost,", "-c", "local", str(ROOT / "playbooks/init.yml"), "-e", json.dumps(given)]
    return subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)


def test_what_it_writes_is_accepted(application: Path, tmp_path: Path) -> None:
    dest = tmp_path / "inventory"
    done = init(application, dest, init_port="9000", init_secrets="DATABASE_URL, API_KEY")
    assert done.returncode == 0, done.stdout + done.stderr
    written = yaml.safe_load((dest / "group_vars/all/webapp.yml").read_text())
    app = read_app(
        {
            "name": written["webapp_name"],
            "namespace": written["webapp_namespace"],
            "components": written["webapp_components"],
            "secrets": list(written["webapp_secrets"]),
        },
        project_dir=ROOT,
        variables=[key for key in written if key.startswith("webapp_")],
    )
    assert (app.components["web"].ports["http"].port, app.components["web"].secrets) == (9000, ("DATABASE_URL", "API_KEY"))
    assert written["webapp_secrets"]["API_KEY"] == "{{ vault_api_key }}"
    assert yaml.safe_load((dest / "hosts.yml").read_text())["all"]["hosts"]["localhost"]["ansible_connection"] == "local"
    assert yaml.safe_load((dest / "group_vars/all/cluster.yml").read_text())["cluster_name"] == "shop-dev"
    again = init(application, dest)
    assert again.returncode != 0
    assert "There is an inventory of that name already" in again.stdout + again.stderr


def test_bad_answers_are_told_at_once_and_nothing_is_written(application: Path, tmp_path: Path) -> None:
    dest = tmp_path / "inventory"
    done = init(application / "nowhere", dest, init_name="Shop", init_port="http")
    text = done.stdout + done.stderr
    assert done.returncode != 0
    assert "there is no folder" in text
    assert '"Shop" isn\'t allowed here' in text
    assert "must be a whole number" in text
    assert not dest.exists()


def test_it_asks_what_it_isn_t_told(application: Path, tmp_path: Path) -> None:
    dest = tmp_path / "inventory"
    answers = {
        "Name of the application": "shop",
        "Folder": str(application),
        "Port": "9000",
        "lives": "/alive",
        "answer": "",
        "secrets": "",
    }
    program = str(Path(sys.executable).parent / "ansible-playbook")
    command = [program, "-i", "localhost,", "-c", "local", str(ROOT / "playbooks/init.yml"), "-e", f"init_dest={dest}"]
    ours, theirs = pty.openpty()
    said, asked = "", []
    with subprocess.Popen(command, cwd=ROOT, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True) as process:
        os.close(theirs)
        try:
            while True:
                said += os.read(ours, 1000).decode(errors="replace")
                # A question is the last line, and waits.
                if question := re.search(r"([A-Z][^\n\[]*)( \[[^\n]*\])?: $", said):
                    (key,) = [key for key in answers if key in question[1] and key not in asked]
                    asked.append(key)
                    os.write(ours, f"{answers[key]}\n".encode())
                    said = ""
        except OSError:
            # The other end is closed: it is over.
            pass
        finally:
            os.close(ours)
    assert process.returncode == 0, said
    assert asked == list(answers)
    web = yaml.safe_load((dest / "group_vars/all/webapp.yml").read_text())["webapp_components"]["web"]
    assert web["ports"] == {"http": 9000}
    assert (web["probes"]["liveness"], web["probes"]["readiness"]) == ("/alive", "/readyz")

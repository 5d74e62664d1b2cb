# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The shipped application by docker compose: from a copy of its source, with a name, a port and Docker settings of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
import time
import urllib.error
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.proven.webapp.molecule.support import ROOT, Run, Visitor, ansible_playbook, copy_inventory, disguises, variables

PROJECT = "proven-it-compose"
PORT = 30190
DEV = ROOT / "inventories/dev"
LEFT_OUT = shutil.ignore_patterns("node_modules", ".next", ".env", "__pycache__", ".venv", ".mypy_cache", ".pytest_cache")


@dataclass
class Site:
    """
    :ivar docker: the copy of the application's source.
    :ivar env: what docker and ansible-playbook run with.
    :ivar secrets: the values that nobody may see.
    """

    docker: Path
    inventory: Path
    env: dict[str, str]
    secrets: list[str]
    first: dict[str, Run] = field(default_factory=dict)
    shown: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://localhost:{PORT}"

    def playbook(self, *arguments: str) -> Run:
        """Run it, and keep the secrets that somebody could see in a process' arguments meanwhile."""
        over = threading.Event()
        looker = threading.Thread(target=self._look, args=(over,))
        looker.start()
        try:
            return ansible_playbook("playbooks/compose.yml", self.inventory, *arguments, env=self.env)
        finally:
            over.set()
            looker.join()

    def _look(self, over: threading.Event) -> None:
        forms = [form.encode() for form in disguises(self.secrets)]
        while not over.wait(0.05):
            for file in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    words = file.read_bytes()
                except OSError:
                    continue
                if any(form in words for form in forms):
                    self.shown.append(words.split(b"\0")[0].decode(errors="replace"))

    def by_hand(self, *arguments: str, ok: bool = True, **env: str) -> str:
        """What docker says, asked in the folder of compose.yml; of what may fail, its errors too."""
        answer = subprocess.run(
            ["docker", *arguments], cwd=self.docker, env={**os.environ, **self.env, **env}, capture_output=True, text=True, timeout=300
        )
        assert answer.returncode == 0 or not ok, answer.stderr
        return (answer.stdout if ok else answer.stdout + answer.stderr).strip()

    def containers(self) -> dict[str, dict[str, Any]]:
        """Service → container, those that have ended too."""
        lines = self.by_hand("compose", "ps", "--all", "--format", "json").splitlines()
        return {one["Service"]: one for one in map(json.loads, lines)}

    def left(self, *kinds: str) -> list[str]:
        """What bears the project's name."""
        label = f"label=com.docker.compose.project={PROJECT}"
        listed = {
            "container": ("ps", "--all", "--filter", label, "--format", "{{.Names}}"),
            "network": ("network", "ls", "--filter", label, "--format", "{{.Name}}"),
            "volume": ("volume", "ls", "--filter", label, "--format", "{{.Name}}"),
            "image": ("image", "ls", "--filter", f"reference=localhost/{PROJECT}/*", "--format", "{{.Repository}}"),
        }
        return sorted({line for kind in kinds or listed for line in self.by_hand(*listed[kind]).splitlines()})

    def change(self, file: str, old: str, new: str) -> float:
        """Change a line of the source as an editor does, which puts a new file in the place of the old one; when that was."""
        path = self.docker / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        fresh = path.with_name(f".{path.name}.new")
        fresh.write_text(text.replace(old, new), encoding="utf-8")
        shutil.copymode(path, fresh)
        fresh.replace(path)
        return time.monotonic()

    def says(self, path: str, visitor: Visitor) -> str:
        """The body of an answer, of a bad one too; nothing where there is none."""
        try:
            return visitor.ask(path)
        except urllib.error.HTTPError as error:
            return error.read().decode()
        except OSError:
            return ""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Up, after a dry run and one that found nothing; gone afterwards, whatever became of the tests."""
    folder = tmp_path_factory.mktemp("compose")
    docker = folder / "docker"
    shutil.copytree(ROOT / "docker", docker, ignore=LEFT_OUT)
    components = variables(DEV)["webapp_components"]
    for one in components.values():
        if "build" in one:
            one["build"]["context"] = str(folder / one["build"]["context"])
    plain = {name: value for name, value in variables().items() if name.startswith("vault_")}
    changes = {
        **plain,
        "webapp_components": components,
        "compose_folder": str(docker),
        "compose_project": PROJECT,
        "compose_settings": {"LLM_BASE_URL": "{{ todo_model_url }}", "TODO_PORT": PORT},
    }
    inventory = copy_inventory(folder / "inventory", changes, DEV)
    secrets = [value for value in plain.values() if value and "{{" not in value]
    site = Site(docker, inventory, {"DOCKER_CONFIG": str(folder / "docker-config")}, secrets)
    try:
        site.first["dry"] = site.playbook("--check", "--diff")
        written = [*docker.glob(".env"), *folder.glob("docker-config/cli-plugins")]
        site.first["dry left"] = Run(0, "\n".join([*site.left(), *map(str, written)]), 0)
        site.first["up"] = site.playbook("--diff", "-vvv")
        yield site
    finally:
        site.playbook("-e", "compose_state=absent", "-e", "compose_remove_volumes=true", "-e", "compose_remove_images=true")
        assert site.left() == []

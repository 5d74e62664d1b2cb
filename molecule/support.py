# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What tests of whole runs share: the scenarios' cluster, inventories to change at will, and real runs of ansible-playbook."""

from __future__ import annotations

import base64
import http.cookiejar
import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import yaml

ROOT = Path(__file__).resolve().parents[1]
INVENTORY = ROOT / "molecule/inventory"
FACTS = ROOT / "build/molecule"
"""What the playbooks of the scenarios tell their tests."""


def variables(inventory: Path = INVENTORY) -> dict[str, Any]:
    """The inventory's variables as they are written: templates stay templates. Without secrets that a run has generated."""
    found: dict[str, Any] = {}
    for file in sorted((inventory / "group_vars/all").glob("*.yml")):
        if file.name != "vault.yml":
            found |= yaml.safe_load(file.read_text())
    return found


def copy_inventory(folder: Path, changes: Mapping[str, Any], source: Path = INVENTORY) -> Path:
    """A copy of an inventory with variables of one's own.

    :param folder: where it goes; must not be there yet.
    """
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("vault.yml", ".vault-password"))
    (folder / "group_vars/all/zzz_changes.yml").write_text(yaml.safe_dump(dict(changes)))
    return folder


def plain_secrets(inventory_variables: Mapping[str, Any]) -> dict[str, str]:
    """The secret values that an inventory holds in plain text."""
    found = {name: value for name, value in inventory_variables.items() if name.startswith("vault_") and "{{" not in value}
    assert found
    return found


def disguises(values: Iterable[str]) -> list[str]:
    """Every form that a value may show up in: raw, base64, in a URL, in JSON."""
    forms: list[str] = []
    for value in values:
        forms += [value, base64.b64encode(value.encode()).decode(), quote(value, safe=""), json.dumps(value)[1:-1]]
    return list(dict.fromkeys(forms))


@dataclass(frozen=True)
class Run:
    """A run of ansible-playbook that is over.

    :ivar output: both of its streams.
    :ivar seconds: that it took.
    """

    code: int
    output: str
    seconds: float

    @property
    def recap(self) -> dict[str, int]:
        """ok, changed, failed … of the only host; empty where it didn't get that far."""
        line = re.search(r"^localhost +: (.*)$", self.output, re.MULTILINE)
        return {name: int(number) for name, number in re.findall(r"(\w+)=(\d+)", line[1] if line else "")}

    @property
    def changed_tasks(self) -> list[str]:
        return [block.split("]", 1)[0] for block in self.output.split("TASK [")[1:] if re.search(r"^changed:", block, re.MULTILINE)]

    @property
    def messages(self) -> list[str]:
        """What failed tasks said to the user, each as one text."""
        return re.findall(r"^\[ERROR\]: (.*?)(?=^Origin: |^\S+: \[localhost\]|\Z)", self.output, re.MULTILINE | re.DOTALL)

    def succeeded(self) -> Run:
        assert self.code == 0, self.output[-6000:]
        return self


def ansible_playbook(
    playbook: str, inventory: Path, *arguments: str, env: Mapping[str, str] | None = None, wrapper: Sequence[str] = ()
) -> Run:
    """Run a playbook as a user does, in the project's folder.

    :param env: variables on top of this process' own.
    :param wrapper: a command that runs the rest of its command line.
    """
    # What Molecule tells its own runs isn't for this one.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "MOLECULE_", "PYTHONPATH"))}
    program = str(Path(sys.executable).parent / "ansible-playbook")
    started = time.monotonic()
    answer = subprocess.run(
        [*wrapper, program, playbook, "-i", str(inventory), *arguments],
        cwd=ROOT,
        # As a shell in that folder has it: reports go below it.
        env={**inherited, "PWD": str(ROOT), **(env or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=900,
    )
    return Run(answer.returncode, answer.stdout, time.monotonic() - started)


def until(check: Callable[[], Any], seconds: float) -> Any:
    """The first true answer.

    :raises AssertionError: there is none in time.
    """
    deadline = time.monotonic() + seconds
    while not (answer := check()):
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.5)
    return answer


class Visitor:
    """Somebody who signs up at the shipped application, and asks it as a browser would.

    :param url: of the application.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._cookies = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self._cookies))

    @property
    def cookie(self) -> str:
        """The header that makes somebody else's requests this visitor's."""
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in self._cookies)

    def moved(self, url: str) -> None:
        """The application is reached at another port now; to a browser that is the same host, with the same cookies."""
        self._url = url

    def sign_up(self) -> Visitor:
        name = uuid.uuid4().hex
        self.ask("/api/auth/sign-up/email", {"name": "A visitor", "email": f"{name}@example.org", "password": f"secret-{name}"})
        return self

    def ask(self, path: str, data: Mapping[str, str] | None = None) -> str:
        """The body of the answer.

        :raises OSError: there is none, or a bad one.
        """
        request = urllib.request.Request(self._url + path, json.dumps(data).encode() if data else None)
        request.add_header("Content-Type", "application/json")
        request.add_header("Origin", self._url)
        with self._opener.open(request, timeout=10) as answer:
            return str(answer.read().decode())


@dataclass(frozen=True)
class Cluster:
    """The scenarios' cluster, as the roles handed it on.

    :ivar tools: name → path.
    :ivar registry: `push` is its address.
    :ivar ports: port of the node, as text → port of `address`.
    """

    tools: dict[str, str]
    kubeconfig: str
    context: str
    registry: dict[str, Any]
    address: str
    ports: dict[str, int]

    @classmethod
    def load(cls, name: str = "cluster") -> Cluster:
        """The one that all scenarios share, or the one whose facts the variable PROVEN_LAB names.

        :param name: of another one, that a scenario made for itself.
        """
        file = Path((os.environ.get("PROVEN_LAB") if name == "cluster" else "") or FACTS / f"{name}.json")
        assert file.exists(), "There is no cluster for tests. What to do: molecule create"
        return cls(**json.loads(file.read_text()))

    def run(self, tool: str, *arguments: str, stdin: str | None = None, ok: bool = True) -> str:
        """Standard output of a tool; of one that may fail, its errors too."""
        command = [self.tools.get(tool, tool), *arguments]
        answer = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=180)
        assert answer.returncode == 0 or not ok, f"{answer.stderr.strip()}\n{' '.join(command)}\n{answer.stdout}"
        return answer.stdout if ok else answer.stdout + answer.stderr

    def kubectl(self, *arguments: str, stdin: str | None = None, ok: bool = True) -> str:
        return self.run("kubectl", "--kubeconfig", self.kubeconfig, "--context", self.context, *arguments, stdin=stdin, ok=ok)

    def get(self, *arguments: str) -> Any:
        """An object, or a list's items."""
        found = json.loads(self.kubectl("get", *arguments, "-o", "json"))
        return found.get("items", found)

    def helm(self, *arguments: str) -> str:
        return self.run("helm", "--kubeconfig", self.kubeconfig, "--kube-context", self.context, *arguments)

    def docker(self, *arguments: str, stdin: str | None = None, ok: bool = True) -> str:
        return self.run("docker", *arguments, stdin=stdin, ok=ok).strip()

    def url(self, node_port: int) -> str:
        return f"http://{self.address}:{self.ports[str(node_port)]}"

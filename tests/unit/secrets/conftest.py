"""A scratch project that ansible-playbook really runs, and a small stand-in for the cluster's API."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml
from ansible.parsing.vault import VaultLib, VaultSecret
from ansible_collections.proven.webapp.plugins.module_utils import _errors

from .run import Run

COLLECTION = Path(_errors.__file__).parents[2]
COLLECTIONS = COLLECTION.parents[2]

WEBAPP: dict[str, Any] = {
    "webapp_name": "todo",
    "webapp_namespace": "todo",
    "webapp_components": {
        "database": {"secrets": ["POSTGRES_PASSWORD"]},
        "backend": {"secrets": ["DATABASE_URL"]},
        "frontend": {"secrets": ["DATABASE_URL", "BETTER_AUTH_SECRET"]},
        "proxy": {},
    },
    "webapp_secrets": {
        "DATABASE_URL": "{{ vault_database_url }}",
        "POSTGRES_PASSWORD": "{{ vault_postgres_password }}",
        "BETTER_AUTH_SECRET": "{{ vault_better_auth_secret }}",
    },
    "webapp_secrets_schema": {
        "DATABASE_URL": {
            "format": "postgresql_url",
            "generate": {"template": "postgresql://todo:${POSTGRES_PASSWORD}@todo-database:5432/todo"},
        },
        "POSTGRES_PASSWORD": {"min_length": 16, "generate": {"password": 32}},
        "BETTER_AUTH_SECRET": {"min_length": 32, "generate": {"token": 48}},
    },
}

SITE = """
- name: Secrets
  hosts: all
  gather_facts: false
  tasks:
    - name: Preflight
      tags: preflight
      ansible.builtin.include_role: {name: proven.webapp.secrets, tasks_from: preflight.yml, apply: {tags: preflight}}
    - name: Generate
      tags: generate
      ansible.builtin.include_role: {name: proven.webapp.secrets, tasks_from: generate.yml, apply: {tags: generate}}
    - name: All of the role
      tags: apply
      ansible.builtin.include_role: {name: proven.webapp.secrets, apply: {tags: apply}}
    - name: The names
      tags: apply
      ansible.builtin.debug: {msg: "NAMES {{ secrets_names | to_json }}"}
    - name: Positive control
      tags: [never, control]
      ansible.builtin.debug: {msg: "{{ webapp_secrets }}"}
"""

CALLBACK = '''
"""Writes all that a job event would hold: each task's arguments and each result."""
import json
import os

from ansible.plugins.callback import CallbackBase


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "events"

    def write(self, *things):
        with open(os.environ["EVENTS_FILE"], "a", encoding="utf-8") as file:
            file.write(json.dumps([str(thing) for thing in things]) + "\\n")

    def v2_playbook_on_task_start(self, task, is_conditional):
        self.write("start", task.get_name(), task.args, task.vars)

    def event(self, result, **more):
        self.write("result", result._task.get_name(), result._task.args, self._dump_results(result._result))

    v2_runner_on_ok = v2_runner_on_failed = v2_runner_on_skipped = event
'''


@dataclass
class Project:
    """A folder with tools/, ansible.cfg, inventories/ and site.yml."""

    root: Path
    webapp: dict[str, Any]
    env: dict[str, str] = field(default_factory=dict)

    def inventory(self, name: str, **variables: Any) -> Path:
        folder = self.root / "inventories" / name
        (folder / "group_vars" / "all").mkdir(parents=True, exist_ok=True)
        host = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
        (folder / "hosts.yml").write_text(yaml.safe_dump({"all": {"hosts": {"localhost": host}}}))
        (folder / "group_vars" / "all" / "webapp.yml").write_text(yaml.safe_dump({**self.webapp, **variables}))
        return folder

    def vault(self, name: str) -> Path:
        return self.root / "inventories" / name / "group_vars" / "all" / "vault.yml"

    def encrypt(self, name: str, password: str, **values: str) -> None:
        """Write the inventory's vault file, each value encrypted by itself with the inventory's name as vault id."""
        vault = VaultLib()
        text = ""
        for key, value in values.items():
            lines = vault.encrypt(value, secret=VaultSecret(password.encode()), vault_id=name).decode().splitlines()
            text += f"{key}: !vault |\n" + "".join(f"  {line}\n" for line in lines)
        self.vault(name).write_text(text)

    def decrypt(self, name: str) -> dict[str, str]:
        """The values of the inventory's vault file, opened with its password file."""
        password = (self.root / "inventories" / name / ".vault-password").read_bytes().strip()
        vault = VaultLib([(name, VaultSecret(password))])
        data = yaml.load(self.vault(name).read_text(), Loader=yaml.BaseLoader)
        return {key: vault.decrypt(value).decode() if value.startswith("$ANSIBLE") else value for key, value in data.items()}

    def files(self) -> set[str]:
        return {str(path.relative_to(self.root)) for path in self.root.rglob("*") if ".ansible" not in path.parts and path.name != "events"}

    def run(self, *args: str, playbook: str = "site.yml", **env: str) -> Run:
        events = self.root / "events"
        events.write_text("")
        program = Path(sys.executable).parent / "ansible-playbook"
        done = subprocess.run(
            [str(program), playbook, *args], cwd=self.root, env={**self.env, **env}, text=True, capture_output=True, timeout=120
        )
        return Run(done.returncode, done.stdout + done.stderr, events.read_text())


@pytest.fixture
def collection() -> Path:
    """The collection's own folder."""
    return COLLECTION


@pytest.fixture
def project(tmp_path: Path) -> Project:
    root = tmp_path / "project"
    (root / "tools").mkdir(parents=True)
    shutil.copy2(COLLECTION / "tools" / "vault-client.py", root / "tools")
    (root / "ansible.cfg").write_text(
        "[defaults]\ninventory = inventories/dev\nvault_identity_list = dev@tools/vault-client.py\ncallbacks_enabled = events\n"
        "callback_plugins = callbacks\nresult_format = yaml\nretry_files_enabled = False\n"
    )
    (root / "callbacks").mkdir()
    (root / "callbacks" / "events.py").write_text(CALLBACK)
    (root / "site.yml").write_text(SITE)
    env = {key: value for key, value in os.environ.items() if not key.startswith(("ANSIBLE_", "K8S_", "KUBE"))}
    env |= {
        "HOME": str(tmp_path),
        "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
        "ANSIBLE_LOCAL_TEMP": str(tmp_path / ".ansible/tmp"),
        "EVENTS_FILE": str(root / "events"),
        "ANSIBLE_NOCOLOR": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "COLUMNS": "500",
    }
    project = Project(root, WEBAPP, env)
    project.inventory("dev", secrets_generate=True)
    return project


LISTS = [
    f"/{group}/namespaces/todo/{plural}"
    for group, plurals in {
        "api/v1": ["pods"],
        "apis/apps/v1": ["deployments", "replicasets", "statefulsets", "daemonsets", "controllerrevisions"],
        "apis/batch/v1": ["jobs", "cronjobs"],
    }.items()
    for plural in plurals
]


@dataclass
class Api:
    """What the stand-in for the cluster's API holds, and how it behaves."""

    kubeconfig: Path
    objects: dict[str, dict[str, Any]] = field(default_factory=dict)
    written: list[str] = field(default_factory=list)
    lists: dict[str, list[Any]] = field(default_factory=lambda: {path: [] for path in LISTS})
    quotes_what_it_refuses: bool = False
    controller: Callable[[dict[str, Any]], dict[str, Any] | None] | None = None
    """A stand-in for a controller: makes a Secret of a SealedSecret or an ExternalSecret. Without it the API doesn't know these."""

    def secrets(self) -> dict[str, dict[str, Any]]:
        return {path.rsplit("/", 1)[1]: one for path, one in self.objects.items() if "/secrets/" in path}


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    """Namespaces and Secrets of core/v1: get, create (with dry run), merge-patch. Refuses to change an immutable Secret."""
    state = Api(tmp_path / "kubeconfig")
    resources = [
        {"name": "namespaces", "kind": "Namespace", "namespaced": False, "singularName": "", "verbs": ["create", "get", "patch"]},
        {"name": "secrets", "kind": "Secret", "namespaced": True, "singularName": "", "verbs": ["create", "get", "patch"]},
    ]
    fixed = {
        "/version": {"major": "1", "minor": "34", "gitVersion": "v1.34.4"},
        "/api": {"kind": "APIVersions", "versions": ["v1"]},
        "/apis": {"kind": "APIGroupList", "groups": []},
        "/api/v1": {"kind": "APIResourceList", "groupVersion": "v1", "resources": resources},
    }

    class Handler(BaseHTTPRequestHandler):
        def answer(self, code: int, body: Any) -> None:
            data = json.dumps(body).encode()
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def refuse(self, code: int, reason: str, message: str) -> None:
            self.answer(code, {"kind": "Status", "status": "Failure", "reason": reason, "message": message, "code": code})

        def body(self) -> Any:
            return json.loads(self.rfile.read(int(self.headers["Content-Length"])))

        def do_GET(self) -> None:
            path = urlsplit(self.path).path.rstrip("/")
            found = fixed.get(path) or state.objects.get(path)
            if path.endswith("/secrets"):
                wanted = dict(pair.split("=") for query in parse_qs(urlsplit(self.path).query).values() for pair in query[0].split(","))
                found = [one for name, one in state.objects.items() if name.startswith(f"{path}/")]
                self.answer(200, {"items": [one for one in found if wanted.items() <= one["metadata"].get("labels", wanted).items()]})
            elif path in state.lists:
                self.answer(200, {"items": state.lists[path]})
            elif found:
                self.answer(200, found)
            else:
                self.refuse(404, "NotFound", f"{path} not found")

        def do_DELETE(self) -> None:
            state.objects.pop(urlsplit(self.path).path)
            self.answer(200, {"kind": "Status", "status": "Success"})

        def do_POST(self) -> None:
            url, body = urlsplit(self.path), self.body()
            namespace = url.path.rpartition("/")[0]
            if state.quotes_what_it_refuses and body["kind"] == "Secret":
                self.refuse(422, "Invalid", f"I don't like {json.dumps(body)}")
            elif body["kind"] == "Secret" and namespace not in state.objects:
                self.refuse(404, "NotFound", f'namespaces "{namespace}" not found')
            else:
                self.store(f"{url.path}/{body['metadata']['name']}", body, url.query, 201)

        def do_PATCH(self) -> None:
            url, patch = urlsplit(self.path), self.body()
            if self.headers["Content-Type"] == "application/apply-patch+yaml":
                self.apply(url.path, patch, url.query)
                return
            old = state.objects[url.path]
            if old.get("immutable") and patch.get("data", old["data"]) != old["data"]:
                self.refuse(422, "Invalid", "field is immutable")
                return
            labels = {**old["metadata"].get("labels", {}), **patch["metadata"].get("labels", {})}
            new = {**old, **patch, "metadata": {**old["metadata"], **patch["metadata"], "labels": labels}}
            self.store(url.path, new, url.query, 200)

        def apply(self, path: str, body: dict[str, Any], query: str) -> None:
            if body["kind"] in ("SealedSecret", "ExternalSecret"):
                if state.controller is None:
                    self.send_response(404)
                    self.send_header("Content-Length", "19")
                    self.end_headers()
                    self.wfile.write(b"404 page not found\n")
                    return
                secret = state.controller(body)
                if secret is not None:
                    state.objects[f"/api/v1/namespaces/{body['metadata']['namespace']}/secrets/{body['metadata']['name']}"] = secret
                else:
                    body = {**body, "status": {"conditions": [{"type": "Ready", "status": "False", "message": "no such store"}]}}
            self.store(path, body, query, 201)

        def store(self, path: str, body: dict[str, Any], query: str, code: int) -> None:
            if "dryRun" not in parse_qs(query) and state.objects.get(path) != body:
                state.objects[path] = body
                state.written.append(path)
            self.answer(code, body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "test",
        "clusters": [{"name": "test", "cluster": {"server": f"http://127.0.0.1:{server.server_port}"}}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
        "users": [{"name": "test", "user": {}}],
    }
    state.kubeconfig.write_text(yaml.safe_dump(config))
    yield state
    server.shutdown()
    server.server_close()

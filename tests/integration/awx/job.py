# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A job as AWX 24.6.1 runs it, without AWX: the private data folder laid out as awx.main.tasks.jobs does, credentials injected by AWX's
own plugins, the job sent through ansible-runner's transmit, worker and process, the worker as a user who may write nowhere but in its own
folders.

AWX itself isn't here; what stands for it is this file. Without an image the worker has no container of its own either: its part of the
paths is a folder instead of /runner, and its collections come from this checkout's .venv.
"""

from __future__ import annotations

import io
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ansible_runner
import yaml
from ansible_collections.proven.webapp.molecule.support import ROOT
from awx_plugins.credentials import plugins as credential_types
from awx_plugins.interfaces import _temporary_private_container_api as container
from awx_plugins.interfaces._temporary_private_api import EnvVarsType, ManagedCredentialType
from awx_plugins.interfaces._temporary_private_credential_api import Credential
from awx_plugins.interfaces._temporary_private_inject_api import inject_credential

NOBODY = 64001
"""A user that this machine doesn't know. It reads what belongs to root, since the tests' Python may lie there, and writes nothing of it."""
COLLECTIONS = ROOT / ".venv/collections"


class Unsafe(yaml.SafeDumper):
    """Writes every text as `!unsafe`, as AWX does with answers of surveys and artifacts."""


Unsafe.add_representer(str, lambda dumper, value: dumper.represent_scalar("!unsafe", value))


def custom_type(inputs: dict[str, Any], injectors: dict[str, Any]) -> ManagedCredentialType:
    """A credential type that somebody made in AWX."""
    return ManagedCredentialType(namespace="custom", name="custom", kind="cloud", managed=False, inputs=inputs, injectors=injectors)


def kubernetes(host: str, token: str, authority: str = "") -> tuple[ManagedCredentialType, dict[str, Any]]:
    """The credential "OpenShift or Kubernetes API Bearer Token"."""
    inputs = {"host": host, "bearer_token": token, "verify_ssl": bool(authority), "ssl_ca_cert": authority}
    return credential_types.kubernetes_bearer_token, inputs


@dataclass(frozen=True)
class Template:
    """What AWX knows of a job.

    :ivar inventory: folder of the project that an inventory source reads.
    :ivar answers: of the survey, and artifacts of the jobs before.
    :ivar vault: vault id → password.
    :ivar engine: the job reaches the Docker engine.
    """

    playbook: str
    inventory: Path
    answers: Mapping[str, Any] = field(default_factory=dict)
    credentials: Sequence[tuple[ManagedCredentialType, dict[str, Any]]] = ()
    vault: Mapping[str, str] = field(default_factory=dict)
    check: bool = False
    diff: bool = False
    verbosity: int = 0
    engine: bool = False


@dataclass(frozen=True)
class Done:
    """A job that is over.

    :ivar output: what AWX shows of it.
    :ivar artifacts: what its set_stats gave, for the next one.
    :ivar left: the worker's folder, as it was when the job had ended.
    :ivar shown: what AWX keeps of the job's environment, secrets blotted out.
    """

    status: str
    output: str
    artifacts: dict[str, Any]
    events: list[dict[str, Any]]
    left: Path
    kept: Path
    shown: EnvVarsType

    def succeeded(self) -> Done:
        assert self.status == "successful", self.output[-6000:]
        return self

    @property
    def result(self) -> dict[str, Any]:
        return dict(self.artifacts["webapp_result"])

    @property
    def changed(self) -> list[str]:
        """Names of the tasks that changed something."""
        return [
            str(event["event_data"]["task"])
            for event in self.events
            if event["event"] == "runner_on_ok" and event["event_data"].get("res", {}).get("changed")
        ]


@dataclass
class Awx:
    """:ivar folder: for all that jobs need and leave.
    :ivar project: a checkout; jobs get a copy.
    :ivar path: where programs are found, as in an execution environment.
    :ivar image: an execution environment that jobs run in, as the pods of a container group do; empty runs them on this machine.
    """

    folder: Path
    project: Path
    path: str
    jobs: int = 40
    image: str = ""
    docker: str = "docker"

    def launch(self, template: Template) -> Done:
        self.jobs += 1
        number = self.jobs
        there = self.folder / f"job-{number}"
        worker, home, temporary = (there / name for name in ("runner", "home", "tmp"))
        for each in (worker, home, temporary):
            each.mkdir(parents=True)
            shutil.chown(each, NOBODY, NOBODY)
        inside = Path("/runner") if self.image else worker
        with self._inside(inside):
            private, params, shown = self._lay_out(number, template, inside)
            sent = there / "sent"
            with sent.open("wb") as stream:
                ansible_runner.interface.run(streamer="transmit", _output=stream, **params)
        back = there / "back"
        command = [*unprivileged(engine=template.engine), sys.executable, "-m", "ansible_runner", "worker", f"--private-data-dir={worker}"]
        env = {"PATH": self.path, "HOME": str(home), "TMPDIR": str(temporary), "LANG": "C.UTF-8"}
        if self.image:
            # As a pod's: any user, of the group 0. The cluster's API is at an address of this machine.
            command = [self.docker, "run", "--rm", "--interactive", "--network=host", f"--user={NOBODY}:0", "--cap-drop=ALL", self.image]
            command += ["ansible-runner", "worker", "--private-data-dir=/runner"]
            env = dict(os.environ)
        with sent.open("rb") as stream, back.open("wb") as answer:
            subprocess.run(command, stdin=stream, stdout=answer, env=env, cwd=worker, timeout=900)
        events: list[dict[str, Any]] = []
        with back.open("rb") as stream:
            processed = ansible_runner.interface.run(
                streamer="process",
                _input=io.BufferedReader(io.BytesIO(stream.read())),
                private_data_dir=str(private),
                ident=str(number),
                event_handler=events.append,
                quiet=True,
            )
        output = "".join(f"{event['stdout']}\n" for event in events if event.get("stdout"))
        artifacts = [event["event_data"]["artifact_data"] for event in events if event.get("event_data", {}).get("artifact_data")]
        kept = private / "artifacts" / str(number)
        return Done(str(processed.status), output, artifacts[-1] if artifacts else {}, events, there, kept, shown)

    @contextmanager
    def _inside(self, worker: Path) -> Iterator[None]:
        """Paths that credentials are injected with are the worker's."""
        before, container.CONTAINER_ROOT = container.CONTAINER_ROOT, str(worker)
        try:
            yield
        finally:
            container.CONTAINER_ROOT = before

    def _lay_out(self, number: int, template: Template, worker: Path) -> tuple[Path, dict[str, Any], EnvVarsType]:
        private = Path(tempfile.mkdtemp(prefix=f"awx_{number}_", dir=self.folder))
        for name in ("inventory", "env", "cp"):
            (private / name).mkdir(mode=0o700)
        shutil.copytree(self.project, private / "project", symlinks=True)
        extra = {**template.answers}
        for prefix in ("awx", "tower"):
            extra |= {f"{prefix}_job_id": number, f"{prefix}_job_launch_type": "manual", f"{prefix}_user_name": "{{ nobody }}"}
        write(
            private / "env/extravars",
            "".join(yaml.dump({key: value}, Dumper=Unsafe, default_flow_style=False) for key, value in extra.items()),
        )
        args = ["--check"] if template.check else []
        args += ["-u", "root"]
        args += ["--diff"] if template.diff else []
        for name in template.vault:
            args += ["--vault-id", f"{name}@prompt"] if name else ["--ask-vault-pass"]
        args += [f"-{'v' * template.verbosity}"] if template.verbosity else []
        env: EnvVarsType = {**self._env(number, worker)}
        shown: EnvVarsType = dict(env)
        for kind, inputs in template.credentials:
            inject_credential(kind, Credential(inputs), env, shown, args, str(private))
        write(private / "env/cmdline", shlex.join(args))
        write(private / "env/settings", json.dumps({"job_timeout": 0, "suppress_ansible_output": True, "suppress_output_file": True}))
        script = f"#! /usr/bin/env python3\n# -*- coding: utf-8 -*-\nprint({json.dumps(self._inventory(template.inventory))!r})\n"
        write(private / "inventory/hosts", script, 0o700)
        passwords = {
            rf"Vault password \({name}\):\s*?$" if name else r"Vault password:\s*?$": word for name, word in template.vault.items()
        }
        params = {
            "ident": number,
            "private_data_dir": str(private),
            "playbook": template.playbook,
            "inventory": str(private / "inventory/hosts"),
            "passwords": {**passwords, r"BECOME password.*:\s*?$": ""},
            "suppress_env_files": True,
            "envvars": env,
            "fact_cache_type": "",
        }
        return private, params, shown

    def _env(self, number: int, worker: Path) -> dict[str, str]:
        # Those of the execution environment, or what stands for them
        own = "/usr/share/ansible/collections" if self.image else COLLECTIONS
        collections = f"{worker}/requirements_collections:.venv/collections:~/.ansible/collections:{own}"
        return {
            "ANSIBLE_FORCE_COLOR": "True",
            "ANSIBLE_HOST_KEY_CHECKING": "False",
            "ANSIBLE_INVENTORY_UNPARSED_FAILED": "True",
            "ANSIBLE_PARAMIKO_RECORD_HOST_KEYS": "False",
            "AWX_PRIVATE_DATA_DIR": f"/tmp/awx_{number}_abcdefgh",
            "JOB_ID": str(number),
            "INVENTORY_ID": "2",
            "PROJECT_REVISION": "0" * 40,
            "ANSIBLE_RETRY_FILES_ENABLED": "False",
            "MAX_EVENT_RES": "700000",
            "AWX_HOST": "https://awx.example.com",
            "ANSIBLE_SSH_CONTROL_PATH_DIR": f"{worker}/cp",
            "ANSIBLE_ROLES_PATH": f"{worker}/requirements_roles:~/.ansible/roles:/usr/share/ansible/roles:/etc/ansible/roles",
            "ANSIBLE_COLLECTIONS_PATH": collections,
        }

    def _inventory(self, folder: Path) -> dict[str, Any]:
        """As an inventory source imports it and a job gets it again. What is encrypted in it by itself stays so."""
        command = [str(Path(sys.executable).parent / "ansible-inventory"), "-i", str(folder), "--list", "--export"]
        env = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS)}
        answer = subprocess.run(command, cwd=self.folder, env=env, capture_output=True, text=True, timeout=120)
        assert answer.returncode == 0, answer.stderr
        found = json.loads(answer.stdout)
        hosts = {name: found["_meta"]["hostvars"].get(name, {}) for name in found.get("ungrouped", {}).get("hosts", ["localhost"])}
        meta = {name: {**of, "remote_tower_enabled": "true", "remote_tower_id": 1} for name, of in hosts.items()}
        return {"all": {"vars": found["all"].get("vars", {}), "hosts": list(hosts)}, "_meta": {"hostvars": meta}}


def write(path: Path, text: str, mode: int = 0o600) -> None:
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)


def unprivileged(*, engine: bool = False) -> list[str]:
    """Runs a command as somebody who may change nothing of this machine.

    :param engine: but may speak to its Docker engine.
    """
    if os.geteuid():
        return []
    reads = ["--inh-caps=-all,+dac_read_search", "--ambient-caps=+dac_read_search", "--bounding-set=-all,+dac_read_search"]
    groups = f"--groups={Path('/var/run/docker.sock').stat().st_gid}" if engine else "--clear-groups"
    return ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", groups, *reads]

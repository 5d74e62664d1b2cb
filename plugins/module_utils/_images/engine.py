# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Docker's own tools: looking, importing, building, pushing."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._host_network import PROXIES
from ansible_collections.proven.webapp.plugins.module_utils._images.buildlog import BuildLog
from ansible_collections.proven.webapp.plugins.module_utils._images.plan import Planned
from ansible_collections.proven.webapp.plugins.module_utils._images.spec import Build

ABSENT = ("no such image", "no such object")
NOT_FOUND = ("not found", "manifest unknown", "name unknown")


class EngineUnreachable(ProvenError):
    """No Docker engine answers."""


class Stopped(Exception):
    """Another build failed, so this one was given up."""


@dataclass(frozen=True)
class Image:
    """An image in the engine.

    :param size_bytes: uncompressed.
    """

    id: str
    size_bytes: int


@dataclass
class Engine:
    """The Docker engine that this user's `docker` talks to.

    :param docker: the client's path.
    :param buildx: command that `build` and `imagetools` are put behind.
    :param secrets: build secrets (id → path) for a build on a Debian suite; the suite is empty where it isn't known.
    :param login: variables by which Docker's tools are logged in to where images are pushed; elsewhere the user's own login counts.
    :param where: variables that lead to another engine than this user's own.
    """

    docker: str
    buildx: Sequence[str]
    secrets: Callable[[str], Mapping[str, Path]]
    login: Mapping[str, str] = field(default_factory=dict)
    where: Mapping[str, str] = field(default_factory=dict)
    _running: set[subprocess.Popen[str]] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _stopped: bool = False

    def images(self, refs: Iterable[str]) -> dict[str, Image]:
        """Those of the references that the engine has.

        :raises EngineUnreachable: without an engine.
        """
        wanted = set(refs)
        if not wanted:
            return {}
        command = [self.docker, "image", "inspect", "--format", "{{.Id}} {{.Size}} {{json .RepoTags}}", *sorted(wanted)]
        code, out, err = self.capture(command)
        problems = [line for line in err.splitlines() if line.strip() and not any(word in line.lower() for word in ABSENT)]
        if code and problems:
            raise EngineUnreachable(
                f"The Docker engine can't be asked: {problems[-1].strip()}",
                where=self.docker,
                fix="Start the Docker engine (role toolchain), and see that this user may use it",
            )
        found = {}
        for line in out.splitlines():
            if not line.strip():
                continue
            identifier, size, tags = line.split(" ", 2)
            for tag in json.loads(tags) or ():
                if tag in wanted:
                    found[tag] = Image(identifier, int(size))
        return found

    def newest_tag(self, repository: str) -> str:
        """The tag of the newest image in a repository, or nothing. One out of the build cache is as old as what it was built from."""
        _code, out, _err = self.capture([self.docker, "image", "ls", "--format", "{{.Tag}}", repository])
        return next((tag for tag in out.split() if tag != "<none>"), "")

    def check_buildx(self) -> None:
        """
        :raises ProvenError: there is none, and Docker answers with all that it knows instead.
        """
        code, _out, err = self.capture([*self.buildx, "version"])
        if code:
            raise ProvenError(
                f"Docker has no buildx: {err.strip().splitlines()[0] if err.strip() else 'no reason given'}",
                where=" ".join(self.buildx),
                fix="Install Docker's plugin buildx, name the program in images_buildx, or let the role toolchain have it",
            )

    def remote_digest(self, ref: str) -> str | None:
        """The digest behind a reference, asked of its registry with the credentials that Docker knows; None where it hasn't got it.

        :raises ProvenError: where the registry can't be asked.
        """
        code, out, err = self.capture([*self.buildx, "imagetools", "inspect", "--format", "{{.Manifest.Digest}}", ref])
        if code == 0:
            return out.strip()
        reason = err.strip().splitlines()[-1] if err.strip() else "no reason given"
        if any(reason.endswith(word) for word in NOT_FOUND):
            return None
        raise ProvenError(
            f"The registry can't be asked for the image: {reason.removeprefix('ERROR: ')}",
            where=ref,
            fix="See that its registry is within reach (docker login where it asks for credentials), or name another image",
        )

    def load(self, tar: Path, ref: str) -> None:
        """Import a root file system."""
        code, _out, err = self.capture([self.docker, "import", str(tar), ref])
        if code:
            raise ProvenError(
                f"The root file system can't be imported: {err.strip()}", where=str(tar), fix="Is it whole? Remove it to have it made anew"
            )

    def save(self, ref: str, path: Path) -> None:
        """Write an image to an archive.

        :raises ProvenError: with Docker's reason.
        """
        code, _out, err = self.capture([self.docker, "save", "--output", str(path), ref])
        if code:
            raise ProvenError(f"The image can't be taken out of the engine: {err.strip()}", where=ref, fix="Is there room on the disk?")

    def platforms(self) -> frozenset[str]:
        """What the builder can run programs of, such as linux/amd64."""
        _code, out, _err = self.capture([*self.buildx, "inspect"])
        lines = [line.partition(":")[2] for line in out.splitlines() if line.strip().startswith("Platforms:")]
        return frozenset(word.strip(" *") for line in lines for word in line.split(","))

    def build(self, planned: Planned, build: Build, report: Callable[[str], None]) -> None:
        """Build and tag, for each platform that is asked for.

        :raises ProvenError: with the failing step and its last lines.
        :raises Stopped: where `stop` was called.
        """
        for platform, ref in planned.parts:
            log = BuildLog(build.name, report)
            if self._follow(self._build_command(planned, build, platform, ref), log.feed):
                raise log.failure(build)
            if log.cached:
                report(f"{build.name}  unchanged steps: {log.cached}")

    def _build_command(self, planned: Planned, build: Build, platform: str, ref: str) -> list[str]:
        command = [
            *self.buildx,
            "build",
            "--progress=rawjson",
            "--provenance=false",
            "--load",
            "--tag",
            ref,
            "--file",
            str(build.dockerfile),
        ]
        command += ["--platform", platform] if platform else []
        command += ["--target", build.target] if build.target else []
        # The tag counts on what the registry has now, not on an older copy in the engine. Bases made here are in no registry.
        command += [] if planned.needs else ["--pull"]
        command += [word for name, value in sorted(planned.args.items()) for word in ("--build-arg", f"{name}={value}")]
        # By name alone: buildx takes the value, which may hold a password, from its environment, and BuildKit keeps these out of images.
        command += [word for name in PROXIES if os.environ.get(name) and name not in planned.args for word in ("--build-arg", name)]
        command += [word for name, path in sorted(self.secrets(planned.suite).items()) for word in ("--secret", f"id={name},src={path}")]
        return [*command, str(build.context)]

    def push(self, planned: Planned, report: Callable[[str], None]) -> None:
        """Push; only layers that the registry lacks travel. Images of several platforms are put together there.

        :raises ProvenError: with Docker's reason.
        :raises Stopped: where `stop` was called.
        """
        for _platform, ref in planned.parts:
            lines: list[str] = []
            if self._follow([self.docker, "push", ref], lines.append, self.login):
                raise push_error(planned.name, ref, lines)
            new = sum(line.strip().endswith(": Pushed") for line in lines)
            there = sum(": Layer already exists" in line or ": Mounted from " in line for line in lines)
            report(f"{planned.name}  pushed {new} of {new + there} layers")
        if planned.platforms:
            words: list[str] = []
            parts = [ref for _platform, ref in planned.parts]
            if self._follow([*self.buildx, "imagetools", "create", "--tag", planned.ref, *parts], words.append, self.login):
                raise push_error(planned.name, planned.ref, words)

    def stop(self) -> None:
        """Give up what runs, and start nothing more."""
        with self._lock:
            self._stopped = True
            for process in self._running:
                process.terminate()

    def _follow(self, command: Sequence[str], take: Callable[[str], None], variables: Mapping[str, str] | None = None) -> int:
        """Run a command, hand on its lines as they come, and return its exit code."""
        with self._lock:
            if self._stopped:
                raise Stopped
            try:
                process = subprocess.Popen(
                    command,
                    env={**os.environ, **self.where, **(variables or {})},
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    text=True,
                    errors="replace",
                )
            except OSError as error:
                raise missing_tool(command[0], error) from error
            self._running.add(process)
        with process:
            for line in process.stdout or ():
                take(line)
        with self._lock:
            self._running.discard(process)
            if self._stopped and process.returncode:
                raise Stopped
        return process.returncode

    def capture(self, command: Sequence[str]) -> tuple[int, str, str]:
        try:
            env = {**os.environ, **self.where}
            done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
        except OSError as error:
            raise missing_tool(command[0], error) from error
        return done.returncode, done.stdout, done.stderr


def push_error(name: str, ref: str, lines: Sequence[str]) -> ProvenError:
    """What Docker's words at the end of a push that failed mean."""
    said = next((line.strip() for line in reversed(lines) if line.strip()), "no reason given")
    words = said.lower()
    if any(sign in words for sign in ("unauthorized", "denied", "no basic auth", "authentication required", "forbidden")):
        fix = "Give images_registry_username and images_registry_password of a user who may push there"
    elif "x509" in words or "certificate" in words:
        fix = f"Give Docker's engine the registry's authority: /etc/docker/certs.d/{ref.partition('/')[0]}/ca.crt"
    else:
        fix = "See that the registry runs and has room, then run it again: what has arrived already isn't sent again"
    return ProvenError(f"Pushing the image {name} failed: {said}", where=ref, fix=fix)


def missing_tool(path: str, error: OSError) -> EngineUnreachable:
    return EngineUnreachable(f"{path} can't be run: {error.strerror}", where=path, fix="Install it (role toolchain), or correct its path")

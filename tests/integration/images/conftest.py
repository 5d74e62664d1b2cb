"""A registry, the build tools and small things to build. Whatever tests make has a name of its own and is removed."""

from __future__ import annotations

import glob
import os
import shutil
import subprocess
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._module import Call
from ansible_collections.proven.webapp.plugins.modules.image_build import ARGUMENTS, run

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "proven.webapp"


def newest(pattern: str) -> str | None:
    found = sorted(glob.glob(str(CACHE / pattern)))
    return found[-1] if found else None


@pytest.fixture(scope="session")
def buildx() -> str:
    found = os.environ.get("PROVEN_BUILDX") or newest("tools/buildx/*/buildx") or shutil.which("buildx")
    if not found:
        pytest.fail("No buildx: run the role toolchain first, or name one in PROVEN_BUILDX")
    return found


@pytest.fixture(scope="session")
def rootfs() -> str:
    found = newest("rootfs/trixie-*.tar")
    if not found:
        pytest.skip("no root file system archive: the toolchain's source is not packages")
    return found


class RegistryServer:
    """A registry of its own.

    :param htpasswd: who may use it; everybody where it is empty.
    """

    def __init__(self, binary: str, folder: Path, port: int, htpasswd: str = "") -> None:
        self.folder = folder
        self.address = f"localhost:{port}"
        self._binary = binary
        self._process: subprocess.Popen[bytes] | None = None
        storage = f"{{filesystem: {{rootdirectory: {folder}/data}}, delete: {{enabled: true}}}}"
        text = f"version: 0.1\nlog: {{level: error}}\nstorage: {storage}\nhttp: {{addr: '{self.address}'}}\n"
        if htpasswd:
            (folder / "htpasswd").write_text(htpasswd)
            text += f"auth: {{htpasswd: {{realm: here, path: {folder}/htpasswd}}}}\n"
        (folder / "config.yml").write_text(text)

    def start(self) -> None:
        with (self.folder / "log").open("a") as log:
            self._process = subprocess.Popen([self._binary, "serve", str(self.folder / "config.yml")], stdout=log, stderr=log)
        wait_for(f"http://{self.address}/v2/")

    def kill(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()

    def stop(self) -> None:
        if self._process:
            self._process.terminate()
            self._process.wait()


@pytest.fixture(scope="session")
def registry_binary() -> str:
    binary = newest("tools/registry/*/registry")
    if not binary:
        pytest.skip("no registry: the toolchain's source is not packages")
    return binary


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[str]:
    """A registry's address."""
    if given := os.environ.get("PROVEN_REGISTRY"):
        yield given
        return
    server = RegistryServer(request.getfixturevalue("registry_binary"), tmp_path_factory.mktemp("registry"), 30000 + os.getpid() % 2000)
    server.start()
    yield server.address
    server.stop()


def wait_for(url: str) -> None:
    for _ in range(100):
        try:
            urllib.request.urlopen(url, timeout=1).close()
        except urllib.error.HTTPError:
            return  # it answers, and wants a login
        except OSError:
            time.sleep(0.1)
        else:
            return
    pytest.fail(f"{url} doesn't answer")


class Bench:
    """Builds below a repository of its own.

    :ivar root: where build contexts lie.
    :ivar progress: the lines of the last run.
    """

    def __init__(self, root: Path, buildx: str, registry: str) -> None:
        self.root = root
        self.repository = f"proven-test-{uuid.uuid4().hex[:8]}"
        self.registry: str | None = registry
        self.buildx = buildx
        self.progress: list[str] = []

    def context(self, name: str, dockerfile: str, **files: str) -> Path:
        """Make a context; in file names, `__` stands for a dot."""
        folder = self.root / name
        folder.mkdir()
        (folder / "Dockerfile").write_text(dockerfile)
        for file, text in files.items():
            (folder / file.replace("__", ".")).write_text(text)
        return folder

    def run(self, builds: dict[str, Any], *, check: bool = False, diff: bool = False, **params: Any) -> dict[str, Any]:
        defaults = {name: option.get("default") for name, option in ARGUMENTS.items()}
        given = {
            "builds": builds,
            "root": str(self.root),
            "registry": self.registry,
            "repository": self.repository,
            "base_repository": f"{self.repository}/base",
            "buildx": self.buildx,
            "secrets": {},
        }
        self.progress = []
        return run(Call({**defaults, **given, **params}, check, diff, self.progress.append, self.progress.append))

    def images(self) -> list[str]:
        """References of the images in the engine that this bench made."""
        out = subprocess.run(["docker", "image", "ls", "--format", "{{.Repository}}:{{.Tag}}"], capture_output=True, text=True, check=True)
        return [line for line in out.stdout.split() if f"/{self.repository}/" in line]


@pytest.fixture
def bench(tmp_path: Path, buildx: str, registry: str) -> Iterator[Bench]:
    bench = Bench(tmp_path, buildx, registry)
    yield bench
    if left := bench.images():
        subprocess.run(["docker", "image", "rm", "--force", *left], check=True, stdout=subprocess.DEVNULL)

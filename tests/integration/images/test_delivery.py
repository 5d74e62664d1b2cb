# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Deliveries to a real registry that wants a login, for several platforms, from behind a proxy."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError

from .conftest import RegistryServer

SMALL = "FROM scratch\nCOPY . /\n"
WEB = {"web": {"context": "web"}}
TOKEN = "a-sentinel-token"
HTPASSWD = "team:$2b$04$GcvNLphJ/yXSiadCd7BSD.cUV2x3HKEU0t0DQNxP8WVNMvuNqr5Lq\n"  # of the token above
LOGIN = {"registry_username": "team", "registry_password": TOKEN}


@pytest.fixture
def locked(registry_binary: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RegistryServer]:
    server = RegistryServer(registry_binary, tmp_path_factory.mktemp("locked"), 32000 + os.getpid() % 700, HTPASSWD)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def web(bench: Any, locked: RegistryServer) -> Path:
    bench.registry = f"{locked.address}/team"
    folder: Path = bench.context("web", SMALL, app__txt="one")
    return folder


class Arguments(threading.Thread):
    """Looks at the arguments of all processes, over and over."""

    def __init__(self, secret: str) -> None:
        super().__init__(daemon=True)
        self.secret = secret.encode()
        self.seen: set[bytes] = set()
        self.done = threading.Event()

    def run(self) -> None:
        while not self.done.is_set():
            for process in Path("/proc").glob("[0-9]*"):
                try:
                    words = (process / "cmdline").read_bytes()
                except OSError:
                    continue
                if b"docker" in words:
                    self.seen.add(words)

    def __enter__(self) -> Arguments:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.done.set()
        self.join()
        assert any(b"push" in words for words in self.seen), "no push was seen"
        assert not [words for words in self.seen if self.secret in words]


def test_delivered_by_digest_with_a_login_that_shows_nowhere(bench: Any, web: Path, locked: RegistryServer) -> None:
    own = Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker") / "config.json"
    before = own.read_text() if own.exists() else None
    with Arguments(TOKEN):
        result = bench.run(WEB, **LOGIN)
    assert result["refs"]["web"].startswith(f"{locked.address}/team/{bench.repository}/web@sha256:")
    assert TOKEN not in json.dumps(result) + "".join(bench.progress)
    assert (own.read_text() if own.exists() else None) == before
    # and nobody pulls it without
    anonymous = subprocess.run(
        ["docker", "pull", result["refs"]["web"]], capture_output=True, text=True, env={**os.environ, "DOCKER_CONFIG": "/nowhere"}
    )
    assert "no basic auth" in anonymous.stderr
    began = time.monotonic()
    assert not bench.run(WEB, **LOGIN)["changed"]
    assert time.monotonic() - began < 1


def test_a_login_that_is_refused_is_told_before_anything_is_built(bench: Any, web: Path) -> None:
    with pytest.raises(ProvenError, match="refuses the login of team") as error:
        bench.run(WEB, registry_username="team", registry_password="wrong-sentinel")
    assert "images_registry_password" in str(error.value)
    assert "wrong-sentinel" not in str(error.value)
    assert bench.images() == []


def test_without_a_login_the_push_says_what_is_missing(bench: Any, web: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "none"))
    with pytest.raises(ProvenError, match="registry"):
        bench.run(WEB)


def test_a_push_that_was_cut_off_goes_on(bench: Any, web: Path, locked: RegistryServer) -> None:
    """The registry dies in the middle of a push and stays away for longer than Docker tries again."""
    (web / "Dockerfile").write_text("FROM scratch\nCOPY first /\nCOPY second /\n")
    (web / "first").write_bytes(os.urandom(2_000_000))
    (web / "second").write_bytes(os.urandom(200_000_000))
    killed = threading.Event()

    def kill_in_the_middle() -> None:
        while not any(path.stat().st_size > 10_000_000 for path in locked.folder.rglob("_uploads/*/data")):
            time.sleep(0.01)
        locked.kill()
        killed.set()

    threading.Thread(target=kill_in_the_middle, daemon=True).start()
    with pytest.raises(ProvenError, match="Pushing the image web failed") as error:
        bench.run(WEB, **LOGIN)
    assert killed.is_set()
    assert "run it again" in str(error.value)
    locked.start()
    result = bench.run(WEB, **LOGIN)
    assert (result["images"]["web"]["built"], result["images"]["web"]["pushed"]) == (False, True)
    assert not bench.run(WEB, **LOGIN)["changed"]


def test_several_platforms_are_one_reference(bench: Any, web: Path, locked: RegistryServer) -> None:
    platforms = ["linux/amd64", "linux/arm64"]
    result = bench.run(WEB, platforms=platforms, **LOGIN)
    digest = result["refs"]["web"].partition("@")[2]
    request = urllib.request.Request(
        f"http://{locked.address}/v2/team/{bench.repository}/web/manifests/{digest}",
        headers={"Accept": "application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.oci.image.index.v1+json"},
    )
    request.add_header("Authorization", "Basic dGVhbTphLXNlbnRpbmVsLXRva2Vu")
    with urllib.request.urlopen(request, timeout=5) as answer:
        entries = json.load(answer)["manifests"]
    assert [f"{entry['platform']['os']}/{entry['platform']['architecture']}" for entry in entries] == platforms
    assert not bench.run(WEB, platforms=platforms, **LOGIN)["changed"]
    assert bench.run(WEB, check=True, **LOGIN)["changed"]  # for this machine alone is another image


def test_through_ansible_the_password_is_in_no_output(bench: Any, web: Path) -> None:
    playbook = bench.root / "site.yml"
    variables = {
        "ansible_python_interpreter": sys.executable,
        "images_registry": bench.registry,
        "images_repository": bench.repository,
        "images_buildx": bench.buildx,
        "images_builds": WEB,
        **{f"images_{name}": value for name, value in LOGIN.items()},
    }
    playbook.write_text(
        json.dumps(
            [{"hosts": "localhost", "connection": "local", "gather_facts": False, "vars": variables, "roles": ["proven.webapp.images"]}]
        )
    )
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", "localhost,", str(playbook), "-vvv", "--diff"]
    env = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(Path(sys.executable).parent.parent / "collections")}
    done = subprocess.run(command, capture_output=True, text=True, env=env, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "changed=1" in done.stdout
    assert TOKEN not in done.stdout + done.stderr


@pytest.fixture
def other_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A second Docker engine, in the place of the one in a node of Minikube's with the runtime docker."""
    if os.geteuid() != 0 or shutil.which("dockerd") is None or shutil.which("unshare") is None:
        pytest.skip("a second engine takes root, dockerd and unshare")
    folder = tmp_path_factory.mktemp("engine")
    host = f"unix://{folder}/socket"
    apart = [f"--data-root={folder}/data", f"--exec-root={folder}/run", f"--pidfile={folder}/pid", f"--config-file={folder}/daemon.json"]
    (folder / "daemon.json").write_text("{}")
    # A network of its own: an engine without a bridge removes the one that is there
    command = ["unshare", "--net", "dockerd", f"--host={host}", "--bridge=none", "--iptables=false", *apart]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    for _ in range(150):
        if subprocess.run(["docker", "--host", host, "version"], capture_output=True).returncode == 0:
            break
        time.sleep(0.2)
    else:
        pytest.fail((folder / "log").read_text()[-2000:])
    yield {"host": host}
    process.terminate()
    process.wait(30)


def test_built_in_the_engine_that_runs_the_clusters_containers_and_nowhere_else(bench: Any, other_engine: dict[str, str]) -> None:
    """That engine is a stand-in: a real one, without a cluster."""
    bench.registry = None
    bench.context("web", SMALL, app__txt="one")
    given = {"delivery": "auto", "engine": other_engine, "containers": ["not-a-node"]}
    assert bench.run(WEB, check=True, **given)["changed"]
    first = bench.run(WEB, **given)
    ref = first["refs"]["web"]
    assert ref == f"localhost/{bench.repository}/web:{first['images']['web']['tag']}"
    assert bench.images() == []
    there = ["docker", "--host", other_engine["host"], "image", "inspect", "--format", "{{.Id}}", ref]
    assert subprocess.run(there, capture_output=True, text=True).stdout.strip() == first["images"]["web"]["id"]
    assert not bench.run(WEB, **given)["changed"]
    (bench.root / "web/app.txt").write_text("two")
    assert bench.run(WEB, **given)["refs"]["web"] != ref


class TestOnRootfs:
    """With something that can run commands."""

    DOCKERFILE = "ARG BASE\nFROM ${BASE}\n"

    @pytest.fixture(autouse=True)
    def _base(self, bench: Any, rootfs: str) -> None:
        bench.registry = None
        self.base = {"base_builds": {"rootfs": {"rootfs": rootfs}}, "base_images": {"BASE": "rootfs"}}

    def test_programs_of_another_platform_are_refused_before_anything_is_built(self, bench: Any, registry: str) -> None:
        bench.registry = registry
        bench.context("web", "FROM scratch\nCOPY . /\nRUN true\n")
        with pytest.raises(ProvenError, match="can't be built for linux/riscv64") as error:
            bench.run(WEB, platforms=["linux/amd64", "linux/riscv64"])
        assert "qemu-user-static" in str(error.value)
        assert bench.images() == []

    def test_a_base_made_here_is_for_this_machine_alone(self, bench: Any, registry: str) -> None:
        bench.registry = registry
        bench.context("web", self.DOCKERFILE)
        with pytest.raises(ProvenError, match="the base image rootfs is made here"):
            bench.run(WEB, platforms=["linux/arm64"], **self.base)

    def test_proxies_and_certificates_reach_the_build_and_stay_in_no_image(
        self, bench: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        proxy, bundle = "http://me:sentinel-proxy@127.0.0.1:9", tmp_path / "bundle.pem"
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        monkeypatch.setenv("no_proxy", "sentinel-intern")
        bundle.write_text("-----BEGIN CERTIFICATE-----\nsentinel-authority\n")
        told = '[ -n "$HTTPS_PROXY" ] && [ -n "$no_proxy" ] && echo "${#HTTPS_PROXY} ${#no_proxy}" > /told'
        checked = "tail -c 19 /run/secrets/ca | wc -c >> /told && grep -c sentinel /run/secrets/ca >> /told"
        bench.context("web", f"{self.DOCKERFILE}RUN --mount=type=secret,id=ca {told} && {checked}\n")
        ref = bench.run(WEB, secrets=None, ca_bundle=str(bundle), **self.base)["refs"]["web"]
        saved = subprocess.run(["docker", "save", ref], check=True, capture_output=True).stdout
        history = subprocess.run(["docker", "history", "--no-trunc", ref], check=True, capture_output=True).stdout
        inspected = subprocess.run(["docker", "inspect", ref], check=True, capture_output=True).stdout
        assert f"{len(proxy)} {len('sentinel-intern')}\n19\n1\n".encode() in saved
        for text in (saved, history, inspected):
            for secret in (b"sentinel-proxy", b"sentinel-intern", b"sentinel-authority"):
                assert secret not in text

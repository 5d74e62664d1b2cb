"""The module with the real engine and a real registry."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError

SMALL = "FROM scratch\nCOPY base.txt /\nCOPY . /app/\n"
WEB = {"web": {"context": "web"}}


@pytest.fixture
def web(bench: Any) -> Path:
    folder: Path = bench.context("web", SMALL, base__txt="base" * 1000, app__txt="one", __dockerignore="*.log\n")
    return folder


def tags(registry: str, repository: str) -> list[str]:
    try:
        with urllib.request.urlopen(f"http://{registry}/v2/{repository}/tags/list", timeout=5) as answer:
            return json.load(answer)["tags"] or []
    except urllib.error.HTTPError:
        return []


def test_new_content_is_built_and_delivered_by_digest(bench: Any, web: Path) -> None:
    result = bench.run(WEB, diff=True)
    image = result["images"]["web"]
    assert result["changed"]
    assert image["built"]
    assert image["pushed"]
    assert image["ref"] == result["refs"]["web"]
    assert image["ref"].startswith(f"{bench.registry}/{bench.repository}/web@sha256:")
    assert image["size_bytes"] > 4000
    assert result["diff"]["before"] == "web: (none)\n"
    assert result["diff"]["after"] == f"web: {image['tag']}\n"
    assert tags(bench.registry, f"{bench.repository}/web") == [image["tag"]]
    # what was returned can be pulled
    subprocess.run(["docker", "pull", "--quiet", image["ref"]], check=True, stdout=subprocess.DEVNULL)


def test_the_same_content_is_left_alone_even_without_tools(bench: Any, web: Path) -> None:
    first = bench.run(WEB)
    os.utime(web / "app.txt", (1, 1))
    (web / "debug.log").write_text("ignored")
    again = bench.run(WEB, docker="/nowhere/docker", buildx="/nowhere/buildx")
    assert not again["changed"]
    assert again["refs"] == first["refs"]
    assert not again["images"]["web"]["built"]
    assert bench.progress == []


def test_a_docker_without_buildx_is_told(bench: Any, web: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "none"))
    path = tmp_path / "docker"
    path.write_text('#!/bin/sh\n[ "$1" = buildx ] && set -- no-such-plugin\nexec docker "$@"\n')
    path.chmod(0o755)
    with pytest.raises(ProvenError, match="Docker has no buildx") as told:
        bench.run(WEB, docker=str(path), buildx=None)
    assert len(str(told.value).splitlines()) == 3


def test_a_changed_byte_travels_alone(bench: Any, web: Path) -> None:
    first = bench.run(WEB)
    (web / "app.txt").write_text("two")
    second = bench.run(WEB, diff=True)
    assert second["images"]["web"]["tag"] != first["images"]["web"]["tag"]
    assert second["refs"] != first["refs"]
    assert any("pushed 1 of 2 layers" in line for line in bench.progress), bench.progress
    assert second["diff"]["before"] == f"web: {first['images']['web']['tag']}\n"
    # and back: the old image is there still
    (web / "app.txt").write_text("one")
    assert not bench.run(WEB)["changed"]


def test_an_executable_bit_counts(bench: Any, web: Path) -> None:
    first = bench.run(WEB)
    (web / "app.txt").chmod(0o755)
    assert bench.run(WEB, check=True)["images"]["web"]["tag"] != first["images"]["web"]["tag"]


def test_an_image_that_a_new_registry_lacks_is_pushed_without_a_build(bench: Any, web: Path) -> None:
    result = bench.run(WEB)
    url = f"http://{bench.registry}/v2/{bench.repository}/web/manifests/{result['refs']['web'].rpartition('@')[2]}"
    try:
        urllib.request.urlopen(urllib.request.Request(url, method="DELETE"), timeout=5).close()
    except urllib.error.HTTPError:
        pytest.skip("this registry doesn't delete")
    again = bench.run(WEB)
    assert (again["images"]["web"]["built"], again["images"]["web"]["pushed"]) == (False, True)


def test_without_a_registry_the_image_stays_in_the_engine(bench: Any, web: Path) -> None:
    bench.registry = None
    result = bench.run(WEB)
    assert result["refs"]["web"] == f"localhost/{bench.repository}/web:{result['images']['web']['tag']}"
    assert result["refs"]["web"] in bench.images()
    assert not bench.run(WEB)["changed"]


def test_check_mode_changes_nothing(bench: Any, web: Path) -> None:
    foretold = bench.run(WEB, check=True)
    assert foretold["changed"]
    assert foretold["images"]["web"]["built"]
    assert bench.images() == []
    assert tags(bench.registry, f"{bench.repository}/web") == []
    assert bench.run(WEB)["images"]["web"]["tag"] == foretold["images"]["web"]["tag"]


def test_check_mode_on_an_empty_machine(bench: Any, web: Path) -> None:
    bench.registry = "localhost:1"
    (web / "Dockerfile").write_text("ARG BASE=example.invalid/base:1\nFROM ${BASE}\n")
    result = bench.run(WEB, check=True, diff=True, docker="/nowhere/docker", buildx="/nowhere/buildx")
    assert result["images"]["web"]["built"]
    result = bench.run(WEB, check=True, base_builds={"base": {"rootfs": "not-made-yet.tar"}}, base_images={"BASE": "base"})
    assert result["bases"]["base"]["built"]


def test_messages(bench: Any, web: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ProvenError, match="no build context"):
        bench.run({"web": {"context": "nowhere"}})
    address, bench.registry = bench.registry, "localhost:1"
    with pytest.raises(ProvenError, match="registry doesn't answer"):
        bench.run(WEB)
    bench.registry = address
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere.sock")
    with pytest.raises(ProvenError, match="Docker engine can't be asked"):
        bench.run(WEB)


@pytest.mark.parametrize(
    ("dockerfile", "message"),
    [
        ("FROM scratch\n\nCOPY missing /\n", r"web failed at \[1/1\] COPY missing /(.|\n)*Dockerfile:3\n.*\.dockerignore"),
        ("FROM scratch\nCOPPY a /\n", "unknown instruction: COPPY"),
        ("FROM example.invalid/nobody/nothing:1\n", "example.invalid"),
    ],
    ids=["missing file", "not a Dockerfile", "no such base"],
)
def test_a_broken_dockerfile(bench: Any, dockerfile: str, message: str) -> None:
    bench.context("web", dockerfile)
    with pytest.raises(ProvenError, match=message):
        bench.run(WEB)
    assert tags(bench.registry, f"{bench.repository}/web") == []


class TestOnRootfs:
    """With something that can run commands."""

    DOCKERFILE = "ARG BASE\nFROM ${BASE}\n"

    @pytest.fixture(autouse=True)
    def _base(self, bench: Any, rootfs: str) -> None:
        self.base = {"base_builds": {"rootfs": {"rootfs": rootfs}}, "base_images": {"BASE": "rootfs"}}

    def test_a_failing_command_is_told_and_stops_the_others(self, bench: Any) -> None:
        bench.context("bad", self.DOCKERFILE + "COPY . /\nRUN for n in $(seq 30); do echo line $n; done; \\\n  exit 7\n")
        bench.context("slow", self.DOCKERFILE + "RUN sleep 60\n")
        start = time.monotonic()
        with pytest.raises(ProvenError) as caught:
            bench.run({"bad": {"context": "bad"}, "slow": {"context": "slow"}}, **self.base)
        assert time.monotonic() - start < 45
        message = str(caught.value)
        assert message.startswith("Building the image bad failed at [3/3] RUN for n in")
        assert "exit code: 7" in message
        assert "  | line 16\n" in message
        assert "  | line 30\n" in message
        assert "  | line 15\n" not in message
        assert f"Where: {bench.root}/bad/Dockerfile:4\n" in message
        assert tags(bench.registry, f"{bench.repository}/bad") == []
        assert tags(bench.registry, f"{bench.repository}/slow") == []

    def test_builds_run_at_the_same_time(self, bench: Any) -> None:
        for name in ("one", "two"):
            bench.context(name, self.DOCKERFILE + f"RUN sleep 4; echo {bench.repository} {name}\n")
        bench.run({"one": {"context": "one"}, "two": {"context": "two"}}, **self.base)
        steps = [line.split(" RUN ")[1].endswith("…") for line in bench.progress if " RUN " in line]
        assert steps == [True, True, False, False], bench.progress

    def test_secrets_reach_the_build_and_no_layer(self, bench: Any, tmp_path: Path) -> None:
        sentinel = f"sentinel-{bench.repository}"
        (tmp_path / "pip.conf").write_text(sentinel)
        bench.context("web", self.DOCKERFILE + "RUN --mount=type=secret,id=pip wc -c < /run/secrets/pip > /size\n")
        bench.registry = None
        ref = bench.run(WEB, secrets={"pip": str(tmp_path / "pip.conf")}, **self.base)["refs"]["web"]
        saved = subprocess.run(["docker", "save", ref], check=True, capture_output=True).stdout
        assert f"{len(sentinel)}\n".encode() in saved
        assert sentinel.encode() not in saved


def test_through_ansible_a_second_run_changes_nothing(bench: Any, web: Path) -> None:
    playbook = bench.root / "site.yml"
    playbook.write_text(
        json.dumps(
            [
                {
                    "hosts": "localhost",
                    "connection": "local",
                    "gather_facts": False,
                    "vars": {
                        "ansible_python_interpreter": sys.executable,
                        "images_registry": bench.registry,
                        "images_repository": bench.repository,
                        "images_buildx": bench.buildx,
                        "images_builds": WEB,
                        "images_prebuilt": {"cache": "example.invalid/cache@sha256:1"},
                    },
                    "roles": ["proven.webapp.images"],
                    "post_tasks": [{"ansible.builtin.debug": {"var": "images_refs"}}],
                }
            ]
        )
    )

    def play(*more: str) -> str:
        command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", "localhost,", str(playbook), *more]
        collections = str(Path(sys.executable).parent.parent / "collections")
        done = subprocess.run(
            command, capture_output=True, text=True, env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": collections}, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    assert "changed=1" in play("--check", "--diff")
    assert bench.images() == []
    first = play()
    assert "changed=1" in first
    assert "web  ready" in first
    second = play("--diff")
    assert "changed=0" in second
    assert "cache@sha256:1" in second
    assert f"{bench.repository}/web@sha256:" in second

# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Build contexts of the images that a cluster is made of, and their tags."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._host_network import DebianMirrors, apt_sources
from ansible_collections.proven.webapp.plugins.module_utils._kind.images import (
    KUBERNETES,
    OTHERS,
    base_image,
    build_step,
    content_tag,
    node_entries,
    registry_entries,
    version_of,
    write_context,
)


@pytest.fixture
def parts(tmp_path: Path) -> dict[str, str]:
    paths = {}
    for name in (*KUBERNETES, *OTHERS, "registry"):
        folder = tmp_path / "tools" / name / "1.2.3-abc"
        folder.mkdir(parents=True)
        (folder / name).write_text(name)
        os.utime(folder / name, (1, 1))
        paths[name] = str(folder / name)
    return paths


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    (folder / "sub").mkdir(parents=True)
    (folder / "Dockerfile").write_text("FROM scratch\n")
    (folder / "sub/script").write_text("#!/bin/sh\n")
    (folder / "sub/script").chmod(0o755)
    return folder


def test_context_has_all_parts_with_constant_times(files: Path, parts: dict[str, str]) -> None:
    target = io.BytesIO()
    write_context(node_entries(files, parts), target)
    target.seek(0)
    with tarfile.open(fileobj=target) as tar:
        members = {member.name: member for member in tar}
        version = tar.extractfile("bin/metrics-server.version")
        assert version is not None
        assert version.read() == b"1.2.3\n"
    assert {f"bin/{name}" for name in (*KUBERNETES, *OTHERS)} <= set(members)
    assert members["sub/script"].mode == 0o755
    assert members["Dockerfile"].mode == 0o644
    assert {member.mtime for member in members.values()} == {0}


def test_tag_follows_content(files: Path, parts: dict[str, str]) -> None:
    first = content_tag(node_entries(files, parts), "base:1")
    assert content_tag(node_entries(files, parts), "base:1") == first
    assert content_tag(node_entries(files, parts), "base:2") != first
    os.utime(parts["kubelet"], (2, 2))
    second = content_tag(node_entries(files, parts), "base:1")
    assert second != first
    (files / "Dockerfile").write_text("FROM other\n")
    assert content_tag(node_entries(files, parts), "base:1") != second


def test_missing_parts_are_named(files: Path, parts: dict[str, str]) -> None:
    with pytest.raises(ProvenError, match="needs kubelet, etcd"):
        node_entries(files, {name: path for name, path in parts.items() if name not in ("kubelet", "etcd")})
    Path(parts["etcd"]).unlink()
    with pytest.raises(ProvenError, match="etcd is missing"):
        node_entries(files, parts)
    with pytest.raises(ProvenError, match="registry"):
        registry_entries(files, {})


def test_version_is_the_folders() -> None:
    assert version_of(Path("/x/etcd/v3.6.5-abc/etcd")) == "3.6.5"
    with pytest.raises(ProvenError, match="doesn't name its version"):
        version_of(Path("/usr/bin/etcd"))


def test_base_image(tmp_path: Path) -> None:
    with pytest.raises(ProvenError, match="missing"):
        base_image(tmp_path / "none.tar")
    (tmp_path / "bookworm-1.tar").touch()
    assert base_image(tmp_path / "bookworm-1.tar").startswith("proven.webapp/node-base:")


def test_apt_sources() -> None:
    assert apt_sources(DebianMirrors("http://m/debian", "http://m/security"), "bookworm").splitlines() == [
        "deb http://m/debian bookworm main",
        "deb http://m/debian bookworm-updates main",
        "deb http://m/security bookworm-security main",
    ]


@pytest.mark.parametrize(
    ("line", "step"),
    [
        ("#9 3.150 packed registry.k8s.io/etcd:3.6.5-0", "packed registry.k8s.io/etcd:3.6.5-0"),
        ("#11 [stage-2 2/5] COPY bin/kubelet /usr/bin/", "copying bin/kubelet /usr/bin/"),
        ("#7 27.63 done.", None),
        ("#8 DONE 0.1s", None),
    ],
)
def test_build_steps(line: str, step: str | None) -> None:
    assert build_step(line) == step

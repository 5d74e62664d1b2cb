# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is sent into nodes, and what is known of them; an engine of cardboard, and archives as engines write them."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._images.archive import Archive, add, digest_of
from ansible_collections.proven.webapp.plugins.module_utils._images.engine import Image
from ansible_collections.proven.webapp.plugins.module_utils._images.nodes import NodesPlace
from ansible_collections.proven.webapp.plugins.module_utils._images.plan import Planned
from ansible_collections.proven.webapp.plugins.module_utils._images.registry import Unreachable
from ansible_collections.proven.webapp.plugins.module_utils._images.spec import Build

LOW, TOP = b"lower layer" * 100, b"upper layer"
DIFF_IDS = [digest_of(LOW), digest_of(TOP), digest_of(LOW)]
CONFIG = json.dumps({"rootfs": {"diff_ids": DIFF_IDS}}).encode()
PLANNED = Planned(Build("web", "todo/web", Path("x"), Path("x/Dockerfile"), "", {}), "localhost", {}, (), "c-1", "")


def old_engine(path: Path) -> Path:
    """Folders of layers; one that occurs twice is a link."""
    with tarfile.open(path, "w") as tar:
        add(tar, "a/layer.tar", LOW)
        add(tar, "b/layer.tar", TOP)
        link = tarfile.TarInfo("c/layer.tar")
        link.type, link.linkname = tarfile.SYMTYPE, "../a/layer.tar"
        tar.addfile(link)
        add(tar, "config.json", CONFIG)
        add(tar, "manifest.json", json.dumps([{"Config": "config.json", "Layers": [f"{x}/layer.tar" for x in "abc"]}]).encode())
    return path


def new_engine(path: Path) -> Path:
    """Blobs by digest, packed."""
    low, top = gzip.compress(LOW), gzip.compress(TOP)
    names = [f"blobs/sha256/{digest_of(content)[7:]}" for content in (low, top)]
    with tarfile.open(path, "w") as tar:
        for name, content in zip(names, (low, top), strict=True):
            add(tar, name, content)
        add(tar, "config.json", CONFIG)
        add(tar, "manifest.json", json.dumps([{"Config": "config.json", "Layers": [*names, names[0]]}]).encode())
    return path


def sent(path: Path, present: Sequence[str]) -> tuple[dict[str, bytes], dict[str, Any]]:
    """(file → content, the image's manifest) of what is written for a node that has these blobs."""
    target = io.BytesIO()
    with Archive(path) as archive:
        archive.write(target, "localhost/todo/web:c-1", present)
    target.seek(0)
    with tarfile.open(fileobj=target) as tar:
        files = {member.name: (tar.extractfile(member) or io.BytesIO()).read() for member in tar}
    (entry,) = json.loads(files["index.json"])["manifests"]
    assert entry["annotations"] == {"io.containerd.image.name": "localhost/todo/web:c-1"}
    manifest = files["blobs/" + entry["digest"].replace(":", "/")]
    assert digest_of(manifest) == entry["digest"]
    return files, json.loads(manifest)


@pytest.mark.parametrize("save", [old_engine, new_engine])
def test_an_archive_is_whole_and_every_blob_has_its_own_name(save: Any, tmp_path: Path) -> None:
    files, manifest = sent(save(tmp_path / "saved.tar"), ())
    blobs = {name: content for name, content in files.items() if name.startswith("blobs/")}
    assert all(digest_of(content) == name.removeprefix("blobs/").replace("/", ":") for name, content in blobs.items())
    wanted = [manifest["config"], *manifest["layers"]]
    assert len(manifest["layers"]) == 3
    assert all(len(blobs["blobs/" + one["digest"].replace(":", "/")]) == one["size"] for one in wanted)
    assert {layer["mediaType"].endswith("+gzip") for layer in manifest["layers"]} == {save is new_engine}


def test_what_a_node_has_does_not_travel(tmp_path: Path) -> None:
    path = old_engine(tmp_path / "saved.tar")
    files, manifest = sent(path, (DIFF_IDS[0],))
    assert LOW not in files.values()
    assert TOP in files.values()
    assert [layer["digest"] for layer in manifest["layers"]] == DIFF_IDS


class Engine:
    """Answers for nodes."""

    docker = "docker"

    def __init__(self, **nodes: str) -> None:
        self.nodes = nodes

    def capture(self, command: Sequence[str]) -> tuple[int, str, str]:
        listed = self.nodes.get(command[2])
        return (0, listed, "") if listed is not None else (1, "", "No such container")


def place(*names: str, **nodes: str) -> NodesPlace:
    engine: Any = Engine(**nodes)
    return NodesPlace(engine, names, Path("/nowhere"))


def listed(*images: tuple[str, str]) -> str:
    """As ctr lists them: the name first, the labels last."""
    lines = [f"{name} application/vnd sha256:1 3.0 MiB linux/amd64 io.cri-containerd.image=managed,{label}" for name, label in images]
    return "\n".join(["REF TYPE DIGEST SIZE PLATFORMS LABELS", *lines, ""])


def test_an_image_is_there_where_all_nodes_have_the_same() -> None:
    here, other = listed((PLANNED.ref, "proven.webapp/id=sha256:one")), listed((PLANNED.ref, "proven.webapp/id=sha256:two"))
    assert place("a", "b", a=here, b=here).find(PLANNED) == "sha256:one"
    assert place("a", "b", a=here, b=other).find(PLANNED) == ""
    assert place("a", "b", a=here, b=listed()).find(PLANNED) == ""
    # what others have brought there under this name has no label of ours
    assert place("a", a=listed((PLANNED.ref, "x=y"))).find(PLANNED) == ""
    assert place("a", a=here).holds("sha256:one", Image("sha256:one", 1))
    assert place("a", a=here).holds("sha256:one", None)
    assert not place("a", a=here).holds("sha256:one", Image("sha256:newer", 1))


def test_a_node_that_is_gone_is_told() -> None:
    with pytest.raises(Unreachable, match="The node b can't be asked for its images: No such container"):
        place("a", "b", a=listed()).find(PLANNED)

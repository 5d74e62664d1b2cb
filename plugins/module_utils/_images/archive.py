# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What `docker save` writes, handed on as an OCI archive of those layers alone that the receiver lacks."""

from __future__ import annotations

import hashlib
import io
import json
import posixpath
import tarfile
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from ansible_collections.proven.webapp.plugins.module_utils._given import given

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar"
GZIP = b"\x1f\x8b"


@dataclass(frozen=True)
class Layer:
    """:ivar member: of the archive."""

    digest: str
    size: int
    media_type: str
    member: tarfile.TarInfo


class Archive:
    """One image as `docker save` wrote it, of old engines (folders of layers) and new ones (blobs). A context manager.

    :ivar layers: the lowest first.
    """

    def __init__(self, path: Path) -> None:
        self._tar = tarfile.open(path)  # noqa: SIM115, closed by __exit__
        entry = json.loads(self._read("manifest.json"))[0]
        self._config = self._read(entry["Config"])
        diff_ids = json.loads(self._config)["rootfs"]["diff_ids"]
        self.layers = [self._layer(name, diff_id) for name, diff_id in zip(entry["Layers"], diff_ids, strict=True)]

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._tar.close()

    def _member(self, name: str) -> tarfile.TarInfo:
        """A file of the archive; old engines write a layer that occurs twice as a link."""
        member = self._tar.getmember(name)
        if member.issym():
            return self._member(posixpath.normpath(posixpath.join(posixpath.dirname(name), member.linkname)))
        return self._member(member.linkname) if member.islnk() else member

    def _open(self, member: tarfile.TarInfo) -> IO[bytes]:
        return given(self._tar.extractfile(member))

    def _read(self, name: str) -> bytes:
        return self._open(self._member(name)).read()

    def _layer(self, name: str, diff_id: str) -> Layer:
        member = self._member(name)
        packed = self._open(member).read(2) == GZIP
        digest = f"sha256:{posixpath.basename(name)}" if name.startswith("blobs/sha256/") else diff_id
        return Layer(digest, member.size, f"{LAYER}+gzip" if packed else LAYER, member)

    def write(self, target: IO[bytes], name: str, present: Collection[str]) -> None:
        """
        :param name: of the image, as the receiver is to know it.
        :param present: digests of blobs that the receiver has.
        """
        manifest = json.dumps(
            {
                "schemaVersion": 2,
                "mediaType": MANIFEST,
                "config": {"mediaType": CONFIG, "digest": digest_of(self._config), "size": len(self._config)},
                "layers": [{"mediaType": layer.media_type, "digest": layer.digest, "size": layer.size} for layer in self.layers],
            }
        ).encode()
        described: dict[str, Any] = {"mediaType": MANIFEST, "digest": digest_of(manifest), "size": len(manifest)}
        described["annotations"] = {"io.containerd.image.name": name}
        with tarfile.open(fileobj=target, mode="w|") as tar:
            add(tar, "oci-layout", b'{"imageLayoutVersion": "1.0.0"}')
            for layer in {layer.digest: layer for layer in self.layers if layer.digest not in present}.values():
                info = tarfile.TarInfo(blob(layer.digest))
                info.size = layer.size
                tar.addfile(info, self._open(layer.member))
            for content in (self._config, manifest):
                add(tar, blob(digest_of(content)), content)
            add(tar, "index.json", json.dumps({"schemaVersion": 2, "manifests": [described]}).encode())


def digest_of(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def blob(digest: str) -> str:
    return "blobs/" + digest.replace(":", "/", 1)


def add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    tar.addfile(info, io.BytesIO(content))

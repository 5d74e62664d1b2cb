"""Downloads and Go builds, as far as they need no network."""

from __future__ import annotations

import hashlib
import http.server
import io
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._toolchain import download, gobuild
from ansible_collections.proven.webapp.plugins.module_utils._toolchain.catalog import parse_tool

DIGEST = "a" * 64


@pytest.mark.parametrize(
    "text",
    [
        DIGEST,
        f"{DIGEST}\n",
        f"{DIGEST}  tool-linux-amd64",
        f"{'b' * 64} *other\n{DIGEST} *tool-linux-amd64\n",
        f"{DIGEST}  ./bin/tool-linux-amd64",
    ],
)
def test_published_digest_is_found(text: str) -> None:
    assert download.published_digest(text, "tool-linux-amd64") == DIGEST


@pytest.mark.parametrize("text", ["", "<html>Sign in</html>", f"{DIGEST}  another-file", "abc"])
def test_no_digest_is_an_error(text: str) -> None:
    with pytest.raises(ProvenError, match="no SHA-256 for tool"):
        download.published_digest(text, "tool")


class Upstream(http.server.ThreadingHTTPServer):
    """A stand-in of a release server: the same layout as upstream's (file, and file.sha256sum beside it)."""

    files: dict[str, bytes]


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            assert isinstance(self.server, Upstream)
            content = self.server.files.get(self.path)
            self.send_response(200 if content is not None else 404)
            self.end_headers()
            self.wfile.write(content or b"")

        def log_message(self, *_args: object) -> None:
            pass

    server = Upstream(("127.0.0.1", 0), Handler)
    server.files = {}
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()


def tool_at(server: Upstream, member: str = ""):  # type: ignore[no-untyped-def]
    base = f"http://127.0.0.1:{server.server_port}/v{{version}}/tool"
    return parse_tool("tool", {"version": "1.0", "download": {"url": base, "checksum": base + ".sha256sum", "member": member}})


def publish(server: Upstream, content: bytes) -> None:
    server.files = {"/v1.0/tool": content, "/v1.0/tool.sha256sum": f"{hashlib.sha256(content).hexdigest()}  tool\n".encode()}


def test_download_is_checked_and_executable(upstream: Upstream, tmp_path: Path) -> None:
    publish(upstream, b"binary")
    tool = tool_at(upstream)
    assert download.answers(tool)
    download.fetch(tool, tmp_path / "out")
    assert (tmp_path / "out" / "tool").read_bytes() == b"binary"
    assert (tmp_path / "out" / "tool").stat().st_mode & 0o111


def test_archive_member_is_taken(upstream: Upstream, tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        info = tarfile.TarInfo("linux/tool")
        info.size = 5
        archive.addfile(info, io.BytesIO(b"inner"))
    publish(upstream, buffer.getvalue())
    download.fetch(tool_at(upstream, "linux/tool"), tmp_path / "out")
    assert (tmp_path / "out" / "tool").read_bytes() == b"inner"


def test_changed_download_is_refused_and_not_installed(upstream: Upstream, tmp_path: Path) -> None:
    publish(upstream, b"binary")
    upstream.files["/v1.0/tool"] = b"something else"
    with pytest.raises(ProvenError, match="is not what upstream published"):
        download.fetch(tool_at(upstream), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_portal_page_is_not_upstream(upstream: Upstream) -> None:
    upstream.files = {"/v1.0/tool.sha256sum": b"<html>Please sign in</html>"}
    assert not download.answers(tool_at(upstream))


def test_staging_modules_are_replaced_and_others_are_not() -> None:
    required = ["k8s.io/api v0.0.0", "k8s.io/utils v0.0.0-20250604170112-4c0f3b243397", "k8s.io/klog/v2 v2.130.1"]
    go_mod = "module k8s.io/kubernetes\nrequire (\n" + "".join(f"\t{line}\n" for line in required) + ")\n"
    assert gobuild.staging_replacements(go_mod, "1.34.4") == ["\tk8s.io/api => k8s.io/api v0.34.4"]


def test_generated_main_runs_the_first_import() -> None:
    source = gobuild.main_source(("example.org/core/coremain", "example.org/core/plugin/errors"))
    assert 'import (\n\t"example.org/core/coremain"\n\t_ "example.org/core/plugin/errors"\n)' in source
    assert "func main() { coremain.Run() }" in source


@pytest.mark.parametrize(("version", "minimum", "fits"), [("1.26.8", "1.26.8", True), ("1.27", "1.26.8", True), ("1.9.9", "1.26.8", False)])
def test_machine_go_has_to_be_new_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, minimum: str, fits: bool) -> None:
    go = tmp_path / "go"
    go.write_text(f"#!/bin/sh\necho go version go{version} linux/amd64\n")
    go.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert gobuild.machine_go(minimum) == (str(go) if fits else None)

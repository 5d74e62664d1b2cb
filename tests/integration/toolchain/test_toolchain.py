"""The toolchain module, run by Ansible, against a stand-in of upstream's download servers.

The stand-in serves the layout that upstream publishes (a file, and its SHA-256 beside it). Builds from packages are run for real
wherever the suite runs without upstream, since every other test uses the tools that they make.
"""

from __future__ import annotations

import hashlib
import http.server
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
CONTENT = b"#!/bin/sh\necho v1.0\n"


class Upstream(http.server.ThreadingHTTPServer):
    files: dict[str, bytes]
    asked: list[str]

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            assert isinstance(self.server, Upstream)
            self.server.asked.append(self.path)
            content = self.server.files.get(self.path)
            self.send_response(200 if content is not None else 404)
            self.end_headers()
            self.wfile.write(content or b"")

        def log_message(self, *_args: object) -> None:
            pass

    server = Upstream(("127.0.0.1", 0), Handler)
    server.files = {"/1.0/tool": CONTENT, "/1.0/tool.sha256": f"{hashlib.sha256(CONTENT).hexdigest()}\n".encode()}
    server.asked = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()


def toolchain(cache: Path, base: str, *, check_mode: bool = False, **arguments: Any) -> dict[str, Any]:
    """Run the module as Ansible would, and return its result."""
    download = {"url": f"{base}/{{version}}/tool", "checksum": f"{base}/{{version}}/tool.sha256"}
    module = {
        "cache_dir": str(cache),
        "catalog": {"tool": {"version": "1.0", "download": download}},
        "go": {"version": "1.27.3", "minimum": "1.0"},
        "_ansible_check_mode": check_mode,
        **arguments,
    }
    out = subprocess.run(
        [sys.executable, "-m", "ansible_collections.proven.webapp.plugins.modules.toolchain"],
        input=json.dumps({"ANSIBLE_MODULE_ARGS": module}),
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / ".venv/collections")},
    )
    assert out.stdout, out.stderr
    result: dict[str, Any] = json.loads(out.stdout)
    return result


def test_auto_takes_upstream_where_it_answers_and_says_so(upstream: Upstream, tmp_path: Path) -> None:
    result = toolchain(tmp_path / "cache", upstream.base)
    assert (result["source"], result["reason"]) == ("upstream", "upstream answers")
    assert result["changed"]
    assert list(result["made"]) == ["tool 1.0"]
    assert subprocess.run([result["tools"]["tool"]], capture_output=True, text=True).stdout == "v1.0\n"


def test_a_second_run_changes_nothing_and_asks_nobody(upstream: Upstream, tmp_path: Path) -> None:
    first = toolchain(tmp_path / "cache", upstream.base)
    upstream.asked.clear()
    second = toolchain(tmp_path / "cache", upstream.base)
    assert not second["changed"]
    assert second["tools"] == first["tools"]
    assert second["reason"] == "everything is in the cache"
    assert upstream.asked == []


def test_check_mode_says_what_is_missing_and_leaves_nothing(upstream: Upstream, tmp_path: Path) -> None:
    result = toolchain(tmp_path / "cache", upstream.base, check_mode=True)
    assert result["changed"]
    assert result["missing"] == ["tool 1.0"]
    assert not (tmp_path / "cache").exists()


def test_a_download_that_is_not_what_was_published_is_refused(upstream: Upstream, tmp_path: Path) -> None:
    upstream.files["/1.0/tool"] = b"something else"
    result = toolchain(tmp_path / "cache", upstream.base)
    assert result["failed"]
    assert "is not what upstream published" in result["msg"]
    assert not [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]


def test_auto_builds_from_packages_where_upstream_does_not_answer(tmp_path: Path) -> None:
    result = toolchain(tmp_path / "cache", "http://127.0.0.1:1", check_mode=True)
    assert (result["source"], result["reason"]) == ("packages", "upstream is not within reach")


def test_upstream_that_does_not_answer_is_an_error_where_it_was_asked_for(tmp_path: Path) -> None:
    result = toolchain(tmp_path / "cache", "http://127.0.0.1:1", source="upstream")
    assert result["failed"]
    assert "can't be downloaded" in result["msg"]
    assert "toolchain_source: packages" in result["msg"]


def test_progress_is_written_as_it_comes(upstream: Upstream, tmp_path: Path) -> None:
    log = tmp_path / "progress"
    toolchain(tmp_path / "cache", upstream.base, progress_file=str(log))
    assert "tools come from upstream: upstream answers; 1 to make" in log.read_text()
    assert "made tool 1.0" in log.read_text()

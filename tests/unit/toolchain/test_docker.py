"""The engine's configuration, and the runtime for machines that withhold capabilities."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._docker import engine
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError

RUNTIME = Path(__file__).parents[3] / "roles" / "toolchain" / "files" / "runc-without-missing-capabilities"


@pytest.mark.parametrize(("bounding", "lacking"), [("000001ffffffffff", False), ("000001fffeffffff", True)])
def test_missing_capabilities_are_seen(bounding: str, lacking: bool) -> None:
    assert engine.lacks_capabilities(f"Name:\tx\nCapBnd:\t{bounding}\n", 40) is lacking


def test_configuration_keeps_what_was_there() -> None:
    before = {"log-driver": "journald", "runtimes": {"other": {"path": "/x"}}}
    after = engine.configuration_with_runtime(before, "/r")
    assert after["log-driver"] == "journald"
    assert after["runtimes"] == {"other": {"path": "/x"}, "proven-runc": {"path": "/r"}}
    assert after["default-runtime"] == "proven-runc"
    assert engine.configuration_with_runtime(after, "/r") == after


def test_broken_configuration_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "daemon.json"
    file.write_text("{not json")
    monkeypatch.setattr(engine, "DAEMON_CONFIG", file)
    with pytest.raises(ProvenError, match="not valid JSON") as caught:
        engine.read_configuration()
    assert caught.value.where == str(file)


def test_nothing_answers_behind_a_missing_socket(tmp_path: Path) -> None:
    assert engine.ask_version(str(tmp_path / "none.sock")) == ("", False)


@pytest.fixture
def runtime(tmp_path: Path) -> Path:
    """The runtime with a runc that prints its arguments, and a kernel that lacks CAP_SYS_RESOURCE (24)."""
    (tmp_path / "cap_last_cap").write_text("40\n")
    (tmp_path / "status").write_text("CapBnd:\t000001fffeffffff\n")
    runc = tmp_path / "runc"
    runc.write_text('#!/bin/sh\necho "$@"\n')
    runc.chmod(0o755)
    text = RUNTIME.read_text()
    text = text.replace("/proc/sys/kernel/cap_last_cap", str(tmp_path / "cap_last_cap")).replace(
        "/proc/self/status", str(tmp_path / "status")
    )
    script = tmp_path / "runtime"
    script.write_text("#!/usr/bin/python3 -IS\n" + text.replace("/usr/sbin/runc", str(runc)))
    script.chmod(0o755)
    return script


CAPABILITIES = {"bounding": ["CAP_SYS_RESOURCE", "CAP_CHOWN"], "effective": ["CAP_SYS_RESOURCE"], "ambient": None}


def test_create_asks_for_less(runtime: Path, tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"process": {"capabilities": CAPABILITIES, "args": ["x"]}}))
    out = subprocess.run([runtime, "--root", "/r", "create", "--bundle", tmp_path, "id"], capture_output=True, text=True, check=True).stdout
    assert out == f"--root /r create --bundle {tmp_path} id\n"
    process = json.loads(config.read_text())["process"]
    assert process["capabilities"] == {"bounding": ["CAP_CHOWN"], "effective": [], "ambient": []}
    assert process["args"] == ["x"]


def test_exec_asks_for_less(runtime: Path, tmp_path: Path) -> None:
    file = tmp_path / "process.json"
    file.write_text(json.dumps({"capabilities": CAPABILITIES}))
    subprocess.run([runtime, "exec", f"--process={file}", "id"], capture_output=True, check=True)
    assert json.loads(file.read_text())["capabilities"]["bounding"] == ["CAP_CHOWN"]


def test_other_commands_pass_through(runtime: Path) -> None:
    out = subprocess.run([runtime, "delete", "--force", "id"], capture_output=True, text=True, check=True, env=dict(os.environ)).stdout
    assert out == "delete --force id\n"

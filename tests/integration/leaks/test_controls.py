# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The leak gate sees: in each channel a secret is put where it doesn't belong, and found."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from .channels import Processes, files, helm, images, objects, text
from .conftest import Gate
from .finder import Finder
from .shop import sentinel

PLANTED = sentinel("planted")
NAMESPACE = "leaks-planted"
FINDER = Finder({"PLANTED": PLANTED})


def found(places: object) -> list[str]:
    return [str(leak) for leak in FINDER.all(places)]  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def namespace(gate: Gate) -> Iterator[str]:
    gate.cluster.kubectl("create", "namespace", NAMESPACE)
    yield NAMESPACE
    gate.cluster.kubectl("delete", "namespace", NAMESPACE, "--wait=false")


def test_output() -> None:
    assert found(text("output", f"msg: {json.dumps(PLANTED)}")) == ["output: PLANTED, JSON-escaped"]


@pytest.mark.parametrize("where", ["artifacts/shop/1/web.log", "report.html", "runner/job_events/1.json", "tmp/ansible-tmp/x"])
def test_files(tmp_path: Path, where: str) -> None:
    """Evidence, reports, job events, what is left behind."""
    (tmp_path / where).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / where).write_bytes(b"\0" + base64.b64encode(PLANTED.encode()))
    assert found(files(tmp_path)) == [f"file {tmp_path / where}: PLANTED, base64"]


def test_old_files_and_those_of_others_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "pytest-1").mkdir()
    (tmp_path / "pytest-1/a").write_text(PLANTED)
    (tmp_path / "b").write_text(PLANTED)
    assert found(files(tmp_path, since=time.time() + 60)) == []
    assert found(files(tmp_path, but=["pytest-"])) == [f"file {tmp_path / 'b'}: PLANTED, raw"]


@pytest.mark.parametrize("what", ["arguments", "environment"])
def test_processes(what: str) -> None:
    """Also those that are there for a moment."""
    planted: tuple[list[str], dict[str, str]] = ([PLANTED], {}) if what == "arguments" else ([], {"TOKEN": PLANTED})
    with Processes() as processes:
        subprocess.run([sys.executable, "-c", "import time; time.sleep(0.3)", *planted[0]], env=planted[1], check=True)
    assert [line for line in found(processes.places()) if line.startswith(f"{what} of the process python")]


def test_helm(gate: Gate, namespace: str, tmp_path: Path) -> None:
    """Values and manifests of a release."""
    (tmp_path / "templates").mkdir()
    (tmp_path / "Chart.yaml").write_text(yaml.safe_dump({"apiVersion": "v2", "name": "planted", "version": "0.1.0"}))
    shown = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "planted"}, "data": {"a": "{{ .Values.token | b64enc }}"}}
    (tmp_path / "templates/all.yaml").write_text(yaml.safe_dump(shown))
    (tmp_path / "values.json").write_text(json.dumps({"token": PLANTED}))
    gate.cluster.helm("install", "planted", str(tmp_path), "-n", namespace, "-f", str(tmp_path / "values.json"))
    lines = found(helm(gate.cluster, namespace))
    for expected in ("Secret sh.helm.release.v1.planted.v1: PLANTED, base64", "helm get manifest: PLANTED, base64"):
        assert expected in lines
    assert any(line.startswith("helm get values") for line in lines)


def test_objects(gate: Gate, namespace: str) -> None:
    planted = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "seen", "namespace": namespace}, "data": {"a": PLANTED}}
    gate.cluster.kubectl("apply", "-f", "-", stdin=json.dumps(planted))
    assert "ConfigMap seen: PLANTED, JSON-escaped" in found(objects(gate.cluster, namespace))


def test_images(gate: Gate, tmp_path: Path) -> None:
    """A layer, and what `docker history` and the configuration tell."""
    (tmp_path / "secret").write_text(PLANTED)
    label = PLANTED.replace("\\", "").replace('"', "").replace("%", "")
    (tmp_path / "Dockerfile").write_text(f"FROM scratch\nCOPY secret /secret\nENV TOKEN='{label}'\n")
    tag = "proven-leaks-planted:1"
    gate.cluster.docker("build", "--quiet", "--tag", tag, str(tmp_path))
    try:
        assert any("PLANTED, raw" in line for line in found(images(gate.cluster, tag)))
        shown = Finder({"PLANTED": label}).all(images(gate.cluster, tag))
        assert f"history of {tag}: PLANTED, raw" in map(str, shown)
    finally:
        gate.cluster.docker("rmi", tag)

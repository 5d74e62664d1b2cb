# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The execution environment: really built, from the base image that packages give, and a job really run in it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest
from ansible_collections.proven.webapp.molecule.support import ROOT, Cluster
from ansible_collections.proven.webapp.plugins.module_utils._module import Call
from ansible_collections.proven.webapp.plugins.modules.image_build import ARGUMENTS, run
from ansible_collections.proven.webapp.tests.integration.images.conftest import newest

from .conftest import NAMESPACE, Shop

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def image(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Its reference on this machine's engine."""
    context = tmp_path_factory.mktemp("ee") / "context"
    base = str(ROOT / "roles/images/files/base")
    rootfs = newest("rootfs/trixie-*.tar")
    assert rootfs, "No root file system: run the role toolchain first"
    tools = [word for name in ("kubectl", "helm") for word in ("--tool", cluster.tools[name])]
    command = [sys.executable, str(ROOT / "tools/execution_environment.py"), str(context), "--base", "localhost/any:base", *tools]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    given = {
        "builds": {"ee": {"context": str(context)}},
        "base_builds": {"rootfs": {"rootfs": rootfs, "suite": "trixie"}, "python": {"context": base, "target": "python"}},
        "base_images": {"ROOTFS_IMAGE": "rootfs", "EE_BASE_IMAGE": "python"},
        "repository": "awx-tests",
        "buildx": cluster.tools.get("buildx") or newest("tools/buildx/*/buildx"),
    }
    answer = run(Call({**{name: of.get("default") for name, of in ARGUMENTS.items()}, **given}, False, False, print, print))
    reference = answer["refs"]["ee"]
    yield reference
    cluster.docker("image", "rm", "--force", reference, ok=False)


def test_what_is_in_it(image: str, cluster: Cluster) -> None:
    for command in (
        "helm version --short",
        "kubectl version --client",
        "ansible-runner --version",
        "ansible-galaxy collection list proven.webapp",
    ):
        cluster.docker("run", "--rm", "--user=64001:0", image, *command.split())


def test_no_secret_of_the_build_is_in_it(image: str, cluster: Cluster) -> None:
    history = cluster.docker("history", "--no-trunc", "--format", "{{.CreatedBy}}", image)
    assert "index-url" not in history
    assert cluster.docker("run", "--rm", image, "sh", "-c", "ls /run/secrets 2>/dev/null || true") == ""


def test_a_job_runs_in_it(image: str, shop: Shop) -> None:
    inside = replace(shop, awx=replace(shop.awx, image=image))
    first = inside.launch("site.yml").succeeded()
    assert first.result["verdict"] == "proven", first.result["reasons"]
    assert first.result["report"].startswith("/runner/artifacts/")
    assert {path.name for path in (first.kept / "artifacts/shop").iterdir()} >= {"report.html", "junit.xml"}
    status = inside.launch("playbooks/status.yml").succeeded()
    assert status.result == {**status.result, "namespace": NAMESPACE, "verdict": "proven"}
    scaled = inside.launch("playbooks/scale.yml", {"scale_component": "web", "scale_replicas": 2}).succeeded()
    assert scaled.result["verdict"] == "proven"

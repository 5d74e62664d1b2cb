# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The secret that signs sessions is replaced in a running release, as the frontend's README says, and nobody is signed out by it."""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.proven.webapp.molecule.support import Cluster, Visitor, variables
from ansible_collections.proven.webapp.tests.integration.load.site import Site

# The application is installed once more, and released three times.
pytestmark = pytest.mark.slow

OLD, NEW = "{{ vault_better_auth_secret }}", "another-test-secret-of-better-auth-that-nobody-uses"


@pytest.fixture
def site(cluster: Cluster, tmp_path: Path) -> Iterator[Site]:
    made = Site(cluster, "byo-rotation", tmp_path)
    yield made
    cluster.kubectl("delete", "namespace", made.namespace, "--ignore-not-found", "--wait=false")


@contextlib.contextmanager
def reached(site: Site) -> Iterator[str]:
    """The URL of one of the frontend's pods as long as it is needed."""
    command = [site.cluster.tools["kubectl"], "--kubeconfig", site.cluster.kubeconfig, "--context", site.cluster.context]
    command += ["port-forward", "-n", site.namespace, "service/todo-frontend", ":3000"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            port = re.search(r"127\.0\.0\.1:(\d+)", process.stdout.readline())
            assert port
            yield f"http://127.0.0.1:{port[1]}"
        finally:
            process.kill()


def with_secrets(site: Site, secrets: str) -> None:
    """Release it with several of them, or with the one of the inventory."""
    components = site.components()
    values = dict(variables()["webapp_secrets"])
    if secrets:
        components["frontend"]["secrets"] = list(dict.fromkeys([*components["frontend"]["secrets"], "BETTER_AUTH_SECRETS"]))
        values["BETTER_AUTH_SECRETS"] = secrets
    site.run("site.yml", components, "-e", json.dumps({"webapp_secrets": values})).succeeded()


def test_nobody_is_signed_out(site: Site) -> None:
    with_secrets(site, "")
    with reached(site) as url:
        early = Visitor(url).sign_up()
        early.ask("/api/todos", {"title": "from before"})
    for secrets in (f"0:{OLD},1:{NEW}", f"1:{NEW},0:{OLD}"):
        with_secrets(site, secrets)
        with reached(site) as url:
            early.moved(url)
            assert "from before" in early.ask("/api/todos")
            late = Visitor(url).sign_up()
            assert "from before" not in late.ask("/api/todos")

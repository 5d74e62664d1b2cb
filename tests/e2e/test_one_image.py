# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One image serves every environment: what is special to one comes from its variables when the server starts."""

from __future__ import annotations

import os
import socket
import time
import urllib.request
from collections.abc import Callable, Iterator

import pytest
from ansible_collections.proven.webapp.molecule.support import Cluster, variables
from playwright.sync_api import Page, expect

NEEDED = {
    "BACKEND_URL": "http://127.0.0.1:1",
    "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
    "BETTER_AUTH_SECRET": "one-image-for-every-environment-0123456789",
    "AUTH_ISSUER": "http://127.0.0.1",
    "AUTH_AUDIENCE": "nobody",
}


@pytest.fixture
def serve() -> Iterator[Callable[..., str]]:
    """Runs the deployed frontend's image with variables of one's own, as the cluster does: nobody's root, a file system to read only."""
    if "PROVEN_URL" in os.environ and "PROVEN_LAB" not in os.environ:
        pytest.skip("PROVEN_URL without PROVEN_LAB: the image isn't known")
    cluster = Cluster.load()
    pods = cluster.get("pods", "-n", str(variables()["webapp_namespace"]), "-l", "app.kubernetes.io/component=frontend")
    # The cluster knows the registry by another name than this machine.
    image = f"{cluster.registry['push']}/{pods[0]['spec']['containers'][0]['image'].partition('/')[2]}"
    made: list[str] = []

    def start(**env: str) -> str:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = str(free.getsockname()[1])
        given = {**NEEDED, "HOSTNAME": "127.0.0.1", "PORT": port, **env}
        settings = [word for name, value in given.items() for word in ("-e", f"{name}={value}")]
        # On this machine's own network: an interface that comes or goes breaks off what Chromium is loading (ERR_NETWORK_CHANGED).
        made.append(cluster.docker("run", "-d", "--read-only", "--cap-drop=ALL", "--network=host", *settings, image))
        address = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + 30
        while True:
            try:
                urllib.request.urlopen(f"{address}/api/health/ready", timeout=5).close()
                return address
            except OSError:
                assert time.monotonic() < deadline, cluster.docker("logs", made[-1], ok=False)
                time.sleep(0.2)

    yield start
    for container in made:
        cluster.docker("rm", "-f", container)


def test_one_image_shows_what_each_environment_says(page: Page, serve: Callable[..., str]) -> None:
    for title, banner in {"Staging list": "Data is deleted every night", "The list": ""}.items():
        page.goto(serve(APP_TITLE=title, APP_BANNER=banner))
        expect(page).to_have_title(title)
        expect(page.get_by_role("heading", level=1)).to_have_text(title)
        expect(page.get_by_test_id("notice")).to_have_text([banner] if banner else [])
        expect(page.get_by_test_id("submit")).to_be_enabled()

# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From the previous release of the collection to this one, with an application that runs and has data."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from .artifact import OLDEST, project, run, shop
from .previous import previous as previous_release
from .site import Site

# Two releases of the collection each run the whole way.
pytestmark = pytest.mark.slow


@pytest.fixture
def previous(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A search path with the previous release."""
    try:
        return previous_release(tmp_path_factory.mktemp("previous"))
    except LookupError as error:
        pytest.skip(str(error))


def test_the_application_goes_on_with_its_data(
    sites: Callable[[str], Site], toolbox: str, previous: str, collections: str, tmp_path: Path
) -> None:
    site = sites("upgrade")
    application = shop(toolbox)
    stored = {"volumes": {"data": {"path": "/data", "size": "16Mi"}}, "rollout": {"strategy": "recreate"}}
    application["webapp_components"]["web"] |= stored
    folder = project(tmp_path, site, application)
    assert "up and proven" in run(folder, OLDEST, previous)
    (before,) = site.get("pods", "-l", "app.kubernetes.io/component=web")
    site.kubectl("exec", before["metadata"]["name"], "--", "python3", "-c", "open('/data/kept', 'w').write('live data')")

    assert "up and proven" in run(folder, OLDEST, collections)
    (after,) = site.get("pods", "-l", "app.kubernetes.io/component=web")
    assert after["metadata"]["uid"] == before["metadata"]["uid"], "the new release of the collection restarted what hadn't changed"
    assert site.kubectl("exec", after["metadata"]["name"], "--", "cat", "/data/kept") == "live data"
    assert "changed=0" in run(folder, OLDEST, collections)

# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The parts of the evidence are fetched side by side, whichever comes last."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._evidence import collect
from ansible_collections.proven.webapp.plugins.module_utils._release import claim


def test_helms_past_may_come_last_and_still_needs_its_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    def late(_place: object, _revision: int, pool: ThreadPoolExecutor) -> dict[str, str]:
        time.sleep(0.3)
        return dict(pool.map(lambda name: (name, "its text"), ["manifest.diff"]))

    monkeypatch.setattr(collect, "_list", lambda *_: [])
    monkeypatch.setattr(collect, "_helm", late)
    files = collect.collect(claim.Place(cast(Any, None), "todo", "todo"), 2)
    assert files["manifest.diff"] == "its text"

# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an application printed is told without its secrets."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._rollout import cluster
from ansible_collections.proven.webapp.plugins.module_utils._rollout.model import Trouble

SECRET = 'a-long-secret/"value"'
TROUBLE = Trouble("web", "it ends by itself", pod="web-1", container="web")


class FakeApi:
    def __init__(self, *_: Any) -> None:
        pass

    def text(self, _path: str, _query: Any) -> str:
        return f"begins\nwith {SECRET} and {base64.b64encode(SECRET.encode()).decode()}\npostgresql://u:another-one@db/x"


def refuse(_place: Any) -> set[str]:
    raise ProvenError("Secrets may not be read.")


@pytest.mark.parametrize(("values", "gone"), [(lambda _place: {SECRET}, True), (refuse, False)], ids=["known", "not readable"])
def test_logs(monkeypatch: pytest.MonkeyPatch, values: Any, gone: bool) -> None:
    monkeypatch.setattr(cluster, "Api", FakeApi)
    monkeypatch.setattr(cluster, "secret_values", values)
    told = cluster.Cluster(None, None, "shop", "shop").logs(TROUBLE, 8)
    assert told[0] == "begins"
    assert (SECRET not in told[1] and base64.b64encode(SECRET.encode()).decode() not in told[1]) is gone
    if not gone:
        # By its form alone.
        assert "another-one" not in "".join(told)

# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is said of a credential and of rights that are missing, and what never is."""

from __future__ import annotations

import base64
import json
from types import SimpleNamespace
from typing import Any, cast

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._api import Api
from ansible_collections.proven.webapp.plugins.module_utils._verify import streams
from ansible_collections.proven.webapp.plugins.module_utils._verify.answer import Gone
from ansible_collections.proven.webapp.plugins.module_utils._verify.credential import CutOff, not_accepted, subject
from websocket import WebSocketBadStatusException

USER = "system:serviceaccount:ci:deployer"


def token(claims: Any) -> str:
    part = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"Bearer header.{part}.sentinel"


@pytest.mark.parametrize(
    ("authorization", "expected"),
    [
        (token({"sub": USER}), USER),
        (token({"sub": f"{USER}-"}), f"{USER}-"),
        (token({"sub": f"{USER}--"}), f"{USER}--"),
        (token({"sub": f"{USER}---"}), f"{USER}---"),
        (token({"sub": 7}), ""),
        (token({}), ""),
        (token(["sub"]), ""),
        ("Bearer a.%%%.c", ""),
        ("Bearer a.YQ.c", ""),
        ("Bearer opaque", ""),
        ("", ""),
    ],
)
def test_whose_token_it_is(authorization: str, expected: str) -> None:
    assert subject(authorization) == expected


def api(authorization: str = "") -> Api:
    headers = {"authorization": authorization} if authorization else {}
    return cast(Api, SimpleNamespace(host="https://cluster", headers=headers, tls=None, server_name="", proxy=""))


def test_a_credential_that_is_not_accepted_is_named_and_not_shown() -> None:
    told = str(not_accepted(api(token({"sub": USER}))))
    assert f"the credential of {USER} (any more)" in told
    assert "sentinel" not in told
    assert "the credential (any more)" in str(not_accepted(api()))


@pytest.mark.parametrize(
    ("status", "message", "error", "words"),
    [
        (401, "Unauthorized", CutOff, f"credential of {USER}"),
        (
            403,
            'pods "web-1" is forbidden: User "u" cannot get resource "pods/exec" in API group ""',
            streams.StreamRefused,
            "get pods/exec",
        ),
        (403, 'pods "web-1" is forbidden: User "u" cannot create resource "pods/exec"', streams.StreamRefused, "create pods/exec"),
        (403, "no", streams.StreamRefused, "create pods/exec"),
        (404, 'pods "web-1" not found', Gone, "web-1"),
        (404, "the server could not find the requested resource", streams.StreamError, "status 404"),
        (500, "trouble", streams.StreamError, "status 500: trouble"),
    ],
)
def test_a_stream_that_is_not_opened(
    monkeypatch: pytest.MonkeyPatch, status: int, message: str, error: type[Exception], words: str
) -> None:
    def refuse(*_about: Any, **_more: Any) -> None:
        raise WebSocketBadStatusException("%d %s", status, message, {}, json.dumps({"message": message}).encode())

    monkeypatch.setattr("websocket.create_connection", refuse)
    with pytest.raises(error, match=words):
        streams.connect(api(token({"sub": USER})), "n", "web-1", "exec", [])

# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The cluster that the environment leads to, as AWX's credential sets it."""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path

import pytest
from ansible_collections.proven.webapp.plugins.module_utils import _environment
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError

SET = {"K8S_AUTH_HOST": "https://cluster:6443/", "K8S_AUTH_API_KEY": "sentinel-token"}


@pytest.fixture(autouse=True)
def own_temporary_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def test_none() -> None:
    assert _environment.access({"K8S_AUTH_API_KEY": "t"}) is None


@pytest.mark.parametrize(("verify", "wanted"), [("", True), ("True", True), ("False", False), ("no", False), ("0", False)])
def test_what_it_says(tmp_path: Path, verify: str, wanted: bool) -> None:
    (tmp_path / "ca").write_bytes(b"CA")
    said = {**SET, "K8S_AUTH_SSL_CA_CERT": str(tmp_path / "ca"), **({"K8S_AUTH_VERIFY_SSL": verify} if verify else {})}
    found = _environment.access(said)
    assert found
    assert (found.server, found.ca, found.token, found.verify) == ("https://cluster:6443", b"CA", "sentinel-token", wanted)


def test_a_host_without_a_scheme_as_people_type_it() -> None:
    found = _environment.access({**SET, "K8S_AUTH_HOST": "cluster:6443"})
    assert found
    assert found.server == "https://cluster:6443"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"K8S_AUTH_API_KEY": ""}, "no token.*\n.*\n.*bearer token"),
        ({"K8S_AUTH_SSL_CA_CERT": "/nowhere/ca"}, "can't be read.*\n.*/nowhere/ca"),
    ],
)
def test_what_is_missing(change: dict[str, str], words: str) -> None:
    with pytest.raises(ProvenError, match=words):
        _environment.access({**SET, **change})


def test_a_kubeconfig_without_the_token_in_it(tmp_path: Path) -> None:
    found = _environment.access({**SET, "K8S_AUTH_VERIFY_SSL": "false"})
    assert found
    path = Path(_environment.kubeconfig(found))
    assert "sentinel-token" not in path.read_text()
    assert path.stat().st_mode & 0o077 == 0
    assert path.parent.stat().st_mode & 0o077 == 0
    assert _environment.kubeconfig(found) == str(path)
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    # what kubectl and Helm run for the token
    program = json.loads(path.read_text())["users"][0]["user"]["exec"]
    said = subprocess.run([program["command"], *program["args"]], env=SET, capture_output=True, text=True, check=True).stdout
    assert json.loads(said)["status"] == {"token": "sentinel-token"}


def test_a_folder_that_others_may_write_to_is_not_used(tmp_path: Path) -> None:
    found = _environment.access(SET)
    assert found
    Path(_environment.kubeconfig(found)).parent.chmod(0o777)
    with pytest.raises(ProvenError, match="this user's alone"):
        _environment.kubeconfig(found)

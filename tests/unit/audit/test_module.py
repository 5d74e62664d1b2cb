# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module: what it takes, when it fails, and what it gives back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.module_utils import basic
from ansible_collections.proven.webapp.plugins.module_utils._audit.engine import audit
from ansible_collections.proven.webapp.plugins.modules import probe_audit

from .conftest import deployment, scaler, service

WARNED = deployment(liveness={"failureThreshold": 2, "periodSeconds": 20})
BROKEN = deployment(readiness=None)


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs the module as Ansible does, in this process; gives its result."""

    def run(**arguments: Any) -> dict[str, Any]:
        text = json.dumps({"ANSIBLE_MODULE_ARGS": {"_ansible_remote_tmp": "/tmp", "_ansible_keep_remote_files": False, **arguments}})
        monkeypatch.setattr(basic, "_ANSIBLE_ARGS", text.encode())
        monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)
        # Where a test beside this one has loaded an action plugin, Ansible shows warnings at once instead of returning them.
        warned: list[str] = []
        monkeypatch.setattr(basic.AnsibleModule, "warn", lambda _module, warning, **_more: warned.append(str(warning)))
        with pytest.raises(SystemExit):
            probe_audit.main()
        result: dict[str, Any] = json.loads(capsys.readouterr().out)
        return {**result, "warnings": warned}

    return run


def test_what_is_well_designed_passes(call: Any) -> None:
    result = call(manifests=[yaml.safe_dump_all([deployment(), service()])])
    assert (result["changed"], result["verdict"], result["findings"], result["workloads"]) == (False, "proven", [], 1)
    assert not result.get("failed")


def test_check_mode_does_the_same(call: Any) -> None:
    assert call(manifests=[deployment()], _ansible_check_mode=True)["verdict"] == "proven"


@pytest.mark.parametrize(
    ("manifest", "fail_on", "failed"),
    [(WARNED, "error", False), (WARNED, "warning", True), (WARNED, "info", True), (WARNED, "never", False), (BROKEN, "error", True)],
)
def test_fail_on(call: Any, manifest: dict[str, Any], fail_on: str, failed: bool) -> None:
    result = call(manifests=[manifest, service()], fail_on=fail_on)
    assert bool(result.get("failed")) == failed
    assert len(result["findings"]) == 1
    if failed:
        finding = result["findings"][0]
        assert finding["rule"] in result["msg"]
        assert finding["link"] in result["msg"]
        assert "What to do:" in result["msg"]


def test_files_directories_and_mappings(call: Any, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(yaml.safe_dump(service()))
    (tmp_path / "b.json").write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": [scaler(2)]}))
    result = call(files=[str(tmp_path)], manifests=[BROKEN, [{"apiVersion": "v1", "kind": "Secret"}]])
    assert [finding["rule"] for finding in result["findings"]] == ["PV113"]
    assert result["findings"][0]["file"] == "<manifests[0]>"
    assert result["kinds_skipped"] == {"Secret": 1}


def test_exceptions(call: Any) -> None:
    known = {"rule": "PV125", "object": "Deployment/shop", "reason": "it is slow by nature"}
    result = call(manifests=[WARNED], fail_on="info", ignore=[known, {"rule": "PV101", "reason": "never used at all"}])
    assert result["findings"] == []
    assert [entry["reason"] for entry in result["ignored"]] == ["it is slow by nature"]
    assert result["unused_ignores"] == ["PV101: never used at all"]
    assert any("PV101: never used at all" in str(warning) for warning in result["warnings"])
    assert "reason" in call(manifests=[WARNED], ignore=[{"rule": "PV125", "reason": "no"}])["msg"]
    assert "reason" in call(manifests=[WARNED], ignore=[{"rule": "PV125"}])["msg"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({}, "nothing to audit"),
        ({"manifests": ["a: ["]}, "Where: <manifests[0]>:1"),
        ({"manifests": [{"kind": "ConfigMap", "apiVersion": "v1"}]}, "no workload"),
        ({"files": ["/nowhere.yaml"]}, "No such file"),
        ({"namespace": "x", "kubeconfig": "/nowhere"}, "no such kubeconfig"),
    ],
)
def test_what_cannot_be_audited_fails(call: Any, arguments: dict[str, Any], told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("K8S_AUTH_HOST", raising=False)
    result = call(**arguments)
    assert result["failed"] is True
    assert told in result["msg"]


def test_nothing_may_be_allowed(call: Any) -> None:
    result = call(manifests=[{"kind": "ConfigMap", "apiVersion": "v1"}], allow_empty=True)
    assert (result.get("failed"), result["verdict"]) == (None, "not_shown")


def test_a_namespace(call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    class Cluster:
        def __init__(self, *given: object) -> None:
            assert given == ("/kube", "ctx")

        def get(self, path: str, query: Any = None) -> tuple[int, bytes]:
            if path.endswith("/deployments"):
                assert query == {"labelSelector": "a=b"}
                return 200, json.dumps({"kind": "DeploymentList", "apiVersion": "apps/v1", "items": [deployment()]}).encode()
            if path.endswith("/services"):
                return 403, b'{"message": "no"}'
            return 200, b'{"kind": "List", "apiVersion": "v1", "items": []}'

    monkeypatch.setattr(probe_audit, "Api", Cluster)
    result = call(namespace="todo", label_selectors=["a=b"], kubeconfig="/kube", context="ctx")
    assert (result.get("failed"), result["verdict"]) == (None, "not_shown")
    assert any("services of namespace todo" in str(warning) for warning in result["warnings"])


def test_documentation_is_complete() -> None:
    options = yaml.safe_load(probe_audit.DOCUMENTATION)["options"]
    returned = yaml.safe_load(probe_audit.RETURN)
    made = audit([]).as_dict("error")
    assert set(returned) == set(made)
    assert all(option["description"] for option in options.values())
    for task in yaml.safe_load(probe_audit.EXAMPLES):
        assert set(task["proven.webapp.probe_audit"]) <= set(probe_audit.ARGUMENTS)

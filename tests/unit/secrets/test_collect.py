# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which Secrets go: none that anything could need."""

from __future__ import annotations

import base64
import gzip
import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ansible_collections.proven.webapp.plugins.module_utils._secrets.collect import Old, names_in, old

if TYPE_CHECKING:
    from tests.unit.secrets.conftest import Api, Project

NOW = datetime(2026, 1, 2, tzinfo=UTC)
LONG_AGO, JUST_NOW = "2026-01-01T00:00:00Z", "2026-01-01T23:30:00Z"


def secret(name: str, created: str = LONG_AGO, **more: Any) -> dict[str, Any]:
    return {"metadata": {"name": name, "creationTimestamp": created, **more}}


def test_only_what_is_old_and_nobody_mentions() -> None:
    secrets = [secret("todo-web-1"), secret("todo-web-2"), secret("todo-web-3", JUST_NOW)]
    found = old(secrets, {"todo-web-2"}, namespace="ns", now=NOW, min_age=3600)
    assert found == [Old("todo-web-1", "/api/v1/namespaces/ns/secrets/todo-web-1")]
    assert len(old(secrets, set(), namespace="ns", now=NOW, min_age=60)) == 3


def test_what_a_controller_would_make_anew_goes_by_its_source() -> None:
    owners = [{"kind": "ExternalSecret", "name": "todo-web-1"}]
    found = old([secret("todo-web-1", ownerReferences=owners)], set(), namespace="ns", now=NOW, min_age=0)
    assert found[0].path == "/apis/external-secrets.io/v1/namespaces/ns/externalsecrets/todo-web-1"


def test_names_are_found_in_any_text() -> None:
    manifest = 'envFrom:\n- secretRef:\n    name: todo-web-1\n---\nname: "todo-web-2"\\nx: todo-web-3-other'
    assert {"todo-web-1", "todo-web-2"} <= names_in([json.dumps({"manifest": manifest}), manifest])
    assert "todo-web-3" not in names_in([manifest])


COLLECT = """
- name: Collect
  hosts: all
  gather_facts: false
  tasks:
    - name: Collect
      ansible.builtin.include_role: {name: proven.webapp.secrets, tasks_from: collect.yml}
"""
PATH = "/api/v1/namespaces/todo/secrets/"


def test_a_release_keeps_its_own_and_those_of_its_history(project: Project, api: Api) -> None:
    (project.root / "site.yml").write_text(COLLECT)
    labels = {"app.kubernetes.io/name": "todo", "app.kubernetes.io/managed-by": "proven.webapp"}
    for name in ("todo-web-past", "todo-web-gone", "todo-web-pod"):
        api.objects[PATH + name] = secret(name, labels=labels)
    record = gzip.compress(json.dumps({"name": "todo", "manifest": "name: todo-web-past\n"}).encode())
    api.objects[PATH + "sh.helm.release.v1.todo.v1"] = {
        **secret("sh.helm.release.v1.todo.v1", labels={"owner": "helm", "name": "todo"}),
        "data": {"release": base64.b64encode(base64.b64encode(record)).decode()},
    }
    api.lists["/api/v1/namespaces/todo/pods"] = [{"spec": {"containers": [{"envFrom": [{"secretRef": {"name": "todo-web-pod"}}]}]}}]
    run = ("-e", f"secrets_kubeconfig={api.kubeconfig}", "-v")
    check = project.run(*run, "--check")
    assert "changed=1 " in check.text, check.text
    assert PATH + "todo-web-gone" in api.objects
    done = project.run(*run)
    assert "changed=1 " in done.text, done.text
    assert {path.rsplit("/", 1)[1] for path in api.objects} == {"todo-web-past", "todo-web-pod", "sh.helm.release.v1.todo.v1"}
    assert "changed=0 " in project.run(*run).text


def test_where_something_cannot_be_looked_at_nothing_goes(project: Project, api: Api) -> None:
    (project.root / "site.yml").write_text(COLLECT)
    labels = {"app.kubernetes.io/name": "todo", "app.kubernetes.io/managed-by": "proven.webapp"}
    api.objects[PATH + "todo-web-gone"] = secret("todo-web-gone", labels=labels)
    api.lists.pop("/apis/batch/v1/namespaces/todo/cronjobs")
    done = project.run("-e", f"secrets_kubeconfig={api.kubeconfig}", "-v")
    assert done.code == 0, done.text
    assert "changed=0 " in done.text
    assert "doesn't show /apis/batch/v1/namespaces/todo/cronjobs (status 404)" in done.flat
    assert PATH + "todo-web-gone" in api.objects
    # Nor is a cluster that is away for a moment a reason for a release to fail
    api.kubeconfig.write_text(re.sub(r"127.0.0.1:\d+", "127.0.0.1:1", api.kubeconfig.read_text()))
    away = project.run("-e", f"secrets_kubeconfig={api.kubeconfig}", "-v")
    assert away.code == 0, away.text
    assert "The cluster doesn't answer" in away.flat

# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The Secrets in the cluster: immutable, named by their content, holding what is used; and their values, which nobody reads on the way."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.proven.webapp.molecule.support import (
    Cluster,
    Run,
    ansible_playbook,
    copy_inventory,
    disguises,
    variables,
)

NAMESPACE = "molecule-secrets"
USED = {
    "backend": {"DATABASE_URL", "VAPID_PUBLIC_KEY", "LLM_API_KEY"},
    "database": {"POSTGRES_PASSWORD"},
    "digest": {"DATABASE_URL"},
    "frontend": {"DATABASE_URL", "BETTER_AUTH_SECRET"},
    "worker": {"DATABASE_URL", "VAPID_PUBLIC_KEY", "VAPID_PRIVATE_KEY"},
}


def secrets(cluster: Cluster, namespace: str) -> dict[str, dict[str, Any]]:
    """Name → Secret."""
    return {
        one["metadata"]["name"]: one for one in cluster.get("secrets", "-n", namespace, "-l", "app.kubernetes.io/managed-by=proven.webapp")
    }


def decoded(secret: dict[str, Any]) -> dict[str, str]:
    return {key: base64.b64decode(value).decode() for key, value in secret["data"].items()}


@pytest.fixture(scope="module")
def found(cluster: Cluster) -> dict[str, dict[str, Any]]:
    """What the scenario made, by component."""
    by_component = {one["metadata"]["labels"]["app.kubernetes.io/component"]: one for one in secrets(cluster, "todo").values()}
    assert set(by_component) == set(USED)
    return by_component


@pytest.mark.parametrize("component", USED)
def test_it_is_immutable(found: dict[str, dict[str, Any]], cluster: Cluster, component: str) -> None:
    name = found[component]["metadata"]["name"]
    assert found[component]["immutable"] is True
    patch = json.dumps({"data": {next(iter(USED[component])): ""}})
    said = cluster.kubectl("patch", "secret", name, "--namespace", "todo", "--patch", patch, "--dry-run=server", ok=False)
    assert "immutable" in said


@pytest.mark.parametrize("component", USED)
def test_its_name_tells_its_content(found: dict[str, dict[str, Any]], component: str) -> None:
    canonical = json.dumps(decoded(found[component]), sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(canonical.encode()).hexdigest()[:10]
    assert found[component]["metadata"]["name"] == f"todo-{component}-{digest}"


@pytest.mark.parametrize("component", USED)
def test_it_holds_what_its_component_uses_and_nothing_else(found: dict[str, dict[str, Any]], component: str) -> None:
    assert set(found[component]["data"]) == USED[component]
    assert "kubectl.kubernetes.io/last-applied-configuration" not in found[component]["metadata"].get("annotations", {})


def test_the_values_are_those_of_the_inventory(found: dict[str, dict[str, Any]]) -> None:
    password = variables()["vault_postgres_password"]
    assert decoded(found["database"]) == {"POSTGRES_PASSWORD": password}
    assert decoded(found["digest"]) == {"DATABASE_URL": f"postgresql://todo:{password}@todo-database:5432/todo"}


def test_the_namespace_is_held_to_the_restricted_standard(cluster: Cluster) -> None:
    assert cluster.get("namespace", "todo")["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


@pytest.fixture
def apply(cluster: Cluster, tmp_path: Path) -> Iterator[Callable[..., Run]]:
    """Runs the playbook on a namespace of its own, with variables changed: apply(*arguments, **variables)."""
    runs = iter(range(100))

    def run(*arguments: str, **changes: str) -> Run:
        inventory = copy_inventory(tmp_path / f"inventory-{next(runs)}", {"webapp_namespace": NAMESPACE, **changes})
        return ansible_playbook("playbooks/secrets.yml", inventory, *arguments)

    cluster.kubectl("delete", "namespace", NAMESPACE, "--ignore-not-found")
    yield run
    cluster.kubectl("delete", "namespace", NAMESPACE, "--ignore-not-found", "--wait=false")


def test_a_changed_value_is_another_secret_and_the_old_one_stays(cluster: Cluster, apply: Callable[..., Run]) -> None:
    assert apply().succeeded().recap["changed"] == 1
    before = secrets(cluster, NAMESPACE)
    new = "another-plain-test-password"
    assert apply(vault_postgres_password=new).succeeded().recap["changed"] == 1
    after = secrets(cluster, NAMESPACE)
    assert {name: after[name]["data"] for name in before} == {name: one["data"] for name, one in before.items()}
    added = [decoded(one) for name, one in after.items() if name not in before]
    assert len(added) == len(USED)
    assert all(new in one.get("DATABASE_URL", "") or new in one.get("POSTGRES_PASSWORD", "") for one in added)
    assert apply(vault_postgres_password=new).succeeded().recap["changed"] == 0
    assert secrets(cluster, NAMESPACE).keys() == after.keys()


ETCD = "/var/lib/etcd/member"


def in_etcd(cluster: Cluster, text: str) -> bool:
    """Whether the text is in etcd's files, as they are on the node's disk."""
    node = f"{cluster.context.removeprefix('kind-')}-control-plane"
    return bool(cluster.docker("exec", node, "grep", "-rlasF", "--", text, ETCD, ok=False).strip())


def test_values_are_encrypted_at_rest(cluster: Cluster) -> None:
    sentinel = "sentinel-of-what-lies-on-the-disk"
    config_map, secret = "molecule-plain", "molecule-encrypted"
    cluster.kubectl("create", "configmap", config_map, "-n", "default", f"--from-literal=KEY={sentinel}-plain")
    cluster.kubectl("create", "secret", "generic", secret, "-n", "default", f"--from-literal=KEY={sentinel}-encrypted")
    try:
        assert in_etcd(cluster, f"{sentinel}-plain"), "what isn't encrypted is found, so that this test can see"
        assert not in_etcd(cluster, f"{sentinel}-encrypted")
        encoded = cluster.get("secret", secret, "-n", "default")["data"]["KEY"]
        assert base64.b64decode(encoded).decode() == f"{sentinel}-encrypted"
        assert not in_etcd(cluster, encoded)
        assert not in_etcd(cluster, variables()["vault_postgres_password"])
        assert in_etcd(cluster, "k8s:enc:secretbox:v1:key1:")
    finally:
        cluster.kubectl("delete", "secret", secret, "-n", "default")
        cluster.kubectl("delete", "configmap", config_map, "-n", "default")


SENTINELS = {
    "vault_postgres_password": 'sentinel-"password"-of/postgres+1',
    "vault_database_url": "postgresql://todo:sentinel-of-the-url@todo-database:5432/todo",
    "vault_better_auth_secret": "sentinel-of-better-auth-32-characters-long",
}
TELLTALE = """
- name: Tell everything
  hosts: localhost
  gather_facts: false
  tasks:
    - name: Print the secrets, as they are and in base64
      ansible.builtin.debug:
        msg: "{{ told + told | map('b64encode') | list }}"
  vars:
    told: "{{ ['POSTGRES_PASSWORD', 'DATABASE_URL', 'BETTER_AUTH_SECRET'] | map('extract', webapp_secrets) | list }}"
"""


def test_no_value_is_ever_printed(apply: Callable[..., Run]) -> None:
    output = apply("-vvv", "--diff", "--check", **SENTINELS).succeeded().output
    output += (run := apply("-vvv", "--diff", **SENTINELS).succeeded()).output
    assert run.recap["changed"] == 1
    assert [form for form in disguises(SENTINELS.values()) if form in output] == []


def test_a_value_that_is_printed_is_found(tmp_path: Path) -> None:
    """The test before this one sees."""
    playbook = tmp_path / "telltale.yml"
    playbook.write_text(TELLTALE)
    output = ansible_playbook(str(playbook), copy_inventory(tmp_path / "inventory", SENTINELS), "-vvv").succeeded().output
    for value in SENTINELS.values():
        assert [form for form in disguises([value]) if form in output][1:], output


def test_bad_values_are_all_named_and_none_is_shown(apply: Callable[..., Run], cluster: Cluster) -> None:
    bad = {"vault_postgres_password": "weak-word", "vault_database_url": "mysql://sentinel-of-a-bad-url/todo"}
    run = apply(**bad)
    assert run.code != 0
    assert "POSTGRES_PASSWORD" in run.output
    assert "DATABASE_URL" in run.output
    assert "What to do:" in run.output
    assert [form for form in disguises(bad.values()) if form in run.output] == []
    assert run.recap["changed"] == 0
    assert NAMESPACE not in [one["metadata"]["name"] for one in cluster.get("namespaces")]

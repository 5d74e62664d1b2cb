# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From a cloud to a proven release, and back to nothing. The APIs are stand-ins; the cluster behind them is real, and so is all else."""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import Place

# Each cloud is a run of the whole playbook, and one more.
pytestmark = pytest.mark.slow

MAKE = {"cluster_create": True, "cluster_node_pools": [{"name": "default", "nodes": 1}]}


def test_a_cluster_is_made_used_and_deleted_at_a_stand_in(place: Place) -> None:
    cloud = place.cloud
    place.variables = {**MAKE, "cluster_region": cloud.region}

    refused = place.run("site.yml", "-e", "cluster_region=nowhere")
    assert refused.code != 0
    assert "nowhere" in refused.output
    assert cloud.lives == {}, "nothing half-made"

    dry = place.run("site.yml", "--check", "--diff").succeeded()
    assert "made the cluster" in dry.output or "node_pools" in dry.output
    assert cloud.lives == {}

    first = place.run("site.yml", "-vvv").succeeded()
    assert "is making the cluster" in first.output
    assert place.shown(first.output) == []
    assert place.mode() == 0o600
    pods = place.cluster.get("pods", "-n", place.namespace, "-l", "app.kubernetes.io/instance=cloud")
    assert [pod["status"]["phase"] for pod in pods] == ["Running"]
    assert pods[0]["spec"]["containers"][0]["image"].startswith(f"{place.cluster.registry['push']}/cloud/web@sha256:")

    # As AWX does: credentials in the environment, none in the inventory
    second = place.run("site.yml", vaulted=False, env=cloud.environment).succeeded()
    # What a proof shows may change on a busy machine
    assert set(second.changed_tasks) <= {"Record the verdict on this revision"}
    assert place.shown(second.output) == []

    unsaid = place.run("playbooks/destroy.yml", "-e", "cluster_delete=true")
    assert "its cluster in the cloud" in unsaid.output
    assert list(cloud.lives) == ["prod"]

    place.run("playbooks/destroy.yml", "-e", "destroy_confirmed=true", "-e", "cluster_delete=true").succeeded()
    assert cloud.lives == {}
    assert place.cluster.helm("list", "-q", "-n", place.namespace).split() == []
    assert not place.kubeconfig.exists()


def test_a_cluster_of_somebody_elses_keeps_all_it_has(place: Place) -> None:
    place.cloud.have("prod")
    place.cluster.kubectl("create", "namespace", place.namespace, ok=False)
    answer = place.run("playbooks/destroy.yml", "-e", "destroy_confirmed=true", "-e", "cluster_delete=true")
    assert answer.code != 0
    assert "wasn't made by this collection, and stays" in answer.output
    assert list(place.cloud.lives) == ["prod"]


HANDED = """
- hosts: localhost
  gather_facts: false
  roles:
    - proven.webapp.cluster
  tasks:
    - ansible.builtin.assert:
        that:
          - cluster_registry.push == cluster_push_registry
          - images_registry_username | length > 0
          - images_registry_password | length > 0
          - images_pull_secret == ''
          - images_pull_secrets == ([ACCOUNTS] if cluster_provider == 'doks' else [])
          - cluster_present
    - ansible.builtin.debug:
        msg: "{{ images_registry_password if shows | default(false) | bool else 'kept' }}"
"""


def test_the_login_of_the_clouds_registry_is_handed_on_and_never_shown(
    place: Place, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Positive control: a task that shows the password is caught."""
    place.cloud.have("prod")
    place.variables = {"cluster_push_registry": place.cloud.registry}
    playbook = tmp_path / "handed.yml"
    account = ("patch", "serviceaccount", "default", "-n", "default", "--type=merge", "-p")
    # As DigitalOcean's own controller does
    place.cluster.kubectl(*account, '{"imagePullSecrets": [{"name": "acme"}]}')
    request.addfinalizer(lambda: place.cluster.kubectl(*account, '{"imagePullSecrets": null}'))
    playbook.write_text(HANDED.replace("ACCOUNTS", "'acme'"))
    assert place.shown(place.run(str(playbook), "-vvv").succeeded().output) == []
    assert place.shown(place.run(str(playbook), "-e", "shows=true").succeeded().output) != []

# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Other people's applications, described by nothing but an inventory: built, released and proven."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.proven.webapp.molecule.support import ROOT, Run, ansible_playbook, until

from .site import Site

# Three applications are built, deployed and proven.
pytestmark = pytest.mark.slow

EXAMPLES = ROOT / "examples"
KINDS = (
    "deployments,statefulsets,cronjobs,services,configmaps,networkpolicies,horizontalpodautoscalers,poddisruptionbudgets,serviceaccounts"
)


def test_an_inventory_is_short() -> None:
    for example in sorted(path for path in EXAMPLES.iterdir() if path.is_dir()):
        lines = sum(len(file.read_text().splitlines()) for file in (example / "inventory").rglob("*.yml"))
        assert lines <= 60, example


Released = Callable[[str], Site]


@pytest.fixture(scope="module")
def released(sites: Callable[[str], Site]) -> Released:
    known: dict[str, Site] = {}

    def release(name: str) -> Site:
        if name not in known:
            site = sites(name)
            run(site, "site.yml", name).succeeded()
            known[name] = site
        return known[name]

    return release


def run(site: Site, playbook: str, example: str, **more: Any) -> Run:
    """A playbook with the example's own inventory, on the tests' cluster."""
    changes = site.folder / f"{playbook.replace('/', '-')}.yml"
    changes.write_text(yaml.safe_dump({**site.place(), **more}))
    return ansible_playbook(playbook, EXAMPLES / example / "inventory", "-e", f"@{changes}")


def test_podinfo(released: Released) -> None:
    site = released("podinfo")
    assert json.loads(site.asks("podinfo-frontend:http", "api/info"))["message"] == "Hello from the frontend"
    assert "go_goroutines" in site.asks("podinfo-backend:metrics", "metrics")


def test_queue(released: Released) -> None:
    site = released("queue")
    site.kubectl("create", "job", "--from=cronjob/queue-hourly", "now")
    site.kubectl("wait", "--for=condition=complete", "job/now", "--timeout=90s")
    worker = site.get("pods", "-l", "app.kubernetes.io/component=worker")[0]["metadata"]["name"]
    asked = (
        "from redis import Redis; from rq import Queue; q = Queue(connection=Redis('queue-redis')); print(q.finished_job_registry.count)"
    )
    assert until(lambda: site.kubectl("exec", worker, "--", "python3", "-c", asked).strip() == "1", 60)
    assert "RQ dashboard" in site.asks("queue-dashboard:http")


def test_static(released: Released) -> None:
    assert "It is up and proven" in released("static").asks("static-site:http")


def test_an_inventory_that_init_wrote_is_released_and_proven(sites: Callable[[str], Site], tmp_path: Path) -> None:
    """For a folder with a Dockerfile, podinfo's."""
    site, dest = sites("init"), tmp_path / "inventory"
    answers = {"name": "shop", "context": "examples/podinfo", "port": "9898", "liveness": "/healthz", "readiness": "/readyz", "secrets": ""}
    given = {f"init_{key}": value for key, value in answers.items()} | {"init_dest": str(dest)}
    ansible_playbook("playbooks/init.yml", Path("localhost,"), "-e", json.dumps(given)).succeeded()
    # The tests' cluster hands on no such port of its node.
    file = dest / "group_vars/all/webapp.yml"
    written = yaml.safe_load(file.read_text())
    assert written["webapp_components"]["web"].pop("expose")["node_port"] == 30090
    file.write_text(yaml.safe_dump(written))
    (dest / "group_vars/all/zz_place.yml").write_text(yaml.safe_dump(site.place()))
    assert "up and proven" in ansible_playbook("site.yml", dest).succeeded().output
    assert "hostname" in json.loads(site.asks("shop-web:http", "api/info"))


def test_rendered_manifests_are_what_helm_installs_and_are_proven(released: Released, sites: Callable[[str], Site], tmp_path: Path) -> None:
    helm, plain = released("queue"), sites("queue-plain")
    # The rendered names are the release's, whatever the namespace.
    run(plain, "playbooks/render.yml", "queue", render_dest=str(tmp_path)).succeeded()
    assert "kind: Secret" not in "".join(file.read_text() for file in tmp_path.rglob("*.yaml"))
    again = run(plain, "playbooks/render.yml", "queue", render_dest=str(tmp_path)).succeeded()
    assert again.recap["changed"] == 0, again.changed_tasks
    # Each component alone, with what it shares with the others.
    for name in ("redis", "dashboard", "worker", "hourly"):
        plain.cluster.kubectl("apply", "-k", str(tmp_path / name))
        assert sum(f"/queue-{name}" in key for key in objects(plain)) == sum(f"/queue-{name}" in key for key in objects(helm)) > 0
    assert objects(plain) == objects(helm)
    # All of it together changes nothing that is there.
    plain.cluster.kubectl("apply", "-k", str(tmp_path))
    assert objects(plain) == objects(helm)
    plain.kubectl("rollout", "status", "deployment/queue-dashboard", "--timeout=120s")
    assert "up and proven" in run(plain, "playbooks/verify.yml", "queue").succeeded().output


def objects(site: Site) -> dict[str, Any]:
    """What a release holds, without what the cluster and its tools add."""
    found = {}
    for item in site.get(KINDS, "-l", "app.kubernetes.io/instance=queue"):
        spec = item.get("spec", {})
        for key in ("clusterIP", "clusterIPs"):
            if spec.get(key) != "None":
                spec.pop(key, None)
        annotations = item["metadata"].get("annotations", {})
        kept = {key: value for key, value in annotations.items() if key.startswith("proven.webapp/")}
        found[f"{item['kind']}/{item['metadata']['name']}"] = [item["metadata"]["labels"], kept, spec, item.get("data")]
    return found

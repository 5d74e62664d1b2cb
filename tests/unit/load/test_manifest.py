# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The pod that sends."""

from __future__ import annotations

from typing import Any

from ansible_collections.proven.webapp.tests.load.image.load.model import TOKENS_PORT, Order
from ansible_collections.proven.webapp.tests.load.manifest import pod, pod_with_frontend

LABELS = {"app.kubernetes.io/component": "frontend", "proven.webapp/track": "live"}
FRONTEND: dict[str, Any] = {
    "spec": {
        "template": {
            "metadata": {"labels": LABELS},
            "spec": {
                "containers": [
                    {
                        "name": "frontend",
                        "image": "frontend@sha256:1",
                        "ports": [{"name": "http", "containerPort": 3000}],
                        "env": [{"name": "BACKEND_URL", "value": "http://real:8000"}, {"name": "A", "value": "1"}],
                        "envFrom": [{"configMapRef": {"name": "todo-frontend-env"}}],
                        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],
                        "readinessProbe": {"httpGet": {"path": "/", "port": "http"}},
                    }
                ],
                "volumes": [{"name": "tmp", "emptyDir": {}}],
            },
        }
    }
}


def test_it_sends_what_is_ordered_and_ends() -> None:
    order = Order("http://todo-frontend:3000", users=3, seconds=10)
    made = pod("load-1", "load@sha256:2", order)
    (container,) = made["spec"]["containers"]
    assert Order.of(container["env"][0]["value"]) == order
    assert made["spec"]["restartPolicy"] == "Never"
    assert made["spec"]["activeDeadlineSeconds"] > order.seconds


def test_the_frontend_beside_it_makes_tokens_and_nothing_leads_to_it() -> None:
    made = pod_with_frontend("load-1", "load@sha256:2", Order("http://todo-frontend:3000", "http://todo-backend:8000"), FRONTEND)
    (beside,) = made["spec"]["initContainers"]
    (container,) = made["spec"]["containers"]
    assert Order.of(container["env"][0]["value"]).url == "http://127.0.0.1:3000"
    assert Order.of(container["env"][0]["value"]).backend == "http://todo-backend:8000"
    assert made["metadata"]["labels"] == {**LABELS, "proven.webapp/track": "load"}
    assert beside["env"] == [{"name": "A", "value": "1"}, {"name": "BACKEND_URL", "value": f"http://127.0.0.1:{TOKENS_PORT}"}]
    assert (beside["envFrom"], beside["restartPolicy"]) == ([{"configMapRef": {"name": "todo-frontend-env"}}], "Always")
    assert "readinessProbe" not in beside
    assert {volume["name"] for volume in made["spec"]["volumes"]} == {"load-tmp", "tmp"}
    assert FRONTEND["spec"]["template"]["spec"]["containers"][0]["env"][0]["value"] == "http://real:8000"

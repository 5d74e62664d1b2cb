# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The collection's own audit of what the chart makes of the shipped inventory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from ansible_collections.proven.webapp.plugins.module_utils._audit.documents import Document
from ansible_collections.proven.webapp.plugins.module_utils._audit.engine import audit
from ansible_collections.proven.webapp.plugins.module_utils._spec.app import read_app
from ansible_collections.proven.webapp.plugins.module_utils._spec.options import APP
from ansible_collections.proven.webapp.plugins.module_utils._spec.values import chart_values

from .conftest import DIGEST, IMAGE, Render

ROOT = Path(__file__).parents[3]


def shipped() -> dict[str, Any]:
    """The components of the dev inventory, as the chart takes them."""
    inventory = yaml.safe_load((ROOT / "inventories/dev/group_vars/all/webapp.yml").read_text())
    given = {name: inventory[f"webapp_{name}"] for name in ("name", "namespace", "components", *APP) if f"webapp_{name}" in inventory}
    app = read_app({**given, "secrets": list(inventory["webapp_secrets"])}, project_dir=ROOT, variables=[])
    names = {name: f"todo-{name}-0" for name, component in app.components.items() if component.secrets}
    return dict(chart_values(app, images=dict.fromkeys(app.components, IMAGE), secret_names=names, chart_digest=DIGEST)["components"])


def test_nothing_shipped_breaks_a_rule_that_hurts(render: Render) -> None:
    report = audit([Document(item) for item in render(shipped())])
    assert [f"{item.rule.id} {item.place}: {item.what}" for item in report.findings if item.severity != "info"] == []


def test_the_audit_would_see_it(render: Render) -> None:
    components = shipped()
    components["backend"]["probes"]["liveness"] = components["backend"]["probes"]["readiness"]
    assert [item.rule.id for item in audit([Document(item) for item in render(components)]).findings if item.severity != "info"]

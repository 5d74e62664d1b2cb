# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Applications that the chart is tried with: what is shipped, the examples, one that uses every option, and any number of made-up ones."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.proven.webapp.plugins.module_utils._spec.app import read_app
from ansible_collections.proven.webapp.plugins.module_utils._spec.faults import SpecError
from ansible_collections.proven.webapp.plugins.module_utils._spec.options import APP, COMPONENT, KINDS_OF
from ansible_collections.proven.webapp.plugins.module_utils._spec.values import chart_values
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

ROOT = Path(__file__).resolve().parents[2]
DIGEST = "sha256:" + "0" * 64
EVERYTHING: dict[str, Any] = yaml.safe_load((ROOT / "tests/unit/chart/everything.yaml").read_text())
"""Uses every option; a unit test sees to that."""
API = EVERYTHING["components"]["api"]
BASE: dict[str, dict[str, Any]] = {
    "web": {key: API[key] for key in ("image", "ports", "probes", "resources")},
    "worker": {"kind": "worker", "image": API["image"], "ports": API["ports"]},
    "cron": EVERYTHING["components"]["nightly"] | {"network": {}},
    "job": {"kind": "job", "image": API["image"]},
}
MORE = {key: API[key] for key in (*COMPONENT, "init", "sidecars", "files", "env", "writable", "migrate", "test", "rollout") if key in API}


def inventory(folder: Path) -> dict[str, Any]:
    """What an inventory says of its application; templates stay templates."""
    said = yaml.safe_load((folder / "group_vars/all/webapp.yml").read_text())
    keys = ("name", "namespace", "components", *APP)
    return {key: said[f"webapp_{key}"] for key in keys if f"webapp_{key}" in said} | {"secrets": list(said.get("webapp_secrets") or ())}


def written() -> dict[str, dict[str, Any]]:
    """Name → application, of those that somebody has written."""
    folders = [ROOT / "inventories/dev", *sorted(path.parent for path in ROOT.glob("examples/*/inventory/hosts.yml"))]
    return {"everything": EVERYTHING} | {str(folder.relative_to(ROOT)): inventory(folder) for folder in folders}


@st.composite
def components(draw: st.DrawFn) -> dict[str, Any]:
    """One of a kind, with some of all options that kinds of its like have."""
    kind = draw(st.sampled_from(sorted(BASE)))
    fitting = sorted(key for key in MORE if kind in KINDS_OF.get(key, (kind,)))
    chosen = draw(st.sets(st.sampled_from(fitting), max_size=8))
    found = {**BASE[kind], **{key: MORE[key] for key in chosen}, "secrets": ["DATABASE_URL", "TLS_KEY", "TOKEN"]}
    if kind == "web" and draw(st.booleans()) and "autoscale" not in chosen:
        found["replicas"] = draw(st.integers(0, 4))
    return found


def application(component: dict[str, Any], isolated: bool) -> dict[str, Any]:
    """One with that component beside a database."""
    network = {**EVERYTHING["network"], "isolate": isolated}
    return {**EVERYTHING, "network": network, "components": {"it": component, "database": EVERYTHING["components"]["database"]}}


@cache
def made_up(number: int) -> tuple[dict[str, Any], ...]:
    """Applications that the reader lets through, the same ones each time."""
    found: list[dict[str, Any]] = []

    @settings(
        max_examples=number, deadline=None, derandomize=True, database=None, phases=[Phase.generate], suppress_health_check=HealthCheck
    )
    @given(component=components(), isolated=st.booleans())
    def collect(component: dict[str, Any], isolated: bool) -> None:
        app = application(component, isolated)
        try:
            read_app(app)
        except SpecError:
            # Such as a budget for a single pod.
            return
        found.append(app)

    collect()
    return tuple(found)


def values_of(given_app: dict[str, Any]) -> dict[str, Any]:
    """The chart's values."""
    app = read_app(given_app, project_dir=ROOT, variables=[])
    names = {name: f"{name}-1" for name in app.components}
    images = {name: f"registry.example/{name}@{DIGEST}" for name in app.components}
    return chart_values(app, images=images, secret_names=names, chart_digest=DIGEST, pull_secrets=["registry"])

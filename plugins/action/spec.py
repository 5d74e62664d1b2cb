# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs the spec "module" on the controller: it only reads what the inventory says and the project's files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from ansible_collections.proven.webapp.plugins.module_utils._spec.app import read_app
from ansible_collections.proven.webapp.plugins.module_utils._spec.component import least
from ansible_collections.proven.webapp.plugins.module_utils._spec.digest import chart_digest
from ansible_collections.proven.webapp.plugins.module_utils._spec.model import App, normal
from ansible_collections.proven.webapp.plugins.module_utils._spec.options import APP, LONG_RUNNING
from ansible_collections.proven.webapp.plugins.module_utils._spec.values import chart_values
from ansible_collections.proven.webapp.plugins.plugin_utils.controller import ControllerAction


class ActionModule(ControllerAction):
    """Validates and normalises the inventory's webapp_*; makes the chart's values when asked to."""

    ARGUMENTS: ClassVar[dict[str, Any]] = {
        "app": {
            "type": "dict",
            "required": True,
            "options": {
                "name": {"type": "raw"},
                "namespace": {"type": "raw"},
                "components": {"type": "raw"},
                "secrets": {"type": "raw"},
                **{key: {"type": "raw"} for key in APP},
            },
        },
        "project_dir": {"type": "path"},
        "values": {
            "type": "dict",
            "options": {
                "images": {"type": "dict", "required": True},
                "secret_names": {"type": "dict", "default": {}},
                "pull_secrets": {"type": "list", "elements": "str", "default": []},
                "chart": {"type": "path", "required": True},
            },
        },
    }

    def work(self, args: dict[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
        wanted = args["values"]
        project_dir = Path(args["project_dir"]).absolute() if args["project_dir"] else None
        ours = [] if wanted else [name for name in variables if name.startswith("webapp_")]
        app = read_app(args["app"], project_dir=project_dir, variables=ours)
        result: dict[str, Any] = {"spec": normal(app), "builds": _builds(app, project_dir), "images": _images(app)}
        result["port_mappings"] = _port_mappings(app)
        result["replicas"] = {name: least(item) for name, item in app.components.items() if item.kind in LONG_RUNNING}
        if wanted:
            result["values"] = chart_values(
                app,
                images=wanted["images"],
                secret_names=wanted["secret_names"],
                chart_digest=chart_digest(Path(wanted["chart"])),
                pull_secrets=wanted["pull_secrets"],
            )
        return result


def _builds(app: App, project_dir: Path | None) -> dict[str, Mapping[str, Any]]:
    """What is to be built, by component."""
    return {
        name: {
            "context": str((project_dir or Path()) / component.build.context),
            "dockerfile": component.build.dockerfile,
            "target": component.build.target,
            "args": dict(component.build.args),
        }
        for name, component in app.components.items()
        if component.build
    }


def _images(app: App) -> dict[str, str]:
    """Images that the inventory names itself, by component."""
    return {name: component.image for name, component in app.components.items() if component.image}


def _port_mappings(app: App) -> list[dict[str, int]]:
    """Ports of the node that components are reached at, as a cluster on this machine takes them."""
    ports = [component.expose.node_port for component in app.components.values() if component.expose.type == "NodePort"]
    return [{"node_port": port} for port in ports if port is not None]

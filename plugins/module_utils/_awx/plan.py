# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a description asks for, object by object: a job template for each environment, its survey, workflows and schedules by full names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._awx import survey
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError

TEMPLATE_KEYS = frozenset(
    {
        "name",
        "playbook",
        "description",
        "environments",
        "survey",
        "job_type",
        "timeout",
        "verbosity",
        "diff_mode",
        "extra_vars",
        "credentials",
        "notify",
    }
)
ENVIRONMENT_KEYS = frozenset({"inventory", "credentials"})
WORKFLOW_KEYS = frozenset({"name", "description", "survey", "nodes", "notify"})
NODE_KEYS = frozenset({"id", "template", "environment", "approve", "success", "failure", "always"})
SCHEDULE_KEYS = frozenset({"name", "description", "template", "environment", "workflow", "rrule", "extra_data", "enabled"})
LINKS = ("success", "failure", "always")
_RRULE = re.compile(r"DTSTART(;TZID=[A-Za-z_/+-]+[A-Za-z0-9_/+-]*)?:\d{8}T\d{6}Z? RRULE:(?=.*FREQ=)(?=.*INTERVAL=\d+)[A-Z0-9=,;]+\Z")
"""What AWX takes, which wants the interval said."""

Entries = Sequence[Mapping[str, Any]]


class Plan:
    """A description, checked.

    :param application: begins the name of every template.
    :raises ProvenError: all that is wrong with it.
    """

    def __init__(
        self, application: str, environments: Mapping[str, Any], templates: Entries, workflows: Entries, schedules: Entries
    ) -> None:
        self.application = application
        self.environments = environments
        self._templates = templates
        self._workflows = workflows
        self._schedules = schedules
        found = list(self._faults())
        if found:
            count = "1 fault" if len(found) == 1 else f"{len(found)} faults"
            raise ProvenError(
                f"The description of what AWX is to hold has {count}; nothing was changed.\n"
                + "\n".join(f"  {where}: {what}" for where, what in found)
            )

    def name(self, template: str, environment: str) -> str:
        """Of a job template in AWX."""
        return " ".join(filter(None, (self.application, environment, template)))

    def templates(self) -> list[dict[str, Any]]:
        """All job templates, each with its environment's inventory and credentials."""
        return [self._template(entry, name) for entry in self._templates for name in self._of(entry)]

    def workflows(self) -> list[dict[str, Any]]:
        return [
            {
                "name": entry["name"],
                "description": entry.get("description", ""),
                "survey": survey.survey(entry["name"], entry.get("survey") or []),
                "notify": entry.get("notify") or {},
                "nodes": [
                    {
                        "id": node["id"],
                        "template": self.name(node["template"], node.get("environment", "")) if "template" in node else "",
                        "approve": node.get("approve") or {},
                        **{link: list(node.get(link) or []) for link in LINKS},
                    }
                    for node in entry["nodes"]
                ],
            }
            for entry in self._workflows
        ]

    def schedules(self) -> list[dict[str, Any]]:
        return [
            {
                "name": entry["name"],
                "description": entry.get("description", ""),
                "template": entry.get("workflow") or self.name(entry.get("template", ""), entry.get("environment", "")),
                "rrule": entry["rrule"],
                "extra_data": dict(entry.get("extra_data") or {}),
                "enabled": bool(entry.get("enabled", True)),
            }
            for entry in self._schedules
        ]

    def _template(self, entry: Mapping[str, Any], environment: str) -> dict[str, Any]:
        place = self.environments[environment]
        return {
            "name": self.name(entry["name"], environment),
            "description": entry.get("description", ""),
            "playbook": entry["playbook"],
            "inventory": place["inventory"],
            "credentials": [*(place.get("credentials") or []), *(entry.get("credentials") or [])],
            "job_type": entry.get("job_type", "run"),
            "timeout": entry.get("timeout", 0),
            "verbosity": entry.get("verbosity", 0),
            "diff_mode": bool(entry.get("diff_mode", False)),
            "extra_vars": dict(entry.get("extra_vars") or {}),
            "survey": survey.survey(entry["name"], entry.get("survey") or []),
            "notify": entry.get("notify") or {},
        }

    def _of(self, entry: Mapping[str, Any]) -> list[str]:
        """The environments of a template: all, unless it names some."""
        return list(entry.get("environments") or self.environments)

    # --- what is wrong with it

    def _faults(self) -> Iterator[tuple[str, str]]:
        for name, place in self.environments.items():
            where = f"awx_environments.{name}"
            if not isinstance(place, Mapping) or not place.get("inventory"):
                yield where, "names no inventory"
            else:
                yield from _unknown(where, place, ENVIRONMENT_KEYS)
        known = {self.name(entry.get("name", ""), name) for entry in self._templates for name in self._of(entry)}
        yield from _named("awx_job_templates", self._templates)
        for index, entry in enumerate(self._templates):
            where = f"awx_job_templates[{index}]"
            yield from _unknown(where, entry, TEMPLATE_KEYS)
            if not entry.get("playbook"):
                yield f"{where}.playbook", "must be a playbook of the project"
            for name in self._of(entry):
                if name not in self.environments:
                    yield f"{where}.environments", f"there is no {name}"
            yield from ((f"{where}.survey{place}", what) for place, what in survey.faults(entry.get("survey") or []))
        yield from _named("awx_workflows", self._workflows)
        for index, entry in enumerate(self._workflows):
            where = f"awx_workflows[{index}]"
            yield from _unknown(where, entry, WORKFLOW_KEYS)
            yield from ((f"{where}.survey{place}", what) for place, what in survey.faults(entry.get("survey") or []))
            yield from ((f"{where}.nodes{place}", what) for place, what in self._node_faults(entry.get("nodes") or [], known))
        yield from _named("awx_schedules", self._schedules)
        flows = {entry.get("name") for entry in self._workflows}
        for index, entry in enumerate(self._schedules):
            where = f"awx_schedules[{index}]"
            yield from _unknown(where, entry, SCHEDULE_KEYS)
            if "workflow" in entry:
                if entry["workflow"] not in flows:
                    yield f"{where}.workflow", f"there is no {entry['workflow']}"
            elif self.name(entry.get("template", ""), entry.get("environment", "")) not in known:
                yield f"{where}.template", "there is no such template in that environment"
            if not _RRULE.match(str(entry.get("rrule", ""))):
                yield f"{where}.rrule", "must be like DTSTART;TZID=Etc/UTC:20260101T020000 RRULE:FREQ=DAILY;INTERVAL=1"

    def _node_faults(self, nodes: Entries, known: set[str]) -> Iterator[tuple[str, str]]:
        ids = [node.get("id") for node in nodes]
        for index, node in enumerate(nodes):
            where = f"[{index}]"
            yield from _unknown(where, node, NODE_KEYS)
            if not node.get("id") or ids.count(node["id"]) > 1:
                yield f"{where}.id", "must be a name that no other node has"
            if ("template" in node) == ("approve" in node):
                yield where, "must have either a template or an approval"
            elif "template" in node and self.name(node["template"], node.get("environment", "")) not in known:
                yield f"{where}.template", "there is no such template in that environment"
            elif "approve" in node and not (node["approve"] or {}).get("name"):
                yield f"{where}.approve.name", "must be what is asked"
            for link in LINKS:
                for other in node.get(link) or []:
                    if other not in ids:
                        yield f"{where}.{link}", f"there is no node {other}"
        loop = _loop({str(node.get("id")): [str(other) for link in LINKS for other in node.get(link) or []] for node in nodes})
        if loop:
            yield "", f"go round in a circle: {' → '.join(loop)}"


def _unknown(where: str, entry: Mapping[str, Any], known: frozenset[str]) -> Iterator[tuple[str, str]]:
    for key in sorted(map(str, entry.keys() - known)):
        yield f"{where}.{key}", "unknown key"


def _named(where: str, entries: Entries) -> Iterator[tuple[str, str]]:
    names = [entry.get("name") for entry in entries]
    for index, name in enumerate(names):
        if not name or not isinstance(name, str):
            yield f"{where}[{index}].name", "must be a text"
        elif name in names[:index]:
            yield f"{where}[{index}].name", f"{name} is there already"


def _loop(leads: Mapping[str, Sequence[str]]) -> list[str]:
    """Nodes that lead back to the first of them; empty where there are none."""

    def walk(node: str, way: list[str]) -> list[str]:
        if node in way:
            return [*way[way.index(node) :], node]
        for other in leads.get(node, ()):
            if found := walk(other, [*way, node]):
                return found
        return []

    return next((found for node in leads if (found := walk(node, []))), [])

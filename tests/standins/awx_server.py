"""A stand-in for the API of AWX 24.6.1, in one process, without a database: what the modules of awx.awx and awxkit ask of it.

It follows the schema that AWX publishes (its serializers and models): fields with their kinds and defaults, what is required, what belongs
to what, what is refused and in which words, what is shown of secrets, that a job template wants a playbook of a fetched project, and which
answers a survey takes. The managed credential types are AWX's own, by its package awx-plugins-core. Nothing is ever run by it.
"""

from __future__ import annotations

import base64
import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from awx_plugins.credentials import plugins as managed

TOKEN = "standin-token-3fB7"
USER, PASSWORD = "admin", "standin-password-9Lk2"
ENCRYPTED = "$encrypted$"
VERSION = "24.6.1"


class Refused(Exception):
    """An answer that isn't a success."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(status)
        self.status, self.body = status, body


@dataclass(frozen=True)
class Of:
    """A field.

    :ivar kind: type of its value; None is anything.
    :ivar to: plural of what it refers to by number.
    """

    default: Any = ""
    kind: type | tuple[type, ...] | None = str
    required: bool = False
    choices: tuple[Any, ...] = ()
    to: str = ""
    read_only: bool = False


def refers(to: str, required: bool = False) -> Of:
    return Of(None, int, required, (), to)


NAMED = {"name": Of(required=True), "description": Of()}
FLAG = Of(False, bool)
NUMBER = Of(0, int)
PROMPTS = {
    f"ask_{what}_on_launch": FLAG
    for what in (
        *("scm_branch", "diff_mode", "variables", "limit", "tags", "skip_tags", "job_type", "verbosity", "inventory", "credential"),
        *("execution_environment", "labels", "forks", "job_slice_count", "timeout", "instance_groups"),
    )
}
NOTIFIED = ("notification_templates_started", "notification_templates_success", "notification_templates_error")


@dataclass(frozen=True)
class Kind:
    """:ivar type: what objects of it call themselves.
    :ivar links: lists of others that objects have: name → plural.
    :ivar unique: fields that together name one of them.
    """

    type: str
    fields: Mapping[str, Of]
    links: Mapping[str, str] = field(default_factory=dict)
    unique: tuple[str, ...] = ("name", "organization")
    unified: bool = False


PROMPTED = {
    "extra_data": Of({}, dict),
    "inventory": refers("inventories"),
    "scm_branch": Of(None),
    "job_type": Of(None),
    "job_tags": Of(None),
    "skip_tags": Of(None),
    "limit": Of(None),
    "diff_mode": Of(None, bool),
    "verbosity": Of(None, int),
    "execution_environment": refers("execution_environments"),
    "forks": Of(None, int),
    "job_slice_count": Of(None, int),
    "timeout": Of(None, int),
}
"""What a launch may be asked for, as nodes and schedules keep it."""

KINDS: dict[str, Kind] = {
    "organizations": Kind(
        "organization",
        {**NAMED, "max_hosts": NUMBER, "custom_virtualenv": Of(None), "default_environment": refers("execution_environments")},
        {**dict.fromkeys((*NOTIFIED, "notification_templates_approvals"), "notification_templates"), "galaxy_credentials": "credentials"},
        ("name",),
    ),
    "execution_environments": Kind(
        "execution_environment",
        {
            **NAMED,
            "organization": refers("organizations"),
            "image": Of(required=True),
            "managed": Of(False, bool, read_only=True),
            "credential": refers("credentials"),
            "pull": Of("", choices=("always", "missing", "never", "")),
        },
        unique=("name",),
    ),
    "credential_types": Kind(
        "credential_type",
        {
            **NAMED,
            "kind": Of(required=True, choices=("net", "cloud")),
            "namespace": Of(None, read_only=True),
            "managed": Of(False, bool, read_only=True),
            "inputs": Of({}, dict),
            "injectors": Of({}, dict),
        },
        unique=("name", "kind"),
    ),
    "credentials": Kind(
        "credential",
        {
            **NAMED,
            "organization": refers("organizations"),
            "credential_type": refers("credential_types", required=True),
            "managed": Of(False, bool, read_only=True),
            "inputs": Of({}, dict),
        },
        unique=("name", "organization", "credential_type"),
    ),
    "projects": Kind(
        "project",
        {
            **NAMED,
            "organization": refers("organizations"),
            "local_path": Of(),
            "scm_type": Of("", choices=("", "git", "svn", "insights", "archive")),
            "scm_url": Of(),
            "scm_branch": Of(),
            "scm_refspec": Of(),
            "scm_clean": FLAG,
            "scm_track_submodules": FLAG,
            "scm_delete_on_update": FLAG,
            "credential": refers("credentials"),
            "timeout": NUMBER,
            "scm_revision": Of("", read_only=True),
            "status": Of("never updated", read_only=True),
            "scm_update_on_launch": FLAG,
            "scm_update_cache_timeout": NUMBER,
            "allow_override": FLAG,
            "custom_virtualenv": Of(None),
            "default_environment": refers("execution_environments"),
            "signature_validation_credential": refers("credentials"),
        },
        dict.fromkeys(NOTIFIED, "notification_templates"),
        unified=True,
    ),
    "inventories": Kind(
        "inventory",
        {
            **NAMED,
            "organization": refers("organizations", required=True),
            "kind": Of("", choices=("", "smart", "constructed")),
            "host_filter": Of(None),
            "variables": Of(),
            "prevent_instance_group_fallback": FLAG,
        },
    ),
    "inventory_sources": Kind(
        "inventory_source",
        {
            **NAMED,
            "source": Of(None, choices=("file", "constructed", "scm", "ec2", "gce", "azure_rm", "controller")),
            "source_path": Of(),
            "source_vars": Of(),
            "scm_branch": Of(),
            "credential": refers("credentials"),
            "enabled_var": Of(),
            "enabled_value": Of(),
            "host_filter": Of(),
            "overwrite": FLAG,
            "overwrite_vars": FLAG,
            "custom_virtualenv": Of(None),
            "timeout": NUMBER,
            "verbosity": Of(1, int, choices=(0, 1, 2)),
            "limit": Of(),
            "execution_environment": refers("execution_environments"),
            "inventory": refers("inventories", required=True),
            "update_on_launch": FLAG,
            "update_cache_timeout": NUMBER,
            "source_project": refers("projects"),
        },
        dict.fromkeys(NOTIFIED, "notification_templates"),
        ("name", "inventory"),
        unified=True,
    ),
    "notification_templates": Kind(
        "notification_template",
        {
            **NAMED,
            "organization": refers("organizations", required=True),
            "notification_type": Of(
                required=True, choices=("email", "slack", "webhook", "mattermost", "rocketchat", "irc", "grafana", "pagerduty", "twilio")
            ),
            "notification_configuration": Of({}, dict, required=True),
            "messages": Of(None, dict),
        },
    ),
    "job_templates": Kind(
        "job_template",
        {
            **NAMED,
            "job_type": Of("run", choices=("run", "check")),
            "inventory": refers("inventories"),
            "project": refers("projects"),
            "playbook": Of(),
            "scm_branch": Of(),
            "forks": NUMBER,
            "limit": Of(),
            "verbosity": Of(0, int, choices=(0, 1, 2, 3, 4, 5)),
            "extra_vars": Of(),
            "job_tags": Of(),
            "force_handlers": FLAG,
            "skip_tags": Of(),
            "start_at_task": Of(),
            "timeout": NUMBER,
            "use_fact_cache": FLAG,
            "organization": Of(None, int, to="organizations", read_only=True),
            "execution_environment": refers("execution_environments"),
            "host_config_key": Of(),
            **PROMPTS,
            "survey_enabled": FLAG,
            "become_enabled": FLAG,
            "diff_mode": FLAG,
            "allow_simultaneous": FLAG,
            "custom_virtualenv": Of(None),
            "job_slice_count": Of(1, int),
            "webhook_service": Of("", choices=("", "github", "gitlab")),
            "webhook_credential": refers("credentials"),
            "prevent_instance_group_fallback": FLAG,
        },
        {
            **dict.fromkeys(NOTIFIED, "notification_templates"),
            "credentials": "credentials",
            "labels": "labels",
            "instance_groups": "instance_groups",
        },
        unified=True,
    ),
    "workflow_job_templates": Kind(
        "workflow_job_template",
        {
            **NAMED,
            "extra_vars": Of(),
            "organization": refers("organizations"),
            "survey_enabled": FLAG,
            "allow_simultaneous": FLAG,
            **PROMPTS,
            "inventory": refers("inventories"),
            "limit": Of(None),
            "scm_branch": Of(None),
            "webhook_service": Of("", choices=("", "github", "gitlab")),
            "webhook_credential": refers("credentials"),
            "job_tags": Of(None),
            "skip_tags": Of(None),
        },
        {**dict.fromkeys((*NOTIFIED, "notification_templates_approvals"), "notification_templates"), "labels": "labels"},
        unified=True,
    ),
    "workflow_approval_templates": Kind("workflow_approval_template", {**NAMED, "timeout": NUMBER}, unique=()),
    "workflow_job_template_nodes": Kind(
        "workflow_job_template_node",
        {
            **PROMPTED,
            "workflow_job_template": refers("workflow_job_templates", required=True),
            "unified_job_template": Of(None, int, to="unified_job_templates"),
            "all_parents_must_converge": FLAG,
            "identifier": Of(),
        },
        {
            **dict.fromkeys(("success_nodes", "failure_nodes", "always_nodes"), "workflow_job_template_nodes"),
            **{"credentials": "credentials", "labels": "labels", "instance_groups": "instance_groups"},
        },
        ("identifier", "workflow_job_template"),
    ),
    "schedules": Kind(
        "schedule",
        {
            **NAMED,
            "rrule": Of(required=True),
            **PROMPTED,
            "unified_job_template": Of(None, int, required=True, to="unified_job_templates"),
            "enabled": Of(True, bool),
        },
        {"credentials": "credentials", "labels": "labels", "instance_groups": "instance_groups"},
        ("name", "unified_job_template"),
    ),
    "labels": Kind("label", {**NAMED, "organization": refers("organizations", required=True)}),
    "instance_groups": Kind("instance_group", {"name": Of(required=True)}, unique=("name",)),
    "users": Kind("user", {"username": Of(required=True)}, unique=("username",)),
}
NEEDED = {
    "webhook": ("url", "http_method", "headers", "disable_ssl_verification", "username", "password"),
    "slack": ("channels", "token", "hex_color"),
}
SECRET = {"webhook": ("password",), "slack": ("token",)}
GONE_WITH = {
    "organizations": ("organization",),
    "inventories": ("inventory",),
    "workflow_job_templates": ("workflow_job_template", "unified_job_template"),
    "job_templates": ("unified_job_template",),
    "projects": ("unified_job_template",),
}
"""What goes with an object, by the field that leads to it; in all else it becomes null."""
CASCADES = {
    ("organizations", "inventories"),
    ("organizations", "notification_templates"),
    ("organizations", "credentials"),
    ("organizations", "projects"),
    ("inventories", "inventory_sources"),
    ("workflow_job_templates", "workflow_job_template_nodes"),
    ("workflow_job_templates", "schedules"),
    ("job_templates", "schedules"),
    ("projects", "schedules"),
}


class Awx:
    """:ivar playbooks: what a project holds once it has been fetched.
    :ivar faults: asked with (method, path) for a status to fail with, or 0.
    :ivar asked: (method, path) of every request.
    """

    def __init__(self, playbooks: tuple[str, ...]) -> None:
        self.playbooks = playbooks
        self.faults: Callable[[str, str], int] = lambda method, path: 0
        self.asked: list[tuple[str, str]] = []
        self.objects: dict[str, dict[int, dict[str, Any]]] = {plural: {} for plural in KINDS}
        self.updates: dict[int, dict[str, Any]] = {}
        self.launched: list[tuple[str, dict[str, Any]]] = []
        self._numbers = iter(range(1, 1_000_000))
        self._lock = threading.RLock()
        for each in vars(managed).values():
            if getattr(each, "namespace", None) and getattr(each, "managed", False):
                self._put(
                    "credential_types",
                    {"name": each.name, "kind": each.kind, "namespace": each.namespace, "managed": True, "inputs": each.inputs},
                )
        self._put("users", {"username": USER})

    # --- requests

    def answer(self, method: str, target: str, body: Any) -> tuple[int, Any]:
        """:returns: status and content."""
        url = urlsplit(target)
        with self._lock:
            self.asked.append((method, url.path))
            status = self.faults(method, url.path)
            if status:
                return status, {"detail": "as the test wants it"}
            try:
                return self._route(
                    method, url.path.strip("/").split("/"), dict(parse_qsl(url.query)), body if isinstance(body, dict) else {}
                )
            except Refused as refused:
                return refused.status, refused.body

    def _route(self, method: str, path: list[str], query: dict[str, str], body: dict[str, Any]) -> tuple[int, Any]:
        match [method, *path[1:]]:
            case ["GET"]:
                return 200, {"description": "AWX REST API", "current_version": "/api/v2/", "available_versions": {"v2": "/api/v2/"}}
            case ["GET", "v2"]:
                places = {plural: f"/api/v2/{plural}/" for plural in (*KINDS, "unified_job_templates", "config", "ping", "me")}
                return 200, {"inventory" if plural == "inventories" else plural: place for plural, place in places.items()}
            case ["GET", "v2", "ping" | "config" as what]:
                return 200, {"version": VERSION, **({"license_info": {"license_type": "open"}} if what == "config" else {})}
            case ["GET", "v2", "me"]:
                return 200, self._page("users", list(self.objects["users"].values()), query)
            case ["POST", "v2", "tokens"]:
                return 201, {"id": 1, "token": TOKEN, "type": "o_auth2_access_token"}
            case ["DELETE", "v2", "tokens", _]:
                return 204, None
            case ["GET", "v2", "unified_job_templates"]:
                every = [(plural, each) for plural, kind in KINDS.items() if kind.unified for each in self.objects[plural].values()]
                shown = [{"organization": None, **self._shown(plural, each)} for plural, each in every]
                return 200, self._listed([each for each in shown if matches(each, query)])
            case ["GET", "v2", "project_updates", number]:
                return 200, self._finish(int(number))
            case ["POST", "v2", "projects", number, "update"]:
                return 202, self._fetch(int(number))
            case [_, "v2", "job_templates" | "workflow_job_templates" as plural, number, "survey_spec"]:
                return self._survey(method, self._get(plural, int(number)), body)
            case ["POST", "v2", "job_templates" | "workflow_job_templates" as plural, number, "launch"]:
                return self._launch(self._get(plural, int(number)), body)
            case ["POST", "v2", "workflow_job_template_nodes", number, "create_approval_template"]:
                node = self._get("workflow_job_template_nodes", int(number))
                made = self._create("workflow_approval_templates", body)
                node["unified_job_template"] = made["id"]
                return 201, self._shown("workflow_approval_templates", made)
            case ["GET", "v2", plural] if plural in KINDS:
                return 200, self._page(plural, list(self.objects[plural].values()), query)
            case ["POST", "v2", plural] if plural in KINDS:
                return 201, self._shown(plural, self._create(plural, body))
            case ["GET", "v2", plural, number] if plural in KINDS and number.isdigit():
                return 200, self._shown(plural, self._get(plural, int(number)))
            case ["PATCH" | "PUT", "v2", plural, number] if plural in KINDS and number.isdigit():
                return 200, self._shown(plural, self._change(plural, self._get(plural, int(number)), body))
            case ["DELETE", "v2", plural, number] if plural in KINDS and number.isdigit():
                self._delete(plural, int(number))
                return 202 if plural == "inventories" else 204, None
            case [_, "v2", plural, number, link] if plural in KINDS and link in KINDS[plural].links and method in ("GET", "POST"):
                return self._linked(method, plural, self._get(plural, int(number)), link, body, query)
        raise Refused(404, {"detail": "Not found."})

    # --- objects

    def _put(self, plural: str, values: Mapping[str, Any]) -> dict[str, Any]:
        number = next(self._numbers)
        defaults = {name: of.default for name, of in KINDS[plural].fields.items()}
        made: dict[str, Any] = {
            "id": number,
            **json.loads(json.dumps(defaults)),
            **values,
            "links": {link: [] for link in KINDS[plural].links},
        }
        self.objects[plural][number] = made
        return made

    def _get(self, plural: str, number: int) -> dict[str, Any]:
        try:
            return self.objects[plural][number]
        except KeyError:
            raise Refused(404, {"detail": "Not found."}) from None

    def _create(self, plural: str, body: dict[str, Any]) -> dict[str, Any]:
        kind = KINDS[plural]
        missing = {name: ["This field is required."] for name, of in kind.fields.items() if of.required and name not in body}
        if missing:
            raise Refused(400, missing)
        values = self._valid(plural, {}, body)
        self._only_one(plural, values, 0)
        made = self._put(plural, values)
        if plural == "projects" and made["scm_type"]:
            self._fetch(made["id"])
        return made

    def _change(self, plural: str, there: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
        if there.get("managed"):
            raise Refused(403, {"detail": "Modifications not allowed for managed credential types"})
        values = self._valid(plural, there, body)
        self._only_one(plural, {**there, **values}, there["id"])
        there.update(values)
        return there

    def _only_one(self, plural: str, values: Mapping[str, Any], own: int) -> None:
        unique = [name for name in KINDS[plural].unique if name in KINDS[plural].fields]
        for each in self.objects[plural].values():
            if unique and each["id"] != own and all(each.get(name) == values.get(name) for name in unique):
                words = " and ".join(name.replace("_", " ").capitalize() for name in unique)
                raise Refused(400, {"__all__": [f"{KINDS[plural].type.replace('_', ' ').capitalize()} with this {words} already exists."]})

    def _valid(self, plural: str, there: Mapping[str, Any], body: Mapping[str, Any]) -> dict[str, Any]:
        """What is written of a request; fields that there aren't are passed over, as by AWX."""
        values: dict[str, Any] = {}
        wrong: dict[str, Any] = {}
        for name, of in KINDS[plural].fields.items():
            if name not in body or of.read_only:
                continue
            value = body[name]
            if value is None and of.default is not None and not of.required:
                value = of.default
            if of.to and value is not None and not self._is(of.to, value):
                wrong[name] = [f'Invalid pk "{value}" - object does not exist.']
            elif value is not None and of.kind and (not isinstance(value, of.kind) or (of.kind is int and isinstance(value, bool))):
                wrong[name] = [f"Not a valid {of.kind}."]
            elif of.choices and value not in of.choices and value is not None:
                wrong[name] = [f'"{value}" is not a valid choice.']
            elif of.required and value == "":
                wrong[name] = ["This field may not be blank."]
            else:
                values[name] = value
        if wrong:
            raise Refused(400, wrong)
        merged = {**there, **values}
        check = getattr(self, f"_valid_{plural}", None)
        return values | (check(merged, values) or {}) if check else values

    def _is(self, plural: str, number: Any) -> bool:
        if plural == "unified_job_templates":
            places = [name for name, kind in KINDS.items() if kind.unified] + ["workflow_approval_templates"]
            return any(number in self.objects[name] for name in places)
        return number in self.objects[plural]

    def _valid_credential_types(self, merged: dict[str, Any], values: dict[str, Any]) -> None:
        for name in (merged.get("injectors") or {}).get("env", {}):
            if name.startswith("ANSIBLE_"):
                raise Refused(
                    400,
                    {
                        "injectors": [
                            f"Environment variable {name} may affect Ansible configuration so its use is not allowed in credentials."
                        ]
                    },
                )
            if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
                raise Refused(400, {"injectors": [f"{name} is not a valid environment variable name."]})
        known = {one["id"] for one in (merged.get("inputs") or {}).get("fields", [])} | {"tower"}
        for text in json.dumps(merged.get("injectors") or {}).split("{{")[1:]:
            name = text.split("}}")[0].strip().split(".")[0]
            if name not in known:
                raise Refused(400, {"injectors": [f"{{{{ {name} }}}} uses an undefined field ('{name}' is undefined)"]})

    def _valid_credentials(self, merged: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
        inputs = dict(values.get("inputs") or merged.get("inputs") or {})
        of = self.objects["credential_types"][merged["credential_type"]]
        fields = {one["id"]: one for one in of["inputs"].get("fields", [])}
        for name, value in inputs.items():
            if name not in fields:
                raise Refused(400, {"inputs": [f"Additional properties are not allowed ('{name}' was unexpected)"]})
            if (fields[name].get("type") == "boolean") != isinstance(value, bool):
                raise Refused(400, {"inputs": {name: [f"is not of type '{fields[name].get('type', 'string')}'"]}})
        before = merged.get("inputs") or {} if "inputs" not in values else self._before(merged)
        inputs = {name: before.get(name, "") if value == ENCRYPTED else value for name, value in inputs.items()}
        for name in of["inputs"].get("required", []):
            if not inputs.get(name):
                raise Refused(400, {"inputs": {name: [f"required for {of['name']}"]}})
        return {"inputs": inputs}

    def _before(self, merged: Mapping[str, Any]) -> dict[str, Any]:
        return dict(self.objects["credentials"].get(merged.get("id", 0), {}).get("inputs") or {})

    def _valid_job_templates(self, merged: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
        project = self.objects["projects"].get(merged.get("project") or 0)
        if not project:
            raise Refused(400, {"project": ["This field is required."]})
        if merged.get("inventory") is None and not merged.get("ask_inventory_on_launch"):
            raise Refused(400, {"inventory": ["This field is required unless prompt on launch is set."]})
        if not project["scm_revision"] or merged.get("playbook") not in self.playbooks:
            raise Refused(400, {"playbook": ["Playbook not found for project."]})
        if merged.get("extra_vars"):
            json.loads(merged["extra_vars"])
        return {"organization": project["organization"]}

    def _valid_inventory_sources(self, merged: dict[str, Any], values: dict[str, Any]) -> None:
        if merged.get("source") == "scm" and not merged.get("source_project"):
            raise Refused(400, {"source_project": ["Project required for scm type sources."]})

    def _valid_notification_templates(self, merged: dict[str, Any], values: dict[str, Any]) -> None:
        missing = [name for name in NEEDED.get(merged["notification_type"], ()) if name not in merged["notification_configuration"]]
        if missing:
            raise Refused(400, {"notification_configuration": [f"Missing required fields for Notification Configuration: {missing}."]})

    def _valid_workflow_job_template_nodes(self, merged: dict[str, Any], values: dict[str, Any]) -> None:
        if merged.get("extra_data"):
            self._takes(self._unified(merged["unified_job_template"]), merged["extra_data"], "extra_data", needed=False)

    def _valid_schedules(self, merged: dict[str, Any], values: dict[str, Any]) -> None:
        rule = merged["rrule"]
        for words, what in (
            ("DTSTART", "Valid DTSTART required in rrule."),
            ("RRULE:", "RRULE required in rrule."),
            ("INTERVAL", "INTERVAL required in rrule."),
        ):
            if words not in rule:
                raise Refused(400, {"rrule": [what]})
        if "SECONDLY" in rule:
            raise Refused(400, {"rrule": ["SECONDLY is not supported."]})
        self._takes(self._unified(merged["unified_job_template"]), merged.get("extra_data") or {}, "extra_data", needed=True)

    def _unified(self, number: int) -> dict[str, Any]:
        return next(self.objects[plural][number] for plural, kind in KINDS.items() if kind.unified and number in self.objects[plural])

    def _takes(self, template: Mapping[str, Any], given: Mapping[str, Any], where: str, *, needed: bool) -> None:
        """Refuses variables that a template doesn't ask for, and answers that its survey doesn't take."""
        spec = (template.get("survey") or {}).get("spec", []) if template.get("survey_enabled") else []
        if not template.get("ask_variables_on_launch"):
            stray = sorted(given.keys() - {each["variable"] for each in spec})
            if stray:
                raise Refused(400, {where: [f"Variables {', '.join(stray)} are not allowed on launch."]})
        wrong = [fault for each in spec for fault in answer_faults(each, given, needed)]
        if wrong:
            raise Refused(400, {"variables_needed_to_start": wrong} if where == "extra_vars" else {where: wrong})

    def _delete(self, plural: str, number: int) -> None:
        if self._get(plural, number).get("managed"):
            raise Refused(403, {"detail": "Deletion not allowed for managed credential types"})
        if plural == "credential_types" and any(each["credential_type"] == number for each in self.objects["credentials"].values()):
            raise Refused(403, {"detail": "Credential types that are in use cannot be deleted."})
        del self.objects[plural][number]
        for name in GONE_WITH.get(plural, ()):
            for other in [other for (owner, other) in CASCADES if owner == plural]:
                for each in [each for each in self.objects[other].values() if each.get(name) == number]:
                    self._delete(other, each["id"])
        for other, kind in KINDS.items():
            for each in self.objects[other].values():
                for name, of in kind.fields.items():
                    if of.to in (plural, "unified_job_templates") and each[name] == number:
                        each[name] = None
                for link, to in kind.links.items():
                    if to == plural and number in each["links"][link]:
                        each["links"][link].remove(number)

    # --- what hangs on them

    def _fetch(self, number: int) -> dict[str, Any]:
        project = self._get("projects", number)
        update = next(self._numbers)
        self.updates[update] = {
            "id": update,
            "type": "project_update",
            "url": f"/api/v2/project_updates/{update}/",
            "project": number,
            "status": "running",
        }
        project["status"] = "running"
        return self._update(update)

    def _update(self, number: int) -> dict[str, Any]:
        update = self.updates[number]
        project = self.objects["projects"].get(update["project"], {})
        done = update["status"] not in ("pending", "running")
        return {
            **update,
            "failed": update["status"] == "failed",
            "finished": "2026-01-01T00:00:00Z" if done else None,
            "event_processing_finished": done,
            "scm_revision": project.get("scm_revision", ""),
        }

    def _finish(self, number: int) -> dict[str, Any]:
        """It is over by the second look."""
        if number not in self.updates:
            raise Refused(404, {"detail": "Not found."})
        shown = self._update(number)
        update = self.updates[number]
        if update["status"] == "running":
            project = self.objects["projects"][update["project"]]
            update["status"] = "successful" if project["scm_url"] else "failed"
            project["status"] = update["status"]
            project["scm_revision"] = "5f3c" * 10
        return shown

    def _survey(self, method: str, template: dict[str, Any], body: dict[str, Any]) -> tuple[int, Any]:
        if method == "GET":
            spec = template.get("survey") or {}
            hidden = [
                {**each, "default": ENCRYPTED} if each["type"] == "password" and each.get("default") else each
                for each in spec.get("spec", [])
            ]
            return 200, {**spec, "spec": hidden} if spec else {}
        if method == "POST":
            error = survey_error(body)
            if error:
                raise Refused(400, {"error": error})
            template["survey"] = body
            return 200, None
        template["survey"] = {}
        return 200, None

    def _launch(self, template: dict[str, Any], body: dict[str, Any]) -> tuple[int, Any]:
        given = body.get("extra_vars") or {}
        given = json.loads(given) if isinstance(given, str) else given
        self._takes(template, given, "extra_vars", needed=True)
        self.launched.append((template["name"], given))
        number = next(self._numbers)
        return 201, {"id": number, "job": number, "type": "job", "ignored_fields": {}, "url": f"/api/v2/jobs/{number}/"}

    def _linked(
        self, method: str, plural: str, there: dict[str, Any], link: str, body: dict[str, Any], query: dict[str, str]
    ) -> tuple[int, Any]:
        to, numbers = KINDS[plural].links[link], there["links"][link]
        if method == "GET":
            return 200, self._page(to, [self.objects[to][number] for number in numbers], query)
        number = body.get("id")
        if number not in self.objects[to]:
            raise Refused(400, {"msg": "id field is missing or wrong"})
        if body.get("disassociate"):
            if number in numbers:
                numbers.remove(number)
            return 204, None
        if link in ("success_nodes", "failure_nodes", "always_nodes"):
            if self._leads_to(number, there["id"]):
                raise Refused(400, {"Error": "Cycle detected."})
            if any(number in there["links"][other] for other in ("success_nodes", "failure_nodes", "always_nodes")):
                raise Refused(400, {"Error": "Relationship not allowed."})
        if plural == "job_templates" and link == "credentials":
            self._no_second_of_a_kind(there, number)
        numbers.append(number)
        return 204, None

    def _no_second_of_a_kind(self, there: Mapping[str, Any], number: int) -> None:
        def kind(one: int) -> tuple[Any, Any]:
            credential = self.objects["credentials"][one]
            return credential["credential_type"], credential["inputs"].get("vault_id")

        if kind(number) in [kind(other) for other in there["links"]["credentials"]]:
            name = self.objects["credential_types"][kind(number)[0]]["name"]
            raise Refused(400, {"error": f"Cannot assign multiple {name} credentials."})

    def _leads_to(self, start: int, end: int) -> bool:
        links = self.objects["workflow_job_template_nodes"][start]["links"]
        return start == end or any(
            self._leads_to(other, end) for name in ("success_nodes", "failure_nodes", "always_nodes") for other in links[name]
        )

    # --- what is shown

    def _shown(self, plural: str, there: Mapping[str, Any]) -> dict[str, Any]:
        kind = KINDS[plural]
        url = f"/api/v2/{plural}/{there['id']}/"
        related = {link: f"{url}{link}/" for link in kind.links}
        if "survey_enabled" in kind.fields:
            related["survey_spec"] = f"{url}survey_spec/"
        if plural == "projects":
            related["update"] = f"{url}update/"
        if plural == "workflow_job_template_nodes" and there["unified_job_template"]:
            place = next(name for name in KINDS if there["unified_job_template"] in self.objects[name])
            related["unified_job_template"] = f"/api/v2/{place}/{there['unified_job_template']}/"
        summary: dict[str, Any] = {}
        running = [update for update in self.updates.values() if update["project"] == there["id"] and update["status"] == "running"]
        if plural == "projects" and running:
            summary["current_update"] = {"id": running[-1]["id"], "status": "running"}
        shown = {name: there[name] for name in kind.fields}
        if plural == "credentials":
            fields = self.objects["credential_types"][there["credential_type"]]["inputs"].get("fields", [])
            secret = {one["id"] for one in fields if one.get("secret")}
            shown["inputs"] = {name: ENCRYPTED if name in secret and value else value for name, value in there["inputs"].items()}
        if plural == "notification_templates":
            secret = set(SECRET.get(there["notification_type"], ()))
            shown["notification_configuration"] = {
                name: ENCRYPTED if name in secret and value else value for name, value in there["notification_configuration"].items()
            }
        return {"id": there["id"], "type": kind.type, "url": url, "related": related, "summary_fields": summary, **shown}

    def _page(self, plural: str, every: list[dict[str, Any]], query: dict[str, str]) -> dict[str, Any]:
        return self._listed([each for each in (self._shown(plural, one) for one in every) if matches(each, query)])

    @staticmethod
    def _listed(results: list[dict[str, Any]]) -> dict[str, Any]:
        return {"count": len(results), "next": None, "previous": None, "results": results}


def matches(shown: Mapping[str, Any], query: Mapping[str, str]) -> bool:
    """Whether an object is of those that are asked for."""
    either = {name[4:]: value for name, value in query.items() if name.startswith("or__")}
    every = {name: value for name, value in query.items() if not name.startswith("or__") and name not in ("page", "page_size", "order_by")}
    wrong = [name for name in (*either, *every) if name.split("__")[0] not in shown]
    if wrong:
        raise Refused(400, {"detail": f"{shown['type']} has no field named '{wrong[0]}'"})
    equal = {name: "" if shown[name.split("__")[0]] is None else str(shown[name.split("__")[0]]) for name in (*either, *every)}
    return all(equal[name] == value for name, value in every.items()) and (
        not either or any(equal[name] == value for name, value in either.items())
    )


# --- surveys

MAPPED: dict[str, type | tuple[type, ...]] = {
    "text": str,
    "textarea": str,
    "password": str,
    "integer": int,
    "float": (float, int),
    "multiplechoice": (str, list),
    "multiselect": (str, list),
}


def survey_error(spec: Any) -> str:
    """Why a survey is refused, in AWX's words; empty where it is stored."""
    for name, kind in (("name", str), ("description", str), ("spec", list)):
        if name not in spec:
            return f"Field '{name}' is missing from survey spec."
        if not isinstance(spec[name], kind):
            return f"Expected {kind.__name__} for field '{name}'."
    if not spec["spec"]:
        return "'spec' doesn't contain any items."
    seen: set[str] = set()
    for index, each in enumerate(spec["spec"]):
        for name, of in (("type", str), ("question_name", str), ("variable", str), ("required", bool)):
            if name not in each:
                return f"'{name}' missing from survey question {index}"
            if not isinstance(each[name], of):
                return f"'{name}' in survey question {index} expected to be {of.__name__}."
        if each["variable"] in seen:
            return f"'variable' '{each['variable']}' duplicated in survey question {index}."
        seen.add(each["variable"])
        if each["type"] not in MAPPED:
            return f"'{each['type']}' in survey question {index} is not one of '{', '.join(MAPPED)}' allowed question types."
        if each.get("default", "") != "" and not isinstance(each["default"], MAPPED[each["type"]]):
            return f"Default value {each['default']} in survey question {index} expected to be {each['type']}."
        for bound in ("min", "max"):
            if each.get(bound) is not None and not isinstance(each[bound], int):
                return f"The {bound} limit in survey question {index} expected to be integer."
        if each["type"] in ("multiplechoice", "multiselect"):
            if "choices" not in each:
                return f"Survey question {index} of type {each['type']} must specify choices."
            default = each.get("default") or []
            default = default.splitlines() if isinstance(default, str) else default
            if any(one not in each["choices"] for one in default):
                return "Default choice must be answered from the choices listed."
    return ""


def answer_faults(each: Mapping[str, Any], given: Mapping[str, Any], needed: bool) -> Iterator[str]:
    """What is wrong with the answer to one question, in AWX's words."""
    name = each["variable"]
    if name not in given:
        if each["required"] and needed and each.get("default") in (None, "", []):
            yield f"'{name}' value missing"
        return
    value = given[name]
    least, most = (None if each.get(bound) == "" else each.get(bound) for bound in ("min", "max"))
    if each["type"] in ("text", "textarea", "password"):
        if not isinstance(value, str):
            yield f"Value {value} for '{name}' expected to be a string."
        elif least is not None and len(value) < int(least):
            yield f"'{name}' value {value} is too small (length is {len(value)} must be at least {least})."
        elif most is not None and len(value) > int(most):
            yield f"'{name}' value {value} is too large (must be no more than {most})."
    elif each["type"] in ("integer", "float"):
        if type(value) not in ((int,) if each["type"] == "integer" else (int, float)):
            yield f"Value {value} for '{name}' expected to be a number."
        elif least is not None and value < int(least):
            yield f"'{name}' value {value} is too small (must be at least {least})."
        elif most is not None and value > int(most):
            yield f"'{name}' value {value} is too large (must be no more than {most})."
    else:
        answers = value if each["type"] == "multiselect" and isinstance(value, list) else [value]
        if each["type"] == "multiselect" and not isinstance(value, list):
            yield f"'{name}' value is expected to be a list."
        elif any(one not in each["choices"] for one in answers):
            yield f"Value {value} for '{name}' expected to be one of {each['choices']}."


class Server:
    """The stand-in behind a port of this machine."""

    def __init__(self, awx: Awx) -> None:
        outer = awx

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _serve(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                basic = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
                if self.headers.get("Authorization") not in (f"Bearer {TOKEN}", basic) and urlsplit(self.path).path not in (
                    "/api/",
                    "/api/v2/ping/",
                ):
                    status, answer = 401, {"detail": "Authentication credentials were not provided."}
                else:
                    status, answer = outer.answer(self.command, self.path, json.loads(body) if body else None)
                said = b"" if answer is None else json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("X-API-Product-Name", "AWX")
                self.send_header("X-API-Product-Version", VERSION)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

            do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _serve

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Server:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The role awx and its playbook, by the real modules of awx.awx, against tests/standins/awx_server.py: a stand-in of AWX's API that
follows its published schema. No AWX is here."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.proven.webapp.molecule.support import disguises
from ansible_collections.proven.webapp.tests.standins.awx_server import PASSWORD, TOKEN, USER, Awx, Server

ROOT = Path(__file__).parents[3]
SHIPPED = ROOT / "playbooks/vars/awx.yml"
PLAYBOOKS = tuple(f"playbooks/{path.name}" for path in (ROOT / "playbooks").glob("*.yml"))
SECRETS = {
    "awx_staging_token": "sentinel-staging-token",
    "awx_prod_token": "sentinel-prod-token",
    "awx_staging_ca": "-----BEGIN CERTIFICATE-----",
    "awx_prod_ca": "-----BEGIN CERTIFICATE-----",
    "awx_staging_vault_password": "sentinel {{ 7 * 7 }} vault-1",
    "awx_prod_vault_password": "sentinel-vault-2",
    "awx_registry_username": "robot",
    "awx_registry_password": "sentinel-registry",
    "awx_webhook": "https://chat.example.com/hooks/sentinel-hook",
}
SMALL: dict[str, Any] = {
    "awx_application": "shop",
    "awx_organization": {"name": "Shops"},
    "awx_organization_owned": True,
    "awx_credential_types": [
        {
            "name": "Shop registry",
            "inputs": {"fields": [{"id": "password", "type": "string", "label": "Password", "secret": True}]},
            "injectors": {"env": {"PROVEN_REGISTRY_PASSWORD": "{% raw %}{{ password }}{% endraw %}"}},
        }
    ],
    "awx_credentials": [
        {
            "name": "shop vault",
            "credential_type": "Vault",
            "inputs": {"vault_id": "qa", "vault_password": "{{ awx_staging_vault_password }}"},
        },
        {"name": "shop registry", "credential_type": "Shop registry", "inputs": {"password": "{{ awx_registry_password }}"}},
    ],
    "awx_execution_environments": [{"name": "shop ee", "image": "registry.example.com/ee:1"}],
    "awx_projects": [{"name": "shop", "scm_url": "https://git.example.com/shop.git"}],
    "awx_inventories": [{"name": "shop qa", "sources": [{"name": "repository", "project": "shop", "path": "inventories/qa/hosts.yml"}]}],
    "awx_notifications": [
        {
            "name": "shop",
            "notification_type": "webhook",
            "notification_configuration": {
                "url": "{{ awx_webhook }}",
                "http_method": "POST",
                "headers": {},
                "username": "",
                "password": "",
                "disable_ssl_verification": False,
            },
        }
    ],
    "awx_environments": {"qa": {"inventory": "shop qa", "credentials": ["shop vault", "shop registry"]}},
    "awx_job_templates": [
        {
            "name": "rollback",
            "playbook": "playbooks/rollback.yml",
            "notify": {"error": ["shop"]},
            "survey": [{"variable": "rollback_revision", "question": "Which", "type": "integer", "min": 0, "max": 9, "default": 0}],
        }
    ],
    "awx_workflows": [
        {
            "name": "shop flow",
            "nodes": [
                {"id": "ask", "approve": {"name": "Really?", "timeout": 60}, "success": ["go"]},
                {"id": "go", "template": "rollback", "environment": "qa"},
            ],
        }
    ],
    "awx_schedules": [
        {
            "name": "shop nightly",
            "template": "rollback",
            "environment": "qa",
            "rrule": "DTSTART:20260101T020000Z RRULE:FREQ=DAILY;INTERVAL=1",
        }
    ],
}


@dataclass(frozen=True)
class Ran:
    code: int
    output: str

    @property
    def changed(self) -> list[str]:
        return [
            block.split("]", 1)[0].split(" : ")[-1]
            for block in self.output.split("TASK [")[1:]
            if re.search(r"^changed:", block, re.MULTILINE)
        ]

    def succeeded(self) -> Ran:
        assert self.code == 0, self.output[-4000:]
        return self


class Controller:
    """Somebody who sets up the stand-in by the playbook."""

    def __init__(self, server: Server, awx: Awx, folder: Path, description: dict[str, Any]) -> None:
        self.server, self.awx, self.folder = server, awx, folder
        self.description = description

    def apply(self, *arguments: str, login: dict[str, str] | None = None, **extra: Any) -> Ran:
        (self.folder / "awx.yml").write_text(yaml.safe_dump(self.description))
        given = {
            "awx_description": str(self.folder / "awx.yml"),
            "ansible_connection": "local",
            "ansible_python_interpreter": sys.executable,
            **extra,
        }
        # What may hold braces is given as a text, and no template
        secrets = "".join(f"{name}: !unsafe {json.dumps(value)}\n" for name, value in SECRETS.items())
        (self.folder / "given.yml").write_text(yaml.safe_dump(given) + secrets)
        program = str(Path(sys.executable).parent / "ansible-playbook")
        command = [program, "playbooks/awx.yml", "-i", "localhost,", "-e", f"@{self.folder}/given.yml", *arguments]
        env = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "CONTROLLER_", "TOWER_"))}
        env |= {"CONTROLLER_HOST": self.server.url, **(login or {"CONTROLLER_OAUTH_TOKEN": TOKEN}), "HOME": str(self.folder)}
        done = subprocess.run(command, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600)
        return Ran(done.returncode, done.stdout + done.stderr)

    def names(self, plural: str) -> set[str]:
        return {str(each.get("name") or each.get("identifier")) for each in self.awx.objects[plural].values() if not each.get("managed")}


@pytest.fixture
def controller(tmp_path: Path) -> Iterator[Controller]:
    awx = Awx(PLAYBOOKS)
    with Server(awx) as server:
        yield Controller(server, awx, tmp_path, SMALL)


def left(awx: Awx) -> dict[str, int]:
    """What AWX holds besides what it comes with."""
    found = {plural: sum(not each.get("managed") for each in every.values()) for plural, every in awx.objects.items() if plural != "users"}
    return {plural: count for plural, count in found.items() if count}


def test_all_is_made_once_and_goes_again(controller: Controller) -> None:
    first = controller.apply("-vvv").succeeded()
    assert len(first.changed) == 13, first.changed
    (template,) = controller.awx.objects["job_templates"].values()
    assert template["survey"]["spec"][0]["variable"] == "rollback_revision"
    assert len(template["links"]["credentials"]) == 2
    inputs = next(each["inputs"] for each in controller.awx.objects["credentials"].values() if each["name"] == "shop vault")
    assert inputs["vault_password"] == SECRETS["awx_staging_vault_password"]
    (ask, go) = (
        next(n for n in controller.awx.objects["workflow_job_template_nodes"].values() if n["identifier"] == i) for i in ("ask", "go")
    )
    assert ask["links"]["success_nodes"] == [go["id"]]
    assert go["unified_job_template"] == template["id"]
    assert [form for form in disguises(value for value in SECRETS.values() if "sentinel" in value) if form in first.output] == []
    assert controller.apply().succeeded().changed == []
    assert "Nothing was removed" in controller.apply(awx_state="absent").output
    controller.apply(awx_state="absent", awx_confirmed=True).succeeded()
    assert left(controller.awx) == {"workflow_approval_templates": 1} or left(controller.awx) == {}


@pytest.mark.slow
def test_the_shipped_description(controller: Controller) -> None:
    controller.description = yaml.safe_load(SHIPPED.read_text())
    empty = controller.apply("--check").succeeded()
    assert left(controller.awx) == {}
    first = controller.apply().succeeded()
    assert empty.changed == first.changed
    assert controller.apply("--check", "--diff").succeeded().changed == []
    assert controller.apply().succeeded().changed == []
    assert len(controller.names("job_templates")) == 19
    controller.apply(awx_state="absent", awx_confirmed=True).succeeded()
    assert controller.apply(awx_state="absent", awx_confirmed=True).succeeded().changed == []
    assert controller.names("organizations") == {"Webapps"}


@pytest.mark.slow
def test_what_belongs_to_an_organization_that_stays_comes_and_goes(controller: Controller) -> None:
    controller.description = {key: value for key, value in SMALL.items() if key in ("awx_application", "awx_organization")}
    controller.apply().succeeded()
    controller.description = {**SMALL, "awx_organization_owned": False}
    empty = controller.apply("--check").succeeded()
    assert controller.apply().succeeded().changed == [name for name in empty.changed if name != "Have the organization"]
    for _ in range(2):
        controller.apply(awx_state="absent", awx_confirmed=True).succeeded()
    assert {plural for plural in left(controller.awx) if plural != "workflow_approval_templates"} == {"organizations"}


@pytest.mark.slow
def test_what_has_changed_is_changed_and_nothing_else(controller: Controller) -> None:
    controller.apply().succeeded()
    controller.description = json.loads(json.dumps(SMALL))
    controller.description["awx_job_templates"][0]["survey"][0]["max"] = 5
    assert controller.apply("--check").succeeded().changed == ["Have the job templates"]
    assert controller.apply().succeeded().changed == ["Have the job templates"]
    assert controller.apply().succeeded().changed == []
    assert controller.apply(awx_update_secrets=True).succeeded().changed == ["Have the credentials"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("status", "place", "words"),
    [
        (500, "projects", "The host sent back a server error"),
        (403, "credentials", "You don't have permission to POST to /api/v2/credentials/ (HTTP 403)"),
        (404, "workflow_job_template_nodes", "could not be found at /api/v2/workflow_job_template_nodes/"),
        (503, "notification_templates", "AWX doesn't take a notification."),
    ],
)
def test_an_error_in_the_middle_is_told_and_the_next_run_goes_on(controller: Controller, status: int, place: str, words: str) -> None:
    controller.awx.faults = lambda method, path: status if method == "POST" and path == f"/api/v2/{place}/" else 0
    broken = controller.apply()
    assert broken.code
    assert words in broken.output
    assert "Traceback" not in broken.output
    assert [form for form in disguises(value for value in SECRETS.values() if "sentinel" in value) if form in broken.output] == []
    controller.awx.faults = lambda method, path: 0
    controller.apply().succeeded()
    assert controller.apply().succeeded().changed == []


@pytest.mark.slow
def test_no_or_wrong_credentials_of_awx(controller: Controller) -> None:
    for login in ({"CONTROLLER_OAUTH_TOKEN": "wrong"}, {"CONTROLLER_USERNAME": USER, "CONTROLLER_PASSWORD": "wrong"}):
        ran = controller.apply(login=login)
        assert ran.code
        assert "401" in ran.output
    controller.apply("--check", login={"CONTROLLER_USERNAME": USER, "CONTROLLER_PASSWORD": PASSWORD}).succeeded()


@pytest.mark.slow
def test_a_bad_description_reaches_awx_not_at_all(controller: Controller) -> None:
    controller.description = {**SMALL, "awx_schedules": [{"name": "x", "template": "nothing", "environment": "qa", "rrule": "DAILY"}]}
    ran = controller.apply()
    assert "has 2 faults; nothing was changed" in ran.output
    assert controller.awx.asked == []


def test_awxs_own_client_gets_on_with_the_stand_in(controller: Controller) -> None:
    """awxkit is the client that AWX's developers test AWX itself with: it reads each object by the schema that it expects."""
    from awxkit import config
    from awxkit.api import ApiV2, resources
    from awxkit.api.client import Connection

    config.base_url = controller.server.url
    config.assume_untrusted = False
    connection = Connection(controller.server.url)
    connection.login(token=TOKEN)
    v2 = ApiV2(connection=connection, endpoint=resources.v2).get()
    made = v2.organizations.post({"name": "Shops"})
    project = v2.projects.post({"name": "shop", "organization": made.id, "scm_type": "git", "scm_url": "https://git.example.com/x.git"})
    inventory = v2.inventory.post({"name": "qa", "organization": made.id})
    assert connection.get(f"/api/v2/project_updates/{project.summary_fields.current_update.id}/").json()["type"] == "project_update"
    template = v2.job_templates.post({"name": "t", "project": project.id, "inventory": inventory.id, "playbook": "playbooks/status.yml"})
    assert template.get().playbook == "playbooks/status.yml"
    assert [each.name for each in v2.job_templates.get(name="t").results] == ["t"]
    vault = v2.credential_types.get(name="Vault").results[0]
    assert vault.managed
    assert {each["id"] for each in vault.inputs["fields"]} == {"vault_password", "vault_id"}
    template.delete()
    assert v2.job_templates.get().count == 0


def test_launching_holds_answers_against_the_survey() -> None:
    awx = Awx(PLAYBOOKS)
    _status, organization = awx.answer("POST", "/api/v2/organizations/", {"name": "o"})
    _status, project = awx.answer(
        "POST", "/api/v2/projects/", {"name": "p", "organization": organization["id"], "scm_type": "git", "scm_url": "x"}
    )
    for _look in range(2):
        awx.answer("GET", f"/api/v2/project_updates/{project['summary_fields']['current_update']['id']}/", None)
    _status, inventory = awx.answer("POST", "/api/v2/inventories/", {"name": "i", "organization": organization["id"]})
    body = {"name": "t", "project": project["id"], "inventory": inventory["id"], "playbook": "playbooks/scale.yml", "survey_enabled": True}
    status, template = awx.answer("POST", "/api/v2/job_templates/", body)
    assert status == 201, template
    from ansible_collections.proven.webapp.plugins.module_utils._awx import survey

    scale = next(each for each in yaml.safe_load(SHIPPED.read_text())["awx_job_templates"] if each["name"] == "scale")
    assert awx.answer("POST", f"{template['url']}survey_spec/", survey.survey("scale", scale["survey"]))[0] == 200
    hostile = {"scale_component": "{{ lookup('pipe', 'id') }}; $(id)", "scale_replicas": 3}
    assert awx.answer("POST", f"{template['url']}launch/", {"extra_vars": hostile})[0] == 201
    assert awx.launched == [("t", hostile)]
    for wrong in (
        {"scale_component": "web", "scale_replicas": 101},
        {"scale_component": "", "scale_replicas": 1},
        {"scale_replicas": 1},
        {**hostile, "x": 1},
    ):
        assert awx.answer("POST", f"{template['url']}launch/", {"extra_vars": wrong})[0] == 400

# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""docker/compose.yml says the same as the dev inventory: what runs on a developer's machine is set up as in the cluster."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.proven.webapp.plugins.module_utils._images.dockerfile import parse
from jinja2 import Environment

ROOT = Path(__file__).parents[2]
DOCKER = ROOT / "docker"
INVENTORY: dict[str, Any] = {}
for _file in ("webapp.yml", "compose.yml"):
    INVENTORY |= yaml.safe_load((ROOT / "inventories/dev/group_vars/all" / _file).read_text(encoding="utf-8"))
COMPONENTS: dict[str, Any] = INVENTORY["webapp_components"]
COMPOSE: dict[str, Any] = yaml.safe_load((DOCKER / "compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, Any] = COMPOSE["services"]
BUILDS = {name: service for name, service in SERVICES.items() if "build" in service}
VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?P<sign>:[-?])?(?P<rest>[^}]*)\}")
OF_COMPOSE_ITSELF = {"COMPOSE_PROJECT_NAME"}


def filled(value: object) -> str:
    """A value of the inventory, with its own variables in it."""
    return Environment(autoescape=False).from_string(str(value)).render(INVENTORY)


def unset(value: str) -> str:
    """A value of compose.yml where nobody has set a variable."""
    return VARIABLE.sub(lambda match: match["rest"] if match["sign"] == ":-" else match[0], value)


def wanted(component: str) -> dict[str, str]:
    """The environment that a component has in the cluster; a secret as what compose.yml has to say of it."""
    given = COMPONENTS[component]
    found = {key: filled(value) for key, value in given.get("env", {}).items()}
    for key in given.get("secrets", []):
        required = INVENTORY["webapp_secrets_schema"].get(key, {}).get("required", True)
        found[key] = f"${{{key}:?}}" if required else ""
    return found


def given(service: str) -> dict[str, str]:
    """The environment that a service has, hints for the user left out."""
    return {key: re.sub(r":\?[^}]+", ":?", unset(str(value))) for key, value in SERVICES[service]["environment"].items()}


def variables() -> set[str]:
    text = (DOCKER / "compose.yml").read_text(encoding="utf-8")
    found = {match["name"] for match in VARIABLE.finditer(text)}
    return found | {arg for service in BUILDS.values() for arg in service["build"]["args"]}


def port(component: str) -> int:
    return int(next(iter(COMPONENTS[component]["ports"].values())))


def test_each_component_is_a_service_and_nothing_else_is() -> None:
    assert set(SERVICES) == {*COMPONENTS, "migrate"}


@pytest.mark.parametrize("component", COMPONENTS)
def test_the_environment_is_that_of_the_cluster(component: str) -> None:
    assert given(component) == wanted(component)


def test_the_migration_has_no_more_than_the_backend() -> None:
    assert SERVICES["migrate"]["command"][0].endswith("/alembic")
    assert SERVICES["migrate"]["command"][1:] == COMPONENTS["backend"]["migrate"]["command"][1:]
    assert given("migrate").items() <= wanted("backend").items()


@pytest.mark.parametrize("component", [name for name, one in COMPONENTS.items() if one.get("ports") and one.get("kind") != "worker"])
def test_a_service_has_its_name_of_the_cluster(component: str) -> None:
    assert SERVICES[component]["networks"]["default"]["aliases"] == [f"{INVENTORY['webapp_name']}-{component}"]


@pytest.mark.parametrize("component", [name for name, one in COMPONENTS.items() if "probes" in one])
def test_health_is_asked_as_the_readiness_probe_asks(component: str) -> None:
    probe, test = COMPONENTS[component]["probes"]["readiness"], SERVICES[component]["healthcheck"]["test"]
    if isinstance(probe, str):
        assert f"'http://127.0.0.1:{port(component)}{probe}'" in test[-1]
    else:
        assert test[1:] == probe["exec"]["command"]


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_may_do_no_more_than_in_the_cluster(service: str) -> None:
    one = SERVICES[service]
    assert (one["user"], one["cap_drop"], one["security_opt"]) == ("1001:1001", ["ALL"], ["no-new-privileges:true"])
    assert one["read_only"] or service == "frontend"
    assert all(volume.endswith(":ro") for volume in one.get("volumes", []) if volume.startswith("."))


def test_published_ports_are_those_of_this_machine_alone() -> None:
    published = [entry for one in SERVICES.values() for entry in one.get("ports", [])]
    assert published
    assert all(str(entry).startswith("127.0.0.1:") for entry in published)


def test_what_has_to_be_set_is_said_where_it_is_missing() -> None:
    text = (DOCKER / "compose.yml").read_text(encoding="utf-8")
    hints = {match["rest"] for match in VARIABLE.finditer(text) if match["sign"] == ":?"}
    assert len(hints) == 1
    assert ".env.example" in hints.pop()


def test_the_example_names_every_variable() -> None:
    lines = (DOCKER / ".env.example").read_text(encoding="utf-8").splitlines()
    named = [match[1] for line in lines if (match := re.fullmatch(r"#?([A-Z_]+)=.*", line))]
    assert sorted(named) == sorted(variables() - OF_COMPOSE_ITSELF)


def test_settings_of_the_inventory_are_variables_of_compose() -> None:
    assert set(INVENTORY["compose_settings"]) <= variables()
    assert COMPOSE["name"] == f"{INVENTORY['webapp_name']}-dev"


@pytest.mark.parametrize("service", BUILDS)
def test_images_are_built_by_hand_as_the_playbook_builds_them(service: str) -> None:
    build, component = BUILDS[service]["build"], BUILDS[service]["image"].split("/")[-1].removesuffix(":dev")
    assert f"docker/{build['context']}" == COMPONENTS[component]["build"]["context"]
    assert build.get("target", "") == INVENTORY["compose_builds"].get(component, {}).get("target", "")
    assert BUILDS[service]["image"] == f"localhost/${{COMPOSE_PROJECT_NAME}}/{component}:dev"
    dockerfile = parse((DOCKER / build["context"] / "Dockerfile").read_text(encoding="utf-8"))
    stand_ins = {arg: f"localhost/{arg}" for arg in build["args"]}
    assert dockerfile.base_images(stand_ins, build.get("target", "")) == tuple(sorted(stand_ins.values()))


def test_all_of_the_frontends_source_is_mounted() -> None:
    lines = (DOCKER / "frontend/.dockerignore").read_text(encoding="utf-8").splitlines()
    source = {line[1:] for line in lines if line.startswith("!")} - {"package.json", "package-lock.json"}
    assert set(SERVICES["frontend"]["volumes"]) == {f"./frontend/{name}:/app/{name}:ro" for name in source}

# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What every role keeps: its argument specification says the same as its defaults, its variables carry its name, it explains itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
ROLES = sorted(path.parent for path in ROOT.glob("roles/*/tasks"))


def read(path: Path) -> dict[str, Any]:
    return yaml.safe_load(path.read_text(encoding="utf-8")) or {} if path.exists() else {}


def plain(value: object) -> object:
    """The value without the white space around a template, which YAML's block styles add."""
    return value.strip() if isinstance(value, str) else value


def is_templated(default: object, option: dict[str, Any]) -> bool:
    """A template where no text is wanted: what comes out of it is known to the run alone, and the description says it in words."""
    return isinstance(default, str) and "{{" in default and option.get("type", "str") not in ("str", "path")


def faults_of(role: Path) -> list[str]:
    """What is wrong with a role, one line each."""
    name = role.name
    defaults = {key: plain(value) for key, value in read(role / "defaults/main.yml").items()}
    entries = read(role / "meta/argument_specs.yml").get("argument_specs", {})
    faults = [] if (role / "README.md").exists() else ["has no README.md"]
    if "main" not in entries:
        faults.append("meta/argument_specs.yml has no entry main")
    for entry, spec in entries.items():
        if not (role / f"tasks/{entry}.yml").exists():
            faults.append(f"entry {entry} has no tasks/{entry}.yml")
        options = {key: option for key, option in spec.get("options", {}).items() if not option.get("required")}
        specified = {key: plain(option.get("default")) for key, option in options.items()}
        if entry == "main":
            faults += [f"{key} has a default and is no option of main" for key in defaults.keys() - specified.keys()]
        faults += [f"{key} is an option of {entry} and has no default" for key in specified.keys() - defaults.keys()]
        for key in specified.keys() & defaults.keys():
            if is_templated(defaults[key], options[key]):
                faults += [f"{key} has a default in entry {entry} that documentation can't show"] if "default" in options[key] else []
            elif specified[key] != defaults[key] or type(specified[key]) is not type(defaults[key]):
                faults.append(f"{key} is {defaults[key]!r} by default, {specified[key]!r} by entry {entry}")
    names = [*defaults, *read(role / "vars/main.yml")]
    faults += [f"variable {key} doesn't begin with {name}_ or __{name}_" for key in names if not key.startswith((f"{name}_", f"__{name}_"))]
    return sorted(faults)


def test_there_are_roles() -> None:
    assert len(ROLES) >= 7


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_role_keeps_the_rules(role: Path) -> None:
    assert faults_of(role) == []


@pytest.fixture
def role(tmp_path: Path) -> Path:
    """A role that keeps the rules."""
    folder = tmp_path / "web"
    for name in ("defaults", "meta", "tasks", "vars"):
        (folder / name).mkdir(parents=True)
    (folder / "README.md").touch()
    (folder / "tasks/main.yml").touch()
    (folder / "defaults/main.yml").write_text("web_port: 80\nweb_on: true\nweb_url: >-\n  {{ a }}\n")
    (folder / "vars/main.yml").write_text("__web_x: 1\n")
    options = "web_port: {default: 80}, web_on: {default: true}, web_url: {default: '{{ a }} '}, web_name: {required: true}"
    (folder / "meta/argument_specs.yml").write_text(f"argument_specs: {{main: {{options: {{{options}}}}}}}\n")
    return folder


def test_a_good_role_has_no_fault(role: Path) -> None:
    assert faults_of(role) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "fault"),
    [
        ("defaults/main.yml", "80", "81", "web_port is 81 by default, 80 by entry main"),
        ("defaults/main.yml", "true", "1", "web_on is 1 by default, True by entry main"),
        ("defaults/main.yml", "web_port: 80", "", "web_port is an option of main and has no default"),
        ("meta/argument_specs.yml", "web_port: {default: 80},", "", "web_port has a default and is no option of main"),
        (
            "meta/argument_specs.yml",
            "web_url: {",
            "web_url: {type: dict, ",
            "web_url has a default in entry main that documentation can't show",
        ),
        ("meta/argument_specs.yml", "{main:", "{other:", "entry other has no tasks/other.yml"),
        ("vars/main.yml", "__web_x", "x", "variable x doesn't begin with web_ or __web_"),
    ],
)
def test_a_fault_is_found(role: Path, file: str, old: str, new: str, fault: str) -> None:
    path = role / file
    path.write_text(path.read_text().replace(old, new))
    assert fault in faults_of(role)


def test_a_missing_readme_is_found(role: Path) -> None:
    (role / "README.md").unlink()
    assert faults_of(role) == ["has no README.md"]

# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the matrix of versions holds objects against finds faults."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.matrix.run import Result, table
from tests.matrix.schemas import UTIL, Api

DEFINITIONS: dict[str, dict[str, Any]] = {
    "Service": {
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": {"type": "object"},
            "spec": {"$ref": "#/definitions/Spec"},
        },
        "x-kubernetes-group-version-kind": [{"group": "", "version": "v1", "kind": "Service"}],
    },
    "Spec": {"required": ["port"], "properties": {"port": {"$ref": f"#/definitions/{UTIL}.util.intstr.IntOrString"}}},
    f"{UTIL}.util.intstr.IntOrString": {"type": "string", "format": "int-or-string"},
}


def service(spec: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": spec, **more}


@pytest.mark.parametrize("port", [80, "http"])
def test_what_the_api_takes(port: int | str) -> None:
    assert Api(DEFINITIONS).faults(service({"port": port})) == []


@pytest.mark.parametrize(
    ("item", "words"),
    [
        (service({}), "Service/web spec: 'port' is a required property"),
        (service({"port": True}), "Service/web spec.port: True is not of type"),
        (service({"port": 80, "prot": 1}), "'prot' was unexpected"),
        (service({"port": 80}, spc={}), "'spc' was unexpected"),
    ],
)
def test_what_it_refuses(item: dict[str, Any], words: str) -> None:
    faults = Api(DEFINITIONS).faults(item)
    assert faults is not None
    assert len(faults) == 1
    assert words in faults[0]


def test_a_kind_of_somebody_elses_is_said_to_be_one() -> None:
    assert Api(DEFINITIONS).faults({"apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject", "metadata": {"name": "x"}}) is None
    shown = table([Result("1.34.4", "4.3.1", "all", ["bad"], 2, frozenset({"keda.sh/v1alpha1 ScaledObject"}))])
    assert "1 faults" in shown
    assert "keda.sh/v1alpha1 ScaledObject" in shown

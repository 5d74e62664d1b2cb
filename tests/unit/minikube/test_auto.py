# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which provider `auto` is, by the role's own variables."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROLE = Path(__file__).parents[3] / "roles/cluster"
EXPECTED = {
    "nothing is installed": "kind",
    "Minikube is installed, without crictl": "kind",
    "Minikube and crictl are installed": "minikube",
    "they are, and several nodes are asked for": "kind",
    "upstream's Minikube is in the toolchain": "minikube",
    "kind made the cluster before": "kind",
    "Minikube made the cluster before": "minikube",
    "somebody else made the cluster before": "kind",
    "kind is asked for": "kind",
}


@pytest.fixture(scope="module")
def chosen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("auto")
    for name, programs in {"none": [], "one": ["minikube"], "both": ["minikube", "crictl"]}.items():
        (folder / name).mkdir()
        for program in programs:
            (folder / name / program).touch(0o755)
    for name, words in {
        "by-kind": "name: kind-by-kind",
        "by-minikube": "provider: minikube.sigs.k8s.io",
        "by-doks": "name: do-fra1",
    }.items():
        (folder / "state" / name).mkdir(parents=True)
        (folder / "state" / name / "kubeconfig").write_text(f"{words}\n")
    both: dict[str, Any] = {"__cluster_path": [f"{folder}/both"]}
    cases: dict[str, dict[str, Any]] = {
        "nothing is installed": {},
        "Minikube is installed, without crictl": {"__cluster_path": [f"{folder}/one"]},
        "Minikube and crictl are installed": both,
        "they are, and several nodes are asked for": {**both, "cluster_nodes": 3},
        "upstream's Minikube is in the toolchain": {
            "toolchain_source_used": "upstream",
            "toolchain_tools": {"minikube": "/cache/minikube"},
        },
        "kind made the cluster before": {**both, "cluster_name": "by-kind"},
        "Minikube made the cluster before": {"cluster_name": "by-minikube"},
        "somebody else made the cluster before": {"cluster_name": "by-doks"},
        "kind is asked for": {**both, "cluster_provider": "kind"},
    }
    usual = {"toolchain_source_used": "packages", "cluster_state_dir": f"{folder}/state", "__cluster_path": [f"{folder}/none"]}
    tasks = [
        {
            "ansible.builtin.debug": {"msg": f"chosen: {json.dumps({name: '@'}).replace('@', '{{ __cluster_provider }}')}"},
            "vars": {**usual, **case},
        }
        for name, case in cases.items()
    ]
    play = {
        "hosts": "localhost",
        "connection": "local",
        "gather_facts": False,
        "vars_files": [str(ROLE / "defaults/main.yml"), str(ROLE / "vars/main.yml")],
        "tasks": tasks,
    }
    (folder / "play.yml").write_text(yaml.safe_dump([play], sort_keys=False))
    answer = subprocess.run(
        [Path(sys.executable).parent / "ansible-playbook", "-i", "localhost,", folder / "play.yml"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "ANSIBLE_STDOUT_CALLBACK": "default", "ANSIBLE_CALLBACK_RESULT_FORMAT": "json"},
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr
    messages = [json.loads(text) for text in re.findall(r'"msg": ("chosen: .*")', answer.stdout)]
    return {name: provider for message in messages for name, provider in json.loads(message.removeprefix("chosen: ")).items()}


@pytest.mark.parametrize(("case", "provider"), EXPECTED.items())
def test_auto_is(chosen: dict[str, str], case: str, provider: str) -> None:
    assert chosen[case] == provider

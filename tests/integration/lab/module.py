# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module itself, run as Ansible runs it, on pods of the lab."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .lab import NAMESPACE, Lab

COLLECTIONS = Path(__file__).parents[3] / ".venv/collections"


@dataclass(frozen=True)
class Verified:
    """What the module returned."""

    data: Mapping[str, Any]

    @property
    def verdict(self) -> str:
        return str(self.data["verdict"])

    def rules(self) -> dict[str, dict[str, set[str]]]:
        """Pod or Service → rule → the probes that it was found at, and `` for what is about all of it."""
        found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        for finding in self.data["findings"]:
            found[finding["name"]][finding["rule"]].add(finding["probe"])
        return {name: dict(rules) for name, rules in found.items()}

    def text(self) -> str:
        return json.dumps(self.data)


def verify(lab: Lab, *selectors: str, **arguments: Any) -> Verified:
    """Run probe_verify.

    :raises AssertionError: it comes to no verdict.
    """
    given = {
        "kubeconfig": lab.cluster.kubeconfig,
        "context": lab.cluster.context,
        "namespace": NAMESPACE,
        "label_selectors": list(selectors),
        "exec_allowed": True,
        **arguments,
    }
    answer = subprocess.run(
        [sys.executable, "-m", "ansible_collections.proven.webapp.plugins.modules.probe_verify"],
        input=json.dumps({"ANSIBLE_MODULE_ARGS": given}),
        env={**os.environ, "PYTHONPATH": str(COLLECTIONS)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    data = json.loads(answer.stdout or "{}")
    assert "verdict" in data, data.get("msg", answer.stderr)
    return Verified(data)

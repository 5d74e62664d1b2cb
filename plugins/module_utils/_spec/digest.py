# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The digest of a chart's folder."""

from __future__ import annotations

import hashlib
from pathlib import Path

from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError

NOT_RENDERED = frozenset({"README.md", ".helmignore"})
"""Files at the chart's root that take no part in what it renders."""


def chart_digest(chart: Path) -> str:
    """A digest over the names and contents of the files that decide what a chart renders.

    :param chart: the chart's folder.
    :returns: ``sha256:`` and 64 hex digits; the same on every machine.
    :raises ProvenError: there is no chart.
    """
    if not (chart / "Chart.yaml").is_file():
        raise ProvenError("There is no Helm chart.", where=str(chart / "Chart.yaml"), fix="give the folder that holds Chart.yaml")
    total = hashlib.sha256()
    for file in sorted(path for path in chart.rglob("*") if path.is_file()):
        name = file.relative_to(chart).as_posix()
        if name not in NOT_RENDERED:
            content = hashlib.sha256(file.read_bytes()).hexdigest()
            total.update(f"{content}  {name}\n".encode())
    return f"sha256:{total.hexdigest()}"

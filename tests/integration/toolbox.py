# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The toolbox's image in a cluster's registry. It has the Python that the tests' small applications need, too."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from ansible_collections.proven.webapp.molecule.support import ROOT, Cluster


def deliver_toolbox(cluster: Cluster, folder: Path) -> str:
    """Its reference.

    :param folder: for what is written on the way.
    """
    out = folder / "toolbox-reference"
    command = [str(Path(sys.executable).parent / "ansible-playbook"), "-i", "localhost,", "tests/integration/toolbox.yml"]
    facts = ["-e", f"registry={cluster.registry['push']}", "-e", f"out={out}"]
    done = subprocess.run([*command, *facts], cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stdout + done.stderr
    return out.read_text().strip()

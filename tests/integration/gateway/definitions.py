# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The Gateway API's own CustomResourceDefinitions, out of its Go module."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

from ansible_collections.proven.webapp.tests.matrix.schemas import CACHE

MODULE = "sigs.k8s.io/gateway-api@v1.6.1"


def definitions(folder: Path) -> list[str]:
    """Paths of the files.

    :param folder: an empty one, which the module comes into.
    """
    go = shutil.which("go") or next(map(str, CACHE.glob("tools/go/*/bin/go")), None)
    assert go, "There is no Go to fetch the Gateway API with. What to do: run the role toolchain, or install Go."
    env = {**os.environ, "GOMODCACHE": str(folder), "GOFLAGS": "-modcacherw"}
    command = [go, "mod", "download", "-json", MODULE]
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    files = Path(json.loads(done.stdout)["Dir"]).glob("config/crd/standard/*.yaml")
    return sorted(str(file) for file in files if "kind: CustomResourceDefinition" in file.read_text())

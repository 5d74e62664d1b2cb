#!/usr/bin/env python3
"""Make the context of the execution environment where only package registries are within reach.

    .venv/bin/python tools/execution_environment.py CONTEXT --base IMAGE --tool PATH...

Takes execution-environment.yml as it is, but for three things: the base image is the one that is named (any Debian with python3-venv,
such as the one that `make up` builds), the tools are the ones that are given, and the collections are those of .venv, with this one as
Galaxy would get it. Then it is `docker buildx build CONTEXT`; a machine's own package index and CA come in as build secrets
(`--secret id=pip,src=pip.conf`, `--secret id=ca,src=ca.crt`) and are in no layer.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
COLLECTIONS = ROOT / ".venv" / "collections" / "ansible_collections"
BESIDES = ("kubernetes", "community")
"""Namespaces of the collections that this one needs."""
NETWORK = ("pip install", "/output/scripts/assemble", "/output/scripts/install-from-bindep")
"""What asks a package index."""
SECRETS = (
    "RUN --mount=type=secret,id=ca --mount=type=secret,id=pip "
    "if [ -f /run/secrets/ca ]; then export PIP_CERT=/run/secrets/ca; fi; "
    "if [ -f /run/secrets/pip ]; then export PIP_CONFIG_FILE=/run/secrets/pip; fi; "
)


def definition(base: str, files: Path) -> dict[str, Any]:
    """execution-environment.yml, with what it would fetch taken from a folder."""
    found: dict[str, Any] = yaml.safe_load((ROOT / "execution-environment.yml").read_text(encoding="utf-8"))
    found["images"]["base_image"]["name"] = base
    del found["dependencies"]["galaxy"]
    found["dependencies"]["python"] = str(ROOT / found["dependencies"]["python"])
    found["additional_build_files"] = [{"src": str(files / name), "dest": name} for name in ("tools", "collections")]
    steps = found["additional_build_steps"]
    steps.pop("prepend_galaxy")
    steps["append_final"] = ["COPY _build/tools/ /usr/local/bin/", "COPY _build/collections/ /usr/share/ansible/collections/"]
    return found


def lay_out(files: Path, tools: list[Path]) -> None:
    """The tools and the collections, as the image gets them."""
    (files / "tools").mkdir()
    for tool in tools:
        shutil.copy(tool, files / "tools" / tool.name)
        (files / "tools" / tool.name).chmod(0o755)
    place = files / "collections" / "ansible_collections"
    for name in BESIDES:
        shutil.copytree(COLLECTIONS / name, place / name, ignore=shutil.ignore_patterns("__pycache__", "tests"))
    galaxy = str(Path(sys.executable).parent / "ansible-galaxy")
    subprocess.run([galaxy, "collection", "build", str(ROOT), "--output-path", str(files)], check=True, stdout=subprocess.DEVNULL)
    with tarfile.open(next(files.glob("proven-webapp-*.tar.gz"))) as archive:
        archive.extractall(place / "proven" / "webapp", filter="data")


def with_secrets(text: str) -> str:
    """The Dockerfile, whose steps that ask a package index do so as this machine does."""
    lines = []
    for line in text.splitlines():
        asks = line.startswith("RUN ") and any(word in line for word in NETWORK)
        lines.append(SECRETS + line.removeprefix("RUN ") if asks else line)
    return "\n".join(lines) + "\n"


def create(context: Path, base: str, tools: list[Path]) -> None:
    """Have ansible-builder make the context."""
    with tempfile.TemporaryDirectory() as folder:
        files = Path(folder)
        lay_out(files, tools)
        given = files / "execution-environment.yml"
        given.write_text(yaml.safe_dump(definition(base, files)), encoding="utf-8")
        builder = str(Path(sys.executable).parent / "ansible-builder")
        words = ["create", "--file", str(given), "--context", str(context), "--output-filename", "Dockerfile"]
        subprocess.run([builder, *words], check=True, stdout=subprocess.DEVNULL)
    file = context / "Dockerfile"
    file.write_text(with_secrets(file.read_text(encoding="utf-8")), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("context", type=Path)
    parser.add_argument("--base", required=True)
    parser.add_argument("--tool", type=Path, action="append", default=[], dest="tools")
    chosen = parser.parse_args()
    create(chosen.context.absolute(), chosen.base, chosen.tools)


if __name__ == "__main__":
    main()

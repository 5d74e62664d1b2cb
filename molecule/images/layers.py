# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Looks into every layer of an image: also at what a later layer removed, which whoever has the image still has."""

from __future__ import annotations

import json
import re
import subprocess
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from ansible_collections.proven.webapp.plugins.module_utils._host_network import build_secrets, debian_mirrors

SHORTEST = 12
"""Settings that are shorter tell nothing."""
PUBLIC = ("pypi.org", "npmjs.org", "deb.debian.org")

FORBIDDEN_NAMES = (
    re.compile(r"(^|/)(\.env(\..*)?|\.npmrc|pip\.conf|\.git|\.netrc|\.vault-password|id_(rsa|ed25519))$"),
    # what the application's own folder holds besides the application
    re.compile(r"^app/(?!.*node_modules/).*\.test\.[jt]sx?$"),
    re.compile(
        r"^app/(?!.*node_modules/)(.*/)?(tests|Dockerfile|\.dockerignore|README\.md|\.(mypy|ruff|pytest)_cache|requirements-dev\.txt)(/|$)"
    ),
)


def certificates(bundle: str) -> set[str]:
    """The certificates of a PEM bundle, each as one line of base64."""
    blocks = re.findall(r"-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", bundle, re.DOTALL)
    return {"".join(block.split()) for block in blocks}


def host_settings() -> dict[str, bytes]:
    """Name → bytes that are this machine's own: they went into the build as secrets, and must be in no layer."""
    found: dict[str, bytes] = {}
    for kind, path in build_secrets().items():
        text = Path(path).read_text(errors="replace")
        if kind == "ca":
            public = {one for file in Path("/usr/share/ca-certificates").rglob("*.crt") for one in certificates(file.read_text())}
            # From the middle, as wrapped lines of 64 characters: the beginning is alike in many.
            private = sorted(certificates(text) - public)
            found |= {f"private certificate {number}": one[256:320].encode() for number, one in enumerate(private)}
        else:
            lines = [line.strip() for line in text.splitlines() if not line.lstrip().startswith(("#", ";", "["))]
            values = {line.partition("=")[2].strip() for line in lines} - {""}
            found |= {f"{kind}: {value}": value.encode() for value in values if telling(value)}
    mirror = debian_mirrors().main
    return found | ({"Debian mirror": mirror.encode()} if telling(mirror) else {})


def telling(value: str) -> bool:
    """Neither a path, which may be the same on every machine, nor what everybody uses."""
    return len(value) >= SHORTEST and not value.startswith("/") and not any(host in value for host in PUBLIC)


def saved(docker: str, image: str, folder: Path) -> Iterator[tuple[str, tarfile.TarFile]]:
    """The layers of an image, from the first; and its configuration last, as a file of a layer of its own.

    :returns: (name, archive), one after the other.
    """
    archive = folder / "image.tar"
    subprocess.run([docker, "save", "--output", str(archive), image], check=True)
    with tarfile.open(archive) as whole:
        manifest = json.load(whole.extractfile("manifest.json") or ())  # type: ignore[arg-type]
        for layer in manifest[0]["Layers"]:
            with tarfile.open(fileobj=whole.extractfile(layer)) as files:
                yield layer, files
    archive.unlink()


def writable(docker: str, image: str, folder: Path, user: int) -> set[str]:
    """Files and folders of an image that a user may write to, links and devices left out.

    :param user: number of the user, and of the only group.
    """
    archive = folder / "files.tar"
    container = subprocess.run([docker, "create", image], check=True, capture_output=True, text=True).stdout.strip()
    try:
        subprocess.run([docker, "export", "--output", str(archive), container], check=True)
    finally:
        subprocess.run([docker, "rm", container], check=True, capture_output=True)
    with tarfile.open(archive) as files:
        return {
            f"/{member.name.rstrip('/')}"
            for member in files
            if (member.isfile() or member.isdir())
            and (member.mode & 0o002 or (member.uid == user and member.mode & 0o200) or (member.gid == user and member.mode & 0o020))
        }


def configuration(docker: str, image: str) -> str:
    """All that is readable without a layer: environment, labels, and the commands that made it, with their arguments."""
    inspected = subprocess.run([docker, "image", "inspect", image], check=True, capture_output=True, text=True).stdout
    history = subprocess.run([docker, "history", "--no-trunc", image], check=True, capture_output=True, text=True).stdout
    return inspected + history


def leaks(docker: str, image: str, wanted: Mapping[str, bytes], folder: Path) -> list[str]:
    """What is in an image and shouldn't be.

    :param wanted: name → bytes to look for.
    :param folder: with room for the image.
    """
    text = configuration(docker, image).encode()
    found = [f"{name} in the image's configuration" for name, value in wanted.items() if value in text]
    for layer, files in saved(docker, image, folder):
        for member in files:
            path = member.name.removeprefix("./")
            if any(pattern.search(path) for pattern in FORBIDDEN_NAMES):
                found.append(f"{path} in {layer}")
            content = files.extractfile(member) if member.isfile() else None
            if content is None:
                continue
            data = content.read()
            if path.startswith(("run/secrets/", "var/run/secrets/")) and data:
                found.append(f"{path} in {layer}")
            found += [f"{name} in {path} of {layer}" for name, value in wanted.items() if value in data]
    return found

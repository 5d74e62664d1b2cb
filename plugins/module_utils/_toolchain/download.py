# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Upstream's release binaries, checked against the SHA-256 that upstream publishes."""

from __future__ import annotations

import hashlib
import io
import re
import tarfile
import urllib.error
import urllib.request
from pathlib import Path

from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._given import given
from ansible_collections.proven.webapp.plugins.module_utils._toolchain.catalog import Tool

PROBE_TIMEOUT = 3.0
DOWNLOAD_TIMEOUT = 60.0


def get(url: str, timeout: float) -> bytes:
    """:raises ProvenError: when it can't be had."""
    try:
        with urllib.request.build_opener().open(url, timeout=timeout) as answer:
            content: bytes = answer.read()
            return content
    except (OSError, urllib.error.URLError) as error:
        raise ProvenError(
            f"{url} can't be downloaded: {error}",
            fix="Check the network and its proxy settings, or build from packages: toolchain_source: packages",
        ) from error


def published_digest(text: str, file: str) -> str:
    """The SHA-256 of a file from a checksum file: the digest alone, or `digest  file` lines.

    :raises ProvenError: when there is none for this file.
    """
    found = ""
    for line in text.splitlines():
        match = re.fullmatch(r"([0-9a-f]{64})(?:\s+\*?(\S+))?", line.strip())
        if match and (not match.group(2) or match.group(2).rsplit("/", 1)[-1] == file):
            found = match.group(1)
    if not found:
        raise ProvenError(f"The published checksums name no SHA-256 for {file}.", fix="Look at the checksum's URL in the versions file.")
    return found


def answers(tool: Tool) -> bool:
    """Does upstream give us this tool's checksum? A captive portal's page doesn't count."""
    download = given(tool.download)
    url = tool.fill(download.checksum)
    try:
        text = get(url, PROBE_TIMEOUT).decode("utf-8", "replace")
        published_digest(text, tool.fill(download.url).rsplit("/", 1)[-1])
    except ProvenError:
        return False
    return True


def fetch(tool: Tool, target: Path) -> None:
    """Download, check, and unpack a tool's first binary into the folder `target`."""
    download = given(tool.download)
    url = tool.fill(download.url)
    content = get(url, DOWNLOAD_TIMEOUT)
    wanted = published_digest(get(tool.fill(download.checksum), DOWNLOAD_TIMEOUT).decode(), url.rsplit("/", 1)[-1])
    got = hashlib.sha256(content).hexdigest()
    if got != wanted:
        raise ProvenError(
            f"The download of {tool.name} {tool.version} is not what upstream published: SHA-256 {got}, published {wanted}.",
            where=url,
            fix="Nothing was installed. Try again; if it stays so, something on the way changes downloads.",
        )
    if download.member:
        with tarfile.open(fileobj=io.BytesIO(content)) as archive:
            content = given(archive.extractfile(tool.fill(download.member))).read()
    target.mkdir()
    binary = target / tool.binaries[0]
    binary.write_bytes(content)
    binary.chmod(0o755)

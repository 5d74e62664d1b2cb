# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Build secrets: how builds reach package registries, without a trace of it in the images."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ansible_collections.proven.webapp.plugins.module_utils._host_network import (
    DebianMirrors,
    apt_sources,
    build_secrets,
    debian_mirrors,
    with_authorities,
)


class HostSecrets:
    """This machine's own settings for package indexes, its CA certificates, and its Debian mirror where it has one.

    :param folder: where files can be written that live as long as the builds.
    :param ca: file of CA certificates that are trusted besides this machine's; empty for those alone.
    """

    def __init__(self, folder: Path, ca: str = "") -> None:
        self._folder = folder
        self._ca = with_authorities(ca, folder / "ca.pem") if ca else ""

    def __call__(self, suite: str) -> Mapping[str, Path]:
        found = {name: Path(path).absolute() for name, path in build_secrets(self._ca).items()}
        mirrors = debian_mirrors()
        if suite and mirrors != DebianMirrors():
            file = self._folder / f"{suite}.list"
            file.write_text(apt_sources(mirrors, suite), encoding="utf-8")
            found["apt"] = file
        return found

# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What can be fetched or built, as the role's versions file says it."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
"""Kernel's name of a machine → Go's and Kubernetes' name."""


def architecture() -> str:
    """`amd64` or `arm64`.

    :raises ProvenError: on any other machine.
    """
    machine = platform.machine()
    if machine not in ARCHITECTURES:
        raise ProvenError(
            f"This machine's architecture {machine} is not supported.",
            fix=f"Use one of {', '.join(sorted(set(ARCHITECTURES)))}.",
        )
    return ARCHITECTURES[machine]


@dataclass(frozen=True)
class Download:
    """A release of upstream.

    :ivar url: where it is; `{version}`, `{arch}` (amd64) and `{machine}` (x86_64) are filled in.
    :ivar checksum: URL of the published SHA-256 (the bare digest, or lines of `digest  file`).
    :ivar member: path inside the archive, where the download is one.
    """

    url: str
    checksum: str
    member: str = ""


@dataclass(frozen=True)
class GoBuild:
    """How a tool is built from Go modules.

    :ivar module: path of the module that the version belongs to.
    :ivar packages: main packages, relative to the module ("." is its root).
    :ivar variables: what -ldflags -X sets; `{version}` is filled in.
    :ivar imports: instead of a main package of the module: packages that a generated main imports, the first one's `Run()` is called.
    :ivar staging: the module's go.mod replaces modules of its own repository, which are published under the same minor and patch version.
    :ivar rename: name that go gives a binary → the name wanted.
    """

    module: str
    packages: tuple[str, ...] = (".",)
    variables: Mapping[str, str] = field(default_factory=dict)
    imports: tuple[str, ...] = ()
    staging: bool = False
    rename: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Tool:
    """One entry of the catalog; gives one or more binaries.

    :ivar binaries: names of the files that it leaves, where each source gives the same; with `download` just the first.
    """

    name: str
    version: str
    binaries: tuple[str, ...]
    download: Download | None = None
    go: GoBuild | None = None

    @property
    def key(self) -> str:
        """Folder name in the cache: the version, and a digest of everything else that decides the outcome."""
        recipe = json.dumps([repr(self.download), repr(self.go), self.binaries], sort_keys=True)
        return f"{self.version}-{hashlib.sha256(recipe.encode()).hexdigest()[:8]}"

    def fill(self, text: str) -> str:
        arch = architecture()
        machine = next(kernel for kernel, name in ARCHITECTURES.items() if name == arch)
        return text.replace("{version}", self.version).replace("{arch}", arch).replace("{machine}", machine)


def parse_tool(name: str, raw: Mapping[str, Any]) -> Tool:
    """A tool from its entry in the versions file."""
    go = raw.get("go")
    return Tool(
        name=name,
        version=str(raw["version"]),
        binaries=tuple(raw.get("binaries", [name])),
        download=Download(**raw["download"]) if raw.get("download") else None,
        go=GoBuild(
            module=go["module"],
            packages=tuple(go.get("packages", ["."])),
            variables=dict(go.get("variables", {})),
            imports=tuple(go.get("imports", [])),
            staging=bool(go.get("staging", False)),
            rename=dict(go.get("rename", {})),
        )
        if go
        else None,
    )


@dataclass(frozen=True)
class RootFilesystem:
    """A minimal Debian, the ground of locally made base images.

    :ivar suite: Debian's code name.
    :ivar recipe: raised by hand when the way that it is made changes.
    """

    suite: str
    recipe: int

    @property
    def key(self) -> str:
        return f"{self.suite}-{self.recipe}"

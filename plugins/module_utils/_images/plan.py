# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From builds to tags: each tag is a digest over all that the image is made of, its base images included."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._images.context import context_digest, file_digest
from ansible_collections.proven.webapp.plugins.module_utils._images.dockerfile import parse
from ansible_collections.proven.webapp.plugins.module_utils._images.spec import Build, Rootfs

FORMAT = 1
"""Counted up when the way to compute a tag changes."""

LOCAL = "localhost"
"""The registry part of names that never leave the engine: nothing answers there, so nothing is pulled from afar by mistake."""


@dataclass(frozen=True)
class Planned:
    """An image with its tag.

    :param registry: the part before the repository.
    :param args: the build arguments, base images among them.
    :param needs: names of the base builds that it starts from.
    :param tag: empty where a base image's identity isn't known.
    :param suite: the Debian suite at the bottom; empty where that isn't known.
    :param platforms: such as linux/arm64; none for this machine's.
    :param emulated: whether its build runs programs of these platforms.
    """

    build: Build | Rootfs
    registry: str
    args: Mapping[str, str]
    needs: tuple[str, ...]
    tag: str
    suite: str
    platforms: tuple[str, ...] = ()
    emulated: bool = False

    @property
    def parts(self) -> list[tuple[str, str]]:
        """(platform, reference) of each image that it is made of; one without a platform's name where it is for this machine's."""
        return [(platform, f"{self.ref}-{platform.replace('/', '-')}") for platform in self.platforms] or [("", self.ref)]

    @property
    def name(self) -> str:
        return self.build.name

    @property
    def ref(self) -> str:
        return f"{self.registry}/{self.build.repository}:{self.tag or 'unknown'}"


@dataclass(frozen=True)
class Plan:
    """All images of a batch.

    :param builds: those asked for.
    :param bases: those made only when a missing one needs them.
    """

    builds: Mapping[str, Planned]
    bases: Mapping[str, Planned]


class Planner:
    """Computes tags.

    :param bases: base builds by name.
    :param base_images: ARG → name of a base build, or an image's reference; for every Dockerfile that declares the ARG.
    :param identify: digest of an upstream image's reference, or None where nobody can tell.
    :param platform: this machine's, such as linux/x86_64.
    :param platforms: those that images are asked for; none for this machine's.
    :param forgiving: whether archives may be missing (check mode).
    """

    def __init__(
        self,
        bases: Mapping[str, Build | Rootfs],
        base_images: Mapping[str, str],
        identify: Callable[[str], str | None],
        platform: str,
        forgiving: bool,
        platforms: Sequence[str] = (),
    ) -> None:
        self._bases = bases
        self._base_images = base_images
        self._identify = identify
        self._platform = platform
        self._forgiving = forgiving
        self._platforms = tuple(platforms)
        self._planned: dict[str, Planned] = {}

    def plan(self, builds: Mapping[str, Build | Rootfs], registry: str) -> Plan:
        """Tags of everything.

        :raises ProvenError: for a Dockerfile that can't be used or bases that need each other.
        """
        wanted = {name: self._one(build, registry or LOCAL, ()) for name, build in builds.items()}
        return Plan(wanted, dict(self._planned))

    def _base(self, name: str, above: tuple[str, ...]) -> Planned:
        if name in above:
            raise ProvenError(
                "Base images need each other", where=" → ".join((*above, name)), fix="Let one of them start from something else"
            )
        if name not in self._planned:
            self._planned[name] = self._one(self._bases[name], LOCAL, (*above, name))
        return self._planned[name]

    def _one(self, build: Build | Rootfs, registry: str, above: tuple[str, ...]) -> Planned:
        if isinstance(build, Rootfs):
            return Planned(build, registry, {}, (), self._rootfs_tag(build), build.suite)
        platforms = () if above else self._platforms
        text = build.dockerfile.read_text(encoding="utf-8")
        dockerfile = parse(text, str(build.dockerfile))
        offered = {arg: value for arg, value in self._base_images.items() if arg in dockerfile.declared and arg not in build.args}
        # A base counts only where the target's stages start from it. Which do is found out with stand-ins for their references,
        # so that the tag of one that nobody needs is never computed.
        stand_ins = {arg: f"{LOCAL}/{self._bases[value].repository}" for arg, value in offered.items() if value in self._bases}
        reached = dockerfile.base_images({**build.args, **offered, **stand_ins}, build.target)
        local = {arg: self._base(offered[arg], above) for arg, stand_in in stand_ins.items() if stand_in in reached}
        args = {arg: value for arg, value in {**offered, **build.args}.items() if arg not in stand_ins}
        args |= {arg: base.ref for arg, base in local.items()}
        tags = {stand_ins[arg]: base.tag for arg, base in local.items()}
        identities = {image: tags[image] if image in tags else self._identify(image) for image in reached}
        content: dict[str, Any] = {
            "dockerfile": hashlib.sha256(text.encode()).hexdigest(),
            "context": context_digest(build.context, build.dockerfile),
            "args": args,
            "target": build.target,
            "bases": identities,
            "platform": ",".join(platforms) or self._platform,
        }
        tag = tag_of(content) if all(identities.values()) else ""
        suite = next((base.suite for base in local.values() if base.suite), "")
        needs = tuple(sorted({base.name for base in local.values()}))
        if platforms and needs:
            raise ProvenError(
                f"{build.name} can't be built for {', '.join(platforms)}: the base image {needs[0]} is made here, for this machine alone",
                where="images_platforms",
                fix="Leave images_platforms out, or take base images from upstream (images_source: upstream)",
            )
        emulated = bool(platforms) and dockerfile.runs_on_target({**build.args, **offered, **stand_ins}, build.target)
        return Planned(build, registry, args, needs, tag, suite, platforms, emulated)

    def _rootfs_tag(self, build: Rootfs) -> str:
        if build.tar.is_file():
            return tag_of({"rootfs": file_digest(build.tar).hex()})
        if self._forgiving:
            return ""
        raise ProvenError(
            f"There is no root file system archive {build.tar}",
            where=build.name,
            fix="Make it first (role toolchain), or correct the path",
        )


def tag_of(content: Mapping[str, Any]) -> str:
    """The tag for a content; never looks like a number."""
    text = json.dumps({"format": FORMAT, **content}, sort_keys=True)
    return f"c-{hashlib.sha256(text.encode()).hexdigest()[:20]}"

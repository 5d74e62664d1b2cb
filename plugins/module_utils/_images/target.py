# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From what is asked for to where images go. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._images.registry import Login, Registry

PLATFORM = re.compile(r"linux/[a-z0-9]+(/v\d+)?")
ADDRESS = re.compile(r"(\[[0-9a-f:]+\]|[A-Za-z0-9.-]+)(:\d+)?(/[a-z0-9]+([._-]+[a-z0-9]+)*)*")


@dataclass(frozen=True)
class Target:
    """One of them, or none: then images stay in this user's engine.

    :ivar containers: of the nodes that images are loaded into.
    :ivar engine: variables for Docker's tools that lead to the engine which runs the cluster's containers: what is built there is there.
    """

    registry: Registry | None = None
    containers: tuple[str, ...] = ()
    engine: Mapping[str, str] = field(default_factory=dict)


def read_target(params: Mapping[str, Any], *, forgiving: bool = False) -> Target:
    """Where images go, from the module's arguments.

    :param forgiving: the nodes may be yet to come (check mode).
    :raises ProvenError: what is asked for can't be had with them.
    """
    delivery, address = params["delivery"], params["registry"] or ""
    containers, engine = tuple(params["containers"]), _engine(params["engine"] or {})
    for platform in params["platforms"]:
        if not PLATFORM.fullmatch(platform):
            raise ProvenError(f"{platform!r} is no platform", where="images_platforms", fix="Write for example: [linux/amd64, linux/arm64]")
    if delivery == "load" and not containers and not engine and not forgiving:
        raise ProvenError(
            "Images can't be loaded into nodes: none of the cluster's nodes is a container of this machine",
            where="images_delivery",
            fix="Use push, with a registry that the cluster pulls from, or auto",
        )
    if delivery in ("registry", "push") and not address:
        raise ProvenError(
            f"There is no registry for images_delivery: {delivery}",
            where="images_registry",
            fix="Name one (cluster_push_registry for a cluster that was there before), or use auto",
        )
    if delivery == "load" or (delivery == "auto" and not address):
        if params["platforms"]:
            raise ProvenError(
                "Images for several platforms go to a registry only", where="images_platforms", fix="Name a registry, or leave it out"
            )
        return Target(engine=engine) if engine else Target(containers=containers)
    if not ADDRESS.fullmatch(address):
        raise ProvenError(
            f"{address!r} is no registry's address", where="images_registry", fix="Write for example: ghcr.io/acme, without https://"
        )
    registry = Registry(address, _login(params), params["ca_bundle"] or "")
    if delivery == "registry" and not registry.plain:
        raise ProvenError(
            f"{address} is no registry of this machine", where="images_delivery", fix="Use push for a registry that is somewhere else"
        )
    return Target(registry)


def _engine(given: Mapping[str, str]) -> dict[str, str]:
    """As Docker's tools take it from their environment."""
    if not given.get("host"):
        return {}
    found = {"DOCKER_HOST": given["host"]}
    if given.get("certificates"):
        found |= {"DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": given["certificates"]}
    return found


def _login(params: Mapping[str, Any]) -> Login | None:
    username, password = params["registry_username"] or "", params["registry_password"] or ""
    if bool(username) != bool(password):
        missing = "images_registry_password" if username else "images_registry_username"
        raise ProvenError("Half of the registry's login is missing", where=missing, fix="Give both, or neither for Docker's own login")
    if ":" in username:
        raise ProvenError("A registry's user can't have a colon in its name", where="images_registry_username", fix="Correct it")
    return Login(username, password) if username else None


def check_emulation(wanted: Sequence[str], able: Collection[str], names: Sequence[str]) -> None:
    """
    :param wanted: platforms that are asked for.
    :param able: those that the builder runs programs of.
    :param names: of the images whose builds run programs.
    :raises ProvenError: a build would fail in its first RUN.
    """
    foreign = [platform for platform in wanted if platform not in able]
    if foreign:
        raise ProvenError(
            f"{', '.join(names)} can't be built for {', '.join(foreign)}: this machine runs no such programs; nothing was built",
            where="images_platforms",
            fix="Install emulation (Debian: qemu-user-static and binfmt-support, then start Docker again), "
            "cross-compile in stages that begin with FROM --platform=$BUILDPLATFORM, or leave that platform out",
        )

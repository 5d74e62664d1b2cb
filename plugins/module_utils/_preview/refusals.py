# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The API server's words for why it doesn't take an object, as faults. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._preview.fault import Fault

FIX = "correct what the inventory says of it, or the chart"
NODE_PORT = "provided port is already allocated"
"""pkg/registry/core/service/portallocator/allocator.go, ErrAllocated."""


@dataclass(frozen=True)
class Saying:
    """:ivar words: of the server, as a regular expression.
    :ivar what: with the groups of `words`.
    """

    words: str
    what: str
    fix: str


REFUSALS = (
    # apiserver/pkg/endpoints/handlers/responsewriters/errors.go
    Saying(r'User "([^"]*)" cannot (\w+) resource "([^"]*)"', "the user {0} may not {1} {2}", "give the kubeconfig's user the right"),
    # pod-security-admission/admission/admission.go
    Saying(
        r'violates PodSecurity "([^"]*)": (.*)',
        'its pods break the Pod Security Standard "{0}": {1}',
        "correct the security context; the namespace's label pod-security.kubernetes.io/enforce asks for it",
    ),
    # apiserver/pkg/admission/plugin/resourcequota/controller.go
    Saying(
        r"failed quota: ([^:]*): must specify (.*)",
        "the ResourceQuota {0} wants its containers to say {1}",
        "give the component resources that say it",
    ),
    Saying(
        r"exceeded quota: ([^,]*), requested: (.*), used: (.*), limited: (.*)",
        "the ResourceQuota {0} has no room: it needs {1}, {2} of {3} is used",
        "raise the quota, or lower replicas or requests",
    ),
    # plugin/pkg/admission/limitranger/admission.go
    Saying(
        r"((?:minimum|maximum) .*? usage per \w+ is .*|.* max limit to request ratio per \w+ is .*)",
        "a LimitRange of the namespace refuses its pods: {0}",
        "change the component's resources, or the LimitRange",
    ),
    Saying(r"no PriorityClass with name (\S+) was found", "there is no PriorityClass {0}", "make it first, or leave it out"),
    Saying(
        r'admission webhook "([^"]*)" denied the request:? ?(.*)',
        "the admission webhook {0} refuses it: {1}",
        "do what it asks for, or have its rules changed",
    ),
    Saying(
        r"ValidatingAdmissionPolicy '([^']*)' with binding '[^']*' denied request: (.*)",
        "the ValidatingAdmissionPolicy {0} refuses it: {1}",
        "do what it asks for, or have its rules changed",
    ),
    Saying(
        r'failed calling webhook "([^"]*)": (.*)',
        "the admission webhook {0} doesn't answer: {1}",
        "have it mended; until then nothing that it looks at can be applied",
    ),
    Saying(r"because it is being terminated", "the namespace is being deleted", "wait until it is gone, then release again"),
    Saying(r'namespaces "([^"]*)" not found', "there is no namespace {0}", "make it first"),
)
NO_DRY_RUN = re.compile(r'admission webhook "([^"]*)" does not support dry run')
UNKNOWN = re.compile(r'(unknown|duplicate) field "([^"]*)"')


def unchecked(status: int, body: bytes) -> str:
    """Why a dry run told nothing; empty where it told something."""
    match = NO_DRY_RUN.search(message(status, body))
    return f"the admission webhook {match[1]} looks at no dry runs" if match else ""


def message(status: int, body: bytes) -> str:
    """The words of an answer."""
    return str(_status(body).get("message") or f"status {status}")


def faults(who: str, status: int, body: bytes) -> list[Fault]:
    """Why an object was refused.

    :param who: the object, such as ``Deployment/todo-backend``.
    :param body: a v1.Status.
    """
    said = message(status, body)
    fields = UNKNOWN.findall(said) if status in (400, 422) else []
    if fields:
        words = {
            "unknown": ("the cluster's API knows no such field", "remove it, or correct its name"),
            "duplicate": ("is given twice", "remove one"),
        }
        return [Fault(who, field, *words[kind]) for kind, field in fields]
    for saying in REFUSALS:
        match = re.search(saying.words, said, re.DOTALL)
        if match:
            return [Fault(who, "", " ".join(saying.what.format(*match.groups()).split()).rstrip("."), saying.fix)]
    causes = (_status(body).get("details") or {}).get("causes") or ()
    if status == 422 and causes:
        return [Fault(who, str(cause.get("field", "")), _plain(cause.get("message", "")), FIX) for cause in causes]
    return [Fault(who, "", f"the cluster refuses it: {_plain(said)}", FIX)]


def is_quota(status: int, body: bytes) -> str:
    """Name of the ResourceQuota that refused; else empty."""
    match = re.search(r"exceeded quota: ([^,]*),", message(status, body)) if status == 403 else None
    return match[1] if match else ""


def node_ports(status: int, body: bytes, content: Mapping[str, Any]) -> list[tuple[str, int]]:
    """(field, port) of the node ports of a Service that are taken."""
    if status != 422:
        return []
    causes = (_status(body).get("details") or {}).get("causes") or ()
    ports = (content.get("spec") or {}).get("ports") or []
    found = []
    for cause in causes:
        index = re.search(r"ports\[(\d+)\]\.nodePort", str(cause.get("field", "")))
        if index and NODE_PORT in str(cause.get("message", "")) and int(index[1]) < len(ports):
            found.append((str(cause["field"]), int(ports[int(index[1])].get("nodePort", 0))))
    return found


def node_port_fault(who: str, field: str, port: int, services: list[Mapping[str, Any]] | None) -> Fault:
    """:param services: all of the cluster; None where they may not be seen."""
    owners = [
        f"{item['metadata']['namespace']}/{item['metadata']['name']}"
        for item in services or ()
        if any(entry.get("nodePort") == port for entry in (item.get("spec") or {}).get("ports") or ())
    ]
    owner = f"the Service {owners[0]}" if owners else "another Service"
    return Fault(who, field, f"the node port {port} is taken by {owner}", "choose another node_port, or free that one")


def _status(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _plain(text: object) -> str:
    return " ".join(str(text).split()).rstrip(".")

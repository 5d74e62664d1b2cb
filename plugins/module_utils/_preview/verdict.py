# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the trials of objects and pods mean. Pure, but for a look at who has a node port."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Optional

from ansible_collections.proven.webapp.plugins.module_utils._audit.documents import Document
from ansible_collections.proven.webapp.plugins.module_utils._audit.engine import NEVER, audit
from ansible_collections.proven.webapp.plugins.module_utils._audit.exceptions import Ignore
from ansible_collections.proven.webapp.plugins.module_utils._preview import immutable, refusals
from ansible_collections.proven.webapp.plugins.module_utils._preview.cluster import Tried
from ansible_collections.proven.webapp.plugins.module_utils._preview.fault import Fault
from ansible_collections.proven.webapp.plugins.module_utils._preview.manifests import Manifest
from ansible_collections.proven.webapp.plugins.module_utils._probes.finding import SEVERITIES

NO_ACCOUNT = "error looking up service account"
OWNERS = (("annotations", "meta.helm.sh/release-name"), ("annotations", "meta.helm.sh/release-namespace"))
"""Where an object says which release it belongs to (helm.sh/helm/v3/pkg/action/validate.go)."""
Services = Callable[[], Optional[list[Mapping[str, Any]]]]  # noqa: UP045


@dataclass
class Judged:
    """What is known so far.

    :ivar changes: of fields that can't be changed, in components that may be made again.
    :ivar not_checked: what couldn't be looked at, and why.
    """

    faults: list[Fault] = field(default_factory=list)
    changes: list[immutable.Change] = field(default_factory=list)
    not_checked: list[str] = field(default_factory=list)


def audited(manifests: Iterable[Manifest], ignores: Iterable[Ignore], fail_on: str) -> list[Fault]:
    """Probes whose design hurts.

    :param fail_on: the mildest severity that counts, or never.
    """
    counting = () if fail_on == NEVER else SEVERITIES[: SEVERITIES.index(fail_on) + 1]
    report = audit((Document(item.content) for item in manifests), ignores)
    return [
        Fault(found.place, "", f"{found.rule.id}: {found.what}", found.rule.fix[:1].lower() + found.rule.fix[1:].rstrip("."))
        for found in report.findings
        if found.severity in counting
    ]


def judge(judged: Judged, tried: Tried, before: Manifest | None, recreate: Collection[str], services: Services) -> None:
    """Add what the trial of an object tells.

    :param before: as it was rendered last.
    :param recreate: components that may be made again.
    """
    who = str(tried.manifest)
    if tried.taken:
        return
    reason = refusals.unchecked(tried.status, tried.body)
    if reason:
        judged.not_checked.append(f"{who}: {reason}")
        return
    ports = refusals.node_ports(tried.status, tried.body, tried.manifest.content)
    if ports:
        known = services()
        judged.faults += [refusals.node_port_fault(who, where, port, known) for where, port in ports]
    elif tried.live is not None and immutable.refuses(tried.status, tried.body):
        change = immutable.change(tried.manifest, tried.live, before)
        if change.propagation and tried.manifest.component in recreate:
            judged.changes.append(change)
        else:
            judged.faults.append(change.fault())
    else:
        judged.faults += refusals.faults(who, tried.status, tried.body)


def judge_pod(judged: Judged, tried: Tried) -> None:
    """Add what admission says of an object's pods. What is wrong with the pod itself, the object's own trial tells;
    whether a quota has room for all of them, one pod doesn't."""
    by_owner = tried.manifest.kind != "Pod" and tried.status in (400, 422)
    if tried.taken or by_owner or refusals.is_quota(tried.status, tried.body):
        return
    who, words = str(tried.manifest), refusals.message(tried.status, tried.body)
    reason = refusals.unchecked(tried.status, tried.body) or ("its ServiceAccount isn't there yet" if NO_ACCOUNT in words else "")
    if reason:
        judged.not_checked.append(f"the pods of {who}: {reason}")
    else:
        judged.faults += refusals.faults(who, tried.status, tried.body)


def foreign(tried: Tried, release: str, namespace: str) -> Iterator[Fault]:
    """A fault of an object that is there, but of another release or of nobody's."""
    metadata = (tried.live or {}).get("metadata") or {}
    if tried.live is None:
        return
    owner = tuple((metadata.get(place) or {}).get(key) for place, key in OWNERS)
    if owner != (release, namespace) or (metadata.get("labels") or {}).get("app.kubernetes.io/managed-by") != "Helm":
        whose = f"belongs to the release {owner[0]} in the namespace {owner[1]}" if owner[0] else "wasn't made by Helm"
        yield Fault(
            str(tried.manifest), "", f"there is one of this name already, which {whose}", "rename the component, or remove that one"
        )


def unknown_components(recreate: Iterable[str], manifests: Iterable[Manifest]) -> list[Fault]:
    """Faults of names in release_recreate that no object has."""
    known = sorted({item.component for item in manifests if item.component})
    return [
        Fault("release_recreate", "", f"there is no component {name}", f"there are {', '.join(known) or 'none'}")
        for name in recreate
        if name not in known
    ]

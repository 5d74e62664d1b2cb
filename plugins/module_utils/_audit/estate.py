# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Puts documents together: which Services, budgets and scalers belong to which workload."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._audit import shape
from ansible_collections.proven.webapp.plugins.module_utils._audit.documents import Document
from ansible_collections.proven.webapp.plugins.module_utils._audit.model import Budget, Scaler, Selector, Service, Subject, Workload

APPS = ("apps", "extensions")
# A kind means what it does in its group alone: there are other things called Service.
GROUPS: Mapping[str, Sequence[str]] = {
    "Deployment": APPS,
    "StatefulSet": APPS,
    "DaemonSet": APPS,
    "ReplicaSet": APPS,
    "ReplicationController": ("",),
    "Pod": ("",),
    "Job": ("batch",),
    "CronJob": ("batch",),
    "Service": ("",),
    "PodDisruptionBudget": ("policy",),
    "HorizontalPodAutoscaler": ("autoscaling",),
}
CONTEXT = {
    "Service": shape.SERVICE_SPEC,
    "PodDisruptionBudget": shape.BUDGET_SPEC,
    "HorizontalPodAutoscaler": shape.SCALER_SPEC,
}
SPECS = {**CONTEXT, "Pod": shape.POD_SPEC, "CronJob": shape.CRON_SPEC}
ENDING = ("Job", "CronJob")


@dataclass
class Estate:
    """Everything that was given.

    :ivar skipped: how many of each kind the audit has nothing to say about; "no kind" for what is no object.
    :ivar owned: how many pods and ReplicaSets were left out because what owns them is audited itself.
    """

    workloads: list[Workload] = field(default_factory=list)
    services: list[Service] = field(default_factory=list)
    budgets: list[Budget] = field(default_factory=list)
    scalers: list[Scaler] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    owned: int = 0


def _kind(content: Any) -> str:
    """The kind, where it is one of those above; else in parentheses what it is."""
    kind = content.get("kind") if isinstance(content, Mapping) else None
    version = content.get("apiVersion") if isinstance(content, Mapping) else None
    if not isinstance(kind, str) or not isinstance(version, str):
        return "(no kind)"
    group = version.rpartition("/")[0]
    return kind if group in GROUPS.get(kind, ()) else f"({kind})"


def _subject(kind: str, document: Document) -> Subject:
    """:ivar document: a mapping."""
    misfits: list[shape.Misfit] = []
    content = document.content
    metadata = shape.METADATA(content.get("metadata") or {}, "metadata", misfits) or {}
    spec = SPECS.get(kind, shape.WORKLOAD_SPEC)(content.get("spec") or {}, "spec", misfits) or {}
    owner = next((item for item in metadata.get("ownerReferences", []) if item.get("controller")), None)
    return Subject(
        kind=kind,
        name=metadata.get("name") or metadata.get("generateName", ""),
        namespace=metadata.get("namespace", ""),
        labels=metadata.get("labels", {}),
        annotations=metadata.get("annotations", {}),
        raw=spec,
        misfits=misfits,
        file=document.file,
        line=document.line,
        owner=(owner.get("kind", ""), owner.get("name", "")) if owner else None,
    )


def _workload(subject: Subject) -> Workload:
    if subject.kind == "Pod":
        return Workload(subject, subject.raw, subject.labels, ends=subject.raw.get("restartPolicy", "Always") != "Always")
    spec = subject.raw
    if subject.kind == "CronJob":
        spec = spec.get("jobTemplate", {}).get("spec", {})
    template = spec.get("template", {})
    labels = template.get("metadata", {}).get("labels", {})
    return Workload(subject, template.get("spec", {}), labels, ends=subject.kind in ENDING)


def _label_selector(raw: Mapping[str, Any] | None) -> Selector | None:
    return None if raw is None else Selector(raw.get("matchLabels", {}), raw.get("matchExpressions", []))


def survey(documents: Iterable[Document]) -> Estate:
    """Sort the documents, and tie together what belongs together."""
    estate = Estate()
    subjects: list[Subject] = []
    for document in documents:
        kind = _kind(document.content)
        if kind.startswith("("):
            estate.skipped[kind.strip("()")] += 1
            continue
        subject = _subject(kind, document)
        match kind:
            case "Service":
                labels = subject.raw.get("selector")
                by_labels = Selector(labels) if labels and subject.raw.get("type") != "ExternalName" else None
                estate.services.append(Service(subject, by_labels))
            case "PodDisruptionBudget":
                estate.budgets.append(Budget(subject, _label_selector(subject.raw.get("selector"))))
            case "HorizontalPodAutoscaler":
                estate.scalers.append(Scaler(subject))
            case _:
                subjects.append(subject)
    _keep_owners(estate, subjects)
    _tie(estate)
    return estate


def _keep_owners(estate: Estate, subjects: Sequence[Subject]) -> None:
    """What belongs to an object that is there too says nothing that its owner doesn't."""
    there = {(subject.namespace, subject.kind, subject.name) for subject in subjects}
    for subject in subjects:
        if subject.owner and ((subject.namespace, *subject.owner) in there or subject.owner[0] in ENDING or _emptied(subject)):
            estate.owned += 1
        else:
            estate.workloads.append(_workload(subject))


def _emptied(subject: Subject) -> bool:
    """Is it the past of a rollout?"""
    return subject.kind == "ReplicaSet" and subject.raw.get("replicas") == 0


class _Finder:
    """Finds, among many selectors, those that select given labels.

    Each is kept under the label that the fewest others ask for, so that few have to be tried.
    """

    def __init__(self, selecting: Iterable[tuple[Any, Selector | None]]) -> None:
        known = [(item, selector) for item, selector in selecting if selector is not None]
        asked = Counter(label for _item, selector in known for label in selector.labels.items())
        self._by_label: dict[tuple[str, str], list[tuple[Any, Selector]]] = {}
        self._others: list[tuple[Any, Selector]] = []
        for item, selector in known:
            rarest = min(selector.labels.items(), key=asked.__getitem__, default=None)
            kept = self._others if rarest is None else self._by_label.setdefault(rarest, [])
            kept.append((item, selector))

    def selecting(self, workload: Workload) -> list[Any]:
        labels = workload.labels
        tried = [pair for label in labels.items() for pair in self._by_label.get(label, ())]
        return [
            item
            for item, selector in (*tried, *self._others)
            if same_namespace(item.subject, workload.subject) and selector.matches(labels)
        ]


def same_namespace(one: Subject, other: Subject) -> bool:
    """Manifests that don't say go where they are applied to, together with those that do."""
    return not one.namespace or not other.namespace or one.namespace == other.namespace


def _tie(estate: Estate) -> None:
    services = _Finder((service, service.selector) for service in estate.services)
    budgets = _Finder((budget, budget.selector) for budget in estate.budgets)
    scalers: dict[tuple[str, str], list[Scaler]] = {}
    for scaler in estate.scalers:
        target = scaler.subject.raw.get("scaleTargetRef", {})
        scalers.setdefault((target.get("kind", ""), target.get("name", "")), []).append(scaler)
    for workload in estate.workloads:
        subject = workload.subject
        if not workload.ends:
            # A Job's pod that a Service selects by mistake is another matter.
            workload.services.extend(services.selecting(workload))
            for budget in budgets.selecting(workload):
                budget.workloads.append(workload)
        found = scalers.get((subject.kind, subject.name), [])
        workload.scalers.extend(scaler for scaler in found if same_namespace(scaler.subject, subject))

# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The preview of a release: all that can be known before anything is applied."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._audit.exceptions import Ignore
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._evidence.collect import secret_values
from ansible_collections.proven.webapp.plugins.module_utils._preview import diff, references, refusals, verdict
from ansible_collections.proven.webapp.plugins.module_utils._preview.again import Doomed
from ansible_collections.proven.webapp.plugins.module_utils._preview.cluster import CREATED, Cluster, Tried
from ansible_collections.proven.webapp.plugins.module_utils._preview.fault import Fault, Refused
from ansible_collections.proven.webapp.plugins.module_utils._preview.helm import FIX, Helm
from ansible_collections.proven.webapp.plugins.module_utils._preview.kinds import Kinds
from ansible_collections.proven.webapp.plugins.module_utils._preview.look import Look, look
from ansible_collections.proven.webapp.plugins.module_utils._preview.manifests import Manifest, parse
from ansible_collections.proven.webapp.plugins.module_utils._preview.masking import Masker
from ansible_collections.proven.webapp.plugins.module_utils._preview.room import Room
from ansible_collections.proven.webapp.plugins.module_utils._probes.finding import ERROR
from ansible_collections.proven.webapp.plugins.module_utils._release import claim

THREADS = 12
ELSEWHERE = "default"
"""A namespace that every cluster has: what isn't made there may be tried there."""


@dataclass(frozen=True)
class Request:
    """What shall be released.

    :ivar recreate: components whose objects may be deleted and made again where a field can't be changed.
    :ivar made_earlier: names of Secrets that an earlier stage makes: in check mode they count as there.
    :ivar fail_on: the mildest severity of a finding of the audit that refuses, or never.
    :ivar check: nothing at all will be applied, and the namespace needn't be there.
    :ivar diff: the difference is wanted.
    """

    place: claim.Place
    helm: Helm
    chart: str
    values: Mapping[str, Any]
    recreate: Sequence[str] = ()
    made_earlier: Collection[str] = ()
    ignores: Sequence[Ignore] = ()
    fail_on: str = ERROR
    check: bool = False
    diff: bool = False


@dataclass(frozen=True)
class Preview:
    """What the release would do.

    :ivar unchanged: nothing at all.
    :ivar missing: objects of the release that somebody has removed.
    :ivar recreate: objects to be deleted right before Helm applies.
    :ivar diff: masked; empty where none was asked for.
    """

    unchanged: bool = False
    missing: tuple[str, ...] = ()
    objects: int = 0
    recreate: tuple[Doomed, ...] = ()
    not_checked: tuple[str, ...] = ()
    diff: str = ""


def preview(request: Request) -> Preview:
    """All that can be known.

    :raises Refused: with every reason for which it would fail.
    :raises ProvenError: it can't be found out.
    """
    with ThreadPoolExecutor(THREADS) as pool:
        seen = look(request.place, request.values, request.chart, pool)
        if seen.unchanged:
            return Preview(unchanged=True)
        return _Run(request, seen, Cluster(request.place, pool)).result()


@dataclass
class _Run:
    request: Request
    seen: Look
    cluster: Cluster
    judged: verdict.Judged = field(default_factory=verdict.Judged)
    objection: str = ""

    def result(self) -> Preview:
        ask = self.cluster.later
        asked, version = ask(self.cluster.kinds), ask(self.cluster.version)
        phase, quotas = ask(self.cluster.phase), ask(self.cluster.quotas)
        values = ask(secret_values, self.request.place) if self.request.diff else None
        self._namespace(phase.result())
        kinds = asked.result()
        manifests = self._render(kinds, version.result())
        known = [item for item in manifests if kinds.get(item)]
        self.judged.faults += verdict.audited(manifests, self.request.ignores, self.request.fail_on)
        self.judged.faults += verdict.unknown_components(self.request.recreate, manifests)
        self.judged.faults += [kinds.missing(item) for item in manifests if not kinds.get(item)]
        # What is told of the object itself needn't be told of its past.
        told = {(item.api_version, item.key) for item in manifests}
        stuck = [item for item in self._before().values() if not kinds.get(item) and (item.api_version, item.key) not in told]
        self.judged.faults += [kinds.gone(item) for item in stuck]
        if phase.result():
            trials = self._try(known, kinds)
            self._references(manifests)
            self._pods(known, trials, kinds, quotas.result())
        else:
            trials = self._try_elsewhere(known, kinds)
        if self.judged.faults:
            masker = self._masker()
            raise Refused([replace(item, what=masker.text(item.what), field=masker.text(item.field)) for item in self.judged.faults])
        if self.objection:
            raise ProvenError(f"Helm refuses the chart: {self._masker().text(self.objection)}", where=self.request.chart, fix=FIX)
        text = self._difference(manifests, trials, kinds, values) if values else ""
        recreate = {id(item.manifest): item for item in self.judged.changes}
        return Preview(
            missing=self.seen.missing,
            objects=len(manifests),
            recreate=tuple(
                Doomed(
                    str(item.manifest),
                    f"{kinds.path(item.manifest)}/{item.manifest.name}",
                    str((item.live or {})["metadata"]["uid"]),
                    recreate[id(item.manifest)].propagation,
                )
                for item in trials
                if id(item.manifest) in recreate
            ),
            not_checked=tuple(dict.fromkeys(self.judged.not_checked)),
            diff=text,
        )

    def _namespace(self, phase: str) -> None:
        """:raises Refused: nothing can be made in it."""
        who = f"Namespace/{self.cluster.namespace}"
        if phase == "Terminating":
            raise Refused([Fault(who, "", "it is being deleted", "wait until it is gone, then release again")])
        if not phase and not self.request.check:
            raise Refused([Fault(who, "", "it isn't there", "make it first, or let the role make it (release_manage_namespace)")])

    def _render(self, kinds: Kinds, version: str) -> list[Manifest]:
        request = self.request
        try:
            rendered = request.helm.template(
                request.place.release,
                self.cluster.namespace,
                request.chart,
                request.values,
                upgrade=self.seen.past.upgrade,
                version=version,
                kinds=kinds.names,
            )
        except ProvenError as error:
            raise ProvenError(self._masker().text(error.what), where=error.where, fix=error.fix) from None
        self.objection = rendered.objection
        return parse(rendered.text, self.cluster.namespace)

    def _masker(self) -> Masker:
        """What hides secrets from messages. Where they can't be known, it goes by names and forms alone."""
        try:
            return Masker(secret_values(self.request.place))
        except ProvenError:
            return Masker()

    def _before(self) -> dict[tuple[str, str, str, str], Manifest]:
        serving = self.seen.past.serving
        return {item.key: item for item in serving.manifests(self.cluster.namespace)} if serving else {}

    def _try(self, manifests: Sequence[Manifest], kinds: Kinds) -> list[Tried]:
        """Every object on the API server, and what its answers mean. Pods aside, which need a ServiceAccount that is there."""
        before = self._before()

        def one(manifest: Manifest) -> Tried:
            path = kinds.path(manifest)
            if manifest.hooks:
                return self.cluster.create(manifest, manifest.content, path)
            return self.cluster.apply(manifest, before.get(manifest.key), path)

        trials: list[Tried] = self.cluster.each(one, [item for item in manifests if item.kind != "Pod"])
        for tried in trials:
            if tried.live is not None and tried.manifest.key not in before:
                self.judged.faults += verdict.foreign(tried, self.request.place.release, self.cluster.namespace)
            verdict.judge(self.judged, tried, before.get(tried.manifest.key), self.request.recreate, self.cluster.services)
        again = [item.manifest for item in self.judged.changes]
        for tried in self.cluster.each(lambda item: self.cluster.create(item, item.content, kinds.path(item)), again):
            verdict.judge(self.judged, tried, None, (), self.cluster.services)
        return trials

    def _try_elsewhere(self, manifests: Sequence[Manifest], kinds: Kinds) -> list[Tried]:
        """The form of every object, in a namespace that is there: what else depends on the namespace isn't known yet."""

        def one(manifest: Manifest) -> Tried:
            content = {**manifest.content, "metadata": {**manifest.metadata, "namespace": ELSEWHERE}}
            return self.cluster.create(manifest, content, kinds.path(manifest, ELSEWHERE))

        for tried in self.cluster.each(one, [item for item in manifests if item.kind != "Pod"]):
            if tried.status in (400, 422):
                verdict.judge(self.judged, tried, None, (), self.cluster.services)
            elif not tried.taken:
                self.judged.not_checked.append(f"{tried.manifest}: {refusals.message(tried.status, tried.body)}")
        self.judged.not_checked.append(
            f"there is no namespace {self.cluster.namespace} yet: Secrets, quotas and admission aren't looked at before it is there"
        )
        return [Tried(item, None, 201, b"") for item in manifests]

    def _references(self, manifests: Sequence[Manifest]) -> None:
        rendered = {(item.kind, item.namespace, item.name) for item in manifests}
        if self.request.check:
            rendered |= {("Secret", self.cluster.namespace, name) for name in self.request.made_earlier}
        wanted = {item.target: item for manifest in manifests for item in references.references(manifest) if item.target not in rendered}
        found = zip(wanted, self.cluster.each(self.cluster.exists, wanted.values()), strict=True)
        self.judged.faults += references.missing(manifests, rendered | {target for target, there in found if there})

    def _pods(self, manifests: Sequence[Manifest], trials: Sequence[Tried], kinds: Kinds, quotas: Any) -> None:
        room = Room(self.cluster, {id(item.manifest): item for item in trials}, self.seen.past.upgrade)
        for tried in room.pods([item for item in manifests if item.pod]):
            verdict.judge_pod(self.judged, tried)
        if quotas is None:
            self.judged.not_checked.append("whether the ResourceQuotas have room: they may not be seen")
        elif quotas:
            full = room.faults(quotas, manifests, kinds)
            names = {item.object.partition("/")[2] for item in full}
            # The API server says of one object what is known of all.
            told = {str(item.manifest) for item in trials if refusals.is_quota(item.status, item.body) in names}
            self.judged.faults = [item for item in self.judged.faults if item.object not in told or "ResourceQuota" not in item.what]
            self.judged.faults += full

    def _difference(self, manifests: Sequence[Manifest], trials: Sequence[Tried], kinds: Kinds, values: Future[Any]) -> str:
        """Objects as they are and would be; hooks, which come and go, as they were and will be rendered."""
        try:
            masker = Masker(values.result())
        except ProvenError as error:
            self.judged.not_checked.append(f"the difference isn't shown: what is secret can't be known ({error.what})")
            return ""
        serving, namespace = self.seen.past.serving, self.cluster.namespace
        before = self._before() | ({item.key: item for item in serving.hooks(namespace)} if serving else {})
        tried = {id(item.manifest): item for item in trials}
        found = []
        for item in manifests:
            trial, old = tried.get(id(item)), before.pop(item.key, None)
            if trial and trial.live and trial.status in CREATED:
                found.append(diff.Difference(str(item), trial.live, trial.after))
            else:
                found.append(diff.Difference(f"{item}, a hook" if item.hooks else str(item), old.content if old else None, item.content))
        gone = [item for item in before.values() if not item.hooks and kinds.get(item)]
        lives = self.cluster.each(lambda item: self.cluster.live(f"{kinds.path(item)}/{item.name}"), gone)
        found += [diff.Difference(str(item), live, None) for item, live in zip(gone, lives, strict=True) if live is not None]
        return diff.render(found, masker)

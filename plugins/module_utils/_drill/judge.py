# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a recorded drill shows. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._drill import rules
from ansible_collections.proven.webapp.plugins.module_utils._drill.model import (
    COLD_START,
    DEGRADED,
    DELETED,
    ENDED,
    FADED,
    FAULT_OFF,
    FAULT_ON,
    LOSSES,
    NOT_READY,
    PROBE_FAILED,
    READY,
    RESTARTED,
    SLACK,
    SPREAD_SECONDS,
    STARTED,
    WAITING,
    Load,
    Moment,
    Record,
)
from ansible_collections.proven.webapp.plugins.module_utils._probes.finding import Finding, Rule
from ansible_collections.proven.webapp.plugins.module_utils._probes.model import LIVENESS, READINESS

WELL_WITHIN = 0.8
"""Of the grace period."""
BUSY_SECONDS = 1.0
"""Waiting that long for its turn, a good application misses probes that time out after a second or two."""
TIMELESS = (rules.ANSWERS_BADLY, rules.CUTS_STREAMS)
"""Rules that no lack of time breaks."""
KILLED_BY_SIGNAL_9 = 137
NO_ANSWER = frozenset({"refused", "reset", "timeout", "truncated", "unreachable"})
CRASH_LOOP = "CrashLoopBackOff"


def find(record: Record) -> list[Finding]:
    """Each promise that was broken; none of a drill that was cut short by something else."""
    if record.not_shown:
        return []
    return [finding for finding in _broken(record) if record.stall <= BUSY_SECONDS or finding.rule in TIMELESS]


def too_busy(record: Record) -> bool:
    """Did it look bad on a node that had no time for it? What looks good there is good."""
    return record.stall > BUSY_SECONDS and not record.not_shown and any(finding.rule not in TIMELESS for finding in _broken(record))


def _broken(record: Record) -> list[Finding]:
    if record.scenario in LOSSES:
        found = _loss_degraded(record) if record.on_loss == DEGRADED else _loss_unready(record)
    elif record.scenario == COLD_START:
        found = _cold_start(record)
    else:
        found = _sigterm(record)
    return list(found)


def lacking(record: Record) -> list[str]:
    """What this drill can't say, and why; besides what was noted while it ran."""
    missing = list(record.not_shown)
    if too_busy(record):
        seen = "; ".join(finding.what for finding in _broken(record) if finding.rule not in TIMELESS)
        missing.append(
            f"the node is too busy to judge by: a process beside the clone waited {record.stall:.1f} s for its turn. Seen was: {seen}"
        )
    if not missing and not find(record):
        missing = list(
            _loss_gaps(record) if record.scenario in LOSSES else _cold_gaps(record) if record.scenario == COLD_START else _end_gaps(record)
        )
    return [f"{record.title}: {text}" for text in missing]


def _loss_gaps(record: Record) -> Iterator[str]:
    loss = _loss(record)
    if loss is None:
        yield "the dependency was never taken away"
        return
    lasted, need = loss[1] - loss[0], record.times.liveness_window
    if lasted < need:
        yield f"the loss lasted {lasted:.0f} s; that liveness holds is shown after {need:.0f} s"


def _cold_gaps(record: Record) -> Iterator[str]:
    if record.at(FAULT_OFF) is None:
        yield "the dependency was never given back"


def _end_gaps(record: Record) -> Iterator[str]:
    if record.at(DELETED) is None:
        yield "it was never told to end"
    elif record.load is not None:
        if not record.load.summary.get("sent"):
            yield "no request was answered before the end"
        if bad := _bad_before(record.load):
            yield f"whether its end costs errors on {', '.join(sorted(bad))}: there were some before it"


def _finding(record: Record, rule: Rule, what: str, probe: str = "") -> Finding:
    return Finding(rule, record.kind, record.name, what, record.namespace, record.container, probe)


def _loss(record: Record) -> tuple[float, float, str] | None:
    """(fault on, fault off or the last moment, its words)."""
    on = record.at(FAULT_ON)
    if on is None:
        return None
    off = record.at(FAULT_OFF, on)
    return on, off if off is not None else record.moments[-1].at, f"{record.dependency} {record.scenario}"


def _restarts(record: Record, rule: Rule, begin: float, words: str) -> Iterator[Finding]:
    """One finding for all restarts from a moment on; a container that has ended is about to be restarted."""
    moments = [
        *record.seen(RESTARTED, begin),
        *record.seen(ENDED, begin),
        *(m for m in record.seen(WAITING, begin) if CRASH_LOOP in m.what),
    ]
    if moments:
        first = min(moments, key=lambda moment: moment.at)
        yield _finding(record, rule, f"{words}: {first.text} after {first.at - begin:.1f} s", LIVENESS)


def _wavering(record: Record, on: float, words: str) -> Iterator[Finding]:
    failed = record.seen(PROBE_FAILED, on)
    if failed:
        yield _finding(record, rules.LIVENESS_WAVERS, f"{words}: {failed[0].text}", LIVENESS)


def _loss_unready(record: Record) -> Iterator[Finding]:
    loss = _loss(record)
    if loss is None:
        return
    on, off, words = loss
    killed = list(_restarts(record, rules.KILLED, on, words))
    yield from killed
    if not killed:
        yield from _wavering(record, on, words)
    limit = record.times.until_unready
    down = record.at(NOT_READY, on)
    if limit is None:
        yield _finding(record, rules.STAYS_READY, f"{words}: it has no readiness probe that could say so", READINESS)
    elif down is None or down > off:
        # A restart cuts the drill short: what readiness would have said later isn't known.
        if off - on >= limit + SLACK:
            yield _finding(record, rules.STAYS_READY, f"{words}: still ready after {off - on:.0f} s, {limit:.0f} s are promised", READINESS)
    elif down - on > limit + SLACK:
        yield _finding(record, rules.STAYS_READY, f"{words}: not ready after {down - on:.1f} s, {limit:.0f} s are promised", READINESS)
    elif not killed and (again := [moment for moment in record.seen(READY, down) if moment.at < off]):
        yield _finding(
            record, rules.STAYS_READY, f"{words}: ready again {again[0].at - on:.1f} s into it, though it is still lost", READINESS
        )
    if not killed and down is not None and down <= off and record.at(FAULT_OFF) is not None:
        yield from _back(record, off, words, rules.COMES_BACK_LATE, record.times.until_ready)


def _back(record: Record, off: float, words: str, rule: Rule, limit: float | None) -> Iterator[Finding]:
    """Is it ready in time once the dependency is back?"""
    if limit is None:
        return
    back = record.at(READY, off)
    if back is None:
        waited = record.moments[-1].at - off
        yield _finding(record, rule, f"{words}, then back: not ready {waited:.0f} s after it, {limit:.0f} s are promised", READINESS)
    elif back - off > limit + SLACK:
        yield _finding(record, rule, f"{words}, then back: ready {back - off:.1f} s after it, {limit:.0f} s are promised", READINESS)


def _loss_degraded(record: Record) -> Iterator[Finding]:
    loss = _loss(record)
    if loss is None:
        return
    on, off, words = loss
    killed = list(_restarts(record, rules.KILLED, on, words))
    yield from killed
    if killed:
        return
    yield from _wavering(record, on, words)
    if (down := record.at(NOT_READY, on)) is not None and down < off:
        yield _finding(record, rules.NOT_DEGRADED, f"{words}: not ready {down - on:.1f} s into it", READINESS)
    if record.load is not None:
        yield from _answers(record, record.load, words)


def _answers(record: Record, load: Load, words: str) -> Iterator[Finding]:
    begin, end = load.marks.get(FAULT_ON, 0.0), load.marks.get(FAULT_OFF, float("inf"))
    during = [item for item in load.summary.get("failures", ()) if begin <= item["at"] <= end]
    lost = [item for item in during if item["kind"] in NO_ANSWER]
    bad = [item for item in during if item["kind"] == "status" and item["status"] >= 500 and item["path"] not in load.health_paths]
    if lost:
        yield _finding(record, rules.DOES_NOT_ANSWER, f"{words}: {_count(lost)}")
    if bad:
        yield _finding(record, rules.ANSWERS_BADLY, f"{words}: {_count(bad)}")


def _cold_start(record: Record) -> Iterator[Finding]:
    off = record.at(FAULT_OFF)
    words = f"{record.dependency} away at the start"
    killed = list(_restarts(record, rules.CRASHES_COLD, 0.0, words))
    yield from killed
    if killed:
        return
    started = record.at(STARTED)
    early = record.at(READY)
    if off is None:
        return
    # A container that waits for the dependency before it counts as started has its startup budget too.
    budget = 0.0 if started is not None and started <= off else record.times.startup
    limit = None if record.times.until_ready is None else record.times.until_ready + budget
    if record.on_loss == DEGRADED:
        if early is None or early >= off:
            yield _finding(record, rules.NOT_DEGRADED, f"{words}: it does not become ready without it", READINESS)
        return
    if early is not None and early < off:
        yield _finding(record, rules.READY_COLD, f"{words}: ready all the same, {early:.1f} s after it was created", READINESS)
        return
    yield from _back(record, off, words, rules.COLD_NEVER_READY, limit)


def _sigterm(record: Record) -> Iterator[Finding]:
    deleted = record.at(DELETED)
    if deleted is None:
        return
    ended = record.at(ENDED, deleted)
    grace = record.times.grace
    took = (ended if ended is not None else record.moments[-1].at) - deleted
    if record.exit_code == KILLED_BY_SIGNAL_9:
        yield _finding(record, rules.ENDS_TOO_LATE, f"killed {took:.1f} s after it was told to end; its grace period is {grace:.0f} s")
    elif took > WELL_WITHIN * grace:
        state = "ended" if ended is not None else "not ended"
        yield _finding(record, rules.ENDS_TOO_LATE, f"{state} {took:.1f} s after it was told to; its grace period is {grace:.0f} s")
    if record.load is None:
        return
    lost = list(_lost_at_the_end(record.load))
    if lost:
        yield _finding(record, rules.LOSES_REQUESTS, f"{_count(lost)} of {record.load.summary['sent']} sent")
    cut = [
        stream
        for stream in record.load.summary.get("streams", ())
        if stream["opened"] <= record.load.marks[DELETED] and (stream["ended"] is None or stream["ended"] >= record.load.marks[DELETED])
        if stream["kind"] not in ("ok", "status")
    ]
    if cut:
        yield _finding(record, rules.CUTS_STREAMS, f"{len(cut)} cut off: {', '.join(sorted({stream['path'] for stream in cut}))}")


def _lost_at_the_end(load: Load) -> Iterator[Mapping[str, Any]]:
    """Requests that a user would have lost.

    Those that end after the pod was told to, and begin before everyone knows it. On a kept connection they go on coming until the server
    says that it closes it: nothing else tells that client.
    """
    deleted, faded = load.marks[DELETED], load.marks.get(FADED, float("inf"))
    faded = min(faded, deleted + SPREAD_SECONDS)
    ignored = {*load.health_paths, *_bad_before(load)}
    for item in load.summary.get("failures", ()):
        if item["at"] + item["seconds"] < deleted or (item["connection"] == "fresh" and item["at"] > faded):
            continue
        if item["kind"] in NO_ANSWER or (item["status"] >= 500 and item["path"] not in ignored):
            yield item


def _bad_before(load: Load) -> set[str]:
    """Paths that answered with a server error before the pod was told to end; probes aside, which may."""
    deleted = load.marks.get(DELETED, 0.0)
    return {
        item["path"]
        for item in load.summary.get("failures", ())
        if item["kind"] == "status" and item["status"] >= 500 and item["at"] + item["seconds"] < deleted
        if item["path"] not in load.health_paths
    }


def _count(items: list[Mapping[str, Any]]) -> str:
    """`3 requests without an answer (2 reset, 1 timeout; /api/todos)`."""
    by_kind: dict[str, int] = {}
    for item in items:
        kind = f"status {item['status']}" if item["kind"] == "status" else item["kind"]
        by_kind[kind] = by_kind.get(kind, 0) + 1
    kinds = ", ".join(f"{number} {kind}" for kind, number in sorted(by_kind.items(), key=lambda pair: -pair[1]))
    paths = ", ".join(sorted({item["path"] for item in items}))
    return f"{len(items)} request{'s' if len(items) != 1 else ''} lost or failed ({kinds}; {paths})"


def live_finding(kind: str, name: str, namespace: str, moves: list[Moment]) -> list[Finding]:
    """What the live pods of a workload did meanwhile."""
    if not moves:
        return []
    what = "; ".join(f"{moment.what} at {moment.at:.0f} s" for moment in moves[:5])
    return [Finding(rules.LIVE_MOVED, kind, name, what, namespace)]

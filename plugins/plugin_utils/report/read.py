# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Makes a report of what the modules returned. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._drill import model as drilled
from ansible_collections.proven.webapp.plugins.module_utils._probes.finding import NOT_SHOWN, SEVERITIES, Verdict, worst
from ansible_collections.proven.webapp.plugins.plugin_utils.report.model import Bar, Drill, Item, Report, Row, Stream

SECTIONS = ("audit", "verify", "drill", "traffic", "pages")
FAULTS = {"refused": "refuses", "blackholed": "answers nothing", "slow": "is slow", "cold_start": "is away at the start"}
Result = Mapping[str, Any]


def verdict_of(results: Mapping[str, Result]) -> Verdict:
    """All checks as one; what wasn't asked for doesn't count.

    :param results: check to what its module returned, for those that ran.
    """
    return worst(Verdict(str(result["verdict"]), tuple(result["reasons"])) for result in results.values())


def read(title: str, facts: Iterable[tuple[str, str]], results: Mapping[str, Result]) -> Report:
    """
    :param results: as for `verdict_of`; keys are SECTIONS.
    """
    verdict = verdict_of(results)
    found = [item for name in SECTIONS for item in results.get(name, {}).get("findings", ())]
    verify, drill, traffic = (results.get(name, {}) for name in ("verify", "drill", "traffic"))
    pods = verify.get("pods", ())
    return Report(
        title=title,
        verdict=verdict.verdict,
        reasons=verdict.reasons,
        facts=tuple(facts),
        sections=[(name, str(results[name]["verdict"]), tuple(results[name]["reasons"])) for name in SECTIONS if name in results],
        findings=sorted((_item(item) for item in found), key=lambda item: SEVERITIES.index(item.severity)),
        ignored=[_item(item) for item in results.get("audit", {}).get("ignored", ())],
        not_shown=_not_shown(results),
        rows=[_row(pod, probe) for pod in pods for probe in pod["probes"] if probe["samples"]],
        bars=[each for pod in pods for probe in pod["probes"] if (each := _bar(pod, probe))],
        stream=_stream(traffic["traffic"], traffic.get("marks", ())) if traffic.get("traffic") else None,
        drills=[_drill(item) for item in drill.get("drills", ()) if item["timeline"]],
    )


def _item(finding: Result) -> Item:
    parts = [
        f"{finding['kind']}/{finding['name']}",
        f"container {finding['container']}" if finding.get("container") else "",
        finding.get("probe"),
    ]
    keys = ("rule", "severity", "what", "why", "fix", "corrected", "link", "reason")
    return Item(place=", ".join(str(part) for part in parts if part), **{key: str(finding.get(key) or "") for key in keys})


def _not_shown(results: Mapping[str, Result]) -> list[str]:
    """What no check could look at, each once."""
    lines = [line for name in SECTIONS for line in results.get(name, {}).get("not_shown", ())]
    lines += [f"{item['without']} (for want of the right: {item['right']})" for item in results.get("verify", {}).get("lost", ())]
    lines += [line for result in results.values() if result["verdict"] == NOT_SHOWN for line in result["reasons"]]
    return list(dict.fromkeys(lines))


def _row(pod: Result, probe: Result) -> Row:
    points = [(float(at), str(result), float(milliseconds or 0) / 1000) for at, result, milliseconds in probe["samples"]]
    return Row(f"{pod['name']} {probe['probe']}", points)


def _bar(pod: Result, probe: Result) -> Bar | None:
    startup = probe.get("startup") or {}
    used = startup.get("used") if startup.get("used") is not None else startup.get("used_at_most")
    return None if used is None else Bar(f"{pod['name']}", float(used), float(startup["budget"]))


def _stream(traffic: Result, marks: Sequence[Sequence[Any]]) -> Stream:
    buckets = [(float(second), int(good), int(bad)) for second, (good, bad) in enumerate(traffic["per_second"])]
    return Stream(buckets, [(float(at), str(words)) for at, words in marks])


def _drill(item: Result) -> Drill:
    """What its timeline says, as states."""
    moments = [(float(at), str(text).partition(": ")[0]) for at, text in item["timeline"]]
    end = max(at for at, _kind in moments) + 1
    off = next((at for at, kind in moments if kind == drilled.FAULT_OFF), None)
    # A clone that starts without its dependency has been in trouble from its beginning.
    on = next((at for at, kind in moments if kind == drilled.FAULT_ON), None if off is None else 0.0)
    ready = [(0.0, False)]
    ready += [(at, kind == drilled.READY) for at, kind in moments if kind in (drilled.READY, drilled.NOT_READY, drilled.ENDED)]
    liveness = [(0.0, True)]
    liveness += [(at, False) for at, kind in moments if kind in (drilled.RESTARTED, drilled.PROBE_FAILED)]
    what = (
        f"{item['dependency']} {FAULTS.get(item['scenario'], item['scenario'])}" if item["dependency"] else "told to end while it answers"
    )
    return Drill(
        title=f"{item['component']}: {what} – {str(item['verdict']).replace('_', ' ')}",
        end=end,
        fault=None if on is None else (on, end if off is None else off),
        ready=ready,
        liveness=liveness,
    )

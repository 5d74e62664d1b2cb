# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One call of the module rollout."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._patience import PATIENCE_ARGUMENT, patiently
from ansible_collections.proven.webapp.plugins.module_utils._progress import PROGRESS_ARGUMENT
from ansible_collections.proven.webapp.plugins.module_utils._release.claim import RELEASE_ARGUMENTS
from ansible_collections.proven.webapp.plugins.module_utils._rollout.cluster import Cluster
from ansible_collections.proven.webapp.plugins.module_utils._rollout.explain import explain, troubles
from ansible_collections.proven.webapp.plugins.module_utils._rollout.model import Say, Tolerance
from ansible_collections.proven.webapp.plugins.module_utils._rollout.report import helm_headline, shorten
from ansible_collections.proven.webapp.plugins.module_utils._rollout.watch import DOOMED, LATE, SILENT, Limits, Outcome, exposed, wait

ARGUMENTS: dict[str, dict[str, Any]] = {
    **RELEASE_ARGUMENTS,
    "timeout": {"type": "int", "default": 300},
    "no_activity": {"type": "int", "default": 0},
    "restarts_tolerated": {"type": "int", "default": 2},
    "ready_within": {"type": "int", "default": 60},
    "failure": {"type": "str"},
    **PATIENCE_ARGUMENT,
    **PROGRESS_ARGUMENT,
}


def run(given: Mapping[str, Any], *, check: bool, say: Say) -> dict[str, Any]:
    """The task's result.

    :param given: as ARGUMENTS says.
    :param check: look once, and take nothing for a failure.
    """
    failure = helm_headline(given["failure"]) if given["failure"] else ""
    try:
        _refuse_nonsense(given)
        return _run(given, failure, check=check, say=say)
    except ProvenError as error:
        if not failure:
            return _failed(str(error))
        where = f'The release "{given["release"]}" in the namespace "{given["namespace"]}" isn\'t up: {failure}'
        return _failed(f"{where}\nNo evidence could be collected. {error}")


def _refuse_nonsense(given: Mapping[str, Any]) -> None:
    for name, least in (("timeout", 0), ("no_activity", 0), ("restarts_tolerated", 0), ("ready_within", 1), ("patience", 0)):
        if given[name] < least:
            raise ProvenError(f"{name} can't be {given[name]}.", where="proven.webapp.rollout", fix=f"give {least} or more")


def _run(given: Mapping[str, Any], failure: str, *, check: bool, say: Say) -> dict[str, Any]:
    cluster = Cluster(given["kubeconfig"], given["context"], given["namespace"], given["release"])
    once = check or bool(failure)
    limits = Limits(0 if once else given["timeout"], given["no_activity"])
    tolerance = Tolerance(given["restarts_tolerated"], given["ready_within"])
    outcome = patiently(
        lambda: wait(cluster, limits, tolerance, say, evidence=bool(failure)),
        cluster.place.api,
        # Where something has failed already, whoever asks waits by itself.
        0 if once else given["patience"],
        say,
    )
    verdict = outcome.verdict
    headline = failure or ("" if check or verdict.done else _headline(outcome, given))
    if headline:
        found = troubles(outcome.snapshot, verdict, migrations=bool(failure))
        return _failed(
            explain(cluster, outcome.snapshot, verdict, headline=headline, failed_before=bool(failure)),
            doomed=outcome.ended == DOOMED,
            troubles=[
                {"component": item.component, "pod": item.pod, "container": item.container, "what": shorten(cluster.masked(item.what))}
                for item in found
            ],
            warnings=list(verdict.warnings),
        )
    return {
        "changed": False,
        "ready": {name: list(numbers) for name, numbers in verdict.ready.items()},
        "exposed": exposed(outcome.snapshot.services),
        "notes": [*verdict.notes, *(f"Not watched: {text}" for text in outcome.lost.values())],
        "warnings": list(verdict.warnings),
    }


def _headline(outcome: Outcome, given: Mapping[str, Any]) -> str:
    waiting = ", ".join(outcome.verdict.waiting)
    if outcome.ended == SILENT:
        return f"nothing has moved for {outcome.silence:.0f} s: {waiting}"
    if outcome.ended == LATE:
        return f"not ready after {given['timeout']} s: {waiting}"
    return "it can't come up as it is" if outcome.verdict.doomed else f"not ready: {waiting}"


def _failed(message: str, **more: Any) -> dict[str, Any]:
    return {"failed": True, "changed": False, "msg": message, **more}

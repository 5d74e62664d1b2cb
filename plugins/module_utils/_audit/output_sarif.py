# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The audit as SARIF 2.1.0, which code hosts show beside the lines (https://docs.oasis-open.org/sarif/sarif/v2.1.0/)."""

from __future__ import annotations

import hashlib
import os
from typing import Any
from urllib.parse import quote

from ansible_collections.proven.webapp.plugins.module_utils._audit.engine import Report
from ansible_collections.proven.webapp.plugins.module_utils._audit.rules import STATIC_RULES
from ansible_collections.proven.webapp.plugins.module_utils._probes.finding import ERROR, INFO, WARNING, Finding, Rule

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {ERROR: "error", WARNING: "warning", INFO: "note"}
_INDEX = {rule.id: index for index, rule in enumerate(STATIC_RULES)}


def sarif(report: Report) -> dict[str, Any]:
    """A SARIF log with one run; what is ignored is there too, as suppressed."""
    results = [_result(finding) for finding in report.findings]
    for ignored in report.ignored:
        suppression = {"kind": "external", "status": "accepted", "justification": ignored.reason}
        results.append({**_result(ignored.finding), "suppressions": [suppression]})
    driver = {
        "name": "proven.webapp probe_audit",
        "informationUri": "https://github.com/proven/webapp",
        "rules": [_rule(rule) for rule in STATIC_RULES],
    }
    notes = [{"level": "warning", "message": {"text": text}} for text in report.not_shown]
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": True, "toolExecutionNotifications": notes}],
        "results": results,
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "name": "".join(word.capitalize() for word in rule.name.split("-")),
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.why},
        "help": {"text": f"{rule.fix}\nSource: {rule.source}"},
        "helpUri": rule.link,
        "defaultConfiguration": {"level": LEVELS[rule.severity]},
    }


def _result(finding: Finding) -> dict[str, Any]:
    # The same finding keeps its fingerprint when lines move.
    identity = "|".join((finding.rule.id, finding.namespace, finding.place, finding.what))
    text = f"{finding.place}: {finding.what}. {finding.rule.fix}"
    return {
        "ruleId": finding.rule.id,
        "ruleIndex": _INDEX[finding.rule.id],
        "level": LEVELS[finding.severity],
        "message": {"text": f"{text}\n\n{finding.corrected}" if finding.corrected else text},
        "locations": [_location(finding)],
        "partialFingerprints": {"finding/v1": hashlib.sha256(identity.encode()).hexdigest()[:32]},
    }


def _location(finding: Finding) -> dict[str, Any]:
    logical = {"name": finding.name, "fullyQualifiedName": finding.place, "kind": "object"}
    location: dict[str, Any] = {"logicalLocations": [logical]}
    # Text from elsewhere than a file has no place that could be opened.
    if finding.file and not finding.file.startswith("<"):
        path = finding.file.replace(os.sep, "/")
        uri = f"file://{quote(path)}" if os.path.isabs(finding.file) else quote(path)
        location["physicalLocation"] = {"artifactLocation": {"uri": uri}, "region": {"startLine": max(finding.line, 1)}}
    return location

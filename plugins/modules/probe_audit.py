#!/usr/bin/python
# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: probe_audit
short_description: Finds probes that are badly designed, in manifests or in a live namespace
version_added: 0.1.0
author:
  - The proven.webapp maintainers (@proven)
description:
  - Looks at the startup, liveness and readiness probes of workloads, together with the Services, PodDisruptionBudgets and
    HorizontalPodAutoscalers that belong to them, and says which rules they break, why that hurts, and what would be right.
  - Looks at Deployments, StatefulSets, DaemonSets, ReplicaSets, ReplicationControllers, Pods, Jobs and CronJobs, at sidecars too, and at
    C(List)s of them. What ends by itself, such as a Job, is only held to what the API server accepts.
  - The rules are listed in C(docs/rules.md). Nothing is run, and of a cluster nothing but the API is asked.
  - >-
    An object can carry exceptions of its own in the annotation C(proven.webapp/audit-ignore), such as
    C(PV129: the check is a shell builtin; PV133: one pod by design).
  - The same audit is a command for CI, C(python -m ansible_collections.proven.webapp.plugins.module_utils._audit.command), which can write
    SARIF and JUnit, too.
extends_documentation_fragment: [proven.webapp.read_only, proven.webapp.kubeconfig, proven.webapp.patience]
requirements:
  - PyYAML (Python library), for O(manifests) as text and O(files)
options:
  manifests:
    description: Manifests, each as YAML or JSON text, such as what C(helm template) prints, or as a mapping.
    type: list
    elements: raw
    default: []
  files:
    description: Files, and directories whose files with the endings C(.yaml), C(.yml) and C(.json) are read, subdirectories included.
    type: list
    elements: path
    default: []
  namespace:
    description: Namespace of a cluster whose workloads are looked at. Needs the right to list what it looks at; Secrets aren't read.
    type: str
  label_selectors:
    description: Selectors that the workloads in O(namespace) have to match, as kubectl takes them.
    type: list
    elements: str
    default: []
  fail_on:
    description:
      - The mildest severity of a finding that makes the task fail.
      - V(never) reports and goes on.
    type: str
    choices: [error, warning, info, never]
    default: error
  ignore:
    description: Findings that are accepted. They are listed in RV(ignored); an exception that matches nothing gives a warning.
    type: list
    elements: dict
    default: []
    suboptions:
      rule:
        description: The rule's id.
        type: str
        required: true
      object:
        description: The object, as C(Kind/name) or C(name), where C(*) stands for anything. All objects if left out.
        type: str
      container:
        description: The container, likewise.
        type: str
      reason:
        description: Why it is right here, in ten characters or more.
        type: str
        required: true
  allow_empty:
    description: Whether it is right that there is no workload in what is given.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Audit manifests before they are applied
  proven.webapp.probe_audit:
    files: [deploy/]
    fail_on: warning

- name: Audit what a chart renders
  proven.webapp.probe_audit:
    manifests: ["{{ rendered.stdout }}"]

- name: Audit a namespace, except for what is known
  proven.webapp.probe_audit:
    namespace: todo
    label_selectors: [app.kubernetes.io/instance=todo]
    kubeconfig: "{{ cluster_kubeconfig }}"
    context: "{{ cluster_context }}"
    ignore:
      - rule: PV133
        object: StatefulSet/todo-database
        reason: the database has one pod by design, and a backup
"""

RETURN = r"""
verdict:
  description:
    - V(proven) if nothing that counts was found, V(not_proven) if something was, V(not_shown) if something couldn't be looked at.
  returned: when the input could be read
  type: str
reasons:
  description: What led to the verdict, one line each.
  returned: when the input could be read
  type: list
  elements: str
findings:
  description:
    - What was found, with rule, severity, title, why, fix, link, kind, namespace, name, container, probe, what, corrected, file, line.
  returned: when the input could be read
  type: list
  elements: dict
  sample:
    - rule: PV123
      severity: warning
      title: A probe gives less than 2 seconds to answer
      why: A pause of the garbage collector, a throttled CPU or a busy node takes a second now and then.
      fix: Give timeoutSeconds of 2 or more.
      link: https://github.com/proven/webapp/blob/main/docs/rules.md#pv123
      kind: Deployment
      namespace: todo
      name: todo-backend
      container: backend
      probe: readiness
      what: its timeout is 1 s
      corrected: "readinessProbe:\n  timeoutSeconds: 2"
      file: deploy/backend.yaml
      line: 1
counts:
  description: Number of findings by severity.
  returned: when the input could be read
  type: dict
ignored:
  description: Findings that an exception covers, each with its reason.
  returned: when the input could be read
  type: list
  elements: dict
unused_ignores:
  description: Exceptions that matched nothing.
  returned: when the input could be read
  type: list
  elements: str
workloads:
  description: Number of workloads that were looked at.
  returned: when the input could be read
  type: int
ending_workloads:
  description: Number of those that end by themselves, and were only held to what the API server accepts.
  returned: when the input could be read
  type: int
owned_skipped:
  description: Number of pods and ReplicaSets that were left out because what owns them was looked at.
  returned: when the input could be read
  type: int
kinds_skipped:
  description: Number of objects of kinds that the audit has nothing to say about, by kind.
  returned: when the input could be read
  type: dict
not_shown:
  description: What couldn't be read, and why.
  returned: when the input could be read
  type: list
  elements: str
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._api import KUBECONFIG_ARGUMENTS, Api
from ansible_collections.proven.webapp.plugins.module_utils._audit.documents import Document, expand, read_files, read_text
from ansible_collections.proven.webapp.plugins.module_utils._audit.engine import FAIL_ON, NOTHING, Report, audit
from ansible_collections.proven.webapp.plugins.module_utils._audit.exceptions import read_entry
from ansible_collections.proven.webapp.plugins.module_utils._audit.live import read_namespace
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._module import Call, run_module
from ansible_collections.proven.webapp.plugins.module_utils._patience import PATIENCE_ARGUMENT, patiently
from ansible_collections.proven.webapp.plugins.module_utils._probes.finding import ERROR, NOT_PROVEN

ARGUMENTS: dict[str, Any] = {
    "manifests": {"type": "list", "elements": "raw", "default": []},
    "files": {"type": "list", "elements": "path", "default": []},
    "namespace": {"type": "str"},
    "label_selectors": {"type": "list", "elements": "str", "default": []},
    **KUBECONFIG_ARGUMENTS,
    "fail_on": {"type": "str", "choices": list(FAIL_ON), "default": ERROR},
    "ignore": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "rule": {"type": "str", "required": True},
            "object": {"type": "str"},
            "container": {"type": "str"},
            "reason": {"type": "str", "required": True},
        },
    },
    "allow_empty": {"type": "bool", "default": False},
    **PATIENCE_ARGUMENT,
}


def read(params: Mapping[str, Any], say: Callable[[str], None]) -> tuple[list[Document], list[str]]:
    """(documents, what couldn't be read and why)."""
    documents: list[Document] = []
    not_shown: list[str] = []
    for index, manifest in enumerate(params["manifests"]):
        name = f"<manifests[{index}]>"
        for item in manifest if isinstance(manifest, list) else [manifest]:
            documents += read_text(item, name) if isinstance(item, str) else expand(Document(item, name))
    if params["files"]:
        documents += read_files(params["files"])
    if params["namespace"]:
        api = Api(params["kubeconfig"], params["context"])
        live, not_shown = patiently(
            lambda: read_namespace(api, params["namespace"], params["label_selectors"]), api, params["patience"], say
        )
        documents += live
    return documents, not_shown


def report_on(params: Mapping[str, Any], say: Callable[[str], None]) -> Report:
    """Read what is given, and audit it.

    :raises ProvenError: it can't be read, or there is nothing in it.
    """
    if not (params["manifests"] or params["files"] or params["namespace"]):
        raise ProvenError("There is nothing to audit.", fix="give manifests, files or a namespace")
    ignores = [read_entry(entry, f"ignore[{index}]") for index, entry in enumerate(params["ignore"])]
    documents, not_shown = read(params, say)
    report = audit(documents, ignores, not_shown)
    if not report.workloads and not params["allow_empty"]:
        raise ProvenError(f"Nothing was audited: {NOTHING}.", fix="check what is given, or set allow_empty if that is right")
    return report


def message(report: Report, reasons: list[str]) -> str:
    lines = "\n".join(f"- {reason}" for reason in reasons)
    fixes = "\n".join(dict.fromkeys(f"- {finding.rule.id}: {finding.rule.fix} {finding.rule.link}" for finding in report.findings))
    return f"The probes aren't as they should be:\n{lines}\nWhat to do:\n{fixes}"


def run(call: Call) -> dict[str, Any]:
    """Audit, and fail where a finding is as bad as fail_on says."""
    report = report_on(call.params, call.say)
    result = report.as_dict(call.params["fail_on"])
    for unused in report.unused:
        call.warn(f"An exception matches nothing, and can go: {unused}")
    for missing in report.not_shown:
        call.warn(f"Not shown: {missing}")
    if result["verdict"] == NOT_PROVEN:
        return {"failed": True, "msg": message(report, result["reasons"]), **result}
    return result


def main() -> None:
    run_module(ARGUMENTS, run)


if __name__ == "__main__":
    main()

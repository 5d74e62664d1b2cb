# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The catalogue of all rules as Markdown.

python -m ansible_collections.proven.webapp.plugins.module_utils._audit.catalogue > docs/rules.md
"""

from __future__ import annotations

import sys
from collections.abc import Iterable

from ansible_collections.proven.webapp.plugins.module_utils._audit.rules import STATIC_RULES
from ansible_collections.proven.webapp.plugins.module_utils._drill.rules import DRILL_RULES
from ansible_collections.proven.webapp.plugins.module_utils._probes.finding import ERROR, INFO, WARNING, Rule
from ansible_collections.proven.webapp.plugins.module_utils._verify.rules import LIVE_RULES

EXAMPLES = "../tests/unit/audit/examples"
INTRODUCTION = """<!-- Made from the rules themselves; a test compares. See plugins/module_utils/_audit/catalogue.py -->

# Rules

What the collection holds probes to. Each finding names a rule of this page, the place, what is wrong there with its numbers, and what
would be right.

| severity | means |
|---|---|
| error | It hurts for sure: refused by the API server, never working, losing requests, or making restarts of a fault elsewhere. |
| warning | It is likely to hurt, under load or when something else fails. |
| info | It is a decision that somebody should have made. |
"""
STATIC = """Found in manifests or in what a cluster holds, by `proven.webapp.probe_audit`; nothing is run. What ends by itself (Jobs,
CronJobs, pods that aren't restarted) is exempt from all but what the API server itself refuses.

A finding that is right as it is can be accepted, with a reason: in the module's `ignore`, by the command's `--ignore`, or on the object:

```yaml
metadata:
  annotations:
    proven.webapp/audit-ignore: "PV129: the check is a shell builtin; PV133: one pod by design"
```

Accepted findings stay in the result, with their reasons. An exception that matches nothing is told.

In CI and before a commit it is a command, which needs PyYAML and nothing else; `-` is the standard input, and it can write `text`, `json`,
`sarif` and `junit`. It ends with 0, with 1 when something that counts was found, and with 2 when it couldn't look.

```sh
helm template todo chart/ | python -m ansible_collections.proven.webapp.plugins.module_utils._audit.command - --fail-on warning
python -m ansible_collections.proven.webapp.plugins.module_utils._audit.command deploy/ --format sarif --output probes.sarif \\
  --ignore "PV133 StatefulSet/todo-database: one pod by design, and a backup"
```"""
LIVE = "Found in running pods, by `proven.webapp.probe_verify`, which replays each probe and compares with the kubelet's own verdict."
DRILL = "Found in a clone whose dependencies are taken away and given back, by `proven.webapp.probe_drill`."


def bare(rules: Iterable[object]) -> list[Rule]:
    """The rules themselves; some catalogues keep a rule together with its check."""
    found = [getattr(item, "rule", item) for item in rules]
    return sorted((rule for rule in found if isinstance(rule, Rule)), key=lambda rule: rule.id)


def markdown() -> str:
    """The whole page."""
    parts = [INTRODUCTION]
    for title, text, rules, examples in (
        ("Manifests", STATIC, bare(STATIC_RULES), True),
        ("Running pods", LIVE, bare(LIVE_RULES), False),
        ("Drills", DRILL, bare(DRILL_RULES), False),
    ):
        parts += [f"## {title}\n\n{text}\n", _index(rules), *(_section(rule, examples=examples) for rule in rules)]
    return "\n".join(parts)


def _index(rules: Iterable[Rule]) -> str:
    lines = [f"| [{rule.id}](#{rule.id.lower()}) | {_cell(rule.severity)} | {_cell(rule.title)} |" for rule in rules]
    return "\n".join(["| rule | severity | what holds where it is broken |", "|---|---|---|", *lines, ""])


def _section(rule: Rule, *, examples: bool) -> str:
    marks = {ERROR: "error", WARNING: "warning", INFO: "info"}
    lines = [
        f'### <a id="{rule.id.lower()}"></a>{rule.id}: {rule.title}',
        "",
        f"`{rule.name}`, {marks[rule.severity]}",
        "",
        f"**Why.** {rule.why}",
        "",
        f"**What to do.** {rule.fix}",
        "",
        f"**Source.** {rule.source}",
        "",
    ]
    if examples:
        lines += [f"**Examples.** [breaks it]({EXAMPLES}/{rule.id}/fails.yaml), [keeps it]({EXAMPLES}/{rule.id}/passes.yaml)", ""]
    return "\n".join(lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    sys.stdout.write(markdown())

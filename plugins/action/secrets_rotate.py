# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Takes one step of replacing a secret whose old value is accepted for a while."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from ansible_collections.proven.webapp.plugins.action.secrets_check import SecretsAction
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._secrets import rotation, vault_file
from ansible_collections.proven.webapp.plugins.module_utils._secrets.generators import GENERATORS
from ansible_collections.proven.webapp.plugins.module_utils._secrets.schema import parse_schema
from ansible_collections.proven.webapp.plugins.module_utils._secrets.source import Source

NEXT = {
    "prepare": "Deploy, so that every pod accepts the new value; then run again with -e secrets_step=use.",
    "use": "Deploy, so that the new value is used. Once nothing made with the old one lives any longer, run with -e secrets_step=finish.",
    "finish": "Deploy: the old value is accepted no longer.",
}


class ActionModule(SecretsAction):
    """Changes the vault file. Returns names, never values."""

    ARGUMENTS: ClassVar[dict[str, Any]] = {
        **SecretsAction.ARGUMENTS,
        "key": {"type": "str", "required": True},
        "step": {"type": "str", "required": True, "choices": list(rotation.STEPS)},
    }

    def work(self, args: dict[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
        key = args["key"]
        rules, _faults = parse_schema(args["schema"])
        rule = rules.get(key)
        if rule is None or rule.rotate_in is None or rule.generate is None or GENERATORS[rule.generate.kind].needs(rule.generate.argument):
            able = sorted(name for name, one in rules.items() if one.rotate_in)
            raise ProvenError(
                f"{key} can't be replaced with an overlap: its rule names no key that lists versions, or no generator.",
                where=f"webapp_secrets_schema.{key}",
                fix=f"Choose one of {', '.join(able)}." if able else "Give it rotate_in and generate, if the application takes a list.",
            )
        if args["source"] != "vault":
            raise ProvenError(
                f"Secrets of the source {args['source']} can't be changed from here.",
                where=key,
                fix=f"Change {key} and {rule.rotate_in} in the source, by the steps in the role's README.",
            )
        made = rule.generate
        resolved = self.resolve(args, variables, may_generate=False)
        source = self.source(args, variables)
        before = rotation.parse(resolved.values[key], resolved.values.get(rule.rotate_in, ""), where=rule.rotate_in)
        after = rotation.step(before, args["step"], lambda: GENERATORS[made.kind].make(made.argument, {}), key=key)
        wanted = {key: after.secret, rule.rotate_in: after.listed}
        new = {_variable(source, name): value for name, value in wanted.items() if value != resolved.values.get(name, "")}
        path = Path(args["vault_file"])
        if new and not self._task.check_mode:
            self._see_that_they_are_there(path, variables, new)
            vault_file.add(path, self.encrypt(new, args["vault_id"]), self.parser(path), vault_file.changed)
        return {
            "changed": bool(new),
            "variables": sorted(new),
            "versions": [number for number, _value in after.versions],
            "vault_file": str(path),
            "next": NEXT[args["step"]],
        }

    def _see_that_they_are_there(self, path: Path, variables: Mapping[str, Any], new: Mapping[str, str]) -> None:
        """A variable that another file sets would win or lose against this one."""
        held = self._load(path)
        if elsewhere := sorted(name for name in new if name in variables and name not in held):
            raise ProvenError(
                f"{', '.join(elsewhere)} is set elsewhere than in the vault file.",
                where=str(path),
                fix="Name the file that it is in: -e secrets_vault_file=…",
            )


def _variable(source: Source, key: str) -> str:
    name = source.store_as(key)
    if name is None:
        raise ProvenError(
            f"{key} has no variable of its own to be stored in.",
            where=f"webapp_secrets.{key}",
            fix=f'Write it as {key}: "{{{{ vault_{key.lower()} }}}}".',
        )
    return name

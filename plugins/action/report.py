# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Writes what was proven as a page, JUnit and JSON, and makes one verdict of it."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.plugin_utils.controller import ControllerAction
from ansible_collections.proven.webapp.plugins.plugin_utils.report import junit, page
from ansible_collections.proven.webapp.plugins.plugin_utils.report.read import SECTIONS, read, verdict_of


class ActionModule(ControllerAction):
    ARGUMENTS: ClassVar[dict[str, Any]] = {
        "title": {"type": "str", "required": True},
        "facts": {"type": "dict", "default": {}},
        "path": {"type": "path"},
        **{name: {"type": "dict", "default": {}} for name in SECTIONS},
    }

    def work(self, args: dict[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
        results = {name: args[name] for name in SECTIONS if args[name].get("verdict")}
        verdict = verdict_of(results)
        answer: dict[str, Any] = {"verdict": verdict.verdict, "reasons": list(verdict.reasons), "path": ""}
        if not args["path"] or self._task.check_mode:
            return answer
        folder = Path(args["path"]).absolute()
        try:
            when = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC")
            report = read(args["title"], [*((str(name), str(value)) for name, value in args["facts"].items()), ("when", when)], results)
            plain = {"title": args["title"], "verdict": verdict.verdict, "reasons": list(verdict.reasons), **results}
            files = {"report.html": page.render(report), "junit.xml": junit.render(report), "report.json": json.dumps(plain, indent=1)}
            folder.mkdir(parents=True, exist_ok=True)
            for name, text in files.items():
                (folder / name).write_text(text, encoding="utf-8")
        except ProvenError as error:
            return {**answer, "failed": True, "msg": str(error)}
        except OSError as error:
            return {
                **answer,
                "failed": True,
                "msg": f"The report can't be written: {error}\nWhat to do: give another folder, or make room.",
            }
        return {**answer, "path": str(folder / "report.html")}

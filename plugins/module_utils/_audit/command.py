# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The audit as a command, for CI and pre-commit: `python -m ansible_collections.proven.webapp.plugins.module_utils._audit.command`."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from ansible_collections.proven.webapp.plugins.module_utils._audit.documents import Document, read_bytes, read_files
from ansible_collections.proven.webapp.plugins.module_utils._audit.engine import FAIL_ON, NEVER, NOTHING, Report, audit
from ansible_collections.proven.webapp.plugins.module_utils._audit.exceptions import FORM, read_line
from ansible_collections.proven.webapp.plugins.module_utils._audit.output_junit import junit
from ansible_collections.proven.webapp.plugins.module_utils._audit.output_sarif import sarif
from ansible_collections.proven.webapp.plugins.module_utils._audit.output_text import Text
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._probes.finding import ERROR, NOT_PROVEN

FORMATS = ("text", "json", "sarif", "junit")
CLEAN, FOUND, TROUBLE = 0, 1, 2
STDIN = "<stdin>"


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="probe_audit",
        description="Are the probes in these Kubernetes manifests well designed?",
        epilog="Ends with 0 when nothing that counts was found, 1 when something was, 2 when it couldn't be looked at.",
    )
    made.add_argument("paths", nargs="+", metavar="PATH", help="file or directory with YAML or JSON; - is the standard input")
    made.add_argument("--format", choices=FORMATS, default="text")
    made.add_argument("--fail-on", choices=FAIL_ON, default=ERROR, help="the mildest severity that counts (error)")
    made.add_argument("--ignore", action="append", default=[], metavar="EXCEPTION", help=FORM)
    made.add_argument("--output", metavar="FILE", help="write there instead of to the terminal")
    made.add_argument("--allow-empty", action="store_true", help="no workload at all is no trouble")
    return made


def read(paths: Sequence[str]) -> list[Document]:
    """:raises ProvenError: something can't be read."""
    documents: list[Document] = []
    for path in dict.fromkeys(paths):
        documents += read_bytes(sys.stdin.buffer.read(), STDIN) if path == "-" else []
    return documents + read_files(path for path in paths if path != "-")


def rendered(report: Report, chosen: str, fail_on: str, *, terminal: bool) -> str:
    match chosen:
        case "json":
            return json.dumps(report.as_dict(fail_on), indent=2, ensure_ascii=False) + "\n"
        case "sarif":
            return json.dumps(sarif(report), indent=2, ensure_ascii=False) + "\n"
        case "junit":
            return junit(report, fail_on)
    width = min(shutil.get_terminal_size((100, 24)).columns, 120)
    return Text(width, colour=terminal and not os.environ.get("NO_COLOR")).render(report, fail_on)


def run(arguments: Sequence[str]) -> int:
    """:returns: the exit status."""
    chosen = parser().parse_args(arguments)
    try:
        ignores = [read_line(line) for line in chosen.ignore]
        report = audit(read(chosen.paths), ignores)
        text = rendered(report, chosen.format, chosen.fail_on, terminal=not chosen.output and sys.stdout.isatty())
        if chosen.output:
            write(chosen.output, text)
        else:
            sys.stdout.write(text)
    except ProvenError as error:
        sys.stderr.write(f"{error}\n")
        return TROUBLE
    if not report.workloads and not chosen.allow_empty:
        sys.stderr.write(f"Nothing was audited: {NOTHING}.\nWhat to do: check the paths, or say --allow-empty\n")
        return TROUBLE
    failed = chosen.fail_on != NEVER and report.verdict(chosen.fail_on).verdict == NOT_PROVEN
    return FOUND if failed else CLEAN


def write(path: str, text: str) -> None:
    """:raises ProvenError: it can't be written."""
    try:
        Path(path).write_text(text, encoding="utf-8")
    except OSError as error:
        raise ProvenError(f"The result can't be written: {error.strerror}.", where=path, fix="check the folder and its rights") from error


def main() -> None:
    # A terminal of another encoding shall show what it can.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        raise SystemExit(run(sys.argv[1:]))
    except BrokenPipeError:
        # Whoever read it has seen enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        raise SystemExit(TROUBLE) from None


if __name__ == "__main__":
    main()

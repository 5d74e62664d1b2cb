# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""YAML and JSON text as documents, with the line that each object begins at."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._audit.yaml_reader import Reader, Trouble
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._yaml import library

SUFFIXES = (".yaml", ".yml", ".json")
TEXT = "<text>"


@dataclass(frozen=True)
class Document:
    """One object as it was read.

    :ivar content: whatever it is; usually a mapping.
    :ivar file: path, or a name in angle brackets.
    :ivar line: where the object begins, from 1; 0 where there are no lines.
    """

    content: Any
    file: str = ""
    line: int = 0


def _is_list(content: Any) -> bool:
    return isinstance(content, Mapping) and isinstance(content.get("items"), list) and str(content.get("kind", "")).endswith("List")


def expand(document: Document, lines: list[int] | None = None) -> Iterator[Document]:
    """The objects of a `List` of any kind; any other document as it is.

    :param lines: of the items, as far as known.
    """
    content = document.content
    if not _is_list(content):
        yield document
        return
    kind = str(content["kind"]).removesuffix("List")
    # Items of the API's own lists don't say what they are.
    implied = {"apiVersion": content.get("apiVersion"), "kind": kind} if kind else {}
    for index, item in enumerate(content["items"]):
        line = lines[index] if lines and index < len(lines) else document.line
        yield Document({**implied, **item} if isinstance(item, Mapping) else item, document.file, line)


def read_text(text: str, file: str = TEXT) -> list[Document]:
    """All objects in YAML or JSON text; empty documents are left out.

    :param file: what to call it.
    :raises ProvenError: it can't be read, with the line.
    """
    yaml = library()
    found: list[Document] = []
    reader: Reader | None = None
    try:
        reader = Reader(text)
        for content, line, lines in reader.documents():
            if content is not None:
                found += expand(Document(content, file, line), lines)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        # What is missing at the end is missing on the last line.
        where = f"{file}:{min(mark.line + 1, len(text.splitlines()))}" if mark else file
        problem = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
        raise _no_yaml(problem, where, text) from error
    except Trouble as error:
        raise _no_yaml(str(error), f"{file}:{error.line}", text) from error
    except (ValueError, RecursionError) as error:
        where = f"{file}, in what begins at line {reader.line}" if reader else file
        raise ProvenError("A value can't be read: too deep or too large.", where=where, fix="correct it") from error
    return found


def _no_yaml(problem: str, where: str, text: str) -> ProvenError:
    templated = "{{" in text
    fix = "render the chart first: helm template … and audit what it prints" if templated else "correct the file"
    return ProvenError(f"This is no YAML: {problem}.", where=where, fix=fix)


def read_bytes(content: bytes, file: str) -> list[Document]:
    """As `read_text`, from UTF-8.

    :raises ProvenError: it isn't UTF-8, or can't be read.
    """
    try:
        return read_text(content.decode("utf-8-sig"), file)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ProvenError("This is no text in UTF-8.", where=f"{file}:{line}", fix="save it as UTF-8") from error


def files_in(path: str) -> list[str]:
    """The files that a path stands for: itself, or what a directory holds of YAML and JSON, hidden directories left out.

    :raises ProvenError: there is nothing.
    """
    if not os.path.isdir(path):
        return [path]
    found: list[str] = []
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += (os.path.join(folder, name) for name in sorted(names) if name.endswith(SUFFIXES))
    if not found:
        raise ProvenError(f"There is no {', '.join(SUFFIXES)} file.", where=path, fix="give the files or directories that hold manifests")
    return found


def read_files(paths: Iterable[str]) -> list[Document]:
    """All objects in files and directories. All the files that can't be read are named at once.

    :raises ProvenError: some can't.
    """
    found: list[Document] = []
    faults: list[ProvenError] = []
    for path in dict.fromkeys(file for given in paths for file in files_in(given)):
        try:
            found += read_bytes(Path(path).read_bytes(), path)
        except OSError as error:
            faults.append(ProvenError(f"The file can't be read: {error.strerror}.", where=path, fix="check its name and its rights"))
        except ProvenError as error:
            faults.append(error)
    if len(faults) == 1:
        raise faults[0]
    if faults:
        lines = "\n".join(f"- {fault.where}: {fault.what}" for fault in faults)
        raise ProvenError(f"{len(faults)} files can't be read:\n{lines}", fix=faults[0].fix)
    return found

# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Faults of an inventory: where, what, and what to do."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._spec.rules import ALIASES


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong.

    :param path: the key, such as ``webapp_components.backend.ports.http``.
    :param what: what is wrong with it.
    :param fix: what to do about it; empty where `what` says it already.
    """

    path: str
    what: str
    fix: str = ""

    def __str__(self) -> str:
        return f"{self.path}: {self.what}" + (f"; {self.fix}" if self.fix else "")


class SpecError(ProvenError):
    """All faults of an inventory in one message."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
        super().__init__(f"The inventory has {count}; nothing was changed.\n" + "\n".join(f"  {fault}" for fault in faults))


def child_path(path: str, key: object) -> str:
    """The path of a key below `path`."""
    if isinstance(key, int) and not isinstance(key, bool):
        return f"{path}[{key}]"
    text = str(key)
    return f"{path}.{text}" if re.fullmatch(r"[-A-Za-z0-9_]+", text) else f'{path}["{text}"]'


def closest(word: str, known: Iterable[str]) -> str | None:
    """The known word that `word` was probably meant to be, or None."""
    by_plain = {_squeeze(name): name for name in known}
    alias = ALIASES.get(word)
    if alias is not None and alias.split(".")[0] in by_plain.values():
        return alias
    plain = _squeeze(word)
    matches = difflib.get_close_matches(plain, by_plain, n=3, cutoff=0.65)
    # Of two that are as near, people get the first letter right.
    best = max(matches, key=lambda match: (difflib.SequenceMatcher(None, match, plain).ratio(), match[0] == plain[0]), default=None)
    return by_plain[best] if best else None


def suggestion(word: str, known: Sequence[str], kind: str = "known here") -> str:
    """What to do about an unknown word."""
    match = closest(word, known)
    if match:
        return f'did you mean "{match}"?'
    return f"{kind}: {', '.join(known)}" if known else f"{kind}: none"


def _squeeze(word: str) -> str:
    """The word without what people get wrong most: case, '_' and '-'."""
    return re.sub(r"[-_\s]", "", word).casefold()

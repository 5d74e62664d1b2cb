# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a person needs to know about a rollout that failed, in a few lines."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ansible_collections.proven.webapp.plugins.module_utils._rollout.model import Trouble

LOG_LINES = 5
EVENTS = 2
TROUBLES = 3
WIDTH = 240
END = 90
"""Of a line too long, its last characters that are kept: causes come last, as in errors of Go's."""


def report(
    *, release: str, namespace: str, headline: str, troubles: Sequence[Trouble], log: Sequence[str], events: Sequence[str], serving: bool
) -> str:
    """One message of 15 lines at most.

    :param headline: what failed, as one sentence.
    :param troubles: the reasons, worst first; three are shown.
    :param log: last lines of the log of the first trouble's container, the one before its restart too.
    :param events: warnings of the cluster, newest last.
    :param serving: whether some pods serve.
    """
    lines = [f'The release "{release}" in the namespace "{namespace}" isn\'t up: {headline}']
    lines += [f"  {item.component}: {item.pod + ' ' if item.pod else ''}{item.what}" for item in troubles[:TROUBLES]]
    if log:
        lines.append(f"Last lines of {troubles[0].component}'s log:" if troubles else "Last lines of its log:")
        lines += [f"  {line}" for line in log[-LOG_LINES:]]
    if events:
        lines.append("Last warnings of the cluster:")
        lines += [f"  {line}" for line in list(dict.fromkeys(reversed(events)))[EVENTS - 1 :: -1]]
    lines.append("What serves now goes on serving." if serving else "Nothing of it serves yet.")
    pod = next((item.pod for item in troubles if item.pod), "")
    look = f"kubectl -n {namespace} describe pod {pod}" if pod else f"kubectl -n {namespace} get events --sort-by=.lastTimestamp"
    lines.append(f"What to do: mend the cause and run it again; {look} shows more.")
    return "\n".join(shorten(line) for line in lines)


def shorten(line: str) -> str:
    """One line of bearable length, without passwords of URLs."""
    line = re.sub(r"(://[^:/\s@]+:)[^@\s/]+@", r"\1********@", " ".join(line.splitlines()))
    return line if len(line) <= WIDTH else f"{line[: WIDTH - END - 5]} ... {line[-END:]}"


def helm_headline(error: str) -> str:
    """What matters in what Helm prints, as one sentence."""
    lines = [line.strip() for line in error.splitlines() if line.strip() and not line.startswith(("WARNING", "level="))]
    start = next((index for index, line in enumerate(lines) if line.lower().startswith("error:")), max(len(lines) - 1, 0))
    text = " ".join(line.removeprefix("* ") for line in lines[start:] if not re.fullmatch(r"[0-9]+ errors? occurred:", line))
    text = re.sub(r"\b[0-9]+ errors? occurred:\s*", "", text)
    return re.sub(r"^error:\s*", "", text, flags=re.IGNORECASE) or "Helm failed without a word"

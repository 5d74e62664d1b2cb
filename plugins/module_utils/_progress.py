# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Progress of a long module run, one line a step.

A module can't print while it runs. It appends lines to a file instead, and the action plugin of the same name
(see plugin_utils/progress.py) shows them as they come.
"""

from __future__ import annotations

import threading
import time


class Progress:
    """Appends lines to the progress file; without a file it says nothing. Safe to call from several threads.

    :param path: the file, or None.
    """

    def __init__(self, path: str | None) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._start = time.monotonic()

    def __call__(self, text: str) -> None:
        """Report one step.

        :param text: one line without a line break.
        """
        if not self._path:
            return
        seconds = time.monotonic() - self._start
        with self._lock, open(self._path, "a", encoding="utf-8") as file:
            file.write(f"{seconds:6.1f}s  {text}\n")


PROGRESS_ARGUMENT = {"progress_file": {"type": "path"}}
"""Argument spec entry of every module that reports progress; its documentation is the fragment `progress`."""

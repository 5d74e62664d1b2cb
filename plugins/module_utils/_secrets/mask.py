# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Keeping values out of text that others wrote (error messages of an API, of a library)."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from urllib.parse import quote

HIDDEN = "********"


def mask(text: str, values: Iterable[str]) -> str:
    """Replace each value in each form that it is likely to appear in: raw, base64, URL-encoded, JSON-escaped."""
    forms = {
        form
        for value in values
        if value
        for form in (value, base64.b64encode(value.encode()).decode(), quote(value, safe=""), json.dumps(value)[1:-1])
    }
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form, HIDDEN)
    return text

# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Keeping secrets out of what is shown of objects."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Collection, Mapping
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._secrets.mask import HIDDEN, mask

SECRET_NAME = re.compile(
    r"passw(or)?d|passphrase|pwd|secret|token|credential|api[-_.]?key|access[-_.]?key|private[-_.]?key|signing[-_.]?key|encryption[-_.]?key"
    r"|auth[-_.]?key|salt|dsn|cookie",
    re.IGNORECASE,
)
"""Names whose values are nobody's business."""
NO_SECRET_NAME = re.compile(r"(name|ref|file|path|url_?file|ttl|seconds|length)$", re.IGNORECASE)
"""Names that sound like it and hold a name, a place or a size."""
IN_URL = re.compile(r"(?P<before>[A-Za-z][A-Za-z0-9+.-]*://[^\s/:@\"']*:)(?P<value>[^\s/@\"']+)(?=@)")
IN_TEXT = re.compile(
    r"(?P<before>[\w.-]*(?:passw(?:or)?d|passphrase|secret|token|credential|api[-_]?key|access[-_]?key|private[-_]?key)[\w.-]*\"?\s*[=:]\s*[\"']?)"
    r"(?P<value>[^\s\"',;&]+)",
    re.IGNORECASE,
)


def sounds_secret(name: str) -> bool:
    """Does a variable of this name hold a secret?"""
    return bool(SECRET_NAME.search(name)) and not NO_SECRET_NAME.search(name)


class Masker:
    """Hides values. The same value always looks the same in one run, so that a change shows; what it looks like tells nothing of it.

    :param values: that are known to be secret, wherever they turn up.
    """

    def __init__(self, values: Collection[str] = ()) -> None:
        self._values = values
        self._key = secrets.token_bytes(16)
        self._wanted = values

    def hidden(self, value: object) -> str:
        """What is shown instead of a value."""
        return f"{HIDDEN}-{hmac.new(self._key, str(value).encode(), hashlib.sha256).hexdigest()[:4]}"

    def text(self, text: str) -> str:
        """A text of somebody else's, such as a message."""
        return self._urls(mask(text, self._wanted))

    def values(self, value: Any) -> Any:
        """A copy of a chart's values that may be shown: what a key that sounds secret has, is hidden wherever it is."""
        if isinstance(value, Mapping):
            return {
                key: self.hidden(part) if isinstance(part, str) and sounds_secret(str(key)) else self.values(part)
                for key, part in value.items()
            }
        return self._words([self.values(part) for part in value]) if isinstance(value, list) else self._file(value)

    def object(self, content: Mapping[str, Any]) -> dict[str, Any]:
        """A copy of an object that may be shown."""
        whole = json.dumps(content, default=str)
        # Most objects hold none of the values: one look at the whole saves one at every string of it.
        self._wanted = self._values if mask(whole, self._values) != whole else ()
        try:
            return self._object(content)
        finally:
            self._wanted = self._values

    def _object(self, content: Mapping[str, Any]) -> dict[str, Any]:
        kind = str(content.get("kind", ""))
        found: dict[str, Any] = {}
        for key, value in content.items():
            if kind == "Secret" and key in ("data", "stringData"):
                found[key] = {name: self.hidden(text) for name, text in (value or {}).items()}
            elif kind == "ConfigMap" and key in ("data", "binaryData"):
                found[key] = {name: self.hidden(text) if sounds_secret(name) else self._file(text) for name, text in (value or {}).items()}
            else:
                found[key] = self._part(value)
        return found

    def _part(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            if isinstance(value.get("name"), str) and isinstance(value.get("value"), str) and sounds_secret(value["name"]):
                return {**value, "value": self.hidden(value["value"])}
            return {key: self._annotation(key, part) for key, part in value.items()}
        if isinstance(value, list):
            return self._words(value)
        return self._file(value) if isinstance(value, str) and "=" in value else self.text(value) if isinstance(value, str) else value

    def _words(self, items: list[Any]) -> list[Any]:
        """A list; of a command, what follows an option such as --password is its value."""
        found: list[Any] = []
        secret = False
        for item in items:
            option = isinstance(item, str) and item.startswith("-") and "=" not in item
            found.append(self.hidden(item) if secret and not option else self._part(item))
            secret = option and sounds_secret(item)
        return found

    def _annotation(self, key: str, part: Any) -> Any:
        # kubectl's own record holds the whole object once more.
        return self.hidden(part) if key == "kubectl.kubernetes.io/last-applied-configuration" else self._part(part)

    def _file(self, text: Any) -> Any:
        """Text that may have names and values in it."""
        if not isinstance(text, str):
            return text
        return IN_TEXT.sub(lambda match: f"{match['before']}{self.hidden(match['value'])}", self.text(text))

    def _urls(self, text: str) -> str:
        return IN_URL.sub(lambda match: f"{match['before']}{self.hidden(match['value'])}", text)

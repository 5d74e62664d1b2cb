# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The digest of what a build reads from disk. Times, owners and the order of the file system never count."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._images.ignore import Entry, Matcher, read_patterns, walk


def ignore_file(context: Path, dockerfile: Path) -> Path | None:
    """The ignore file that counts: the Dockerfile's own before the context's."""
    for path in (dockerfile.with_name(f"{dockerfile.name}.dockerignore"), context / ".dockerignore"):
        if path.is_file():
            return path
    return None


def context_digest(context: Path, dockerfile: Path) -> str:
    """Hex SHA-256 over path, kind, executable bit, what others may do, symbolic link's target and content of all that Docker would see.

    :raises ProvenError: where something can't be read.
    """
    ignore = ignore_file(context, dockerfile)
    patterns = read_patterns(ignore.read_text(encoding="utf-8", errors="surrogateescape"), str(ignore)) if ignore else ()
    digest = hashlib.sha256()
    try:
        for entry in walk(str(context), Matcher(patterns)):
            digest.update(_fingerprint(entry))
    except OSError as error:
        raise ProvenError(
            f"A file of the build context can't be read: {error.strerror}",
            where=str(error.filename),
            fix="Make it readable, or ignore it in .dockerignore",
        ) from error
    return digest.hexdigest()


def _fingerprint(entry: Entry) -> bytes:
    """One entry as bytes that no other entry has."""
    mode = entry.item.stat(follow_symlinks=False).st_mode
    # An image keeps the modes, and mostly runs as somebody who owns no file of it: what others may read, it can use. Who may write
    # depends on the umask of whoever cloned, and matters to nobody there.
    usual = stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0)
    found = mode & (stat.S_IROTH | stat.S_IXOTH)
    others = b"" if found == usual else b"%d" % found
    if stat.S_ISREG(mode):
        kind = (b"x" if mode & stat.S_IXUSR else b"f") + others
        content = file_digest(entry.item.path)
    elif stat.S_ISLNK(mode):
        kind, content = b"l", os.fsencode(os.readlink(entry.item.path))  # pathlib would tidy the target up
    elif stat.S_ISDIR(mode):
        kind, content = b"d" + others, b""
    elif stat.S_ISSOCK(mode):
        return b""  # never sent
    else:
        kind, content = b"s", b""
    path = os.fsencode(entry.path)
    return b"%s%d:%s%d:%s" % (kind, len(path), path, len(content), content)


def file_digest(path: str | Path) -> bytes:
    """SHA-256 of a file's content."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").digest()

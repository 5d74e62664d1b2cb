# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Saves a database to a file, and puts one back beside the one that is there before it takes its place."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from pathlib import Path
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._database.pod import Broken, Pod
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError

MAGIC = b"PGDMP"
"""What an archive of pg_dump begins with."""
LONGEST = 63
"""Bytes of a name in PostgreSQL."""

_EXISTS = "SELECT count(*) FROM pg_database WHERE datname = :'db';"
_MAKE = """
DROP DATABASE IF EXISTS :"new" WITH (FORCE);
SELECT format('CREATE DATABASE %I OWNER %I TEMPLATE template0', :'new', pg_get_userbyid(datdba))
FROM pg_database WHERE datname = :'db' \\gexec
"""
_CLOSE = """
ALTER DATABASE :"db" ALLOW_CONNECTIONS false;
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = :'db' AND pid <> pg_backend_pid();
"""
_SWAP = """
BEGIN;
ALTER DATABASE :"db" RENAME TO :"aside";
ALTER DATABASE :"new" RENAME TO :"db";
COMMIT;
ALTER DATABASE :"db" ALLOW_CONNECTIONS true;
"""
_OPEN = """ALTER DATABASE :"db" ALLOW_CONNECTIONS true;"""
_DROP = """DROP DATABASE IF EXISTS :"db" WITH (FORCE);"""


def save(pod: Pod, database: str, path: Path) -> dict[str, Any]:
    """Write a file that was read back as a whole before it got its name.

    :raises ProvenError: it can't be written, or there is one of that name.
    """
    if path.exists():
        raise ProvenError("There is a file of that name already; nothing was changed.", where=str(path), fix="Give another name.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")  # mode 0600
    except OSError as error:
        raise _no_room(error, path) from error
    unfinished = Path(name)
    try:
        with os.fdopen(handle, "r+b") as file:
            pod.run(["pg_dump", "--format=custom", f"--username={pod.user}", f"--dbname={database}"], out=file)
            check(pod, file, path)
            os.fsync(file.fileno())
        size, digest = unfinished.stat().st_size, _digest(unfinished)
        unfinished.replace(path)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise _no_room(error, path) from error
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    return {"path": str(path), "size_bytes": size, "sha256": digest}


def check(pod: Pod, file: Any, path: Path) -> None:
    """Have the whole archive read, and written nowhere.

    :raises ProvenError: it isn't one, or not all of one.
    """
    # Other programs read it by its number: Python's own buffer and place in it don't count.
    if os.pread(file.fileno(), len(MAGIC), 0) != MAGIC:
        raise ProvenError("That is no backup of a database.", where=str(path), fix="Give a file that playbooks/backup.yml has made.")
    os.lseek(file.fileno(), 0, os.SEEK_SET)
    try:
        pod.run(["pg_restore", "--file=/dev/null"], given=file)
    except Broken as error:
        raise ProvenError(f"The backup is damaged or cut off: {error.what}", where=str(path), fix="Take another one.") from error


def aside(database: str) -> str:
    """The name that a database gets which another one takes the place of."""
    return _named(database, "before_restore")


def restore(pod: Pod, database: str, path: Path) -> str:
    """Put the file's content in the place of the database, which is kept under another name.

    The new one is complete before the old one is touched; both change their names in one transaction.

    :returns: the name that the old one has now.
    :raises ProvenError: it can't be; then the database is as it was.
    """
    new, old = _named(database, "restoring"), aside(database)
    try:
        file = path.open("rb")
    except OSError as error:
        raise ProvenError(f"The backup can't be read: {error.strerror}.", where=str(path), fix="Give a file that is there.") from error
    with file:
        check(pod, file, path)
        if pod.sql(_EXISTS, "postgres", db=database).strip() != "1":
            raise ProvenError(f"There is no database {database}.", where=pod.where, fix="Release the application first, which makes it.")
        os.lseek(file.fileno(), 0, os.SEEK_SET)
        try:
            pod.sql(_MAKE, "postgres", db=database, new=new)
            words = ["pg_restore", "--exit-on-error", "--single-transaction", f"--username={pod.user}", f"--dbname={new}"]
            pod.run(words, given=file)
            pod.sql("ANALYZE;", new)
        except ProvenError as error:
            _try(pod, _DROP, new)
            raise ProvenError(f"The backup can't be restored; the database is as it was. {error}", where=pod.where) from error
    try:
        pod.sql(_DROP, "postgres", db=old)
        _change_places(pod, database, new, old)
    except ProvenError:
        _try(pod, _DROP, new)
        raise
    return old


def back(pod: Pod, database: str) -> None:
    """Undo a restoration: the database that was kept comes back, and the restored one goes.

    :raises ProvenError: it can't be.
    """
    failed = _named(database, "failed_restore")
    pod.sql(_DROP, "postgres", db=failed)
    _change_places(pod, database, aside(database), failed)
    _try(pod, _DROP, failed)


def _change_places(pod: Pod, database: str, new: str, old: str) -> None:
    """`new` becomes the database, which becomes `old`, or nothing changes."""
    try:
        pod.sql(_CLOSE, "postgres", db=database)
        pod.sql(_SWAP, "postgres", db=database, new=new, aside=old)
    except ProvenError as error:
        _try(pod, _OPEN, database)
        raise ProvenError(f"The databases can't change places; the one that was there serves on. {error}", where=pod.where) from error


def _try(pod: Pod, script: str, database: str) -> None:
    """What went wrong before is what has to be told."""
    with contextlib.suppress(ProvenError):
        pod.sql(script, "postgres", db=database)


def _named(database: str, what: str) -> str:
    """A name that PostgreSQL doesn't cut off."""
    return f"{database[: LONGEST - len(what) - 1]}_{what}"


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _no_room(error: OSError, path: Path) -> ProvenError:
    return ProvenError(f"The backup can't be written: {error.strerror}.", where=str(path), fix="Give another folder, or make room.")

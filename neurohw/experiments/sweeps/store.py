"""The results file: SQLite, one row a point under its hash; each is committed at once, so that a kill loses none.

    meta(name, value)                  'schema' is neurohw.results/1
    points(key, point, row, error)     settings of the point and its row, both JSON; or the error it ended with

One process writes. It holds a lock on a file beside the results for as long as it lives, whatever ends it; others may
read meanwhile.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from neurohw.errors import NeurohwError, Problem
from neurohw.ir.sweep import Outcome

RESULTS_SCHEMA = "neurohw.results/1"
Stored = tuple[str, dict[str, Any], Outcome]  # hash, settings and outcome of a point
PATIENCE = 30.0  # seconds to wait for a reader
_TABLES = f"""
BEGIN IMMEDIATE;
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE points (
    key TEXT PRIMARY KEY, point TEXT NOT NULL, row TEXT, error TEXT, CHECK ((row IS NULL) <> (error IS NULL))
);
INSERT INTO meta VALUES ('schema', '{RESULTS_SCHEMA}');
COMMIT;
"""


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """The results file at `path`, made if it is not there, for this process alone to write to.

    A NeurohwError for a file that another sweep writes to, that is of another version, or that is something else; it
    is left as it was.
    """
    path = path.resolve()
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise NeurohwError(
            Problem(str(path), "is a device or a pipe", "results are kept in a file", "give one with -o")
        )
    with _locked(path), closing(_connect(path)) as connection:
        try:
            if _is_new(connection, path):
                connection.executescript(_TABLES)
            yield connection
        except sqlite3.Error as error:
            what = f"cannot be used: {error}"
            fix = "what was written is whole; run the same command again to go on"
            raise NeurohwError(Problem(str(path), what, fix=fix)) from None


def outcomes(connection: sqlite3.Connection) -> dict[str, Outcome]:
    """What came of every point in the file, by its hash."""
    rows = connection.execute("SELECT key, row, error FROM points")
    return {key: Outcome(None if row is None else json.loads(row), error) for key, row, error in rows}


def record(connection: sqlite3.Connection, key: str, settings: Mapping[str, Any], outcome: Outcome) -> None:
    """Write what came of a point, in place of what came of it before; it is on the disk when this returns."""
    row = None if outcome.row is None else json.dumps(outcome.row)
    point = json.dumps(settings, sort_keys=True)
    connection.execute("INSERT OR REPLACE INTO points VALUES (?, ?, ?, ?)", (key, point, row, outcome.error))


def rename(connection: sqlite3.Connection, former: str, key: str) -> None:
    """Keep a point under another hash."""
    connection.execute("UPDATE points SET key = ? WHERE key = ?", (key, former))


def everything(connection: sqlite3.Connection) -> list[Stored]:
    """All points of the file whatever grid they are of, in the order of their settings: hash, settings, outcome."""
    rows = connection.execute("SELECT key, point, row, error FROM points ORDER BY point, key")
    return [(k, json.loads(p), Outcome(None if r is None else json.loads(r), e)) for k, p, r, e in rows]


def _connect(path: Path) -> sqlite3.Connection:
    """A connection that commits each statement by itself, with a rollback journal: one file when nothing runs."""
    try:
        return sqlite3.connect(path, timeout=PATIENCE, isolation_level=None)
    except sqlite3.Error as error:
        raise NeurohwError(Problem(str(path), f"cannot be opened: {error}", fix="choose another place")) from None


def _is_new(connection: sqlite3.Connection, path: Path) -> bool:
    """Whether a file is empty; a NeurohwError unless it is that or holds results of this version."""
    fix = "give another file with -o; this one was not changed"
    try:
        names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if not names:
            return True
        found = connection.execute("SELECT value FROM meta WHERE name = 'schema'").fetchone() if "meta" in names else ()
    except sqlite3.DatabaseError as error:
        if "locked" in str(error):
            raise
        raise NeurohwError(Problem(str(path), f"is not a results file ({error})", fix=fix)) from None
    if not found or not str(found[0]).startswith("neurohw.results/"):
        raise NeurohwError(Problem(str(path), "is a database, but not of a sweep", fix=fix))
    if found[0] != RESULTS_SCHEMA:
        what = f"holds {found[0]}, of another version of neurohw"
        raise NeurohwError(Problem(str(path), what, f"this one writes {RESULTS_SCHEMA}", fix))
    return False


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold the lock of a results file; the system takes it back when the process ends, however it does."""
    import fcntl

    beside = path.with_name(f".{path.name}.lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = open(beside, "a+")  # noqa: SIM115  (closed below)
    except OSError as error:
        raise NeurohwError(
            Problem(str(path), f"cannot be written: {error.strerror}", fix="choose another place")
        ) from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            who = file.read().strip() or "unknown"
            what = f"another sweep (process {who}) writes to it"
            raise NeurohwError(Problem(str(path), what, fix="wait for it, or give another file with -o")) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield

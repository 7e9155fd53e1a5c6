"""Copies of an SQLite ledger, consistent while others write."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from pathlib import Path

from ledger.errors import LedgerFailing


def copy_sqlite(source: Path, target: Path) -> None:
    """Copy the database (with what lies in its WAL) into a new file only its owner can read.

    The copy appears under its name only when it is whole.
    """
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    half = target.with_name(target.name + ".part")
    half.unlink(missing_ok=True)
    try:
        os.close(os.open(half, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        with (
            contextlib.closing(sqlite3.connect(source)) as reader,
            contextlib.closing(sqlite3.connect(half)) as writer,
        ):
            reader.backup(writer)
        with half.open("rb") as copied:
            os.fsync(copied.fileno())
        half.replace(target)
    except (sqlite3.Error, OSError) as failed:
        half.unlink(missing_ok=True)
        raise LedgerFailing(f"数据库不能备份到 {target}（{failed}）。") from failed

"""Asterisk's call records (CDR, Master.csv): who called, for calls we did not see arrive.

queue_log says how such a call ended, but never a number; the record of the call has both its number
and, in userfield, the hotline's id of it.
"""

from __future__ import annotations

import csv
from collections.abc import Collection
from pathlib import Path
from typing import Final

from hotline.words import CallId

_SOURCE: Final = 1
_USERFIELD: Final = 17
_TAIL: Final = 8 * 1024 * 1024
"""How much of the file's end is read: more calls than any gap has."""


def numbers_of(path: Path, calls: Collection[CallId]) -> dict[CallId, str]:
    """The callers' numbers of these calls, as the exchange wrote them; those that are not in the
    file, or withheld, are left out. No file, no numbers; never raises for what stands in it."""
    wanted = set(calls)
    if not wanted:
        return {}
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - _TAIL))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return {}
    found: dict[CallId, str] = {}
    for line in text.splitlines():
        call, number = _read(line)
        if call in wanted and number:
            # A call has a record for each of its legs; the first is the caller's own.
            found.setdefault(call, number)
    return found


def _read(line: str) -> tuple[CallId, str]:
    try:
        fields = next(csv.reader([line]), [])
    except csv.Error:
        return CallId(""), ""
    if len(fields) <= _USERFIELD:
        return CallId(""), ""
    return CallId(fields[_USERFIELD]), fields[_SOURCE]

"""The golden journals: what the exchange of each release wrote down, and what it folds to.

One file per release, `golden/VERSION.jsonl`: the first line says what the fold gives, every other
line is a row of the journal. To record one: run the walks with JIESU_WALK_LOGS=FOLDER, then

    .venv/bin/python -m tests.switchboard.golden_journal record FOLDER/jiesu.db VERSION

When the World gets a new field its hash changes though nothing of the past does; then, and only
then, `… golden_journal hash VERSION` writes the new hash. The counts never change.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import sqlite3
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ledger.rows import canonical, decode
from ledger.stream import Recorded
from switchboard.replay import fold, plain

FOLDER: Final = Path(__file__).parent / "golden"


@dataclass(frozen=True, slots=True)
class Golden:
    """A journal of a release and what was promised of it."""

    version: str
    promised: dict[str, Any]
    rows: tuple[Recorded, ...]


def read(version: str) -> Golden:
    """The golden journal of a release."""
    first, *lines = (FOLDER / f"{version}.jsonl").read_text("utf-8").splitlines()
    rows = []
    for number, line in enumerate(lines, start=1):
        row = json.loads(line)
        received_at = dt.datetime.fromisoformat(row["received_at"])
        fact = decode(row["type"], row["version"], canonical(row["body"]))
        rows.append(Recorded(number, "exchange", received_at, "golden", version, fact))
    return Golden(version, json.loads(first), tuple(rows))


def versions() -> list[str]:
    """Every release that has one."""
    return sorted(path.stem for path in FOLDER.glob("*.jsonl"))


async def told(rows: Sequence[Recorded]) -> AsyncIterator[Recorded]:
    """The rows as a journal reads them."""
    for row in rows:
        yield row


def promise(version: str) -> dict[str, Any]:
    """What the fold gives now."""
    done = asyncio.run(fold(told(read(version).rows)))
    return {key: plain(done)[key] for key in ("facts", "hash", "calls", "board")}


def record(database: Path, version: str) -> None:
    """Write the golden journal of a release from a database."""
    query = (
        "SELECT type, version, received_at, body FROM journal "
        "WHERE stream = 'exchange' ORDER BY seq"
    )
    with sqlite3.connect(database) as connection:
        rows = connection.execute(query).fetchall()
    lines = [
        canonical({"type": type_, "version": number, "received_at": at, "body": json.loads(body)})
        for type_, number, at, body in rows
    ]
    write(version, {}, lines)
    write(version, promise(version), lines)


def write(version: str, promised: dict[str, Any], lines: Sequence[str]) -> None:
    """The file: what is promised, then the rows."""
    FOLDER.mkdir(exist_ok=True)
    text = "\n".join([canonical(promised), *lines]) + "\n"
    (FOLDER / f"{version}.jsonl").write_text(text, "utf-8")


def main(arguments: Sequence[str]) -> None:
    """`record DATABASE VERSION` or `hash VERSION`."""
    if arguments[0] == "record":
        record(Path(arguments[1]), arguments[2])
    else:
        lines = (FOLDER / f"{arguments[1]}.jsonl").read_text("utf-8").splitlines()[1:]
        write(arguments[1], promise(arguments[1]), lines)


if __name__ == "__main__":
    main(sys.argv[1:])

"""The system's own programs at a time that a walk chooses.

    python -m tests.walks.walk_clock FILE up --data DIR …
    python -m tests.walks.walk_clock FILE cli sms reply 13900000001 4 --data DIR

FILE holds how many seconds the walk is ahead of the host. The product has no such door: the one
function that asks the host's clock is exchanged here, before anything else is imported.
"""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ivr import ami_reading
from switchboard import clock

if TYPE_CHECKING:
    from switchboard.foreman import Child
    from switchboard.settings import Settings


def ahead_of(file: Path) -> dt.timedelta:
    """How far the walk is ahead of the host; negative: behind it."""
    return dt.timedelta(seconds=float(file.read_text("ascii")))


def move(file: Path, to: dt.datetime) -> None:
    """From now on it is ``to`` (aware); whoever reads meanwhile finds the old time or the new."""
    draft = file.with_suffix(".new")
    draft.write_text(str((to - dt.datetime.now(dt.UTC)).total_seconds()), "ascii")
    draft.replace(file)


def _exchange_clocks(file: Path) -> None:
    host, asterisk = clock.utc_now, ami_reading.stamp

    def utc_now() -> dt.datetime:
        return host() + ahead_of(file)

    def stamp(message: Mapping[str, str], received_at: dt.datetime) -> dt.datetime:
        """Asterisk keeps the host's time: its own stamps are moved as ours are."""
        nowhere = dt.datetime.min.replace(tzinfo=dt.UTC)
        told = asterisk(message, nowhere)
        return received_at if told == nowhere else told + ahead_of(file)

    clock.utc_now = utc_now
    ami_reading.stamp = stamp
    from switchboard import sweeper

    sweeper.EVERY_S = 0.5  # type: ignore[misc] # a walk does not wait a minute for the clock's acts


def _up_at(file: Path) -> None:
    """The server that ``up`` starts and starts again reads the same file."""
    from switchboard import up

    as_ever = up._server_child

    def server_child(settings: Settings, web: str) -> Child:
        child = as_ever(settings, web)
        data = child.command[-1]
        program = [sys.executable, "-P", "-m", "tests.walks.walk_clock", str(file), "serve"]
        return replace(child, command=[*program, "--data", data])

    up._server_child = server_child


def main() -> int:
    """``FILE serve …``, ``FILE up …`` or ``FILE cli …``."""
    file, what, *rest = sys.argv[1:]
    _exchange_clocks(Path(file))
    sys.argv = [what, *rest]
    if what == "serve":
        from switchboard import serve

        return serve.main()
    from switchboard.cli import main as jiesu

    if what == "up":
        _up_at(Path(file))
        sys.argv = ["jiesu", "up", *rest]
    else:
        sys.argv = ["jiesu", *rest]
    return jiesu()


if __name__ == "__main__":
    sys.exit(main())

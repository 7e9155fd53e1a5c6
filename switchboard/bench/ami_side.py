"""One side of the bench, in a process of its own so that its processor time is its own.

    python -m switchboard.bench.ami_side bare|ours|ours-all PORT

Prints one line of JSON: events it looked into, characters of names that arrived whole, processor
seconds from the first byte to the last, and memory.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import resource
import secrets
import sys
import time
from collections.abc import Callable, Collection
from typing import Any

from ivr.ami import Ami
from ivr.ami_link import AmiAccess
from ivr.ami_reading import IGNORED
from switchboard.bench.ami_stream import KEPT

LAST = "BenchOver"
PASSWORD = secrets.token_hex(8)


class Counted:
    """What arrived."""

    def __init__(self) -> None:
        self.events = 0
        self.characters = 0
        self.over = asyncio.Event()
        self.began = time.process_time()

    def look(self, event: str, caller: str) -> None:
        """The same for both sides: as little as can tell whether a name is whole."""
        if event in KEPT:
            self.events += 1
            self.characters += len(caller) - caller.count("\ufffd")
        elif event == LAST:
            self.over.set()

    def report(self) -> str:
        """One line of JSON."""
        figures = {
            "events": self.events,
            "characters": self.characters,
            "cpu_s": time.process_time() - self.began,
            "rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }
        return json.dumps(figures)


async def bare(port: int) -> str:
    """panoramisk as its documentation shows it: one synchronous callback for everything."""
    # By name: the product's own door to panoramisk is ivr.ami, and stays the only one.
    manager: Any = importlib.import_module("panoramisk.manager").Manager(
        host="127.0.0.1", port=port, username="bench", secret=PASSWORD
    )
    counted = Counted()
    manager.register_event("*", lambda _, heard: counted.look(heard.event, heard.CallerIDName))
    await manager.connect()
    await counted.over.wait()
    report = counted.report()
    manager.close()
    return report


async def ours(port: int, ignored: Collection[str] = IGNORED) -> str:
    """Our client as the exchange side runs it."""
    ami = Ami(AmiAccess("127.0.0.1", port, "bench", PASSWORD), ignored=ignored)
    counted = Counted()

    async def up() -> None:
        """No picture to read: there is no exchange."""

    running = asyncio.create_task(
        ami.run(
            lambda heard, _: counted.look(heard["Event"], heard.get("CallerIDName", "")),
            up,
            lambda _: None,
        )
    )
    await counted.over.wait()
    report = counted.report()
    ami.close()
    await running
    return report


async def ours_all(port: int) -> str:
    """Our client with every event parsed."""
    return await ours(port, ())


SIDES: dict[str, Callable[[int], Any]] = {"bare": bare, "ours": ours, "ours-all": ours_all}

if __name__ == "__main__":
    sys.stdout.write(asyncio.run(SIDES[sys.argv[1]](int(sys.argv[2]))) + "\n")

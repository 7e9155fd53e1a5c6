"""A process whose database file may not grow any more for a while (RLIMIT_FSIZE, as a full disk).

Run as ``python -m tests.ledger.full_disk_process URL``; prints what happened as JSON.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
from functools import partial
from pathlib import Path

from ledger.errors import LedgerFailing
from ledger.journal import Trouble
from ledger.store import now, open_ledger
from tests.ledger.stories import START, opened, save_of


async def tell(url: str) -> dict[str, object]:
    heard: list[Trouble] = []
    fails = asyncio.Event()

    def hear(trouble: Trouble) -> None:
        heard.append(trouble)
        fails.set()

    wal = Path(url.removeprefix("sqlite:///") + "-wal")
    async with open_ledger(
        url, field_key=bytes(range(32)), clock=now, code_version="test", city="zhaoqing"
    ) as ledger:
        ledger.journal.on_trouble = hear
        await ledger.journal.start("exchange")
        await ledger.tickets.open(START, save_of)
        _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (wal.stat().st_size + 8192, hard))
        posted = [ledger.journal.post([opened(f"c{i}")], policy_version="1") for i in range(900)]
        refused = ""
        try:
            for _ in range(20):
                await ledger.tickets.open(START, partial(save_of, summary="很长" * 2000))
        except LedgerFailing as failing:
            refused = str(failing)
        async with asyncio.timeout(30):
            await fails.wait()
        done_while_full = sum(done.done() for done in posted)
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        numbers = await asyncio.gather(*posted)
        after = await ledger.tickets.open(START, save_of)
        page = await ledger.tickets.page(size=100)
    return {
        "refused": refused,
        "done_while_full": done_while_full,
        "numbers": numbers,
        "after": after.ticket.id,
        "tickets": page.total,
        "heard": [[trouble.kind, trouble.why, trouble.lost] for trouble in heard],
    }


if __name__ == "__main__":
    json.dump(asyncio.run(tell(sys.argv[1])), sys.stdout)

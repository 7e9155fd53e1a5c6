"""A process that saves tickets until it is killed, and prints the number of each one it was told
is saved. Run as ``python -m tests.ledger.desk_process URL``."""

from __future__ import annotations

import asyncio
import sys
from functools import partial

from ledger.store import now, open_ledger
from tests.ledger.stories import START, opened, save_of


async def save_for_ever(url: str) -> None:
    async with open_ledger(
        url, field_key=bytes(range(32)), clock=now, code_version="test", city="zhaoqing"
    ) as ledger:
        await ledger.journal.start("desk", take_over=True)
        count = 0
        while True:
            count += 1
            build = partial(save_of, call=f"c{count}", summary=f"第 {count} 件")
            kept, seq = await asyncio.gather(
                ledger.tickets.open(START, build),
                ledger.journal.append([opened(f"c{count}")], policy_version="1"),
            )
            sys.stdout.write(f"{kept.ticket.id} {seq} c{count}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(save_for_ever(sys.argv[1]))

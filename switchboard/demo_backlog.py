"""``./jiesu demo --backlog``: the tickets of the weeks before, so that every list has work in it.

Through the real rules, as the generated year is, but left as they stand now: some wait to be
signed, some ask to be extended, some are overdue. Written beside a running demonstration, once.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from hotline.handling_words import TicketActed
from hotline.packs import text_of
from hotline.policy import ZONE
from hotline.words import UnitId
from ledger.ticket_batches import Lived
from switchboard.beside import system_beside
from switchboard.clock import utc_now
from switchboard.opening import Opened, opened
from switchboard.refusals import Refusal
from switchboard.settings import find_settings
from switchboard.terminal import progress, tell
from switchboard.year import day_of

DAYS: Final = 26
"""Longer than the longest limit of a city, so that some are overdue and many are over."""
A_DAY: Final = 5
MARK: Final = "demo-backlog"
_SEED: Final = 12345
_SUPERVISION_LOOKED: Final = "supervision-looked"
"""How far back the sweep of supervision looks (switchboard.supervision_sweep)."""


class HasBacklog(Refusal):
    """One Chinese sentence: it was written already."""


async def main_backlog(data: Path | None) -> int:
    """0 when written. Raises Refusal where no demonstration runs or the backlog is there."""
    settings = find_settings(data)
    system_beside(settings, "./jiesu demo --backlog ")
    async with opened(settings) as here:
        if await here.ledger.bookmarks.get(MARK):
            raise HasBacklog("这个目录里已经有一批演示工单了，不再重复写入。")
        progress("按本市办法生成前几周的工单……")
        count = await write_backlog(here, utc_now())
    tell(f"写入 {count} 件演示工单：有的待签收，有的申请延期，有的逾期，有的已办结待回访。")
    tell("请看「工单」「督办」「回访」，和承办人员的「本单位」。")
    return 0


async def write_backlog(here: Opened, now: dt.datetime) -> int:
    """The tickets opened on the days before ``now``, as they stand; how many."""
    rule = here.rule(now)
    await here.ledger.policy_texts.keep(rule.version, text_of(rule))
    names = {unit.code: unit.name for unit in await here.ledger.units.all()}
    today, count = now.astimezone(ZONE).date(), 0
    for back in range(DAYS, 0, -1):
        day = today - dt.timedelta(days=back)
        lived = await asyncio.to_thread(day_of, here.city, _SEED, day, A_DAY, now)
        await here.ledger.tickets.batches.put([_told(one, names) for one in lived])
        count += len(lived)
    first = dt.datetime.combine(today - dt.timedelta(days=DAYS), dt.time(), ZONE)
    await here.ledger.bookmarks.put(_SUPERVISION_LOOKED, first.isoformat())
    await here.ledger.bookmarks.put(MARK, now.isoformat())
    return count


def _told(lived: Lived, names: Mapping[UnitId, str]) -> Lived:
    """As people of the demonstration read it: units by their names, one address throughout."""
    save = lived.save
    facts = tuple(
        replace(fact, body=names.get(UnitId(fact.body), fact.body))
        if isinstance(fact, TicketActed)
        else fact
        for fact in save.facts
    )
    where = save.texts.get("summary", "").partition("，")[0]
    texts = {**save.texts, "address": where} if save.texts.get("address") and where else save.texts
    return replace(lived, save=replace(save, facts=facts, texts=texts))

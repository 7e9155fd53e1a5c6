"""The tickets of the weeks before: through the rules, left as they stand, each list with some."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from hotline.handling_words import Stage, TicketActed
from hotline.policy import ZONE
from hotline.words import UnitId
from ledger.units import Unit
from switchboard import policies
from switchboard.demo_backlog import A_DAY, DAYS, write_backlog
from switchboard.demonstration import UNITS
from switchboard.opening import Opened
from switchboard.supervision_sweep import SupervisionSweep
from tests.switchboard.test_year import a_ledger

pytestmark = pytest.mark.anyio

NOW = dt.datetime(2026, 9, 25, 10, tzinfo=ZONE)


async def test_the_weeks_before_leave_work_in_every_list(tmp_path: Path) -> None:
    packs = policies.load()
    async with a_ledger(tmp_path) as ledger:
        await ledger.units.put(
            [Unit(UnitId(code), name, kind=kind) for code, name, kind in UNITS], by="test"
        )
        here = Opened(ledger, packs, "zhaoqing")
        assert await write_backlog(here, NOW) == DAYS * A_DAY
        rows = (await ledger.tickets.page(size=200)).items
        stages = {row.status for row in rows}
        assert {Stage.DISPATCHED.value, Stage.HANDLING.value, Stage.ARCHIVED.value} <= stages
        assert all(row.opened_at < NOW for row in rows)
        stored = await ledger.tickets.load(rows[0].id)
        assert stored.texts["summary"].startswith(stored.texts["address"])
        acts = [
            one.fact
            for one in await ledger.tickets.facts_of(rows[0].id)
            if isinstance(one.fact, TicketActed)
        ]
        assert {fact.body for fact in acts}.isdisjoint(code for code, _, _ in UNITS)
        sweep = SupervisionSweep(ledger, policy=here.rule, calendar=packs.calendar)
        assert await sweep.turn(NOW) > 0
        assert (await ledger.audit.verify()).intact

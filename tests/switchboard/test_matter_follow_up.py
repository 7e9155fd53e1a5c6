"""Whoever told a matter is answered: also those whose tickets were joined to another."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from hotline.matters import Link, Tie
from hotline.words import Phone, TicketId
from ledger.ticket_rows import TicketSave
from tests.ledger.stories import save_of
from tests.switchboard.test_desk_follow_ups import AGENT, a_desk
from tests.switchboard.test_desk_handling import at

pytestmark = pytest.mark.anyio


async def test_the_callers_of_joined_tickets_stand_in_the_follow_up_of_the_main_one(
    tmp_path: Path,
) -> None:
    async with a_desk(tmp_path, "hebei") as desk:
        when = at("2026-11-03 09:00")

        def joined(number: TicketId) -> TicketSave:
            link = Link(number, desk.case.number, Tie.JOINED, when)
            return replace(save_of(number, at=when, phone="13800006099"), links=(link,))

        other = await desk.case.ledger.tickets.open(when, joined)
        one = await desk.follow_ups.one(desk.case.number, AGENT, at("2026-11-10 11:00"))
        assert one.others == ((Phone("13800006099"), other.ticket.id),)

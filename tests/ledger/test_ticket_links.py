"""What belongs together among tickets, on a real database."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from hotline.matters import Link, Tie
from hotline.words import Phone, TicketId
from ledger.store import Ledger
from tests.ledger.stories import START, save_of

pytestmark = pytest.mark.anyio


async def open_ticket(
    ledger: Ledger, day: int, phone: str, other: TicketId | None = None, tie: Tie = Tie.JOINED
) -> TicketId:
    """A ticket some days after the first, tied to another one."""
    at = START + dt.timedelta(days=day)

    def build(number: TicketId):  # type: ignore[no-untyped-def]  # what the ledger asks for
        links = (Link(number, other, tie, at),) if other else ()
        return replace(save_of(number, at=at, phone=phone, contact="某人"), links=links)

    return (await ledger.tickets.open(at, build)).ticket.id


async def test_every_caller_of_a_joined_matter_is_known_once(ledger: Ledger) -> None:
    main = await open_ticket(ledger, 0, "13800006027")
    second = await open_ticket(ledger, 1, "13800006028", main)
    third = await open_ticket(ledger, 2, "13800006027", second)
    links = ledger.tickets.links
    assert await links.main_of(third) == main
    assert await links.group(second) == (main, second, third)
    assert [(one.phone, one.tickets) for one in await links.callers(third)] == [
        (Phone("13800006027"), (main, third)),
        (Phone("13800006028"), (second,)),
    ]


async def test_telling_it_again_counts_without_making_another_to_answer(ledger: Ledger) -> None:
    main = await open_ticket(ledger, 0, "13800006027")
    await open_ticket(ledger, 1, "13800006027", main, Tie.AGAIN)
    news = await open_ticket(ledger, 2, "13800006028", main, Tie.NEW_FACTS)
    links = ledger.tickets.links
    assert len(await links.tellings(main)) == 3
    assert len(await links.tellings(main, START + dt.timedelta(hours=1))) == 2
    assert [one.tickets for one in await links.callers(main)] == [(main,)]
    assert await links.main_of(news) == news
    assert [(one.other, one.tie) for one in await links.of(news)] == [(main, Tie.NEW_FACTS)]


async def test_a_ring_of_ties_that_should_not_be_there_ends(ledger: Ledger) -> None:
    first = await open_ticket(ledger, 0, "13800006027")
    second = await open_ticket(ledger, 1, "13800006028", first)
    async with ledger.database.write() as connection:
        ring = Link(first, second, Tie.JOINED, START)
        await ledger.tickets.links.add_in(connection, [ring])
    assert await ledger.tickets.links.main_of(second) in (first, second)
    assert len(await ledger.tickets.links.group(first)) == 2

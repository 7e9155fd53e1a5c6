"""Lists, numbers and search on both kinds of database, against what is counted one by one."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from hotline.errors import BadInput, NoSuch
from hotline.handling_words import FINAL, LIMIT_OVER
from hotline.words import Phone, TicketId, TicketType, UnitId, UserId
from ledger.store import Ledger
from ledger.ticket_lists import Order
from ledger.ticket_rows import ListedTicket, StoredTicket, TicketFilter
from switchboard.replay_tickets import replay_tickets
from switchboard.year import YearOptions, generate
from tests.switchboard.test_year import a_ledger

pytestmark = pytest.mark.anyio

ZONE = dt.timezone(dt.timedelta(hours=8))
NOW = dt.datetime(2025, 12, 24, 10, tzinfo=ZONE)
TONIGHT = dt.datetime(2025, 12, 25, tzinfo=ZONE)
SOON = TONIGHT + dt.timedelta(days=3)
ME = UserId("演示话务员")
OPTIONS = YearOptions(data=None, tickets=120, jobs=0, until=NOW, newest_first=True)


@dataclass(frozen=True, slots=True)
class Year:
    """Some tickets of the year, opened and read one by one beside the lists."""

    ledger: Ledger
    stored: dict[str, StoredTicket]

    async def listed(self, wanted: TicketFilter, order: Order = "left") -> list[ListedTicket]:
        """Every page, one after the other."""
        rows: list[ListedTicket] = []
        for number in range(1, 10):
            page = await self.ledger.tickets.lists.page(wanted, order=order, number=number, size=30)
            rows += page.items
            if len(page.items) < 30:
                break
        assert page.total == len(rows)
        return rows

    def running(self, one: StoredTicket) -> bool:
        return one.ticket.status not in LIMIT_OVER


@pytest.fixture
async def year(ledger: Ledger) -> Year:
    await generate(ledger, OPTIONS)
    numbers = await ledger.tickets.lists.stages()
    return Year(ledger, {n: await ledger.tickets.load(TicketId(n)) for n in numbers})


def due_of(one: StoredTicket) -> dt.datetime | None:
    return one.ticket.deadline.due_at if one.ticket.deadline else None


async def test_what_runs_comes_by_its_limit_and_what_is_over_by_its_number(year: Year) -> None:
    rows = await year.listed(TicketFilter())
    running = [one for one in year.stored.values() if year.running(one)]
    over = [one.ticket.id for one in year.stored.values() if not year.running(one)]
    assert running
    assert over
    least = dt.datetime.min.replace(tzinfo=dt.UTC)
    running.sort(key=lambda one: (due_of(one) or least, one.ticket.id))
    expected = [one.ticket.id for one in running] + sorted(over, reverse=True)
    assert [row.id for row in rows] == expected
    assert [row.id for row in await year.listed(TicketFilter(), "newest")] == sorted(
        year.stored, reverse=True
    )


async def test_each_filter_lists_what_it_says_and_nothing_else(year: Year) -> None:
    stages = tuple({one.ticket.status for one in year.stored.values()} - set(LIMIT_OVER))
    unit = UnitId("chengguan")
    for wanted, says in (
        (TicketFilter(statuses=stages), year.running),
        (TicketFilter(but_statuses=LIMIT_OVER), year.running),
        (TicketFilter(types=(TicketType.COMPLAINT,)), lambda one: one.ticket.type == "投诉"),
        (TicketFilter(units=(unit,)), lambda one: one.ticket.unit == unit),
        (TicketFilter(category="教育"), lambda one: one.category == "教育"),
        (TicketFilter(confidential=True), lambda one: one.confidential),
        (TicketFilter(by_phone=False), lambda one: one.ticket.call is None),
        (TicketFilter(supervised=True), lambda one: "督办" in one.ticket.acts),
        (TicketFilter(due_before=NOW), lambda one: (due_of(one) or NOW) < NOW),
        (TicketFilter(opened_from=NOW), lambda one: one.ticket.opened_at >= NOW),
        (TicketFilter(number="20251223"), lambda one: one.ticket.id.startswith("20251223")),
        (TicketFilter(number="000002"), lambda one: one.ticket.id.endswith("-000002")),
        (TicketFilter(numbers=()), lambda _: False),
    ):
        found = {row.id for row in await year.listed(wanted)}
        assert found == {n for n, one in year.stored.items() if says(one)}, wanted


async def test_the_numbers_beside_a_list_are_those_counted_one_by_one(year: Year) -> None:
    for units in ((), (UnitId("chengguan"),), (UnitId("nobody"),)):
        mine = [one for one in year.stored.values() if not units or one.ticket.unit in units]
        due = [due_of(one) for one in mine if year.running(one)]
        told = await year.ledger.tickets.lists.overview(units, ME, NOW, TONIGHT, SOON)
        assert told.by_status == Counter(one.ticket.status for one in mine)
        assert told.mine == len(mine)
        assert told.pending == due.count(None)
        assert told.overdue == sum(at < NOW for at in due if at)
        assert told.today == sum(NOW <= at < TONIGHT for at in due if at)
        assert told.soon == sum(NOW <= at < SOON for at in due if at)
        assert told.supervised == sum(
            "督办" in one.ticket.acts for one in mine if year.running(one)
        )


async def test_words_and_the_end_of_a_telephone_find_the_same_on_both(year: Year) -> None:
    search = year.ledger.tickets.search
    for word in ("要求处理", "翠湖花园", "绝不存在的词"):
        told = {
            n
            for n, one in year.stored.items()
            if any(word in one.texts[slot] for slot in ("summary", "address"))
        }
        assert told <= set((await search.words(word)).numbers)
        assert bool(told) is (word != "绝不存在的词")
    phone = next(iter(year.stored.values())).texts["phone"]
    given = {n for n, one in year.stored.items() if one.texts["phone"].endswith(phone[-6:])}
    assert set((await search.ends_with(phone[-6:])).numbers) == given
    rows = await year.listed(TicketFilter(phone=Phone.parse(phone)))
    assert {row.id for row in rows} == {
        n for n, one in year.stored.items() if one.texts["phone"] == phone
    }


async def test_the_streams_give_the_same_hash_on_either_kind_of_database(
    year: Year, tmp_path: Path
) -> None:
    done = await replay_tickets(year.ledger, "zhaoqing")
    assert (done.tickets, done.groundless, done.differing) == (120, 0, 0)
    assert done.open == sum(one.ticket.status not in FINAL for one in year.stored.values())
    (tmp_path / "other").mkdir()
    async with a_ledger(tmp_path / "other") as other:
        await generate(other, OPTIONS)
        assert await replay_tickets(other, "zhaoqing") == done
    assert (await year.ledger.audit.verify()).intact


async def test_views_are_kept_for_their_owner_alone(ledger: Ledger) -> None:
    views, me = ledger.tickets.views, UserId("u1")
    one = await views.keep(me, "甲", "type=x")
    two = await views.keep(me, "乙", "type=y")
    with pytest.raises(BadInput, match="已经有叫"):
        await views.keep(me, "甲", "type=z")
    with pytest.raises(BadInput, match="已经有叫"):
        await views.rename(me, two.id, "甲")
    await views.keep(UserId("u2"), "甲", "type=z")
    await views.open_first(me, one.id, first=True)
    await views.open_first(me, two.id, first=True)
    assert {view.name for view in await views.of(me) if view.first} == {"乙"}
    with pytest.raises(NoSuch):
        await views.delete(UserId("u2"), one.id)
    await views.delete(me, one.id)
    assert [view.name for view in await views.of(me)] == ["乙"]

"""Tickets and calls through the desk's books, on a real database."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from agent_desk.aids import Adopted, Evidence
from agent_desk.ticket_views import TicketQuery
from agent_desk.views import Person
from hotline.errors import BadInput, NoSuch
from hotline.words import CallId, Draft, Phone, Role, TicketId, TicketType, UserId
from ledger.shown import ShownArticle
from ledger.store import Ledger, open_ledger
from switchboard import policies
from switchboard.desk_calls import DeskCalls
from switchboard.desk_tickets import DeskTickets
from switchboard.live import Live, Roster
from tests.hotline.play import Scene
from tests.ledger.laid import lay

pytestmark = pytest.mark.anyio

AT = dt.datetime(2026, 9, 25, 2, 0, tzinfo=dt.UTC)
PACKS = policies.load()
BY = Person(id=UserId("u1"), login="1001", name="林晓岚", roles=frozenset({Role.AGENT}), agent=None)
DRAFT = Draft(TicketType.COMPLAINT, "夜间施工噪声", phone="13800138000", contact="欧阳慧敏")


@asynccontextmanager
async def opened(
    tmp_path: Path, city: str = "zhaoqing"
) -> AsyncIterator[tuple[Ledger, DeskTickets]]:
    url = f"sqlite+aiosqlite:///{tmp_path / 'jiesu.db'}"
    await lay(url, tmp_path / "backups")
    async with open_ledger(
        url, field_key=bytes(32), clock=lambda: AT, code_version="t", city=city
    ) as ledger:
        yield (
            ledger,
            DeskTickets(
                ledger,
                city=city,
                body="12345热线",
                policy=lambda at: PACKS.policy(city, at.date()),
                calendar=PACKS.calendar,
            ),
        )


async def test_a_saved_ticket_has_a_number_and_the_due_date_of_the_regulation(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path) as (_, tickets):
        saved = await tickets.save(DRAFT, call=None, by=BY, key="k", at=AT)
        assert saved.number == "20260925-000001"
        assert saved.due.due_at is not None
        assert saved.due.due_at.isoformat() == "2026-10-22T23:59:59+08:00"
        assert saved.due.article is not None
        assert saved.due.article.number.startswith("第十一条")
        full = await tickets.one(saved.number)
        assert (full.summary, full.contact, full.by) == ("夜间施工噪声", "欧阳慧敏", "u1")
        assert sum(day.counted for day in full.due.derivation) == 15


async def test_a_ticket_keeps_the_words_it_stands_on_and_what_was_shown_meanwhile(
    tmp_path: Path,
) -> None:
    said = Evidence(slot="address", words="恒裕花园五栋", leg="caller", from_s=12.5)
    call = CallId("call-1")
    card = ShownArticle(call, "hb-noise", 2, "夜间施工", internal=True, at=AT)
    async with opened(tmp_path) as (ledger, tickets):
        await ledger.shown.add([card])
        proven = await tickets.save(DRAFT, call=call, by=BY, key="k", at=AT, evidence=(said,))
        typed = await tickets.save(DRAFT, call=None, by=BY, key="k2", at=AT)
        full = await tickets.one(proven.number)
        assert full.evidence == (said,)
        assert [(one.article, one.version, one.internal) for one in full.shown] == [
            ("hb-noise", 2, True)
        ]
        other = await tickets.one(typed.number)
        assert (other.evidence, other.shown) == ((), ())
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("jiesu.db*"))
    assert "恒裕花园".encode() not in kept


async def test_a_ticket_says_which_cards_were_adopted_of_those_that_really_stood_there(
    tmp_path: Path,
) -> None:
    call, other = CallId("call-1"), CallId("call-2")
    noise, permit = Adopted(article="noise", version=2), Adopted(article="permit", version=1)
    older, elsewhere = Adopted(article="noise", version=1), Adopted(article="pension", version=1)
    cards = [
        ShownArticle(call, "noise", 2, "夜间施工", internal=False, at=AT),
        ShownArticle(call, "permit", 1, "夜间施工许可", internal=False, at=AT),
        ShownArticle(other, "pension", 1, "老年人补贴", internal=False, at=AT),
    ]
    async with opened(tmp_path) as (ledger, tickets):
        await ledger.shown.add(cards)

        async def marks(key: str, on: CallId | None, *adopted: Adopted) -> list[tuple[str, bool]]:
            saved = await tickets.save(DRAFT, call=on, by=BY, key=key, at=AT, adopted=adopted)
            full = await tickets.one(saved.number)
            return [(one.article, one.adopted) for one in full.shown]

        first = await marks("first", call, noise, noise, older, elsewhere)
        assert first == [("noise", True), ("permit", False)]
        # A second ticket of the same call has adoptions of its own.
        assert await marks("second", call, permit) == [("noise", False), ("permit", True)]
        assert await marks("third", call) == [("noise", False), ("permit", False)]
        assert await marks("fourth", None, noise) == []


async def test_saving_the_same_form_twice_gives_the_same_ticket(tmp_path: Path) -> None:
    async with opened(tmp_path) as (_, tickets):
        first, second = await asyncio.gather(
            *(tickets.save(DRAFT, call=None, by=BY, key="same", at=AT) for _ in range(2))
        )
        assert first.number == second.number
        page = await tickets.page(TicketQuery(), AT)
        assert page.total == 1


async def test_where_the_city_sets_no_limit_the_ticket_heads_the_list(tmp_path: Path) -> None:
    async with opened(tmp_path, "zhongshan") as (_, tickets):
        saved = await tickets.save(DRAFT, call=None, by=BY, key="k", at=AT)
        assert saved.due.due_at is None
        assert saved.due.searched
        page = await tickets.page(TicketQuery(), AT)
        assert (page.no_limit, page.rows[0].due_at) == (1, None)


async def test_an_empty_form_is_refused_in_one_sentence_and_leaves_nothing(tmp_path: Path) -> None:
    async with opened(tmp_path) as (_, tickets):
        with pytest.raises(BadInput, match="诉求摘要还是空的"):
            await tickets.save(Draft(TicketType.HELP, " "), call=None, by=BY, key="k", at=AT)
        assert (await tickets.page(TicketQuery(), AT)).total == 0


async def test_a_ticket_is_found_by_number_type_and_phone(tmp_path: Path) -> None:
    async with opened(tmp_path) as (_, tickets):
        saved = await tickets.save(DRAFT, call=None, by=BY, key="k", at=AT)
        found = [
            TicketQuery(number="20260925"),
            TicketQuery(type=TicketType.COMPLAINT),
            TicketQuery(phone=Phone("13800138000")),
        ]
        missed = [
            TicketQuery(number="20260926"),
            TicketQuery(type=TicketType.CONSULT),
            TicketQuery(phone=Phone("13900139000")),
        ]
        for query in found:
            page = await tickets.page(query, AT)
            assert [row.number for row in page.rows] == [saved.number]
        for query in missed:
            assert (await tickets.page(query, AT)).rows == ()


async def test_a_ticket_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    async with opened(tmp_path) as (_, tickets):
        with pytest.raises(NoSuch, match="没有这个工单"):
            await tickets.one(TicketId("20260925-000009"))


async def test_each_number_of_the_board_opens_as_many_calls_as_it_says(tmp_path: Path) -> None:
    scene = Scene()
    scene.seated("1001")
    scene.arrives("a")
    scene.queues("a")
    scene.answers("a", "1001")
    scene.ends("a", member="PJSIP/1001")
    for name in ("b", "c"):
        scene.arrives(name)
        scene.queues(name)
        scene.ends(name)
    scene.arrives("d")
    scene.queues("d")
    live = Live(
        world=lambda: scene.world,
        policy=lambda: PACKS.policy("zhaoqing", scene.now.date()),
        roster=Roster,
        caller=lambda call: None,
        now=lambda: scene.now,
    )
    async with opened(tmp_path) as (ledger, _):
        calls = DeskCalls(ledger, live.world, live)
        today = live.board_now(()).today
        assert len(await calls.calls("lost", "today", 50)) == today.lost == 2
        assert len(await calls.calls("offered", "24h", 50)) == today.offered == 3
        assert len(await calls.calls("answered", "today", 50)) == 1
        assert [row.call for row in await calls.calls("waiting", "today", 50)] == ["d"]


async def test_the_history_of_a_number_knows_its_calls_and_tickets(tmp_path: Path) -> None:
    async with opened(tmp_path) as (ledger, tickets):
        await tickets.save(DRAFT, call=None, by=BY, key="k", at=AT)
        scene = Scene()
        live = Live(
            world=lambda: scene.world,
            policy=lambda: PACKS.policy("zhaoqing", AT.date()),
            roster=Roster,
            caller=lambda call: None,
            now=lambda: AT,
        )
        calls = DeskCalls(ledger, live.world, live)
        known = await calls.history(Phone("13800138000"), but=CallId("x"))
        assert [brief.summary for brief in known.tickets] == ["夜间施工噪声"]
        withheld = await calls.history(Phone(""), but=CallId("x"))
        assert (withheld.earlier_calls, withheld.tickets) == (0, ())

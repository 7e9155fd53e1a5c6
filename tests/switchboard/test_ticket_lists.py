"""The list 工单 on a real database: what links say is what they open, words and digits are found,
views are kept, and what is done to many is done to each by the rules."""

from __future__ import annotations

import dataclasses
import datetime as dt
import html
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from agent_desk.ticket_list_views import BulkItem
from agent_desk.ticket_views import TicketQuery
from agent_desk.views import Person
from agent_desk.web import build_app
from hotline.errors import BadInput, NoSuch
from hotline.handling_words import LIMIT_OVER
from hotline.policy import Policy
from hotline.words import Draft, Phone, Role, TicketId, TicketType, UserId
from ledger.store import Ledger
from ledger.units import Unit
from switchboard.bulk import DeskBulk
from switchboard.desk_handling import DeskHandling
from switchboard.desk_tickets import DeskTickets
from switchboard.year import YearOptions, generate
from tests.agent_desk.fakes import ORIGIN, PEOPLE, Town, settings
from tests.agent_desk.visits import Visit
from tests.switchboard.test_desk_books import PACKS
from tests.switchboard.test_desk_handling import BOSS, HOUSING, OFFICER, ORDER, at
from tests.switchboard.test_year import a_ledger

pytestmark = pytest.mark.anyio

NOW = at("2025-12-24 10:00")
WRITER = PEOPLE[Role.AGENT]
BY = Person(id=UserId("u1"), login="1001", name="林晓岚", roles=frozenset({Role.AGENT}), agent=None)


@dataclass(slots=True)
class Books:
    """The books of a real ledger."""

    ledger: Ledger
    tickets: DeskTickets
    handling: DeskHandling
    bulk: DeskBulk

    async def opened(
        self, summary: str, when: str = "2025-12-22 09:00", **more: object
    ) -> TicketId:
        draft = dataclasses.replace(Draft(TicketType.COMPLAINT, summary), **more)  # type: ignore[arg-type]  # its own fields
        key = f"{summary}-{more}"
        saved = await self.tickets.save(draft, call=None, by=BY, key=key, at=at(when))
        return saved.number


@asynccontextmanager
async def the_books(folder: Path) -> AsyncIterator[Books]:
    async with a_ledger(folder) as ledger:
        units = [Unit(HOUSING, "区住建局"), Unit(ORDER, "区城管局")]
        await ledger.units.put(units, by="setup")

        def policy(moment: dt.datetime) -> Policy:
            return PACKS.policy("zhaoqing", moment.date())

        calendar = PACKS.calendar
        handling = DeskHandling(ledger, body="热线", policy=policy, calendar=calendar)
        tickets = DeskTickets(
            ledger, city="zhaoqing", body="热线", policy=policy, calendar=calendar
        )
        yield Books(ledger, tickets, handling, DeskBulk(ledger, handling, policy))


# ------------------------------------------------------------------------------------ the pages


@asynccontextmanager
async def a_visit(books: Books, who: Person) -> AsyncIterator[Visit]:
    town = Town()
    town.time.at = NOW
    await town.people_move_in()
    ports = dataclasses.replace(
        town.ports(), tickets=books.tickets, views=books.ledger.tickets.views, bulk=books.bulk
    )
    transport = httpx.ASGITransport(build_app(ports, settings()), client=("127.0.0.1", 50000))
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
        visit = Visit(client)
        await visit.log_in(who)
        yield visit


LINK = re.compile(
    r'<a href="(/tickets\?[^"]*)"[^>]*><span>([^<]+)</span><span class="num[^"]*">([\d,]+)</span>'
)


LISTERS = (Role.AGENT, Role.SUPERVISOR, Role.OFFICER, Role.MANAGER)


async def test_every_quick_view_opens_as_many_rows_as_its_link_says(tmp_path: Path) -> None:
    async with the_books(tmp_path) as books:
        cut = YearOptions(data=None, tickets=150, jobs=0, until=NOW, newest_first=True)
        await generate(books.ledger, cut)
        for role in LISTERS:
            async with a_visit(books, PEOPLE[role]) as visit:
                page = (await visit.get("/tickets")).text
                links = [(html.unescape(u), name, count) for u, name, count in LINK.findall(page)]
                assert len(links) >= 6
                for address, name, count in links:
                    opened = (await visit.get(address)).text
                    total = re.search(r"共 ([\d,]+) 件", opened)
                    assert total is not None
                    assert total[1] == count, (role, name)
                    rows = re.findall(r'<a class="num" href="/tickets/(\d{8}-\d{6})"', opened)
                    assert len(rows) == min(int(count.replace(",", "")), 50), (role, name)


async def test_a_view_that_is_kept_is_opened_renamed_and_forgotten(tmp_path: Path) -> None:
    async with the_books(tmp_path) as books, a_visit(books, WRITER) as visit:
        await books.opened("夜间施工噪声")
        kept = await visit.post_form(
            "/tickets/views", name=" 投诉  未派 ", query="type=投诉&page=3"
        )
        assert kept.status_code == 303
        (view,) = await books.ledger.tickets.views.of(WRITER.id)
        assert (view.name, view.query) == ("投诉 未派", "type=%E6%8A%95%E8%AF%89")
        twice = await visit.post_form("/tickets/views", name="投诉 未派", query="type=求助")
        assert twice.status_code == 422
        assert "已经有叫" in twice.text
        empty = await visit.post_form("/tickets/views", name="全部", query="")
        assert "先选好条件" in empty.text
        await visit.post_form(f"/tickets/views/{view.id}", do="first")
        assert (await visit.get("/tickets")).headers["location"] == f"/tickets?{view.query}"
        assert (await visit.get("/tickets?view=all")).status_code == 200
        await visit.post_form(f"/tickets/views/{view.id}", do="rename", name="我的投诉")
        assert "我的投诉" in (await visit.get("/tickets?view=all")).text
        await visit.post_form(f"/tickets/views/{view.id}", do="delete")
        assert await books.ledger.tickets.views.of(WRITER.id) == []


async def test_the_views_of_another_are_nobody_elses(tmp_path: Path) -> None:
    async with the_books(tmp_path) as books:
        views = books.ledger.tickets.views
        mine = await views.keep(BY.id, "我的", "type=x")
        with pytest.raises(NoSuch):
            await views.delete(BOSS.id, mine.id)
        with pytest.raises(NoSuch):
            await views.open_first(BOSS.id, mine.id, first=True)
        other = await views.keep(BY.id, "另一个", "type=y")
        await views.open_first(BY.id, mine.id, first=True)
        await views.open_first(BY.id, other.id, first=True)
        assert [one.name for one in await views.of(BY.id) if one.first] == ["另一个"]
        for n in range(18):
            await views.keep(BY.id, f"第{n}个", "type=z")
        with pytest.raises(BadInput, match="最多保存20个"):
            await views.keep(BY.id, "再来一个", "type=z")


# --------------------------------------------------------------------------------------- searching


async def test_words_are_found_in_what_was_said_where_and_what_was_written_later(
    tmp_path: Path,
) -> None:
    async with the_books(tmp_path) as books:
        first = await books.opened("工地打桩", address="迎宾大道88号", category="噪声扰民")
        second = await books.opened("电梯坏了", address="翠湖花园", category="物业管理")

        async def found(words: str) -> set[str]:
            page = await books.tickets.page(TicketQuery(words=words), NOW)
            return {row.number for row in page.rows}

        assert await found("打桩") == {first}
        assert await found("迎宾大道８８号") == {first}
        assert await found("物业管理") == {second}
        assert await found("翠湖 电梯") == {second}
        assert await found("翠湖 打桩") == set()
        at_once = await books.handling.now(second, BOSS, at("2025-12-22 10:00"))
        await books.handling.act(
            second,
            "直接答复",
            {"note": ["已答复维修基金怎样申请"]},
            who=BOSS,
            version=at_once.version,
            at=at("2025-12-22 10:00"),
        )
        assert await found("维修基金") == {second}


async def test_a_telephone_is_found_however_it_is_written_and_by_its_end(tmp_path: Path) -> None:
    async with the_books(tmp_path) as books:
        number = await books.opened("停水", phone="138 0000-6027")
        await books.opened("停电", phone="13900001111")
        for query in (
            TicketQuery(phone=Phone.parse("+86 138-0000-6027")),
            TicketQuery(phone_end="6027"),
            TicketQuery(phone_end="00006027"),
        ):
            page = await books.tickets.page(query, NOW)
            assert [row.number for row in page.rows] == [number]
        assert (await books.tickets.page(TicketQuery(phone_end="6028"), NOW)).total == 0


@pytest.mark.clause("GZ-11")
async def test_a_confidential_ticket_is_not_found_by_words_that_are_hidden_from_who_asks(
    tmp_path: Path,
) -> None:
    async with the_books(tmp_path) as books:
        number = await books.opened("举报某局受贿", phone="13800006027", confidential=True)
        search = books.ledger.tickets.search
        assert (await search.words("受贿")).numbers == (number,)
        assert (await search.words("受贿", secrets_of=BY.id)).numbers == (number,)
        assert (await search.words("受贿", secrets_of=UserId("u9"))).of == 0
        assert (await search.ends_with("6027", secrets_of=UserId("u9"))).of == 0


@pytest.mark.clause("ZS-11")
async def test_a_unit_finds_no_ticket_by_who_called(tmp_path: Path) -> None:
    async with the_books(tmp_path) as books:
        await books.opened("欧阳慧敏反映漏水", contact="欧阳慧敏", unit=HOUSING)
        search = books.ledger.tickets.search
        assert (await search.words("欧阳慧敏")).of == 1
        assert (await search.words("欧阳慧敏", for_unit=True)).of == 0
        assert (await search.words("漏水", for_unit=True)).of == 1
        page = await books.tickets.page(TicketQuery(scope=HOUSING, words="漏水"), NOW)
        assert [row.summary for row in page.rows] == ["诉求人反映漏水"]


async def test_filters_narrow_by_day_category_source_and_secrecy(tmp_path: Path) -> None:
    async with the_books(tmp_path) as books:
        old = await books.opened("旧事", "2025-11-03 23:59", category="教育")
        new = await books.opened("新事", "2025-12-22 00:00", confidential=True)
        day = dt.date(2025, 12, 22)
        for query, numbers in (
            (TicketQuery(opened_from=day, opened_to=day), {new}),
            (TicketQuery(opened_to=dt.date(2025, 11, 3)), {old}),
            (TicketQuery(category="教育"), {old}),
            (TicketQuery(confidential=True), {new}),
            (TicketQuery(by_phone=True), set()),
            (TicketQuery(by_phone=False), {old, new}),
            (TicketQuery(overdue=True), {old}),
        ):
            page = await books.tickets.page(query, NOW)
            assert {row.number for row in page.rows} == numbers, query


async def test_what_runs_stands_before_what_is_over_and_pages_leave_nothing_out(
    tmp_path: Path,
) -> None:
    async with the_books(tmp_path) as books:
        await generate(
            books.ledger, YearOptions(data=None, tickets=60, jobs=0, until=NOW, newest_first=True)
        )
        rows = [
            row
            for number in range(1, 5)
            for row in (await books.tickets.page(TicketQuery(page=number, page_size=20), NOW)).rows
        ]
        assert len({row.number for row in rows}) == len(rows) == 60
        over = [row.status in LIMIT_OVER for row in rows]
        assert over == sorted(over)
        running = [row.due_at for row in rows if row.status not in LIMIT_OVER]
        assert running == sorted(running, key=lambda due: (due is not None, due or NOW))


# ------------------------------------------------------------------------------------ many at once


async def test_many_are_dispatched_each_to_its_own_unit_and_a_second_confirm_does_nothing(
    tmp_path: Path,
) -> None:
    when = at("2025-12-22 11:00")
    async with the_books(tmp_path) as books:
        one = await books.opened("漏水", unit=HOUSING)
        two = await books.opened("占道", unit=ORDER)
        none = await books.opened("不知归谁")
        gone = TicketId("20251222-999999")
        seen = await books.bulk.preview([one, two, none, gone, one], "派单", BOSS, when)
        assert [row.number for row in seen.rows] == [one, two, none, gone]
        assert seen.possible == 2
        assert "区住建局" in seen.rows[0].will
        assert "单独派单" in seen.rows[2].why
        items = [
            BulkItem(number=row.number, version=row.version, unit=row.unit)
            for row in seen.rows
            if not row.why
        ]
        done = await books.bulk.do(items, "派单", {"note": [""]}, BOSS, when)
        assert [result.done for result in done] == ["派单", "派单"]
        assert (await books.ledger.tickets.load(two)).ticket.unit == ORDER
        again = await books.bulk.do(items, "派单", {"note": [""]}, BOSS, when)
        assert [result.done for result in again] == ["", ""]
        assert all("不重复办理" in result.why for result in again)
        assert (await books.ledger.tickets.load(two)).ticket.version == 2


async def test_what_one_ticket_does_not_allow_does_not_stop_the_others(tmp_path: Path) -> None:
    when = at("2025-12-22 11:00")
    async with the_books(tmp_path) as books:
        one = await books.opened("漏水", unit=HOUSING)
        two = await books.opened("占道", unit=ORDER)
        seen = await books.bulk.preview([one, two], "派单", BOSS, when)
        items = [BulkItem(number=r.number, version=r.version, unit=r.unit) for r in seen.rows]
        await books.bulk.do(items[:1], "派单", {}, BOSS, when)
        archive = await books.bulk.preview([one, two], "归档", BOSS, when)
        assert all("不能归档" in row.why for row in archive.rows)
        urge = await books.bulk.preview([one, two], "督办", BOSS, when)
        assert [bool(row.why) for row in urge.rows] == [False, True]
        with pytest.raises(BadInput, match="督办要求"):
            await books.bulk.do([], "督办", {"note": [" "]}, BOSS, when)
        urged = [BulkItem(number=r.number, version=r.version) for r in urge.rows if not r.why]
        (result,) = await books.bulk.do(urged, "督办", {"note": ["三日内报告"]}, BOSS, when)
        assert result.done == "督办"
        (stale,) = await books.bulk.do(items[:1], "催办", {}, BOSS, when)
        assert "重新预览" in stale.why
        listed = await books.tickets.page(TicketQuery(supervised=True), when)
        assert [row.number for row in listed.rows] == [one]


async def test_bulk_is_for_who_may_act_and_for_a_bounded_number(tmp_path: Path) -> None:
    async with the_books(tmp_path) as books:
        for who, act in ((OFFICER, "派单"), (BY, "派单"), (BOSS, "签收"), (BOSS, "")):
            with pytest.raises(BadInput, match="请先选"):
                await books.bulk.preview([TicketId("20251222-000001")], act, who, NOW)
        with pytest.raises(BadInput, match="请先在列表里勾选"):
            await books.bulk.preview([], "催办", BOSS, NOW)
        with pytest.raises(BadInput, match="最多办200件"):
            await books.bulk.preview(
                [TicketId(f"20251222-{n:06d}") for n in range(201)], "催办", BOSS, NOW
            )


async def test_rows_are_chosen_looked_at_and_confirmed_on_the_page(tmp_path: Path) -> None:
    async with the_books(tmp_path) as books, a_visit(books, PEOPLE[Role.SUPERVISOR]) as visit:
        number = await books.opened("漏水<script>", unit=HOUSING)
        nothing = await visit.post_form("/tickets/bulk", act="派单", back="type=投诉")
        assert nothing.status_code == 422
        assert "请先在列表里勾选工单" in nothing.text
        seen = await visit.post_form("/tickets/bulk", act="派单", tickets=number, back="type=投诉")
        assert "派给区住建局" in seen.text
        assert "可办 1 件" in seen.text
        assert "<script>" not in seen.text.replace("<script type", "")
        item = re.search(r'name="item" value="([^"]+)"', seen.text)
        assert item is not None
        done = await visit.post_form("/tickets/bulk/do", act="派单", item=item[1], back="type=投诉")
        assert "已派单" in done.text
        assert 'href="/tickets?type=%E6%8A%95%E8%AF%89"' in done.text
        again = await visit.post_form("/tickets/bulk/do", act="派单", item=item[1], back="")
        assert "不重复办理" in again.text

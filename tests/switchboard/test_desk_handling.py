"""The loop of a ticket from its page, on a real database: what is offered, done, refused, kept."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from agent_desk.ticket_views import TicketQuery
from agent_desk.views import Person
from hotline.errors import BadInput, NotAllowed, Objected
from hotline.handling_words import Act, Part, Stage, TicketActed
from hotline.words import Role, TicketId, UnitId, UserId
from ledger.rows import canonical, to_json
from ledger.store import Ledger
from ledger.units import Unit
from switchboard.desk_handling import DeskHandling, parts_of
from switchboard.desk_tickets import DeskTickets
from switchboard.handling_forms import fields_of
from tests.switchboard.test_desk_books import BY, DRAFT, PACKS, opened

pytestmark = pytest.mark.anyio

ZONE = dt.timezone(dt.timedelta(hours=8))
HOUSING, ORDER = UnitId("housing"), UnitId("order")
BOSS = Person(
    id=UserId("u2"), login="2001", name="何静", roles=frozenset({Role.SUPERVISOR}), agent=None
)
OFFICER = Person(
    id=UserId("u3"),
    login="3001",
    name="石磊",
    roles=frozenset({Role.OFFICER}),
    agent=None,
    unit=HOUSING,
)
STRANGER = Person(
    id=UserId("u4"),
    login="3002",
    name="宋岩",
    roles=frozenset({Role.OFFICER}),
    agent=None,
    unit=ORDER,
)


def at(text: str) -> dt.datetime:
    return dt.datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=ZONE)


@dataclass(slots=True)
class Case:
    """One ticket and the people around it."""

    ledger: Ledger
    handling: DeskHandling
    number: TicketId

    async def does(self, who: Person, act: str, when: str, **form: str | Sequence[str]) -> None:
        now = await self.handling.now(self.number, who, at(when))
        typed: Mapping[str, Sequence[str]] = {
            name.replace("_", "-"): [value] if isinstance(value, str) else value
            for name, value in form.items()
        }
        await self.handling.act(self.number, act, typed, who=who, version=now.version, at=at(when))

    async def offered(self, who: Person, when: str) -> dict[str, str]:
        now = await self.handling.now(self.number, who, at(when))
        return {form.act: form.why for form in now.forms}

    async def stage(self) -> str:
        return (await self.ledger.tickets.load(self.number)).ticket.status


@asynccontextmanager
async def a_case(
    tmp_path: Path, city: str = "zhaoqing", *, messages: bool = False
) -> AsyncIterator[Case]:
    """A complaint registered on the second of November."""
    async with opened(tmp_path, city) as (ledger, tickets):
        units = [Unit(HOUSING, "区住建局"), Unit(ORDER, "区城管局")]
        await ledger.units.put(units, by="setup")
        saved = await tickets.save(DRAFT, call=None, by=BY, key="k", at=at("2026-11-02 09:00"))
        handling = DeskHandling(
            ledger,
            body="12345热线",
            policy=lambda moment: PACKS.policy(city, moment.date()),
            calendar=PACKS.calendar,
            messages=messages,
        )
        yield Case(ledger, handling, saved.number)


def test_what_the_pack_asks_of_an_application_is_a_field_that_is_not_optional() -> None:
    policy = PACKS.policy("zhaoqing", dt.date(2026, 9, 25))
    fields = fields_of(Act.ASK_EXTENSION, policy, ())
    assert [(one.label, one.by_rule) for one in fields] == [
        *((label, True) for label in policy.extensions.needs.value or ()),
        ("说明", False),
    ]


@pytest.mark.clause("ZQ-3", "ZQ-9(一)", "HB-10(三)")
async def test_a_complaint_goes_from_dispatch_to_the_archive(tmp_path: Path) -> None:
    async with a_case(tmp_path) as case:
        await case.does(BOSS, "派单", "2026-11-02 10:00", unit="housing", helpers=["order"])
        assert (await case.ledger.tickets.load(case.number)).ticket.unit == HOUSING
        await case.does(OFFICER, "签收", "2026-11-02 11:00")
        await case.does(
            OFFICER,
            "申请办结",
            "2026-11-10 09:00",
            need_1="11月9日",
            need_2="到现场查看，责令整改",
            need_3="已停止夜间施工",
            need_4="噪声污染防治法",
            ask_1="办理结果",
        )
        await case.does(BOSS, "同意办结", "2026-11-10 10:00")
        await case.does(BOSS, "评价", "2026-11-10 12:00", code="满意")
        await case.does(BOSS, "归档", "2026-11-10 12:01")
        assert await case.stage() == Stage.ARCHIVED
        assert await case.offered(BOSS, "2026-11-11 09:00") == {}
        now = await case.handling.now(case.number, BOSS, at("2026-11-11 09:00"))
        told = [(one.what, one.body) for one in now.acts]
        assert told[0] == ("派单", "12345热线（热线机构）")
        assert told[2] == ("申请办结", "区住建局")
        assert "协办：区城管局" in now.acts[0].text
        assert "责令整改" in now.acts[2].text


async def test_what_is_too_late_is_offered_with_its_reason_and_refused_when_tried(
    tmp_path: Path,
) -> None:
    async with a_case(tmp_path) as case:
        await case.does(BOSS, "派单", "2026-11-02 10:00", unit="housing")
        why = "退回申请须自收到之日起2个工作日内提出，已于11月4日届满〔第九条（二）〕"
        assert (await case.offered(OFFICER, "2026-11-05 09:00"))["申请退回"] == why
        with pytest.raises(Objected, match="已于11月4日届满"):
            await case.does(
                OFFICER, "申请退回", "2026-11-05 09:00", need_1="不是我们的", need_2="三定方案"
            )
        assert await case.stage() == Stage.DISPATCHED


async def test_an_extension_moves_the_date_in_the_list_and_tells_how(tmp_path: Path) -> None:
    async with a_case(tmp_path) as case:
        await case.does(BOSS, "派单", "2026-11-02 10:00", unit="housing")
        await case.does(
            OFFICER, "申请延期", "2026-11-19 09:00", need_1="申请表", need_2="分管领导已签"
        )
        await case.does(BOSS, "同意延期", "2026-11-20 09:00")
        (row,) = (await case.ledger.tickets.page()).items
        assert row.due_at is not None
        assert row.due_at.astimezone(ZONE).date() == dt.date(2026, 12, 14)
        now = await case.handling.now(case.number, BOSS, at("2026-11-20 10:00"))
        assert [turn.what for turn in now.turns] == [
            "登记，起算暂从登记之时",
            "派单，自转办之时起算",
            "第1次延期15个工作日",
        ]
        assert now.turns[-1].due_at == row.due_at


@pytest.mark.clause("GZ-5", "ZQ-4")
async def test_another_unit_can_do_nothing_and_an_agent_does_not_audit(tmp_path: Path) -> None:
    async with a_case(tmp_path) as case:
        await case.does(BOSS, "派单", "2026-11-02 10:00", unit="housing")
        assert await case.offered(STRANGER, "2026-11-02 11:00") == {}
        with pytest.raises(NotAllowed):
            await case.does(STRANGER, "签收", "2026-11-02 11:00")
        with pytest.raises(NotAllowed):
            await case.does(BY, "签收", "2026-11-02 11:00")


async def test_an_officer_acts_in_the_name_of_the_own_unit_alone() -> None:
    assert parts_of(STRANGER, UnitId("housing")) == ()
    assert parts_of(STRANGER, STRANGER.unit) == (Part.UNIT,)


async def test_two_who_act_at_once_the_second_is_told(tmp_path: Path) -> None:
    async with a_case(tmp_path) as case:
        now = await case.handling.now(case.number, BOSS, at("2026-11-02 10:00"))
        await case.does(BOSS, "派单", "2026-11-02 10:00", unit="housing")
        with pytest.raises(BadInput, match="刚刚有人办过"):
            await case.handling.act(
                case.number,
                "派单",
                {"unit": ["order"]},
                who=BOSS,
                version=now.version,
                at=at("2026-11-02 10:01"),
            )


@pytest.mark.parametrize(
    ("act", "form", "why"),
    [
        ("派单", {}, "请填写承办单位"),
        ("派单", {"unit": "nowhere"}, "承办单位请从列出的里面选"),
        ("不予受理", {"code": "太麻烦"}, "情形请从列出的里面选"),
        ("直接答复", {}, "请填写答复内容"),
        ("直接答复", {"note": "答" * 4001}, "答复内容有4001字，最多4000字，请删减"),
        ("升天", {}, "没有这一步，请刷新页面"),
    ],
)
async def test_a_form_that_is_wrong_gets_one_sentence(
    tmp_path: Path, act: str, form: dict[str, str], why: str
) -> None:
    async with a_case(tmp_path) as case:
        with pytest.raises(BadInput) as refusal:
            await case.does(BOSS, act, "2026-11-02 10:00", **form)
        assert str(refusal.value) == why
        assert await case.stage() == Stage.REGISTERED


async def test_what_people_write_is_not_in_the_facts(tmp_path: Path) -> None:
    async with a_case(tmp_path) as case:
        await case.does(BOSS, "直接答复", "2026-11-02 10:00", note="已向欧阳女士说明夜间施工的规定")
        facts = [one.fact for one in await case.ledger.tickets.facts_of(case.number)]
        assert any(isinstance(one, TicketActed) for one in facts)
        assert not any("欧阳" in canonical(to_json(one)) for one in facts)
        now = await case.handling.now(case.number, BOSS, at("2026-11-02 11:00"))
        assert "欧阳女士" in now.acts[-1].text


async def test_a_ticket_that_is_closed_is_never_overdue(tmp_path: Path) -> None:
    async with a_case(tmp_path) as case:
        tickets = DeskTickets(
            case.ledger,
            city="zhaoqing",
            body="12345热线",
            policy=lambda moment: PACKS.policy("zhaoqing", moment.date()),
            calendar=PACKS.calendar,
        )
        late = at("2027-03-01 09:00")
        overdue = await tickets.page(TicketQuery(overdue=True), late)
        assert [row.number for row in overdue.rows] == [case.number]
        await case.does(BOSS, "不予受理", "2026-11-02 10:00", code="outside_area")
        assert (await tickets.page(TicketQuery(overdue=True), late)).rows == ()
        assert (await tickets.page(TicketQuery(), late)).total == 1


@pytest.mark.clause("ZQ-5")
async def test_the_list_counts_what_waits_in_each_stage_for_the_unit_that_asks(
    tmp_path: Path,
) -> None:
    async with a_case(tmp_path) as case:
        await case.does(BOSS, "派单", "2026-11-02 10:00", unit="housing")
        tickets = DeskTickets(
            case.ledger,
            city="zhaoqing",
            body="12345热线",
            policy=lambda moment: PACKS.policy("zhaoqing", moment.date()),
            calendar=PACKS.calendar,
        )
        now = at("2026-11-02 11:00")
        assert (await tickets.page(TicketQuery(unit=HOUSING), now)).by_status == {"待签收": 1}
        assert (await tickets.page(TicketQuery(unit=ORDER), now)).by_status == {}


async def test_a_ticket_given_back_is_no_longer_of_the_unit_that_had_it(tmp_path: Path) -> None:
    async with a_case(tmp_path) as case:
        await case.does(BOSS, "派单", "2026-11-02 10:00", unit="housing")
        await case.does(OFFICER, "申请退回", "2026-11-03 09:00", need_1="非本单位", need_2="三定")
        await case.does(BOSS, "同意退回", "2026-11-03 10:00")
        assert (await case.ledger.tickets.load(case.number)).ticket.unit is None
        assert await case.offered(OFFICER, "2026-11-03 11:00") == {}

"""Supervision from its pages, on a real database: raised, issued, answered, taken up, shown."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from agent_desk.supervision_views import SupervisionFull
from agent_desk.views import Person
from hotline.errors import BadInput, NoSuch, NotAllowed, Objected
from hotline.words import Role, TicketId, UserId
from switchboard.desk_supervision import DeskSupervision
from tests.switchboard.test_desk_books import PACKS
from tests.switchboard.test_desk_handling import BOSS, HOUSING, OFFICER, STRANGER, Case, a_case, at

pytestmark = pytest.mark.anyio

MANAGER = Person(
    id=UserId("u9"), login="9001", name="陆建平", roles=frozenset({Role.MANAGER}), agent=None
)
PAPER = {"form": "督办单", "matter": "逾期", "demand": "三日内办结", "signer": "何静"}
WHEN = "2026-11-09 10:00"


@dataclass(slots=True)
class Supervised:
    """A ticket and the supervision beside it."""

    case: Case
    desk: DeskSupervision

    async def does(self, who: Person, matter: int, step: str, when: str, /, **given: str) -> None:
        now = await self.desk.one(matter, who, at(when))
        version = now.version
        await self.desk.step(matter, step, given, who=who, version=version, at=at(when))

    async def raised(self, case: str = "overdue", **more: str) -> int:
        given = {"case": case, "ticket": self.case.number, "note": "催过三次", **more}
        return await self.desk.raise_matter(given, who=BOSS, at=at(WHEN))

    async def now(self, matter: int, who: Person = BOSS, when: str = WHEN) -> SupervisionFull:
        return await self.desk.one(matter, who, at(when))


@asynccontextmanager
async def supervised(tmp_path: Path, city: str = "guizhou") -> AsyncIterator[Supervised]:
    """A complaint that the housing office has."""
    async with a_case(tmp_path, city) as case:
        if city == "hebei":
            await case.does(BOSS, "审核通过", "2026-11-02 09:30")
        await case.does(BOSS, "派单", "2026-11-02 10:00", unit="housing")
        desk = DeskSupervision(
            case.ledger, body="12345热线", policy=lambda at: PACKS.policy(city, at.date())
        )
        yield Supervised(case, desk)


@pytest.mark.clause("GZ-17¶1", "ZQ-17", "HB-28¶1")
async def test_a_slip_goes_out_with_its_number_and_comes_back_answered(tmp_path: Path) -> None:
    async with supervised(tmp_path) as one:
        matter = await one.raised()
        await one.does(BOSS, matter, "发出", "2026-11-09 11:00", **PAPER, answer_by="2026-11-16")
        full = await one.now(matter, OFFICER, "2026-11-10 09:00")
        assert full.row.form_number == "督办单〔2026〕1号"
        assert full.row.answer_by == dt.date(2026, 11, 16)
        assert [form.step for form in full.forms] == ["签收督办", "整改反馈"]
        await one.does(OFFICER, matter, "签收督办", "2026-11-10 09:00")
        await one.does(OFFICER, matter, "整改反馈", "2026-11-12 09:00", note="已停工整改")
        await one.does(BOSS, matter, "销号", "2026-11-13 09:00", note="已到现场核实")
        full = await one.now(matter, MANAGER)
        assert full.row.state == "已销号"
        told = [(line.what, line.who, line.body) for line in full.steps]
        assert told == [
            ("提出督办", "", "12345热线（热线机构）"),
            ("发出督办单", "", "12345热线（热线机构）"),
            ("签收督办", "", "区住建局"),
            ("整改反馈", "", "区住建局"),
            ("销号", "", "12345热线（热线机构）"),
        ]
        assert full.steps[3].texts == (("整改情况", "已停工整改"),)


async def test_the_paper_has_everything_that_is_printed_on_it(tmp_path: Path) -> None:
    async with supervised(tmp_path) as one:
        matter = await one.raised()
        await one.does(BOSS, matter, "发出", "2026-11-09 11:00", **PAPER)
        (paper,) = (await one.now(matter)).papers
        assert (paper.number, paper.form, paper.unit_name) == (
            "督办单〔2026〕1号",
            "督办单",
            "区住建局",
        )
        assert paper.issuer == "12345热线工作机构"
        assert paper.texts == (
            ("督办事由", "逾期"),
            ("督办要求", "三日内办结"),
            ("签发人", "何静"),
        )
        assert paper.article is not None
        assert paper.article.number == "第十七条"
        assert (paper.answer_by, paper.term_note) == (
            None,
            "本市办法未规定反馈期限，由签发人写明",
        )


@pytest.mark.clause("GZ-17¶2", "GZ-17¶3")
async def test_what_a_unit_leaves_unanswered_is_proposed_for_the_managing_body(
    tmp_path: Path,
) -> None:
    async with supervised(tmp_path) as one:
        matter = await one.raised()
        await one.does(BOSS, matter, "发出", "2026-11-09 11:00", **PAPER, answer_by="2026-11-16")
        late = await one.now(matter, BOSS, "2026-11-17 09:00")
        assert late.row.late
        (up,) = [form for form in late.forms if form.step == "提请上级"]
        assert up.proposed.startswith("建议提请：第十七条：经12345热线工作机构督办")
        assert late.level == 0, "nothing goes up by itself"
        await one.does(
            BOSS, matter, "提请上级", "2026-11-17 09:00", case="level2_persistent", note="三次未复"
        )
        up_there = await one.now(matter, MANAGER, "2026-11-17 10:00")
        assert up_there.row.rung == "热线管理机构或者行业主管部门"
        await one.does(MANAGER, matter, "发出", "2026-11-17 11:00", **PAPER)
        full = await one.now(matter)
        assert full.row.form_number == "督办单〔2026〕2号"
        assert full.steps[-1].body == "12345热线（管理机构）"
        assert full.papers[0].issuer == "热线管理机构或者行业主管部门"
        await one.does(
            MANAGER, matter, "提请上级", "2026-11-20 09:00", case="level3_hotspot", note="多片区"
        )
        assert (await one.now(matter)).row.rung == "本级人民政府"


async def test_what_is_refused_leaves_no_step_and_takes_no_number(tmp_path: Path) -> None:
    async with supervised(tmp_path) as one:
        matter = await one.raised()
        with pytest.raises(BadInput, match="请填写督办要求"):
            await one.does(BOSS, matter, "发出", WHEN, **{**PAPER, "demand": ""})
        with pytest.raises(BadInput, match="反馈期限已经过去"):
            await one.does(BOSS, matter, "发出", WHEN, **PAPER, answer_by="2026-11-01")
        with pytest.raises(Objected, match="还没有督办过"):
            await one.does(
                BOSS, matter, "提请上级", WHEN, case="level2_persistent", note="直接上报"
            )
        with pytest.raises(BadInput, match="请填写不予督办的理由"):
            await one.does(BOSS, matter, "不予督办", WHEN)
        with pytest.raises(BadInput, match="没有这一步"):
            await one.does(BOSS, matter, "提出督办", WHEN)
        assert len((await one.now(matter)).steps) == 1
        await one.does(BOSS, matter, "发出", WHEN, **PAPER)
        assert (await one.now(matter)).row.form_number == "督办单〔2026〕1号"


async def test_who_acts_on_an_old_page_is_told_to_look_again(tmp_path: Path) -> None:
    async with supervised(tmp_path) as one:
        matter = await one.raised()
        before = await one.now(matter)
        await one.does(BOSS, matter, "发出", WHEN, **PAPER)
        with pytest.raises(BadInput, match="刚刚有人办过"):
            await one.desk.step(
                matter, "发出", PAPER, who=MANAGER, version=before.version, at=at(WHEN)
            )


@pytest.mark.clause("GY-解读五-1")
async def test_a_unit_sees_what_it_is_supervised_for_and_nothing_of_others(tmp_path: Path) -> None:
    async with supervised(tmp_path) as one:
        matter = await one.raised()
        own = await one.desk.page(OFFICER, at(WHEN), state="", level=None, number=1)
        assert [row.id for row in own.rows] == [matter]
        assert own.counts == {"待督办": 1}
        other = await one.desk.page(STRANGER, at(WHEN), state="", level=None, number=1)
        assert other.rows == ()
        with pytest.raises(NotAllowed):
            await one.now(matter, STRANGER)
        nowhere = replace(OFFICER, unit=None)
        with pytest.raises(NotAllowed):
            await one.now(matter, nowhere)
        with pytest.raises(NotAllowed):
            await one.does(OFFICER, matter, "发出", WHEN, **PAPER)


@pytest.mark.clause("ZQ-17")
async def test_a_low_rank_is_raised_by_a_person_for_a_unit_without_a_ticket(
    tmp_path: Path,
) -> None:
    async with supervised(tmp_path, "zhaoqing") as one:
        matter = await one.raised("low_rank", ticket="", unit="housing", note="第三季度末位")
        full = await one.now(matter)
        assert (full.row.ticket, full.unit) == (None, HOUSING)
        assert full.row.article == "第十七条（三）"
        assert full.steps[0].texts == (("理由", "第三季度末位"),)


WRONG: dict[str, dict[str, str]] = {
    "请选择督办情形": {"case": "随便"},
    "请写明理由": {"note": " "},
    "最多4000字": {"note": "长" * 4001},
    "没有编号是20260101-000009的工单": {"ticket": "20260101-000009"},
    "请写工单编号，或者选承办单位": {"ticket": "", "unit": ""},
    "没有这个承办单位": {"unit": "nobody"},
}


async def test_what_cannot_be_raised_is_refused_in_a_sentence(tmp_path: Path) -> None:
    async with supervised(tmp_path) as one:
        for why, given in WRONG.items():
            with pytest.raises(BadInput, match=why):
                await one.raised(**given)
        with pytest.raises(BadInput, match="请选择督办情形"):
            await one.raised("level2_persistent")
        with pytest.raises(NoSuch):
            await one.now(1)


async def test_only_the_hotline_and_the_managing_body_raise_matters(tmp_path: Path) -> None:
    async with supervised(tmp_path) as one:
        given = {"case": "overdue", "ticket": one.case.number, "note": "催办"}
        with pytest.raises(NotAllowed):
            await one.desk.raise_matter(given, who=OFFICER, at=at(WHEN))


@pytest.mark.clause("GZ-17¶1", "ZQ-17")
async def test_the_timeline_of_the_ticket_names_each_paper_by_its_number(tmp_path: Path) -> None:
    async with supervised(tmp_path) as one:
        matter = await one.raised()
        await one.does(BOSS, matter, "发出", "2026-11-09 11:00", **PAPER, answer_by="2026-11-16")
        now = await one.case.handling.now(one.case.number, OFFICER, at("2026-11-10 09:00"))
        lines = [(line.what, line.text) for line in now.acts[-2:]]
        assert lines[0][0] == "提出督办"
        assert lines[1] == (
            "发出督办单",
            "督办单〔2026〕1号；反馈期限11月16日；督办事由：逾期；督办要求：三日内办结；签发人：何静",
        )


# ---------------------------------------------------------------------------------------- the queue


@pytest.mark.clause("ZQ-9(四)", "GZ-13")
async def test_a_dispute_waits_for_the_rung_whose_turn_it_is(tmp_path: Path) -> None:
    async with supervised(tmp_path, "zhaoqing") as one:
        await one.case.does(OFFICER, "申请退回", "2026-11-03 09:00", need_1="甲", need_2="乙")
        (row,) = (await one.desk.queue(BOSS, waits="", number=1)).rows
        assert (row.waits, row.unit_name) == ("退回待审", "区住建局")
        assert row.words == "理由：甲；依据：乙"
        assert (await one.desk.queue(MANAGER, waits="", number=1)).rows == ()
        for rung, day in (("区12345热线协管办", "04"), ("区党群工作部", "05"), ("区管委会", "06")):
            await one.case.does(BOSS, "提请协调", f"2026-11-{day} 09:00", note="三家都不认")
            page = await one.desk.queue(MANAGER, waits="", number=1)
            assert [(row.waits, row.rung) for row in page.rows] == [("争议待定", rung)]
            assert page.counts == {"争议待定": 1}
        await one.case.does(MANAGER, "协调确定", "2026-11-09 09:00", unit="order", note="由城管办")
        assert (await one.desk.queue(BOSS, waits="", number=1)).total == 0
        with pytest.raises(Objected, match="不得再申请退回"):
            await one.case.does(STRANGER, "申请退回", "2026-11-10 09:00", need_1="甲", need_2="乙")


async def test_the_queue_is_by_the_time_that_is_left(tmp_path: Path) -> None:
    async with supervised(tmp_path, "zhaoqing") as one:
        numbers = [
            one.case.number,
            await another(one, "2026-11-05"),
            await another(one, "2026-11-03"),
        ]
        for number in numbers:
            one.case.number = number
            await one.case.does(OFFICER, "申请延期", "2026-11-06 09:00", need_1="表", need_2="签")
        page = await one.desk.queue(BOSS, waits="延期待审", number=1)
        assert [row.number for row in page.rows] == [numbers[0], numbers[2], numbers[1]]
        assert page.counts["延期待审"] == 3
        assert (await one.desk.queue(BOSS, waits="退回待审", number=1)).total == 0


async def another(one: Supervised, day: str) -> TicketId:
    """A further complaint, dispatched the same day."""
    from switchboard.desk_tickets import DeskTickets
    from tests.switchboard.test_desk_books import BY, DRAFT

    tickets = DeskTickets(
        one.case.ledger,
        city="zhaoqing",
        body="12345热线",
        policy=lambda at: PACKS.policy("zhaoqing", at.date()),
        calendar=PACKS.calendar,
    )
    saved = await tickets.save(DRAFT, call=None, by=BY, key=f"k-{day}", at=at(f"{day} 09:00"))
    one.case.number = saved.number
    await one.case.does(BOSS, "派单", f"{day} 10:00", unit="housing")
    return saved.number

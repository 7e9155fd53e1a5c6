"""Intake on a real database: what is known, what a form becomes, who is answered."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from agent_desk.intake_views import FormTold, Intake, Known
from agent_desk.ticket_views import TicketSaved
from agent_desk.views import Person
from hotline.directory import Entry
from hotline.errors import BadInput, Objected
from hotline.follow_ups import CHANNEL_TEXT
from hotline.handling_words import Act, Stage, TicketActed
from hotline.matters import Tie
from hotline.rulings import Span, Unit
from hotline.words import Draft, Phone, Role, TicketId, TicketType, UnitId
from ledger.store import Ledger
from ledger.units import Unit as LedgerUnit
from switchboard.desk_repeats import DeskIntake
from switchboard.desk_tickets import DeskTickets
from tests.switchboard.test_desk_books import BY, PACKS, opened
from tests.switchboard.test_desk_handling import BOSS, at

pytestmark = pytest.mark.anyio

NOW = at("2026-11-02 09:00")
AGENT = replace(BY, roles=frozenset({Role.AGENT}))
NOISE = Draft(
    type=TicketType.COMPLAINT,
    summary="恒裕花园南侧在建工地每晚打桩到凌晨三点，影响睡眠，要求停止夜间施工",
    category="噪声扰民",
    address="迎宾大道恒裕花园5栋",
    contact="欧阳慧敏",
    phone="13800006027",
)
AGAIN = FormTold(
    call="c-2", type="投诉", category="噪声扰民", summary="工地半夜还在打桩", phone="13800006027"
)


@dataclass(slots=True)
class Desk:
    ledger: Ledger
    tickets: DeskTickets
    intake: DeskIntake
    made: int = 0

    async def saves(
        self, draft: Draft = NOISE, intake: Intake | None = None, days: int = 0
    ) -> TicketSaved:
        self.made += 1
        when = NOW + dt.timedelta(days=days)
        return await self.tickets.save(
            draft, call=None, by=AGENT, key=f"key-{self.made}", at=when, intake=intake
        )

    async def looks(self, told: FormTold = AGAIN, who: Person = AGENT, days: int = 1) -> Known:
        return await self.intake.look(told, who, NOW + dt.timedelta(days=days))

    async def acts(self, number: TicketId) -> list[TicketActed]:
        facts = [one.fact for one in await self.ledger.tickets.facts_of(number)]
        return [fact for fact in facts if isinstance(fact, TicketActed)]


@asynccontextmanager
async def a_desk(tmp_path: Path, city: str = "zhaoqing") -> AsyncIterator[Desk]:
    async with opened(tmp_path, city) as (ledger, tickets):
        units = [LedgerUnit(UnitId("order"), "区城管局")]
        await ledger.units.put(units, by="setup")
        intake = DeskIntake(ledger, lambda moment: PACKS.policy(city, moment.date()))
        yield Desk(ledger, tickets, intake)


@pytest.mark.clause("ZQ-7(五)")
async def test_a_caller_who_tells_it_again_is_shown_with_state_and_words_to_say(
    tmp_path: Path,
) -> None:
    async with a_desk(tmp_path) as desk:
        first = await desk.saves()
        (known,) = (await desk.looks()).tickets
        assert (known.number, known.own, known.open) == (first.number, True, True)
        assert known.why[0] == "同一来电人"
        assert known.say.startswith("您反映的这件事已经登记，正在派单，办理期限到11月23日")
        other = replace(AGAIN, summary="从早上起就停电了，什么时候来电", category="供水供电供气")
        assert (await desk.looks(other)).tickets == ()


async def test_of_another_callers_matter_only_what_may_be_told_stands_there(
    tmp_path: Path,
) -> None:
    async with a_desk(tmp_path) as desk:
        await desk.saves()
        await desk.saves(replace(NOISE, confidential=True, phone="13800006029"))
        neighbour = replace(AGAIN, phone="13800006028", address="恒裕花园3栋")
        (known,) = (await desk.looks(neighbour, replace(AGENT, id=BOSS.id))).tickets
        assert not known.own
        assert known.say == "这件事已有人反映，正在办理。（不要说是谁反映的）"
        assert "欧阳" not in f"{known}"


@pytest.mark.clause("ZQ-7(五)", "ZQ-7", "ZS-14")
async def test_told_again_without_news_it_is_recorded_as_not_accepted_with_its_reason(
    tmp_path: Path,
) -> None:
    async with a_desk(tmp_path) as desk:
        first = await desk.saves()
        told = Intake(how="again", to=first.number, words="正在办理，期限到11月23日")
        again = await desk.saves(intake=told, days=1)
        assert again.said == f"已记录来电，告知了{first.number}的情况，没有另开一件"
        stored = await desk.ledger.tickets.load(again.number)
        assert stored.ticket.status == Stage.REFUSED
        assert "正在办理" in stored.texts["act-1"]
        (act,) = await desk.acts(again.number)
        assert (act.act, act.code) == (Act.REFUSE, "repeated")
        ties = await desk.ledger.tickets.links.of(again.number)
        assert [(one.other, one.tie) for one in ties] == [(first.number, Tie.AGAIN)]


async def test_where_no_rule_speaks_of_repeats_the_same_matter_is_joined(tmp_path: Path) -> None:
    async with a_desk(tmp_path, "hebei") as desk:
        first = await desk.saves()
        again = await desk.saves(intake=Intake(how="again", to=first.number), days=1)
        assert (await desk.ledger.tickets.load(again.number)).ticket.status == Stage.MERGED
        assert again.said.startswith(f"已并入{first.number}")


async def test_news_make_a_ticket_of_its_own_that_names_the_earlier_one(tmp_path: Path) -> None:
    async with a_desk(tmp_path, "guizhou") as desk:
        first = await desk.saves()
        news = await desk.saves(intake=Intake(how="news", to=first.number), days=1)
        assert (await desk.ledger.tickets.load(news.number)).ticket.status == Stage.REGISTERED
        assert [one.tie for one in await desk.ledger.tickets.links.of(news.number)] == [
            Tie.NEW_FACTS
        ]


async def test_a_joined_matter_keeps_every_caller_for_the_follow_up(tmp_path: Path) -> None:
    async with a_desk(tmp_path) as desk:
        first = await desk.saves()
        other = replace(NOISE, phone="13800006028", contact="何伟")
        second = await desk.saves(other, Intake(how="join", to=first.number), days=1)
        third = await desk.saves(other, Intake(how="join", to=second.number), days=2)
        callers = await desk.ledger.tickets.links.callers(first.number)
        assert [(one.phone, one.contact, one.tickets) for one in callers] == [
            (Phone("13800006027"), "欧阳慧敏", (first.number,)),
            (Phone("13800006028"), "何伟", (second.number, third.number)),
        ]
        assert (await desk.acts(third.number))[0].code == first.number


async def test_who_calls_about_a_joined_ticket_is_shown_the_main_one_as_theirs(
    tmp_path: Path,
) -> None:
    async with a_desk(tmp_path) as desk:
        first = await desk.saves()
        other = replace(NOISE, phone="13800006028")
        await desk.saves(other, Intake(how="join", to=first.number), days=1)
        (known,) = (await desk.looks(replace(AGAIN, phone="13800006028"), days=2)).tickets
        assert (known.number, known.own) == (first.number, True)


async def test_a_number_that_is_no_ticket_of_this_city_opens_nothing(tmp_path: Path) -> None:
    async with a_desk(tmp_path) as desk:
        with pytest.raises(BadInput, match="本市没有编号是20261102-000099的工单"):
            await desk.saves(intake=Intake(how="join", to=TicketId("20261102-000099")))
        assert (await desk.ledger.tickets.page()).total == 0


@pytest.mark.clause("ZS-14")
async def test_a_refusal_without_its_reason_is_not_recorded_and_names_the_article(
    tmp_path: Path,
) -> None:
    async with a_desk(tmp_path, "zhongshan") as desk:
        with pytest.raises(Objected, match="第十四条"):
            await desk.saves(intake=Intake(how="refuse", code="unlawful"))
        saved = await desk.saves(intake=Intake(how="refuse", code="unlawful", words="已劝导"))
        assert saved.said == "已记为不予受理〔第十三条（四）〕，理由已写入工单"
        with pytest.raises(BadInput, match="问过有无新情况"):
            await desk.saves(intake=Intake(how="refuse", code="repeated", words="重复"))


async def test_a_reason_that_is_not_in_the_citys_list_is_no_reason(tmp_path: Path) -> None:
    async with a_desk(tmp_path) as desk:
        with pytest.raises(Objected, match="从办法列明的情形里选"):
            await desk.saves(intake=Intake(how="refuse", code="military", words="军队的事"))


@pytest.mark.clause("HB-6", "HB-23", "ZS-24", "GZ-10(一)", "ZQ-7")
def test_each_city_offers_what_its_regulation_has_and_nothing_else() -> None:
    def offered(city: str) -> tuple[int, int, bool, int]:
        found = DeskIntake(None, lambda moment: PACKS.policy(city, moment.date())).choices(NOW)  # type: ignore[arg-type]  # only the pack is asked
        refusals, orders = len(found.refusals), len(found.orders)
        return refusals, orders, found.elsewhere is not None, len(found.utilities)

    cities = ("zhaoqing", "zhongshan", "hebei", "guizhou", "guangyuan")
    assert {city: offered(city) for city in cities} == {
        "zhaoqing": (7, 0, False, 0),
        "zhongshan": (4, 0, True, 0),
        "hebei": (4, 4, False, 0),
        "guizhou": (5, 0, False, 4),
        "guangyuan": (0, 0, False, 0),
    }


@pytest.mark.clause("ZS-15¶1", "ZS-15¶2")
async def test_the_directory_is_offered_by_the_words_with_limit_and_basis(tmp_path: Path) -> None:
    async with a_desk(tmp_path, "zhongshan") as desk:
        entry = Entry(
            item="建筑施工噪声",
            basis="噪声污染防治法第四十三条",
            unit=UnitId("order"),
            limit=Span(5, Unit.WORKING_DAY),
            keywords=("打桩", "夜间施工"),
        )
        await desk.ledger.directory.add(
            [entry], after=0, effective_from=NOW.date(), origin="试", by="setup"
        )
        later = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
        told = replace(AGAIN, summary="工地半夜打桩，夜间施工")
        (item,) = (await desk.intake.look(told, AGENT, max(later, NOW))).items
        assert (item.item, item.unit_name, item.limit) == ("建筑施工噪声", "区城管局", "5个工作日")
        assert item.basis == "噪声污染防治法第四十三条"


PRESCRIBED = {
    "zhongshan": (
        ("emergency", "第十三条（一）", "即时转至相应专线办理"),
        ("legal_procedure", "第十三条（二）", "告知诉求人相应法定渠道"),
        ("unlawful", "第十三条（四）", "做好劝导、教育工作"),
    ),
    "guizhou": (
        ("emergency", "第十条（一）", "即时转至相应热线"),
        ("legal_procedure", "第十条（二）", "告知诉求人相应办理途径"),
        ("secret", "第十条（四）", "向诉求人做好解释工作"),
        ("unlawful", "第十条（五）", "做好劝导、教育工作"),
    ),
}


@pytest.mark.clause("ZS-13(一)", "ZS-13(二)", "ZS-13(四)", "GZ-9")
@pytest.mark.clause("GZ-10(一)", "GZ-10(二)", "GZ-10(四)", "GZ-10(五)")
@pytest.mark.parametrize("city", PRESCRIBED)
async def test_what_is_not_accepted_is_told_in_the_prescribed_words_and_recorded(
    tmp_path: Path, city: str
) -> None:
    async with a_desk(tmp_path, city) as desk:
        offered = {one.code: one for one in desk.intake.choices(NOW).refusals}
        for code, article, answer in PRESCRIBED[city]:
            assert offered[code].article == article
            assert answer in offered[code].answer
            told = Intake(how="refuse", code=code, words=offered[code].answer)
            saved = await desk.saves(intake=told)
            stored = await desk.ledger.tickets.load(saved.number)
            (act,) = await desk.acts(saved.number)
            assert (stored.ticket.status, act.code) == (Stage.REFUSED, code)
            assert answer in stored.texts["act-1"]
            assert article in saved.said


@pytest.mark.clause("HB-6")
async def test_hebei_refuses_four_kinds_and_says_in_the_ticket_why(tmp_path: Path) -> None:
    async with a_desk(tmp_path, "hebei") as desk:
        for code in ("emergency", "civil_dispute", "legal_procedure", "military"):
            with pytest.raises(BadInput, match="请写明理由"):
                await desk.saves(intake=Intake(how="refuse", code=code))
            saved = await desk.saves(intake=Intake(how="refuse", code=code, words="已解释"))
            (act,) = await desk.acts(saved.number)
            assert (act.act, act.code) == (Act.REFUSE, code)


async def test_among_many_others_an_open_one_of_the_same_place_is_found(tmp_path: Path) -> None:
    async with a_desk(tmp_path) as desk:
        wanted = await desk.saves(replace(NOISE, phone="13800006030"))
        for number in range(12):
            elsewhere = replace(NOISE, address=f"紫荆{number}号小区", phone="13800006031")
            summary = "紫荆小区楼下烧烤摊夜里吵闹，希望管一管"
            await desk.saves(replace(elsewhere, summary=summary), days=1)
        neighbour = replace(
            AGAIN, phone="13800006028", address="恒裕花园3栋", summary="工地每晚打桩，影响睡眠"
        )
        found = await desk.looks(neighbour, days=20)
        assert [one.number for one in found.tickets] == [wanted.number]
        assert (await desk.looks(neighbour, days=100)).tickets == ()


@pytest.mark.clause("ZS-23")
async def test_the_channel_the_caller_chose_at_intake_stands_on_the_ticket(tmp_path: Path) -> None:
    async with a_desk(tmp_path, "zhongshan") as desk:
        choices = desk.intake.choices(NOW)
        assert choices.channels == ("电话", "短信", "网络")
        assert choices.chosen_by is not None
        assert choices.chosen_by.number == "第二十三条"
        saved = await desk.saves(intake=Intake(channel="网络"))
        stored = await desk.ledger.tickets.load(saved.number)
        assert stored.texts[CHANNEL_TEXT] == "网络"
        with pytest.raises(BadInput, match="回访方式"):
            await desk.saves(intake=Intake(channel="飞鸽"), days=1)
    async with a_desk(tmp_path / "other", "hebei") as desk:
        assert desk.intake.choices(NOW).channels == ()

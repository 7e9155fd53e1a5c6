"""Every door through which a unit gets a ticket, and what joins one ticket to another."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from agent_desk.intake_views import Intake
from hotline.errors import BadInput, Objected
from hotline.grass_roots import never_leads
from hotline.handling_words import Act, Stage
from hotline.words import TicketId, UnitId
from ledger.store import Ledger
from ledger.units import Unit
from switchboard.desk_handling import DeskHandling
from switchboard.directory_book import DirectoryBook
from switchboard.directory_page import DeskDirectory
from switchboard.handling_forms import fields_of
from tests.switchboard.test_desk_books import PACKS
from tests.switchboard.test_desk_handling import BOSS, OFFICER, Case, at
from tests.switchboard.test_desk_repeats import NOISE, NOW, Desk, a_desk

pytestmark = pytest.mark.anyio

VILLAGE, ORDER = UnitId("village"), UnitId("order")
KINDS = ("居民委员会", "村民委员会")


def case_of(desk: Desk, number: TicketId, city: str = "zhongshan") -> Case:
    handling = DeskHandling(
        desk.ledger,
        body="12345热线",
        policy=lambda moment: PACKS.policy(city, moment.date()),
        calendar=PACKS.calendar,
    )
    return Case(desk.ledger, handling, number)


async def villages(ledger: Ledger) -> None:
    units = [Unit(ORDER, "区城管局"), Unit(VILLAGE, "东凤村村民委员会", kind="村居")]
    await ledger.units.put(units, by="setup")


@contextmanager
def forbidden() -> Iterator[None]:
    with pytest.raises((Objected, BadInput)) as told:
        yield
    assert "民委员会不得作为主责办理单位" in str(told.value)
    assert "第六条" in str(told.value)


@pytest.mark.clause("ZS-6")
@pytest.mark.parametrize(
    ("kind", "name", "wanted"),
    [
        ("居委会", "莲塘社区", "居民委员会"),
        ("村居", "东凤村", "居民委员会"),
        ("部门", "东凤村村委会", "村民委员会"),
        ("部门", "居民委员会指导科", ""),
        ("镇街", "东凤镇人民政府", ""),
    ],
)
def test_a_committee_is_known_by_its_kind_or_its_name(kind: str, name: str, wanted: str) -> None:
    assert never_leads(kind, name, KINDS) == wanted
    assert never_leads(kind, name, ()) == ""


@pytest.mark.clause("ZS-6")
async def test_a_committee_never_leads_by_dispatch_settling_or_the_form_of_intake(
    tmp_path: Path,
) -> None:
    async with a_desk(tmp_path, "zhongshan") as desk:
        await villages(desk.ledger)
        with forbidden():
            await desk.saves(replace(NOISE, unit=VILLAGE))
        case = case_of(desk, (await desk.saves()).number)
        with forbidden():
            await case.does(BOSS, Act.DISPATCH, "2026-11-02 10:00", unit=VILLAGE)
        await case.does(BOSS, Act.DISPATCH, "2026-11-02 10:20", unit=ORDER, helpers=[str(VILLAGE)])
        assert await case.stage() == Stage.DISPATCHED


@pytest.mark.clause("ZS-6")
async def test_a_committee_never_leads_by_the_directory(tmp_path: Path) -> None:
    async with a_desk(tmp_path, "zhongshan") as desk:
        await villages(desk.ledger)
        book = DirectoryBook(desk.ledger, lambda moment: PACKS.policy("zhongshan", moment.date()))
        table = "事项名称,法律依据,承办单位\n环境卫生,条例第一条,东凤村村民委员会\n".encode()
        (wrong,) = (await book.preview(table, "a.csv", NOW)).wrong
        assert "不得作为主责办理单位" in wrong.why
        assert "第六条" in wrong.why


async def test_where_no_article_speaks_of_it_a_committee_does_not_lead_either(
    tmp_path: Path,
) -> None:
    async with a_desk(tmp_path) as desk:
        await villages(desk.ledger)
        number = (await desk.saves(NOISE)).number
        case = case_of(desk, number, "guangyuan")
        with pytest.raises(Objected, match="不得作为主责办理单位，只能协办"):
            await case.does(BOSS, Act.DISPATCH, "2026-11-02 10:00", unit=VILLAGE)


@pytest.mark.clause("ZS-16", "GZ-14")
def test_the_dispatch_form_offers_who_may_lead_and_who_may_help_with_the_rule() -> None:
    units = [Unit(ORDER, "区城管局"), Unit(VILLAGE, "东凤村村民委员会", kind="村居")]
    for city, rule in (("zhongshan", "第十六条"), ("guizhou", "第十四条")):
        policy = PACKS.policy(city, NOW.date())
        lead, helpers, *_ = fields_of(Act.DISPATCH, policy, units)
        assert rule in lead.hint
        assert VILLAGE in {value for value, _ in helpers.options}
        assert VILLAGE not in {value for value, _ in lead.options}


@pytest.mark.clause("HB-7", "HB-22")
async def test_the_unit_that_was_named_chiefly_responsible_does_not_send_it_back(
    tmp_path: Path,
) -> None:
    async with a_desk(tmp_path, "hebei") as desk:
        case = case_of(desk, (await desk.saves()).number, "hebei")
        await case.does(BOSS, Act.REVIEW, "2026-11-02 09:30")
        await case.does(BOSS, Act.DISPATCH, "2026-11-02 10:00", unit=ORDER, tick="1")
        officer = replace(OFFICER, unit=ORDER)
        offered = await case.offered(officer, "2026-11-02 11:00")
        assert "不得再申请退回" in offered[Act.ASK_RETURN]
        assert "第七条" in offered[Act.ASK_RETURN]


async def test_a_ticket_is_joined_by_its_checked_number_and_both_pages_say_so(
    tmp_path: Path,
) -> None:
    async with a_desk(tmp_path) as desk:
        main, other = (await desk.saves()).number, (await desk.saves(days=1)).number
        case = case_of(desk, other, "zhaoqing")
        for typed, why in ((other, "不能并入自己"), ("20200101-000001", "本市没有编号")):
            with pytest.raises(BadInput, match=why):
                await case.does(BOSS, Act.MERGE, "2026-11-04 10:00", code=typed)
        await case.does(BOSS, Act.MERGE, "2026-11-04 10:00", code=main.replace("-", ""))
        assert await case.stage() == Stage.MERGED
        away = await case.handling.now(other, BOSS, at("2026-11-04 11:00"))
        here = await case.handling.now(main, BOSS, at("2026-11-04 11:00"))
        assert [(one.text, one.number) for one in away.ties] == [("已并入", main)]
        assert [(one.text, one.number) for one in here.ties] == [("并入本件", other)]
        assert away.acts[-1].text == f"并入{main}"
        with pytest.raises(BadInput, match=f"{other}已并入本件"):
            await case_of(desk, main, "zhaoqing").does(
                BOSS, Act.MERGE, "2026-11-04 12:00", code=other
            )


@pytest.mark.clause("ZS-24")
async def test_what_belongs_elsewhere_is_proposed_at_intake_and_sent_with_its_place(
    tmp_path: Path,
) -> None:
    async with a_desk(tmp_path, "zhongshan") as desk:
        case = case_of(desk, (await desk.saves(intake=Intake(region="深圳市"))).number)
        now = await case.handling.now(case.number, BOSS, at("2026-11-02 10:00"))
        assert [one.text for one in now.ties] == ["登记时建议异地转办：深圳市〔第二十四条〕"]
        await case.does(BOSS, Act.MOVE, "2026-11-02 10:00", code="深圳市")
        after = await case.handling.now(case.number, BOSS, at("2026-11-02 11:00"))
        assert (await case.stage(), after.acts[-1].text) == (Stage.MOVED, "转往深圳市")


@pytest.mark.clause("HB-23")
async def test_a_case_for_the_leader_is_proposed_at_intake_and_checked(tmp_path: Path) -> None:
    async with a_desk(tmp_path, "hebei") as desk:
        with pytest.raises(BadInput, match="先报批的情形"):
            await desk.saves(intake=Intake(order="weather"))
        case = case_of(desk, (await desk.saves(intake=Intake(order="common"))).number, "hebei")
        now = await case.handling.now(case.number, BOSS, at("2026-11-02 10:00"))
        (tie,) = now.ties
        assert tie.text.startswith("登记时建议先报批：")
        assert "第二十三条（三）" in tie.text


@pytest.mark.clause("ZS-15¶3")
async def test_the_directory_of_the_page_is_taken_away_and_brought_in_again_unchanged(
    tmp_path: Path,
) -> None:
    async with a_desk(tmp_path, "zhongshan") as desk:
        page = DeskDirectory(desk.ledger, lambda moment: PACKS.policy("zhongshan", moment.date()))
        first = "事项名称,法律依据,承办单位,办理期限\n环境卫生,条例第一条,区城管局,5个工作日\n"
        await page.bring_in(first.encode(), "a.csv", "2026-11-02", 0, NOW, BOSS)
        name, content = await page.csv(1, NOW)
        assert name == "directory-1-2026-11-02.csv"
        with pytest.raises(BadInput, match="完全相同"):
            await page.bring_in(content, name, "2026-11-02", 1, NOW, BOSS)
        with pytest.raises(BadInput, match="没有第7版"):
            await page.csv(7, NOW)


async def test_a_unit_reads_what_was_joined_to_its_ticket_and_not_what_became_anothers(
    tmp_path: Path,
) -> None:
    async with a_desk(tmp_path) as desk:
        main = (await desk.saves()).number
        joined = replace(NOISE, summary="半夜打桩，三楼也听得见", phone="13800006028")
        news = replace(NOISE, summary="又挖断了水管", phone="13800006028")
        await desk.saves(joined, Intake(how="join", to=main), days=1)
        await desk.saves(news, Intake(how="news", to=main), days=1)
        await case_of(desk, main, "zhaoqing").does(
            BOSS, Act.DISPATCH, "2026-11-03 10:00", unit=ORDER
        )
        officer = replace(OFFICER, unit=ORDER)
        handling = case_of(desk, main, "zhaoqing").handling
        seen = (await handling.now(main, officer, at("2026-11-03 11:00"))).ties
        assert [(one.text, one.summary, one.open) for one in seen] == [
            ("并入本件", "半夜打桩，三楼也听得见", False),
            ("后来又有新情况", "", False),
            ("共2位来电人，办结后逐位答复、回访", "", True),
        ]

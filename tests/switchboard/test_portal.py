"""The portal of a unit, its helpers, and who is refused, on a real database."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import update

from agent_desk.portal_views import PortalNow
from agent_desk.views import Person
from hotline.errors import NotAllowed
from hotline.handling_gates import Asked
from hotline.handling_words import Act, Part
from hotline.words import Role, UnitId, UserId
from ledger import tables as t
from switchboard.desk_access import DeskAccess
from switchboard.portal import DeskPortal
from switchboard.rating_acts import RatingActs
from tests.switchboard.test_desk_books import PACKS
from tests.switchboard.test_desk_handling import BOSS, OFFICER, STRANGER, Case, a_case, at

pytestmark = pytest.mark.anyio

HELPER = STRANGER
ELSEWHERE = replace(STRANGER, id=UserId("u9"), unit=UnitId("nobody"))


async def portal(case: Case, who: Person, when: str, city: str = "zhaoqing") -> PortalNow:
    desk = DeskPortal(case.ledger, lambda moment: PACKS.policy(city, moment.date()), PACKS.calendar)
    return await desk.now(who, "todo", 1, at(when))


@pytest.mark.clause("GZ-15")
async def test_what_is_new_stands_first_with_the_clock_of_signing(tmp_path: Path) -> None:
    async with a_case(tmp_path, "guizhou") as case:
        await case.does(BOSS, "派单", "2026-11-02 10:00", unit="housing")
        found = await portal(case, OFFICER, "2026-11-02 11:00", "guizhou")
        (row,) = found.rows
        assert row.step == "签收"
        assert row.article is not None
        assert row.article.number == "第十五条"
        assert row.by is not None
        assert row.by <= at("2026-11-04 00:00")
        assert found.counts["sign"] == 1


@pytest.mark.clause("GZ-15")
async def test_before_it_is_signed_nothing_else_is_offered_where_the_city_asks_for_it(
    tmp_path: Path,
) -> None:
    async with a_case(tmp_path, "guizhou") as case:
        await case.does(BOSS, "派单", "2026-11-02 10:00", unit="housing")
        offered = await case.offered(OFFICER, "2026-11-02 11:00")
        assert offered["签收"] == ""
        for act in ("申请延期", "申请办结", "阶段性报告"):
            assert "第十五条" in offered[act], act


@pytest.mark.clause("ZQ-9(二)")
async def test_until_when_it_may_be_given_back_stands_beside_it(tmp_path: Path) -> None:
    async with a_case(tmp_path) as case:
        await case.does(BOSS, "派单", "2026-11-02 10:00", unit="housing")
        (row,) = (await portal(case, OFFICER, "2026-11-03 11:00")).rows
        assert row.return_by is not None
        assert row.return_by.astimezone(dt.UTC).date() == dt.date(2026, 11, 4)
        assert (await portal(case, OFFICER, "2026-11-06 11:00")).rows[0].return_by is None


@pytest.mark.clause("ZS-16", "GZ-14")
async def test_who_helps_reports_to_who_leads_and_no_more(tmp_path: Path) -> None:
    async with a_case(tmp_path) as case:
        await case.does(BOSS, "派单", "2026-11-02 10:00", unit="housing", helpers=["order"])
        (row,) = (await portal(case, HELPER, "2026-11-02 11:00")).rows
        assert (row.lead, row.lead_name) == (False, "区住建局")
        assert set(await case.offered(HELPER, "2026-11-02 11:00")) == {"报送协办情况"}
        await case.does(HELPER, "报送协办情况", "2026-11-02 12:00", note="已到场劝导")
        assert (await portal(case, HELPER, "2026-11-02 13:00")).rows == ()
        told = (await portal(case, OFFICER, "2026-11-02 13:00")).notices
        assert "报送协办情况" in [one.what for one in told]
        now = await case.handling.now(case.number, OFFICER, at("2026-11-02 13:00"))
        assert ("区城管局", "协办情况和意见：已到场劝导") in [(a.body, a.text) for a in now.acts]


async def test_a_closing_sent_back_says_what_is_next(tmp_path: Path) -> None:
    async with a_case(tmp_path) as case:
        await case.does(BOSS, "派单", "2026-11-02 10:00", unit="housing")
        await case.does(OFFICER, "签收", "2026-11-02 11:00")
        needs = {f"need_{n}": "写明" for n in range(1, 5)}
        await case.does(OFFICER, "申请办结", "2026-11-03 09:00", ask_1="办理结果", **needs)
        found = await portal(case, OFFICER, "2026-11-03 10:00")
        assert (found.rows, found.counts["asked-close"]) == ((), 1)
        now = await case.handling.now(case.number, BOSS, at("2026-11-03 10:00"))
        form = next(one for one in now.forms if one.act == "退回继续办理")
        given = {field.name.replace("-", "_"): "1" for field in form.fields}
        await case.does(BOSS, "退回继续办理", "2026-11-03 11:00", **given)
        found = await portal(case, OFFICER, "2026-11-03 12:00")
        assert found.rows[0].step == "补充办理后再申请办结"
        assert found.counts["returned"] == 1


async def does(case: Case, act: Act, part: Part, when: str, **more: object) -> None:
    acts = RatingActs(
        case.ledger,
        body="12345热线",
        policy=lambda moment: PACKS.policy("zhaoqing", moment.date()),
        calendar=PACKS.calendar,
    )
    given = frozenset({"理由", "依据", "办理时间", "办理经过", "办理结果", "相关法律政策依据"})
    asked = Asked(act=act, part=part, by="u", body="b", given=given, unit=UnitId("housing"))
    await acts.do(case.number, replace(asked, **more), at(when), {})  # type: ignore[arg-type] # by name


@pytest.mark.clause("ZQ-15(四)")
async def test_what_is_done_again_was_received_when_it_was_sent_back(tmp_path: Path) -> None:
    async with a_case(tmp_path) as case:
        await case.does(BOSS, "派单", "2026-11-02 10:00", unit="housing")
        await does(case, Act.ASK_CLOSE, Part.UNIT, "2026-11-03 09:00")
        await does(case, Act.CLOSE, Part.CENTRE, "2026-11-03 10:00")
        await does(case, Act.RATE, Part.CITY, "2026-11-03 11:00", code="不满意")
        await does(case, Act.REDO, Part.CITY, "2026-11-04 15:00")
        found = await portal(case, OFFICER, "2026-11-04 16:00")
        (row,) = found.rows
        assert (row.step, row.received_at) == ("重新办理后申请办结", at("2026-11-04 15:00"))
        assert row.return_by is None or row.return_by < at("2026-11-05 00:00")
        assert found.counts["redo"] == 1


@pytest.mark.clause("GZ-15", "GZ-13")
async def test_what_was_settled_in_a_dispute_is_signed_for_from_then_on(tmp_path: Path) -> None:
    async with a_case(tmp_path, "guizhou") as case:
        await case.does(BOSS, "派单", "2026-11-02 10:00", unit="housing")
        await does(case, Act.ASK_RETURN, Part.UNIT, "2026-11-02 14:00")
        await does(case, Act.DISPUTE, Part.CENTRE, "2026-11-02 15:00")
        await does(case, Act.SETTLE, Part.MANAGER, "2026-11-09 10:00")
        (row,) = (await portal(case, OFFICER, "2026-11-09 11:00", "guizhou")).rows
        assert (row.step, row.received_at) == ("签收", at("2026-11-09 10:00"))
        assert row.by is not None
        assert at("2026-11-10 23:00") < row.by < at("2026-11-11 00:00")


@pytest.mark.clause("ZQ-24")
async def test_a_unit_that_has_no_part_in_it_finds_nothing(tmp_path: Path) -> None:
    async with a_case(tmp_path) as case:
        await case.does(BOSS, "派单", "2026-11-02 10:00", unit="housing")
        assert (await portal(case, ELSEWHERE, "2026-11-02 11:00")).total == 0


@pytest.mark.clause("ZQ-24", "GZ-11")
async def test_nobody_is_offered_or_does_anything_on_a_confidential_ticket_they_cannot_read(
    tmp_path: Path,
) -> None:
    agent = replace(BOSS, id=UserId("u7"), roles=frozenset({Role.AGENT}))
    async with a_case(tmp_path) as case:
        stored = await case.ledger.tickets.load(case.number)
        await case.does(BOSS, "派单", "2026-11-02 10:00", unit="housing")
        assert await case.offered(agent, "2026-11-02 11:00")
        await _make_confidential(case)
        assert await case.offered(agent, "2026-11-02 11:00") == {}
        with pytest.raises(NotAllowed):
            await case.handling.act(
                case.number,
                "撤回诉求",
                {"note": ["x"]},
                who=agent,
                version=stored.ticket.version + 1,
                at=at("2026-11-02 11:00"),
            )
        assert await case.offered(OFFICER, "2026-11-02 11:00")


async def _make_confidential(case: Case) -> None:
    async with case.ledger.database.write() as connection:
        await connection.execute(update(t.tickets).values(confidential=True))


async def test_the_access_book_names_people_and_units(tmp_path: Path) -> None:
    async with a_case(tmp_path) as case:
        access = DeskAccess(case.ledger, lambda moment: PACKS.policy("zhaoqing", moment.date()))
        await access.opened(case.number, OFFICER)
        (line,) = await access.history(case.number)
        assert (line.what, line.who) == ("打开工单", "u3")

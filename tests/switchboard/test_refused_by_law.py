"""A unit that does not accept a matter by law says so with its grounds and papers; the hotline
checks it, and the caller is called about it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from hotline.errors import Objected
from hotline.follow_ups import Why, owed
from hotline.handling_words import Act, Stage
from ledger.attachments import TicketFile
from switchboard.desk_attachments import PROOF
from tests.switchboard.test_desk_books import PACKS
from tests.switchboard.test_desk_handling import BOSS, OFFICER, Case, a_case, at
from tests.switchboard.test_sms import Hand, ways

pytestmark = pytest.mark.anyio

GROUNDS = {"grounds": "《行政复议法》第二条", "caller_told": "11月3日电话告知，诉求人知道了"}


async def _sent(case: Case) -> None:
    await case.does(BOSS, "派单", "2026-11-02 10:00", unit="housing")
    await case.does(OFFICER, "签收", "2026-11-02 11:00")


async def _uploaded(case: Case, when: str, purpose: str = PROOF) -> None:
    file = TicketFile(
        id=f"f-{when[8:10]}",
        ticket=case.number,
        name="行政复议受理通知书.pdf",
        kind="pdf",
        purpose=purpose,
        bytes=10,
        sha256="0" * 64,
        at=at(when),
        by=OFFICER.id,
    )

    async def kept() -> None:
        """The file itself is another test's."""

    await case.ledger.tickets.files.add(file, kept)


@pytest.mark.clause("ZQ-9(三)")
async def test_what_is_before_another_channel_is_closed_only_with_its_papers_and_the_caller_called(
    tmp_path: Path,
) -> None:
    async with a_case(tmp_path) as case:
        await _sent(case)
        with pytest.raises(Objected, match="还缺不予受理的依据、告知诉求人的情况"):
            await case.does(OFFICER, "申请办结", "2026-11-03 09:00", code="in_procedure")
        typed = {**GROUNDS, "papers": "复议决定书"}
        with pytest.raises(Objected, match="请先在附件里上传“不予受理的说明材料”"):
            await case.does(OFFICER, "申请办结", "2026-11-03 09:00", code="in_procedure", **typed)
        await _uploaded(case, "2026-11-03 09:10")
        await case.does(OFFICER, "申请办结", "2026-11-03 09:20", code="in_procedure", **GROUNDS)
        stored = await case.ledger.tickets.load(case.number)
        assert any("见附件：行政复议受理通知书.pdf" in text for text in stored.texts.values())
        [due] = (await case.ledger.tickets.follow_ups.page()).items
        assert (due.due.why, due.due.article) == (Why.REFUSED.value, "第九条（三）")
        # The hotline does not take it: the unit handles it on, and nobody is called.
        await case.does(BOSS, "退回继续办理", "2026-11-03 10:00", note="没有受理决定")
        assert (await case.ledger.tickets.follow_ups.page()).total == 0
        assert await case.stage() == Stage.HANDLING


@pytest.mark.clause("ZQ-9(三)")
async def test_by_law_alone_needs_no_papers_and_the_call_settles_it_also_after_the_closing(
    tmp_path: Path,
) -> None:
    async with a_case(tmp_path) as case:
        await _sent(case)
        await case.does(OFFICER, "申请办结", "2026-11-03 09:00", code="by_law", **GROUNDS)
        await case.does(BOSS, "同意办结", "2026-11-03 10:00")
        out = ways(case, "zhaoqing", Hand(), "2026-11-03 11:00")
        _, here, policy = await out.acts.read(case.number)
        one = owed(here, policy, PACKS.calendar)
        assert one is not None
        assert one.why is Why.REFUSED
        await out.acts.answered(case.number, "知道了", out.now + dt.timedelta(minutes=1))
        _, here, _ = await out.acts.read(case.number)
        assert owed(here, policy, PACKS.calendar) is None
        assert here.times(Act.FOLLOW_UP) == 1


async def test_a_city_that_says_nothing_of_it_offers_no_such_case(tmp_path: Path) -> None:
    async with a_case(tmp_path, "hebei") as case:
        policy = PACKS.policy("hebei", dt.date(2026, 11, 2))
        assert policy.close.not_accepted.value is None
        assert policy.close.not_accepted.searched
        now = await case.handling.now(case.number, BOSS, at("2026-11-02 10:00"))
        assert "papers" not in {field.name for form in now.forms for field in form.fields}

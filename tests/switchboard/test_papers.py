"""The papers of a real ticket: what its handling says stands on them, and nothing a reader may not
see."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pypdf import PdfReader

from agent_desk.access_views import Seen, seen
from agent_desk.supervision_views import SupervisionForm
from agent_desk.views import Person
from hotline.errors import BadInput
from hotline.words import Article, TicketId
from switchboard.desk_access import DeskAccess
from switchboard.desk_tickets import DeskTickets
from switchboard.papers import DeskPapers
from switchboard.papers_fonts import bring
from switchboard.settings import Settings, find_settings
from tests.switchboard.test_desk_books import PACKS
from tests.switchboard.test_desk_handling import BOSS, OFFICER, Case, a_case, at

if TYPE_CHECKING:
    from hotline.policy import Policy

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

WHEN = at("2026-11-12 10:00")


def rule(moment: object) -> Policy:
    return PACKS.policy("zhaoqing", WHEN.date())


async def found(case: Case, who: Person) -> Seen:
    tickets = DeskTickets(
        case.ledger, city="zhaoqing", body="12345热线", policy=rule, calendar=PACKS.calendar
    )
    ticket = await tickets.one(case.number)
    secrecy = await DeskAccess(case.ledger, rule).secrecy(ticket)
    return seen(ticket, who, secrecy)


async def printed(case: Case, form: str, who: Person = BOSS, where: Settings | None = None) -> str:
    settings = where or find_settings()
    papers = DeskPapers(case.ledger, settings, policy=rule, calendar=PACKS.calendar)
    paper = await papers.pdf(form, await found(case, who), WHEN)
    assert paper.name.endswith(f"-{case.number}.pdf")
    pages = PdfReader(io.BytesIO(paper.content)).pages
    return re.sub(r"[\s\0]+", "", "".join(page.extract_text() for page in pages))


@pytest.fixture(autouse=True, scope="module")
def _fonts() -> None:
    bring()


@pytest.mark.clause("ZQ-12")
async def test_the_application_is_made_ready_for_the_hands_that_sign(tmp_path: Path) -> None:
    async with a_case(tmp_path) as case:
        await case.does(BOSS, "派单", "2026-11-02 10:00", unit="housing")
        await case.does(OFFICER, "签收", "2026-11-02 11:00")
        await case.does(OFFICER, "阶段性报告", "2026-11-03 11:00", note="已约谈施工单位")
        said = await printed(case, "extension", OFFICER)
        for part in (
            "12345热线工单延期办理申请表",
            "第1次（不超过2次）",
            "区住建局",
            "已约谈施工单位",
            "第十二条",
            "领导签批",
        ):
            assert part in said


@pytest.mark.clause("ZS-20(一)(二)", "ZQ-14")
async def test_the_answer_has_the_sections_in_the_citys_order_and_no_ticks(
    tmp_path: Path,
) -> None:
    async with a_case(tmp_path) as case:
        with pytest.raises(BadInput, match="还没有可以打印的答复"):
            await printed(case, "reply")
        await case.does(BOSS, "派单", "2026-11-02 10:00", unit="housing")
        await case.does(OFFICER, "签收", "2026-11-02 11:00")
        await case.does(
            OFFICER,
            "申请办结",
            "2026-11-10 09:00",
            need_1="11月9日",
            need_2="到现场查看",
            need_3="已停止夜间施工",
            need_4="噪声污染防治法",
            ask_1="办理结果",
        )
        said = await printed(case, "reply")
        assert "一、办理时间11月9日二、办理经过到现场查看三、办理结果已停止夜间施工" in said
        assert "特此答复。区住建局（盖章）2026年11月10日" in said
        assert "诉求点" not in said


async def test_the_ticket_on_paper_keeps_secret_what_its_page_does(tmp_path: Path) -> None:
    async with a_case(tmp_path) as case:
        await case.does(BOSS, "派单", "2026-11-02 10:00", unit="housing")
        said = await printed(case, "ticket", OFFICER)
        raw = (await case.ledger.tickets.load(case.number)).texts
        assert raw["phone"]
        assert raw["phone"] not in said
        assert str(case.number) in said
        assert "办理经过" in said


async def test_a_slip_is_printed_only_where_somebody_supervised(tmp_path: Path) -> None:
    async with a_case(tmp_path) as case:
        with pytest.raises(BadInput, match="没有督办"):
            await printed(case, "supervision")
        await case.does(BOSS, "派单", "2026-11-02 10:00", unit="housing")
        await case.does(BOSS, "督办", "2026-11-05 10:00", note="三日内办结并反馈")
        assert "三日内办结并反馈" in await printed(case, "supervision")


async def test_without_fonts_one_sentence_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from asterisk_conf.errors import FetchFailed
    from switchboard import papers_fonts

    def none(_cache: Path) -> None:
        raise FetchFailed("没有网络。")

    monkeypatch.setattr(papers_fonts, "bring", none)
    async with a_case(tmp_path) as case:
        with pytest.raises(BadInput, match="apt install fonts-noto-cjk fonts-babelstone-han"):
            await printed(case, "ticket")


async def test_a_numbered_slip_of_supervision_says_until_when_or_that_nothing_does(
    tmp_path: Path,
) -> None:
    slip = SupervisionForm(
        number="督办单〔2026〕3号",
        form="督办单",
        issuer="区12345热线协管办",
        issued_at=WHEN,
        unit_name="区住建局",
        ticket=TicketId("20261102-000001"),
        cause="超出办理时限未办理的",
        article=Article("某办法", "第十七条", "以督办单方式进行督办"),
        texts=(("督办要求", "三日内办结"), ("签发人", "陈立")),
        evidence=("到期：2026年11月10日",),
        answer_by=None,
        term_note="本市办法未规定反馈期限",
        city_name="肇庆高新区12345政务服务便民热线",
    )
    async with a_case(tmp_path) as case:
        papers = DeskPapers(case.ledger, find_settings(), policy=rule, calendar=PACKS.calendar)
        paper = await papers.slip(slip, WHEN)
        assert paper.name == "督办单〔2026〕3号.pdf"
        pages = PdfReader(io.BytesIO(paper.content)).pages
        said = re.sub(r"[\s\0]+", "", "".join(page.extract_text() for page in pages))
        for part in ("编号：督办单〔2026〕3号", "三日内办结", "本市办法未规定反馈期限", "第十七条"):
            assert part in said

"""`./jiesu city calendar import`: what was 暂定 becomes firm, each ticket says why."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from agent_desk.ticket_views import TicketAct
from hotline.calendar import Calendar
from hotline.errors import BadInput
from hotline.facts import DeadlineSet
from hotline.policy import ZONE, Policy
from hotline.words import TicketId, TicketType
from ledger.store import Ledger
from ledger.units import Unit
from switchboard.calendar_commands import bring_in, show, write_out
from switchboard.calendar_live import COUNTED, CalendarFollower, LiveCalendar, live_packs
from switchboard.calendar_recount import Recount
from switchboard.cli import main
from switchboard.desk_handling import DeskHandling
from switchboard.desk_tickets import DeskTickets
from switchboard.explain import command
from switchboard.policies import load, load_calendar, own_calendars
from switchboard.settings import Settings, find_settings
from tests.switchboard.test_desk_books import BY, DRAFT
from tests.switchboard.test_desk_handling import BOSS, HOUSING, Case, at
from tests.switchboard.test_replay import a_ledger

pytestmark = pytest.mark.anyio

NUMBER = "某年放假安排的通知（测发〔2026〕1号）"
"""Made up for the tests: when they were written the notice of 2027 was not out."""
TABLE = """\
节日,放假起,放假止,调休上班,原文
元旦,2027-01-01,2027-01-03,,
春节,2027-02-05,2027-02-11,2027-01-30、2027-02-20,
清明节,2027-04-03,2027-04-05,,
劳动节,2027-05-01,2027-05-05,2027-05-08,
端午节,2027-06-09,2027-06-09,,
中秋节,2027-09-15,2027-09-15,,
国庆节,2027-10-01,2027-10-07,2027-10-09,
"""


def a_table(folder: Path, text: str = TABLE, name: str = "2027.csv") -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


@pytest.fixture
async def settings(tmp_path: Path) -> Settings:
    settings = find_settings(tmp_path / "data")
    async with a_ledger(settings) as ledger:
        await ledger.units.put([Unit(HOUSING, "区住建局")], by="setup")
    (settings.data / "city").write_text("zhaoqing\n")
    return settings


@asynccontextmanager
async def tickets_of(settings: Settings, calendar: Calendar | None = None) -> AsyncIterator[Desk]:
    """The desk of an installation, with the calendar as it is there now or as told."""
    packs = load(settings.data)
    calendar = calendar or packs.calendar

    def policy(moment: dt.datetime) -> Policy:
        return packs.policy("zhaoqing", moment.astimezone(ZONE).date())

    async with a_ledger(settings) as ledger:
        body = "12345热线"
        tickets = DeskTickets(ledger, city="zhaoqing", body=body, policy=policy, calendar=calendar)
        handling = DeskHandling(ledger, body=body, policy=policy, calendar=calendar)
        yield Desk(ledger, tickets, handling, policy)


class Desk:
    """Who saves and handles tickets here."""

    def __init__(
        self,
        ledger: Ledger,
        tickets: DeskTickets,
        handling: DeskHandling,
        policy: object,
    ) -> None:
        self.ledger, self.tickets, self.handling, self.policy = ledger, tickets, handling, policy

    async def opened(self, when: str, kind: TicketType = TicketType.COMPLAINT) -> TicketId:
        draft = replace(DRAFT, type=kind)
        saved = await self.tickets.save(draft, call=None, by=BY, key=when, at=at(when))
        return saved.number

    async def due(self, number: TicketId) -> tuple[str, bool]:
        deadline = (await self.ledger.tickets.load(number)).ticket.deadline
        assert deadline is not None
        return f"{deadline.due_at.astimezone(ZONE):%Y-%m-%d}", deadline.provisional

    async def story(self, number: TicketId) -> list[TicketAct]:
        now = await self.handling.now(number, BOSS, at("2026-12-20 09:00"))
        return [one for one in now.acts if "放假通知" in one.what]


async def imported(
    settings: Settings, file: Path, *, keep: bool = True, document: str = NUMBER
) -> tuple[bool, str]:
    return await bring_in(settings, file, year=None, document=document, keep=keep, as_json=False)


@pytest.mark.clause("ZQ-11")
async def test_a_date_beyond_the_known_years_moves_later_and_is_firm(
    settings: Settings, tmp_path: Path
) -> None:
    async with tickets_of(settings) as desk:
        number = await desk.opened("2027-01-25 09:00")
        assert await desk.due(number) == ("2027-02-15", True)
    wrong, told = await imported(settings, a_table(tmp_path), keep=False)
    assert not wrong
    # 1月26日起：1月26至29日4天，1月30日调休上班5，2月1至4日9，春节5至11日不计，12日10，15至19日15
    assert "到期日由2月15日（周一）（暂定）改为2月19日（周五）" in told
    assert told.endswith("只是预览，没有录入。")
    async with tickets_of(settings) as desk:
        assert await desk.due(number) == ("2027-02-15", True), "a preview changes nothing"
        assert not own_calendars(settings.data).exists()
    _, told = await imported(settings, a_table(tmp_path))
    assert "1件已重新计数，1件换了日子，1件不再暂定" in told
    async with tickets_of(settings) as desk:
        assert await desk.due(number) == ("2027-02-19", False)
        (line,) = await desk.story(number)
        assert line.body == "系统"
        assert line.what.endswith("到期日由2月15日（周一）（暂定）改为2月19日（周五）")
        assert line.article == NUMBER
        now = await desk.handling.now(number, BOSS, at("2026-12-20 09:00"))
        (turn,) = [one for one in now.turns if "放假通知" in one.what]
        assert (turn.what, turn.note, turn.effect) == (line.what, NUMBER, "kept")
        explained = await command(settings, number, as_json=False)
        assert f"{line.what}（{NUMBER}）" in explained
        facts = [one.fact for one in await desk.ledger.tickets.facts_of(number)]
        assert [one.due_at.day for one in facts if isinstance(one, DeadlineSet)] == [15, 19]


async def test_a_date_that_moves_earlier_is_looked_at_earlier(
    settings: Settings, tmp_path: Path
) -> None:
    async with tickets_of(settings) as desk:
        number = await desk.opened("2027-01-28 09:00", TicketType.CONSULT)
        assert await desk.due(number) == ("2027-02-01", True)
        assert await desk.ledger.tickets.dues.waiting(at("2027-01-31 10:00"), limit=9) == []
    await imported(settings, a_table(tmp_path))
    async with tickets_of(settings) as desk:
        # 1月29日为第一日，1月30日（周六）调休上班，为第二日。
        assert await desk.due(number) == ("2027-01-30", False)
        assert await desk.ledger.tickets.dues.waiting(at("2027-01-31 00:00"), limit=9) == [number]


async def test_a_date_that_stays_is_no_longer_provisional_and_says_so(
    settings: Settings, tmp_path: Path
) -> None:
    async with tickets_of(settings) as desk:
        number = await desk.opened("2027-03-01 09:00", TicketType.CONSULT)
    await imported(settings, a_table(tmp_path))
    async with tickets_of(settings) as desk:
        assert await desk.due(number) == ("2027-03-03", False)
        (line,) = await desk.story(number)
        assert line.what == "按放假通知重新计数，到期日3月3日（周三）不变，不再是暂定"


async def test_importing_twice_changes_no_ticket_a_second_time(
    settings: Settings, tmp_path: Path
) -> None:
    async with tickets_of(settings) as desk:
        number = await desk.opened("2027-01-25 09:00")
    await imported(settings, a_table(tmp_path))
    _, told = await imported(settings, a_table(tmp_path))
    assert "与已经录入的完全相同" in told
    assert "0件已重新计数" in told
    async with tickets_of(settings) as desk:
        assert len(await desk.story(number)) == 1


async def test_a_corrected_notice_counts_again(settings: Settings, tmp_path: Path) -> None:
    async with tickets_of(settings) as desk:
        number = await desk.opened("2027-01-25 09:00")
    await imported(settings, a_table(tmp_path))
    without = TABLE.replace("2027-01-30、2027-02-20", "2027-02-20")
    await imported(settings, a_table(tmp_path, without))
    async with tickets_of(settings) as desk:
        assert await desk.due(number) == ("2027-02-20", False), "a Saturday that is worked"
        assert len(await desk.story(number)) == 2


async def test_what_is_finished_is_left_as_it_was(settings: Settings, tmp_path: Path) -> None:
    async with tickets_of(settings) as desk:
        number = await desk.opened("2027-01-25 09:00")
        case = Case(desk.ledger, desk.handling, number)
        await case.does(BOSS, "不予受理", "2027-01-25 10:00", code="outside_area")
    await imported(settings, a_table(tmp_path))
    async with tickets_of(settings) as desk:
        assert await desk.due(number) == ("2027-02-15", True)


async def test_a_tickets_acts_are_counted_by_the_new_days_too(
    settings: Settings, tmp_path: Path
) -> None:
    async with tickets_of(settings) as desk:
        number = await desk.opened("2027-01-22 09:00")
        case = Case(desk.ledger, desk.handling, number)
        await case.does(BOSS, "派单", "2027-01-25 09:00", unit="housing")
        assert await desk.due(number) == ("2027-02-15", True)
    await imported(settings, a_table(tmp_path))
    async with tickets_of(settings) as desk:
        assert await desk.due(number) == ("2027-02-19", False)


async def test_an_overlay_of_a_pack_counts_no_old_ticket_again(
    settings: Settings, tmp_path: Path
) -> None:
    async with tickets_of(settings) as desk:
        number = await desk.opened("2026-11-02 09:00")
        before = await desk.due(number)
    own = settings.data / "policies"
    own.mkdir()
    (own / "期限.toml").write_text(
        '[pack]\ncode = "zhaoqing"\ndocument = "通知（肇高管办函〔2026〕8号）"\n'
        "effective_from = 2026-11-01\n"
        '[limits.complaint]\nvalue = "5个工作日"\narticle = "第一条"\nquote = "五个工作日"\n',
        encoding="utf-8",
    )
    async with tickets_of(settings) as desk:
        packs = load(settings.data)
        recount = Recount(
            desk.ledger, lambda moment: packs.policy("zhaoqing", moment.date()), packs.calendar
        )
        assert await recount.apply(at("2026-11-03 09:00"), "command") == []
        assert await desk.due(number) == before


async def test_a_running_server_takes_the_new_days_without_a_restart(
    settings: Settings, tmp_path: Path
) -> None:
    calendar = live_packs(settings.data).calendar
    assert isinstance(calendar, LiveCalendar)
    async with tickets_of(settings, calendar) as desk:
        packs = load(settings.data)
        follower = CalendarFollower(
            desk.ledger,
            lambda moment: packs.policy("zhaoqing", moment.date()),
            calendar,
            lambda: at("2027-01-26 09:00"),
        )
        await follower.turn()
        early = await desk.opened("2027-01-25 09:00")
        await imported(settings, a_table(tmp_path))
        # Between the import and the server's next look somebody acts, still by the old days.
        case = Case(desk.ledger, desk.handling, early)
        await case.does(BOSS, "派单", "2027-01-25 10:00", unit="housing")
        assert await desk.due(early) == ("2027-02-15", True)
        assert await follower.turn() == 1
        assert await desk.due(early) == ("2027-02-19", False)
        assert await follower.turn() == 0
        assert await desk.due(await desk.opened("2027-01-25 11:00")) == ("2027-02-19", False)


async def test_a_file_that_nobody_can_read_leaves_the_running_days_alone(
    settings: Settings,
) -> None:
    calendar = LiveCalendar(settings.data, load_calendar(settings.data))
    own_calendars(settings.data).mkdir(parents=True)
    (own_calendars(settings.data) / "2027.toml").write_text("year = ")
    assert calendar.look_again() is None
    assert calendar.known_years == {2025, 2026}


async def test_a_start_after_a_stop_in_the_middle_counts_the_rest(
    settings: Settings, tmp_path: Path
) -> None:
    async with tickets_of(settings) as desk:
        number = await desk.opened("2027-01-25 09:00")
        await desk.ledger.bookmarks.put(COUNTED, "the calendar of yesterday")
    own_calendars(settings.data).mkdir(parents=True)
    (settings.data / "city").unlink()
    with pytest.raises(Exception, match="没有写明城市"):
        await imported(settings, a_table(tmp_path))
    (settings.data / "city").write_text("zhaoqing\n")
    await imported(settings, a_table(tmp_path), keep=False)
    stored = await asyncio.to_thread(show, settings, None, as_json=False)
    assert "2027" not in stored
    calendar = live_packs(settings.data).calendar
    async with tickets_of(settings, calendar) as desk:
        packs = load(settings.data)
        follower = CalendarFollower(
            desk.ledger,
            lambda moment: packs.policy("zhaoqing", moment.date()),
            calendar,
            lambda: at("2027-01-26 09:00"),
        )
        assert await follower.turn() == 0
        (own_calendars(settings.data) / "2027.toml").write_text(
            'year = 2027\ndocument = "通知"\n[[holiday]]\nname = "春节"\n'
            "from = 2027-02-05\nto = 2027-02-11\n"
        )
        assert await follower.turn() == 1
        assert await desk.due(number) == ("2027-02-22", False)


async def test_show_and_export_give_what_was_imported(settings: Settings, tmp_path: Path) -> None:
    await imported(settings, a_table(tmp_path))
    told = await asyncio.to_thread(show, settings, None, as_json=False)
    assert f"2027年  本地录入  {NUMBER}" in told
    assert "2026年  随系统" in told
    told = await asyncio.to_thread(show, settings, 2027, as_json=False)
    assert "2月5日（周五）至2月11日（周四）放假；1月30日（周六）、2月20日（周六）上班" in told
    assert await asyncio.to_thread(write_out, settings, 2027, None) == TABLE.replace(
        "\n", "\r\n"
    ).rstrip("\r\n")
    data = json.loads(await asyncio.to_thread(show, settings, 2027, as_json=True))
    again = a_table(tmp_path, json.dumps(data, ensure_ascii=False), "2027.json")
    _, told = await imported(settings, again, document="")
    assert "与已经录入的完全相同" in told
    with pytest.raises(BadInput, match="没有2030年的放假通知，已有2025、2026、2027年"):
        await asyncio.to_thread(show, settings, 2030, as_json=False)


BAD: list[tuple[str, str]] = [
    (TABLE.replace("2027-02-05", "二月五日"), "第3行“放假起”：看不懂日期“二月五日”"),
    (TABLE.replace("2027-02-05", "2027-02-30"), "第3行“放假起”：看不懂日期“2027-02-30”"),
    (TABLE.replace("2027-02-11", ""), "第3行“放假止”：没有写日期"),
    (TABLE.replace("2027-02-11", "2027-02-01"), "第3行“放假止”：2027-02-01早于放假起2027-02-05"),
    (TABLE.replace("2027-02-11", "2027-03-11"), "第3行“放假止”：连放35天，不像一个节日"),
    (TABLE.replace("2027-02-20", "2027-02-19"), "“调休上班”：2027-02-19是周五，本来就上班"),
    (TABLE.replace("2027-02-20", "2027-08-21"), "“调休上班”：2027-08-21离这个假期太远"),
    (TABLE.replace("2027-02-20", "2027-02-06"), "2027-02-06既写成上班，又是春节的假期"),
    (TABLE.replace("2027-05-08", "2027-04-03"), "2027-04-03既写成上班，又是清明节的假期"),
    (TABLE.replace("2027-06-09,2027-06-09", "2027-05-05,2027-05-06"), "2027-05-05已经是劳动节"),
    (TABLE.replace("2027-06-09", "2026-06-19"), "第6行“放假起”：2026-06-19至2026-06-19不在2027年"),
    (TABLE.replace("春节,", ","), "第3行“节日”：没有写节日的名称"),
    (TABLE.replace("调休上班", "补班"), "第1行“调休上班”：缺少这一列"),
    (TABLE.replace("原文", "备注"), "第1行“备注”：不认识这一列"),
    (TABLE.replace("原文", "节日"), "第1行“节日”：这一列写了不止一次"),
    (TABLE.splitlines()[0], "表里没有一个节日"),
    ("", "第一行要写列名"),
]


@pytest.mark.parametrize(("text", "why"), BAD, ids=[why for _, why in BAD])
async def test_a_bad_file_says_row_column_and_reason_and_nothing_is_stored(
    settings: Settings, tmp_path: Path, text: str, why: str
) -> None:
    wrong, told = await imported(settings, a_table(tmp_path, text))
    assert wrong
    assert why in told
    assert not own_calendars(settings.data).exists()


@pytest.mark.parametrize("document", ["", "放假通知"])
async def test_a_notice_without_its_number_is_refused(
    settings: Settings, tmp_path: Path, document: str
) -> None:
    wrong, told = await imported(settings, a_table(tmp_path), document=document)
    assert wrong
    assert "请写明放假通知的名称和文号" in told


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("a.toml", "year = ", "读不懂 a.toml"),
        ("a.json", "[1]", "应写 year、document 和 holiday"),
        ("a.json", "{]", "读不懂 a.json"),
        ("a.toml", "year = 2027", "缺少 holiday"),
        ("a.toml", "jahr = 2027", "不认识“jahr”"),
        ("a.json", '{"holiday": [{"name": "元旦", "day": "1"}]}', "节日里不认识“day”"),
        ("a.json", '{"holiday": [{"name": "元旦", "make_up": "x"}]}', "make_up 应写成一列日期"),
    ],
)
async def test_a_file_that_is_no_notice_is_one_sentence(
    settings: Settings, tmp_path: Path, name: str, text: str, why: str
) -> None:
    with pytest.raises(BadInput, match=why):
        await imported(settings, a_table(tmp_path, text, name))


def test_the_command_shows_the_years(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["city", "calendar", "show", "--data", str(tmp_path)]) == 0
    assert "2026年  随系统" in capsys.readouterr().out
    assert main(["city", "calendar", "show", "2040", "--data", str(tmp_path)]) == 1
    assert "没有2040年" in capsys.readouterr().err

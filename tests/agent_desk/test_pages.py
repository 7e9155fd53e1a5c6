"""What the pages say, and what they do not."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re

import pytest

from agent_desk import chinese
from agent_desk.aids import Evidence
from agent_desk.chinese import Almanac
from agent_desk.days import strip_of
from agent_desk.ticket_views import DueDate, ShownArticle
from agent_desk.views import CallRow, CentreNow, Check
from hotline.words import CallId, Day, Draft, Outcome, Phone, Role, TicketId, TicketType, UnitId
from tests.agent_desk.fakes import (
    CALL,
    MORNING,
    ORIGIN,
    PEOPLE,
    SHANGHAI,
    SILENT,
    Town,
    counted,
    linkage,
)
from tests.agent_desk.visits import Visit

pytestmark = pytest.mark.anyio

WRITER = PEOPLE[Role.AGENT]
ALMANAC = Almanac(SHANGHAI)


async def written(
    town: Town, type: TicketType, summary: str = "夜间打桩", unit: str = "cg"
) -> TicketId:
    draft = Draft(type=type, summary=summary, phone="13800006027", unit=UnitId(unit))
    key = f"{type}{summary}{unit}"
    return (
        await town.tickets.save(draft, call=CALL, by=WRITER, key=key, at=town.time.now())
    ).number


# ----------------------------------------------------------------------------------- the list


async def test_an_empty_list_says_what_will_be_there(agent: Visit) -> None:
    page = (await agent.get("/tickets")).text
    assert "还没有工单" in page


async def test_tickets_without_a_limit_head_the_list(agent: Visit, town: Town) -> None:
    soon = await written(town, TicketType.CONSULT)
    none = await written(town, TicketType.SUGGESTION)
    page = (await agent.get("/tickets")).text
    assert page.index(none) < page.index(soon)
    assert "本市未规定" in page
    assert "共 2 件" in page


async def test_a_list_of_many_comes_in_pages_of_fifty(agent: Visit, town: Town) -> None:
    for n in range(120):
        await written(town, TicketType.HELP, f"第 {n} 件")
    first = (await agent.get("/tickets")).text
    assert len(re.findall(r'<a class="num" href="/tickets/', first)) == 50
    assert "第 1／3 页" in first
    last = (await agent.get("/tickets?page=3")).text
    assert len(re.findall(r'<a class="num" href="/tickets/', last)) == 20
    assert "下一页" not in last
    assert "第 101–120 件" in last


async def test_a_telephone_number_is_told_from_a_tickets_number(agent: Visit, town: Town) -> None:
    number = await written(town, TicketType.HELP)
    for q in ("138 0000 6027", "+8613800006027", number, number[-6:]):
        assert number in (await agent.get("/tickets", q=q)).text, q
    other = (await agent.get("/tickets", q="13900000000")).text
    assert "没有同时满足这些条件的工单" in other
    assert "清除全部条件" in other


async def test_filters_are_kept_from_page_to_page(agent: Visit, town: Town) -> None:
    for n in range(60):
        await written(town, TicketType.COMPLAINT, f"第 {n} 件")
    page = (await agent.get("/tickets", type="投诉", status="已登记")).text
    assert (
        'href="/tickets?type=%E6%8A%95%E8%AF%89&amp;status=%E5%B7%B2%E7%99%BB%E8%AE%B0&amp;page=2"'
        in page
    )
    assert '<option value="投诉" selected>' in page


async def test_a_filter_that_is_none_counts_as_none(agent: Visit, town: Town) -> None:
    number = await written(town, TicketType.HELP)
    assert number in (await agent.get("/tickets", type="抱怨", view="nowhere")).text


async def test_overdue_is_red_and_tomorrow_is_amber(agent: Visit, town: Town) -> None:
    await written(town, TicketType.CONSULT)
    town.time.passes(5 * 24 * 3600)
    await agent.log_in(WRITER)
    page = (await agent.get("/tickets?view=overdue")).text
    assert re.search(r'class="right nowrap num due">已超期 \d 天<', page)


async def test_what_a_citizen_said_cannot_become_a_script(agent: Visit, town: Town) -> None:
    number = await written(town, TicketType.HELP, "<script>alert(1)</script>")
    for path in ("/tickets", f"/tickets/{number}"):
        page = (await agent.get(path)).text
        assert "<script>alert" not in page
        assert "&lt;script&gt;" in page


async def test_an_officer_sees_the_tickets_of_their_own_unit(stranger: Visit, town: Town) -> None:
    own = await written(town, TicketType.HELP, unit="cg")
    other = await written(town, TicketType.HELP, unit="zj")
    await stranger.log_in(PEOPLE[Role.OFFICER])
    for query in ("", "?unit=zj"):
        page = (await stranger.get(f"/tickets{query}")).text
        assert own in page
        assert other not in page
    assert (await stranger.get(f"/tickets/{own}")).status_code == 200
    refused = await stranger.get(f"/tickets/{other}")
    assert refused.status_code == 403
    assert "看其他单位的工单" in refused.text


# --------------------------------------------------------------------------------- one ticket


async def test_a_ticket_shows_why_this_day(agent: Visit, town: Town) -> None:
    number = await written(town, TicketType.COMPLAINT)
    page = (await agent.get(f"/tickets/{number}")).text
    assert "为什么是 10月23日" in page
    assert "肇庆高新区12345热线运行管理办法 第十一条（三）" in page
    assert "2026年10月23日 24:00" in page
    assert page.count("国庆") >= 7
    assert "10月10日 周六 第 5 日 调休上班" in page
    assert "138 **** 6027" in page


async def test_a_ticket_without_a_limit_says_what_was_read(agent: Visit, town: Town) -> None:
    number = await written(town, TicketType.SUGGESTION)
    page = (await agent.get(f"/tickets/{number}")).text
    assert "本市办法未规定办理期限" in page
    assert "已查：第十条、第十一条、第二十五条" in page
    assert 'class="days"' not in page


async def test_a_ticket_shows_the_words_its_slots_stand_on_but_no_name_and_no_number(
    agent: Visit, town: Town
) -> None:
    number = await written(town, TicketType.COMPLAINT)
    assert "原话为证" not in (await agent.get(f"/tickets/{number}")).text
    town.tickets.full[number] = dataclasses.replace(
        town.tickets.full[number],
        evidence=(
            Evidence(slot="address", words="恒裕花园五栋", leg="caller", from_s=72.4),
            Evidence(slot="contact", words="我叫欧阳慧敏", leg="caller", from_s=80.0),
            Evidence(slot="phone", words="13800006027", leg="agent", from_s=90.0),
        ),
        shown=(
            ShownArticle(article="in", version=3, title="夜间施工", internal=True, at=MORNING),
            ShownArticle(
                article="out", version=1, title="噪声", internal=False, at=MORNING, adopted=True
            ),
        ),
    )
    page = (await agent.get(f"/tickets/{number}")).text
    assert re.search(
        r'class="ch"[^>]*>址</span> 地址</dt><dd><span class="ev">“恒裕花园五栋”', page
    )
    assert '来电人 <span class="num">01:12</span>' in page
    assert '话务员 <span class="num">01:30</span>' in page
    assert page.count("在这里隐去</span>") == 2
    assert "欧阳慧敏" not in page
    assert "13800006027" not in page
    assert re.search(
        r'夜间施工</a> <span class="inner">内部</span> <span[^>]*>第&nbsp;3&nbsp;版</span></li>',
        page,
    )
    assert re.search(
        r'噪声</a> <span[^>]*>第&nbsp;1&nbsp;版</span> <span class="tag">采用</span>', page
    )


async def test_a_ticket_whose_limit_is_over_counts_no_days_any_more(
    agent: Visit, town: Town
) -> None:
    number = await written(town, TicketType.COMPLAINT)
    assert "剩 " in (await agent.get(f"/tickets/{number}")).text
    town.tickets.full[number] = dataclasses.replace(town.tickets.full[number], status="已归档")
    page = (await agent.get(f"/tickets/{number}")).text
    assert "剩 " not in page
    assert '<span class="st">已归档</span>' in page


@pytest.mark.parametrize("role", list(PEOPLE))
async def test_no_role_comes_to_an_empty_menu(stranger: Visit, role: Role) -> None:
    await stranger.log_in(PEOPLE[role])
    page = (await stranger.get("/me")).text
    menu = page[page.index('<nav aria-label="主菜单"') : page.index("</nav>")]
    assert menu.count("<a ") >= 1


async def test_nobody_but_the_writer_reads_the_words_of_a_confidential_ticket(
    stranger: Visit, town: Town
) -> None:
    number = await written(town, TicketType.REPORT, unit="cg")
    town.tickets.full[number] = dataclasses.replace(
        town.tickets.full[number],
        confidential=True,
        evidence=(Evidence(slot="address", words="恒裕花园五栋", leg="caller", from_s=1.0),),
        shown=(ShownArticle(article="in", version=1, title="举报", internal=False, at=MORNING),),
    )
    await stranger.log_in(PEOPLE[Role.AUDITOR])
    page = (await stranger.get(f"/tickets/{number}")).text
    assert "恒裕花园" not in page
    assert "通话中显示的知识" not in page


async def test_a_ticket_that_is_not_there(agent: Visit) -> None:
    answer = await agent.get("/tickets/20260928-999999")
    assert answer.status_code == 404
    assert "没有这个工单：20260928-999999" in answer.text


# --------------------------------------------------------------------------------- day strip


def test_the_strip_marks_start_past_today_skipped_made_up_and_last() -> None:
    start = dt.datetime(2026, 9, 18, 9, 12, tzinfo=SHANGHAI)
    cells = strip_of(counted(start, 15), dt.date(2026, 9, 28))
    assert (cells[0].why, cells[0].count, cells[0].look) == ("收到", "·", "past")
    assert (cells[2].why, cells[2].count, cells[2].look) == ("调休", "1", "made-up past")
    assert (cells[7].why, cells[7].look) == ("中秋", "skip-day past")
    assert (cells[10].date, cells[10].look, cells[10].count) == ("28", "today", "6")
    assert (cells[13].date, cells[13].why, cells[13].look) == ("10/1", "国庆", "skip-day")
    assert (cells[-1].date, cells[-1].why, cells[-1].look) == ("15", "到期", "last")
    assert len(cells) == 28


def test_a_silent_city_has_no_strip() -> None:
    assert strip_of(SILENT, dt.date(2026, 9, 28)) == []


def test_a_provisional_day_is_short_in_its_cell() -> None:
    day = Day(dt.date(2027, 1, 1), False, "元旦（暂定）", None)
    (cell,) = strip_of(DueDate(due_at=MORNING, derivation=(day,)), dt.date(2026, 12, 1))
    assert cell.why == "元旦"


# ------------------------------------------------------------------------------------- words


def test_times_are_the_citys_wherever_the_server_stands() -> None:
    noon_utc = dt.datetime(2026, 9, 28, 2, 42, 16, tzinfo=dt.UTC)
    assert ALMANAC.clock(noon_utc) == "10:42:16"
    assert ALMANAC.when(noon_utc, noon_utc) == "今天 10:42"
    assert ALMANAC.when(noon_utc, noon_utc + dt.timedelta(days=1)) == "昨天 10:42"
    assert ALMANAC.when(noon_utc, noon_utc + dt.timedelta(days=400)) == "2026年9月28日 10:42"


@pytest.mark.parametrize(
    ("hours", "said", "look"),
    [
        (-72, "已超期 3 天", "due"),
        (-30, "已超期 30 小时", "due"),
        (-0.2, "已超期 12 分钟", "due"),
        (0.01, "今天到期，剩 1 分钟", "due"),
        (0.5, "今天到期，剩 30 分钟", "due"),
        (5.5, "今天到期，剩 5 小时", "due"),
        (23.99, "剩 23 小时", "warn"),
        (47.9, "剩 47 小时", "soft"),
        (48, "剩 2 天", "soft"),
        (72, "剩 3 天", "soft"),
    ],
)
def test_what_is_left_is_said_in_words(hours: float, said: str, look: str) -> None:
    due = MORNING + dt.timedelta(hours=hours)
    assert ALMANAC.left(due, MORNING) == said
    assert ALMANAC.urgency(due, MORNING) == look


def test_no_limit_is_no_date() -> None:
    assert ALMANAC.due_day(None, MORNING) == "待定期限"
    assert ALMANAC.left(None, MORNING) == "本市未规定"


def test_a_title_is_a_sentence_not_the_text() -> None:
    assert chinese.headline("夜间打桩。要求停止施工") == "夜间打桩"
    assert chinese.headline("长" * 40) == "长" * 31 + "…"


def test_numbers_without_a_division_are_a_dash() -> None:
    assert chinese.percent(None) == "—"
    assert chinese.percent(0.0388) == "3.9"
    assert chinese.duration(None) == "—"
    assert chinese.duration(3767) == "1:02:47"
    assert chinese.milliseconds(110_000) == "1分50秒"


def test_every_word_of_the_rules_has_its_chinese() -> None:
    from typing import get_args

    from hotline.words import AgentState, EmergencyPhase, EmergencyReason, Service

    assert set(chinese.OUTCOMES) == set(Outcome)
    assert set(chinese.STATES) == set(AgentState)
    assert set(chinese.SERVICES) == set(Service)
    assert set(chinese.PHASES) == set(get_args(EmergencyPhase))
    assert set(chinese.REASONS) == set(get_args(EmergencyReason))


# ------------------------------------------------------------------ calls, emergency, status


async def test_the_calls_behind_a_number_are_listed(stranger: Visit, town: Town) -> None:
    town.calls.rows = tuple(
        CallRow(
            call=CallId(f"c{n}"),
            arrived_at=MORNING,
            caller=Phone("13800006027"),
            outcome=outcome,
            stage="ended",
            reconciled=n == 1,
        )
        for n, outcome in enumerate([Outcome.ANSWERED, Outcome.ABANDONED, Outcome.TIMED_OUT])
    )
    await stranger.log_in(PEOPLE[Role.SUPERVISOR])
    page = (await stranger.get("/board/calls?which=lost&window=24h")).text
    assert "近 24 小时呼损 2 通" in page
    assert "排队中挂断" in page
    assert "事后补记" in page
    assert page.count("138 **** 6027") == 2


async def test_a_linkage_record_has_every_rung_with_its_time(stranger: Visit, town: Town) -> None:
    town.calls.records[CALL] = linkage()
    await stranger.log_in(PEOPLE[Role.SUPERVISOR])
    page = (await stranger.get(f"/emergency/{CALL}")).text
    assert page.count('<time class="num" datetime=') == 6
    assert "没有接通 119 第 1 中继" in page
    assert "已接听 119 第 2 中继" in page
    assert "3.9 秒" in page


async def test_what_the_exchange_says_of_a_trunk_is_told_in_chinese(
    stranger: Visit, town: Town
) -> None:
    record = linkage()
    steps = (
        dataclasses.replace(record.steps[-1], phase="failed", status="CHANUNAVAIL"),
        dataclasses.replace(record.steps[-1], phase="answered", status="ANSWER"),
    )
    town.calls.records[CALL] = dataclasses.replace(record, steps=steps)
    await stranger.log_in(PEOPLE[Role.SUPERVISOR])
    page = (await stranger.get(f"/emergency/{CALL}")).text
    assert "线路不可用" in page
    assert not {"CHANUNAVAIL", "ANSWER"} & set(re.findall(r"[A-Z]+", page))


async def test_a_supervisor_sets_how_the_stand_in_behaves(stranger: Visit, town: Town) -> None:
    await stranger.log_in(PEOPLE[Role.SUPERVISOR])
    answer = await stranger.post_form("/emergency/trunks/2", mode="silent")
    assert answer.headers["location"] == "/emergency"
    assert town.centre.modes[2] == "silent"
    assert (await stranger.post_form("/emergency/trunks/2", mode="off")).status_code == 422
    assert (await stranger.post_form("/emergency/trunks/7", mode="busy")).status_code == 404


async def test_an_agent_reads_the_stand_in_but_does_not_set_it(agent: Visit) -> None:
    page = (await agent.get("/emergency")).text
    assert "模拟报警中心" in page
    assert "<select" not in page


async def test_real_trunks_have_no_switches(stranger: Visit, town: Town) -> None:
    async def real() -> CentreNow:
        return CentreNow(stand_in=False, reachable=True)

    town.centre.now = real  # type: ignore[method-assign]
    await stranger.log_in(PEOPLE[Role.SUPERVISOR])
    page = (await stranger.get("/emergency")).text
    assert "真实中继" in page
    assert "模拟" not in page


async def test_status_is_red_only_where_help_cannot_be_reached(stranger: Visit, town: Town) -> None:
    await stranger.log_in(PEOPLE[Role.ADMINISTRATOR])
    page = (await stranger.get("/status")).text
    assert "4 项中 2 项正常" in page
    assert page.index("119 第 1 中继") < page.index("2027 年日历") < page.index("数据库")
    assert page.count("st--red") == 1
    town.doctor.lines = (Check(part="数据库", state="ok", now="正常"),)
    assert "1 项全部正常" in (await stranger.get("/status")).text


async def test_who_presses_check_sees_when_it_was_thorough(stranger: Visit, town: Town) -> None:
    await stranger.log_in(PEOPLE[Role.SUPERVISOR])
    before = (await stranger.get("/status")).text
    assert "未细查" in before
    answer = await stranger.client.post(
        "/status/check", headers={"origin": ORIGIN}, data={"csrf": stranger.csrf}
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/status")
    assert town.doctor.examined == 1
    assert "今天 10:42 检查" in (await stranger.get("/status")).text


async def test_an_auditor_reads_the_status_and_starts_no_check(stranger: Visit) -> None:
    await stranger.log_in(PEOPLE[Role.AUDITOR])
    page = (await stranger.get("/status")).text
    assert "119 第 1 中继" in page
    assert "/status/check" not in page


async def test_the_list_of_users_says_nothing_secret(stranger: Visit) -> None:
    await stranger.log_in(PEOPLE[Role.ADMINISTRATOR])
    page = (await stranger.get("/users")).text
    assert "林晓岚" in page
    assert "argon2" not in page


async def test_every_page_is_chinese_and_says_it_is_a_demonstration(agent: Visit) -> None:
    pages = {p: (await agent.get(p)).text for p in ("/desk", "/tickets", "/emergency", "/nowhere")}
    agent.client.cookies.clear()
    pages["/login"] = (await agent.get("/login")).text
    for path, page in pages.items():
        assert '<html lang="zh-CN"' in page, path
        assert '<span class="demo' in page, path

"""The agent's desk through a call: what is on the screen, and what the keys do."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from hotline.effects import PopScreen, ShowAgent, WithdrawPop
from hotline.words import AgentState, Role
from tests.agent_desk.fakes import CALL, PEOPLE
from tests.browser.kit import Place, Screen, sit_down, until
from tests.browser.scenes import NO_MICROPHONE, SEAT, connects, ends, rings, seat_is, talk

if TYPE_CHECKING:
    from playwright.async_api import Browser

pytestmark = [pytest.mark.anyio, pytest.mark.browser]


async def test_a_ringing_call_shows_who_calls_and_f2_answers_it(desk: Screen, place: Place) -> None:
    rings(place, desk)
    await desk.situation("ringing")
    await desk.shows("#tel-who", "138 0000 6027")
    await desk.shows("#tel-who", "第 4 次来电")
    await desk.shows("#tel-about", "秒后转下一席")
    await desk.shows("#caller", "恒裕花园南侧在建工地夜间连续打桩")
    await desk.page.keyboard.press("F2")
    await desk.situation("talking")
    connects(place)
    await desk.shows("#course", "接通")
    assert any(one.startswith("SIP/2.0 200") for one in desk.switch.heard)


async def test_a_pop_never_takes_focus_from_a_field_and_no_letter_is_a_command(
    desk: Screen, place: Place
) -> None:
    await talk(place, desk)
    await desk.page.fill("[name=address]", "迎宾大道")
    place.screens.show(ShowAgent(agent=SEAT))
    await desk.page.keyboard.type("?m1")
    assert await desk.page.input_value("[name=address]") == "迎宾大道?m1"
    assert await desk.page.locator("#keys").is_hidden()


async def test_keys_do_nothing_while_chinese_is_being_composed(desk: Screen, place: Place) -> None:
    rings(place, desk)
    await desk.situation("ringing")
    await desk.page.evaluate(
        "document.body.dispatchEvent(new KeyboardEvent('keydown',"
        "{key:'F2',code:'F2',keyCode:229,bubbles:true,cancelable:true}))"
    )
    await asyncio.sleep(0.2)
    await desk.situation("ringing")


async def test_the_call_is_taken_off_the_screen_when_another_seat_answers(
    desk: Screen, place: Place
) -> None:
    rings(place, desk)
    await desk.situation("ringing")
    place.town.live.ringing.clear()
    desk.switch.stop_ringing()
    seat_is(place, AgentState.READY)
    place.screens.show(WithdrawPop(agent=SEAT, call=CALL, why="answered-elsewhere"))
    await desk.situation("ready")
    await desk.shows("#note", "已由别的坐席接听")
    await desk.shows("#course", "没有通话")
    assert await desk.page.locator("[name=summary]").is_disabled()


async def test_mute_hold_and_hang_up_have_their_keys(desk: Screen, place: Place) -> None:
    await talk(place, desk)
    await desk.page.keyboard.press("F8")
    await desk.shows("#tel-line", "已静音")
    await desk.page.keyboard.press("F8")
    await desk.page.keyboard.press("F4")
    await desk.situation("held")
    await desk.page.keyboard.press("F4")
    await desk.situation("talking")
    await desk.switch.hears("INVITE", 2)
    await desk.page.keyboard.press("Shift+F2")
    await desk.page.locator('#tel:not([data-situation="talking"])').wait_for()
    await desk.switch.hears("BYE")


async def test_a_ticket_is_saved_with_its_due_date_and_article(desk: Screen, place: Place) -> None:
    await talk(place, desk)
    await desk.page.keyboard.press("Alt+2")
    await desk.page.check("[name=type][value=投诉]")
    await desk.shows("#due", "15 个工作日")
    await desk.shows("#due", "第十一条（三）")
    await desk.page.fill("[name=summary]", "夜间施工噪声，要求停工")
    await desk.page.fill("[name=unit]", "区城市管理和综合执法局")
    await desk.page.keyboard.press("Control+Enter")
    await desk.shows("#saved", "20260928-000001")
    (draft,) = place.town.tickets.drafts
    assert (draft.phone, draft.unit, draft.summary) == (
        "13800006027",
        "cg",
        "夜间施工噪声，要求停工",
    )


async def test_a_city_without_a_limit_says_so_and_names_what_was_read(
    desk: Screen, place: Place
) -> None:
    await talk(place, desk)
    await desk.page.check("[name=type][value=建议]")
    await desk.shows("#due", "本市办法未规定办理期限")
    await desk.page.click("#due [data-do=why]")
    await desk.shows("#why", "第二十五条")


async def test_a_form_with_faults_is_not_sent_and_says_what_to_do(
    desk: Screen, place: Place
) -> None:
    await talk(place, desk)
    await desk.page.fill("[name=unit]", "没有的局")
    await desk.page.keyboard.press("Control+Enter")
    await desk.shows("[data-slot=type] .err", "请选类型")
    await desk.shows("[data-slot=summary] .err", "请写诉求摘要")
    await desk.shows("[data-slot=unit] .err", "目录里没有这个单位")
    assert await desk.page.evaluate("document.activeElement.name") == "type"
    assert not place.town.tickets.drafts


async def test_what_was_typed_is_there_after_a_reload(desk: Screen, place: Place) -> None:
    await talk(place, desk)
    await desk.page.fill("[name=summary]", "打到一半")
    desk.page.on("dialog", lambda dialog: asyncio.ensure_future(dialog.accept()))
    await desk.page.reload()
    await desk.shows("#tel-line", "声音不在本窗口")
    assert await desk.page.input_value("[name=summary]") == "打到一半"
    await desk.shows("#note", "话音已断")


async def test_a_server_that_is_away_takes_the_ticket_when_it_is_back(
    desk: Screen, place: Place
) -> None:
    await talk(place, desk)
    desk.expected = ("503",)
    await desk.page.check("[name=type][value=咨询]")
    await desk.page.fill("[name=summary]", "社保转移怎么办")
    await desk.page.route("**/api/tickets", lambda route: route.fulfill(status=503, json={}))
    await desk.page.keyboard.press("Control+Enter")
    await desk.shows("#sending", "连上后自动提交")
    await desk.page.unroute("**/api/tickets")
    await desk.shows("#saved", "20260928-000001", within=60)
    assert len(place.town.tickets.drafts) == 1


async def test_f7_asks_for_a_reason_and_tells_the_exchange(desk: Screen, place: Place) -> None:
    await desk.page.keyboard.press("F7")
    await desk.page.click("text=用餐")
    await until(lambda: bool(place.town.acts.asked))
    ((agent, _, act),) = place.town.acts.asked
    assert (agent, act.act, act.reason) == (SEAT, "pause", "用餐")


async def test_f9_and_a_digit_hand_the_caller_over(desk: Screen, place: Place) -> None:
    await talk(place, desk)
    await desk.page.focus("[name=summary]")
    await desk.page.keyboard.press("F9")
    await desk.shows("#alarm", "移交紧急服务")
    await desk.page.keyboard.press("2")
    await until(lambda: bool(place.town.acts.asked))
    ((_, _, act),) = place.town.acts.asked
    assert (act.act, act.service, act.call) == ("hand_over", "119", CALL)
    assert await desk.page.input_value("[name=summary]") == ""


async def test_the_form_of_a_call_that_is_over_stays_until_saved_or_left(
    desk: Screen, place: Place
) -> None:
    await talk(place, desk)
    await desk.page.fill("[name=summary]", "还没写完")
    desk.switch.hang_up()
    ends(place)
    await desk.situation("wrap-up")
    assert await desk.page.input_value("[name=summary]") == "还没写完"
    await desk.page.click("#leave")
    await desk.shows("#form-idle", "来电后可填")


async def test_f2_a_moment_before_the_telephone_rings_answers_it(
    desk: Screen, place: Place
) -> None:
    place.town.live.rings(CALL, SEAT)
    seat_is(place, AgentState.RINGING)
    place.screens.show(PopScreen(agent=SEAT, call=CALL, stage="ringing"))
    await desk.situation("ringing-away")
    await desk.page.keyboard.press("F2")
    desk.switch.ring(CALL)
    await desk.situation("talking")


async def test_a_seat_without_a_microphone_is_not_registered(
    chromium: Browser, place: Place
) -> None:
    screen = await sit_down(chromium, place, PEOPLE[Role.AGENT], "/desk", script=NO_MICROPHONE)
    await screen.shows("#tel-line", "耳麦未授权")
    await screen.shows("#tel-about", "点地址栏的锁形标志")
    assert screen.switch.asked("REGISTER") == 0
    await screen.page.click("#tel-mode")
    await screen.shows("#tel-line", "话机")
    await screen.close()


async def test_the_telephone_registers_again_when_its_line_was_cut(desk: Screen) -> None:
    desk.expected = ("WebSocket",)
    before = desk.switch.asked("REGISTER")
    await desk.switch.cut()
    await desk.shows("#tel-line", "浏览器电话已登记", within=60)
    await desk.switch.hears("REGISTER", before + 1, within=60)


async def test_every_zone_is_reached_by_key(desk: Screen, place: Place) -> None:
    await talk(place, desk)
    reached = []
    for _ in range(5):
        await desk.page.keyboard.press("F6")
        reached.append(await desk.page.evaluate("document.activeElement.id"))
    assert sorted(reached) == ["tel", "z1", "z2", "z3", "z4"]
    await desk.page.keyboard.press("Alt+2")
    assert await desk.page.evaluate("document.activeElement.name") == "type"


async def test_help_tells_the_supervisors_and_the_agent_that_it_did(
    desk: Screen, place: Place
) -> None:
    await desk.page.keyboard.press("F10")
    await desk.shows("#note", "已告诉班长")
    (notice,) = place.screens.notices()
    assert notice.kind == "help"

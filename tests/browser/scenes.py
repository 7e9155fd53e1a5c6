"""Every page in every state worth looking at: tested for flaws, and photographed by ./jiesu shots.

A scene is prepared in the town before it is served (``before``) and at the screen (``then``).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Final

from agent_desk.aids import SlotName
from agent_desk.ports import History
from agent_desk.views import (
    BoardNow,
    CallRow,
    Device,
    HalfHour,
    PastCall,
    Person,
    QueueNow,
    Seat,
    StripNow,
    TicketBrief,
)
from hotline.effects import EndPop, PopScreen, ShowAgent, ShowEmergency, ShowGap
from hotline.words import (
    AgentId,
    AgentState,
    CallId,
    Draft,
    Outcome,
    Phone,
    Role,
    TicketId,
    TicketType,
    UnitId,
)
from tests.agent_desk.fakes import (
    CALL,
    CALLER,
    MORNING,
    PEOPLE,
    STRIP,
    FakeBoard,
    Town,
    figures,
    linkage,
)
from tests.browser import directory_rows as rows
from tests.browser import follow_up_rows as follow
from tests.browser import people_rows as folk
from tests.browser import recordings as rec
from tests.browser import return_rows as back
from tests.browser.heard import (
    NOISE,
    PERMIT,
    ROUTING,
    SPOKEN,
    SUMMARY,
    WHOLE,
    answers,
    draft,
    said,
)
from tests.browser.kit import DESKTOP, LAPTOP, Place, Screen
from tests.browser.status_lines import all_well, some_ill

SEAT: Final = AgentId("1001")
AGENT: Final = PEOPLE[Role.AGENT]
SUPERVISOR: Final = PEOPLE[Role.SUPERVISOR]
ADMINISTRATOR: Final = PEOPLE[Role.ADMINISTRATOR]
TELEPHONE_SCREEN: Final = (390, 844)
ZOOMED: Final = (720, 450)
"""1440 × 900 at 200 %: half as many CSS pixels; the zones stack and the page scrolls."""
ZOOMED_AGAIN: Final = (360, 640)
"""At 400 %."""
WALLS: Final = ((3840, 2160), (1920, 1080))

Before = Callable[[Town], Awaitable[None]]
Then = Callable[[Place, Screen], Awaitable[None]]


async def as_it_is(_: Town) -> None:
    """Nothing happened yet."""


async def look(_: Place, __: Screen) -> None:
    """Only look."""


@dataclass(frozen=True, slots=True)
class Scene:
    """One picture. ``expected`` is what the browser's console says in such a state by itself."""

    name: str
    who: Person | None
    path: str
    before: Before = as_it_is
    then: Then = look
    sizes: tuple[tuple[int, int], ...] = (DESKTOP, LAPTOP)
    theme: str = "light"
    script: str = ""
    expected: tuple[str, ...] = ()
    whole_page: bool = False


# ------------------------------------------------------------------------------ what happens


def seat_is(place: Place, state: AgentState, **changed: object) -> None:
    """The server says this seat is in another state now."""
    seats = place.town.live.now_seats
    now = place.town.time.now()
    seats[SEAT] = replace(seats[SEAT], state=state, since=now, **changed)  # type: ignore[arg-type]
    place.screens.show(ShowAgent(agent=SEAT))


def rings(place: Place, screen: Screen, call: CallId = CALL, caller: Phone = CALLER) -> None:
    """The queue rings seat 1001: the exchange and the server say so, each by its own way."""
    place.town.live.rings(call, SEAT, caller)
    seat_is(place, AgentState.RINGING)
    place.screens.show(PopScreen(agent=SEAT, call=call, stage="ringing"))
    screen.switch.ring(call)


def connects(place: Place, call: CallId = CALL, caller: Phone = CALLER) -> None:
    """The server learns that the agent answered."""
    place.town.live.rings(call, SEAT, caller, stage="talking")
    seat_is(place, AgentState.TALKING)
    place.screens.show(PopScreen(agent=SEAT, call=call, stage="talking"))


def ends(place: Place, call: CallId = CALL) -> None:
    """The conversation is over: 整理."""
    place.town.live.ringing.clear()
    until = place.town.time.now() + dt.timedelta(seconds=30)
    seat_is(place, AgentState.WRAP_UP, until=until)
    place.screens.show(EndPop(agent=SEAT, call=call))


async def registered(_: Place, screen: Screen) -> None:
    """The browser's telephone is ready."""
    await screen.shows("#tel-line", "浏览器电话已登记")


async def talk(place: Place, screen: Screen, caller: Phone = CALLER) -> None:
    """A call rings and F2 answers it."""
    await registered(place, screen)
    rings(place, screen, caller=caller)
    await screen.situation("ringing")
    await screen.page.keyboard.press("F2")
    await screen.situation("talking")
    connects(place, caller=caller)
    await screen.shows("#course", "接通")


async def fill_in(screen: Screen) -> None:
    """The form as an agent has it when the caller has told everything."""
    page = screen.page
    await page.check("[name=type][value=投诉]")
    await page.fill("[name=category]", "噪声扰民 / 建筑施工噪声")
    await page.fill("[name=address]", "迎宾大道恒裕花园5栋2单元，南侧在建工地")
    await page.fill("[name=happened]", "2026年9月18日起，每日 23:30 至次日 3:00")
    await page.fill("[name=contact]", "欧阳慧敏")
    await page.check("[name=confidential]")
    await page.fill("[name=unit]", "区城市管理和综合执法局")
    await page.fill(
        "[name=summary]",
        "诉求人反映恒裕花园南侧在建工地自9月18日起每晚23:30至次日3:00打桩，9月21日已投诉，昨晚仍施工；"
        "现场未见夜间施工证明公示。要求停止夜间施工，并答复是否赔偿。",
    )
    await screen.shows("#due", "到期")


# -------------------------------------------------------------------------------- the desk


async def ringing(place: Place, screen: Screen) -> None:
    await registered(place, screen)
    rings(place, screen)
    await screen.situation("ringing")
    await screen.shows("#caller", "恒裕花园")


async def tells(place: Place, screen: Screen) -> None:
    """A caller tells a complaint: the words are read, the form fills, three answers stand by."""
    await talk(place, screen)
    for line in range(len(SPOKEN)):
        place.screens.said(SEAT, said(line))
    place.screens.aid(SEAT, draft(*WHOLE))
    place.screens.aid(SEAT, answers(NOISE, ROUTING, PERMIT))
    await screen.shows("#spoken", "欧阳慧敏")
    await screen.shows("#answers", "夜间施工证明")
    await screen.shows("#due", "到期")


async def call_with_form(place: Place, screen: Screen) -> None:
    await tells(place, screen)
    await screen.page.check("[name=confidential]")
    await screen.page.fill(
        "[name=summary]",
        "诉求人反映恒裕花园南侧在建工地自9月18日起每晚23:30至次日3:00打桩，9月21日已投诉，昨晚仍施工；"
        "现场未见夜间施工证明公示。要求停止夜间施工，并答复是否赔偿。",
    )
    await screen.page.keyboard.press("Alt+q")
    await screen.shows("#answers", "已写入答复")


async def not_sure(place: Place, screen: Screen) -> None:
    """Everything is a proposal; what the agent wrote is heard otherwise."""
    await talk(place, screen)
    for line in range(len(SPOKEN)):
        place.screens.said(SEAT, said(line))
    await screen.page.fill("[name=contact]", "欧阳")
    await screen.page.fill("[name=happened]", "9月11日起")
    maybe = [replace(slot, sure=False) for slot in WHOLE]
    place.screens.aid(SEAT, draft(*maybe))
    place.screens.aid(SEAT, answers())
    await screen.shows("[data-slot=address] .proof", "待定")
    await screen.shows("#answers-empty", "没有相近的口径")


async def lit_words(place: Place, screen: Screen) -> None:
    """The slot that has the focus marks its words."""
    await tells(place, screen)
    await screen.page.focus("[name=address]")
    await screen.shows("#spoken .ev--lit", "迎宾大道")


async def answer_whole(place: Place, screen: Screen) -> None:
    await call_with_form(place, screen)
    await screen.page.keyboard.press("Alt+5")
    await screen.page.locator(".ans--open").wait_for()


async def why(place: Place, screen: Screen) -> None:
    await call_with_form(place, screen)
    await screen.page.click("#due [data-do=why]")
    await screen.shows("#why", "第十一条（三）")


async def silent_city(place: Place, screen: Screen) -> None:
    await talk(place, screen)
    await screen.page.check("[name=type][value=建议]")
    await screen.shows("#due", "本市办法未规定办理期限")


async def faulty_form(place: Place, screen: Screen) -> None:
    await talk(place, screen)
    await screen.page.fill("[name=unit]", "没有的局")
    await screen.page.keyboard.press("Control+Enter")
    await screen.shows("[data-slot=summary] .err", "请写诉求摘要")


async def held(place: Place, screen: Screen) -> None:
    await talk(place, screen)
    await screen.page.keyboard.press("F8")
    await screen.page.keyboard.press("F4")
    await screen.situation("held")


async def transfer_panel(place: Place, screen: Screen) -> None:
    await call_with_form(place, screen)
    await screen.page.keyboard.press("Alt+t")
    await screen.shows("#transfer", "古丽巴哈尔")


async def consulting(place: Place, screen: Screen) -> None:
    await transfer_panel(place, screen)
    await screen.page.keyboard.type("1002")
    await screen.page.keyboard.press("Enter")
    await screen.situation("consult")
    await screen.shows("#tel-who", "通话中")


async def emergency_choice(place: Place, screen: Screen) -> None:
    await call_with_form(place, screen)
    await screen.page.keyboard.press("F9")
    await screen.shows("#alarm", "移交紧急服务")


async def ladder(place: Place, screen: Screen, *, linked: bool) -> None:
    await call_with_form(place, screen)
    record = linkage(linked=linked)
    place.town.live.records[CALL] = replace(record, agent=SEAT, reason="agent")
    place.screens.show(ShowEmergency(call=CALL, agent=SEAT))
    await screen.shows("#alarm", "119")


async def ladder_rings(place: Place, screen: Screen) -> None:
    await ladder(place, screen, linked=False)


async def ladder_done(place: Place, screen: Screen) -> None:
    await ladder(place, screen, linked=True)
    await screen.shows("#alarm", "119 已接听")


async def saved(place: Place, screen: Screen) -> None:
    await call_with_form(place, screen)
    await screen.page.keyboard.press("Control+Enter")
    await screen.shows("#saved", "20260928-000001")
    screen.switch.hang_up()
    ends(place)
    await screen.situation("wrap-up")


async def wrap_up(place: Place, screen: Screen) -> None:
    await call_with_form(place, screen)
    screen.switch.hang_up()
    ends(place)
    await screen.situation("wrap-up")


async def two_forms(place: Place, screen: Screen) -> None:
    """The next call comes while the form of the last one is being written."""
    await wrap_up(place, screen)
    await screen.page.focus("[name=summary]")
    rings(place, screen, CallId("next"), Phone("07583156000"))
    await screen.situation("ringing")
    await screen.shows("#form-other", "还是上一通的表")


async def paused(place: Place, screen: Screen) -> None:
    await registered(place, screen)
    seat_is(place, AgentState.PAUSED, reason="用餐")
    await screen.situation("paused")


async def pause_menu(place: Place, screen: Screen) -> None:
    await registered(place, screen)
    await screen.page.keyboard.press("F7")
    await screen.shows("#pause-menu", "用餐")


async def key_list(place: Place, screen: Screen) -> None:
    await registered(place, screen)
    await screen.page.keyboard.press("F1")
    await screen.shows("#keys", "求助班长")


async def withheld(place: Place, screen: Screen) -> None:
    await talk(place, screen, Phone(""))
    await screen.shows("#caller", "不能认作同一人")


async def by_telephone(place: Place, screen: Screen) -> None:
    seats = place.town.live.now_seats
    devices = (Device(name="1001-web", reachable=False), Device(name="1001", reachable=True))
    seats[SEAT] = replace(seats[SEAT], devices=devices)
    await registered(place, screen)
    await screen.page.click("#tel-mode")
    place.town.live.rings(CALL, SEAT, stage="talking")
    seat_is(place, AgentState.TALKING)
    place.screens.show(PopScreen(agent=SEAT, call=CALL, stage="talking"))
    await screen.situation("talking-sip")


async def no_microphone(_: Place, screen: Screen) -> None:
    await screen.shows("#tel-line", "耳麦未授权")


async def refused_telephone(place: Place, screen: Screen) -> None:
    screen.switch.refuse_registration = True
    await screen.page.reload()
    await screen.shows("#tel-line", "电话登记被拒")


async def gap(place: Place, screen: Screen) -> None:
    await call_with_form(place, screen)
    place.town.live.gap = MORNING
    place.screens.show(ShowGap(open=True))
    await screen.shows("#offline", "听不到交换机")


async def cut_off(place: Place, screen: Screen) -> None:
    await call_with_form(place, screen)
    await screen.page.context.set_offline(True)
    await screen.shows("#offline", "与服务器断开")


LONG_NAME = "阿卜杜热合曼·麦麦提依明·阿不都热依木"
LONG_TEXT = (
    "诉求人反映其于2026年3月购买的位于大旺街道迎宾大道与将军大道交叉口东北侧恒裕花园三期商业综合体"
    "地下一层B区的车位至今未能办理产权登记手续，开发商与物业公司互相推诿"
)


async def long_past(town: Town) -> None:
    ticket = TicketBrief(
        number=TicketId("20260921-000117"),
        at=MORNING - dt.timedelta(days=7),
        type=TicketType.SUGGESTION,
        status="申请延期待区12345热线协管办审核",
        summary=LONG_TEXT,
        due_at=None,
    )
    last = tuple(
        PastCall(
            call=CallId(f"c{n}"),
            at=MORNING - dt.timedelta(days=40 * n),
            outcome=Outcome.ABANDONED,
            talk_s=None,
        )
        for n in range(1, 10)
    )
    town.calls.known[CALLER.digits] = History(
        earlier_calls=128, last=last, tickets=tuple(replace(ticket) for _ in range(10))
    )
    seats = town.live.now_seats
    seats[AgentId("1002")] = replace(seats[AgentId("1002")], name=LONG_NAME)


async def long_words(place: Place, screen: Screen) -> None:
    await talk(place, screen)
    place.screens.said(SEAT, said(0, text=LONG_TEXT * 2))
    long = replace(
        SUMMARY,
        value=LONG_TEXT,
        words=LONG_TEXT,
        start=0,
        end=len(LONG_TEXT),
        others=(LONG_NAME,) * 2,
    )
    names: tuple[SlotName, ...] = ("category", "address", "happened", "contact", "summary")
    slots = [replace(long, slot=name, sure=n % 2 == 0) for n, name in enumerate(names)]
    place.screens.aid(SEAT, draft(*slots))
    card = replace(NOISE, title=LONG_TEXT, words=LONG_TEXT * 3, basis=(LONG_NAME,) * 4)
    inner = replace(ROUTING, title=LONG_TEXT, words=LONG_TEXT, unit=LONG_NAME)
    place.screens.aid(SEAT, answers(card, inner, PERMIT))
    await screen.shows("#answers", "恒裕花园三期")
    await fill_in(screen)
    await screen.page.fill("[name=summary]", LONG_TEXT * 6)
    await screen.page.fill("[name=address]", LONG_TEXT)
    await screen.page.fill("[name=contact]", LONG_NAME)
    await screen.shows("#caller", "办理")


NO_MICROPHONE = """
navigator.mediaDevices.getUserMedia = async () => {
  throw new DOMException('denied', 'NotAllowedError');
};
"""

# ------------------------------------------------------------------------------- the board

_NAMES = (
    ("冼伟杰", AgentState.TALKING, 524),
    ("古丽巴哈尔·阿不都热依木", AgentState.TALKING, 372),
    ("欧阳若溪", AgentState.TALKING, 299),
    ("林晓岚", AgentState.TALKING, 178),
    ("黄美玲", AgentState.HELD, 140),
    ("莫秋月", AgentState.TALKING, 106),
    ("谭咏诗", AgentState.TALKING, 51),
    ("罗文斌", AgentState.RINGING, 8),
    ("何嘉怡", AgentState.WRAP_UP, 185),
    ("陈志强", AgentState.WRAP_UP, 40),
    ("区凤仪", AgentState.READY, 22),
    ("段思远", AgentState.PAUSED, 690),
)
_OFFERED = (6, 5, 3, 3, 2, 2, 1, 1, 2, 2, 3, 5, 7, 9, 13, 20, 41, 63, 74, 72, 64, 14)
_LOST = {2: 1, 15: 1, 16: 2, 17: 3, 18: 4, 19: 3, 20: 2}


def _seats() -> tuple[Seat, ...]:
    return tuple(
        Seat(
            agent=AgentId(str(1001 + n)),
            name=name,
            state=state,
            since=MORNING - dt.timedelta(seconds=seconds),
            reason="用餐" if state is AgentState.PAUSED else "",
            devices=(
                Device(name=f"{1001 + n}-web", reachable=n != 3),
                Device(name=str(1001 + n), reachable=n in {3, 5}),
            ),
            answered_today=26 + n,
        )
        for n, (name, state, seconds) in enumerate(_NAMES)
    )


def _halves() -> tuple[HalfHour, ...]:
    midnight = MORNING.replace(hour=0, minute=0, second=0)
    return tuple(
        HalfHour(
            start=midnight + dt.timedelta(minutes=30 * n),
            offered=offered,
            answered=offered - _LOST.get(n, 0),
            lost=_LOST.get(n, 0),
            connect_rate_24h=0.966 - 0.0004 * n,
        )
        for n, offered in enumerate(_OFFERED)
    )


def _lost() -> tuple[CallRow, ...]:
    rows = (
        ("13600007719", Outcome.ABANDONED, 21.0),
        ("13900002215", Outcome.ABANDONED, 112.0),
        ("07583156000", Outcome.TIMED_OUT, 130.0),
        ("", Outcome.TURNED_AWAY, None),
    )
    return tuple(
        CallRow(
            call=CallId(f"lost-{n}"),
            arrived_at=MORNING - dt.timedelta(minutes=12 * n + 5),
            caller=Phone(number),
            outcome=outcome,
            stage="ended",
            wait_s=wait,
            ended_at=MORNING - dt.timedelta(minutes=12 * n + 4),
        )
        for n, (number, outcome, wait) in enumerate(rows)
    )


class _Board(FakeBoard):
    """A board that says what it was given."""

    def __init__(self, town: Town, now: BoardNow) -> None:
        super().__init__(town.live)
        self._now = now

    async def board(self) -> BoardNow:
        return replace(self._now, emergencies=tuple(self._live.records.values()))


def a_day() -> BoardNow:
    """A busy Monday morning."""
    return BoardNow(
        at=MORNING,
        strip=STRIP,
        today=figures(),
        day=figures(1257, 53),
        seats=_seats(),
        queues=(
            QueueNow(name="hotline", title="综合", waiting=6, longest_wait_s=84.0, ready=1),
            QueueNow(
                name="hotline-emergency", title="紧急", waiting=0, longest_wait_s=None, ready=1
            ),
        ),
        lost_calls=_lost(),
        emergencies=(),
        gap_since=None,
        halves=_halves(),
    )


async def busy(town: Town) -> None:
    town.board = _Board(town, a_day())


async def alarming(town: Town) -> None:
    now = replace(a_day(), today=figures(438, 27), day=figures(1254, 66), gap_since=MORNING)
    town.board = _Board(town, now)
    town.live.records[CALL] = linkage(linked=False)


async def midnight(town: Town) -> None:
    """Nothing was offered: no rate, and the reason in words."""
    quiet = StripNow(
        waiting=0,
        longest_wait_s=None,
        talking=0,
        ready=4,
        wrap_up=0,
        paused=0,
        offered_today=0,
        loss_rate=None,
        connect_rate_24h=1211 / 1256,
    )
    nothing = replace(figures(0, 0), greeting_hang_up=0, emergency=0)
    seats = tuple(
        replace(s, state=AgentState.READY if n < 4 else AgentState.OFFLINE, since=MORNING)
        for n, s in enumerate(_seats())
    )
    queues = tuple(replace(q, waiting=0, longest_wait_s=None, ready=4) for q in a_day().queues)
    town.live.now_strip = quiet
    town.board = _Board(
        town,
        replace(
            a_day(),
            strip=quiet,
            today=nothing,
            day=figures(1256, 45),
            seats=seats,
            queues=queues,
            lost_calls=(),
            halves=(),
        ),
    )


async def painted(_: Place, screen: Screen) -> None:
    await screen.shows("#fig-seats", "通话")
    await screen.page.locator("#chart svg").wait_for()


async def on_the_wall(_: Place, screen: Screen) -> None:
    await screen.shows("#wall-seats", "段思远")
    await screen.page.locator("#wall-chart svg").wait_for()


async def tip(place: Place, screen: Screen) -> None:
    await painted(place, screen)
    await screen.page.focus("#fig-loss a")
    await screen.shows("#fig-loss .tip", "÷")


# ---------------------------------------------------------------------------- the other pages


async def some_tickets(town: Town) -> None:
    for n, (type_, summary) in enumerate(
        (
            (TicketType.COMPLAINT, "恒裕花园南侧在建工地夜间连续打桩，影响休息"),
            (TicketType.SUGGESTION, "建议政德中学门口设置临时接送停车区，错峰放学"),
            (TicketType.CONSULT, "灵活就业人员生育津贴能否与失业金同时领取"),
            (TicketType.HELP, LONG_TEXT),
        )
    ):
        await town.tickets.save(
            Draft(
                type=type_,
                summary=summary,
                category="噪声扰民 / 建筑施工噪声",
                address="迎宾大道恒裕花园5栋2单元",
                happened="每晚 23:30 至次日 3:00",
                contact="欧阳慧敏",
                phone="13800006027",
                unit=UnitId("cg"),
                confidential=n == 0,
            ),
            call=CALL,
            by=AGENT,
            key=f"scene-{n}",
            at=MORNING,
        )


async def some_records(town: Town) -> None:
    town.calls.records[CALL] = linkage()
    town.calls.records[CallId("b")] = replace(linkage(CallId("b"), linked=False), reason="agent")
    town.live.records[CALL] = linkage()


async def some_calls(town: Town) -> None:
    await busy(town)
    town.calls.rows = _lost()


WIDE_AND_NARROW = (DESKTOP, LAPTOP)

SCENES: Final = (
    Scene("desk-idle", AGENT, "/desk", then=registered),
    Scene("desk-ring", AGENT, "/desk", then=ringing),
    Scene(
        "desk-call",
        AGENT,
        "/desk",
        then=call_with_form,
        sizes=(DESKTOP, LAPTOP, ZOOMED, ZOOMED_AGAIN),
    ),
    Scene("desk-call-dark", AGENT, "/desk", then=call_with_form, theme="dark"),
    Scene("desk-draft-words", AGENT, "/desk", then=lit_words),
    Scene("desk-draft-unsure", AGENT, "/desk", then=not_sure),
    Scene("desk-answer-whole", AGENT, "/desk", then=answer_whole),
    Scene("desk-why", AGENT, "/desk", then=why),
    Scene("desk-silent-city", AGENT, "/desk", then=silent_city),
    Scene("desk-faulty-form", AGENT, "/desk", then=faulty_form),
    Scene("desk-held", AGENT, "/desk", then=held),
    Scene("desk-transfer", AGENT, "/desk", then=transfer_panel, sizes=(DESKTOP, LAPTOP, ZOOMED)),
    Scene("desk-consult", AGENT, "/desk", then=consulting),
    Scene("desk-emergency-choice", AGENT, "/desk", then=emergency_choice),
    Scene(
        "desk-emergency",
        AGENT,
        "/desk",
        then=ladder_rings,
        sizes=(DESKTOP, LAPTOP, ZOOMED, ZOOMED_AGAIN),
    ),
    Scene("desk-emergency-done", AGENT, "/desk", then=ladder_done),
    Scene("desk-wrap-up", AGENT, "/desk", then=wrap_up),
    Scene("desk-saved", AGENT, "/desk", then=saved),
    Scene("desk-two-forms", AGENT, "/desk", then=two_forms),
    Scene("desk-paused", AGENT, "/desk", then=paused),
    Scene("desk-pause-menu", AGENT, "/desk", then=pause_menu),
    Scene("desk-keys", AGENT, "/desk", then=key_list),
    Scene("desk-withheld", AGENT, "/desk", then=withheld),
    Scene("desk-telephone", AGENT, "/desk", then=by_telephone),
    Scene("desk-no-microphone", AGENT, "/desk", then=no_microphone, script=NO_MICROPHONE),
    Scene("desk-refused", AGENT, "/desk", then=refused_telephone),
    Scene("desk-gap", AGENT, "/desk", then=gap),
    Scene("desk-offline", AGENT, "/desk", then=cut_off, expected=("ERR_INTERNET",)),
    Scene("desk-long", AGENT, "/desk", before=long_past, then=long_words),
    Scene(
        "board-day",
        SUPERVISOR,
        "/board",
        before=busy,
        then=painted,
        sizes=(DESKTOP, LAPTOP, ZOOMED, TELEPHONE_SCREEN),
    ),
    Scene("board-dark", SUPERVISOR, "/board", before=busy, then=painted, theme="dark"),
    Scene("board-tip", SUPERVISOR, "/board", before=busy, then=tip),
    Scene(
        "board-alarm",
        SUPERVISOR,
        "/board",
        before=alarming,
        then=painted,
        sizes=(DESKTOP, LAPTOP, ZOOMED, TELEPHONE_SCREEN),
    ),
    Scene("board-empty", SUPERVISOR, "/board", before=midnight, then=painted),
    Scene("board-wall", SUPERVISOR, "/board/wall", before=busy, then=on_the_wall, sizes=WALLS),
    Scene(
        "board-wall-alarm",
        SUPERVISOR,
        "/board/wall",
        before=alarming,
        then=on_the_wall,
        sizes=WALLS,
    ),
    Scene("login", None, "/login", sizes=(DESKTOP, LAPTOP, TELEPHONE_SCREEN)),
    Scene("tickets", AGENT, "/tickets", before=some_tickets),
    Scene("ticket", AGENT, "/tickets/20260928-000001", before=some_tickets),
    Scene("ticket-no-limit", AGENT, "/tickets/20260928-000002", before=some_tickets),
    Scene("calls", SUPERVISOR, "/board/calls?which=lost", before=some_calls),
    Scene("calls-recorded", SUPERVISOR, "/board/calls?which=answered", before=rec.a_recording),
    Scene("call-recorded", AGENT, f"/calls/{CALL}", before=rec.a_recording),
    Scene("call-removed", SUPERVISOR, f"/calls/{CALL}", before=rec.a_removed_recording),
    Scene("call-going-on", SUPERVISOR, f"/calls/{CALL}", before=rec.a_conversation_going_on),
    Scene("ticket-recorded", AGENT, "/tickets/20260928-000001", before=rec.a_recorded_ticket),
    Scene("return-calls", AGENT, "/return-calls", before=back.to_call_back),
    Scene("return-calls-empty", AGENT, "/return-calls"),
    Scene("return-calls-closed", SUPERVISOR, "/return-calls?which=closed", before=back.done_with),
    Scene(
        "return-calls-refused",
        AGENT,
        "/return-calls",
        before=back.to_call_back,
        then=back.refused,
        expected=("409",),
    ),
    Scene("follow-ups", AGENT, "/follow-ups", before=follow.owed),
    Scene("follow-ups-empty", AGENT, "/follow-ups", before=follow.nobody),
    Scene("follow-ups-many", AGENT, "/follow-ups?page=500", before=follow.many),
    Scene("follow-up-low", AGENT, "/follow-ups/20260926-000007", before=follow.owed),
    Scene("follow-up-rating", AGENT, "/follow-ups/20260925-000123", before=follow.with_ratings),
    Scene("desk-to-call-back", AGENT, "/desk", before=back.to_call_back, then=back.on_the_desk),
    Scene("emergency", SUPERVISOR, "/emergency", before=some_records),
    Scene("linkage", SUPERVISOR, f"/emergency/{CALL}", before=some_records),
    Scene("status", ADMINISTRATOR, "/status", before=some_ill),
    Scene("status-well", SUPERVISOR, "/status", before=all_well),
    Scene("users", ADMINISTRATOR, "/users"),
    Scene("user", ADMINISTRATOR, "/users/u-o01", before=folk.units_with_people),
    Scene("units", ADMINISTRATOR, "/units", before=folk.units_with_people),
    Scene("unit", ADMINISTRATOR, "/units/zh", before=folk.units_with_people),
    Scene(
        "portal",
        PEOPLE[Role.OFFICER],
        "/portal",
        before=folk.a_unit_at_work,
        sizes=(DESKTOP, LAPTOP, TELEPHONE_SCREEN),
    ),
    Scene("portal-empty", PEOPLE[Role.OFFICER], "/portal", sizes=(DESKTOP, TELEPHONE_SCREEN)),
    Scene("portal-long", PEOPLE[Role.OFFICER], "/portal?page=3", before=folk.a_long_list),
    Scene(
        "ticket-people",
        SUPERVISOR,
        "/tickets/20260928-000001",
        before=folk.somebody_looked,
        sizes=(DESKTOP, LAPTOP, TELEPHONE_SCREEN),
    ),
    Scene(
        "ticket-officer",
        PEOPLE[Role.OFFICER],
        "/tickets/20260928-000001",
        before=folk.somebody_looked,
    ),
    Scene("directory", SUPERVISOR, "/directory", before=rows.a_long_one),
    Scene("directory-empty", ADMINISTRATOR, "/directory", before=rows.none_yet),
    Scene("directory-preview", ADMINISTRATOR, "/directory", then=rows.good_file),
    Scene("directory-wrong", ADMINISTRATOR, "/directory", then=rows.bad_file),
    Scene("me", AGENT, "/me"),
    Scene("trust", None, "/trust", sizes=(DESKTOP, LAPTOP, TELEPHONE_SCREEN)),
    Scene("keys", AGENT, "/keys"),
    Scene("no-such-page", AGENT, "/nowhere", expected=("404",)),
)
"""The order is that of a shift; names are those of the files in docs/shots."""

"""What a desk is sent, in which order, and how often."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from agent_desk import wire
from agent_desk.lines import Browser
from agent_desk.screens import DeskScreens
from hotline.effects import (
    EndPop,
    PopScreen,
    ReconcileLog,
    ShowAgent,
    ShowBoard,
    ShowEmergency,
    ShowGap,
    WithdrawPop,
)
from hotline.words import AgentId, CallId, Phone, Role
from tests.agent_desk.fakes import (
    CALL,
    CALLER,
    MORNING,
    PEOPLE,
    SECOND_AGENT,
    Town,
    linkage,
    settings,
)

pytestmark = pytest.mark.anyio

MINE = AgentId("1001")
OTHER = AgentId("1002")


class Tab:
    """A browser's window: what it was sent, what it acknowledged."""

    def __init__(self, screens: DeskScreens, agent: AgentId = MINE) -> None:
        self.screens = screens
        self.agent = agent
        self.browser = Browser()
        self.epoch = ""
        self.last_seq = 0
        self.frames: list[dict[str, Any]] = []

    def opens(self, epoch: str = "", last_seq: int = 0) -> Tab:
        self.screens.resume(
            self.agent, "林晓岚", self.browser, wire.Resume(last_seq=last_seq, epoch=epoch)
        )
        return self.reads()

    def reads(self) -> Tab:
        while self.browser._frames:
            self.frames.append(json.loads(self.browser._frames.popleft()))
        return self

    def acks(self) -> Tab:
        self.reads()
        self.last_seq = max([self.last_seq, *(f["seq"] for f in self.frames)])
        self.screens.ack(self.agent, self.browser, self.last_seq)
        return self

    def types(self) -> list[str]:
        return [f["type"] for f in self.reads().frames]

    def of(self, type: str) -> list[dict[str, Any]]:
        return [f for f in self.reads().frames if f["type"] == type]


@pytest.fixture
def screens(town: Town) -> DeskScreens:
    return DeskScreens(town.ports(), settings())


async def settle(screens: DeskScreens) -> None:
    """Let the questions to the ledger be answered."""
    while screens._look_ups:
        await asyncio.gather(*screens._look_ups, return_exceptions=True)
        await asyncio.sleep(0)


async def rings(screens: DeskScreens, town: Town, agent: AgentId = MINE) -> None:
    town.live.rings(CALL, agent)
    screens.show(PopScreen(agent=agent, call=CALL, stage="ringing"))
    await settle(screens)


async def test_a_new_window_gets_the_whole_picture(screens: DeskScreens, town: Town) -> None:
    tab = Tab(screens).opens()
    assert tab.types() == ["picture"]
    assert tab.frames[0]["seq"] == 1
    assert tab.frames[0]["seat"]["agent"] == MINE


async def test_a_call_pops_at_once_and_again_when_its_history_is_known(
    screens: DeskScreens, town: Town
) -> None:
    tab = Tab(screens).opens()
    town.live.rings(CALL, MINE)
    screens.show(PopScreen(agent=MINE, call=CALL, stage="ringing"))
    first = tab.of("pop")
    assert len(first) == 1, "the pop must not wait for the ledger"
    assert first[0]["caller"]["number"] == CALLER.digits
    assert first[0]["caller"]["earlier_calls"] is None
    await settle(screens)
    pops = tab.of("pop")
    assert [p["pop_id"] for p in pops] == [f"{CALL}:1001"] * 2
    assert pops[1]["caller"]["earlier_calls"] == 3
    assert pops[1]["seq"] == pops[0]["seq"] + 1


async def test_a_ledger_that_fails_costs_the_history_only(screens: DeskScreens, town: Town) -> None:
    town.calls.fault = OSError("disk")
    tab = Tab(screens).opens()
    await rings(screens, town)
    assert len(tab.of("pop")) == 1


async def test_only_the_agent_who_is_rung_sees_the_call(screens: DeskScreens, town: Town) -> None:
    mine, other = Tab(screens).opens(), Tab(screens, OTHER).opens()
    await rings(screens, town)
    assert mine.of("pop")
    assert other.types() == ["picture"]


async def test_the_same_pop_twice_is_sent_once(screens: DeskScreens, town: Town) -> None:
    tab = Tab(screens).opens()
    await rings(screens, town)
    screens.show(PopScreen(agent=MINE, call=CALL, stage="ringing"))
    assert len(tab.of("pop")) == 2  # at once, and with its history


async def test_answering_promotes_the_pop_and_keeps_its_history(
    screens: DeskScreens, town: Town
) -> None:
    tab = Tab(screens).opens()
    await rings(screens, town)
    screens.show(PopScreen(agent=MINE, call=CALL, stage="talking"))
    last = tab.of("pop")[-1]
    assert last["stage"] == "talking"
    assert last["pop_id"] == f"{CALL}:1001"
    assert last["caller"]["earlier_calls"] == 3


async def test_a_withdrawn_pop_says_why(screens: DeskScreens, town: Town) -> None:
    tab = Tab(screens).opens()
    await rings(screens, town)
    screens.show(WithdrawPop(agent=MINE, call=CALL, why="answered-elsewhere"))
    assert tab.of("pop-withdrawn")[0]["why"] == "answered-elsewhere"
    screens.show(WithdrawPop(agent=MINE, call=CALL, why="answered-elsewhere"))
    assert len(tab.of("pop-withdrawn")) == 1


async def test_history_that_comes_after_the_withdrawal_is_thrown_away(
    screens: DeskScreens, town: Town
) -> None:
    tab = Tab(screens).opens()
    town.live.rings(CALL, MINE)
    screens.show(PopScreen(agent=MINE, call=CALL, stage="ringing"))
    screens.show(WithdrawPop(agent=MINE, call=CALL, why="no-answer"))
    await settle(screens)
    assert tab.types() == ["picture", "pop", "pop-withdrawn"]


async def test_a_call_that_comes_back_to_the_same_seat_pops_again(
    screens: DeskScreens, town: Town
) -> None:
    tab = Tab(screens).opens()
    await rings(screens, town)
    screens.show(WithdrawPop(agent=MINE, call=CALL, why="no-answer"))
    await rings(screens, town)
    assert tab.types()[-1] == "pop"


async def test_the_form_of_an_ended_call_stays_until_it_is_saved_or_left(
    screens: DeskScreens, town: Town
) -> None:
    await rings(screens, town)
    screens.show(PopScreen(agent=MINE, call=CALL, stage="talking"))
    screens.show(EndPop(agent=MINE, call=CALL))
    town.live.ringing.clear()
    assert [p["stage"] for p in Tab(screens).opens().frames[0]["pops"]] == ["ended"]
    screens.leave(MINE, CALL)
    assert Tab(screens).opens().frames[0]["pops"] == []


async def test_leaving_a_live_call_changes_nothing(screens: DeskScreens, town: Town) -> None:
    await rings(screens, town)
    screens.leave(MINE, CALL)
    assert Tab(screens).opens().frames[0]["pops"]


async def test_forms_nobody_saves_do_not_pile_up(screens: DeskScreens, town: Town) -> None:
    for n in range(10):
        call = CallId(f"call-{n}")
        town.live.rings(call, MINE)
        screens.show(PopScreen(agent=MINE, call=call, stage="talking"))
        screens.show(EndPop(agent=MINE, call=call))
        town.live.ringing.clear()
    pops = Tab(screens).opens().frames[0]["pops"]
    assert len(pops) <= 4
    assert pops[-1]["call"] == "call-9"


async def test_a_withheld_number_has_no_history(screens: DeskScreens, town: Town) -> None:
    tab = Tab(screens).opens()
    town.live.rings(CALL, MINE, caller=Phone(""))
    screens.show(PopScreen(agent=MINE, call=CALL, stage="ringing"))
    await settle(screens)
    (pop,) = tab.of("pop")
    assert pop["caller"]["withheld"] is True
    assert pop["caller"]["earlier_calls"] == 0


# ------------------------------------------------------------------------------------ again


async def test_what_was_missed_is_replayed_in_order(screens: DeskScreens, town: Town) -> None:
    tab = Tab(screens).opens().acks()
    screens.gone(MINE, tab.browser)
    await rings(screens, town)
    screens.show(PopScreen(agent=MINE, call=CALL, stage="talking"))
    screens.show(ShowAgent(agent=MINE))
    again = Tab(screens).opens(screens.epoch, tab.last_seq)
    assert again.types() == ["pop", "pop", "pop", "agent"]
    assert [f["seq"] for f in again.frames] == [2, 3, 4, 5]


async def test_nothing_missed_means_nothing_sent_again(screens: DeskScreens, town: Town) -> None:
    tab = Tab(screens).opens()
    await rings(screens, town)
    tab.acks()
    assert Tab(screens).opens(screens.epoch, tab.last_seq).types() == []


async def test_after_a_restart_numbers_of_the_old_run_mean_nothing(town: Town) -> None:
    before = DeskScreens(town.ports(), settings())
    Tab(before).opens()
    after = DeskScreens(town.ports(), settings())
    town.live.rings(CALL, MINE, stage="talking")
    tab = Tab(after).opens(before.epoch, 1)
    assert tab.types() == ["picture"]
    assert [p["stage"] for p in tab.frames[0]["pops"]] == ["talking"]


async def test_a_gap_too_long_to_replay_brings_the_picture(
    screens: DeskScreens, town: Town
) -> None:
    tab = Tab(screens).opens().acks()
    screens.gone(MINE, tab.browser)
    for _ in range(600):
        screens.show(ShowAgent(agent=MINE))
    again = Tab(screens).opens(screens.epoch, tab.last_seq)
    assert again.types() == ["picture"]
    assert again.frames[0]["seq"] == 602


async def test_a_number_from_the_future_brings_the_picture(screens: DeskScreens) -> None:
    assert Tab(screens).opens(screens.epoch, 99).types() == ["picture"]


async def test_a_ring_that_ended_while_away_is_not_in_the_picture(
    screens: DeskScreens, town: Town
) -> None:
    await rings(screens, town)
    town.live.ringing.clear()
    assert Tab(screens).opens().frames[0]["pops"] == []


async def test_the_newest_window_is_the_telephone(screens: DeskScreens, town: Town) -> None:
    first = Tab(screens).opens()
    second = Tab(screens).opens()
    assert first.types()[-1] == "elsewhere"
    assert first.browser.close_code == wire.CLOSE_ELSEWHERE
    await rings(screens, town)
    assert second.of("pop")
    assert not first.of("pop")
    screens.gone(MINE, first.browser)
    screens.show(ShowAgent(agent=MINE))
    assert second.of("agent"), "the old window closing must not cut off the new one"


# -------------------------------------------------------------------------------- acknowledge


async def test_what_is_not_acknowledged_in_two_seconds_is_sent_again(
    screens: DeskScreens, town: Town
) -> None:
    tab = Tab(screens).opens().acks()
    board = Browser()
    await screens.open_board(board)
    await rings(screens, town)
    town.time.passes(1.9)
    _chase(screens)
    assert len(tab.of("pop")) == 2
    town.time.passes(0.2)
    _chase(screens)
    assert [p["seq"] for p in tab.of("pop")] == [2, 3, 2, 3]
    notice = json.loads(board._frames.pop())
    assert notice["type"] == "notice"
    assert notice["call"] == CALL
    assert "林晓岚 1001 的坐席台没有回应，已重发" in notice["text"]


async def test_a_chase_that_fails_is_written_down_and_the_next_one_comes(
    screens: DeskScreens, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    Tab(screens).opens()
    chased = 0
    again = asyncio.Event()

    def fails_once(_: DeskScreens, __: object) -> None:
        nonlocal chased
        chased += 1
        if chased == 1:
            raise RuntimeError("boom")
        again.set()

    monkeypatch.setattr(DeskScreens, "_chase", fails_once)
    chasing = asyncio.create_task(screens._chase_for_ever())
    async with asyncio.timeout(30):
        await again.wait()
    chasing.cancel()
    await asyncio.gather(chasing, return_exceptions=True)
    assert [record.message for record in caplog.records] == ["desk not chased"]


async def test_supervisors_are_told_once_per_stall(screens: DeskScreens, town: Town) -> None:
    tab = Tab(screens).opens().acks()
    await rings(screens, town)
    for _ in range(3):
        town.time.passes(2.1)
        _chase(screens)
    assert [n.kind for n in screens.notices()] == ["unacknowledged"]
    tab.acks()
    screens.show(ShowAgent(agent=MINE))
    town.time.passes(2.1)
    _chase(screens)
    assert [n.kind for n in screens.notices()] == ["unacknowledged"] * 2


async def test_a_desk_silent_for_ten_seconds_is_made_to_come_back(
    screens: DeskScreens, town: Town
) -> None:
    tab = Tab(screens).opens().acks()
    await rings(screens, town)
    for _ in range(6):
        town.time.passes(2.0)
        _chase(screens)
    assert tab.browser.close_code == wire.CLOSE_TOO_SLOW
    assert screens.notices()[-1].kind == "slow-browser"
    again = Tab(screens).opens(screens.epoch, tab.last_seq)
    assert again.types() == ["pop", "pop"]


async def test_an_acknowledged_frame_is_never_sent_again(screens: DeskScreens, town: Town) -> None:
    tab = Tab(screens).opens()
    await rings(screens, town)
    tab.acks()
    town.time.passes(60)
    _chase(screens)
    assert len(tab.of("pop")) == 2
    assert screens.notices() == ()


async def test_acknowledging_what_was_never_sent_does_nothing(
    screens: DeskScreens, town: Town
) -> None:
    tab = Tab(screens).opens().acks()
    screens.ack(MINE, tab.browser, 10_000)
    await rings(screens, town)
    town.time.passes(2.1)
    _chase(screens)
    assert len(tab.of("pop")) == 4


async def test_an_old_window_cannot_acknowledge_for_the_new_one(
    screens: DeskScreens, town: Town
) -> None:
    old = Tab(screens).opens().acks()
    new = Tab(screens).opens().acks()
    await rings(screens, town)
    screens.ack(MINE, old.browser, 99)
    town.time.passes(2.1)
    _chase(screens)
    assert len(new.of("pop")) == 4


async def test_nobody_is_blamed_for_a_desk_that_is_not_open(
    screens: DeskScreens, town: Town
) -> None:
    await rings(screens, town)
    town.time.passes(60)
    _chase(screens)
    assert screens.notices() == ()


def _chase(screens: DeskScreens) -> None:
    for desk in screens._desks.values():
        screens._chase(desk)


# -------------------------------------------------------------------------------------- stall


async def test_a_window_that_does_not_read_is_cut_off_and_nobody_else(
    screens: DeskScreens, town: Town
) -> None:
    stalled, healthy = Tab(screens).opens(), Tab(screens, OTHER).opens()
    for _ in range(300):
        screens.show(ShowAgent(agent=MINE))
        screens.show(ShowAgent(agent=OTHER))
        healthy.acks()
    assert stalled.browser.close_code == wire.CLOSE_TOO_SLOW
    assert len(stalled.browser._frames) <= 256
    assert len(healthy.of("agent")) == 300


async def test_the_strip_never_queues_up(screens: DeskScreens) -> None:
    browser = Browser()
    for n in range(1000):
        browser.send_latest("strip", str(n))
    browser.close(1000)
    frames = [frame async for frame in browser.frames()]
    assert frames == []
    assert not browser._frames


async def test_a_reader_gets_reliable_frames_before_the_latest_strip() -> None:
    browser = Browser()
    browser.send_latest("strip", "old strip")
    browser.send("pop")
    browser.send_latest("strip", "new strip")
    frames = browser.frames()
    assert [await anext(frames), await anext(frames)] == ["pop", "new strip"]


# ----------------------------------------------------------------------------------- the rest


async def test_an_emergency_is_shown_to_the_agent_who_has_the_call(
    screens: DeskScreens, town: Town
) -> None:
    tab = Tab(screens).opens()
    await rings(screens, town)
    town.live.records[CALL] = linkage(linked=False)
    screens.show(ShowEmergency(call=CALL, agent=MINE))
    assert tab.of("emergency")[0]["emergency"]["phase"] == "ringing"
    picture = Tab(screens).opens().frames[0]
    assert picture["pops"][0]["emergency"]["service"] == "119"
    assert picture["emergencies"][0]["call"] == CALL


async def test_an_emergency_that_was_handed_over_is_followed_to_its_end(
    screens: DeskScreens, town: Town
) -> None:
    tab, other = Tab(screens).opens(), Tab(screens, OTHER).opens()
    town.live.records[CALL] = linkage(linked=False)
    screens.show(ShowEmergency(call=CALL, agent=MINE))
    town.live.records[CALL] = linkage(linked=True)
    screens.show(ShowEmergency(call=CALL, agent=None))
    del town.live.records[CALL]
    screens.show(ShowEmergency(call=CALL, agent=None))
    told = [frame["emergency"] for frame in tab.of("emergency")]
    assert [(one["linked"], one["ended_at"] is not None) for one in told] == [
        (False, False),
        (True, False),
        (True, True),
    ]
    assert other.of("emergency") == []


async def test_an_emergency_without_an_agent_is_for_the_board_alone(
    screens: DeskScreens, town: Town
) -> None:
    tab = Tab(screens).opens()
    town.live.records[CALL] = linkage()
    screens.show(ShowEmergency(call=CALL, agent=None))
    assert tab.types() == ["picture"]


async def test_a_gap_is_told_to_every_desk(screens: DeskScreens, town: Town) -> None:
    tabs = [Tab(screens).opens(), Tab(screens, OTHER).opens()]
    town.live.gap = MORNING
    screens.show(ShowGap(open=True))
    for tab in tabs:
        (gap,) = tab.of("gap")
        assert gap["open"] is True
        assert gap["since"].startswith("2026-09-28T10:42:16")


async def test_a_fault_in_a_screen_never_reaches_the_rules(
    screens: DeskScreens, town: Town, caplog: pytest.LogCaptureFixture
) -> None:
    town.live.card = None  # type: ignore[assignment, method-assign]
    screens.show(PopScreen(agent=MINE, call=CALL, stage="ringing"))
    assert "screen effect failed" in caplog.text
    assert CALLER.digits not in caplog.text


async def test_effects_of_other_rooms_are_none_of_ours(screens: DeskScreens) -> None:
    screens.show(ReconcileLog(since=None))
    screens.show(ShowBoard())


async def test_hello_tells_the_run_and_the_last_number(screens: DeskScreens, town: Town) -> None:
    Tab(screens).opens()
    hello = json.loads(screens.hello(PEOPLE[Role.AGENT]))
    assert hello["seq"] == 0
    assert hello["epoch"] == screens.epoch
    assert hello["last_seq"] == 1
    assert hello["ack_within_ms"] == 2000
    assert json.loads(screens.hello(SECOND_AGENT))["last_seq"] == 0

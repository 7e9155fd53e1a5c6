"""The ears: what is followed, what is judged, and what never leaves memory."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from dataclasses import dataclass, field
from typing import cast

import pytest

from agent_desk.aids import DraftShown
from agent_desk.said import Said
from hotline.emergency import Alarm
from hotline.events import EmergencySpoken, Event
from hotline.facts import CallTaken, Fact
from hotline.return_events import ReturnCallAnswered, ReturnCallAsked
from hotline.words import AgentId, CallId, Phone, ReturnCallId, Service, UserId
from hotline.world import World
from ivr.recognizer import Leg, Resumed, Words
from ivr.taps import Ears
from switchboard import listening as module
from switchboard.aids import Aid
from switchboard.listening import Listener
from switchboard.models import emergency_model
from tests.hotline.play import START, Scene

pytestmark = pytest.mark.anyio


@dataclass
class FakeEars:
    done: list[str] = field(default_factory=list)

    async def follow(
        self, call: CallId, *, caller: str | None = None, agent: str | None = None
    ) -> None:
        self.done.append(f"follow {call} caller={caller} agent={agent}")

    async def leave(self, call: CallId) -> None:
        self.done.append(f"leave {call}")


@dataclass
class Heard:
    ears: FakeEars = field(default_factory=FakeEars)
    events: list[Event] = field(default_factory=list)

    shown: list[tuple[AgentId, Said]] = field(default_factory=list)
    aids: list[tuple[AgentId, Aid]] = field(default_factory=list)

    def said(self, agent: AgentId, said: Said) -> None:
        self.shown.append((agent, said))

    def aid(self, agent: AgentId, aid: Aid) -> None:
        self.aids.append((agent, aid))

    def listener(self) -> Listener:
        ears = cast("Ears", self.ears)
        return Listener(ears, emergency_model(), self.events.append, self)


@dataclass
class FakeHelp:
    """What helps with a call: here a draft of nothing, as soon as there is a word."""

    done: list[str] = field(default_factory=list)
    drafts: dict[CallId, DraftShown] = field(default_factory=dict)

    def heard(self, said: Said, /) -> None:
        self.done.append(f"heard {said.leg} {said.text}")
        self.drafts[said.call] = DraftShown(call=said.call)

    def of(self, call: CallId, /) -> tuple[Aid, ...]:
        return (self.drafts[call],) if call in self.drafts else ()

    async def finish(self, call: CallId, /) -> None:
        self.done.append(f"finish {call}")

    def drop(self, call: CallId, /) -> None:
        self.done.append(f"drop {call}")


def facts_of(scene: Scene, since: int) -> tuple[World, tuple[Fact, ...]]:
    return scene.world, tuple(scene.facts[since:])


def said(text: str, *, leg: Leg = "caller", final: bool = True, call: str = "a") -> Words:
    return Words(
        call=CallId(call),
        leg=leg,
        text=text,
        spoken=tuple(text),
        final=final,
        from_s=0.0,
        to_s=1.0,
        at=START + dt.timedelta(seconds=5),
    )


def follow_a_call(heard: Heard) -> Listener:
    scene = Scene()
    listener = heard.listener()
    scene.arrives("a")
    listener.watch(*facts_of(scene, 0))
    return listener


async def test_a_caller_is_followed_from_the_greeting_and_an_agent_from_the_answer() -> None:
    heard, scene = Heard(), Scene()
    listener = heard.listener()
    scene.seated("1001")
    scene.arrives("a")
    scene.queues("a")
    scene.answers("a", "1001")
    scene.ends("a", member="PJSIP/1001")
    listener.watch(*facts_of(scene, 0))
    await asyncio.sleep(0)
    assert heard.ears.done == [
        "follow a caller=PJSIP/carrier-a agent=None",
        "follow a caller=None agent=PJSIP/1001-a",
        "leave a",
    ]


async def test_nobody_listens_to_a_caller_who_speaks_with_the_fire_brigade() -> None:
    heard, scene = Heard(), Scene()
    listener = heard.listener()
    scene.arrives("a")
    scene.steps("a", "chosen", "119")
    scene.steps("a", "answered", "119", trunk=1)
    listener.watch(*facts_of(scene, 0))
    await asyncio.sleep(0)
    assert heard.ears.done[-1] == "leave a"


async def test_a_fire_that_is_spoken_of_is_told_to_the_rules_once() -> None:
    heard = Heard()
    listener = follow_a_call(heard)
    for _ in range(3):
        listener.told(said("我家着火了快来救火"))
    [event] = heard.events
    assert isinstance(event, EmergencySpoken)
    assert (event.call, event.service, event.level) == ("a", Service.FIRE, "red")
    assert event.at == START + dt.timedelta(seconds=5)


async def test_a_question_about_yesterdays_fire_is_not_an_emergency() -> None:
    heard = Heard()
    follow_a_call(heard).told(said("昨天着火了请问赔偿找谁"))
    assert not [e for e in heard.events if isinstance(e, EmergencySpoken) and e.level == "red"]


@pytest.mark.parametrize(
    "words",
    [
        said("我家着火了快来救火", leg="agent"),
        said("我家着火了快来救火", final=False),
        said("我家着火了快来救火", call="stranger"),
        said(""),
    ],
)
async def test_only_what_a_live_caller_said_to_the_end_is_judged(words: Words) -> None:
    heard = Heard()
    follow_a_call(heard).told(words)
    assert heard.events == []


async def test_amber_may_become_red_but_red_is_never_raised_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    levels = iter(["amber", "amber", "red", "amber", "red"])

    def judged(_said: list[str], _model: object) -> Alarm:
        return Alarm(Service.FIRE, next(levels), "words 119", "“着火”", 0.9)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "notice", judged)
    heard = Heard()
    listener = follow_a_call(heard)
    for _ in range(5):
        listener.told(said("着火了"))
    assert [e.level for e in heard.events if isinstance(e, EmergencySpoken)] == ["amber", "red"]


async def test_what_a_caller_said_is_in_no_event_and_in_no_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    heard = Heard()
    with caplog.at_level(logging.DEBUG):
        follow_a_call(heard).told(said("我家着火了快来救火"))
    assert "着火" not in repr(heard.events)
    assert "着火" not in caplog.text


async def test_what_was_said_while_waiting_is_shown_to_the_agent_who_answers() -> None:
    heard, scene = Heard(), Scene()
    listener = heard.listener()
    scene.seated("1001")
    scene.arrives("a")
    listener.watch(*facts_of(scene, 0))
    listener.told(said("你好"))
    listener.told(said("我要投诉", final=False))
    assert heard.shown == []
    before = len(scene.facts)
    scene.queues("a")
    scene.answers("a", "1001")
    listener.watch(*facts_of(scene, before))
    listener.told(said("我要投诉噪声"))
    assert [(agent, words.text) for agent, words in heard.shown] == [
        ("1001", "你好"),
        ("1001", "我要投诉噪声"),
    ]


async def test_a_gap_in_listening_is_shown_with_its_seconds() -> None:
    heard, scene = Heard(), Scene()
    listener = heard.listener()
    scene.seated("1001")
    scene.arrives("a")
    scene.queues("a")
    scene.answers("a", "1001")
    listener.watch(*facts_of(scene, 0))
    listener.told(Resumed(call=CallId("a"), leg="caller", from_s=4.0, to_s=7.5, at=START))
    [(_, gap)] = heard.shown
    assert (gap.gap_s, gap.text, gap.final) == (3.5, "", True)


# ------------------------------------------------------------------------- draft and answers beside


async def test_what_helped_while_waiting_goes_to_the_agent_who_answers() -> None:
    heard, scene, help_ = Heard(), Scene(), FakeHelp()
    listener = heard.listener()
    listener.aids = help_
    scene.seated("1001")
    scene.arrives("a")
    listener.watch(*facts_of(scene, 0))
    listener.told(said("我要投诉"))
    listener.aid(help_.drafts[CallId("a")])
    assert heard.aids == []
    before = len(scene.facts)
    scene.queues("a")
    scene.answers("a", "1001")
    listener.watch(*facts_of(scene, before))
    assert heard.aids == [("1001", DraftShown(call=CallId("a")))]
    listener.aid(DraftShown(call=CallId("a"), keywords=("噪声",)))
    listener.aid(DraftShown(call=CallId("stranger")))
    assert [agent for agent, _ in heard.aids] == ["1001", "1001"]


async def test_after_a_transfer_words_and_draft_are_the_new_agents() -> None:
    heard, scene, help_ = Heard(), Scene(), FakeHelp()
    listener = heard.listener()
    listener.aids = help_
    for agent in ("1001", "1002"):
        scene.seated(agent)
    scene.arrives("a")
    scene.queues("a")
    scene.answers("a", "1001")
    listener.watch(*facts_of(scene, 0))
    listener.told(said("我要投诉"))
    listener.told(said("投诉谁", leg="agent"))
    taken = CallTaken(
        at=START,
        call=CallId("a"),
        agent=AgentId("1002"),
        caller_channel="PJSIP/carrier-a",
        agent_channel="PJSIP/1002-a",
    )
    listener.watch(scene.world, (taken, taken))
    assert [(agent, words.text) for agent, words in heard.shown[2:]] == [
        ("1002", "我要投诉"),
        ("1002", "投诉谁"),
    ]
    assert [agent for agent, _ in heard.aids] == ["1002"]
    listener.told(said("投诉物业"))
    assert heard.shown[-1][0] == "1002"


async def test_partials_and_finals_of_both_sides_are_helped_with() -> None:
    heard, help_ = Heard(), FakeHelp()
    listener = follow_a_call(heard)
    listener.aids = help_
    listener.told(said("我要投", final=False))
    listener.told(said("我要投诉"))
    listener.told(said("请讲", leg="agent"))
    assert help_.done == ["heard caller 我要投", "heard caller 我要投诉", "heard agent 请讲"]


async def test_nothing_helps_with_a_caller_who_speaks_with_the_fire_brigade() -> None:
    heard, scene, help_ = Heard(), Scene(), FakeHelp()
    listener = heard.listener()
    listener.aids = help_
    scene.arrives("a")
    scene.steps("a", "chosen", "119")
    scene.steps("a", "answered", "119", trunk=1)
    listener.watch(*facts_of(scene, 0))
    listener.told(said("仓库着火了"))
    listener.aid(DraftShown(call=CallId("a")))
    assert help_.done == ["drop a"]
    assert heard.aids == []


async def test_the_last_words_after_hanging_up_are_shown_and_drafted_but_alarm_nobody() -> None:
    heard, scene, help_ = Heard(), Scene(), FakeHelp()
    listener = heard.listener()
    listener.aids = help_
    still_told = asyncio.Event()

    async def leave(call: CallId) -> None:
        listener.told(said("我家着火了快来救火", call=call))
        still_told.set()

    heard.ears.leave = leave  # type: ignore[method-assign]  # words that were under way
    scene.seated("1001")
    scene.arrives("a")
    scene.queues("a")
    scene.answers("a", "1001")
    scene.ends("a", member="PJSIP/1001")
    listener.watch(*facts_of(scene, 0))
    await asyncio.wait_for(still_told.wait(), 15)
    await asyncio.sleep(0)
    assert [words.text for _, words in heard.shown] == ["我家着火了快来救火"]
    assert help_.done == ["heard caller 我家着火了快来救火", "finish a"]
    assert heard.events == []
    listener.told(said("还有"))
    assert len(heard.shown) == 1


async def test_a_citizen_who_is_called_back_is_heard_from_his_answer_on() -> None:
    heard, scene = Heard(), Scene()
    listener = heard.listener()
    scene.seated("1001")
    scene.tell(
        ReturnCallAsked,
        agent=AgentId("1001"),
        by=UserId("u"),
        call=CallId("out"),
        task=ReturnCallId("lost"),
        citizen=Phone("13900139000"),
    )
    scene.tell(
        ReturnCallAnswered,
        call=CallId("out"),
        agent=AgentId("1001"),
        caller_channel="PJSIP/carrier-1",
        agent_channel="PJSIP/1001-1",
    )
    listener.watch(scene.world, scene.facts)
    await asyncio.sleep(0)
    assert heard.ears.done == ["follow out caller=PJSIP/carrier-1 agent=PJSIP/1001-1"]

"""Effects as AMI actions."""

from __future__ import annotations

from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.effects import HandOver, PauseSeat, UnpauseSeat
from hotline.errors import ExchangeRefused
from hotline.words import AgentId, CallId, EmergencyAction, Service
from ivr.ami_frames import Message, checked
from ivr.phone import Hands, blind_transfer, hand_over, hang_up, pause

pytestmark = pytest.mark.anyio

CALLER = "PJSIP/carrier-0000000a"


class Recorder:
    """An exchange that notes what it is told, and refuses what it is told to refuse."""

    def __init__(self, *refused: str, retryable: bool = False) -> None:
        self.told: list[Message] = []
        self.refused = refused
        self.retryable = retryable

    async def __call__(self, action: Message, timeout: float = 5.0) -> list[Message]:
        self.told.append(checked(action))
        if action["Action"] in self.refused or action.get("Interface") in self.refused:
            raise ExchangeRefused(action["Action"], "no", retryable=self.retryable)
        return [{"Response": "Success"}]


def to_fire(how: EmergencyAction, reason: Literal["words", "agent"] = "agent") -> HandOver:
    return HandOver(call=CallId("x"), channel=CALLER, service=Service.FIRE, how=how, reason=reason)


@pytest.mark.parametrize(
    ("how", "context", "stage"),
    [
        (EmergencyAction.TRANSFER, "emergency", "emergency"),
        (EmergencyAction.CONFIRM, "emergency-confirm", "confirm"),
        (EmergencyAction.TELL, "emergency-tell", "told"),
    ],
)
async def test_a_caller_is_sent_to_119_with_its_reason_on_record_first(
    how: EmergencyAction, context: str, stage: str
) -> None:
    act = Recorder()
    await Hands(act).do(to_fire(how))
    *marks, move = act.told
    assert {mark["Variable"]: mark["Value"] for mark in marks} == {
        "HOTLINE_REASON": "agent",
        "HOTLINE_STAGE": stage,
    }
    assert move == {
        "Action": "Redirect",
        "Channel": CALLER,
        "Context": context,
        "Exten": "119",
        "Priority": "1",
    }


async def test_a_mark_that_is_refused_keeps_nobody_from_119() -> None:
    act = Recorder("Setvar")
    await Hands(act).do(to_fire(EmergencyAction.TRANSFER))
    assert act.told[-1]["Action"] == "Redirect"


async def test_while_asterisk_is_away_the_whole_hand_over_can_be_tried_again() -> None:
    with pytest.raises(ExchangeRefused) as refused:
        await Hands(Recorder("Setvar", retryable=True)).do(to_fire(EmergencyAction.TRANSFER))
    assert refused.value.retryable


async def test_a_break_is_for_both_telephones_of_the_seat() -> None:
    act = Recorder()
    await Hands(act).do(PauseSeat(agent=AgentId("1001"), reason="小休"))
    await Hands(act).do(UnpauseSeat(agent=AgentId("1001")))
    assert [(one["Interface"], one["Paused"], one.get("Reason")) for one in act.told] == [
        ("PJSIP/1001", "true", "小休"),
        ("PJSIP/1001-web", "true", "小休"),
        ("PJSIP/1001", "false", None),
        ("PJSIP/1001-web", "false", None),
    ]
    assert not any("Queue" in one for one in act.told)


async def test_one_telephone_that_is_refused_does_not_spare_the_other() -> None:
    act = Recorder("PJSIP/1001")
    with pytest.raises(ExchangeRefused):
        await Hands(act).do(PauseSeat(agent=AgentId("1001"), reason="小休"))
    assert [one["Interface"] for one in act.told] == ["PJSIP/1001", "PJSIP/1001-web"]


async def test_the_desk_hangs_up_and_sends_on() -> None:
    act = Recorder()
    hands = Hands(act)
    await hands.hang_up("PJSIP/1001-web-0000000b")
    await hands.blind_transfer("PJSIP/1001-0000000b", "1002")
    assert [one["Action"] for one in act.told] == ["Hangup", "BlindTransfer"]
    assert act.told[1]["Context"] == "agent-transfers"


BAD_CHANNELS = ["", "PJSIP", "PJSIP/x\r\nAction: Hangup", "PJSIP/${SHELL(id)}", "/^PJSIP/", "A/ b"]


@pytest.mark.parametrize("channel", BAD_CHANNELS)
def test_no_channel_is_anything_but_a_channel(channel: str) -> None:
    with pytest.raises(ExchangeRefused):
        hang_up(channel)
    with pytest.raises(ExchangeRefused):
        blind_transfer(channel, "1002")
    with pytest.raises(ExchangeRefused):
        hand_over(
            HandOver(
                call=CallId("x"), channel=channel, service=Service.FIRE,
                how=EmergencyAction.TRANSFER, reason="agent",
            )
        )  # fmt: skip


@pytest.mark.parametrize("number", ["", "12", "00862012345", "1002,1", "10 02", "*1", "１００２"])
def test_a_caller_is_sent_to_plain_numbers_only(number: str) -> None:
    with pytest.raises(ExchangeRefused):
        blind_transfer("PJSIP/1001-0000000b", number)


@given(st.text(max_size=200))
def test_any_reason_of_a_break_is_fit_to_send(reason: str) -> None:
    try:
        actions = [checked(action) for action in pause(AgentId("1001"), paused=True, reason=reason)]
    except ExchangeRefused:
        assert any(0xD800 <= ord(letter) < 0xE000 for letter in reason)
        return
    assert not any("|" in action["Reason"] for action in actions)


def test_an_agent_is_a_number() -> None:
    with pytest.raises(ExchangeRefused):
        pause(AgentId("1001-web"), paused=True)

"""Effects → AMI actions: the hands at Asterisk (port :class:`hotline.ports.Exchange`).

What is sent is made by pure functions; every value is checked against what it may be before it
goes on the wire, whoever it came from. The contexts are those of the dialplan.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, Protocol, assert_never

from hotline.effects import HandOver, PauseSeat, PlaceReturnCall, UnpauseSeat
from hotline.errors import ExchangeRefused
from hotline.ports import TelephoneEffect
from hotline.words import AgentId, EmergencyAction
from ivr.ami_frames import Message
from ivr.ami_reading import RETURN_CALLS, agent_of_device, is_agent, is_call

TRANSFERS: Final = "agent-transfers"
"""The context with every number a seat may send its caller to."""

_CHANNEL: Final = re.compile(r"[A-Za-z]+/[A-Za-z0-9_.@;-]{1,80}")
_NUMBER: Final = re.compile(r"[0-9]{3,8}")
_CITIZEN: Final = re.compile(r"[0-9]{7,12}")
_WAYS: Final = {
    EmergencyAction.TRANSFER: ("emergency", "emergency"),
    EmergencyAction.CONFIRM: ("emergency-confirm", "confirm"),
    EmergencyAction.TELL: ("emergency-tell", "told"),
}
"""What is to be done → the dialplan's context, and the stage that is on record from then on."""


class Acts(Protocol):
    """The link's hands: :meth:`ivr.ami.Ami.act`."""

    async def __call__(self, action: Message, timeout: float = 5.0) -> Sequence[Message]:
        """Send one action. Raises ExchangeRefused."""


class Hands:
    """Carries out what the rules and the desk ask of the exchange.

    Everything raises ExchangeRefused: not retryable when a value is unfit or Asterisk says no
    (mostly: that channel is gone), retryable while Asterisk is away.
    """

    def __init__(self, act: Acts) -> None:
        self._act = act

    async def do(self, effect: TelephoneEffect) -> None:
        """Carry out one effect of the rules."""
        match effect:
            case HandOver():
                await self._hand_over(effect)
            case PauseSeat():
                await self._all(pause(effect.agent, paused=True, reason=effect.reason))
            case UnpauseSeat():
                await self._all(pause(effect.agent, paused=False))
            case PlaceReturnCall():
                await self._act(return_call(effect))
            case _:
                assert_never(effect)

    async def hang_up(self, channel: str) -> None:
        """End one leg; the other side is told by Asterisk."""
        await self._act(hang_up(channel))

    async def blind_transfer(self, channel: str, to: str) -> None:
        """Send the caller who talks with the seat's leg ``channel`` on to another seat or to an
        emergency number. Attended transfers are made by the telephone itself (SIP REFER)."""
        await self._act(blind_transfer(channel, to))

    async def _hand_over(self, effect: HandOver) -> None:
        *marks, redirect = hand_over(effect)
        for mark in marks:
            try:
                await self._act(mark)
            except ExchangeRefused as refused:
                if refused.retryable:
                    raise
                # A mark that is refused must not keep anybody from 119: the move decides.
        await self._act(redirect)

    async def _all(self, actions: Sequence[Message]) -> None:
        """Every action, then the first refusal: one telephone's must not spare the other."""
        refusals = []
        for action in actions:
            try:
                await self._act(action)
            except ExchangeRefused as refused:
                refusals.append(refused)
        if refusals:
            raise refusals[0]


def hand_over(effect: HandOver) -> tuple[Message, ...]:
    """Marks for the record first (where the call stands, and why), the Redirect last."""
    channel = _fit("Redirect", "channel", effect.channel, _CHANNEL)
    context, stage = _WAYS[effect.how]
    return (
        _setvar(channel, "HOTLINE_REASON", effect.reason),
        _setvar(channel, "HOTLINE_STAGE", stage),
        {
            "Action": "Redirect",
            "Channel": channel,
            "Context": context,
            "Exten": str(effect.service),
            "Priority": "1",
        },
    )


def pause(agent: AgentId, *, paused: bool, reason: str = "") -> tuple[Message, ...]:
    """QueuePause for both telephones of a seat, in every queue they are in."""
    if not is_agent(agent):
        raise ExchangeRefused("QueuePause", "no agent's number", retryable=False)
    action = {"Action": "QueuePause", "Paused": "true" if paused else "false"}
    if paused:
        # queue_log separates its fields by bars.
        action["Reason"] = re.sub(r"[\x00-\x1f\x7f|]", " ", reason)[:60].strip()
    return tuple({**action, "Interface": f"PJSIP/{agent}{line}"} for line in ("", "-web"))


SEAT_RINGS_MS: Final = 20_000
"""How long a seat's own telephone rings before a return call is given up."""


def return_call(effect: PlaceReturnCall) -> Message:
    """Ring the seat; the dialplan calls the citizen once it is answered, and looks at the number
    again. The seat's telephone shows the citizen's number."""
    if agent_of_device(effect.device) != effect.agent:
        raise ExchangeRefused("Originate", "not this seat's telephone", retryable=False)
    if not is_call(effect.call):
        raise ExchangeRefused("Originate", "unfit call", retryable=False)
    digits = _fit("Originate", "number", effect.to.digits, _CITIZEN)
    return {
        "Action": "Originate",
        "Channel": effect.device,
        "Context": RETURN_CALLS,
        "Exten": str(effect.agent),
        "Priority": "1",
        "Timeout": str(SEAT_RINGS_MS),
        "CallerID": f"<{digits}>",
        "Variable": f"__HOTLINE_CALL={effect.call},__HOTLINE_CALLER={digits}"
        + (",RETURN_RATES=yes" if effect.rates else ""),
        "Async": "true",
    }


def hang_up(channel: str) -> Message:
    """Hangup of one leg, with the cause of an ordinary end."""
    fit = _fit("Hangup", "channel", channel, _CHANNEL)
    return {"Action": "Hangup", "Channel": fit, "Cause": "16"}


def blind_transfer(channel: str, to: str) -> Message:
    """BlindTransfer from the seat's leg. The dialplan knows which numbers exist."""
    return {
        "Action": "BlindTransfer",
        "Channel": _fit("BlindTransfer", "channel", channel, _CHANNEL),
        "Context": TRANSFERS,
        "Exten": _fit("BlindTransfer", "number", to, _NUMBER),
    }


def _setvar(channel: str, variable: str, value: str) -> Message:
    return {"Action": "Setvar", "Channel": channel, "Variable": variable, "Value": value}


def _fit(action: str, what: str, value: str, shape: re.Pattern[str]) -> str:
    if shape.fullmatch(value) is None:
        raise ExchangeRefused(action, f"unfit {what}", retryable=False)
    return value

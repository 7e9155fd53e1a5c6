"""The whole picture of the exchange after a connect: what it has is live, and nothing else is.

:func:`read` asks, :func:`picture` puts the answers together and is pure.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, Protocol

from hotline.errors import ExchangeRefused
from hotline.events import CallOnExchange, ExchangeBack, SeatOnExchange
from hotline.words import AgentId, CallId, Phone
from ivr.ami_frames import Message
from ivr.ami_reading import (
    UNREACHABLE,
    agent_of_device,
    agent_of_leg,
    call_of,
    integer,
    is_agent,
    stamp,
)

VARIABLES: Final = ("HOTLINE_STAGE", "HOTLINE_CALLER")
"""What the dialplan keeps on the caller's channel and no list shows."""

_UP: Final = "6"
Variables = Mapping[str, Mapping[str, str]]
"""Channel → variable → value."""


class Acts(Protocol):
    """The link's hands: :meth:`ivr.ami.Ami.act`."""

    async def __call__(self, action: Message, timeout: float = 5.0) -> Sequence[Message]:
        """The answer and its list. Raises ExchangeRefused."""


async def read(
    act: Acts,
    *,
    clock: Callable[[], dt.datetime],
    gap_from: dt.datetime | None,
    phone: Callable[[str], Phone] = Phone.parse,
) -> ExchangeBack:
    """Read channels and queues, then the stage of each caller. Raises ExchangeRefused when the
    lists cannot be had; a caller who hangs up meanwhile keeps an empty stage."""
    channels = await act({"Action": "CoreShowChannels"})
    queues = await act({"Action": "QueueStatus"})
    devices = {
        device: await _value(act, "", f"DEVICE_STATE({device})") for device in telephones(queues)
    }
    variables: dict[str, dict[str, str]] = {}
    for channel in callers(channels).values():
        name = channel["Channel"]
        variables[name] = {variable: await _value(act, name, variable) for variable in VARIABLES}
    return picture(
        channels, queues, variables, clock(), devices=devices, gap_from=gap_from, phone=phone
    )


async def _value(act: Acts, channel: str, variable: str) -> str:
    place = {"Channel": channel} if channel else {}
    try:
        answers = await act({"Action": "Getvar", **place, "Variable": variable})
    except ExchangeRefused:
        return ""
    return answers[0].get("Value", "")


def telephones(queues: Iterable[Message]) -> tuple[str, ...]:
    """The devices of all seats among the entries of QueueStatus, each once."""
    members = (entry for entry in queues if entry.get("Event") == "QueueMember")
    devices = dict.fromkeys(entry.get("Location", "") for entry in members)
    return tuple(device for device in devices if agent_of_device(device) is not None)


def callers(channels: Iterable[Message]) -> dict[CallId, Message]:
    """The caller's own leg of each call among the entries of CoreShowChannels.

    Legs of seats and of emergency trunks carry the same id, but they were rung: only the caller's
    leg is the first of its linked channels. A seat's own call (a consultation) is not one.
    """
    found: dict[CallId, Message] = {}
    for entry in channels:
        call = call_of(entry)
        if call is None or agent_of_leg(entry.get("Channel", "")) is not None:
            continue
        if entry.get("Uniqueid") == entry.get("Linkedid") or call not in found:
            found[call] = entry
    return found


def picture(
    channels: Iterable[Message],
    queues: Iterable[Message],
    variables: Variables,
    received_at: dt.datetime,
    *,
    devices: Mapping[str, str],
    gap_from: dt.datetime | None = None,
    phone: Callable[[str], Phone] = Phone.parse,
) -> ExchangeBack:
    """The answers as one event. ``channels`` and ``queues`` are whole answers of CoreShowChannels
    and QueueStatus, ``devices`` the state of each telephone; entries that cannot be read are left
    out."""
    legs = [entry for entry in channels if entry.get("Event") == "CoreShowChannel"]
    queues = tuple(queues)
    waiting = {
        entry.get("Channel", ""): entry for entry in queues if entry.get("Event") == "QueueEntry"
    }
    calls = tuple(
        _call(
            call,
            entry,
            legs,
            waiting,
            variables.get(entry.get("Channel", ""), {}),
            received_at,
            phone,
        )
        for call, entry in callers(legs).items()
    )
    return ExchangeBack(
        at=received_at,
        received_at=received_at,
        gap_from=gap_from,
        calls=calls,
        seats=_seats(queues, devices),
    )


def _call(
    call: CallId,
    entry: Message,
    legs: Sequence[Message],
    waiting: Mapping[str, Message],
    variables: Mapping[str, str],
    received_at: dt.datetime,
    phone: Callable[[str], Phone],
) -> CallOnExchange:
    channel = entry.get("Channel", "")
    place = waiting.get(channel)
    agent, agent_channel = (None, "") if place is not None else _agent_with(entry, legs)
    return CallOnExchange(
        call=call,
        channel=channel,
        stage=variables.get("HOTLINE_STAGE", ""),
        caller=phone(variables.get("HOTLINE_CALLER") or entry.get("CallerIDNum", "")),
        queue=place.get("Queue", "") if place is not None else None,
        position=integer(place.get("Position", ""), 1) if place is not None else None,
        agent=agent,
        agent_channel=agent_channel,
        since=stamp(entry, received_at) - _duration(entry.get("Duration", "")),
    )


def _agent_with(entry: Message, legs: Sequence[Message]) -> tuple[AgentId | None, str]:
    """The seat in the caller's bridge: after an attended transfer it has no call id of its own."""
    bridge = entry.get("BridgeId", "")
    for leg in legs:
        agent = agent_of_leg(leg.get("Channel", ""))
        if agent is not None and bridge and leg.get("BridgeId") == bridge:
            return agent, leg["Channel"]
    return None, ""


def _seats(queues: Iterable[Message], devices: Mapping[str, str]) -> tuple[SeatOnExchange, ...]:
    """One entry per telephone; the same in every queue, so the first queue's is taken."""
    seats: dict[str, SeatOnExchange] = {}
    for entry in queues:
        device = entry.get("Location", "")
        name = entry.get("Name", "")
        agent = AgentId(name) if is_agent(name) else agent_of_device(device)
        if entry.get("Event") != "QueueMember" or agent is None or device in seats:
            continue
        paused = entry.get("Paused") == "1"
        seats[device] = SeatOnExchange(
            agent=agent,
            device=device,
            reachable=devices.get(device, "") not in UNREACHABLE,
            paused=paused,
            reason=entry.get("PausedReason", "") if paused else "",
        )
    return tuple(seats.values())


def _duration(text: str) -> dt.timedelta:
    """``00:01:05``; nothing where it is anything else."""
    hours, _, rest = text.partition(":")
    minutes, _, seconds = rest.partition(":")
    spent = integer(hours) * 3600 + integer(minutes) * 60 + integer(seconds)
    return dt.timedelta(seconds=min(max(spent, 0), 7 * 24 * 3600))

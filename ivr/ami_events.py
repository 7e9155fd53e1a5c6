"""AMI messages → events. Pure: what a message means depends on the message alone.

Nothing here raises, whatever the wire brings: what cannot be read is left out, and what is
surprising becomes a Noted that names the event and never repeats a value. The header names are
those of Asterisk 22 (documentation/core-en_US.xml and the traces in tests/ivr/traces).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, TypedDict

from hotline.events import (
    AgentAnswered,
    AgentDidNotAnswer,
    AgentLegEnded,
    AgentPaused,
    AgentRang,
    AgentReachable,
    CallArrived,
    CallEnded,
    CallHeld,
    CallQueued,
    CallTransferred,
    EmergencyStep,
    Event,
    Noted,
    TransferAnswered,
)
from hotline.rating_events import CallerRated
from hotline.return_events import ReturnCallAnswered, ReturnCallFailed
from hotline.words import AgentId, CallId, Phone
from ivr.ami_frames import Message
from ivr.ami_reading import (
    FORWARDING,
    PHASES,
    REASONS,
    RETURN_CALLS,
    RETURN_RESULTS,
    SAY_NOTHING,
    UP,
    agent_of_device,
    agent_of_leg,
    call_of,
    integer,
    is_agent,
    is_call,
    service_of,
    stamp,
)


class _Times(TypedDict):
    at: dt.datetime
    received_at: dt.datetime


@dataclass(frozen=True, slots=True)
class _Reading:
    """One message being read; ``link`` is the call its Linkedid was seen with before."""

    message: Message
    times: _Times
    link: CallId | None
    phone: Callable[[str], Phone]

    def text(self, header: str) -> str:
        """The header's value; the first one where Asterisk repeats it (a channel's own headers
        come before those a UserEvent was given under the same name)."""
        return self.message.get(header, "").partition("\n")[0].strip()

    def last(self, header: str) -> str:
        """The header's value as the dialplan gave it to the UserEvent."""
        return self.message.get(header, "").rpartition("\n")[2].strip()

    def number(self, header: str, default: int = 0) -> int:
        return integer(self.text(header), default)

    def call(self, prefix: str = "") -> CallId | None:
        """HOTLINE_CALL of the channel, from its channel variables, one or several."""
        return call_of(self.message, prefix) or self.link

    def noted(self, what: str) -> tuple[Event, ...]:
        name = self.message.get("UserEvent", "") or self.message.get("Event", "")
        return (Noted(**self.times, source="ami", what=f"{name[:40]!a}: {what}"),)


def translate(
    message: Message,
    received_at: dt.datetime,
    *,
    link: CallId | None = None,
    phone: Callable[[str], Phone] = Phone.parse,
) -> tuple[Event, ...]:
    """What a message says: mostly nothing or one event; two where an attended transfer both moves
    the call and connects it. Never raises.

    ``link`` is used where the message's own channel has no HOTLINE_CALL (the Translator
    knows it); ``phone`` reads the caller's number.
    """
    name = message.get("Event", "")
    if name in SAY_NOTHING:
        return ()
    times: _Times = {"at": stamp(message, received_at), "received_at": received_at}
    reading = _Reading(message, times, link, phone)
    reader = _READERS.get(name)
    return reader(reading) if reader is not None else reading.noted("unknown event")


def _member(reading: _Reading) -> AgentId | None:
    name = reading.text("MemberName")
    if is_agent(name):
        return AgentId(name)
    return agent_of_device(reading.text("Interface"))


def _user_event(reading: _Reading) -> tuple[Event, ...]:
    name = reading.text("UserEvent")
    reader = _USER_READERS.get(name)
    if reader is None:
        known = not name.startswith("Hotline") or name == "HotlineStage"
        return () if known else reading.noted("unknown event of the dialplan")
    given = reading.last("Call")
    call = CallId(given) if is_call(given) else reading.call()
    return reader(reading, call) if call is not None else reading.noted("no call id")


def _arrived(reading: _Reading, call: CallId) -> tuple[Event, ...]:
    return (
        CallArrived(
            **reading.times,
            call=call,
            caller=reading.phone(reading.last("Caller")),
            dialled=reading.last("Dialled")[:32],
            channel=reading.text("Channel"),
        ),
    )


def _emergency(reading: _Reading, call: CallId) -> tuple[Event, ...]:
    phase = PHASES.get(reading.last("Phase"))
    if phase is None:
        return reading.noted("unknown phase")
    trunk = reading.last("Trunk")
    elapsed = integer(reading.last("Elapsed"), -1)
    return (
        EmergencyStep(
            **reading.times,
            call=call,
            phase=phase,
            service=service_of(reading.last("Service")),
            trunk=int(trunk) if trunk in {"1", "2"} else None,
            reason=REASONS.get(reading.last("Reason"), ""),
            status=reading.last("Status")[:32],
            elapsed_ms=elapsed if elapsed >= 0 else None,
        ),
    )


def _ended(reading: _Reading, call: CallId) -> tuple[Event, ...]:
    return (
        CallEnded(
            **reading.times,
            call=call,
            stage=reading.last("Stage"),
            queue_status=reading.last("QueueStatus"),
            abandoned=reading.last("Abandoned").upper() == "TRUE",
            member=reading.last("Member"),
            service=service_of(reading.last("Service")),
            linked=reading.last("Linked") == "yes",
            cause=integer(reading.last("Cause")),
        ),
    )


def _rated(reading: _Reading, call: CallId) -> tuple[Event, ...]:
    key = reading.last("Key")
    if key not in set("12345"):
        return reading.noted("no key")
    return (CallerRated(**reading.times, call=call, key=key),)


def _return_call(reading: _Reading, call: CallId) -> tuple[Event, ...]:
    """A return call: the citizen answered, it ended before, or its seat hung up while he rates."""
    seat, phase = reading.last("Agent"), reading.last("Phase")
    if not is_agent(seat) or phase not in {"answered", "failed", "left"}:
        return reading.noted("unknown phase or no agent")
    times, agent = reading.times, AgentId(seat)
    if phase == "left":
        return (AgentLegEnded(**times, call=call, agent=agent),)
    if phase == "failed":
        result = RETURN_RESULTS.get(reading.last("Status"), "failed")
        return (ReturnCallFailed(**times, call=call, agent=agent, result=result),)
    return (
        ReturnCallAnswered(
            **times, call=call, agent=agent,
            caller_channel=reading.last("Citizen"), agent_channel=reading.last("Seat"),
        ),
    )  # fmt: skip


def _originated(reading: _Reading) -> tuple[Event, ...]:
    """How the ringing of a seat ended that wanted to call somebody back. The taps of the ears are
    ordered in the same way and are of no interest."""
    seat = reading.text("Exten")
    ours = reading.text("Context") == RETURN_CALLS and is_agent(seat)
    if not ours or reading.text("Response") != "Failure":
        return ()
    agent = AgentId(seat)
    return (ReturnCallFailed(**reading.times, call=None, agent=agent, result="seat-no-answer"),)


def _queued(reading: _Reading) -> tuple[Event, ...]:
    call = reading.call()
    if call is None:
        return reading.noted("no call id")
    queue, position = reading.text("Queue"), max(reading.number("Position", 1), 1)
    return (CallQueued(**reading.times, call=call, queue=queue, position=position),)


def _rang(reading: _Reading) -> tuple[Event, ...]:
    call, agent = reading.call(), _member(reading)
    if call is None or agent is None:
        return reading.noted("no call id or no agent")
    return (AgentRang(**reading.times, call=call, agent=agent),)


def _not_answered(reading: _Reading) -> tuple[Event, ...]:
    call, agent = reading.call(), _member(reading)
    if call is None or agent is None:
        return reading.noted("no call id or no agent")
    # RingTime is in milliseconds here, and in seconds in AgentConnect (app_queue.c).
    ring_s = max(reading.number("RingTime"), 0) / 1000
    return (AgentDidNotAnswer(**reading.times, call=call, agent=agent, ring_s=ring_s),)


def _answered(reading: _Reading) -> tuple[Event, ...]:
    call, agent = reading.call(), _member(reading)
    if call is None or agent is None:
        return reading.noted("no call id or no agent")
    return (
        AgentAnswered(
            **reading.times,
            call=call,
            agent=agent,
            hold_s=float(max(reading.number("HoldTime"), 0)),
            ring_s=float(max(reading.number("RingTime"), 0)),
            caller_channel=reading.text("Channel"),
            agent_channel=reading.text("DestChannel"),
        ),
    )


def _dials_itself(reading: _Reading) -> bool:
    """A leg on which a seat itself calls somebody (a consultation): it carries the call's id too,
    but it is the first of its own linked channels, where a rung leg is linked to the caller's."""
    own = reading.text("Uniqueid") == reading.text("Linkedid")
    return own and agent_of_leg(reading.text("Channel")) is not None


def _hung_up(reading: _Reading) -> tuple[Event, ...]:
    """An agent's leg that was up; one that only rang ends as AgentDidNotAnswer or with the call."""
    agent, call = agent_of_leg(reading.text("Channel")), reading.call()
    if agent is None or call is None or _dials_itself(reading):
        return ()
    if reading.text("ChannelState") != UP:
        return ()
    return (AgentLegEnded(**reading.times, call=call, agent=agent),)


def _held(reading: _Reading) -> tuple[Event, ...]:
    call = reading.call()
    if call is None or _dials_itself(reading):
        return ()
    return (CallHeld(**reading.times, call=call, held=reading.text("Event") == "Hold"),)


def _forwarded_to(reading: _Reading) -> tuple[CallId, AgentId] | None:
    """The call and the agent of a Dial that forwards the caller to a seat."""
    agent, call = agent_of_leg(reading.text("DestChannel")), reading.call()
    if agent is None or call is None or reading.text("Context") not in FORWARDING:
        return None
    if agent_of_leg(reading.text("Channel")) is not None:
        return None
    return call, agent


def _dial_began(reading: _Reading) -> tuple[Event, ...]:
    forwarded = _forwarded_to(reading)
    if forwarded is None:
        return ()
    return (AgentRang(**reading.times, call=forwarded[0], agent=forwarded[1]),)


def _dial_ended(reading: _Reading) -> tuple[Event, ...]:
    forwarded = _forwarded_to(reading)
    if forwarded is None:
        return ()
    call, agent = forwarded
    if reading.text("DialStatus") != "ANSWER":
        return (AgentDidNotAnswer(**reading.times, call=call, agent=agent, ring_s=0.0),)
    return (
        TransferAnswered(
            **reading.times,
            call=call,
            agent=agent,
            caller_channel=reading.text("Channel"),
            agent_channel=reading.text("DestChannel"),
        ),
    )


def _blind(reading: _Reading) -> tuple[Event, ...]:
    call = reading.call("Transferee") or reading.call("Transferer")
    by = agent_of_leg(reading.text("TransfererChannel"))
    if reading.text("Result") != "Success" or by is None:
        return ()
    if call is None:
        return reading.noted("no call id")
    to = reading.text("Extension")[:32]
    return (CallTransferred(**reading.times, call=call, by=by, to=to, attended=False),)


def _attended(reading: _Reading) -> tuple[Event, ...]:
    call = reading.call("Transferee") or reading.call("OrigTransferer")
    by = agent_of_leg(reading.text("OrigTransfererChannel"))
    if reading.text("Result") != "Success" or by is None:
        return ()
    if call is None:
        return reading.noted("no call id")
    target = reading.text("TransferTargetChannel")
    agent = agent_of_leg(target)
    to = str(agent or reading.text("SecondTransfererExten"))[:32]
    moved = CallTransferred(**reading.times, call=call, by=by, to=to, attended=True)
    if agent is None:
        return (moved,)
    taken = TransferAnswered(
        **reading.times,
        call=call,
        agent=agent,
        caller_channel=reading.text("TransfereeChannel"),
        agent_channel=target,
    )
    return moved, taken


def _contact_status(reading: _Reading) -> tuple[Event, ...]:
    """One registration of a telephone came, went, or stopped answering. The queue's own member
    states are those of the whole seat (by a hint), so they cannot tell its two telephones apart."""
    device = f"PJSIP/{reading.text('AOR')}"
    agent, status = agent_of_device(device), reading.text("ContactStatus")
    if agent is None or not status:
        return ()
    reachable = status not in {"Removed", "Unreachable"}
    return (AgentReachable(**reading.times, agent=agent, device=device, reachable=reachable),)


def _member_paused(reading: _Reading) -> tuple[Event, ...]:
    agent, paused = _member(reading), reading.text("Paused") == "1"
    if agent is None:
        return ()
    reason = reading.text("PausedReason")[:64] if paused else ""
    return (AgentPaused(**reading.times, agent=agent, paused=paused, reason=reason),)


_READERS: Final[Mapping[str, Callable[[_Reading], tuple[Event, ...]]]] = MappingProxyType(
    {
        "UserEvent": _user_event,
        "QueueCallerJoin": _queued,
        "AgentCalled": _rang,
        "AgentRingNoAnswer": _not_answered,
        "AgentConnect": _answered,
        "Hangup": _hung_up,
        "Hold": _held,
        "Unhold": _held,
        "DialBegin": _dial_began,
        "DialEnd": _dial_ended,
        "BlindTransfer": _blind,
        "AttendedTransfer": _attended,
        "ContactStatus": _contact_status,
        "QueueMemberPause": _member_paused,
        "OriginateResponse": _originated,
    }
)
_USER_READERS: Final[Mapping[str, Callable[[_Reading, CallId], tuple[Event, ...]]]] = (
    MappingProxyType(
        {
            "HotlineArrived": _arrived,
            "HotlineEmergency": _emergency,
            "HotlineEnd": _ended,
            "HotlineReturnCall": _return_call,
            "HotlineRating": _rated,
        }
    )
)

"""The events of a call of ours (回拨, 回访); beside the others, which fill their own book."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from hotline.words import AgentId, CallId, Phone, ReturnCallId, UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnCallAsked:
    """An agent pressed 回拨, and has the task: call this citizen back. ``call`` is the new id."""

    at: dt.datetime
    received_at: dt.datetime
    agent: AgentId
    by: UserId
    call: CallId
    task: ReturnCallId
    citizen: Phone
    rates: bool = False
    """A matter may be answered in it: the citizen is asked to rate it by key afterwards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnCallAnswered:
    """The citizen answered our return call (UserEvent HotlineReturnCall)."""

    at: dt.datetime
    received_at: dt.datetime
    call: CallId
    agent: AgentId
    caller_channel: str
    agent_channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnCallFailed:
    """A return call ended before the citizen answered. ``call`` is None where only the seat is
    known: its own telephone was never answered (OriginateResponse). ``result`` says how."""

    at: dt.datetime
    received_at: dt.datetime
    call: CallId | None
    agent: AgentId
    result: str

"""The recordings of the small town: what is told of each call, and who listened."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, field

from agent_desk.views import Person, RecordedCall
from hotline.errors import NoSuch
from hotline.words import AgentId, CallId, Outcome, Phone, UserId

AT = dt.datetime(2026, 9, 28, 10, 2, 11, tzinfo=dt.timezone(dt.timedelta(hours=8)))


def recorded(call: str, **changed: object) -> RecordedCall:
    """A conversation of agent 1001 that is over; without a recording unless told otherwise."""
    given: dict[str, object] = {
        "call": CallId(call),
        "arrived_at": AT,
        "caller": Phone("13800006027"),
        "state": "none",
        "outcome": Outcome.ANSWERED,
        "wait_s": 4.0,
        "ended_at": AT + dt.timedelta(seconds=160),
        "agent": AgentId("1001"),
        "agent_name": "林晓岚",
    }
    return RecordedCall(**{**given, **changed})  # type: ignore[arg-type]


@dataclass
class FakeRecordings:
    """Recordings in a dictionary."""

    known: dict[str, RecordedCall] = field(default_factory=dict)
    heard: list[tuple[UserId, CallId]] = field(default_factory=list)
    fault: Exception | None = None

    def put(self, one: RecordedCall) -> None:
        self.known[one.call] = one

    async def of(self, call: CallId) -> RecordedCall:
        if call not in self.known:
            raise NoSuch("通话", call)
        return self.known[call]

    async def among(self, calls: Collection[CallId]) -> frozenset[CallId]:
        return frozenset(c for c in calls if c in self.known and self.known[c].path)

    async def listened(self, call: CallId, *, by: Person) -> None:
        if self.fault is not None:
            raise self.fault
        self.heard.append((by.id, call))

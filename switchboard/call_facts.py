"""What became of a call, from Asterisk's own record of it: queue_log.

It is there whether the Jiesu process lives or not, and it is what the ledger is reconciled with.  A
call is known by its SIP Call-ID, which the dialplan puts beside its own id on arrival.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from hotline.decide import CallRules, World, decide
from hotline.events import CallFoundInLog
from hotline.facts import CallClosed
from ivr.ami_reading import agent_of_device, is_agent
from ivr.queue_log import LogLine, end_of, read_from, reconcile

_POLL: Final = 0.2


@dataclass(frozen=True, slots=True)
class CallFact:
    """How a call ended by the hotline's own count. `connected_to`: an agent's number, 110, 119,
    120, 122, or None."""

    call: str
    outcome: str
    connected_to: str | None


class CallFacts(Protocol):
    """Who knows what became of a call; `sip_id` is the Call-ID of its INVITE."""

    async def find(self, sip_id: str) -> CallFact | None:
        """The call when it is over; None when nothing is known within a few seconds."""

    def follow(self, sip_id: str) -> AsyncIterator[str]:
        """What happens to the call, each a Chinese line, as it happens."""


class LoggedCallFacts:
    """CallFacts from the file. Make it before the call: only what is written later counts."""

    def __init__(self, queue_log: Path, *, patience: float = 3.0) -> None:
        self._queue_log = queue_log
        self._patience = patience
        self._start = end_of(queue_log)

    async def find(self, sip_id: str) -> CallFact | None:
        """See CallFacts."""
        give_up = asyncio.get_running_loop().time() + self._patience
        while True:
            lines, end = read_from(self._queue_log, self._start)
            ours = {line.text.split("|")[1] for line in lines if _arrived(line, sip_id)}
            for found in reconcile(lines, end, dt.datetime.now(dt.UTC)).calls:
                if found.call in ours:
                    return fact_of(found)
            if asyncio.get_running_loop().time() > give_up:
                return None
            await asyncio.sleep(_POLL)

    async def follow(self, sip_id: str) -> AsyncIterator[str]:
        """See CallFacts."""
        keys: set[str] = set()
        place = self._start
        while True:
            lines, place = read_from(self._queue_log, place)
            for line in lines:
                if _arrived(line, sip_id):
                    fields = line.text.split("|")
                    keys = {fields[1], fields[6]}
                elif told := _told(line, keys):
                    yield told
            await asyncio.sleep(_POLL)


def _arrived(line: LogLine, sip_id: str) -> bool:
    """Whether it is this call's HOTLINE_ARRIVED: …|dialled|channel|sip id."""
    fields = line.text.split("|")
    return len(fields) > 7 and fields[4] == "HOTLINE_ARRIVED" and fields[7] == sip_id


def fact_of(found: CallFoundInLog) -> CallFact | None:
    """The outcome of a call as the rules count it, and whom it was connected to."""
    facts, _ = decide(World(), found, CallRules(policy_version="", spoken={}))
    closed = next((fact for fact in facts if isinstance(fact, CallClosed)), None)
    if closed is None:
        return None
    if closed.linked and closed.service is not None:
        return CallFact(found.call, str(closed.outcome), str(closed.service))
    return CallFact(found.call, str(closed.outcome), str(closed.agent) if closed.agent else None)


_STAGES: Final = {
    "queue": "进入排队",
    "emergency-menu": "进入紧急按键菜单",
    "emergency-queue": "进入紧急排队",
}
_PHASES: Final = {
    "trying": "正在接通 {service}（第 {trunk} 条中继）",
    "ringing": "{service} 振铃",
    "answered": "{service} 已接听",
    "failed": "第 {trunk} 条中继未接通",
    "queued": "转入紧急排队",
    "cancelled": "已取消转接",
    "told": "告知请拨 {service}",
    "confirming": "询问是否转接 {service}",
}


def _told(line: LogLine, keys: set[str]) -> str:
    """A line of the call with those ids in words, '' for what a citizen need not know."""
    _, key, _, agent, event, *data = [*line.text.split("|"), *[""] * 5]
    if key not in keys:
        return ""
    match event:
        case "HOTLINE_STAGE":
            return _STAGES.get(data[0], "")
        case "HOTLINE_EMERGENCY":
            return _PHASES.get(data[0], "").format(service=data[1], trunk=data[2])
        case "CONNECT":
            seat = agent if is_agent(agent) else agent_of_device(agent) or agent
            return f"坐席 {seat} 接听"
        case _:
            return ""

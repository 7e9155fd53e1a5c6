"""What became of a call, from Asterisk's own records: queue_log and the call detail records.

They are there whether the Jiesu process lives or not, and they are what the ledger is reconciled
with.  A detail record joins the caller's number to the hotline's id of the call; it is written when
the call ends.  While it lasts, a call is known by having arrived alone.
"""

from __future__ import annotations

import asyncio
import csv
import datetime as dt
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from hotline.events import CallFoundInLog
from hotline.metrics import Ending, outcome_of
from ivr.ami_reading import agent_of_device, is_agent, is_call
from ivr.queue_log import LogLine, read_from, reconcile

_POLL: Final = 0.2


@dataclass(frozen=True, slots=True)
class CallFact:
    """How a call ended by the hotline's own count. `connected_to`: an agent's number, 110, 119,
    120, 122, or None."""

    call: str
    outcome: str
    connected_to: str | None


class CallFacts(Protocol):
    """Who knows what became of a call."""

    async def find(self, caller: str, since: dt.datetime) -> CallFact | None:
        """The call of that number that arrived at `since` or later and is over; None when unknown
        within a few seconds."""

    def follow(self) -> AsyncIterator[str]:
        """What happens to the call that arrives next, each a Chinese line, as it happens."""


class LoggedCallFacts:
    """CallFacts from the files. Make it before the call: only what is written later counts."""

    def __init__(self, queue_log: Path, records: Path, *, patience: float = 3.0) -> None:
        self._queue_log = queue_log
        self._records = records
        self._patience = patience
        self._queue_start = _size(queue_log)
        self._record_start = _size(records)

    async def find(self, caller: str, since: dt.datetime) -> CallFact | None:
        """See CallFacts."""
        shown = re.sub("[^0-9]", "", caller)[:20]  # what the dialplan lets through
        give_up = asyncio.get_running_loop().time() + self._patience
        while True:
            calls = self._calls_of(shown)
            for found in reversed(self._ended()):
                if found.call in calls and found.at >= since.replace(microsecond=0):
                    return fact_of(found)
            if asyncio.get_running_loop().time() > give_up:
                return None
            await asyncio.sleep(_POLL)

    async def follow(self) -> AsyncIterator[str]:
        """See CallFacts; silent as soon as two calls have arrived and cannot be told apart."""
        story = _Story()
        place = self._queue_start
        while True:
            lines, place = read_from(self._queue_log, place)
            for line in lines:
                for told in story.read(line):
                    yield told
            await asyncio.sleep(_POLL)

    def _calls_of(self, caller: str) -> set[str]:
        lines, _ = read_from(self._records, self._record_start)
        rows = csv.reader(line.text for line in lines)
        return {row[-1] for row in rows if len(row) > 3 and row[1] == caller and is_call(row[-1])}

    def _ended(self) -> tuple[CallFoundInLog, ...]:
        lines, end = read_from(self._queue_log, self._queue_start)
        return reconcile(lines, end, dt.datetime.now(dt.UTC)).calls


def fact_of(found: CallFoundInLog) -> CallFact:
    """The outcome of a call by the table "Who counts as lost", and whom it was connected to."""
    outcome = outcome_of(
        Ending(
            answered=found.answered_at is not None and found.agent is not None,
            emergency=found.service is not None or found.stage.startswith("emergency"),
            queued=found.queued_at is not None,
            queue_status=found.queue_status,
        )
    )
    if found.linked and found.service is not None:
        return CallFact(found.call, str(outcome), str(found.service))
    return CallFact(found.call, str(outcome), str(found.agent) if found.agent else None)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


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


class _Story:
    """Reads queue_log for one call: the only one that has arrived."""

    def __init__(self) -> None:
        self._call = ""
        self._channel = ""
        self._lost = False

    def read(self, line: LogLine) -> list[str]:
        _, key, _, agent, event, *data = [*line.text.split("|"), *[""] * 5]
        if event == "HOTLINE_ARRIVED":
            self._lost = self._lost or bool(self._call)
            self._call, self._channel = key, data[1]
        if self._lost or not key or key not in {self._call, self._channel}:
            return []
        match event:
            case "HOTLINE_STAGE" if data[0] in _STAGES:
                return [_STAGES[data[0]]]
            case "HOTLINE_EMERGENCY" if data[0] in _PHASES:
                return [_PHASES[data[0]].format(service=data[1], trunk=data[2])]
            case "CONNECT":
                seat = agent if is_agent(agent) else agent_of_device(agent) or agent
                return [f"坐席 {seat} 接听"]
            case _:
                return []

"""Asterisk's queue_log → calls that ended while nobody listened. Pure, but for what reads files.

A line is ``epoch|id|queue|agent|event|data…``. Lines of app_queue carry the channel's uniqueid as
their id; the dialplan's own HOTLINE lines carry the call's id, and HOTLINE_ARRIVED names the
uniqueid beside it, which joins the two.
"""

from __future__ import annotations

import datetime as dt
import gzip
import os
import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from hotline.events import CallFoundInLog, EmergencyStep, ExchangeBack
from hotline.words import AgentId, CallId
from ivr.ami_reading import PHASES, REASONS, agent_of_device, is_agent, is_call, service_of

SPAN: Final = 2**40
"""The log is divided into numbered parts (it would grow for ever): a position is the part's number
times this, and the byte in it. So a bookmark stays true whatever is put away meanwhile."""
GIVEN_UP_AFTER: Final = dt.timedelta(hours=24)
"""A call without an end for so long will not get one: Asterisk itself went down with it."""


@dataclass(frozen=True, slots=True)
class LogLine:
    """A whole line and where it begins: a position."""

    offset: int
    text: str


@dataclass(frozen=True, slots=True)
class LogReading:
    """What a stretch of the log told. Calls in the order of their ends.

    Read the next time from ``resume_at``: the beginning of the first call that had not ended. A
    call may so be told twice; its id says that it is the same. ``open`` are the calls that have not
    ended, as far as they have come.
    """

    calls: tuple[CallFoundInLog, ...]
    resume_at: int
    open: tuple[CallFoundInLog, ...] = ()


@dataclass(slots=True)
class _Open:
    call: CallId
    began: int
    arrived_at: dt.datetime
    queued_at: dt.datetime | None = None
    answered_at: dt.datetime | None = None
    agent: AgentId | None = None
    queue: str = "hotline"
    staged_at: dict[str, dt.datetime] = field(default_factory=dict)
    steps: list[EmergencyStep] = field(default_factory=list)
    rated: str = ""


def read_from(path: Path, position: int) -> tuple[tuple[LogLine, ...], int]:
    """The whole lines after ``position`` and where the next reading begins, through every part the
    log was divided into since.

    A last line without its end is left for the next time. A part shorter than where we were in it,
    or a position in a part that never was, is another log: the present one is read from its
    beginning. No file, no lines.
    """
    number, offset = divmod(max(position, 0), SPAN)
    while True:
        parts = parts_of(path)
        wanted = [part for part in parts if part.number >= number] or parts[-1:]
        lines: list[LogLine] = []
        end = 0
        for part in wanted:
            held = part.held_from(offset if part.number == number else 0)
            if held is None:
                break  # divided between the look and the reading: look again
            end = _lines_of(part.number, *held, lines)
        else:
            return tuple(lines), end


def _lines_of(number: int, content: bytes, start: int, lines: list[LogLine]) -> int:
    """Add the whole lines of what a part holds from ``start`` on; the position behind them."""
    at = number * SPAN + start
    for raw in content[: content.rfind(b"\n") + 1].splitlines(keepends=True):
        lines.append(LogLine(at, raw.decode("utf-8", "replace").rstrip("\r\n")))
        at += len(raw)
    return at


@dataclass(frozen=True, slots=True)
class LogPart:
    """A file of the log. ``number`` counts up from 0; ``inode`` tells the file from a later one of
    the same name. What Asterisk writes now has no number in its name and the highest number."""

    number: int
    path: Path
    inode: int

    def held_from(self, start: int) -> tuple[bytes, int] | None:
        """What it holds from ``start`` on (from 0 when it is shorter), and from where. None when
        the name belongs to another file by now; nothing of a packed part that is damaged."""
        try:
            with self.path.open("rb") as file:
                if os.fstat(file.fileno()).st_ino != self.inode:
                    return None
                if self.path.suffix == ".gz":
                    content = gzip.decompress(file.read())
                    start = start if start <= len(content) else 0
                    return content[start:], start
                start = start if start <= file.seek(0, os.SEEK_END) else 0
                file.seek(start)
                return file.read(), start
        except FileNotFoundError:
            return None
        except (gzip.BadGzipFile, EOFError, zlib.error):
            return b"", start


def parts_of(path: Path) -> tuple[LogPart, ...]:
    """The parts there are, oldest first: ``queue_log.000000`` (or ``….gz``) and on, at last
    ``queue_log`` itself when it is there."""
    while True:
        found = []
        live = _inode(path)
        for one in path.parent.glob(f"{path.name}.*"):
            named = re.fullmatch(re.escape(path.name) + r"\.(\d{6})(\.gz)?", one.name)
            inode = _inode(one)
            if named and inode is not None:
                found.append(LogPart(int(named[1]), one, inode))
        # Divided while we looked, a part would be missing or seen twice.
        if _inode(path) == live:
            break
    # A part just packed is there twice for a moment: the packed one is whole.
    older = {part.number: part for part in sorted(found, key=lambda one: one.path.name)}
    last = max(older, default=-1)
    parts = [older[number] for number in sorted(older)]
    return (*parts, LogPart(last + 1, path, live)) if live is not None else tuple(parts)


def next_part(path: Path) -> Path:
    """Under which name what Asterisk writes now is put away."""
    parts = [part.number for part in parts_of(path) if part.path != path]
    return path.with_name(f"{path.name}.{max(parts, default=-1) + 1:06}")


def end_of(path: Path) -> int:
    """The position behind everything written so far."""
    parts = parts_of(path)
    return read_from(path, parts[-1].number * SPAN)[1] if parts else 0


def _inode(path: Path) -> int | None:
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return None


def reconcile(lines: Iterable[LogLine], end: int, received_at: dt.datetime) -> LogReading:
    """The calls whose HOTLINE_END stands in these lines. ``end`` is where the lines end.

    Never raises: lines that are torn, foreign or out of order are passed over. Times are whole
    seconds, as queue_log has them; ``wait_s`` counts from the first joining of a queue.
    """
    calls: dict[str, _Open] = {}
    by_channel: dict[str, _Open] = {}
    found: list[CallFoundInLog] = []
    for line in lines:
        fields = line.text.split("|")
        at = _time(fields[0])
        if at is None or len(fields) < 5:
            continue
        _, key, queue, agent, event, *data = fields
        if event == "HOTLINE_ARRIVED" and is_call(key):
            calls[key] = opened = _Open(CallId(key), line.offset, at)
            if len(data) > 1 and data[1]:
                by_channel[data[1]] = opened
        elif event == "HOTLINE_END" and key in calls:
            found.append(_ended(calls.pop(key), at, data, received_at))
        elif event == "HOTLINE_STAGE" and key in calls:
            calls[key].staged_at.setdefault(data[0] if data else "", at)
        elif event == "HOTLINE_RATING" and key in calls:
            calls[key].rated = data[0] if data and data[0] in set("12345") else ""
        elif event == "HOTLINE_EMERGENCY" and key in calls:
            _step_line(calls[key], at, data, received_at)
        elif key in by_channel:
            _queue_line(by_channel[key], at, queue, agent, event)
    open_since = [
        one.began for one in calls.values() if received_at - one.arrived_at < GIVEN_UP_AFTER
    ]
    still_open = tuple(_ended(one, received_at, [], received_at) for one in calls.values())
    return LogReading(tuple(found), min(open_since, default=end), still_open)


def completed(picture: ExchangeBack, reading: LogReading) -> ExchangeBack:
    """The picture with what the log tells of each of its calls: how they came to where they are."""
    logged = {one.call: one for one in reading.open}
    calls = tuple(replace(seen, logged=logged.get(seen.call)) for seen in picture.calls)
    return replace(picture, calls=calls)


def _queue_line(call: _Open, at: dt.datetime, queue: str, agent: str, event: str) -> None:
    """One of app_queue's own lines."""
    if event == "ENTERQUEUE" and call.answered_at is None:
        call.queued_at = call.queued_at or at
        call.queue = queue
    elif event == "CONNECT" and call.answered_at is None:
        call.answered_at = at
        call.queue = queue
        call.agent = AgentId(agent) if is_agent(agent) else agent_of_device(agent)


def _step_line(call: _Open, at: dt.datetime, data: list[str], received_at: dt.datetime) -> None:
    """HOTLINE_EMERGENCY: phase|service|trunk|reason|status."""
    phase, service, trunk, reason, status, *_ = [*data, *[""] * 5]
    known = PHASES.get(phase)
    if known is not None:
        call.steps.append(
            EmergencyStep(
                at=at,
                received_at=received_at,
                call=call.call,
                phase=known,
                service=service_of(service),
                trunk=int(trunk) if trunk in {"1", "2"} else None,
                reason=REASONS.get(reason, ""),
                status=status[:32],
            )
        )


def _ended(
    call: _Open, at: dt.datetime, data: list[str], received_at: dt.datetime
) -> CallFoundInLog:
    """HOTLINE_END: stage|queue status|abandoned|member|service|linked|cause."""
    stage, status, abandoned, member, service, linked, *_ = [*data, *[""] * 6]
    # Where app_queue's lines are lost, the dialplan's own say nearly the same.
    answered_at = call.answered_at or call.staged_at.get("agent")
    queued_at = call.queued_at
    if queued_at is None and answered_at is not None:
        queued_at = call.staged_at.get("queue") or call.staged_at.get("emergency-queue")
    wait = None
    if queued_at is not None and answered_at is not None:
        wait = max((answered_at - queued_at).total_seconds(), 0.0)
    return CallFoundInLog(
        at=at,
        received_at=received_at,
        call=call.call,
        arrived_at=call.arrived_at,
        queued_at=queued_at,
        answered_at=answered_at,
        wait_s=wait,
        agent=call.agent or agent_of_device(member),
        stage=stage,
        queue_status=status,
        abandoned=abandoned.upper() == "TRUE",
        service=service_of(service),
        linked=linked == "yes",
        queue=call.queue,
        steps=tuple(call.steps),
        rated=call.rated,
    )


def _time(text: str) -> dt.datetime | None:
    if not re.fullmatch(r"[0-9]{1,11}", text):
        return None
    return dt.datetime.fromtimestamp(int(text), dt.UTC)

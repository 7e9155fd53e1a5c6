"""The ledger of calls: who counts as lost, and the numbers that follow.

The table "Who counts as lost": every call ends in exactly one :class:`~hotline.words.Outcome`.
``N`` (offered) = answered + lost; ``X`` (lost) = gave up + timed out + turned away. A hang-up in
the greeting, a call handed to an emergency service before an agent answered, and a return call of
ours stand apart.
QueueCallerAbandon is never counted: app_queue sends it for redirected and timed-out calls too.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate
from types import MappingProxyType
from typing import Final

from hotline.facts import CallAnswered, CallClosed
from hotline.words import AgentId, CallId, Outcome, Service

LOST: Final = frozenset({Outcome.ABANDONED, Outcome.TIMED_OUT, Outcome.TURNED_AWAY})
OFFERED: Final = LOST | {Outcome.ANSWERED}
KEPT_FOR: Final = dt.timedelta(hours=49)
"""How long a record stays on the board: today and the rolling 24 h in any zone."""

ANSWER_WITHIN_S: Final = 15.0
"""GB/T 33358-2016: answered within 15 s."""

_TURNED_AWAY = frozenset(
    {"JOINEMPTY", "FULL", "LEAVEEMPTY", "JOINUNAVAIL", "LEAVEUNAVAIL", "WITHDRAW"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """What is known of a call when it ends.

    ``answered`` is true when an agent answered it out of the ordinary queue; ``emergency`` when
    it was handed to 110/119/120/122 or put in the emergency queue at any time.
    """

    answered: bool
    emergency: bool
    queued: bool
    queue_status: str


def outcome_of(end: Ending) -> Outcome:
    """The one outcome of a call, by the table "Who counts as lost"."""
    if end.answered:
        return Outcome.ANSWERED
    if end.emergency:
        return Outcome.EMERGENCY
    if end.queue_status in _TURNED_AWAY:
        return Outcome.TURNED_AWAY
    if end.queue_status == "TIMEOUT":
        return Outcome.TIMED_OUT
    if end.queued:
        return Outcome.ABANDONED
    return Outcome.GREETING_HANG_UP


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One call on the board. ``outcome`` is None while it lasts; answered calls are there from
    the answer on, others from their end on."""

    call: CallId
    arrived_at: dt.datetime
    outcome: Outcome | None
    wait_s: float | None = None
    agent: AgentId | None = None
    closed_at: dt.datetime | None = None
    service: Service | None = None
    linked: bool = False

    @property
    def counts_as(self) -> Outcome:
        return self.outcome or Outcome.ANSWERED


@dataclass(frozen=True, slots=True)
class Board:
    """The window of calls every number is counted from, keyed by call."""

    records: Mapping[CallId, Record] = field(default_factory=lambda: MappingProxyType({}))

    def closed(self, call: CallId) -> bool:
        record = self.records.get(call)
        return record is not None and record.outcome is not None


def evolve_board(
    board: Board,
    fact: CallAnswered | CallClosed,
    arrived_at: dt.datetime,
    *,
    apart: bool = False,
) -> Board:
    """The board after a fact. ``arrived_at`` is the call's; ``apart`` is an answer that is none
    for N: in the emergency queue, or of a return call."""
    match fact:
        case CallAnswered():
            if apart or fact.call in board.records:
                return board
            record = Record(
                call=fact.call,
                arrived_at=arrived_at,
                outcome=None,
                wait_s=fact.wait_s,
                agent=fact.agent,
            )
        case CallClosed():
            record = Record(
                call=fact.call,
                arrived_at=fact.arrived_at,
                outcome=fact.outcome,
                wait_s=fact.wait_s,
                agent=fact.agent,
                closed_at=fact.at,
                service=fact.service,
                linked=fact.linked,
            )
    return replace(board, records=_kept(board.records, record, fact.at - KEPT_FOR))


def _kept(
    records: Mapping[CallId, Record], record: Record, since: dt.datetime
) -> Mapping[CallId, Record]:
    kept = {
        call: old for call, old in records.items() if old.arrived_at >= since or old.outcome is None
    }
    kept[record.call] = record
    return MappingProxyType(kept)


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """The numbers of one window. Rates are None when nothing was offered, never 0/0."""

    offered: int
    answered: int
    lost: int
    answered_in_time: int
    abandoned: int
    timed_out: int
    turned_away: int
    short: int
    greeting_hang_ups: int
    emergencies: int
    return_calls: int
    wait_s_total: float

    @property
    def loss_rate(self) -> float | None:
        """呼损率 = X / N."""
        return self.lost / self.offered if self.offered else None

    @property
    def connect_rate(self) -> float | None:
        """接通率 = A / N."""
        return self.answered / self.offered if self.offered else None

    @property
    def in_time_rate(self) -> float | None:
        """15秒接通率 = connected within 15 s / N (not ÷ A, which looks better)."""
        return self.answered_in_time / self.offered if self.offered else None


def count(records: Iterable[Record], *, short_s: float) -> Count:
    """Count a window of records. ``short_s``: an abandonment below it is shown apart (短呼), and
    still counts as lost."""
    tally = dict.fromkeys(Outcome, 0)
    in_time = short = 0
    waited = 0.0
    for record in records:
        tally[record.counts_as] += 1
        if record.counts_as is Outcome.ANSWERED:
            waited += record.wait_s or 0.0
            in_time += (record.wait_s or 0.0) <= ANSWER_WITHIN_S
        elif record.counts_as is Outcome.ABANDONED:
            short += (record.wait_s or 0.0) < short_s
    return Count(
        offered=sum(tally[outcome] for outcome in OFFERED),
        answered=tally[Outcome.ANSWERED],
        lost=sum(tally[outcome] for outcome in LOST),
        answered_in_time=in_time,
        abandoned=tally[Outcome.ABANDONED],
        timed_out=tally[Outcome.TIMED_OUT],
        turned_away=tally[Outcome.TURNED_AWAY],
        short=short,
        greeting_hang_ups=tally[Outcome.GREETING_HANG_UP],
        emergencies=tally[Outcome.EMERGENCY],
        return_calls=tally[Outcome.RETURN_CALL],
        wait_s_total=waited,
    )


def between(board: Board, start: dt.datetime, end: dt.datetime) -> tuple[Record, ...]:
    """The records of calls that arrived in ``[start, end)``, in order of arrival."""
    found = [r for r in board.records.values() if start <= r.arrived_at < end]
    return tuple(sorted(found, key=lambda r: (r.arrived_at, r.call)))


def connect_rates(
    records: Iterable[Record], ends: Sequence[dt.datetime], window: dt.timedelta
) -> tuple[float | None, ...]:
    """接通率 of the ``window`` before each of these moments: what :func:`count` says of
    :func:`between`, for many windows in one walk."""
    offered = sorted(
        (one.arrived_at, one.counts_as is Outcome.ANSWERED)
        for one in records
        if one.counts_as in OFFERED
    )
    times = [at for at, _ in offered]
    answered = [0, *accumulate(was for _, was in offered)]
    rates: list[float | None] = []
    for end in ends:
        first, last = bisect_left(times, end - window), bisect_left(times, end)
        some = last - first
        rates.append((answered[last] - answered[first]) / some if some else None)
    return tuple(rates)


def day_start(now: dt.datetime, zone: dt.tzinfo) -> dt.datetime:
    """Midnight of ``now``'s day in the pack's zone."""
    return now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)


def half_hours(records: Iterable[Record], start: dt.datetime) -> tuple[tuple[int, int], ...]:
    """(answered, lost) for each of the 48 half hours of the day that began at ``start``."""
    bins = [[0, 0] for _ in range(48)]
    for record in records:
        slot = int((record.arrived_at - start).total_seconds() // 1800)
        if 0 <= slot < 48 and record.counts_as in OFFERED:
            bins[slot][record.counts_as in LOST] += 1
    return tuple((answered, lost) for answered, lost in bins)

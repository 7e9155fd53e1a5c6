"""The tickets of a ledger folded from their streams alone: a hash of what they come to, how they
ended, and how many the kept state disagrees with."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hotline.endings import Ending, ending_of
from hotline.errors import ImpossibleMove
from hotline.facts import DeadlineSet, TicketOpened
from hotline.handling import Handling, handling_of
from hotline.handling_words import FINAL, TicketActed
from hotline.policy import Policy
from hotline.words import TicketType
from ledger.rows import canonical
from ledger.store import Ledger
from ledger.stream import Recorded, ticket_stream


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketsReplayed:
    """``endings`` are the tickets at their end, ``open`` those that are not; ``groundless`` at an
    end without a reason (there must be none); ``differing`` whose kept state is another than the
    stream gives (none either, but for what was received after the moment asked for)."""

    tickets: int
    facts: int
    hash: str
    endings: Mapping[Ending, int]
    open: int
    groundless: int
    differing: int


async def replay_tickets(
    ledger: Ledger, city: str, until: dt.datetime | None = None
) -> TicketsReplayed:
    """Fold every ticket, in the order of their numbers."""
    now = await ledger.tickets.lists.stages()
    found, endings = hashlib.sha256(), Counter[Ending]()
    count = facts = running = groundless = differing = 0
    prefix = ticket_stream(city, "")
    async for stream in ledger.streams.of_tickets(city, until=until):
        number = stream[0].stream.removeprefix(prefix)
        handling, due_at = folded(stream)
        found.update(canonical(_line(number, handling, due_at)).encode())
        count, facts = count + 1, facts + len(stream)
        differing += until is None and now.get(number) != handling.stage
        if handling.stage not in FINAL:
            running += 1
            continue
        try:
            endings[ending_of(handling)] += 1
        except ImpossibleMove:
            groundless += 1
    return TicketsReplayed(
        tickets=count,
        facts=facts,
        hash=found.hexdigest(),
        endings=dict(sorted(endings.items(), key=lambda item: -item[1])),
        open=running,
        groundless=groundless,
        differing=differing,
    )


def folded(stream: Sequence[Recorded]) -> tuple[Handling, dt.datetime | None]:
    """What one stream comes to, and the due date it set last."""
    opened = next(one.fact for one in stream if isinstance(one.fact, TicketOpened))
    acts = [one.fact for one in stream if isinstance(one.fact, TicketActed)]
    dates = [one.fact.due_at for one in stream if isinstance(one.fact, DeadlineSet)]
    return handling_of(TicketType(opened.type), opened.at, acts), dates[-1] if dates else None


def _line(number: str, handling: Handling, due_at: dt.datetime | None) -> list[Any]:
    """What is hashed of a ticket: what its acts come to, not who did them."""
    times = (handling.opened_at, handling.received_at, handling.closed_at, due_at)
    return [
        number,
        handling.type.value,
        handling.stage.value,
        handling.unit,
        list(handling.helpers),
        [at.astimezone(dt.UTC).isoformat() if at else None for at in times],
        [handling.settled, handling.extensions, handling.redone, handling.refused_closings],
        list(handling.ratings),
        [[fact.act.value, fact.code] for fact in handling.acts],
    ]


def ending_rows(done: TicketsReplayed, policy: Policy) -> list[tuple[str, str, int]]:
    """(final state, reason, how many), the most frequent first. ``policy`` says in its own words
    and with the article which case a code of not accepting is."""
    cases = {
        one.code: f"{one.words}〔{one.article}〕" for one in policy.intake.refusals.value or ()
    }
    return [
        (
            one.stage.value,
            f"{one.reason}：{cases.get(one.code, one.code)}" if one.code else one.reason,
            count,
        )
        for one, count in done.endings.items()
    ]


def plain_tickets(done: TicketsReplayed) -> dict[str, Any]:
    """As JSON."""
    return {
        "tickets": done.tickets,
        "facts": done.facts,
        "hash": done.hash,
        "open": done.open,
        "groundless": done.groundless,
        "differing": done.differing,
        "endings": [
            {"stage": one.stage.value, "reason": one.reason, "code": one.code, "tickets": count}
            for one, count in done.endings.items()
        ],
    }


def in_words(done: TicketsReplayed) -> str:
    """Two lines for the terminal."""
    same = (
        "与现存状态一致"
        if not done.differing
        else f"{done.differing} 件与现存状态不同！请保留数据并报告"
    )
    lines = [
        f"工单 {done.tickets} 件，{done.facts} 条事实：{same}；未结束 {done.open} 件。",
        f"工单哈希 {done.hash}",
    ]
    if done.groundless:
        lines.append(f"有 {done.groundless} 件已结束而说不出原因！请保留数据并报告这个错误。")
    return "\n".join(lines)

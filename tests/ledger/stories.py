"""Facts and tickets as the tests of this room use them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from hotline.facts import (
    CallClosed,
    CallOpened,
    DeadlineSet,
    DeadlineSilent,
    EmergencyStepped,
    TicketFact,
    TicketOpened,
)
from hotline.words import (
    AgentId,
    Article,
    CallId,
    Deadline,
    Outcome,
    Service,
    Ticket,
    TicketId,
    TicketType,
    UserId,
)
from ledger.ticket_rows import TicketSave

START = dt.datetime(2026, 9, 28, 2, 0, tzinfo=dt.UTC)
ARTICLE = Article("肇庆高新区12345热线管理办法", "第十一条", "五个工作日内办结")


def opened(call: str) -> CallOpened:
    return CallOpened(
        at=START, call=CallId(call), dialled="12345", channel="PJSIP/trunk-1", known_person=True
    )


def closed(
    call: str,
    *,
    at: dt.datetime = START,
    outcome: Outcome = Outcome.ANSWERED,
    wait_s: float | None = 3.5,
    agent: str | None = "1001",
    service: Service | None = None,
) -> CallClosed:
    return CallClosed(
        at=at,
        call=CallId(call),
        outcome=outcome,
        stage="agent",
        arrived_at=at - dt.timedelta(seconds=60),
        queued_at=at - dt.timedelta(seconds=50),
        wait_s=wait_s,
        agent=AgentId(agent) if agent else None,
        service=service,
        linked=service is not None,
    )


def stepped(call: str, phase: Any, *, second: int = 0, **more: Any) -> EmergencyStepped:
    values = {
        "service": Service.FIRE,
        "trunk": None,
        "reason": "key",
        "status": "",
        "elapsed_ms": None,
        **more,
    }
    at = START + dt.timedelta(seconds=second)
    return EmergencyStepped(at=at, call=CallId(call), phase=phase, **values)


def due(days: int, *, provisional: bool = False) -> Deadline:
    at = START + dt.timedelta(days=days)
    return Deadline("办结", START, at, provisional, ARTICLE, notes=("国庆假期不计",))


def save_of(
    number: TicketId,
    *,
    deadline: Deadline | None = None,
    status: str = "登记",
    call: str | None = None,
    type_: TicketType = TicketType.COMPLAINT,
    at: dt.datetime = START,
    by: str = "u1",
    **texts: str,
) -> TicketSave:
    """A ticket just opened, with its facts."""
    ticket = Ticket(
        id=number,
        city="zhaoqing",
        type=type_,
        status=status,
        opened_at=at,
        policy_version="zhaoqing 1",
        call=CallId(call) if call else None,
        deadline=deadline,
        acts=("登记",),
    )
    facts = (opening(ticket, by), limit_of(ticket))
    searched = () if deadline else ("第十一条",)
    return TicketSave(ticket, facts, UserId(by), "ticket.open", texts, "市容环境", False, searched)


def opening(ticket: Ticket, by: str) -> TicketOpened:
    return TicketOpened(
        at=ticket.opened_at,
        ticket=ticket.id,
        city=ticket.city,
        type=ticket.type.value,
        category="市容环境",
        unit=None,
        call=ticket.call,
        by=by,
        body="城市热线",
        policy_version=ticket.policy_version,
    )


def limit_of(ticket: Ticket) -> TicketFact:
    """The date that was set, or the articles that set none."""
    if ticket.deadline is None:
        searched = ("第十一条",)
        return DeadlineSilent(at=ticket.opened_at, ticket=ticket.id, duty="办结", searched=searched)
    return DeadlineSet(
        at=ticket.opened_at,
        ticket=ticket.id,
        duty=ticket.deadline.duty,
        start_at=ticket.deadline.start_at,
        due_at=ticket.deadline.due_at,
        provisional=ticket.deadline.provisional,
        document=ARTICLE.document,
        article=ARTICLE.number,
        counted_days=5,
    )

"""Which calls somebody still works on: their recordings stay, whatever limit is reached."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import or_, select

from hotline.return_calls import TaskState
from hotline.words import CallId
from ledger import tables as t
from ledger.database import Database
from ledger.ticket_call_tables import ticket_calls


async def held_calls(
    database: Database, calls: Collection[CallId], *, closed: Collection[str]
) -> set[CallId]:
    """Those of these calls that belong to a ticket that is not ``closed`` (by its status), as the
    one it was told in or one about it, or to a
    task of calling back that is open: as a lost call or as a try. At most a few hundred calls."""
    asked = list(calls)
    tickets = select(t.tickets.c.call).where(
        t.tickets.c.call.in_(asked), t.tickets.c.status.not_in(list(closed))
    )
    about = (
        select(ticket_calls.c.call)
        .select_from(
            ticket_calls.join(
                t.tickets,
                (t.tickets.c.city == ticket_calls.c.city)
                & (t.tickets.c.id == ticket_calls.c.ticket),
            )
        )
        .where(ticket_calls.c.call.in_(asked), t.tickets.c.status.not_in(list(closed)))
    )
    task, loss = t.return_calls.c, t.return_call_losses.c
    tasks = (
        select(task.id, task.attempt, task.call, loss.call)
        .select_from(t.return_calls.outerjoin(t.return_call_losses, loss.task == task.id))
        .where(
            task.state != TaskState.CLOSED.value,
            or_(*(one.in_(asked) for one in (task.id, task.attempt, task.call, loss.call))),
        )
    )
    async with database.read() as connection:
        found = {str(call) for call in (await connection.execute(tickets)).scalars()}
        found.update(str(call) for call in (await connection.execute(about)).scalars())
        for row in await connection.execute(tasks):
            found.update(str(call) for call in row if call is not None)
    return {call for call in asked if call in found}

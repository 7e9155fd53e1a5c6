"""Tasks to call back as rows of their table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from hotline.facts import ClosingReason, LossPlace
from hotline.return_calls import ReturnCall, TaskState
from hotline.words import CallId, Outcome

if TYPE_CHECKING:
    from sqlalchemy import Row


def task_row(task: ReturnCall) -> Mapping[str, Any]:
    """The row of a task."""
    return {
        "id": task.id,
        "version": task.version,
        "state": task.state.value,
        "matter": task.matter,
        "opened_at": task.opened_at,
        "lost_at": task.lost_at,
        "place": task.place,
        "outcome": task.outcome.value,
        "waited_s": task.waited_s,
        "losses": task.losses,
        "tries": task.tries,
        "tried_at": task.tried_at,
        "result": task.result,
        "agent": task.agent,
        "attempt": task.attempt,
        "until": task.until,
        "closed_at": task.closed_at,
        "reason": task.reason,
        "closed_by": task.closed_by,
        "call": task.call,
        "about": task.about,
    }


def task_of(row: Row[Any]) -> ReturnCall:
    """The task of a row."""
    place: LossPlace = row.place
    reason: ClosingReason | None = row.reason
    return ReturnCall(
        id=row.id,
        state=TaskState(row.state),
        matter=row.matter,
        opened_at=row.opened_at,
        lost_at=row.lost_at,
        place=place,
        outcome=Outcome(row.outcome),
        waited_s=row.waited_s,
        losses=row.losses,
        tries=row.tries,
        tried_at=row.tried_at,
        result=row.result,
        agent=row.agent,
        attempt=row.attempt,
        until=row.until,
        closed_at=row.closed_at,
        reason=reason,
        closed_by=row.closed_by,
        call=CallId(row.call) if row.call else None,
        about=row.about,
        version=row.version,
    )

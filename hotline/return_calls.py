"""The tasks to call somebody back (回拨): a table of moves, and what a task knows.

Nobody who hung up unheard is forgotten: each lost call and each hang-up in the greeting belongs to
exactly one task. Of one caller at most one task a matter is open; it is closed when he gets
through, when he is reached, or by a person with a reason. A call that was answered settles every
loss before it, in whatever order the two are learnt.

::

    ─owe→ waiting ⇄ dialling          try; miss goes back
            │ settle     │ settle, reach
            └→ closed ←──┘
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final, assert_never

from hotline.errors import BadInput, ImpossibleMove
from hotline.facts import (
    CallClosed,
    ClosingReason,
    LossPlace,
    ReturnCallClosed,
    ReturnCallFact,
    ReturnCallMissed,
    ReturnCallOwed,
    ReturnCallTried,
)
from hotline.words import AgentId, CallId, Outcome, Phone, ReturnCallId, UserId


class TaskState(StrEnum):
    """Where a task is."""

    WAITING = "waiting"
    DIALLING = "dialling"
    CLOSED = "closed"


class TaskMove(StrEnum):
    """What can happen to a task."""

    OWE = "owe"
    TRY = "try"
    MISS = "miss"
    SETTLE = "settle"


_S, _M = TaskState, TaskMove

RETURN_CALL_MOVES: Final[Mapping[TaskState | None, Mapping[TaskMove, TaskState]]] = (
    MappingProxyType(
        {
            None: {_M.OWE: _S.WAITING},
            _S.WAITING: {_M.OWE: _S.WAITING, _M.TRY: _S.DIALLING, _M.SETTLE: _S.CLOSED},
            _S.DIALLING: {_M.OWE: _S.DIALLING, _M.MISS: _S.WAITING, _M.SETTLE: _S.CLOSED},
            # Got through while we dialled: the end of that attempt is still written down.
            _S.CLOSED: {_M.MISS: _S.CLOSED},
        }
    )
)
"""From which state (None: no task yet) which move leads where."""

ATTEMPT_LASTS: Final = dt.timedelta(seconds=150)
"""An attempt unheard of for so long is over: the seat rings 20 s, the citizen at most 90."""

DISMISSALS: Final[Mapping[str, ClosingReason]] = MappingProxyType(
    {"handled": "handled", "nuisance": "nuisance", "wrong-number": "wrong-number", "other": "other"}
)
"""The reasons a person may give for not calling back (无需回拨)."""

_DIALABLE: Final = re.compile(r"1[3-9]\d{9}|0[1-9]\d{8,10}|[2-8]\d{6,7}")
"""A mobile, a landline with its area code, or a local one. Nothing else is ever dialled: no 00 to
foreign countries, no short codes, no 110/119/120/122, which have their own way."""


def dialable(phone: Phone) -> bool:
    """Whether this is a number that may be called back."""
    return _DIALABLE.fullmatch(phone.digits) is not None


ABOUT_TICKET: Final = "ticket-"
"""How the task of a call begins that was begun on the page of a ticket: it is nobody's task."""

RECALL: Final = "knowledge"
"""The matter of a task that puts a wrong answer right (召回)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """A call whose caller was not heard by anybody."""

    call: CallId
    at: dt.datetime
    place: LossPlace
    outcome: Outcome
    matter: str
    waited_s: float | None


_PLACES: Final[Mapping[Outcome, LossPlace]] = MappingProxyType(
    {
        Outcome.GREETING_HANG_UP: "greeting",
        Outcome.ABANDONED: "queue",
        Outcome.TIMED_OUT: "queue",
        Outcome.TURNED_AWAY: "queue",
        Outcome.EMERGENCY: "emergency",
    }
)


def loss_of(fact: CallClosed) -> Loss | None:
    """What is owed for this call: None for one that was answered, by an agent or by a service, and
    for a call of ours. An emergency that nobody answered is a loss with a matter of its own."""
    place = _PLACES.get(fact.outcome)
    if place is None or fact.linked or fact.agent is not None:
        return None
    matter = ""
    if fact.outcome is Outcome.EMERGENCY:
        matter = fact.service.value if fact.service else "emergency"
    return Loss(
        call=fact.call,
        at=fact.at,
        place=place,
        outcome=fact.outcome,
        matter=matter,
        waited_s=fact.wait_s,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnCall:
    """A task as its facts have made it. ``tries`` counts attempts, ``attempt`` is the latest one's
    call and ``agent`` who made it; ``until`` ends it at the latest."""

    id: ReturnCallId
    state: TaskState
    matter: str
    opened_at: dt.datetime
    lost_at: dt.datetime
    place: LossPlace
    outcome: Outcome
    waited_s: float | None
    losses: int = 1
    tries: int = 0
    tried_at: dt.datetime | None = None
    result: str = ""
    agent: AgentId | None = None
    attempt: CallId | None = None
    until: dt.datetime | None = None
    closed_at: dt.datetime | None = None
    reason: ClosingReason | None = None
    closed_by: str = ""
    call: CallId | None = None
    about: str = ""
    version: int = 1

    @property
    def caller_call(self) -> CallId:
        """The call whose number is dialled."""
        return self.call or CallId(self.id)


def move_of(fact: ReturnCallFact) -> TaskMove:
    """The move a fact makes."""
    match fact:
        case ReturnCallOwed():
            return TaskMove.OWE
        case ReturnCallTried():
            return TaskMove.TRY
        case ReturnCallMissed():
            return TaskMove.MISS
        case ReturnCallClosed():
            return TaskMove.SETTLE
        case _:
            assert_never(fact)


def evolve(task: ReturnCall | None, fact: ReturnCallFact) -> ReturnCall:
    """The task after a fact. Raises ImpossibleMove for one the table does not have."""
    move = move_of(fact)
    state = RETURN_CALL_MOVES[task.state if task else None].get(move)
    if state is None:
        raise ImpossibleMove(f"回拨任务 {fact.task}", task.state if task else "—", move)
    if task is None:
        return _opened(fact)
    task = replace(task, state=state, version=task.version + 1)
    match fact:
        case ReturnCallOwed():
            return _grown(task, fact)
        case ReturnCallTried():
            return replace(
                task,
                tries=task.tries + 1,
                tried_at=fact.at,
                result="",
                agent=fact.agent,
                attempt=fact.call,
                until=fact.until,
            )
        case ReturnCallMissed():
            return replace(task, result=fact.result, until=None)
        case ReturnCallClosed():
            reached = "reached" if fact.reason == "reached" else task.result
            return replace(
                task,
                result=reached,
                until=None,
                closed_at=fact.at,
                reason=fact.reason,
                closed_by=fact.by,
            )
        case _:
            assert_never(fact)


def _opened(fact: ReturnCallFact) -> ReturnCall:
    if not isinstance(fact, ReturnCallOwed):
        raise ImpossibleMove(f"回拨任务 {fact.task}", "—", move_of(fact))
    return ReturnCall(
        id=fact.task,
        state=TaskState.WAITING,
        matter=fact.matter,
        opened_at=fact.at,
        lost_at=fact.at,
        place=fact.place,
        outcome=fact.outcome,
        waited_s=fact.waited_s,
        call=fact.call if fact.matter == RECALL else None,
        about=fact.about,
    )


def _grown(task: ReturnCall, fact: ReturnCallOwed) -> ReturnCall:
    """One loss more. A loss that was learnt late does not hide the latest one."""
    task = replace(task, losses=task.losses + 1, opened_at=min(task.opened_at, fact.at))
    if fact.at < task.lost_at:
        return task
    return replace(
        task, lost_at=fact.at, place=fact.place, outcome=fact.outcome, waited_s=fact.waited_s
    )


def owe(
    loss: Loss,
    caller: Phone,
    open_tasks: Iterable[ReturnCall],
    settled_by: tuple[CallId, dt.datetime] | None,
) -> tuple[ReturnCallFact, ...]:
    """What a loss makes true. ``open_tasks`` are those of this caller, ``settled_by`` his latest
    call that was answered, with its time.

    A withheld number is nobody's: its task is closed at birth, listed all the same.
    """
    same = None
    if not caller.withheld:
        same = next((task for task in open_tasks if task.matter == loss.matter), None)
    owed = ReturnCallOwed(
        at=loss.at,
        task=same.id if same else ReturnCallId(loss.call),
        call=loss.call,
        place=loss.place,
        outcome=loss.outcome,
        matter=loss.matter,
        waited_s=loss.waited_s,
    )
    if same is not None:
        return (owed,)
    if settled_by is not None and settled_by[1] >= loss.at:
        call, at = settled_by
        return owed, ReturnCallClosed(at=at, task=owed.task, reason="got-through", call=call)
    if not dialable(caller):
        return owed, ReturnCallClosed(at=loss.at, task=owed.task, reason="no-number")
    return (owed,)


def recall(
    call: CallId, about: str, caller: Phone, open_tasks: Iterable[ReturnCall], at: dt.datetime
) -> tuple[ReturnCallFact, ...]:
    """What it makes true that in ``call`` the version ``about`` of an article was told, which is
    wrong. A caller has one task for it, in however many calls he was told; a number that cannot be
    dialled closes it at birth, listed all the same."""
    same = None
    if not caller.withheld:
        same = next((task for task in open_tasks if task.about == about), None)
    key = hashlib.sha256(f"{about} {call}".encode()).hexdigest()[:32]
    owed = ReturnCallOwed(
        at=at,
        task=same.id if same else ReturnCallId(f"recall-{key}"),
        call=call,
        place="answered",
        outcome=Outcome.ANSWERED,
        matter=RECALL,
        waited_s=None,
        about=about,
    )
    if same is None and not dialable(caller):
        return owed, ReturnCallClosed(at=at, task=owed.task, reason="no-number")
    return (owed,)


def settle(task: ReturnCall, call: CallId, at: dt.datetime) -> tuple[ReturnCallFact, ...]:
    """The caller speaks with somebody: nothing is owed any more for what was lost before. ``call``
    is ours when it is the task's attempt. A wrong answer is put right by our own call alone: who
    calls about something else does not know of it."""
    if task.matter == RECALL and call != task.attempt:
        return ()
    if task.state is TaskState.CLOSED or at < task.lost_at:
        return ()
    reason: ClosingReason = "reached" if call == task.attempt else "got-through"
    return (ReturnCallClosed(at=at, task=task.id, reason=reason, call=call),)


def attempt(
    task: ReturnCall, *, call: CallId, agent: AgentId, by: UserId, at: dt.datetime
) -> tuple[ReturnCallFact, ...]:
    """An agent takes the task. Raises ImpossibleMove while another attempt lasts, or where nothing
    is owed any more."""
    if task.state is TaskState.CLOSED:
        raise ImpossibleMove("这件回拨", "已关闭", "再拨")
    ended: tuple[ReturnCallFact, ...] = ()
    if task.state is TaskState.DIALLING:
        if task.until is not None and at < task.until:
            raise ImpossibleMove("这件回拨", f"席位 {task.agent} 正在拨打", "再拨")
        ended = expire(task, at)
    until = at + ATTEMPT_LASTS
    return (
        *ended,
        ReturnCallTried(at=at, task=task.id, call=call, agent=agent, by=by, until=until),
    )


def miss(
    task: ReturnCall, call: CallId, result: str, at: dt.datetime
) -> tuple[ReturnCallFact, ...]:
    """The attempt ``call`` came to nothing. An end of an earlier attempt changes nothing."""
    if task.attempt != call or task.result:
        return ()
    return (ReturnCallMissed(at=at, task=task.id, call=call, result=result or "failed"),)


def expire(task: ReturnCall, at: dt.datetime) -> tuple[ReturnCallFact, ...]:
    """An attempt whose end nobody told is over when its time is."""
    over = task.state is TaskState.DIALLING and task.until is not None and task.until <= at
    if not over or task.attempt is None:
        return ()
    return (ReturnCallMissed(at=at, task=task.id, call=task.attempt, result="unknown"),)


def dismiss(
    task: ReturnCall, reason: str, *, by: UserId, at: dt.datetime
) -> tuple[ReturnCallFact, ...]:
    """A person decides that nobody is called back. Raises BadInput without a reason of the list,
    ImpossibleMove while it is dialled or closed."""
    known = DISMISSALS.get(reason)
    if known is None:
        raise BadInput("reason", "请选一个不回拨的原因")
    if task.state is not TaskState.WAITING:
        names = {TaskState.DIALLING: "正在拨打", TaskState.CLOSED: "已关闭"}
        raise ImpossibleMove("这件回拨", names[task.state], "改为无需回拨")
    return (ReturnCallClosed(at=at, task=task.id, reason=known, by=by),)

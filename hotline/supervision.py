"""Supervision (督办): one matter, from what raised it to its end, and who may do what with it.

A matter stands on a rung of the city's ladder (督办层级). Nothing goes up by itself: where the text
lets the next body take it, the page proposes it and a person decides with a reason.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from hotline.errors import ImpossibleMove, NotAllowed, Objected
from hotline.handling_words import Part
from hotline.policy import Policy
from hotline.rulings import Reason
from hotline.supervision_forms import forms_at, shape_of
from hotline.words import Article, UnitId


class State(StrEnum):
    """Where a matter of supervision is."""

    RAISED = "待督办"
    ISSUED = "待反馈"
    ANSWERED = "待核查"
    CLOSED = "已销号"
    DROPPED = "不予督办"


ENDED: Final = frozenset({State.CLOSED, State.DROPPED})


class Step(StrEnum):
    """What is done with it."""

    RAISE = "提出督办"
    ISSUE = "发出"
    RECEIVE = "签收督办"
    ANSWER = "整改反馈"
    RECORD = "登记结果"
    REJECT = "反馈不符合要求"
    ESCALATE = "提请上级"
    CLOSE = "销号"
    DROP = "不予督办"


@dataclass(frozen=True, slots=True, kw_only=True)
class SupervisionStep:
    """One step of one matter. ``form`` and ``form_number`` are the paper's; what was written is
    kept sealed beside it. ``level`` is the rung it stands on afterwards, from 0."""

    at: dt.datetime
    step: Step
    by: str
    part: Part
    body: str
    state: State
    level: int = 0
    form: str = ""
    form_number: str = ""
    answer_by: dt.date | None = None
    article: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """A matter as its steps have made it. ``form`` is the paper in force."""

    state: State
    level: int = 0
    unit: UnitId | None = None
    steps: tuple[SupervisionStep, ...] = ()
    form: str = ""
    form_number: str = ""
    answer_by: dt.date | None = None
    received: bool = False

    def times(self, step: Step) -> int:
        """How often a step was taken."""
        return sum(one.step is step for one in self.steps)

    def unanswered(self, today: dt.date) -> bool:
        """Whether the day set for the answer is past."""
        waiting = self.state is State.ISSUED and self.answer_by is not None
        return waiting and self.answer_by is not None and today > self.answer_by


@dataclass(frozen=True, slots=True)
class _Move:
    to: State
    by: frozenset[Part]


def _move(to: State, *by: Part) -> _Move:
    return _Move(to, frozenset(by))


_OFFICE: Final = (Part.CENTRE, Part.MANAGER)

STEPS: Final[Mapping[State, Mapping[Step, _Move]]] = MappingProxyType(
    {
        State.RAISED: {
            Step.ISSUE: _move(State.ISSUED, *_OFFICE),
            Step.ESCALATE: _move(State.RAISED, *_OFFICE),
            Step.DROP: _move(State.DROPPED, *_OFFICE),
        },
        State.ISSUED: {
            Step.RECEIVE: _move(State.ISSUED, Part.UNIT),
            Step.ANSWER: _move(State.ANSWERED, Part.UNIT),
            Step.RECORD: _move(State.ANSWERED, *_OFFICE),
            Step.ISSUE: _move(State.ISSUED, *_OFFICE),
            Step.ESCALATE: _move(State.RAISED, *_OFFICE),
        },
        State.ANSWERED: {
            Step.CLOSE: _move(State.CLOSED, *_OFFICE),
            Step.REJECT: _move(State.ISSUED, *_OFFICE),
            Step.ISSUE: _move(State.ISSUED, *_OFFICE),
            Step.ESCALATE: _move(State.RAISED, *_OFFICE),
        },
        State.CLOSED: {},
        State.DROPPED: {},
    }
)
"""From which state which step leads where, and whose it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A step as somebody asks for it. ``case`` is the code of the case it goes up under, ``told``
    whether a reason or text came with it."""

    step: Step
    part: Part
    by: str
    body: str
    form: str = ""
    form_number: str = ""
    answer_by: dt.date | None = None
    case: str = ""
    told: bool = False


def rungs(policy: Policy) -> tuple[str, ...]:
    """The bodies of the ladder, the hotline's own first; 督办 without a ladder has one."""
    return policy.supervision.ladder.value or ("热线机构",)


_UP: Final = re.compile(r"level(\d)_")


def target(case: Reason) -> int | None:
    """The rung that takes over in this case; None: a case for supervision at the first."""
    found = _UP.match(case.code)
    return int(found[1]) - 1 if found else None


def cases_up(policy: Policy, level: int) -> tuple[Reason, ...]:
    """The cases in which a higher rung takes a matter over, as the city's text has them."""
    every = policy.supervision.triggers.value or ()
    return tuple(one for one in every if (target(one) or 0) > level)


def cases_here(policy: Policy) -> tuple[Reason, ...]:
    """The cases for which somebody may raise a matter by hand."""
    return tuple(one for one in policy.supervision.triggers.value or () if target(one) is None)


def take(matter: Matter, wanted: Wanted, at: dt.datetime, policy: Policy) -> SupervisionStep:
    """Decide one step. Raises ImpossibleMove, NotAllowed or Objected, one sentence each."""
    move = STEPS[matter.state].get(wanted.step)
    if move is None:
        raise ImpossibleMove("督办事项", matter.state, wanted.step)
    if wanted.part not in move.by:
        raise NotAllowed(wanted.part, wanted.step)
    level, article = matter.level, ""
    if wanted.step is Step.ISSUE:
        _issuable(matter, wanted, policy)
        article = _number(policy.supervision.forms.article)
    elif wanted.step is Step.ESCALATE:
        case = _case_up(matter, wanted, policy)
        level, article = target(case) or 0, case.article
    elif wanted.step in (Step.ANSWER, Step.RECORD):
        _answerable(matter, wanted, policy)
    elif wanted.step is Step.RECEIVE and matter.received:
        raise Objected("这一份已经签收")
    if wanted.step is not Step.RECEIVE and not wanted.told:
        raise Objected(f"{wanted.step}要写明理由或者内容")
    issued = wanted.step is Step.ISSUE
    return SupervisionStep(
        at=at,
        step=wanted.step,
        by=wanted.by,
        part=wanted.part,
        body=wanted.body,
        state=move.to,
        level=level,
        form=wanted.form if issued else "",
        form_number=wanted.form_number if issued else "",
        answer_by=wanted.answer_by if issued or wanted.step is Step.REJECT else None,
        article=article,
    )


def _issuable(matter: Matter, wanted: Wanted, policy: Policy) -> None:
    rule = policy.supervision.forms
    if wanted.form not in (rule.value or ()):
        raise Objected(
            f"本市的督办方式是{'、'.join(rule.value or ())}，请从中选", _number(rule.article)
        )
    if wanted.form not in forms_at(policy, matter.level):
        raise Objected(
            f"{wanted.form}由更高一级作出，请先提请上级", _number(policy.supervision.ladder.article)
        )
    if matter.unit is None:
        raise Objected("这一事项还没有承办单位，先在工单上派单")


def _case_up(matter: Matter, wanted: Wanted, policy: Policy) -> Reason:
    ladder = policy.supervision.ladder
    possible = cases_up(policy, matter.level)
    if not possible:
        here = rungs(policy)[min(matter.level, len(rungs(policy)) - 1)]
        raise Objected(f"{here}之上没有再上一级，本市办法未规定", _number(ladder.article))
    case = next((one for one in possible if one.code == wanted.case), None)
    if case is None:
        raise Objected("提请上级要从办法列明的情形里选一种", _number(ladder.article))
    supervised_first = re.search(r"经.*督办", case.words)
    if supervised_first and not matter.times(Step.ISSUE):
        raise Objected("还没有督办过，不能提请上级：要先发出督办", case.article)
    return case


def _answerable(matter: Matter, wanted: Wanted, policy: Policy) -> None:
    answered = shape_of(matter.form, policy).answered
    if wanted.step is Step.ANSWER and not answered:
        raise Objected(f"{matter.form}的结果由发出的机构登记，不由承办单位书面反馈")
    if wanted.step is Step.RECORD and answered:
        raise Objected(f"{matter.form}由承办单位书面反馈整改情况")


def _number(article: Article | None) -> str:
    return article.number if article else ""


def follow(matter: Matter, step: SupervisionStep) -> Matter:
    """The matter after one more step."""
    after = replace(matter, state=step.state, level=step.level, steps=(*matter.steps, step))
    match step.step:
        case Step.ISSUE:
            return replace(
                after,
                form=step.form,
                form_number=step.form_number,
                answer_by=step.answer_by,
                received=False,
            )
        case Step.RECEIVE:
            return replace(after, received=True)
        case Step.REJECT:
            return replace(after, answer_by=step.answer_by or matter.answer_by)
        case _:
            return after


def matter_of(unit: UnitId | None, steps: Iterable[SupervisionStep]) -> Matter:
    """The matter from its steps, oldest first."""
    now = Matter(state=State.RAISED, unit=unit)
    for step in steps:
        now = follow(now, step)
    return now


@dataclass(frozen=True, slots=True)
class Possible:
    """A step of the table that this part has here: possible, or ``why`` it is not."""

    step: Step
    why: str = ""


def possible(
    matter: Matter, parts: Iterable[Part], at: dt.datetime, policy: Policy
) -> tuple[Possible, ...]:
    """What somebody with these parts could do now. What only a form brings is taken as given."""
    mine = frozenset(parts)
    found = []
    for step, move in STEPS[matter.state].items():
        part = next((one for one in Part if one in mine & move.by), None)
        if part is None:
            continue
        forms, up = forms_at(policy, matter.level), cases_up(policy, matter.level)
        found.append(_tried(matter, step, part, forms, up, at, policy))
    return tuple(found)


def _tried(
    matter: Matter,
    step: Step,
    part: Part,
    forms: tuple[str, ...],
    up: tuple[Reason, ...],
    at: dt.datetime,
    policy: Policy,
) -> Possible:
    """The step with the first form or case under which it is possible."""
    why = ""
    cases = [one.code for one in up] if step is Step.ESCALATE and up else [""]
    for case in cases:
        wanted = Wanted(
            step=step,
            part=part,
            by="",
            body="",
            form=forms[0] if forms else "",
            case=case,
            told=True,
        )
        try:
            take(matter, wanted, at, policy)
        except Objected as objection:
            why = why or str(objection)
        else:
            return Possible(step)
    return Possible(step, why)


def proposed(matter: Matter, today: dt.date, policy: Policy) -> Reason | None:
    """The case in which the page proposes the next rung: the day set for the answer is past, or an
    answer was rejected, and the city's text lets the next rung take over after supervision."""
    if matter.state in ENDED or not matter.form:
        return None
    if not matter.unanswered(today) and not matter.times(Step.REJECT):
        return None
    up = cases_up(policy, matter.level)
    return next((one for one in up if re.search(r"经.*督办", one.words)), None)

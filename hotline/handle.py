"""What an act makes of a ticket, what could be done to it now, and what time brings. Pure."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

from hotline.calendar import Calendar
from hotline.deadlines import SetByLaw, run_out, sign_in_deadline
from hotline.errors import HotlineError, ImpossibleMove, NotAllowed
from hotline.handling import MOVES, Handling, follow
from hotline.handling_clock import Course, course
from hotline.handling_gates import UNRATED, Asked, Ground, move_of
from hotline.handling_words import FINAL, Act, Part, Stage, TicketActed
from hotline.policy import Policy
from hotline.rulings import Reason
from hotline.words import Article, UnitId


@dataclass(frozen=True, slots=True)
class Done:
    """An act that was decided: its fact, the ticket after it, and the date with its story."""

    fact: TicketActed
    handling: Handling
    course: Course


def act_on(
    handling: Handling,
    ticket: str,
    asked: Asked,
    at: dt.datetime,
    policy: Policy,
    calendar: Calendar,
    by_law: SetByLaw | None = None,
) -> Done:
    """Decide one act at ``at`` (aware). ``policy`` is the version the ticket was opened under.

    Raises ImpossibleMove, NotAllowed or Objected, each one sentence for the person who asked.
    """
    move = move_of(Ground(handling, asked, at, policy, calendar, by_law))
    fact = TicketActed(
        at=at,
        ticket=ticket,
        act=asked.act,
        by=asked.by,
        part=asked.part,
        body=asked.body,
        stage=move.to,
        unit=asked.unit,
        helpers=asked.helpers,
        code=UNRATED if asked.act is Act.LAPSE else asked.code,
        days=asked.days,
    )
    after = follow(handling, fact)
    return Done(fact, after, course(after, policy, calendar, by_law))


@dataclass(frozen=True, slots=True)
class Choice:
    """An act of the table at this stage: possible now, or ``why`` it is not, with the article."""

    act: Act
    why: str = ""

    @property
    def possible(self) -> bool:
        return not self.why


def choices(
    handling: Handling,
    part: Part,
    at: dt.datetime,
    policy: Policy,
    calendar: Calendar,
    by_law: SetByLaw | None = None,
) -> tuple[Choice, ...]:
    """What somebody in this part could do now, each with the reason where it is not possible.

    What only the form of an act will bring (reasons, sections, a unit) is taken as given.
    """
    found = []
    for act, move in MOVES[handling.stage].items():
        if part not in move.by:
            continue
        asked = _filled_in(act, part, policy)
        try:
            move_of(Ground(handling, asked, at, policy, calendar, by_law))
        except (ImpossibleMove, NotAllowed):
            continue
        except HotlineError as objection:
            found.append(Choice(act, str(objection)))
        else:
            found.append(Choice(act))
    return tuple(found)


def _filled_in(act: Act, part: Part, policy: Policy) -> Asked:
    """An act with a form in which nothing is missing."""
    asked = Asked(act=act, part=part, by="", body="", unit=UnitId("any"), days=1)
    every = {
        *(policy.returns.needs.value or ()),
        *(policy.extensions.needs.value or ()),
        *(policy.close.sections.value or ()),
        "核实",
        "负责人批准",
    }
    code = ""
    if act is Act.REFUSE and policy.intake.refusals.value:
        code = policy.intake.refusals.value[0].code
    if act in (Act.RATE, Act.CORRECT) and policy.rating.options.value:
        code = policy.rating.options.value[0]
    return replace(asked, given=frozenset(every), code=code)


# ---------------------------------------------------------------------------------- what time does


@dataclass(frozen=True, slots=True)
class Due:
    """Something that time brought. ``key`` is raised once for a ticket, however often it is looked
    for."""

    key: str
    what: str
    article: Article | None


def time_brought(
    handling: Handling,
    now: dt.datetime,
    policy: Policy,
    calendar: Calendar,
    by_law: SetByLaw | None = None,
) -> tuple[Due, ...]:
    """What has come due on a ticket by ``now``: signing, the limit soon and past, the rating."""
    if handling.stage in FINAL:
        return ()
    found = [*_signing(handling, now, policy, calendar), *_lapsing(handling, now, policy, calendar)]
    open_ = handling.closed_at is None and handling.stage not in (Stage.WITHDRAWN, Stage.MOVED)
    if open_:
        found += _limit(handling, now, policy, calendar, by_law)
    if (
        handling.refused_closings >= 2
        and (rule := policy.close.audit).value
        and "督办" in rule.value
    ):
        found.append(Due("refused-twice", "办结再次不符合要求，予以督办", rule.article))
    return tuple(found)


def _signing(handling: Handling, now: dt.datetime, policy: Policy, calendar: Calendar) -> list[Due]:
    if handling.stage is not Stage.DISPATCHED or handling.received_at is None:
        return []
    limit = sign_in_deadline(policy, calendar, handling.received_at)
    if limit is None or now <= limit.due_at:
        return []
    return [Due(f"unsigned-{handling.received_at.isoformat()}", "逾期未签收", limit.article)]


def _limit(
    handling: Handling,
    now: dt.datetime,
    policy: Policy,
    calendar: Calendar,
    by_law: SetByLaw | None,
) -> list[Due]:
    deadline = course(handling, policy, calendar, by_law).deadline
    if deadline is None:
        return []
    day = deadline.due_at.isoformat()
    if now > deadline.due_at:
        return [
            Due(f"overdue-{day}", "逾期未办结", _trigger(policy, "overdue") or deadline.article)
        ]
    soon = policy.supervision.due_soon
    day_before = deadline.due_at - dt.timedelta(days=1)
    if soon.value and now >= day_before:
        return [Due(f"due-soon-{day}", "即将到期", soon.article)]
    return []


def _trigger(policy: Policy, code: str) -> Article | None:
    rule = policy.supervision.triggers
    reason: Reason | None = next((one for one in rule.value or () if one.code == code), None)
    if reason is None or rule.article is None:
        return None
    return Article(rule.article.document, reason.article, reason.words)


def _lapsing(handling: Handling, now: dt.datetime, policy: Policy, calendar: Calendar) -> list[Due]:
    window = policy.rating.window
    if handling.stage is not Stage.CLOSED or window.value is None or handling.closed_at is None:
        return []
    asked = handling.last(Act.FOLLOW_UP)
    since = max(asked.at, handling.closed_at) if asked else handling.closed_at
    end, _, _ = run_out(policy, calendar, window.value, since)
    if now <= end:
        return []
    return [Due(f"unrated-{since.isoformat()}", UNRATED, window.article)]

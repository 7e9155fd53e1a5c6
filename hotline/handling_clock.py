"""The clock of a ticket's handling (办理期限): one due date from all that was done, with its story.

The same acts give the same date, whenever it is asked: nothing is stored that could not be derived
again. What moves the date, each by the city's pack:

* The limit starts when the hotline forwards the ticket (派单), until then provisionally at the
  registration. Both timestamps stay in the story (Z-a).
* A return that is granted starts it anew with the next dispatch; one that is refused keeps it.
  Where the pack says 审核时间不计入, the days after the application up to the decision are skipped.
* An extension runs from the day after the old due date.
* A refused closing keeps it (按原有时限). A redo starts it anew, with the limit of the first time.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

from hotline.calendar import Calendar
from hotline.deadlines import SetByLaw, first_deadline, run_out, unpublished
from hotline.handling import Handling
from hotline.handling_words import Act, TicketActed
from hotline.policy import Policy
from hotline.rulings import Ruled, Span, Unit
from hotline.words import Article, Day, Deadline

_DAY: Final = dt.timedelta(days=1)
AUDIT_SKIPPED: Final = "退回审核期间，不计入"
AUDIT_RUNS: Final = "申请退回，审核期间期限停走"
AUDIT_OUT: Final = "审核时间不计入"
SILENT_RESTART: Final = "本市办法未规定退回重派后的起算，按重新转办之时起算（系统默认）"


ORDER_WAITS: Final = "报批，等待批示的时间不计入，批示后自转办之时起算"
ORDER_COUNTS: Final = "报批，等待批示的时间计入"
SILENT_ORDER: Final = "本市办法未规定等待批示是否计入期限，按不计入办理（系统默认）"


Bearing = Literal["start", "anew", "longer", "kept"]
"""What a turn does to the count: begins it, begins it once more, lengthens it, leaves it."""


@dataclass(frozen=True, slots=True)
class DueTurn:
    """One thing that bore on the date (期限变动): ``due_at`` is the date as it stood after it, None
    where there is none."""

    at: dt.datetime
    what: str
    due_at: dt.datetime | None
    article: Article | None = None
    note: str = ""
    effect: Bearing = "start"


class _Told(NamedTuple):
    """What is said of an act that bears on the date."""

    what: str
    article: Article | None
    note: str
    effect: Bearing


@dataclass(frozen=True, slots=True)
class Course:
    """A due date and how it came about (期限经过), oldest turn first."""

    deadline: Deadline | None
    turns: tuple[DueTurn, ...]


@dataclass(slots=True)
class _Count:
    """What the date is reckoned from while the acts are read."""

    start: dt.datetime
    extensions: list[Span] = field(default_factory=list)
    skipped: dict[dt.date, str] = field(default_factory=dict)
    asked_back_at: dt.datetime | None = None
    sent_up_at: dt.datetime | None = None
    unit: str | None = None
    granted: int = 0
    """Extensions in all: a redo clears them from the count, not from what was granted."""


def course(
    handling: Handling, policy: Policy, calendar: Calendar, by_law: SetByLaw | None = None
) -> Course:
    """The handling deadline as the acts so far leave it. ``policy`` is the version the ticket was
    opened under; ``by_law`` a limit from a statute or the dispatch directory."""
    count = _Count(handling.opened_at)
    deadline = _reckon(handling, policy, calendar, by_law, count)
    turns = [_registered(handling, deadline, by_law)]
    for fact in handling.acts:
        told = _bears(fact, count, handling, policy, _due(deadline))
        if told is None:
            continue
        deadline = _reckon(handling, policy, calendar, by_law, count)
        due = _due(deadline)
        turns.append(DueTurn(fact.at, told.what, due, told.article, told.note, told.effect))
    return Course(deadline, tuple(turns))


def _registered(handling: Handling, deadline: Deadline | None, by_law: SetByLaw | None) -> DueTurn:
    """A limit of another book is found at the dispatch: until then there was no date."""
    if by_law is not None and handling.last(Act.DISPATCH, Act.SETTLE) is not None:
        return DueTurn(handling.opened_at, "登记，期限派单时另行确定", None)
    return DueTurn(handling.opened_at, "登记，起算暂从登记之时", _due(deadline))


def _due(deadline: Deadline | None) -> dt.datetime | None:
    return deadline.due_at if deadline else None


def _bears(
    fact: TicketActed,
    count: _Count,
    handling: Handling,
    policy: Policy,
    due_at: dt.datetime | None,
) -> _Told | None:
    """Let one act bear on the count, whose date was ``due_at`` before it: what to say of it, None
    where it does not bear."""
    match fact.act:
        case Act.DISPATCH | Act.SETTLE:
            return _dispatched(fact, count, policy, due_at)
        case Act.SEND_UP:
            return _sent_up(fact, count, policy)
        case Act.ASK_RETURN:
            count.asked_back_at = fact.at
            rule_ = policy.returns.audit_time_excluded
            return _Told(AUDIT_RUNS, rule_.article, "", "kept") if rule_.value else None
        case Act.DENY_RETURN:
            skipped = _skip_audit(fact.at, count, policy, due_at)
            rule = policy.returns.refused_clock
            what = f"退回未获同意，{AUDIT_OUT if skipped else '期限不变'}"
            return _Told(what, rule.article, _said(rule), "kept")
        case Act.GRANT_EXTENSION:
            span, article = extension_of(policy, handling, fact.days)
            count.extensions.append(span)
            count.granted += 1
            note = "" if article else "延长多久由审批写明，本市办法未规定"
            return _Told(f"第{count.granted}次延期{span}", article, note, "longer")
        case Act.DENY_EXTENSION:
            return _Told("延期未获同意，期限不变", None, "", "kept")
        case Act.DENY_CLOSE:
            rule = policy.close.refused_clock
            return _Told("办结申请退回，期限不变", rule.article, _said(rule), "kept")
        case Act.REDO:
            _anew(count, fact.at)
            rule = policy.rating.redo_limit
            return _Told("发回重办，按原时限重新起算", rule.article, _said(rule), "anew")
        case _:
            return None


def _sent_up(fact: TicketActed, count: _Count, policy: Policy) -> _Told:
    """Whether waiting for the order of a leader (批示) counts: Z-e, no regulation says it."""
    count.sent_up_at = fact.at
    waits = policy.dispatch.order_wait_excluded
    said = ORDER_COUNTS if waits.value is False else ORDER_WAITS
    return _Told(said, waits.article, "" if waits.article else SILENT_ORDER, "kept")


def _dispatched(
    fact: TicketActed, count: _Count, policy: Policy, due_at: dt.datetime | None
) -> _Told:
    again = count.asked_back_at is not None
    # Only coordination leaves it where it was; a dispatch after a return that was granted is one
    # anew, whoever gets it.
    stays = again and fact.act is Act.SETTLE and fact.unit == count.unit
    count.unit = fact.unit
    if stays:
        _skip_audit(fact.at, count, policy, due_at)
        rule = policy.returns.refused_clock
        return _Told("协调确定仍由原单位办理，期限不变", rule.article, _said(rule), "kept")
    waits = policy.dispatch.order_wait_excluded
    if not again and waits.value is False and count.sent_up_at is not None:
        _anew(count, count.sent_up_at)
        return _Told("批示后派单，等待批示的时间计入", waits.article, "", "start")
    _anew(count, fact.at)
    if not again:
        return _Told("派单，自转办之时起算", policy.limits.start.article, "", "start")
    rule = policy.returns.approved_clock
    note = _said(rule) if rule.value is not None else SILENT_RESTART
    return _Told("退回后重新派单，重新起算", rule.article, note, "anew")


def _anew(count: _Count, at: dt.datetime) -> None:
    count.start = at
    count.extensions.clear()
    count.skipped.clear()
    count.asked_back_at = None


def _skip_audit(
    decided_at: dt.datetime, count: _Count, policy: Policy, due_at: dt.datetime | None
) -> bool:
    """The days after the application, up to the day of the decision, do not count; whether there
    are any. The application's own day counts, unless it was the last one: it was not over, and what
    was left of it comes after the decision."""
    asked_at, count.asked_back_at = count.asked_back_at, None
    if asked_at is None or not policy.returns.audit_time_excluded.value:
        return False
    here = asked_at.astimezone(policy.zone).date() + _DAY
    last = decided_at.astimezone(policy.zone).date()
    some = here <= last
    if some and due_at is not None and due_at.astimezone(policy.zone).date() == here - _DAY:
        here -= _DAY
    while here <= last:
        count.skipped[here] = AUDIT_SKIPPED
        here += _DAY
    return some


def _said(rule: Ruled[str]) -> str:
    return rule.value or "本市办法未规定"


def extension_of(
    policy: Policy, handling: Handling, days: int | None
) -> tuple[Span, Article | None]:
    """How long one extension is: by the pack the limit of the type again (ZQ 12), else the working
    days the decision granted."""
    rule = policy.extensions.length
    limit = policy.limit_of(handling.type).value
    if rule.value is not None and isinstance(limit, Span):
        return limit, rule.article
    return Span(days or 1, Unit.WORKING_DAY), None


def _reckon(
    handling: Handling,
    policy: Policy,
    calendar: Calendar,
    by_law: SetByLaw | None,
    count: _Count,
) -> Deadline | None:
    """The date of this count, with every day of it."""
    base = first_deadline(policy, calendar, handling.type, count.start, by_law)
    if base is None or not (count.extensions or count.skipped):
        return base
    span = _span_of(handling, policy, by_law)
    due, days, provisional = run_out(policy, calendar, span, count.start, skipped=count.skipped)
    notes = base.notes
    for longer in count.extensions:
        due, more, later = run_out(
            policy, calendar, longer, due, skipped=count.skipped, from_next_day=True
        )
        days = (*days, *_continued(days, more))
        provisional = provisional or later
    if provisional and not base.provisional:
        notes += unpublished(days, calendar)
    return Deadline(base.duty, base.start_at, due, provisional, base.article, days, notes)


def _span_of(handling: Handling, policy: Policy, by_law: SetByLaw | None) -> Span:
    if by_law is not None:
        return by_law.span
    limit = policy.limit_of(handling.type).value
    assert isinstance(limit, Span)  # noqa: S101 - first_deadline gave a date, so there is one
    return limit


def _continued(days: tuple[Day, ...], more: tuple[Day, ...]) -> tuple[Day, ...]:
    """The days of an extension, counted on; its first day is the old due date, told already."""
    before = max((day.running or 0 for day in days), default=0)
    return tuple(
        Day(day.date, day.counted, day.why, before + day.running if day.running else None)
        for day in more[1:]
    )


def counted(deadline: Deadline) -> int:
    """How many days of a derivation count."""
    return sum(day.counted for day in deadline.derivation)


def back_from(policy: Policy, calendar: Calendar, span: Span, due_at: dt.datetime) -> dt.datetime:
    """The last second at which something is still ``span`` before ``due_at`` (届满前2天, 到期前1个
    工作日): the end of the day so many days, or working days, before the due day."""
    here = due_at.astimezone(policy.zone).date()
    left = span.amount
    while left:
        here -= _DAY
        left -= span.unit is Unit.DAY or calendar.is_working(here)
    midnight = dt.datetime.combine(here, dt.time(), policy.zone)
    closing = policy.limits.day_ends.known
    end = midnight + dt.timedelta(minutes=closing)
    return end - dt.timedelta(seconds=1) if closing == 24 * 60 else end

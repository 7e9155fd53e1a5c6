"""From a start and a limit to the last instant, with every day counted or skipped and why.

Conventions, each a parameter of the pack where the regulations leave it open:

* The day of the start is not counted (Z-c; 民法典 第二百零一条 by analogy). Counting begins on
  the next calendar day, and only working days count, so it makes no difference at which hour, or
  on a holiday, the start fell: a complaint of a holiday Friday has its first day on the Monday.
* The limit ends with the last day (Z-i; 第二百零三条), written 24:00 for people and 23:59:59
  as ``due_at``, the last second in time. A pack may set a closing hour instead.
* Hours run on the clock, through nights and holidays (Z-d), and never meet the working days.
* Calendar days (天) count every day.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from hotline.calendar import Calendar
from hotline.errors import BadInput, ImpossibleMove
from hotline.policy import Policy
from hotline.rulings import Elsewhere, Limit, Ruled, Source, Span, Unit
from hotline.words import Article, Day, Deadline, TicketType

_DAY: Final = dt.timedelta(days=1)
_CLOCK: Final = {
    Unit.HOUR: dt.timedelta(hours=1),
    Unit.MINUTE: dt.timedelta(minutes=1),
    Unit.SECOND: dt.timedelta(seconds=1),
}
EVERY_DAY: Final = "自然日"
"""Why a day counts where the limit is in calendar days (天)."""
NOT_RULED: Final = "本市办法未规定办理期限"


@dataclass(frozen=True, slots=True)
class SetByLaw:
    """A limit found outside the pack: in a statute, or in the dispatch directory (派单目录)."""

    span: Span
    article: Article


@dataclass(frozen=True, slots=True)
class NoLimit:
    """Why there is no due date: ``why`` is the fixed sentence, ``detail`` says where to look."""

    why: str
    detail: str
    article: Article | None
    searched: tuple[str, ...]


def first_deadline(
    policy: Policy,
    calendar: Calendar,
    ticket_type: TicketType,
    at: dt.datetime,
    by_law: SetByLaw | None = None,
) -> Deadline | None:
    """The handling deadline of a ticket whose limit starts at ``at`` (aware).

    None where the city sets no limit; :func:`no_limit` says why. ``by_law`` is a limit found
    elsewhere: it fills what the pack leaves to another book and, where the pack says 从其规定,
    takes the place of its own; otherwise ImpossibleMove.
    """
    rule = policy.limit_of(ticket_type)
    label = f"{ticket_type}办理"
    if by_law is not None:
        if not isinstance(rule.value, Elsewhere) and not policy.limits.law_override.value:
            raise ImpossibleMove("办理期限", "本市办法已有规定", "另用其他规定")
        notes = (*_notes(policy, rule, by_law.span), f"依{by_law.article}确定")
        return _deadline(policy, calendar, label, by_law.span, by_law.article, at, notes)
    if not isinstance(rule.value, Span) or rule.article is None:
        return None
    notes = _notes(policy, rule, rule.value)
    return _deadline(policy, calendar, label, rule.value, rule.article, at, notes)


def sign_in_deadline(policy: Policy, calendar: Calendar, at: dt.datetime) -> Deadline | None:
    """By when the unit signs for a ticket received at ``at`` (贵州 第十五条); None where silent."""
    rule = policy.dispatch.sign_in
    if rule.value is None or rule.article is None:
        return None
    return _deadline(policy, calendar, "签收", rule.value, rule.article, at, ())


def no_limit(policy: Policy, ticket_type: TicketType) -> NoLimit:
    """What to show in place of a due date when :func:`first_deadline` gave None."""
    rule: Ruled[Limit] = policy.limit_of(ticket_type)
    if rule.value is Elsewhere.DIRECTORY:
        detail = "办理期限写在派单目录里，派单时按当日目录确定；目录没有这一事项的，不设期限"
    elif rule.value is Elsewhere.HIGHER_LAW:
        detail = "办理期限按法律、法规、规章以及国家、省有关规定执行，须逐件确定"
    else:
        detail = "已查本市办法，未见规定"
    searched = rule.searched or ((rule.article.number,) if rule.article else ())
    return NoLimit(NOT_RULED, detail, rule.article, searched)


def run_out(
    policy: Policy,
    calendar: Calendar,
    span: Span,
    at: dt.datetime,
    *,
    skipped: Mapping[dt.date, str] = MappingProxyType({}),
    from_next_day: bool = False,
) -> tuple[dt.datetime, tuple[Day, ...], bool]:
    """(due instant, days walked, provisional) of a span from ``at``, by the pack's conventions.

    ``skipped`` are days that do not count for a reason of this ticket's own (审核时间不计入).
    ``from_next_day``: the day of ``at`` is used up already, whatever the pack says of first days.

    The days walked are every calendar day from the start to the last, each counted or not; spans
    in hours walk none. The due instant is never before ``at``.
    """
    if at.tzinfo is None:
        raise BadInput("at", "时间没有时区，请写成 2026-09-25T10:00+08:00")
    start = at.astimezone(policy.zone)
    if span.unit in _CLOCK:
        return start + span.amount * _CLOCK[span.unit], (), False
    if span.unit not in (Unit.WORKING_DAY, Unit.DAY):
        raise BadInput("span", f"“{span}”不能用来计算办理期限")
    closing = policy.limits.day_ends.known
    days, provisional = _walk(policy, calendar, span, start, skipped, from_next_day)
    midnight = dt.datetime.combine(days[-1].date, dt.time(), policy.zone)
    due = midnight + dt.timedelta(minutes=closing)
    if closing == 24 * 60:
        due -= dt.timedelta(seconds=1)
    return due, days, provisional and span.unit is Unit.WORKING_DAY


def _walk(
    policy: Policy,
    calendar: Calendar,
    span: Span,
    start: dt.datetime,
    skipped: Mapping[dt.date, str],
    from_next_day: bool,
) -> tuple[tuple[Day, ...], bool]:
    """Each calendar day from the start until the count is full, and whether one is provisional."""
    minute = start.hour * 60 + start.minute
    in_time = minute < policy.limits.day_ends.known and not from_next_day
    first_counts = policy.limits.first_day_counted.known and in_time
    key = (span, start.date(), first_counts)
    if skipped or key not in calendar.walked:
        days = _days(calendar, span, start, skipped, first_counts=first_counts)
        provisional = any(calendar.look(day.date).provisional for day in days[1:])
        if skipped:
            return days, provisional
        calendar.walked[key] = days, provisional
    walked: tuple[tuple[Day, ...], bool] = calendar.walked[key]
    return walked


def _days(
    calendar: Calendar,
    span: Span,
    start: dt.datetime,
    skipped: Mapping[dt.date, str],
    *,
    first_counts: bool,
) -> tuple[Day, ...]:
    days: list[Day] = []
    here, running = start.date(), 0
    while running < span.amount:
        kind = calendar.look(here)
        counts = kind.working or span.unit is Unit.DAY
        why = kind.why if span.unit is Unit.WORKING_DAY else EVERY_DAY
        if here == start.date() and not first_counts:
            counts = False
            why = "起算当日不计入" + ("" if kind.working else f"（{kind.why}）")
        elif counts and here in skipped:
            counts = False
            why = skipped[here]
        running += counts
        days.append(Day(here, counts, why, running if counts else None))
        here += _DAY
    return tuple(days)


def _deadline(
    policy: Policy,
    calendar: Calendar,
    duty: str,
    span: Span,
    article: Article,
    at: dt.datetime,
    notes: tuple[str, ...],
) -> Deadline:
    due, days, provisional = run_out(policy, calendar, span, at)
    if not days:
        notes += (f"{span}按钟点连续计算，夜间和节假日不停",)
    if provisional:
        notes += unpublished(days, calendar)
    if policy.expires_on is not None and at.astimezone(policy.zone).date() >= policy.expires_on:
        notes += (f"{policy.document}有效期已于{policy.expires_on}届满",)
    start = at.astimezone(policy.zone)
    return Deadline(duty, start, due, provisional, article, days, notes)


def unpublished(days: Sequence[Day], calendar: Calendar) -> tuple[str, ...]:
    """The sentence that says of which years the notice is missing."""
    missing = sorted({day.date.year for day in days} - calendar.known_years)
    years = "、".join(f"{year}年" for year in missing)
    return (f"{years}放假通知尚未录入，到期日暂定",)


def _notes(policy: Policy, rule: Ruled[Limit], limit: Span) -> tuple[str, ...]:
    """What an official must know to argue about this date: where it starts, what is our reading."""
    notes = []
    starts = policy.limits.start.value
    on_the_clock = limit.unit in _CLOCK
    if starts and not on_the_clock:
        notes.append(f"自{starts[0]}之时起算")
        notes.extend(f"办法另有“自{other}之日起”的表述" for other in starts[1:])
    if not on_the_clock and policy.limits.first_day_counted.source is Source.SYSTEM:
        notes.append("起算当日不计入、末日至24时：系统默认，办法未明确")
    if rule.note:
        notes.append(rule.note)
    return tuple(notes)

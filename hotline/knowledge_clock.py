"""The dates of the knowledge base: corrections in two working days, new policies before they are
public, and what is about to expire. Where a city is silent there is no clock, and the page says so.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from hotline.calendar import Calendar
from hotline.deadlines import run_out
from hotline.knowledge import Content, Standing, Version, expired
from hotline.policy import ZONE, Policy
from hotline.words import Article, Deadline, UnitId, UserId

_DAY: Final = dt.timedelta(days=1)
EXPIRY_WARNED: Final = 30
"""Days before an article expires in which its owner is told (系统默认)."""
SILENT: Final = "本市办法未规定错漏补正时限"


class CorrectionState(StrEnum):
    """核查: reported → checked (confirmed as wrong: the clock runs) → fixed; or dismissed."""

    REPORTED = "reported"
    CONFIRMED = "confirmed"
    FIXED = "fixed"
    DISMISSED = "dismissed"


CORRECTION_NAMES: Final = {
    CorrectionState.REPORTED: "待核查",
    CorrectionState.CONFIRMED: "待补正",
    CorrectionState.FIXED: "已补正",
    CorrectionState.DISMISSED: "核查无误",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """A mistake somebody found in a version. The clock starts when the hotline's check reached the
    unit (收到核查结果); ``deadline`` is None before that and where the city is silent."""

    id: str
    article: str
    number: int
    state: CorrectionState
    what: str
    reported_by: UserId
    reported_at: dt.datetime
    unit: UnitId | None = None
    confirmed_at: dt.datetime | None = None
    deadline: Deadline | None = None
    closed_at: dt.datetime | None = None
    note: str = ""
    version: int = 1

    def overdue(self, at: dt.datetime) -> bool:
        """Whether it should have been fixed by now. One fixed too late stays overdue."""
        if self.deadline is None or self.state is CorrectionState.DISMISSED:
            return False
        return self.deadline.due_at < (self.closed_at or at)


def correction_deadline(
    policy: Policy, calendar: Calendar, confirmed_at: dt.datetime
) -> Deadline | None:
    """By when the unit has put it right (肇庆高新区 第二十一条（四）: 2个工作日).

    None where the city is silent, see :func:`correction_silence`."""
    rule = policy.knowledge.error_fix
    if rule.value is None or rule.article is None:
        return None
    due, days, provisional = run_out(policy, calendar, rule.value, confirmed_at)
    start = confirmed_at.astimezone(policy.zone)
    return Deadline(
        "错漏补正", start, due, provisional, rule.article, days, (rule.note,) if rule.note else ()
    )


def correction_silence(policy: Policy) -> tuple[str, tuple[str, ...]]:
    """What is said in place of a date, and the articles that were read."""
    rule = policy.knowledge.error_fix
    note = f"（{rule.note}）" if rule.note else ""
    return SILENT + note, rule.searched


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyWindow:
    """How a new policy stands to the days on which it has to be handed in before it is public.

    ``first`` and ``last`` are the days of the window (10 to 3 working days before), ``left`` the
    working days from ``at`` to publication. ``article`` is None where the city is silent.
    """

    public_on: dt.date
    first: dt.date | None
    last: dt.date | None
    left: int
    provisional: bool
    article: Article | None
    sentence: str


def policy_window(
    policy: Policy, calendar: Calendar, public_on: dt.date, at: dt.datetime
) -> PolicyWindow:
    """Where ``at`` lies before the publication of a new policy (第二十一条（二）)."""
    today = at.astimezone(ZONE).date()
    left, provisional = _working_days(calendar, today, public_on)
    rule = policy.knowledge.new_policy_before
    if rule.value is None or rule.article is None:
        sentence = "本市办法未规定新政策提前报送的天数"
        return PolicyWindow(
            public_on=public_on, first=None, last=None, left=left, provisional=provisional,
            article=None, sentence=sentence,
        )  # fmt: skip
    first = _before(calendar, public_on, rule.value.high)
    last = _before(calendar, public_on, rule.value.low)
    if today < first:
        sentence = f"报送期从{first}开始（公开前{rule.value}）"
    elif today <= last:
        sentence = f"在报送期内，{last}为最后一日（公开前{rule.value}）"
    elif today < public_on:
        sentence = f"已过报送期，距公开只有{left}个工作日（原则上应在公开前{rule.value}内报送）"
    else:
        sentence = "已到公开之日，应当同步上传政策原文及解读"
    return PolicyWindow(
        public_on=public_on, first=first, last=last, left=left, provisional=provisional,
        article=rule.article, sentence=sentence,
    )  # fmt: skip


def same_day_missing(content: Content, standing: Standing, at: dt.datetime) -> str:
    """What lacks on the day a policy becomes public (发布之日同步): the article is not published,
    or has no document to refer to. Empty where nothing lacks or the day has not come."""
    public_at = content.embargo_until
    if public_at is None or at.astimezone(ZONE).date() < public_at.astimezone(ZONE).date():
        return ""
    if standing in (Standing.DRAFT, Standing.REVIEW, Standing.RETURNED):
        return "政策已到公开之日，知识还没有发布"
    if standing is Standing.PUBLISHED and not content.grounds:
        return "政策已公开，还没有上传政策原文（依据）"
    return ""


def expiring(version: Version, at: dt.datetime, days: int = EXPIRY_WARNED) -> int | None:
    """In how many days it is hidden, where that is near; 0 on its last day, None otherwise."""
    last = version.content.valid_to
    if version.standing is not Standing.PUBLISHED or last is None or expired(version.content, at):
        return None
    left = (last - at.astimezone(ZONE).date()).days
    return left if left <= days else None


def _working_days(calendar: Calendar, after: dt.date, until: dt.date) -> tuple[int, bool]:
    """Working days after one day up to another, the last included; whether any is provisional."""
    count, provisional, day = 0, False, after
    while day < until:
        day += _DAY
        kind = calendar.look(day)
        count += kind.working
        provisional = provisional or kind.provisional
    return count, provisional


def _before(calendar: Calendar, day: dt.date, working: int) -> dt.date:
    """The day so many working days before another."""
    while working:
        day -= _DAY
        working -= calendar.is_working(day)
    return day

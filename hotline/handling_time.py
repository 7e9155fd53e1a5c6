"""What time brings to a ticket: the clocks that run on it, and what each means when it has run out.

Signing (贵州 第十五条), the limit soon and past, a closing refused twice (贵州 第十六条), a rating
that nobody gave (肇庆高新区 第十五条) and the archive after it.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from hotline.calendar import Calendar
from hotline.deadlines import SetByLaw, run_out, sign_in_deadline
from hotline.handling import Handling
from hotline.handling_clock import course
from hotline.handling_gates import UNRATED
from hotline.handling_words import FINAL, Act, Stage
from hotline.phrases import Phrase, says
from hotline.policy import Policy
from hotline.ratings import invited, runs_from
from hotline.rulings import Reason
from hotline.supervision_triggers import triggered
from hotline.words import Article

_DAY: Final = dt.timedelta(days=1)
_AFTER: Final = dt.timedelta(seconds=1)
"""A limit is past in the second after its last one."""
_PAST: Final = {"overdue": "due-soon", "unsigned": "sign-soon"}
"""After which nobody is reminded any more."""


@dataclass(frozen=True, slots=True)
class Due:
    """Something that time brought. ``key`` is raised once for a ticket, however often it is looked
    for; ``act`` is what the clock does about it where the table of moves has that."""

    kind: str
    of: dt.datetime
    """The instant it is about: a new due date is a new matter."""
    what: str
    article: Article | None
    act: Act | None
    """None: it is proposed, a person decides."""

    @property
    def key(self) -> str:
        return f"{self.kind}-{self.of.astimezone(dt.UTC):%Y%m%dT%H%M%S}"


@dataclass(frozen=True, slots=True)
class Coming:
    """A clock on a ticket: from ``at`` on, ``due`` holds."""

    at: dt.datetime
    due: Due


def coming(
    handling: Handling, policy: Policy, calendar: Calendar, by_law: SetByLaw | None = None
) -> tuple[Coming, ...]:
    """Every clock that bears on the ticket as it stands, run out or not."""
    if handling.stage in FINAL:
        return ()
    found = [*_signing(handling, policy, calendar), *_lapsing(handling, policy, calendar)]
    if handling.closed_at is None and handling.stage not in (Stage.WITHDRAWN, Stage.MOVED):
        found += _limit(handling, policy, calendar, by_law)
    found += _supervised(handling, policy, calendar, by_law)
    return (*found, *_refused_twice(handling, policy))


def time_brought(
    handling: Handling,
    now: dt.datetime,
    policy: Policy,
    calendar: Calendar,
    by_law: SetByLaw | None = None,
) -> tuple[Due, ...]:
    """What has come due on a ticket by ``now``. What is past is not soon any more."""
    found = [one.due for one in coming(handling, policy, calendar, by_law) if one.at <= now]
    past = {_PAST[due.kind] for due in found if due.kind in _PAST}
    return tuple(due for due in found if due.kind not in past)


def next_look(
    handling: Handling,
    policy: Policy,
    calendar: Calendar,
    by_law: SetByLaw | None = None,
    *,
    after: dt.datetime | None = None,
) -> dt.datetime | None:
    """When something first comes due, or comes due ``after`` a look; None: nothing will."""
    times = [one.at for one in coming(handling, policy, calendar, by_law)]
    return min((at for at in times if after is None or at > after), default=None)


def _signing(handling: Handling, policy: Policy, calendar: Calendar) -> list[Coming]:
    received = handling.to_sign_since
    if received is None:
        return []
    limit = sign_in_deadline(policy, calendar, received)
    if limit is None:
        return []
    due = Due("unsigned", received, "逾期未签收", limit.article, Act.SUPERVISE)
    found = [Coming(limit.due_at + _AFTER, due)]
    soon = policy.supervision.due_soon
    if soon.value:
        told = Due("sign-soon", received, "签收期限即将届满", soon.article, Act.REMIND)
        found.append(Coming(max(received, limit.due_at - _DAY) + _AFTER, told))
    return found


def _limit(
    handling: Handling, policy: Policy, calendar: Calendar, by_law: SetByLaw | None
) -> list[Coming]:
    deadline = course(handling, policy, calendar, by_law).deadline
    if deadline is None:
        return []
    at = deadline.due_at
    if _in_audit(handling, policy, at):
        return []
    article = _trigger(policy, "overdue") or deadline.article
    found = [Coming(at + _AFTER, Due("overdue", at, "逾期未办结", article, Act.SUPERVISE))]
    soon = policy.supervision.due_soon
    if soon.value:
        found.append(Coming(at - _DAY, Due("due-soon", at, "即将到期", soon.article, Act.REMIND)))
    return found


def _in_audit(handling: Handling, policy: Policy, due_at: dt.datetime) -> bool:
    """Whether the date stands still: the unit asked in time to give the ticket back, nobody has
    decided yet, and the time of deciding does not count (中山 第十七条)."""
    asked = handling.last(Act.ASK_RETURN, Act.DISPATCH, Act.SETTLE)
    waits = handling.stage in (Stage.RETURN_ASKED, Stage.DISPUTED)
    if asked is None or asked.act is not Act.ASK_RETURN or not waits:
        return False
    return bool(policy.returns.audit_time_excluded.value) and asked.at <= due_at


def _trigger(policy: Policy, code: str) -> Article | None:
    rule = policy.supervision.triggers
    reason: Reason | None = next((one for one in rule.value or () if one.code == code), None)
    if reason is None or rule.article is None:
        return None
    return Article(rule.article.document, reason.article, reason.words)


def _refused_twice(handling: Handling, policy: Policy) -> list[Coming]:
    rule, last = policy.close.audit, handling.last(Act.DENY_CLOSE)
    if last is None or handling.refused_closings < 2 or not says(rule, Phrase.THEN_SUPERVISED):
        return []
    what = "办结再次不符合要求，予以督办"
    return [Coming(last.at, Due("refused-twice", last.at, what, rule.article, Act.SUPERVISE))]


def _supervised(
    handling: Handling, policy: Policy, calendar: Calendar, by_law: SetByLaw | None
) -> list[Coming]:
    """What the acts show that may call for supervision: proposed to people, with its article."""
    due_at = None
    if handling.last(Act.DENY_RETURN, Act.SETTLE) is not None:
        deadline = course(handling, policy, calendar, by_law).deadline
        due_at = deadline.due_at if deadline else None
    return [
        Coming(one.at, Due(one.kind, one.at, one.what, one.article, None))
        for one in triggered(handling, policy, due_at)
    ]


def _lapsing(handling: Handling, policy: Policy, calendar: Calendar) -> list[Coming]:
    window = policy.rating.window
    if window.value is None or handling.closed_at is None:
        return []
    if handling.stage is Stage.RATED:
        return _archiving(handling, policy)
    asked = handling.stage is Stage.ANSWERED and invited(handling) is not None
    since = runs_from(handling)
    if since is None or not (asked or handling.stage is Stage.CLOSED):
        return []
    end, _, _ = run_out(policy, calendar, window.value, since)
    return [Coming(end + _AFTER, Due("unrated", since, UNRATED, window.article, Act.LAPSE))]


def _archiving(handling: Handling, policy: Policy) -> list[Coming]:
    """A rating after which nothing is left to do: none within the time, or a good one."""
    rules, last = policy.rating, handling.last(Act.LAPSE, Act.RATE, Act.CORRECT)
    if last is None:
        return []
    if last.act is Act.LAPSE:
        due = Due("archived", last.at, "未评价，归档", rules.window.article, Act.ARCHIVE)
    elif last.code in (rules.archived.value or ()):
        what = f"评价为{last.code}，自动归档"
        due = Due("archived", last.at, what, rules.archived.article, Act.ARCHIVE)
    else:
        return []
    return [Coming(last.at, due)]

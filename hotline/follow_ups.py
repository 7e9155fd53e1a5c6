"""Whom to follow up (回访), why and by when, by the city's pack. Pure.

肇庆高新区 第十五条（二）: only after one of the last two ratings. 中山 第二十三条: every closed
ticket, by the channel the caller chose. 河北 第三十条: every result, within 24 clock hours of its
receipt. 贵州 第十六条: the result is verified before it is accepted. A merged ticket is never
followed up for itself: one matter, one call.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from hotline.calendar import Calendar
from hotline.deadlines import run_out
from hotline.handling import Handling
from hotline.handling_words import Act, Stage
from hotline.messages import BY_MESSAGE
from hotline.phrases import Phrase, says
from hotline.policy import Policy
from hotline.ratings import Invited, invited
from hotline.words import Article

BY_TELEPHONE: Final = "电话"
TASK: Final = "follow-up-"
"""How the task of a call of ours begins that follows a ticket up; others call back."""
CHANNEL_TEXT: Final = "follow-up-by"
"""The text of a ticket that holds the channel its caller chose."""


class Why(StrEnum):
    """Why a follow-up is owed."""

    LOW = "登记不满意的原因"
    RESULT = "回访办理结果"
    VERIFY = "核实办理结果"
    REFUSED = "核实不予受理及其依据已告知诉求人"
    UNSENT = "评价短信没有送达，电话征求评价"


@dataclass(frozen=True, slots=True)
class Owed:
    """A follow-up that is owed since ``since``; ``due_at`` None where the city sets no time."""

    why: Why
    since: dt.datetime
    due_at: dt.datetime | None
    article: Article | None
    channel: str
    rating: str = ""
    """What the caller chose, where that is why."""


_AGAIN: Final = (dt.timedelta(minutes=30), dt.timedelta(hours=2), dt.timedelta(days=1))
"""After how long to try once more, by tries; Jiesu's own default (系统默认): no regulation says."""
_VAIN: Final = {"busy": "busy", "no-answer": "no-answer", "seat-no-answer": "later"}


def vain(ended: str) -> str:
    """How a call that reached nobody is told, by the dialplan's word: the seat itself not picking
    up says nothing of the citizen."""
    return _VAIN.get(ended, "unreachable")


def try_again_at(tries: int, tried_at: dt.datetime | None) -> dt.datetime | None:
    """When to call once more after so many tries in vain; None before the first."""
    if tried_at is None or tries < 1:
        return None
    return tried_at + _AGAIN[min(tries, len(_AGAIN)) - 1]


def channels(policy: Policy) -> tuple[str, ...]:
    """How callers can be followed up in this city; by telephone where it is silent."""
    return policy.rating.follow_up_channels.value or (BY_TELEPHONE,)


def chooses(policy: Policy) -> tuple[str, ...]:
    """The channels a caller is asked to choose from at the intake; empty where he has no choice."""
    return channels(policy) if policy.rating.caller_chooses.value else ()


def owed(handling: Handling, policy: Policy, calendar: Calendar, chosen: str = "") -> Owed | None:
    """The one follow-up a ticket owes as it stands, or None. ``chosen`` is its caller's channel."""
    channel = chosen if chosen in chooses(policy) else BY_TELEPHONE
    if (refused := _refused(handling, policy)) is not None:
        return refused
    match handling.stage:
        case Stage.RATED:
            return _low(handling, policy)
        case Stage.CLOSE_ASKED:
            return _result(handling, policy, calendar, channel) or _verify(handling, policy)
        case Stage.CLOSED | Stage.ANSWERED if invited(handling) is Invited.UNSENT:
            return _unsent(handling, policy)
        case Stage.CLOSED:
            return _result(handling, policy, calendar, channel)
        case _:
            return None


def _refused(handling: Handling, policy: Policy) -> Owed | None:
    """A unit did not accept the matter by law: its caller has to know that and the grounds."""
    rule, asked = policy.close.not_accepted, handling.last(Act.ASK_CLOSE)
    if asked is None or asked.code not in {one.code for one in rule.value or ()}:
        return None
    if handling.stage not in (Stage.CLOSE_ASKED, Stage.CLOSED) or _done_since(handling, asked.at):
        return None
    return Owed(Why.REFUSED, asked.at, None, rule.article, BY_TELEPHONE)


def _done_since(handling: Handling, since: dt.datetime) -> bool:
    called = handling.last(Act.FOLLOW_UP)
    return called is not None and called.at >= since


def _low(handling: Handling, policy: Policy) -> Owed | None:
    """One of the last two ratings, the reason not yet registered."""
    rules, rated = policy.rating, handling.last(Act.RATE, Act.LAPSE, Act.CORRECT)
    if rated is None or Phrase.LOW not in rated.code or not says(rules.follow_up, Phrase.LOW):
        return None
    called = handling.last(Act.FOLLOW_UP)
    if called is not None and handling.acts.index(called) > handling.acts.index(rated):
        return None
    article = rules.follow_up.article
    return Owed(Why.LOW, rated.at, None, article, BY_TELEPHONE, rated.code)


def _unsent(handling: Handling, policy: Policy) -> Owed | None:
    told = handling.last(Act.INVITE)
    if told is None or _done_since(handling, told.at):
        return None
    rule = policy.rating.window if policy.rating.options.value else policy.rating.follow_up
    return Owed(Why.UNSENT, told.at, None, rule.article, BY_TELEPHONE)


def _result(handling: Handling, policy: Policy, calendar: Calendar, channel: str) -> Owed | None:
    """Every result is followed up here: from its receipt where a time runs, else once closed."""
    rules = policy.rating
    within = rules.follow_up_within
    received = handling.last(Act.ASK_CLOSE, Act.SHELVE)
    if received is None or not says(rules.follow_up, Phrase.EACH, Phrase.ALL):
        return None
    since, due, article = received.at, None, within.article
    if within.value is not None:
        due, _, _ = run_out(policy, calendar, within.value, since)
    elif handling.stage is Stage.CLOSED and handling.closed_at is not None:
        since, article = handling.closed_at, rules.follow_up.article
    else:
        return None
    if _done_since(handling, since):
        return None
    if channel == BY_MESSAGE and invited(handling) in (Invited.WAITING, Invited.SENT):
        return None
    return Owed(Why.RESULT, since, due, article, channel)


def _verify(handling: Handling, policy: Policy) -> Owed | None:
    rule, asked = policy.close.audit, handling.last(Act.ASK_CLOSE)
    if asked is None or not says(rule, Phrase.VERIFIED) or _done_since(handling, asked.at):
        return None
    return Owed(Why.VERIFY, asked.at, None, rule.article, BY_TELEPHONE)

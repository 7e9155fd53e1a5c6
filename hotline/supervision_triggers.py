"""What in the course of a ticket calls for supervision (督办), beside the clocks: each with the
article it stands on and the acts that prove it.

A limit that ran out is a fact. Whether a return was improper or a result poor is a judgement: such
triggers are proposed (提出), a person decides. Where a city's list of cases has nothing that fits,
nothing is proposed. Sources: 肇庆 第十条、第十七条; 贵州 第十七条; 中山 第三十八条;
河北 第二十八条; 广元 解读五.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from hotline.handling import Handling
from hotline.handling_gates import INVALID, UNRATED
from hotline.handling_words import Act, TicketActed
from hotline.policy import Policy
from hotline.rulings import Reason
from hotline.words import Article, UnitId


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """A case for supervision on one ticket. ``acts`` are the numbers (from 1) of the acts that show
    it, ``unit`` is whose it is."""

    kind: str
    at: dt.datetime
    what: str
    article: Article
    unit: UnitId | None
    acts: tuple[int, ...] = ()


IMPROPER_RETURN: Final = "improper-return"
REFUSAL: Final = "refusal"
LOW_AGAIN: Final = "low-again"
ORDERED: Final = "ordered"

_HANDLED: Final = (Act.CONTACT, Act.REPORT, Act.ASK_EXTENSION, Act.ASK_CLOSE, Act.SHELVE)
"""A unit that does one of these handles the matter."""


def case_of(policy: Policy, *codes: str) -> Article | None:
    """The first of these cases that the city's list of supervision has, as its article with the
    words relied upon."""
    rule = policy.supervision.triggers
    by_code = {one.code: one for one in rule.value or ()}
    for code in codes:
        if code in by_code and rule.article is not None:
            found: Reason = by_code[code]
            return Article(rule.article.document, found.article, found.words)
    return None


def triggered(
    handling: Handling, policy: Policy, due_at: dt.datetime | None = None
) -> tuple[Trigger, ...]:
    """Every trigger that the acts so far show, in no order. ``due_at`` is the end of the limit."""
    return (
        *_improper_returns(handling, policy),
        *_refusal(handling, policy, due_at),
        *_low_again(handling, policy),
        *_ordered(handling, policy),
    )


def _numbered(handling: Handling) -> list[tuple[int, TicketActed]]:
    return list(enumerate(handling.acts, start=1))


def _improper_returns(handling: Handling, policy: Policy) -> list[Trigger]:
    """Denied for one of the cases the city lists (肇庆 第十条), or denied a second time to one
    unit: one trigger for each unit, at the denial that made it so."""
    article = _improper(policy)
    if article is None:
        return []
    listed = {one.code: one for one in policy.returns.denied_when.value or ()}
    found: dict[UnitId | None, Trigger] = {}
    denied: dict[UnitId | None, list[int]] = {}
    holder: UnitId | None = None
    for number, one in _numbered(handling):
        if one.act in (Act.DISPATCH, Act.SETTLE):
            holder = one.unit
        if one.act is not Act.DENY_RETURN:
            continue
        theirs = denied.setdefault(holder, [])
        theirs.append(number)
        reason = listed.get(one.code)
        if holder in found or not (reason or len(theirs) > 1):
            continue
        what = (
            f"退回申请不予批准：{reason.article}{reason.words}" if reason else "再次申请退回被驳回"
        )
        found[holder] = Trigger(
            kind=IMPROPER_RETURN,
            at=one.at,
            what=what,
            article=article,
            unit=holder,
            acts=tuple(theirs),
        )
    return list(found.values())


def _improper(policy: Policy) -> Article | None:
    """The case of an improper return: its own, or one whose words name it, or (where the city has
    the list of returns that are not granted) 其他."""
    own = case_of(policy, "improper_return")
    if own is not None:
        return own
    poor = case_of(policy, "poor_quality")
    if poor is not None and "退单" in poor.quote:
        return poor
    if policy.returns.denied_when.value:
        return case_of(policy, "other")
    return case_of(policy, "evasion")


def _refusal(handling: Handling, policy: Policy, due_at: dt.datetime | None) -> list[Trigger]:
    """It was determined to be the unit's (return denied, or settled), and the limit ran out without
    anything the unit did."""
    article = case_of(policy, "refusal", "evasion")
    if article is None or due_at is None or handling.closed_at is not None:
        return []
    numbered = _numbered(handling)
    theirs = [n for n, one in numbered if one.act in (Act.DENY_RETURN, Act.SETTLE)]
    if not theirs or handling.unit is None:
        return []
    since = theirs[-1]
    if any(one.act in _HANDLED or one.act is Act.DISPATCH for n, one in numbered if n > since):
        return []
    return [
        Trigger(
            kind=REFUSAL,
            at=max(due_at + dt.timedelta(seconds=1), handling.acts[since - 1].at),
            what="已明确由该单位办理，期限届满仍没有办理",
            article=article,
            unit=handling.unit,
            acts=(since,),
        )
    ]


def _low_again(handling: Handling, policy: Policy) -> list[Trigger]:
    """Handled again, and rated low again: 办理质量差、问题没有根本解决."""
    article = case_of(policy, "repeated_complaint", "poor_quality", "unsatisfied")
    rating = handling.last(Act.RATE, Act.CORRECT)
    redo = handling.last(Act.REDO)
    fine = (*(policy.rating.archived.value or ()), UNRATED, INVALID)
    if article is None or rating is None or redo is None or not policy.rating.archived.value:
        return []
    acts = handling.acts
    if acts.index(rating) < acts.index(redo) or rating.code in fine:
        return []
    numbers = tuple(n for n, one in _numbered(handling) if one in (rating, redo))
    what = f"重办后评价仍为{rating.code}"
    return [
        Trigger(
            kind=LOW_AGAIN,
            at=rating.at,
            what=what,
            article=article,
            unit=handling.unit,
            acts=numbers,
        )
    ]


def _ordered(handling: Handling, policy: Policy) -> list[Trigger]:
    """What a leader gave instructions on is supervised first of all (河北 第二十八条（一）), from
    its dispatch on."""
    article = case_of(policy, "leader_instruction")
    if article is None or not handling.times(Act.ORDER) or handling.received_at is None:
        return []
    numbers = tuple(n for n, one in _numbered(handling) if one.act is Act.ORDER)
    return [
        Trigger(
            kind=ORDERED,
            at=handling.received_at,
            what="市领导批示事项，重点督办",
            article=article,
            unit=handling.unit,
            acts=numbers,
        )
    ]

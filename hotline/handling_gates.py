"""Why an act on a ticket is not possible now: what the city's regulation adds to the table (门槛).

Every gate gives the sentence that an official sees, with its article. Where the regulation is
silent there is no gate: the page says 本市办法未规定, and a person decides.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Final

from hotline.calendar import Calendar
from hotline.deadlines import SetByLaw, run_out
from hotline.errors import ImpossibleMove, NotAllowed, Objected
from hotline.grass_roots import never_leads
from hotline.handling import MOVES, Handling, Move
from hotline.handling_clock import back_from, course
from hotline.handling_words import Act, Part, Stage
from hotline.phrases import Phrase, says
from hotline.policy import Policy
from hotline.ratings import Invited, runs_from
from hotline.rulings import Ruled, Span
from hotline.words import UnitId

INVALID: Final = "无效评价"
UNRATED: Final = "未评价"
IN_PROCEDURE: Final = "in_procedure"
"""The code of a matter that is before a court or another channel already."""
GROUNDS: Final = "不予受理的依据"
TOLD: Final = "告知诉求人的情况"
PAPERS: Final = "不予受理的说明材料"
"""What comes with it when a unit does not accept a matter by law."""
LASTING: Final = "需长期推进"
"""What is given with a reply to a matter that goes on for long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """An act as somebody asks for it. ``given`` names what comes with it: reasons, signatures,
    sections of a reply, by the words of the pack."""

    act: Act
    part: Part
    by: str
    body: str
    unit: UnitId | None = None
    unit_kind: str = ""
    helpers: tuple[UnitId, ...] = ()
    code: str = ""
    days: int | None = None
    given: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Ground:
    """What a gate looks at."""

    handling: Handling
    asked: Asked
    at: dt.datetime
    policy: Policy
    calendar: Calendar
    by_law: SetByLaw | None


def move_of(ground: Ground) -> Move:
    """The move of an act that is possible now.

    Raises ImpossibleMove where the table has none, NotAllowed where it is somebody else's, Objected
    where the city's rules forbid it.
    """
    handling, asked = ground.handling, ground.asked
    move = MOVES[handling.stage].get(asked.act)
    if move is None:
        raise ImpossibleMove("工单", handling.stage, asked.act)
    if asked.part not in move.by:
        raise NotAllowed(asked.part, asked.act)
    GATES.get(asked.act, _open)(ground)
    return move


def _open(_ground: Ground) -> None:
    """No rule of any city stands here."""


def _object(why: str, rule: Ruled[Any]) -> Objected:
    return Objected(why, rule.article.number if rule.article else "")


def _day(moment: dt.datetime, policy: Policy) -> str:
    local = moment.astimezone(policy.zone)
    return f"{local.month}月{local.day}日"


def _must_give(ground: Ground, rule: Ruled[tuple[str, ...]], what: str) -> None:
    missing = [one for one in rule.value or () if one not in ground.asked.given]
    if missing:
        raise _object(f"{what}还缺{'、'.join(missing)}，请补齐后再提交", rule)


# ---------------------------------------------------------------------------------------- dispatch


def _dispatch(ground: Ground) -> None:
    rules, asked, handling = ground.policy.dispatch, ground.asked, ground.handling
    if asked.unit is None:
        raise Objected("派单要写明承办单位")
    if rules.audit.value and handling.stage is Stage.REGISTERED and not handling.times(Act.REVIEW):
        raise _object("派单前工单须经审核", rules.audit)
    _may_lead(ground)


def _settle(ground: Ground) -> None:
    if ground.asked.unit is None:
        raise Objected("协调确定要写明承办单位")
    _may_lead(ground)


def _may_lead(ground: Ground) -> None:
    rule = ground.policy.dispatch.never_lead
    if kind := never_leads(ground.asked.unit_kind, "", rule.value or ()):
        why = f"{kind}不得作为主责办理单位，只能协办"
        raise _object(why if rule.article else f"{why}（系统默认，本市办法未规定）", rule)


def _refuse(ground: Ground) -> None:
    rule = ground.policy.intake.refusals
    if rule.value is None:
        return
    if ground.asked.code not in {reason.code for reason in rule.value}:
        raise _object("不予受理要从办法列明的情形里选一种", rule)


def _signed(ground: Ground) -> None:
    rule = ground.policy.dispatch.sign_in
    if rule.value is not None and ground.handling.stage is Stage.DISPATCHED:
        raise _object(f"请先签收，签收期限是{rule.value}", rule)


# --------------------------------------------------------------------------------- sending it back


def _ask_return(ground: Ground) -> None:
    rules, handling = ground.policy.returns, ground.handling
    if handling.settled:
        why = "承办单位已经协调确定，不得再申请退回"
        raise _object(why, rules.final_when) if rules.final_when.article else Objected(why)
    window, received = rules.window, handling.received_at
    if window.value is not None and received is not None:
        end, _, _ = run_out(ground.policy, ground.calendar, window.value, received)
        if ground.at > end:
            why = f"退回申请须自收到之日起{window.value}内提出，已于{_day(end, ground.policy)}届满"
            raise _object(why, window)
    _must_give(ground, rules.needs, "退回申请")


def _grant_return(ground: Ground) -> None:
    rule, handling = ground.policy.returns.denied_when, ground.handling
    sent = handling.last(Act.DISPATCH, Act.SETTLE)
    since = handling.acts[handling.acts.index(sent) :] if sent else handling.acts
    if any(one.act is Act.ASK_EXTENSION for one in since):
        for reason in rule.value or ():
            if reason.code == "extension_asked":
                raise Objected("承办单位已提出延期申请，不予批准退回", reason.article)


# -------------------------------------------------------------------------------------- extensions


def _ask_extension(ground: Ground) -> None:
    _signed(ground)
    rules, handling, policy = ground.policy.extensions, ground.handling, ground.policy
    most = rules.max_times
    if most.value is not None and handling.extensions >= most.value:
        raise _object(f"延期不超过{most.value}次，已延期{handling.extensions}次", most)
    due = course(handling, policy, ground.calendar, ground.by_law).deadline
    if due is None:
        raise Objected("本市办法未规定办理期限，没有期限可延")
    gate = rules.apply_before
    last = due.due_at
    if isinstance(gate.value, Span):
        last = back_from(policy, ground.calendar, gate.value, due.due_at)
    if ground.at > last:
        before = f"届满前{gate.value}" if gate.value is not None else "届满前"
        why = f"延期申请须在期限{before}提出，最迟{_day(last, policy)}"
        raise _object(why, gate) if gate.article else Objected(why)
    _must_give(ground, rules.needs, "延期申请")


def _grant_extension(ground: Ground) -> None:
    if ground.policy.extensions.length.value is None and not ground.asked.days:
        raise Objected("本市办法未规定延期时长，请写明延长几个工作日")


# ----------------------------------------------------------------------------------------- closing


def _ask_close(ground: Ground) -> None:
    _signed(ground)
    if ground.asked.code:
        codes = {one.code for one in ground.policy.close.no_reply_when.value or ()}
        if ground.asked.code in codes:
            return
    if ground.asked.code in {one.code for one in ground.policy.close.not_accepted.value or ()}:
        _by_law(ground)
        return
    rule = ground.policy.close.sections
    lasting = LASTING in ground.asked.given
    needed = tuple(one for one in rule.value or () if lasting or not only_lasting(one))
    _must_give(ground, replace(rule, value=needed), "办结申请")


def _by_law(ground: Ground) -> None:
    """The unit does not accept the matter: the caller was told so with the grounds, and for what is
    before a court or another channel the papers lie with the ticket (肇庆高新区 第九条（三）)."""
    rule, given = ground.policy.close.not_accepted, ground.asked.given
    missing = [one for one in (GROUNDS, TOLD) if one not in given]
    if missing:
        raise _object(f"不予受理的还缺{'、'.join(missing)}，请补齐后再提交", rule)
    if ground.asked.code == IN_PROCEDURE and PAPERS not in given:
        why = f"已进入诉讼、仲裁等渠道的，请先在附件里上传“{PAPERS}”，再提交"
        raise _object(why, rule)


def only_lasting(section: str) -> bool:
    """Whether a reply has this section only where the matter goes on for long (ZQ 14, ZS 21)."""
    return LASTING in section and section.endswith("的）")


def _shelve(ground: Ground) -> None:
    _signed(ground)
    rule = ground.policy.close.unsolvable
    if not says(rule, Phrase.FILED):
        raise _object("本市办法没有暂无法解决备案这一步", rule)


def _close(ground: Ground) -> None:
    rule = ground.policy.close.audit
    if says(rule, Phrase.VERIFIED) and Phrase.VERIFIED not in ground.asked.given:
        raise _object("同意办结前须核实办理结果", rule)


def _deny_close(ground: Ground) -> None:
    rule = ground.policy.close.audit
    needs = Phrase.HEAD_APPROVES
    if says(rule, needs) and needs not in ground.asked.given:
        raise _object("退回继续办理须经负责人批准", rule)


# ------------------------------------------------------------------------------------------ rating


def _rate(ground: Ground) -> None:
    rules, handling = ground.policy.rating, ground.handling
    options = rules.options
    if options.value is not None and ground.asked.code not in (*options.value, INVALID):
        raise _object(f"评价只能选{'、'.join(options.value)}之一", options)
    if handling.stage is Stage.RATED and handling.ratings[-1] != INVALID:
        why = f"已经评价为{handling.ratings[-1]}，评错了的请回访后核改"
        raise _object(why, rules.follow_up) if rules.options.value else Objected(why)
    window, since = rules.window, runs_from(handling)
    if window.value is None or since is None:
        return
    end, _, _ = run_out(ground.policy, ground.calendar, window.value, since)
    if ground.at > end:
        raise _object(f"评价须在{window.value}内作出，逾期视为未评价", window)


def _invite(ground: Ground) -> None:
    if ground.asked.code not in set(Invited):
        raise Objected("请评价的短信只有待发送、已发送、未送达三种情况")


def _redo(ground: Ground) -> None:
    rules, handling = ground.policy.rating, ground.handling
    if handling.unit is None:
        raise Objected("这件工单没有派给过承办单位，无处重办，请另行登记派单")
    most = rules.redo_max
    if most.value is not None and handling.redone >= most.value:
        raise _object(f"重办以{most.value}次为限，已重办{handling.redone}次", most)
    for reason in rules.redo_exceptions.value or ():
        if reason.code == ground.asked.code:
            raise Objected(f"{reason.words}，不重办", reason.article)
    if handling.stage is Stage.RATED and handling.ratings[-1] in (rules.archived.value or ()):
        raise _object(f"评价为{handling.ratings[-1]}，自动归档，不重办", rules.archived)


def _correct(ground: Ground) -> None:
    handling, options = ground.handling, ground.policy.rating.options
    if handling.ratings[-1] == UNRATED:
        raise Objected("还没有评价，没有可核改的")
    if handling.last(Act.FOLLOW_UP) is None:
        raise _object("核改评价须先回访，由诉求人说明评价错误", ground.policy.rating.follow_up)
    if options.value is not None and ground.asked.code not in options.value:
        raise _object(f"核改后的评价只能是{'、'.join(options.value)}之一", options)


def _archive(ground: Ground) -> None:
    rules, handling = ground.policy.rating, ground.handling
    if handling.stage is not Stage.RATED or rules.archived.value is None:
        return
    rating = handling.ratings[-1]
    if rating in (*rules.archived.value, UNRATED, INVALID):
        return
    told = handling.last(Act.FOLLOW_UP, Act.RATE)
    if told is None or told.act is not Act.FOLLOW_UP:
        raise _object(f"评价为{rating}的，须先电话回访并登记原因", rules.follow_up)
    _redo_or_why_not(ground, rating)


def _redo_or_why_not(ground: Ground, rating: str) -> None:
    """A first low rating is done again, unless one of the exceptions holds; a second one, or one of
    a matter no unit had, is not."""
    rules, handling = ground.policy.rating, ground.handling
    exceptions, most = rules.redo_exceptions, rules.redo_max.value
    if exceptions.value is None or handling.unit is None:
        return
    if most is not None and handling.redone >= most:
        return
    if ground.asked.code not in {reason.code for reason in exceptions.value}:
        why = f"首次评价为{rating}的应发回重办；属于不重办情形的，请选明是哪一种"
        raise _object(why, exceptions)


GATES: Final[Mapping[Act, Callable[[Ground], None]]] = MappingProxyType(
    {
        Act.DISPATCH: _dispatch,
        Act.SETTLE: _settle,
        Act.REFUSE: _refuse,
        Act.REPORT: _signed,
        Act.ASK_RETURN: _ask_return,
        Act.GRANT_RETURN: _grant_return,
        Act.ASK_EXTENSION: _ask_extension,
        Act.GRANT_EXTENSION: _grant_extension,
        Act.ASK_CLOSE: _ask_close,
        Act.SHELVE: _shelve,
        Act.CLOSE: _close,
        Act.DENY_CLOSE: _deny_close,
        Act.INVITE: _invite,
        Act.RATE: _rate,
        Act.REDO: _redo,
        Act.CORRECT: _correct,
        Act.ARCHIVE: _archive,
    }
)
"""The gates by act; an act without one is the table's alone."""

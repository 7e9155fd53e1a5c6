"""The form of a reply: the city's sections, the caller's asks each with its place (不得漏答), what
else the regulation wants said or declared. 诉求点 are kept encrypted among the ticket's texts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from agent_desk.handling_views import FormField
from hotline.asks import asks_of, tidy, unanswered
from hotline.errors import BadInput, Objected
from hotline.handling_gates import LASTING, only_lasting
from hotline.handling_words import Act
from hotline.policy import Policy
from ledger.ticket_asks import SLOT
from switchboard.handling_forms import Filled

REPLIES: Final = frozenset({Act.ASK_CLOSE})
FIELD: Final = "ask-"
LABEL: Final = "诉求点"
TRUTH: Final = FormField(name="truth", label="确认以上内容真实，并对其真实性负责", kind="tick")
_LASTING: Final = FormField(
    name="lasting",
    label=LASTING,
    kind="one",
    options=(("yes", "是，下面说明措施"),),
    needed=False,
)


def asks_in(texts: Mapping[str, str]) -> tuple[str, ...]:
    """The list that was corrected; empty where nobody did."""
    return tuple(json.loads(texts[SLOT])) if texts.get(SLOT) else ()


def asks_now(texts: Mapping[str, str]) -> tuple[str, ...]:
    """The asks of a ticket."""
    return asks_in(texts) or asks_of(texts.get("summary", ""))


def text_of(asks: Sequence[str]) -> str:
    """A corrected list as it is kept."""
    return json.dumps(tidy(asks), ensure_ascii=False)


def demands(policy: Policy) -> bool:
    """Whether a reply that leaves an ask out is stopped in this city."""
    return bool(policy.close.every_ask.value)


def reply_fields(
    act: Act, fields: Sequence[FormField], asks: Sequence[str], policy: Policy
) -> tuple[FormField, ...]:
    """The form of an act; that of a reply with a choice for each ask (in which section it is
    answered), whether the matter goes on for long, and the declaration where the city wants it."""
    if act not in REPLIES:
        return tuple(fields)
    sections = tuple(one.label for one in fields if one.kind == "long")
    options = tuple((one, f"在“{one}”里") for one in sections)
    chosen = [
        FormField(
            name=f"{FIELD}{number}",
            label=f"{LABEL}{number}：{ask}",
            kind="one",
            options=options,
            needed=False,
            by_rule=demands(policy),
        )
        for number, ask in enumerate(asks, start=1)
    ]
    shown = list(fields)
    lasting = [place for place, one in enumerate(shown) if only_lasting(one.label)]
    if lasting:
        shown[lasting[0] : lasting[0]] = [_LASTING]
    return (*shown, *chosen, *((TRUTH,) if _declares(policy) else ()))


def with_reply(
    act: Act,
    filled: Filled,
    form: Mapping[str, Sequence[str]],
    asks: Sequence[str],
    policy: Policy,
) -> Filled:
    """What was filled in, with the place of each answer written down.

    Raises Objected naming each ask without one where the city demands it; where it does not, they
    are written down as unmarked, for whoever audits. BadInput without the declaration.
    """
    if act not in REPLIES:
        return filled
    if _declares(policy) and not _first(form, TRUTH.name):
        raise BadInput(TRUTH.name, f"请{TRUTH.label}（{_article(policy)}）")
    given = filled.given | ({LASTING} if _first(form, _LASTING.name) else frozenset())
    cases = (*(policy.close.no_reply_when.value or ()), *(policy.close.not_accepted.value or ()))
    codes = {one.code for one in cases}
    if filled.code and filled.code in codes:
        return replace(filled, given=given)
    places = {number: _first(form, f"{FIELD}{number}") for number in range(1, len(asks) + 1)}
    left = unanswered(asks, places, filled.texts)
    if left and demands(policy):
        rule = policy.close.every_ask
        named = "、".join(f"“{one}”" for one in left)
        why = f"不得漏答：请写明在哪一部分答复{named}，那一部分不能空着"
        raise Objected(why, rule.article.number if rule.article else "")
    marks = {
        f"{LABEL}{number}": f"{ask}（见“{places[number]}”）"
        for number, ask in enumerate(asks, start=1)
        if ask not in left
    }
    if left:
        marks[f"{LABEL}没有标明答复"] = "；".join(left)
    return replace(filled, given=given, texts={**filled.texts, **marks})


def _declares(policy: Policy) -> bool:
    article = policy.close.sections.article
    return article is not None and "真实性负责" in article.quote


def _article(policy: Policy) -> str:
    article = policy.close.sections.article
    return article.number if article else ""


def _first(form: Mapping[str, Sequence[str]], name: str) -> str:
    return next(iter(form.get(name, ())), "").strip()

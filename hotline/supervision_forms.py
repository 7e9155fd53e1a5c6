"""The forms of supervision (督办单、专题协调、约谈提醒…): what each needs before it goes out.

Which forms a city has is its pack's; what a form consists of follows from what it is. The
regulations set no time for the answer (本市办法未规定): whoever signs sets it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from hotline.errors import BadInput
from hotline.phrases import Phrase, says
from hotline.policy import Policy

LONGEST: Final = 4000
"""Characters of one item."""
TERM_SILENT: Final = "本市办法未规定反馈期限，由签发人写明"


@dataclass(frozen=True, slots=True)
class Item:
    """One thing a form states. ``options``: one of these words; empty: written freely."""

    name: str
    label: str
    needed: bool = True
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Shape:
    """What a form consists of. ``answered``: the unit answers it in writing (整改反馈); otherwise
    the issuer writes down what came of it. ``rung`` is the lowest level that issues it."""

    items: tuple[Item, ...]
    answered: bool
    rung: int = 0


_MATTER: Final = Item("matter", "督办事由")
_SIGNER: Final = Item("signer", "签发人")
_DEMAND: Final = (_MATTER, Item("demand", "督办要求"), _SIGNER)
_MEETING: Final = (
    _MATTER,
    Item("place", "时间地点"),
    Item("attending", "参加单位"),
    Item("demand", "协调议题"),
    _SIGNER,
)
_TALK: Final = (
    _MATTER,
    Item("talked_to", "约谈对象"),
    Item("place", "时间地点"),
    Item("demand", "提醒事项"),
    _SIGNER,
)
_NOTICE: Final = (_MATTER, Item("demand", "提醒内容"))
_CIRCULAR: Final = (
    _MATTER,
    Item("demand", "通报内容"),
    Item("scope", "通报范围"),
    _SIGNER,
)
_POINTS: Final = (
    _MATTER,
    Item("points", "扣分"),
    Item("demand", "扣分依据"),
    _SIGNER,
)
_REPORT: Final = (
    _MATTER,
    Item("demand", "报告事项"),
    Item("enclosed", "随附材料", needed=False),
    _SIGNER,
)

SHAPES: Final[Mapping[str, Shape]] = MappingProxyType(
    {
        "督办单": Shape(_DEMAND, answered=True),
        "督办": Shape(_DEMAND, answered=True),
        "书面督办": Shape(_DEMAND, answered=True),
        "督促": Shape(_DEMAND, answered=True),
        "同级人民政府督办": Shape(_DEMAND, answered=True, rung=1),
        "专题协调": Shape(_MEETING, answered=False),
        "约谈提醒": Shape(_TALK, answered=False),
        "约谈": Shape(_TALK, answered=False),
        "系统提醒": Shape(_NOTICE, answered=True),
        "全区通报": Shape(_CIRCULAR, answered=True),
        "通报": Shape(_CIRCULAR, answered=True, rung=1),
        "考核扣分": Shape(_POINTS, answered=False, rung=1),
        "报区纪检监察机关处理": Shape(_REPORT, answered=False, rung=1),
        "追责问责": Shape(_REPORT, answered=False, rung=2),
    }
)
"""By the words of the packs; a form that a city adds in its own pack is a written demand."""
_OTHER: Final = Shape(_DEMAND, answered=True)


def shape_of(form: str, policy: Policy) -> Shape:
    """What a form of this city consists of. A meeting says at which of the two levels it is held
    where the city has two (中山 第八条: 市、镇街)."""
    shape = SHAPES.get(form, _OTHER)
    if form == "专题协调" and says(policy.supervision.meeting, Phrase.TWO_TIERS):
        level = Item("tier", "协商层级", options=("市级协商", "镇街协商"))
        return Shape((level, *shape.items), shape.answered, shape.rung)
    return shape


def forms_at(policy: Policy, rung: int) -> tuple[str, ...]:
    """The city's forms that this level issues, as the pack orders them."""
    every = policy.supervision.forms.value or ()
    return tuple(one for one in every if SHAPES.get(one, _OTHER).rung <= rung)


def filled_in(form: str, given: Mapping[str, str], policy: Policy) -> dict[str, str]:
    """What was written, by label. Raises BadInput naming the first item that is wrong."""
    texts: dict[str, str] = {}
    for item in shape_of(form, policy).items:
        value = given.get(item.name, "").strip()
        if len(value) > LONGEST:
            why = f"{item.label}有{len(value)}字，最多{LONGEST}字，请删减"
            raise BadInput(item.name, why)
        if item.needed and not value:
            raise BadInput(item.name, f"请填写{item.label}")
        if value and item.options and value not in item.options:
            raise BadInput(item.name, f"{item.label}请从列出的里面选")
        if value:
            texts[item.label] = value
    return texts


def answer_day(text: str, today: dt.date) -> dt.date | None:
    """The day by which the unit is to answer; None where none was set. Raises BadInput."""
    if not text.strip():
        return None
    try:
        day = dt.date.fromisoformat(text.strip())
    except ValueError:
        raise BadInput("answer_by", "反馈期限请写成 2026-09-28 这样的日期") from None
    if day < today:
        raise BadInput("answer_by", "反馈期限已经过去，请另选一天")
    if day > today + dt.timedelta(days=366):
        raise BadInput("answer_by", "反馈期限超过一年，请核对")
    return day

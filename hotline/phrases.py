"""The words of a pack's sentence by which a rule is switched on.

Some parameters are sentences, because the regulations are. A rule that hangs on one looks for these
words and for nothing else; a city whose sentence has none of them has no such rule. The table for
those who write packs is in ``hotline/policies/README.md``, and a test holds it to this one.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from hotline.rulings import Ruled


class Phrase(StrEnum):
    """Words that are looked for."""

    VERIFIED = "核实"
    HEAD_APPROVES = "负责人批准"
    THEN_SUPERVISED = "督办"
    FILED = "备案"
    SECOND_COUNTS = "第二次评价为准"
    LOW = "不满意"
    EACH = "每件"
    ALL = "全部"
    TWO_TIERS = "市、镇街两级"
    ELSEWHERE = "异地转办"
    DESIGNATED = "指定"


LOOKED_FOR: Final[Mapping[str, tuple[Phrase, ...]]] = MappingProxyType(
    {
        "close.audit": (Phrase.VERIFIED, Phrase.HEAD_APPROVES, Phrase.THEN_SUPERVISED),
        "close.unsolvable": (Phrase.FILED,),
        "rating.redo": (Phrase.SECOND_COUNTS,),
        "rating.follow_up": (Phrase.LOW, Phrase.EACH, Phrase.ALL),
        "supervision.meeting": (Phrase.TWO_TIERS,),
        "dispatch.cross_region": (Phrase.ELSEWHERE,),
        "returns.final_when": (Phrase.DESIGNATED,),
    }
)
"""By the key of the parameter, the words looked for in it."""


def says(rule: Ruled[str], *phrases: Phrase) -> bool:
    """Whether the sentence has one of these."""
    return any(one in (rule.value or "") for one in phrases)

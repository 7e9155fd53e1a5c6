"""How a ticket ended (终态): its last stage and the reason, from the acts alone.

Every ticket that is at its end has one; a ticket of which this cannot be said is a fault.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from hotline.errors import ImpossibleMove
from hotline.handling import Handling
from hotline.handling_words import FINAL, Act, Stage

_BEFORE: Final = (
    Act.RATE,
    Act.LAPSE,
    Act.CORRECT,
    Act.WITHDRAW,
    Act.MOVE,
    Act.SHELVE,
    Act.ANSWER,
    Act.CLOSE,
)
"""The acts after which a ticket may be archived; the latest one is the reason."""


@dataclass(frozen=True, slots=True, order=True)
class Ending:
    """Where a ticket ended and why. ``code``: which of the cases its city's regulation lists, of a
    ticket that was not accepted."""

    stage: Stage
    reason: str
    code: str = ""


def ending_of(handling: Handling) -> Ending:
    """Raises ImpossibleMove for a ticket that is not at its end, or at one without a reason."""
    stage = handling.stage
    last = handling.acts[-1] if handling.acts else None
    if stage not in FINAL or last is None:
        raise ImpossibleMove("工单", stage, "结束")
    if stage is Stage.REFUSED:
        return Ending(stage, "不予受理" if last.code else "不予受理：未分情形", last.code)
    if stage is Stage.MERGED:
        return Ending(stage, "并入同一事项的工单")
    before = handling.last(*_BEFORE)
    if before is None:
        raise ImpossibleMove("工单", stage, "说明归档的原因")
    match before.act:
        case Act.RATE | Act.CORRECT:
            return Ending(stage, f"已评价：{before.code or '未写明'}")
        case Act.LAPSE:
            return Ending(stage, "逾期未评价")
        case Act.WITHDRAW:
            return Ending(stage, "诉求人撤回")
        case Act.MOVE:
            return Ending(stage, "已转异地办理")
        case Act.SHELVE:
            return Ending(stage, "暂无法解决，已备案")
        case Act.ANSWER:
            return Ending(stage, "已直接答复")
        case _:
            return Ending(stage, "办结，无须评价")

"""What people do next on a ticket of the generated year, how often and after how long.

Only wishes: whether an act is possible is decided by the rules, each time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from hotline.handling_words import Act, Part, Stage


@dataclass(frozen=True, slots=True)
class Wish:
    """An act somebody may want: ``weight`` how often, ``hours`` after what came before (the
    middle of a wide range), ``office`` whether it waits for office hours. ``act`` None: nobody
    does anything, time does."""

    act: Act | None
    part: Part
    weight: float
    hours: float
    office: bool = False


def _unit(act: Act, weight: float, hours: float) -> Wish:
    return Wish(act, Part.UNIT, weight, hours, office=True)


def _centre(act: Act, weight: float, hours: float) -> Wish:
    return Wish(act, Part.CENTRE, weight, hours)


def _caller(act: Act, weight: float, hours: float) -> Wish:
    return Wish(act, Part.CALLER, weight, hours)


_SILENT: Final = Wish(None, Part.CALLER, 25, 30)
_TAKEN_BACK: Final = _caller(Act.WITHDRAW, 0.8, 20)
_MERGED: Final = _centre(Act.MERGE, 2, 1)

WISHES: Final[Mapping[Stage, tuple[Wish, ...]]] = MappingProxyType(
    {
        Stage.REGISTERED: (
            _centre(Act.REVIEW, 58, 0.5),
            _centre(Act.DISPATCH, 20, 0.6),
            Wish(Act.ANSWER, Part.AGENT, 12, 0.1),
            Wish(Act.REFUSE, Part.AGENT, 3, 0.3),
            _centre(Act.MOVE, 0.6, 2),
            _centre(Act.SEND_UP, 1.5, 2),
            _TAKEN_BACK,
            _MERGED,
        ),
        Stage.AWAITING_ORDER: (Wish(Act.ORDER, Part.LEADER, 95, 20, office=True), _TAKEN_BACK),
        Stage.TO_DISPATCH: (
            _centre(Act.DISPATCH, 94, 0.8),
            _centre(Act.DISPUTE, 2, 3),
            _MERGED,
            _TAKEN_BACK,
        ),
        Stage.DISPATCHED: (
            _unit(Act.SIGN, 90, 3),
            _unit(Act.ASK_RETURN, 5, 6),
            _centre(Act.REMIND, 3, 20),
            _TAKEN_BACK,
            Wish(None, Part.UNIT, 1.2, 60),
        ),
        Stage.HANDLING: (
            _unit(Act.ASK_CLOSE, 62, 40),
            _unit(Act.CONTACT, 14, 5),
            _unit(Act.ASK_EXTENSION, 9, 22),
            _unit(Act.REPORT, 4, 30),
            _unit(Act.ASK_RETURN, 3, 8),
            _unit(Act.SHELVE, 1, 50),
            _centre(Act.REMIND, 2, 40),
            Wish(Act.SUPERVISE, Part.MANAGER, 0.7, 60, office=True),
            _TAKEN_BACK,
            Wish(None, Part.UNIT, 3, 160),
        ),
        Stage.RETURN_ASKED: (
            _centre(Act.GRANT_RETURN, 46, 5),
            _centre(Act.DENY_RETURN, 42, 5),
            _centre(Act.DISPUTE, 8, 8),
        ),
        Stage.DISPUTED: (_centre(Act.SETTLE, 90, 16), _centre(Act.DISPUTE, 8, 16)),
        Stage.EXTENSION_ASKED: (
            _centre(Act.GRANT_EXTENSION, 74, 4),
            _centre(Act.DENY_EXTENSION, 26, 4),
        ),
        Stage.CLOSE_ASKED: (_centre(Act.CLOSE, 88, 3), _centre(Act.DENY_CLOSE, 12, 3)),
        Stage.CLOSED: (
            Wish(Act.FOLLOW_UP, Part.AGENT, 45, 10),
            _caller(Act.RATE, 55, 8),
            _SILENT,
            Wish(Act.REDO, Part.CITY, 1, 12),
            _centre(Act.ARCHIVE, 3, 40),
        ),
        Stage.RATED: (
            _centre(Act.ARCHIVE, 62, 4),
            Wish(Act.FOLLOW_UP, Part.AGENT, 24, 5),
            Wish(Act.REDO, Part.CITY, 9, 8),
            Wish(Act.CORRECT, Part.CITY, 2, 8),
        ),
        Stage.ANSWERED: (
            _caller(Act.RATE, 34, 2),
            Wish(Act.FOLLOW_UP, Part.AGENT, 8, 10),
            Wish(Act.ARCHIVE, Part.AGENT, 58, 12),
        ),
        Stage.SHELVED: (
            Wish(Act.FOLLOW_UP, Part.AGENT, 30, 24),
            _centre(Act.DENY_CLOSE, 8, 48),
            _centre(Act.ARCHIVE, 60, 72),
        ),
        Stage.MOVED: (_centre(Act.ARCHIVE, 1, 8),),
        Stage.WITHDRAWN: (_centre(Act.ARCHIVE, 1, 8),),
    }
)
FORWARD: Final[Mapping[Stage, tuple[Act, ...]]] = MappingProxyType(
    {
        Stage.REGISTERED: (Act.REVIEW, Act.DISPATCH),
        Stage.DISPATCHED: (Act.SIGN, Act.ASK_CLOSE),
        Stage.HANDLING: (Act.ASK_CLOSE,),
        Stage.RETURN_ASKED: (Act.DENY_RETURN, Act.GRANT_RETURN),
        Stage.CLOSE_ASKED: (Act.CLOSE,),
        Stage.CLOSED: (Act.RATE, Act.ARCHIVE),
        Stage.RATED: (Act.ARCHIVE, Act.FOLLOW_UP, Act.REDO),
        Stage.ANSWERED: (Act.ARCHIVE,),
        Stage.SHELVED: (Act.ARCHIVE,),
    }
)
"""What is wished for once enough was done: everybody wants it ended."""
ENOUGH: Final = 16
"""Acts after which that is so."""

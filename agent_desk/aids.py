"""What helps the agent while a call goes on: the draft of the ticket and the answer cards.

Both are frames of state (``seq`` 0, :mod:`agent_desk.wire`): the last one of a call is all there
is to know. After every resume those of the calls on the screen are sent again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

from hotline.words import CallId

SlotName = Literal["type", "category", "address", "happened", "contact", "phone", "summary", "unit"]
"""The fields of the desk's form that words can fill."""
SLOT_NAMES: tuple[SlotName, ...] = get_args(SlotName)
Leg = Literal["caller", "agent"]
Chars = tuple[int, int]
"""A half-open range of characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftSlot:
    """One slot of the form as the words have it.

    ``words`` are the characters ``start`` to ``end`` of the text of the final ``said`` frame of
    this call with this ``leg`` and ``from_s``. ``type`` has a value of the wire (咨询, 求助, 投诉,
    举报, 建议); ``happened`` the words with the time they mean; ``unit`` the name of a department,
    one of this system where it has any. ``others`` are further candidates, the likelier first.
    ``sure`` False: a mere proposal."""

    slot: SlotName
    value: str
    others: tuple[str, ...] = ()
    words: str
    leg: Leg
    from_s: float
    start: int
    end: int
    sure: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftShown:
    """The draft of a call, whole, each time it changes: slots not in it have no words (any more).
    An agent's own edit stands before it. ``keywords`` are words of the caller."""

    type: ClassVar[str] = "draft"
    call: CallId
    slots: tuple[DraftSlot, ...] = ()
    keywords: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The words that filled one slot of a saved ticket: what they were, whose, and when in the
    call (seconds from the beginning of that side's sound)."""

    slot: SlotName
    words: str
    leg: Leg
    from_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopted:
    """An answer card whose wording an agent took for the answer to a ticket."""

    article: str
    version: int


@dataclass(frozen=True, slots=True)
class AnswerCard:
    """One card of the desk. ``article`` and ``version`` say what was shown; spans are half-open,
    in characters of ``title`` and ``words``. ``internal`` cards carry the red mark and are never
    adopted into a reply. ``rank`` is the search's, the card's place is that in the tuple."""

    article: str
    version: int
    rank: int
    title: str
    title_spans: tuple[Chars, ...]
    words: str
    words_spans: tuple[Chars, ...]
    internal: bool
    unit: str
    basis: tuple[str, ...]
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What stands beside a call from now on, in the places of the page; at most three. ``gone``
    are articles that stood there and may not be shown any more, not even under a hand that holds
    them (withdrawn, expired, replaced). ``trouble`` says why nothing new can be found now."""

    type: ClassVar[str] = "answers"
    call: CallId
    cards: tuple[AnswerCard, ...]
    gone: tuple[str, ...] = ()
    trouble: str = ""

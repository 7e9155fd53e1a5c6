"""What is known at intake, as the desk shows it: tickets about the same, the directory's matters,
and what the city's regulation lets an agent do with a call that opens no ordinary ticket.

``form`` comes from the browser while the form fills, by words or by hand; ``known`` answers it.
Both are frames of state (``seq`` 0): the browser sends its form again after every resume.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import ClassVar, Final, Literal, Protocol

from agent_desk.views import Person
from hotline.errors import BadFrame
from hotline.words import Article, TicketId, TicketType, UnitId

How = Literal["", "refuse", "again", "join", "news", "answer"]
"""What a form becomes beside a ticket: not accepted (不予受理), told again without news, joined to
another (并单), a ticket of its own that names the earlier one (有新情况), answered at once
(直接答复)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """What the agent settled at intake. ``code`` is the reason of the city's list, ``words`` what
    was told to the caller and why, ``to`` the earlier ticket. ``order`` proposes a case that a
    leader approves first (先报批), ``region`` where to send it (异地转办): both only propose."""

    how: How = ""
    code: str = ""
    words: str = ""
    to: TicketId | None = None
    order: str = ""
    region: str = ""
    channel: str = ""
    """How the caller wants to be followed up (回访方式), where the city lets them choose."""
    reply: str = ""
    """What the caller was told (答复), by the adopted wordings or the agent's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FormTold:
    """The form of a call as it is in the browser now. ``phone`` as it stands there."""

    call: str
    type: str = ""
    category: str = ""
    address: str = ""
    summary: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownTicket:
    """A ticket that may be about the same. ``own``: of this caller; of another's only what may be
    told stands here. ``say`` are the words for the caller; ``joins``: others can be joined."""

    number: TicketId
    type: TicketType
    status: str
    open: bool
    own: bool
    summary: str
    unit_name: str
    opened_at: dt.datetime
    due_at: dt.datetime | None
    last_act: str
    last_at: dt.datetime
    why: tuple[str, ...]
    say: str
    joins: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryItem:
    """A matter of the dispatch directory that the form may mean. ``limit`` in words, with ``note``
    where the city's regulation sets the limit itself."""

    item: str
    unit: UnitId
    unit_name: str
    limit: str
    basis: str
    sub_office: str
    title: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of the form of a call now, whole; the last frame of a call wins."""

    type: ClassVar[str] = "known"
    call: str
    tickets: tuple[KnownTicket, ...] = ()
    items: tuple[DirectoryItem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A coded reason of the city's list. ``answer`` is what the regulation says to tell."""

    code: str
    article: str
    words: str
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeChoices:
    """What this city's regulation offers at intake; empty where it is silent (``searched``)."""

    refusals: tuple[Refusal, ...] = ()
    searched: tuple[str, ...] = ()
    document: str = ""
    recorded: Article | None = None
    """The article that has the reason of a refusal recorded."""
    utilities: tuple[str, ...] = ()
    orders: tuple[Refusal, ...] = ()
    elsewhere: Article | None = None
    """The article that has matters of other places sent there."""
    joining: str = ""
    channels: tuple[str, ...] = ()
    """The ways of following up a caller chooses from; empty where the city gives no choice."""
    chosen_by: Article | None = None
    """The article that gives the choice."""

    @property
    def repeated(self) -> Refusal | None:
        """The rule about what is told again."""
        return next((one for one in self.refusals if one.code == "repeated"), None)


class Intakes(Protocol):
    """What is known at intake."""

    async def look(self, told: FormTold, who: Person, at: dt.datetime) -> Known:
        """Tickets about the same and matters of the directory, the likelier first."""

    def choices(self, at: dt.datetime) -> IntakeChoices:
        """What the city's regulation in force offers."""


_LONGEST: Final = {
    "call": 64,
    "type": 8,
    "category": 100,
    "address": 300,
    "summary": 2000,
    "phone": 40,
}


def form_of(frame: dict[str, object]) -> FormTold:
    """A ``form`` frame; raises BadFrame."""
    if set(frame) - set(_LONGEST) - {"type", "kind"}:
        raise BadFrame("消息里有不认识的字段，请刷新页面")
    texts = {}
    for name, longest in _LONGEST.items():
        value = frame.get("kind" if name == "type" else name, "")
        if not isinstance(value, str) or len(value) > longest:
            raise BadFrame(f"{name} 应是不超过 {longest} 个字的文字")
        texts[name] = value
    if not texts["call"]:
        raise BadFrame("没有指明是哪一通电话")
    return FormTold(**texts)

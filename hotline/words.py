"""The nouns of the hotline. Each has one English word; docs/words.md gives the Chinese one."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Literal, NewType

CallId = NewType("CallId", str)
"""The UUID the dialplan makes for a call (channel variable HOTLINE_CALL)."""
AgentId = NewType("AgentId", str)
"""The number of an agent's seat, e.g. ``1001``; also the queue member's name."""
TicketId = NewType("TicketId", str)
"""The number of a ticket, e.g. ``20260928-000123``."""
ReturnCallId = NewType("ReturnCallId", str)
"""A task to call somebody back (回拨): the id of the lost call that opened it."""
UserId = NewType("UserId", str)
UnitId = NewType("UnitId", str)
"""The code of a handling unit (承办单位)."""


class Role(StrEnum):
    """Who somebody is to the system; every page and act names the roles it serves."""

    AGENT = "agent"
    SUPERVISOR = "supervisor"
    EDITOR = "editor"
    OFFICER = "officer"
    MANAGER = "manager"
    """Of the managing body (管理机构): decides what the hotline puts before it, supervises."""
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"


class TicketType(StrEnum):
    """The five kinds of matter (肇庆高新区办法 第二十五条); 建议 is displayed as 意见建议."""

    CONSULT = "咨询"
    HELP = "求助"
    COMPLAINT = "投诉"
    REPORT = "举报"
    SUGGESTION = "建议"


class Service(StrEnum):
    """The national emergency numbers."""

    POLICE = "110"
    FIRE = "119"
    MEDICAL = "120"
    TRAFFIC = "122"


KEYS: Final = {
    "1": Service.POLICE,
    "2": Service.FIRE,
    "3": Service.MEDICAL,
    "4": Service.TRAFFIC,
}
"""The digit after 9, on the caller's telephone and after F9 at the desk alike."""


EmergencyPhase = Literal[
    "menu",
    "chosen",
    "trying",
    "ringing",
    "answered",
    "failed",
    "queued",
    "cancelled",
    "told",
    "confirming",
]
"""The rungs of the way to an emergency service, as the dialplan reports them."""

EmergencyReason = Literal["key", "words", "agent", "trunks-failed", "nothing-pressed", ""]


class EmergencyAction(StrEnum):
    """What a pack does with an emergency that was *spoken*; a pressed key always dials."""

    TELL = "tell"
    CONFIRM = "confirm"
    TRANSFER = "transfer"


class Stage(StrEnum):
    """Where a call is. The table of moves is in :mod:`hotline.calls`."""

    GREETING = "greeting"
    QUEUED = "queued"
    TALKING = "talking"
    EMERGENCY_MENU = "emergency-menu"
    EMERGENCY_DIALLING = "emergency-dialling"
    EMERGENCY_LINKED = "emergency-linked"
    EMERGENCY_QUEUED = "emergency-queued"
    DIALLING = "dialling"
    """A return call of ours: the seat rings, then the citizen."""
    ENDED = "ended"


class AgentState(StrEnum):
    """What an agent is doing, as everybody sees it."""

    OFFLINE = "offline"
    READY = "ready"
    RINGING = "ringing"
    TALKING = "talking"
    HELD = "held"
    WRAP_UP = "wrap-up"
    PAUSED = "paused"


class Outcome(StrEnum):
    """How a call ended, by the table "Who counts as lost"; exactly one per call."""

    ANSWERED = "answered"
    ABANDONED = "abandoned"
    TIMED_OUT = "timed-out"
    TURNED_AWAY = "turned-away"
    GREETING_HANG_UP = "greeting-hang-up"
    EMERGENCY = "emergency"
    RETURN_CALL = "return-call"
    """We called; counted by nobody's rate."""


_MOBILE = re.compile(r"1[3-9]\d{9}")
_WITHHELD = frozenset(
    {"", "anonymous", "unknown", "restricted", "unavailable", "private", "asterisk"}
)


_AREA = re.compile(r"010|02\d|0[3-9]\d\d")
"""The area code a landline begins with."""


@dataclass(frozen=True, slots=True)
class Phone:
    """A telephone number, normalised; prints itself masked so that it cannot leak into a log.

    ``digits`` is the national form: a mobile as 11 digits, a landline with its leading 0 and area
    code, a short code as dialled, an empty string when withheld. A withheld number is not a
    person: two of them are never the same caller.
    """

    digits: str

    @staticmethod
    def parse(raw: str, *, trunk_prefix: str = "9", area_code: str = "") -> Phone:
        """Normalise what a trunk or a person gives: +86, 0086, 0 before a mobile, trunk prefix,
        spaces and dashes. What is not a number at all is withheld."""
        text = raw.strip().lower()
        if text in _WITHHELD:
            return Phone("")
        text = re.sub(r"[\s\-()（）]", "", text)
        text = re.sub(r"^(?:\+|00)86", "", text)
        if not re.fullmatch(r"\+?\d{1,20}", text):
            return Phone("")
        text = text.lstrip("+")
        for prefix in ("0", trunk_prefix, f"{trunk_prefix}0"):
            rest = text.removeprefix(prefix) if prefix else text
            if rest != text and _MOBILE.fullmatch(rest):
                return Phone(rest)
        if _MOBILE.fullmatch(text):
            return Phone(text)
        if area_code and len(text) in (7, 8) and text[0] in "2345678":
            return Phone(area_code + text)
        return Phone(text)

    @property
    def withheld(self) -> bool:
        return not self.digits

    @property
    def is_mobile(self) -> bool:
        return bool(_MOBILE.fullmatch(self.digits))

    @property
    def masked(self) -> str:
        """``138****8000``; a landline keeps its area code whole (``0311****0001``), short numbers
        their last two digits. Four digits are hidden at least."""
        if self.withheld:
            return "未显示号码"
        if len(self.digits) >= 11:
            area = _AREA.match(self.digits) if len(self.digits) <= 12 else None
            head = area.end() if area else 3
            return f"{self.digits[:head]}****{self.digits[-min(4, len(self.digits) - head - 4) :]}"
        return "*" * max(len(self.digits) - 2, 0) + self.digits[-2:]

    def __str__(self) -> str:
        return self.masked

    def __repr__(self) -> str:
        return f"Phone({self.masked})"


@dataclass(frozen=True, slots=True)
class Article:
    """Where a rule stands: document, article number as printed, and the words relied upon."""

    document: str
    number: str
    quote: str = ""

    def __str__(self) -> str:
        return f"{self.document} {self.number}" if self.document else self.number


@dataclass(frozen=True, slots=True)
class Day:
    """One calendar day of a derivation: counted or skipped, and why."""

    date: dt.date
    counted: bool
    why: str
    running: int | None = None
    """The running count after this day, where it counted."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """A duty's last instant with everything needed to defend it before an official.

    ``due_at`` is aware (the pack's zone), the last second of the last day where the limit is in
    days (24:00 of that day, 民法典 第二百零三条 by analogy). ``provisional`` is true when a year
    without a published holiday notice was crossed (暂定).
    """

    duty: str
    start_at: dt.datetime
    due_at: dt.datetime
    provisional: bool
    article: Article
    derivation: tuple[Day, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """A ticket as an agent has it on screen; a slot without content is an empty string."""

    type: TicketType
    summary: str
    category: str = ""
    address: str = ""
    happened: str = ""
    contact: str = ""
    phone: str = ""
    unit: UnitId | None = None
    confidential: bool = False


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket (工单) as its stream of facts has made it."""

    id: TicketId
    city: str
    type: TicketType
    status: str
    opened_at: dt.datetime
    policy_version: str
    call: CallId | None = None
    unit: UnitId | None = None
    deadline: Deadline | None = None
    version: int = 1
    acts: tuple[str, ...] = field(default=())

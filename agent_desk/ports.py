"""What the desk needs from the rest of the house, as Protocols.

The switchboard fills these with the ledger, the live World and the exchange. Methods raise
:class:`hotline.errors.HotlineError` for what a person may be told; anything else is a fault.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, get_args

from agent_desk.access_views import AccessBook
from agent_desk.aids import Adopted, Evidence
from agent_desk.attachment_views import AttachmentBook
from agent_desk.city_views import Cities
from agent_desk.directory_views import Directories
from agent_desk.follow_up_views import FollowUps
from agent_desk.handling_views import Handlings
from agent_desk.intake_views import Intake, Intakes
from agent_desk.knowledge_editing_views import KnowledgeEditing
from agent_desk.knowledge_reading_views import KnowledgeReading
from agent_desk.knowledge_views import Knowledge, KnowledgeDoor, KnowledgeWork
from agent_desk.learning_views import Learning
from agent_desk.notice_views import DeskNotices
from agent_desk.paper_views import Papers
from agent_desk.portal_views import Portal
from agent_desk.reply_views import AskBook
from agent_desk.return_views import ReturnCalls
from agent_desk.sms_views import ReplyDoor
from agent_desk.supervision_views import Supervisions
from agent_desk.ticket_list_views import BulkActs, KeptViews
from agent_desk.ticket_views import DueDate, TicketFull, TicketPage, TicketQuery, TicketSaved, Unit
from agent_desk.unit_views import UnitBook, UserBook
from agent_desk.views import (
    BoardNow,
    CallCard,
    CallRow,
    CentreNow,
    Check,
    Linkage,
    PastCall,
    Person,
    RecordedCall,
    Seat,
    StripNow,
    Telephone,
    TicketBrief,
    TrunkMode,
)
from agent_desk.wire import Act
from hotline.words import AgentId, CallId, Draft, Phone, TicketId, TicketType, UserId

# -------------------------------------------------------------------------------------- people


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A user with the hash of the password (argon2id, PHC string)."""

    person: Person
    password_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A log-in. Kept under the SHA-256 of its token, so that the table opens nothing."""

    token_hash: str
    user: UserId
    csrf: str
    opened_at: dt.datetime
    seen_at: dt.datetime
    address: str


class Accounts(Protocol):
    """Users and their sessions."""

    async def by_login(self, login: str) -> Account | None:
        """The user of this login (工号), disabled ones too; None where there is none."""

    async def by_id(self, user: UserId) -> Account | None:
        """The user of this id, None where there is none."""

    async def people(self) -> Sequence[Person]:
        """Every user, by login."""

    async def set_password(
        self, user: UserId, password_hash: str, *, by: UserId, at: dt.datetime
    ) -> None:
        """Durable when it returns, with an audit line; every session of the user is over."""

    async def set_disabled(
        self, user: UserId, disabled: bool, *, by: UserId, at: dt.datetime
    ) -> None:
        """Durable when it returns, with an audit line; who is shut out has no session left."""

    async def open_session(self, session: Session) -> None:
        """Durable when it returns, with an audit line (log-in)."""

    async def session(self, token_hash: str) -> tuple[Session, Person] | None:
        """The session with its user, None where closed or never opened."""

    async def touch_session(self, token_hash: str, at: dt.datetime) -> None:
        """It was used. Called at most once a minute per session."""

    async def close_session(self, token_hash: str) -> None:
        """Log-out; closing what is closed is no error."""

    async def note_failure(self, login: str, address: str) -> None:
        """Keep a wrong try, whether or not the login exists. Lower-case logins."""

    async def failures_since(
        self, moment: dt.datetime, *, login: str | None = None, address: str | None = None
    ) -> int:
        """How many wrong tries were kept since, for a login or from an address."""

    async def clear_failures(self, login: str) -> None:
        """Forget those of a login, after the right password or a reset."""


# ------------------------------------------------------------------------------- tickets, calls


class TicketBook(Protocol):
    """Tickets (工单) of the city."""

    async def save(
        self,
        draft: Draft,
        *,
        call: CallId | None,
        by: Person,
        key: str,
        at: dt.datetime,
        evidence: Sequence[Evidence] = (),
        adopted: Sequence[Adopted] = (),
        intake: Intake | None = None,
    ) -> TicketSaved:
        """Open a ticket; returns once it is committed. ``key`` is the browser's own for this
        form: saving the same key again returns the same ticket. ``evidence`` was said on the
        call: it is kept beside the slots, as are the cards ``adopted`` that stood beside it.
        ``intake`` is what the agent settled: not accepted, joined to another, …"""

    async def due(self, type: TicketType, at: dt.datetime) -> DueDate:
        """What the due date would be for a ticket opened at this time."""

    async def page(self, query: TicketQuery, at: dt.datetime) -> TicketPage:
        """Tickets that match, 待定期限 first, then by due date."""

    async def one(self, number: TicketId) -> TicketFull:
        """Everything of one ticket. Raises NoSuch."""

    async def units(self) -> Sequence[Unit]:
        """The handling units a ticket can go to, in the order people know."""

    async def categories(self) -> Sequence[str]:
        """事由分类 to choose from; free text is allowed as well."""

    async def statuses(self) -> Sequence[str]:
        """The states a ticket can be in, for the filter of the list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What is known of a number. A withheld number has none: it is not a person."""

    earlier_calls: int
    last: tuple[PastCall, ...] = ()
    tickets: tuple[TicketBrief, ...] = ()


CallList = Literal[
    "offered",
    "answered",
    "lost",
    "within-15s",
    "abandoned",
    "timed-out",
    "turned-away",
    "greeting-hang-up",
    "emergency",
    "waiting",
    "talking",
]
"""The numbers of the board that open their calls."""
CALL_LISTS: tuple[CallList, ...] = get_args(CallList)

Window = Literal["today", "24h"]
WINDOWS: tuple[Window, ...] = get_args(Window)


class CallBook(Protocol):
    """The ledger of calls."""

    async def history(self, caller: Phone, *, but: CallId) -> History:
        """Earlier calls and tickets of this number, newest first, at most ten of each."""

    async def calls(self, which: CallList, window: Window, limit: int) -> Sequence[CallRow]:
        """The calls a number of the board counts, newest first: as many rows as it says."""

    async def linkages(self, limit: int) -> Sequence[Linkage]:
        """Linkage records (联动记录), newest first, those under way included."""

    async def linkage(self, call: CallId) -> Linkage:
        """One record. Raises NoSuch."""


class Recordings(Protocol):
    """What was recorded, and who listens."""

    async def of(self, call: CallId) -> RecordedCall:
        """A call with its recording, or with the reason why there is none. Raises NoSuch."""

    async def among(self, calls: Collection[CallId]) -> frozenset[CallId]:
        """Those of these calls that have a recording."""

    async def listened(self, call: CallId, *, by: Person) -> None:
        """Written into the audit book when it returns, once for each time somebody listens."""


class LiveView(Protocol):
    """What is live now, out of memory: these never wait and never fail."""

    def strip(self) -> StripNow:
        """The line at the foot of the desk."""

    def seat(self, agent: AgentId) -> Seat | None:
        """This agent's seat."""

    def seats(self) -> Sequence[Seat]:
        """Every seat, by number."""

    def card(self, call: CallId, agent: AgentId) -> CallCard | None:
        """The call as this agent's screen needs it, None when it is gone."""

    def cards(self, agent: AgentId) -> Sequence[CallCard]:
        """The calls that ring at this agent, or that they talk in."""

    def linkage(self, call: CallId) -> Linkage | None:
        """The emergency of a live call, None where there is none."""

    def gap_since(self) -> dt.datetime | None:
        """Since when the exchange is out of reach, None while it is heard."""


class BoardSource(Protocol):
    """The numbers of the supervisor's board."""

    async def board(self) -> BoardNow:
        """All of it; asked at most once a second."""


class AgentActs(Protocol):
    """What an agent presses that concerns the queue or the caller."""

    async def ask(self, agent: AgentId, by: Person, act: Act) -> None:
        """Do it. Raises ImpossibleMove, ExchangeRefused or NoSuch; what changes comes back as
        effects. ``help`` and ``leave`` never come here."""


class Telephones(Protocol):
    """The SIP accounts of the agents' browsers."""

    async def of(self, agent: AgentId) -> Telephone:
        """How this agent's browser registers at Asterisk. Raises NoSuch."""


class Centre(Protocol):
    """The stand-in emergency centre."""

    async def now(self) -> CentreNow:
        """Its trunks and calls; ``reachable`` False when it does not answer."""

    async def set_mode(self, trunk: int, mode: TrunkMode, *, by: Person) -> None:
        """Make a trunk answer, be busy, silent, ring for ever or be dead. Raises NoSuch, and
        NotAllowed where the trunks are real."""


class Doctor(Protocol):
    """The health of every part."""

    async def checks(self) -> Sequence[Check]:
        """One line per part: exchange link, gap, database, emergency trunks, disk, …"""

    async def examine(self) -> None:
        """Look at everything thoroughly, for some seconds; the next lines say what was found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskPorts:
    """Everything the desk is plugged into. ``now`` is aware."""

    accounts: Accounts
    tickets: TicketBook
    views: KeptViews
    bulk: BulkActs
    handlings: Handlings
    intakes: Intakes
    access: AccessBook
    portal: Portal
    unit_book: UnitBook
    user_book: UserBook
    directory: Directories
    asks: AskBook
    attachments: AttachmentBook
    papers: Papers
    supervision: Supervisions
    cities: Cities
    knowledge: Knowledge
    knowledge_reading: KnowledgeReading
    knowledge_work: KnowledgeWork
    knowledge_editing: KnowledgeEditing
    knowledge_door: KnowledgeDoor
    learning: Learning
    notices: DeskNotices
    calls: CallBook
    return_calls: ReturnCalls
    follow_ups: FollowUps
    replies: ReplyDoor
    recordings: Recordings
    live: LiveView
    board: BoardSource
    acts: AgentActs
    telephones: Telephones
    centre: Centre
    doctor: Doctor
    now: Callable[[], dt.datetime]
    monotonic: Callable[[], float] = time.monotonic

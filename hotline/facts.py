"""Facts: what is now true. Facts are journalled; World, board and every number are folds of them.

No fact holds personal data: a caller is known here by the id of the call only. Times are aware
UTC. Each has a ``VERSION``-free name; when its shape changes, ``ledger.rows`` gets an upcaster.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

from hotline.handling_words import TicketActed
from hotline.words import (
    AgentId,
    AgentState,
    CallId,
    EmergencyPhase,
    EmergencyReason,
    Outcome,
    ReturnCallId,
    Service,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOpened:
    """A call exists, and is being greeted. ``known_person`` is False for a withheld number."""

    at: dt.datetime
    call: CallId
    dialled: str
    channel: str
    known_person: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnCallPlaced:
    """An agent calls somebody back: a call of ours begins, first to the agent's own telephone."""

    at: dt.datetime
    call: CallId
    task: ReturnCallId
    agent: AgentId


@dataclass(frozen=True, slots=True, kw_only=True)
class CallWaiting:
    """A call waits in a queue; offered to agents from now on (counts in N)."""

    at: dt.datetime
    call: CallId
    queue: str
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOffered:
    """An agent's telephone rings with this call."""

    at: dt.datetime
    call: CallId
    agent: AgentId


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferEnded:
    """The ring at this agent ended: unanswered, or the call went elsewhere."""

    at: dt.datetime
    call: CallId
    agent: AgentId
    why: Literal["no-answer", "answered-elsewhere", "call-gone", "not-reached"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallAnswered:
    """An agent speaks with the caller. ``wait_s`` = queue wait + ring, from first joining."""

    at: dt.datetime
    call: CallId
    agent: AgentId
    wait_s: float
    caller_channel: str
    agent_channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallMoved:
    """The call was transferred: ``to`` is an agent's number or an emergency number."""

    at: dt.datetime
    call: CallId
    by: AgentId
    to: str
    attended: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CallTaken:
    """The agent a call was transferred to has it now."""

    at: dt.datetime
    call: CallId
    agent: AgentId
    caller_channel: str
    agent_channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldChanged:
    """The conversation was held or taken back."""

    at: dt.datetime
    call: CallId
    held: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentReleased:
    """The agent's part is over; ``talk_s`` from the answer to the end of the agent's leg."""

    at: dt.datetime
    call: CallId
    agent: AgentId
    talk_s: float
    wrap_until: dt.datetime | None
    """The end of 整理 (after-call work); None where the agent has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyStepped:
    """One rung on the way to 110/119/120/122; the linkage record is the fold of these."""

    at: dt.datetime
    call: CallId
    phase: EmergencyPhase
    service: Service | None
    trunk: int | None
    reason: EmergencyReason
    status: str
    elapsed_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmRaised:
    """Words meant an emergency: which service, how sure, why, by which model and pack."""

    at: dt.datetime
    call: CallId
    service: Service
    level: Literal["amber", "red"]
    reason: str
    model_version: str
    policy_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmDismissed:
    """The agent said that it is not an emergency."""

    at: dt.datetime
    call: CallId
    agent: AgentId


@dataclass(frozen=True, slots=True, kw_only=True)
class CallClosed:
    """The end of a call with its one outcome, counted by metrics. ``stage`` is where it ended.

    ``arrived_at``, ``queued_at`` and ``wait_s`` are repeated so that the ledger of calls needs no
    other fact; ``reconciled`` marks an end that was read from queue_log after a gap.
    """

    at: dt.datetime
    call: CallId
    outcome: Outcome
    stage: str
    arrived_at: dt.datetime
    queued_at: dt.datetime | None
    wait_s: float | None
    agent: AgentId | None
    service: Service | None
    linked: bool
    reconciled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRated:
    """The caller rated by key once the agent had hung up (河北 第三十条). ``key`` is 1 to 5."""

    at: dt.datetime
    call: CallId
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentChanged:
    """An agent is in another state; ``reason`` for a pause (小休 …); ``until`` for 整理."""

    at: dt.datetime
    agent: AgentId
    state: AgentState
    reason: str = ""
    call: CallId | None = None
    until: dt.datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseChanged:
    """The queue offers no calls to this agent (小休, with its reason), or does again."""

    at: dt.datetime
    agent: AgentId
    paused: bool
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WrapUpEnded:
    """整理 is over: by the agent, or by time."""

    at: dt.datetime
    agent: AgentId


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceChanged:
    """A telephone of an agent can be reached, or not."""

    at: dt.datetime
    agent: AgentId
    device: str
    reachable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class GapOpened:
    """We cannot hear the exchange from now on; it works on without us."""

    at: dt.datetime
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GapClosed:
    """The picture was read anew; ``since`` is where the gap began (None: a first start)."""

    at: dt.datetime
    since: dt.datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteTaken:
    """Something not understood came over a wire. Kept, so that somebody can look."""

    at: dt.datetime
    source: str
    what: str


Fact = (
    CallOpened
    | ReturnCallPlaced
    | CallWaiting
    | CallOffered
    | OfferEnded
    | CallAnswered
    | CallMoved
    | CallTaken
    | HoldChanged
    | AgentReleased
    | EmergencyStepped
    | AlarmRaised
    | AlarmDismissed
    | CallClosed
    | CallRated
    | AgentChanged
    | PauseChanged
    | WrapUpEnded
    | DeviceChanged
    | GapOpened
    | GapClosed
    | NoteTaken
)
"""Everything the exchange's journal can hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketOpened:
    """A ticket exists (登记). The words of the form lie in the ledger's own encrypted table."""

    at: dt.datetime
    ticket: str
    city: str
    type: str
    category: str
    unit: str | None
    call: str | None
    by: str
    body: str
    """Which body acted: the city hotline, a district office, a unit."""
    policy_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineSet:
    """A duty of this ticket has a due date, with its article and the days counted."""

    at: dt.datetime
    ticket: str
    duty: str
    start_at: dt.datetime
    due_at: dt.datetime
    provisional: bool
    document: str
    article: str
    counted_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineSilent:
    """The city's rules set no limit here (本市办法未规定); the articles that were searched."""

    at: dt.datetime
    ticket: str
    duty: str
    searched: tuple[str, ...]


TicketFact = TicketOpened | DeadlineSet | DeadlineSilent | TicketActed
"""Everything a ticket's stream can hold."""


LossPlace = Literal["greeting", "queue", "emergency", "answered"]
"""Where a caller was when the call ended unheard; answered: he was told what was wrong (召回)."""
ClosingReason = Literal[
    "got-through", "reached", "no-number", "handled", "nuisance", "wrong-number", "other"
]
"""Why a task to call back is done: the caller got through himself, we reached him, there is no
number to dial; the rest is a person's decision, coded so that no words of theirs lie here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnCallOwed:
    """A call was lost (呼损, or a hang-up in the greeting): somebody is to be called back. The
    first of a task opens it, further ones of the same caller are added to it."""

    at: dt.datetime
    task: ReturnCallId
    call: CallId
    place: LossPlace
    outcome: Outcome
    matter: str
    """The emergency number that was not reached; "" for what is not known, which is the rule;
    "knowledge" where a wrong answer is to be put right."""
    waited_s: float | None
    about: str = ""
    """The article and its version, for the last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnCallTried:
    """An agent took the task and calls back; nobody else may until ``until``, or the result."""

    at: dt.datetime
    task: ReturnCallId
    call: CallId
    agent: AgentId
    by: str
    until: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnCallMissed:
    """The attempt ended without the citizen; ``result`` is the dialplan's word in lower case
    (busy, no-answer, seat-no-answer, failed …)."""

    at: dt.datetime
    task: ReturnCallId
    call: CallId
    result: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnCallClosed:
    """Nothing is owed any more; ``call`` is the one in which they spoke, ``by`` who decided."""

    at: dt.datetime
    task: ReturnCallId
    reason: ClosingReason
    call: CallId | None = None
    by: str = ""


ReturnCallFact = ReturnCallOwed | ReturnCallTried | ReturnCallMissed | ReturnCallClosed
"""Everything the stream of a task to call back can hold."""

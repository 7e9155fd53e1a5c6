"""What the desk is given to show, as plain data. Whoever keeps the data fills these in.

Times are aware. A telephone number is a :class:`hotline.words.Phone`, so that it shows itself
masked wherever :mod:`agent_desk.shield` has not said otherwise.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from hotline.words import (
    AgentId,
    AgentState,
    CallId,
    EmergencyPhase,
    EmergencyReason,
    Outcome,
    Phone,
    Role,
    Service,
    TicketId,
    TicketType,
    UnitId,
    UserId,
)

# ------------------------------------------------------------------------------------- people


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A user of the system; ``agent`` is the number of the seat, None for who takes no calls.
    One person may hold several roles and sees what any of them sees."""

    id: UserId
    login: str
    name: str
    roles: frozenset[Role]
    agent: AgentId | None
    unit: UnitId | None = None
    """The handling unit of an officer, who sees that unit's tickets."""
    disabled: bool = False
    must_change: bool = False
    """The password was given by somebody else: first of all it is changed."""
    last_login_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A telephone of an agent: ``1001-web`` in the browser, ``1001`` any SIP telephone."""

    name: str
    reachable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """An agent as everybody sees them; ``call`` while one rings or is talked in."""

    agent: AgentId
    name: str
    state: AgentState
    since: dt.datetime
    reason: str = ""
    until: dt.datetime | None = None
    call: CallId | None = None
    devices: tuple[Device, ...] = ()
    answered_today: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Telephone:
    """What a browser needs to register as the agent's telephone at Asterisk itself."""

    uri: str
    password: str
    ws_url: str
    endpoint: str


# -------------------------------------------------------------------------------------- calls


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkageStep:
    """One rung on the way to an emergency service; ``elapsed_ms`` since the ladder began."""

    at: dt.datetime
    phase: EmergencyPhase
    service: Service | None = None
    trunk: int | None = None
    status: str = ""
    elapsed_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Linkage:
    """The linkage record (联动记录) of a call: the last phase on top, every step below.

    ``ended_at`` is set when the call is over; ``linked`` when an emergency trunk answered.
    """

    call: CallId
    service: Service | None
    phase: EmergencyPhase
    trunk: int | None
    status: str
    reason: EmergencyReason
    elapsed_ms: int | None
    started_at: dt.datetime
    ended_at: dt.datetime | None
    linked: bool
    agent: AgentId | None
    steps: tuple[LinkageStep, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PastCall:
    """An earlier call of the same number."""

    call: CallId
    at: dt.datetime
    outcome: Outcome
    talk_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketBrief:
    """A ticket in one line; ``due_at`` None where the city sets no limit (待定期限)."""

    number: TicketId
    at: dt.datetime
    type: TicketType
    status: str
    summary: str
    due_at: dt.datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallCard:
    """A call as one agent's screen needs it. ``since`` is when the stage began; ``ring_s`` how
    long it rings at this seat before the next one is tried."""

    call: CallId
    agent: AgentId
    stage: Literal["ringing", "talking"]
    caller: Phone
    queue: str
    waited_s: float | None
    since: dt.datetime
    ring_s: int
    emergency: Linkage | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRow:
    """A call in the lists behind the numbers of the board."""

    call: CallId
    arrived_at: dt.datetime
    caller: Phone
    outcome: Outcome | None
    stage: str
    wait_s: float | None = None
    talk_s: float | None = None
    ended_at: dt.datetime | None = None
    agent: AgentId | None = None
    agent_name: str = ""
    service: Service | None = None
    tickets: tuple[TicketId, ...] = ()
    reconciled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedCall:
    """A call with its recording. ``path`` is the WAV where ``state`` is "there"; "going-on" while
    it is made, "removed" with when and why (days, quota, disk), "none" where there never was one.
    """

    call: CallId
    arrived_at: dt.datetime
    caller: Phone
    state: Literal["there", "going-on", "removed", "none"]
    path: Path | None = None
    seconds: float | None = None
    removed_at: dt.datetime | None = None
    removed_why: str = ""
    outcome: Outcome | None = None
    wait_s: float | None = None
    ended_at: dt.datetime | None = None
    agent: AgentId | None = None
    agent_name: str = ""
    tickets: tuple[TicketId, ...] = ()


# ------------------------------------------------------------------------------------ numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A rate above its division; ``value`` (0..1) is None when nothing was offered, never 0/0.

    ``standard`` is what it is measured against (0..1), ``breach`` whether it is missed.
    """

    value: float | None
    numerator: int
    denominator: int
    formula: str
    article: str = ""
    standard: float | None = None
    breach: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The counted calls of one window (clauses.md, "Who counts as lost")."""

    offered: int
    answered: int
    lost: int
    abandoned: int
    timed_out: int
    turned_away: int
    greeting_hang_up: int
    emergency: int
    loss_rate: Rate
    connect_rate: Rate
    within_15s_rate: Rate


@dataclass(frozen=True, slots=True, kw_only=True)
class HalfHour:
    """One half hour of today in the chart of the board. ``connect_rate_24h`` (0..1) is the
    rolling rate at its end (now, for the half hour that runs), None when nothing was offered."""

    start: dt.datetime
    offered: int
    answered: int
    lost: int
    connect_rate_24h: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueNow:
    """A queue at this moment."""

    name: str
    title: str
    waiting: int
    longest_wait_s: float | None
    ready: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StripNow:
    """The line at the foot of every desk."""

    waiting: int
    longest_wait_s: float | None
    talking: int
    ready: int
    wrap_up: int
    paused: int
    offered_today: int
    loss_rate: float | None
    connect_rate_24h: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardNow:
    """Everything on the supervisor's board. ``gap_since`` while the exchange is out of reach."""

    at: dt.datetime
    strip: StripNow
    today: Figures
    day: Figures
    """Rolling 24 hours."""
    seats: tuple[Seat, ...]
    queues: tuple[QueueNow, ...]
    lost_calls: tuple[CallRow, ...]
    emergencies: tuple[Linkage, ...]
    gap_since: dt.datetime | None
    return_calls: int = 0
    """Who is still to be called back; ``return_emergencies`` are among them."""
    return_emergencies: int = 0
    halves: tuple[HalfHour, ...] = ()
    """The half hours of today that have begun, in order."""


# -------------------------------------------------------------------------- stand-in and system

TrunkMode = Literal["answer", "busy", "silent", "ringing", "dead"]
"""How a trunk of the stand-in emergency centre behaves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CentreTrunk:
    """A trunk of the stand-in emergency centre."""

    number: int
    mode: TrunkMode
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CentreCall:
    """A call as the stand-in centre itself heard it. ``caller`` is what it was shown."""

    at: dt.datetime
    service: str
    caller: Phone
    trunk: int
    what: str
    answered_after_ms: int | None = None
    ended_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CentreNow:
    """The stand-in centre. ``reachable`` False: its process does not answer."""

    stand_in: bool
    reachable: bool
    trunks: tuple[CentreTrunk, ...] = ()
    calls: tuple[CentreCall, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One line of 系统状态. ``life`` only for what impairs a path to 110/119/120/122: such a
    fault is shown in 朱, every other one in 赭. ``at`` is when it was looked at, None for just now;
    ``asked`` says that it is looked at thoroughly only when somebody presses 检查."""

    part: str
    state: Literal["ok", "warn", "fault"]
    now: str
    do: str = ""
    life: bool = False
    at: dt.datetime | None = None
    asked: bool = False

    @property
    def ok(self) -> bool:
        """Whether there is nothing to be done."""
        return self.state == "ok"

"""The contract between server and browsers: every frame of the desk's and the board's socket.

Text frames, one JSON object each, at most 64 KiB. A socket's life:

1. The browser opens ``/desk/socket`` (or ``/board/socket``); the server sends ``hello``.
2. The browser's first frame is ``resume`` with the ``epoch`` and ``last_seq`` it last saw (``""``
   and 0 the first time). The server replays what was missed, in order, or sends ``picture``: the
   whole state, which replaces everything on the screen.
3. Frames with ``seq`` > 0 are reliable: numbered per agent without gaps, kept for replay. The
   browser acknowledges ``{"type": "ack", "seq": n}`` once everything up to n is *painted*, within
   2 s; otherwise the frame is sent again and the supervisors are told. A repeated frame has the
   same ``seq``: drop what is not greater than the last one painted (and acknowledge again).
   ``pop`` is idempotent by ``pop_id`` as well: the same id replaces, never adds.
4. Frames with ``seq`` 0 (hello, strip, board, refused, done, elsewhere, notice) are never
   replayed nor acknowledged: the next one or the picture makes them good. ``draft`` and
   ``answers`` (:mod:`agent_desk.aids`), ``notices`` and ``urgent`` (:mod:`agent_desk.notice_views`)
   as well: after every resume they are sent again.

Times are ISO 8601 with offset; durations are seconds, or milliseconds where the name says so.
``null`` means "not known" or "nothing to divide by", never zero.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from dataclasses import dataclass
from enum import Enum
from typing import ClassVar, Literal, get_args

from agent_desk.aids import Answers, DraftShown
from agent_desk.intake_views import FormTold, Known, form_of
from agent_desk.notice_views import NoticesShown, Urgents
from agent_desk.said import Said
from agent_desk.ticket_views import DueDate
from agent_desk.views import BoardNow, Linkage, PastCall, Seat, StripNow, TicketBrief
from hotline.errors import BadFrame
from hotline.words import AgentId, CallId, Phone, Role, Service, TicketId, TicketType

MAX_FRAME = 64 * 1024
ACK_WITHIN_S = 2.0

# ------------------------------------------------------------------------------ server → browser


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """First frame. ``epoch`` changes when the server was restarted: numbers begin anew."""

    type: ClassVar[str] = "hello"
    epoch: str
    last_seq: int
    now: dt.datetime
    roles: tuple[Role, ...]
    name: str
    agent: AgentId | None
    ack_within_ms: int = int(ACK_WITHIN_S * 1000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who calls. ``number`` in full for the agent who has the call, None when withheld.

    ``earlier_calls`` is None while the ledger is being asked: a pop never waits for a disk. The
    same pop comes again (same ``pop_id``, next ``seq``) once the history is known.
    """

    number: str | None
    masked: str
    withheld: bool
    earlier_calls: int | None
    last: tuple[PastCall, ...]
    tickets: tuple[TicketBrief, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pop:
    """A call on this agent's screen: it rings, or is theirs now (same ``pop_id``: promoted).

    ``since`` is when this stage began; while ringing the next seat is tried after ``ring_s``.
    ``stage`` ``ended`` occurs only inside a picture: the form of a call that is over, unsaved.
    """

    type: ClassVar[str] = "pop"
    pop_id: str
    call: CallId
    stage: Literal["ringing", "talking", "ended"]
    caller: Caller
    queue: str
    waited_s: float | None
    since: dt.datetime
    ring_s: int
    emergency: Linkage | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PopWithdrawn:
    """The call left this screen unanswered; the form, untouched, goes with it."""

    type: ClassVar[str] = "pop-withdrawn"
    pop_id: str
    call: CallId
    why: Literal["no-answer", "answered-elsewhere", "call-gone", "not-reached"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PopEnded:
    """The conversation is over; the form stays until it is saved or left."""

    type: ClassVar[str] = "pop-ended"
    pop_id: str
    call: CallId


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentShown:
    """The agent's own state; ``until`` ends 整理."""

    type: ClassVar[str] = "agent"
    seat: Seat


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """The line at the foot of the desk; at most once a second."""

    type: ClassVar[str] = "strip"
    strip: StripNow


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyShown:
    """The ladder to 110/119/120/122 of a call, whole, after every step."""

    type: ClassVar[str] = "emergency"
    emergency: Linkage


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """The exchange is out of our reach (the telephone goes on), or back."""

    type: ClassVar[str] = "gap"
    open: bool
    since: dt.datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """A ticket of this agent is committed: number and due date may be promised."""

    type: ClassVar[str] = "saved"
    number: TicketId
    ticket_type: TicketType
    call: CallId | None
    due: DueDate
    said: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """What was asked is not done; ``why`` is one Chinese sentence. ``id`` of the act, if any."""

    type: ClassVar[str] = "refused"
    why: str
    id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """An act was accepted; what it changes comes as its own frames."""

    type: ClassVar[str] = "done"
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """This agent opened a newer window, which is the telephone from now on: unregister. The
    server closes this socket with code 4001; do not reconnect by yourself."""

    type: ClassVar[str] = "elsewhere"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A sentence for the supervisors: a desk that does not answer, an agent who asks for help."""

    type: ClassVar[str] = "notice"
    kind: Literal["unacknowledged", "help", "slow-browser"]
    at: dt.datetime
    agent: AgentId
    call: CallId | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """The whole state of one desk; replaces everything. ``seq`` covers all before it."""

    type: ClassVar[str] = "picture"
    seat: Seat | None
    pops: tuple[Pop, ...]
    emergencies: tuple[Linkage, ...]
    strip: StripNow
    gap: Gap
    words: tuple[Said, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """The whole board, at most once a second, with the notices of the last ten minutes."""

    type: ClassVar[str] = "board"
    board: BoardNow
    notices: tuple[Notice, ...]


ToBrowser = (
    Hello
    | Picture
    | Pop
    | PopWithdrawn
    | PopEnded
    | AgentShown
    | Strip
    | EmergencyShown
    | Said
    | DraftShown
    | Answers
    | NoticesShown
    | Urgents
    | Known
    | Gap
    | Saved
    | Refused
    | Done
    | Elsewhere
    | Notice
    | Board
)
"""Everything a browser can be told."""

CLOSE_ELSEWHERE = 4001
CLOSE_LOGGED_OUT = 4003
CLOSE_TOO_SLOW = 4008


def pop_id(call: CallId, agent: AgentId) -> str:
    """One call on one agent's screen has one id, however often it is sent."""
    return f"{call}:{agent}"


def plain(value: object) -> object:
    """Any value of a message as JSON has it. A Phone shows itself masked, always: a number in
    full is put into a message as text by :mod:`agent_desk.shield` alone."""
    match value:
        case Phone():
            return value.masked
        case Enum():
            return value.value
        case dt.datetime():
            return value.isoformat(timespec="milliseconds")
        case dt.date():
            return value.isoformat()
        case tuple() | list():
            return [plain(item) for item in value]
        case dict():
            return {str(key): plain(item) for key, item in value.items()}
        case None | bool() | int() | float() | str():
            return value
        case _ if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
        case _:
            raise TypeError(f"not for the wire: {type(value).__name__}")


def to_json(message: ToBrowser, seq: int = 0) -> str:
    """The frame of a message: ``seq`` and ``type`` first, then its fields."""
    body = plain(message)
    if not isinstance(body, dict):
        raise TypeError("a message is a dataclass")
    return json.dumps(
        {"seq": seq, "type": message.type, **body}, ensure_ascii=False, separators=(",", ":")
    )


# ------------------------------------------------------------------------------ browser → server

ActName = Literal[
    "ready", "pause", "wrap_up_done", "hand_over", "not_an_emergency", "help", "leave"
]
"""``pause`` needs a reason, ``hand_over`` and ``not_an_emergency`` the call, ``hand_over`` the
service; ``help`` calls a supervisor to the seat; ``leave`` closes the form of an ended call
without saving (so that it does not come back with the next picture)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ack:
    """Everything up to ``seq`` is painted."""

    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Resume:
    """What this browser last painted."""

    last_seq: int
    epoch: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Something the agent pressed. ``id`` is the browser's own, answered by done or refused."""

    id: str
    act: ActName
    reason: str = ""
    call: CallId | None = None
    service: Service | None = None


FromBrowser = Ack | Resume | Act | FormTold


def parse(text: str) -> FromBrowser:
    """A frame from a browser; raises BadFrame with a Chinese sentence for what is not one."""
    if len(text.encode("utf-8", "surrogatepass")) > MAX_FRAME:
        raise BadFrame("消息太长，最多 64 KB")
    try:
        frame = json.loads(text)
    except (ValueError, RecursionError):
        raise BadFrame("消息不是 JSON，请刷新页面") from None
    if not isinstance(frame, dict):
        raise BadFrame("消息不是 JSON 对象，请刷新页面")
    match frame.get("type"):
        case "ack":
            _only(frame, {"seq"})
            return Ack(seq=_count(frame, "seq"))
        case "resume":
            _only(frame, {"last_seq", "epoch"})
            return Resume(last_seq=_count(frame, "last_seq"), epoch=_text(frame, "epoch", 64))
        case "act":
            return _act(frame)
        case "form":
            return form_of(frame)
        case _:
            raise BadFrame("不认识的消息类型，请刷新页面")


def _act(frame: dict[str, object]) -> Act:
    _only(frame, {"id", "act", "reason", "call", "service"})
    name = frame.get("act")
    if name not in get_args(ActName):
        raise BadFrame("不认识的操作，请刷新页面")
    call = _text(frame, "call", 64)
    service = _text(frame, "service", 8)
    if service and service not in {s.value for s in Service}:
        raise BadFrame("只能移交 110、119、120、122")
    act = Act(
        id=_text(frame, "id", 64),
        act=name,  # type: ignore[arg-type]  # just checked against the Literal's own members
        reason=_text(frame, "reason", 40),
        call=CallId(call) if call else None,
        service=Service(service) if service else None,
    )
    if not act.id:
        raise BadFrame("操作没有编号，请刷新页面")
    if act.act == "pause" and not act.reason:
        raise BadFrame("请选小休原因")
    if act.act in ("hand_over", "not_an_emergency", "leave") and act.call is None:
        raise BadFrame("没有指明是哪一通电话")
    if act.act == "hand_over" and act.service is None:
        raise BadFrame("请选移交 110、119、120 或 122")
    return act


def _only(frame: dict[str, object], known: set[str]) -> None:
    if set(frame) - known - {"type"}:
        raise BadFrame("消息里有不认识的字段，请刷新页面")


def _count(frame: dict[str, object], key: str) -> int:
    value = frame.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**53:
        raise BadFrame(f"{key} 应是不小于 0 的整数")
    return value


def _text(frame: dict[str, object], key: str, longest: int) -> str:
    value = frame.get(key)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > longest:
        raise BadFrame(f"{key} 应是不超过 {longest} 个字的文字")
    return value

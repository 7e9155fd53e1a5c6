"""A hotline of one small town, kept in memory: every port of the desk, made by hand.

``python -m tests.agent_desk.show`` serves it for looking at.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from zoneinfo import ZoneInfo

from argon2 import PasswordHasher

from agent_desk.aids import Adopted, Evidence
from agent_desk.desk_settings import DeskSettings, HashCost, Trust
from agent_desk.intake_views import Intake
from agent_desk.ports import Account, CallList, DeskPorts, History, Session, Window
from agent_desk.return_views import ReturnCounts, ReturnList, ReturnPage, ReturnRow
from agent_desk.ticket_views import (
    DueDate,
    TicketAct,
    TicketFull,
    TicketPage,
    TicketQuery,
    TicketRow,
    TicketSaved,
    Unit,
)
from agent_desk.views import (
    BoardNow,
    CallCard,
    CallRow,
    CentreCall,
    CentreNow,
    CentreTrunk,
    Check,
    Device,
    Figures,
    Linkage,
    LinkageStep,
    PastCall,
    Person,
    QueueNow,
    Rate,
    Seat,
    StripNow,
    Telephone,
    TicketBrief,
    TrunkMode,
)
from agent_desk.wire import Act
from hotline.errors import NoSuch, NotAllowed
from hotline.words import (
    AgentId,
    AgentState,
    Article,
    CallId,
    Day,
    Draft,
    Outcome,
    Phone,
    ReturnCallId,
    Role,
    Service,
    TicketId,
    TicketType,
    UnitId,
    UserId,
)
from tests.agent_desk.fake_access import FakeAccess
from tests.agent_desk.fake_cities import FakeCities
from tests.agent_desk.fake_directory import FakeDirectory
from tests.agent_desk.fake_files import FakeAsks, FakeAttachments, FakePapers
from tests.agent_desk.fake_follow_ups import FakeFollowUps, FakeReplies
from tests.agent_desk.fake_handlings import FakeHandlings
from tests.agent_desk.fake_intakes import FakeIntakes
from tests.agent_desk.fake_knowledge import FakeKnowledge, FakeNotices
from tests.agent_desk.fake_knowledge_editing import FakeEditing
from tests.agent_desk.fake_knowledge_reading import FakeKnowledgeReading
from tests.agent_desk.fake_learning import FakeLearning
from tests.agent_desk.fake_lists import FakeBulk, FakeViews
from tests.agent_desk.fake_portal import FakePortal
from tests.agent_desk.fake_recordings import FakeRecordings
from tests.agent_desk.fake_supervision import FakeSupervision
from tests.agent_desk.fake_units import FakeUnits, FakeUsers

SHANGHAI = ZoneInfo("Asia/Shanghai")
MORNING = dt.datetime(2026, 9, 28, 10, 42, 16, tzinfo=SHANGHAI)
CALL = CallId("5f0c9a52-0a4e-4a6e-9f1e-6f4a1b0c2d3e")
CALLER = Phone("13800006027")
CHEAP = HashCost(memory_kib=8, passes=1, lanes=1)
"""Passwords hashed for tests alone: the real cost is tested once."""

ARTICLE = Article(
    "肇庆高新区12345热线运行管理办法",
    "第十一条（三）",
    "投诉、举报事项，自收到之日起15个工作日内办理并答复",
)


@dataclass
class Time:
    """A clock one turns by hand: the wall and the stop-watch together."""

    at: dt.datetime = MORNING
    ran: float = 1000.0

    def now(self) -> dt.datetime:
        return self.at

    def monotonic(self) -> float:
        return self.ran

    def passes(self, seconds: float) -> None:
        self.at += dt.timedelta(seconds=seconds)
        self.ran += seconds


def person(
    login: str, name: str, *roles: Role, agent: str | None = None, unit: str | None = None
) -> Person:
    return Person(
        id=UserId(f"u-{login}"),
        login=login,
        name=name,
        roles=frozenset(roles),
        agent=AgentId(agent) if agent else None,
        unit=UnitId(unit) if unit else None,
    )


PEOPLE = {
    Role.AGENT: person("1001", "林晓岚", Role.AGENT, agent="1001"),
    Role.SUPERVISOR: person("b01", "梁国栋", Role.SUPERVISOR),
    Role.EDITOR: person("e01", "谭咏诗", Role.EDITOR),
    Role.OFFICER: person("o01", "黎振邦", Role.OFFICER, unit="cg"),
    Role.MANAGER: person("g01", "陆建平", Role.MANAGER),
    Role.ADMINISTRATOR: person("a01", "黄永健", Role.ADMINISTRATOR),
    Role.AUDITOR: person("s01", "冯雅静", Role.AUDITOR),
}
SECOND_AGENT = person("1002", "古丽巴哈尔·阿不都热依木", Role.AGENT, agent="1002")


class FakeAccounts:
    """Users and sessions in dictionaries."""

    def __init__(self) -> None:
        self.users: dict[UserId, Account] = {}
        self.sessions: dict[str, Session] = {}
        self.failures: list[tuple[str, str, dt.datetime]] = []
        self.touched: list[str] = []
        self.clock = MORNING

    def add(self, who: Person, password_hash: str) -> None:
        self.users[who.id] = Account(person=who, password_hash=password_hash)

    async def by_login(self, login: str) -> Account | None:
        return next((a for a in self.users.values() if a.person.login == login), None)

    async def by_id(self, user: UserId) -> Account | None:
        return self.users.get(user)

    async def people(self) -> Sequence[Person]:
        return sorted((a.person for a in self.users.values()), key=lambda p: p.login)

    async def set_password(
        self, user: UserId, password_hash: str, *, by: UserId, at: dt.datetime
    ) -> None:
        person = replace(self.users[user].person, must_change=by != user)
        self.users[user] = Account(person=person, password_hash=password_hash)
        self._end_sessions(user)

    async def set_disabled(
        self, user: UserId, disabled: bool, *, by: UserId, at: dt.datetime
    ) -> None:
        account = self.users[user]
        self.users[user] = replace(account, person=replace(account.person, disabled=disabled))
        if disabled:
            self._end_sessions(user)

    def _end_sessions(self, user: UserId) -> None:
        self.sessions = {k: s for k, s in self.sessions.items() if s.user != user}

    async def open_session(self, session: Session) -> None:
        self.sessions[session.token_hash] = session

    async def session(self, token_hash: str) -> tuple[Session, Person] | None:
        found = self.sessions.get(token_hash)
        return (found, self.users[found.user].person) if found else None

    async def touch_session(self, token_hash: str, at: dt.datetime) -> None:
        self.touched.append(token_hash)
        self.sessions[token_hash] = replace(self.sessions[token_hash], seen_at=at)

    async def close_session(self, token_hash: str) -> None:
        self.sessions.pop(token_hash, None)

    async def note_failure(self, login: str, address: str) -> None:
        self.failures.append((login, address, self.clock))

    async def failures_since(
        self, moment: dt.datetime, *, login: str | None = None, address: str | None = None
    ) -> int:
        return sum(
            1
            for who, where, at in self.failures
            if at >= moment and login in (None, who) and address in (None, where)
        )

    async def clear_failures(self, login: str) -> None:
        self.failures = [f for f in self.failures if f[0] != login]


_HOLIDAYS = {
    dt.date(2026, 9, 25): "中秋节",
    dt.date(2026, 9, 26): "中秋节",
    dt.date(2026, 9, 27): "中秋节",
} | {dt.date(2026, 10, day): "国庆节" for day in range(1, 8)}
_MADE_UP = {dt.date(2026, 9, 20), dt.date(2026, 10, 10)}


def counted(start: dt.datetime, working_days: int) -> DueDate:
    """Enough of the real counting to look right; the rules themselves are hotline's."""
    day, running = start.astimezone(SHANGHAI).date(), 0
    days = [Day(day, False, "起算当日不计入", None)]
    while running < working_days:
        day += dt.timedelta(days=1)
        why = _HOLIDAYS.get(day, "周末" if day.weekday() >= 5 else "工作日")
        works = why == "工作日"
        if day in _MADE_UP:
            works, why = True, "调休上班（国庆节）"
        running += works
        days.append(Day(day, works, why, running if works else None))
    return DueDate(
        due_at=dt.datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=SHANGHAI),
        start_at=start,
        limit=f"{working_days} 个工作日",
        article=ARTICLE,
        days=working_days,
        derivation=tuple(days),
    )


SILENT = DueDate(due_at=None, searched=("第十条", "第十一条", "第二十五条"))
_LIMITS = {
    TicketType.CONSULT: 2,
    TicketType.HELP: 10,
    TicketType.COMPLAINT: 15,
    TicketType.REPORT: 15,
}

UNITS = (
    Unit(id=UnitId("cg"), name="区城市管理和综合执法局"),
    Unit(id=UnitId("zj"), name="区住房和城乡建设局"),
    Unit(id=UnitId("sc"), name="区市场监督管理局"),
)


class FakeTickets:
    """Tickets in a list. 意见建议 has no limit in this town."""

    def __init__(self) -> None:
        self.saved: dict[str, TicketSaved] = {}
        self.drafts: list[Draft] = []
        self.adopted: list[tuple[Adopted, ...]] = []
        self.intakes: list[Intake] = []
        self.full: dict[TicketId, TicketFull] = {}
        self.fault: Exception | None = None

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
        if self.fault is not None:
            raise self.fault
        if key in self.saved:
            return self.saved[key]
        self.drafts.append(draft)
        self.adopted.append(tuple(adopted))
        self.intakes.append(intake or Intake())
        number = TicketId(f"20260928-{len(self.full) + 1:06}")
        due = await self.due(draft.type, at)
        self.full[number] = TicketFull(
            number=number,
            type=draft.type,
            status="已登记",
            summary=draft.summary,
            category=draft.category,
            address=draft.address,
            happened=draft.happened,
            contact=draft.contact,
            phone=Phone(draft.phone),
            confidential=draft.confidential,
            unit_name=next((u.name for u in UNITS if u.id == draft.unit), ""),
            unit=draft.unit,
            opened_at=at,
            due=due,
            call=call,
            by=by.id,
            by_name=f"{by.name} {by.agent or by.login}",
            policy_version="zhaoqing 2023-09-13",
            evidence=tuple(evidence),
            acts=(TicketAct(at=at, what="登记", who=by.name, body="12345 热线"),),
        )
        said = f"已并入{intake.to}" if intake and intake.how == "join" else ""
        self.saved[key] = TicketSaved(number=number, type=draft.type, due=due, said=said)
        return self.saved[key]

    async def due(self, type: TicketType, at: dt.datetime) -> DueDate:
        return counted(at, _LIMITS[type]) if type in _LIMITS else SILENT

    async def page(self, query: TicketQuery, at: dt.datetime) -> TicketPage:
        rows = [
            TicketRow(
                number=t.number,
                type=t.type,
                summary=t.summary.splitlines()[0],
                unit_name=t.unit_name,
                status=t.status,
                opened_at=t.opened_at,
                due_at=t.due.due_at,
                by=t.by,
                provisional=t.due.provisional,
                confidential=t.confidential,
            )
            for t in self.full.values()
            if query.type in (None, t.type)
            and query.number in t.number
            and query.phone in (None, t.phone)
            and query.status in ("", t.status)
            and query.unit in (None, t.unit)
            and query.scope in (None, t.unit)
            and query.words in t.summary
            and t.phone.digits.endswith(query.phone_end)
            and (not query.no_limit or t.due.due_at is None)
            and (not query.overdue or (t.due.due_at is not None and t.due.due_at < at))
        ]
        rows.sort(key=lambda r: (r.due_at is not None, r.due_at or at, r.number))
        start = (query.page - 1) * query.page_size
        return TicketPage(
            rows=tuple(rows[start : start + query.page_size]),
            total=len(rows),
            no_limit=sum(t.due.due_at is None for t in self.full.values()),
            overdue=sum(bool(t.due.due_at and t.due.due_at < at) for t in self.full.values()),
        )

    async def one(self, number: TicketId) -> TicketFull:
        if number not in self.full:
            raise NoSuch("工单", number)
        return self.full[number]

    async def units(self) -> Sequence[Unit]:
        return UNITS

    async def categories(self) -> Sequence[str]:
        return ("噪声扰民 / 建筑施工噪声", "城市管理 / 占道经营", "物业 / 电梯")

    async def statuses(self) -> Sequence[str]:
        return ("已登记", "办理中", "已办结")


def linkage(call: CallId = CALL, *, linked: bool = True) -> Linkage:
    """9-2: the first trunk busy, the second answers."""

    def step(phase: str, ms: int | None, trunk: int | None = None, status: str = "") -> LinkageStep:
        return LinkageStep(
            at=MORNING + dt.timedelta(milliseconds=ms or 0),
            phase=phase,  # type: ignore[arg-type]
            service=Service.FIRE,
            trunk=trunk,
            status=status,
            elapsed_ms=ms,
        )

    steps = [step("chosen", None), step("trying", 0, 1), step("failed", 310, 1, "BUSY")]
    steps += [step("trying", 330, 2), step("ringing", 520, 2)]
    if linked:
        steps.append(step("answered", 3860, 2))
    return Linkage(
        call=call,
        service=Service.FIRE,
        phase=steps[-1].phase,
        trunk=2,
        status="",
        reason="key",
        elapsed_ms=steps[-1].elapsed_ms,
        started_at=MORNING,
        ended_at=None,
        linked=linked,
        agent=None,
        steps=tuple(steps),
    )


class FakeCalls:
    """The ledger of calls."""

    def __init__(self) -> None:
        self.known: dict[str, History] = {
            CALLER.digits: History(
                earlier_calls=3,
                last=(
                    PastCall(
                        call=CallId("earlier"),
                        at=MORNING - dt.timedelta(days=7),
                        outcome=Outcome.ANSWERED,
                        talk_s=112.0,
                    ),
                ),
                tickets=(
                    TicketBrief(
                        number=TicketId("20260921-000117"),
                        at=MORNING - dt.timedelta(days=7),
                        type=TicketType.COMPLAINT,
                        status="办理中",
                        summary="恒裕花园南侧在建工地夜间连续打桩，影响休息",
                        due_at=MORNING + dt.timedelta(days=21),
                    ),
                ),
            )
        }
        self.records: dict[CallId, Linkage] = {}
        self.rows: tuple[CallRow, ...] = ()
        self.fault: Exception | None = None

    async def history(self, caller: Phone, *, but: CallId) -> History:
        if self.fault is not None:
            raise self.fault
        return self.known.get(caller.digits, History(earlier_calls=0))

    async def calls(self, which: CallList, window: Window, limit: int) -> Sequence[CallRow]:
        lost = (Outcome.ABANDONED, Outcome.TIMED_OUT, Outcome.TURNED_AWAY)
        wanted = {"lost": lost, "answered": (Outcome.ANSWERED,), "abandoned": lost[:1]}
        rows = self.rows
        if which in wanted:
            rows = tuple(r for r in rows if r.outcome in wanted[which])
        return rows[:limit]

    async def linkages(self, limit: int) -> Sequence[Linkage]:
        return tuple(self.records.values())[:limit]

    async def linkage(self, call: CallId) -> Linkage:
        if call not in self.records:
            raise NoSuch("联动记录", call)
        return self.records[call]


STRIP = StripNow(
    waiting=6,
    longest_wait_s=84.0,
    talking=8,
    ready=1,
    wrap_up=2,
    paused=1,
    offered_today=412,
    loss_rate=16 / 412,
    connect_rate_24h=1204 / 1257,
)


class FakeLive:
    """What is live now, set by the test."""

    def __init__(self) -> None:
        self.now_strip = STRIP
        self.now_seats: dict[AgentId, Seat] = {
            who.agent: Seat(
                agent=who.agent,
                name=who.name,
                state=AgentState.READY,
                since=MORNING,
                devices=(Device(name=f"{who.agent}-web", reachable=True),),
                answered_today=41,
            )
            for who in (PEOPLE[Role.AGENT], SECOND_AGENT)
            if who.agent
        }
        self.ringing: dict[tuple[CallId, AgentId], CallCard] = {}
        self.records: dict[CallId, Linkage] = {}
        self.gap: dt.datetime | None = None

    def rings(
        self, call: CallId, agent: AgentId, caller: Phone = CALLER, stage: str = "ringing"
    ) -> CallCard:
        card = CallCard(
            call=call,
            agent=agent,
            stage=stage,  # type: ignore[arg-type]
            caller=caller,
            queue="综合",
            waited_s=38.0,
            since=MORNING,
            ring_s=20,
        )
        self.ringing[call, agent] = card
        return card

    def strip(self) -> StripNow:
        return self.now_strip

    def seat(self, agent: AgentId) -> Seat | None:
        return self.now_seats.get(agent)

    def seats(self) -> Sequence[Seat]:
        return tuple(self.now_seats.values())

    def card(self, call: CallId, agent: AgentId) -> CallCard | None:
        return self.ringing.get((call, agent))

    def cards(self, agent: AgentId) -> Sequence[CallCard]:
        return tuple(c for (_, who), c in self.ringing.items() if who == agent)

    def linkage(self, call: CallId) -> Linkage | None:
        return self.records.get(call)

    def gap_since(self) -> dt.datetime | None:
        return self.gap


def rate(numerator: int, denominator: int, formula: str, standard: float | None = None) -> Rate:
    value = numerator / denominator if denominator else None
    breach = value is not None and standard is not None and value < standard
    return Rate(
        value=value,
        numerator=numerator,
        denominator=denominator,
        formula=formula,
        standard=standard,
        breach=breach,
    )


def figures(offered: int = 412, lost: int = 16) -> Figures:
    answered = offered - lost
    return Figures(
        offered=offered,
        answered=answered,
        lost=lost,
        abandoned=lost,
        timed_out=0,
        turned_away=0,
        greeting_hang_up=6,
        emergency=3,
        loss_rate=rate(lost, offered, "呼损率 = 呼损 ÷ 进线"),
        connect_rate=rate(answered, offered, "接通率 = 接通 ÷ 进线", 0.95),
        within_15s_rate=rate(answered - 25, offered, "15 秒接通率 = 15 秒内接通 ÷ 进线"),
    )


class FakeBoard:
    """The numbers of one morning."""

    def __init__(self, live: FakeLive) -> None:
        self._live = live
        self.asked = 0

    async def board(self) -> BoardNow:
        self.asked += 1
        return BoardNow(
            at=MORNING,
            strip=self._live.strip(),
            today=figures(),
            day=figures(1257, 53),
            seats=tuple(self._live.seats()),
            queues=(
                QueueNow(name="hotline", title="综合", waiting=6, longest_wait_s=84.0, ready=1),
                QueueNow(
                    name="hotline-emergency", title="紧急", waiting=0, longest_wait_s=None, ready=1
                ),
            ),
            lost_calls=(),
            emergencies=tuple(self._live.records.values()),
            gap_since=self._live.gap,
        )


class FakeActs:
    """Remembers what was pressed; refuses when told to."""

    def __init__(self) -> None:
        self.asked: list[tuple[AgentId, UserId, Act]] = []
        self.fault: Exception | None = None

    async def ask(self, agent: AgentId, by: Person, act: Act) -> None:
        if self.fault is not None:
            raise self.fault
        self.asked.append((agent, by.id, act))


@dataclass(slots=True)
class FakeTicketCalls:
    """Implements TicketCalls; ``why`` nobody can dial."""

    why: str = ""
    dialled: list[tuple[str, ...]] = field(default_factory=list)

    async def hindrance(self, ticket: TicketId, who: Person) -> str:
        return self.why or ("" if who.agent else "您没有席位，不能从这里拨打。")

    async def dial(
        self, ticket: TicketId, who: Person, *, reason: str, words: str, at: dt.datetime
    ) -> None:
        if who.agent is None:
            raise NotAllowed(f"{who.name}没有席位，", "拨打")
        self.dialled.append((ticket, who.id, reason, words))


class FakeReturnCalls:
    """Whom to call back."""

    def __init__(self) -> None:
        self.tickets = FakeTicketCalls()
        self.rows: list[ReturnRow] = []
        self.asked: list[tuple[str, ...]] = []
        self.fault: Exception | None = None

    async def page(self, which: ReturnList, number: int, size: int = 50) -> ReturnPage:
        closed = [row for row in self.rows if row.state == "closed"]
        open_ = [row for row in self.rows if row.state != "closed"]
        found = {"open": open_, "today": self.rows, "closed": closed}[which]
        counts = ReturnCounts(
            open=len(open_),
            emergencies=sum(bool(row.urgent) for row in open_),
            today=len(self.rows),
            closed=len(closed),
        )
        rows = tuple(found[(number - 1) * size : number * size])
        return ReturnPage(rows=rows, counts=counts, total=len(found), size=size)

    async def dial(self, task: ReturnCallId, by: Person) -> None:
        if by.agent is None:
            raise NotAllowed(f"{by.name}没有席位，", "回拨")
        if self.fault is not None:
            raise self.fault
        self.asked.append((task, by.id))

    async def dismiss(self, task: ReturnCallId, reason: str, by: Person) -> None:
        if self.fault is not None:
            raise self.fault
        self.asked.append((task, reason, by.id))


class FakeTelephones:
    """SIP accounts."""

    async def of(self, agent: AgentId) -> Telephone:
        return Telephone(
            uri=f"sip:{agent}-web@127.0.0.1",
            password="sip-secret",
            ws_url="ws://127.0.0.1:8088/ws",
            endpoint=f"{agent}-web",
        )


class FakeCentre:
    """The stand-in centre."""

    def __init__(self) -> None:
        self.modes: dict[int, TrunkMode] = {1: "busy", 2: "answer"}

    async def now(self) -> CentreNow:
        return CentreNow(
            stand_in=True,
            reachable=True,
            trunks=tuple(
                CentreTrunk(number=n, mode=m, address=f"127.0.0.3:5{n}60")
                for n, m in self.modes.items()
            ),
            calls=(
                CentreCall(
                    at=MORNING,
                    service="119",
                    caller=CALLER,
                    trunk=2,
                    what="接听",
                    answered_after_ms=3500,
                ),
            ),
        )

    async def set_mode(self, trunk: int, mode: TrunkMode, *, by: Person) -> None:
        if trunk not in self.modes:
            raise NoSuch("中继", str(trunk))
        self.modes[trunk] = mode


class FakeDoctor:
    """The health of the house."""

    def __init__(self) -> None:
        self.lines: tuple[Check, ...] = (
            Check(part="交换机连接", state="ok", now="已连接，0.2 秒前有消息"),
            Check(
                part="119 第 1 中继", state="fault", now="连续 3 次忙", do="请联系运营商", life=True
            ),
            Check(part="2027 年日历", state="warn", now="放假通知未发布", do="发布后导入"),
            Check(part="数据库", state="ok", now="SQLite，已同步写入", asked=True),
        )
        self.examined = 0

    async def checks(self) -> Sequence[Check]:
        return self.lines

    async def examine(self) -> None:
        self.examined += 1
        self.lines = tuple(replace(one, at=MORNING) if one.asked else one for one in self.lines)


@dataclass
class Town:
    """Everything together."""

    time: Time = field(default_factory=Time)
    accounts: FakeAccounts = field(default_factory=FakeAccounts)
    tickets: FakeTickets = field(default_factory=FakeTickets)
    calls: FakeCalls = field(default_factory=FakeCalls)
    recordings: FakeRecordings = field(default_factory=FakeRecordings)
    handlings: FakeHandlings = field(default_factory=FakeHandlings)
    views: FakeViews = field(default_factory=FakeViews)
    bulk: FakeBulk = field(default_factory=FakeBulk)
    intakes: FakeIntakes = field(default_factory=FakeIntakes)
    directory: FakeDirectory = field(default_factory=FakeDirectory)
    attachments: FakeAttachments = field(default_factory=FakeAttachments)
    papers: FakePapers = field(default_factory=FakePapers)
    asks: FakeAsks = field(default_factory=FakeAsks)
    supervision: FakeSupervision = field(default_factory=FakeSupervision)
    return_calls: FakeReturnCalls = field(default_factory=FakeReturnCalls)
    live: FakeLive = field(default_factory=FakeLive)
    acts: FakeActs = field(default_factory=FakeActs)
    centre: FakeCentre = field(default_factory=FakeCentre)
    doctor: FakeDoctor = field(default_factory=FakeDoctor)

    def __post_init__(self) -> None:
        self.board = FakeBoard(self.live)
        self.access = FakeAccess(self.time.now)
        self.portal = FakePortal()
        self.units = FakeUnits()
        self.users = FakeUsers(self.accounts)
        self.knowledge = FakeKnowledge()
        self.reading = FakeKnowledgeReading(self.knowledge)
        self.editing = FakeEditing()
        self.learning = FakeLearning()
        self.notices = FakeNotices(self.time.now)
        self.follow_ups = FakeFollowUps()
        self.replies = FakeReplies()

    async def people_move_in(self) -> None:
        """Everybody with their password, see :func:`password_of`."""
        for who in (*PEOPLE.values(), SECOND_AGENT):
            self.accounts.add(who, _hashed(password_of(who)))

    def ports(self) -> DeskPorts:
        return DeskPorts(
            accounts=self.accounts,
            tickets=self.tickets,
            handlings=self.handlings,
            views=self.views,
            bulk=self.bulk,
            intakes=self.intakes,
            access=self.access,
            portal=self.portal,
            unit_book=self.units,
            user_book=self.users,
            directory=self.directory,
            attachments=self.attachments,
            papers=self.papers,
            asks=self.asks,
            supervision=self.supervision,
            cities=FakeCities(),
            knowledge=self.knowledge,
            knowledge_reading=self.reading,
            knowledge_work=self.knowledge.work,
            knowledge_editing=self.editing,
            knowledge_door=self.knowledge.door,
            learning=self.learning,
            notices=self.notices,
            calls=self.calls,
            return_calls=self.return_calls,
            follow_ups=self.follow_ups,
            replies=self.replies,
            recordings=self.recordings,
            live=self.live,
            board=self.board,
            acts=self.acts,
            telephones=FakeTelephones(),
            centre=self.centre,
            doctor=self.doctor,
            now=self.time.now,
            monotonic=self.time.monotonic,
        )


@cache
def _hashed(password: str) -> str:
    hasher = PasswordHasher(CHEAP.passes, CHEAP.memory_kib, CHEAP.lanes)
    return hasher.hash(password)


def password_of(who: Person) -> str:
    return f"correct horse {who.login}"


ORIGIN = "http://127.0.0.1:8000"
TRUST = Trust(
    b"-----BEGIN CERTIFICATE-----\nno certificate at all\n-----END CERTIFICATE-----\n",
    ":".join(f"{number:02X}" for number in range(160, 192)),
)


def settings(origin: str = ORIGIN, **changed: object) -> DeskSettings:
    given: dict[str, object] = {
        "city_name": "肇庆高新区",
        "demo": True,
        "origins": (origin,),
        "telephone_ws": ("ws://127.0.0.1:8088",),
        "trust": TRUST,
        "version": "0.1.0",
        "hash_cost": CHEAP,
    }
    return DeskSettings(**(given | changed))  # type: ignore[arg-type]

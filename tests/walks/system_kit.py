"""A whole system for a walk: `./jiesu up` as a process of its own on a DATA and ports of its own.

    async with running_system() as system:
        async with system.seat("1001") as seat, system.citizen() as citizen:
            call = await citizen.call("12345")

Ended by pid; whatever of it is left running afterwards fails the test.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import itertools
import json
import os
import shutil
import signal
import ssl
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin

from hotline.facts import Fact
from hotline.words import CallId, Phone
from ivr import sound
from ivr.telephone import Answer, Call, Manner, Setup, Telephone, open_telephone
from ledger.book import BookedCall
from ledger.store import Ledger, open_ledger
from switchboard.centre_socket import ask_centre
from switchboard.demonstration import read_log_ins
from switchboard.exchange_plan import CITIZEN_HOST
from switchboard.processes import Process, gone
from switchboard.running import Place, read_state
from switchboard.secrets_file import load_secrets
from switchboard.settings import ROOT
from switchboard.versions import CODE_VERSION
from tests.walks.relay import Relay

ACCESS: Final = "12345"
GREETING_HZ: Final = 620.0
"""The greeting of a walk is a second of this tone, put where a studio's recording would lie."""
SITE: Final = """\
[queue]
timeout_s = 12
ring_s = 4
max_waiting = 3
wrap_up_s = 1
"""
T = TypeVar("T")
_numbers = itertools.count(13900000001 + os.getpid() % 1000 * 10_000)


@dataclass(frozen=True, slots=True)
class LogRow:
    """One line of queue_log."""

    epoch: int
    call: str
    event: str
    details: tuple[str, ...]


@dataclass(slots=True)
class System:
    """A running system and the telephones around it."""

    data: Path
    foreman: asyncio.subprocess.Process
    ledger: Ledger
    web: httpx.AsyncClient
    secrets: Mapping[str, str]

    @property
    def places(self) -> Mapping[str, Place]:
        """Ports and addresses, as `up` published them."""
        state = read_state(self.data / "run")
        assert state is not None
        return state.places

    def child(self, name: str) -> Process:
        """centre, asterisk or server, as it runs now."""
        state = read_state(self.data / "run")
        assert state is not None
        return state.children[name]

    @property
    def sip(self) -> tuple[str, int]:
        return str(self.places["sip_host"]), int(self.places["sip_port"])

    @property
    def registrar(self) -> tuple[str, int]:
        return str(self.places["seat_host"]), int(self.places["sip_port"])

    # ---- telephones -----------------------------------------------------------------------------
    @asynccontextmanager
    async def citizen(self, number: str = "") -> AsyncIterator[Telephone]:
        """A citizen's telephone; a number of its own unless one is given."""
        setup = Setup(number or str(next(_numbers)), server=self.sip, bind=(CITIZEN_HOST, 0))
        telephone = await open_telephone(setup)
        try:
            yield telephone
        finally:
            await telephone.hang_up_all()
            await telephone.close()

    @asynccontextmanager
    async def seat(self, number: str, manner: Manner | None = None) -> AsyncIterator[Telephone]:
        """An agent's telephone: registered, ready, and gone again afterwards."""
        server = self.registrar
        setup = Setup(number, self.secrets[number], server=server, bind=(server[0], 0))
        telephone = await open_telephone(setup, manner or Answer())
        try:
            await telephone.register()
            await self._ready(telephone)
            yield telephone
        finally:
            await telephone.hang_up_all()
            with contextlib.suppress(Exception):
                await telephone.unregister()
            await telephone.close()
            await self.seat_is(number, "offline")

    async def _ready(self, telephone: Telephone) -> None:
        """Take away the pause that an unanswered ring of an earlier walk left."""
        number = telephone.setup.user
        state = await self.seat_is(number, "ready", "paused")
        if state == "paused":
            await press_ready(telephone)
            await self.seat_is(number, "ready")

    async def seat_is(self, number: str, *states: str, within: float = 60.0) -> str:
        """Wait until the board shows a seat in one of these states; which one it is."""

        async def look() -> str | None:
            with contextlib.suppress(httpx.HTTPError):  # the Jiesu process may be starting
                return await seen()
            return None

        async def seen() -> str | None:
            seats = (await self.board())["seats"]
            state = next(one["state"] for one in seats if one["agent"] == number)
            return str(state) if state in states else None

        return await eventually(look, within, f"seat {number} is {'/'.join(states)}")

    async def waiting_are(self, count: int, within: float = 60.0) -> None:
        """Wait until the board shows so many waiting callers."""

        async def look() -> bool:
            return bool((await self.board())["strip"]["waiting"] == count)

        await eventually(look, within, f"{count} callers wait")

    # ---- the emergency centre -------------------------------------------------------------------
    async def centre(self, **message: Any) -> dict[str, Any]:
        """Tell the stand-in centre something: ``do="set", trunk=1, mode="dead"``."""
        return await ask_centre(self.data, message)

    @asynccontextmanager
    async def trunks(
        self, first: str = "answering", second: str = "answering"
    ) -> AsyncIterator[None]:
        """Both trunks in these moods for a while."""
        try:
            await self._trunks(first, second)
            yield
        finally:
            await self._trunks("answering", "answering")

    async def _trunks(self, *modes: str) -> None:
        for trunk, mode in enumerate(modes, start=1):
            await self.centre(do="set", trunk=trunk, mode=mode)
            # Qualified every two seconds: a walk begins when Asterisk knows, as a day would.
            await self._qualified(trunk, reachable=mode != "dead")

    async def _qualified(self, trunk: int, *, reachable: bool) -> None:
        async def look() -> bool:
            shown = await self.console(f"pjsip show aor emergency-{trunk}")
            lines = [line for line in shown.splitlines() if "Contact:" in line and "sip:" in line]
            return any(("Avail" in line) == reachable for line in lines)

        await eventually(look, 60.0, f"trunk {trunk} reachable: {reachable}")

    async def centre_call(
        self, call: CallId, trunk: int = 1, within: float = 60.0, *, answered: bool = True
    ) -> dict[str, Any]:
        """The call the centre had on a trunk for one of ours, once it has answered."""

        async def look() -> dict[str, Any] | None:
            calls = (await self.centre(do="list"))["calls"]
            ours = (one for one in calls if one["call"] == call and one["trunk"] == trunk)
            row = next(ours, None)
            return row if row and (row["answered_at"] or not answered) else None

        return await eventually(look, within, f"the centre has the call on trunk {trunk}")

    async def console(self, command: str) -> str:
        """The answer of Asterisk's own console."""
        path = self.data / "asterisk" / "run" / "ctl"
        async with asyncio.timeout(60):
            reader, writer = await asyncio.open_unix_connection(str(path))
            writer.write(b"cli quit after " + command.encode() + b"\0")
            await writer.drain()
            answer = await reader.read(-1)
            writer.close()
        return answer.decode("utf-8", "replace")

    # ---- what was written down ------------------------------------------------------------------
    async def call_id(self, call: Call, within: float = 60.0) -> CallId:
        """The hotline's own id of a citizen's call, found by SIP's Call-ID in queue_log."""

        async def look() -> CallId | None:
            rows = [row for row in self.queue_log() if row.event == "HOTLINE_ARRIVED"]
            return next((CallId(r.call) for r in rows if call.id in r.details), None)

        return await eventually(look, within, "the call is in queue_log")

    def queue_log(self, call: str = "") -> list[LogRow]:
        """The rows of queue_log, of one call or all."""
        rows = []
        path = self.data / "asterisk" / "log" / "queue_log"
        for line in path.read_text("utf-8").splitlines():
            epoch, id_, _queue, _agent, event, *details = line.split("|")
            if call in {"", id_}:
                rows.append(LogRow(int(epoch), id_, event, tuple(details)))
        return rows

    async def booked(self, call: CallId, within: float = 60.0) -> BookedCall:
        """The call in the ledger, once it is over."""
        what = "the ledger has the call"
        return await eventually(lambda: self.ledger.book.call(call), within, what)

    async def facts(self, call: CallId) -> list[Fact]:
        """The journal's facts of a call, in order."""
        return [one.fact for one in await self.ledger.book.facts_of(call)]  # type: ignore[misc]

    async def story(self, call: CallId) -> list[str]:
        """The names of the facts of a call, in order."""
        return [type(fact).__name__ for fact in await self.facts(call)]

    # ---- what people see ------------------------------------------------------------------------
    async def _log_in(self, web: httpx.AsyncClient, login: str) -> None:
        passwords = {one[0]: one[1] for one in read_log_ins(self.data / "users.txt")}
        form = {"login": login, "password": passwords[login]}
        origin = str(self.places["web"])
        answer = await web.post("/login", data=form, headers={"origin": origin})
        assert answer.status_code == 303, answer.text

    async def board(self) -> dict[str, Any]:
        """The supervisor's board as its page gets it."""
        if not self.web.cookies:
            await self._log_in(self.web, "banzhang")
        answer = await self.web.get("/api/board")
        assert answer.status_code == 200, answer.text
        board: dict[str, Any] = answer.json()["board"]
        return board

    async def figures(self) -> dict[str, Any]:
        """Today's numbers on the board."""
        today: dict[str, Any] = (await self.board())["today"]
        return today

    async def counted(self, before: Mapping[str, Any], within: float = 60.0, **more: int) -> None:
        """Wait until today's numbers grew by exactly so much, and by nothing else."""
        names = (
            "offered",
            "answered",
            "lost",
            "abandoned",
            "timed_out",
            "turned_away",
            "greeting_hang_up",
            "emergency",
        )

        end = asyncio.get_running_loop().time() + within
        wanted = {name: more.get(name, 0) for name in names}
        while True:
            now = await self.figures()
            grown = {name: now[name] - before[name] for name in names}
            if grown == wanted:
                return
            assert asyncio.get_running_loop().time() < end, f"counted {grown}, wanted {wanted}"
            await asyncio.sleep(0.1)

    @asynccontextmanager
    async def desk(self, number: str) -> AsyncIterator[Desk]:
        """An agent's page, without its telephone: the socket it acts by."""
        async with httpx.AsyncClient(base_url=self.web.base_url, trust_env=False) as web:
            await self._log_in(web, number)
            cookie = "; ".join(f"{name}={value}" for name, value in web.cookies.items())
        origin = str(self.places["web"])
        async with connect(
            f"{origin.replace('http', 'ws', 1)}/desk/socket",
            additional_headers={"cookie": cookie},
            origin=Origin(origin),
            proxy=None,
        ) as socket:
            await socket.send(json.dumps({"type": "resume", "last_seq": 0, "epoch": ""}))
            yield Desk(socket)

    # ---- faults ---------------------------------------------------------------------------------
    @contextmanager
    def foreman_asleep(self) -> Iterator[None]:
        """Nothing that dies is started again meanwhile."""
        self.foreman.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.foreman.send_signal(signal.SIGCONT)

    async def kill(self, name: str) -> None:
        """kill -9 a child and wait until it is gone."""
        one = self.child(name)
        assert one.alive()
        os.kill(one.pid, signal.SIGKILL)
        await gone(one)

    async def answers(self, within: float = 60.0) -> None:
        """Wait until the Jiesu process answers at all."""

        async def look() -> bool:
            try:
                return (await self.web.get("/healthz")).status_code == 200
            except httpx.HTTPError:
                return False

        await eventually(look, within, "the Jiesu process answers", 0.05)

    @asynccontextmanager
    async def server_behind(self, relay: Relay) -> AsyncIterator[None]:
        """The Jiesu process run by this test instead of the foreman, its AMI link through a relay.

        Afterwards the foreman starts its own again.
        """
        file = self.data / "run" / "state.json"
        with self.foreman_asleep():
            await self.kill("server")
            state = json.loads(file.read_text("utf-8"))
            state["places"]["ami_port"] = relay.own_port
            file.write_text(json.dumps(state), "utf-8")
            server = await _serve(self.data)
            try:
                await self.answers()
                await self.follows()
                yield
            finally:
                server.terminate()
                await server.wait()
                state["places"]["ami_port"] = relay.port
                file.write_text(json.dumps(state), "utf-8")
        await self.answers()
        await self.follows()

    async def restored(self, name: str, before: Process, within: float = 60.0) -> None:
        """Wait until the foreman has a new child of that name and the system takes calls."""

        async def look() -> bool:
            return self.child(name) != before and self.child(name).alive()

        await eventually(look, within, f"{name} runs again")
        await self.follows(within)

    async def follows(self, within: float = 60.0) -> None:
        """Wait until the Jiesu process answers and hears the exchange."""

        async def look() -> bool:
            try:
                return (await self.board())["gap_since"] is None
            except httpx.HTTPError:
                return False

        await eventually(look, within, "the exchange is followed")


@dataclass(frozen=True, slots=True)
class Desk:
    """What an agent's page says and hears."""

    socket: ClientConnection

    async def act(self, act: str, **more: str) -> dict[str, Any]:
        """Press something; the done or refused that answers it."""
        id_ = f"walk-{next(_numbers)}"
        await self.socket.send(json.dumps({"type": "act", "id": id_, "act": act, **more}))
        async with asyncio.timeout(60):
            while True:
                frame: dict[str, Any] = json.loads(await self.socket.recv())
                if frame.get("id") == id_:
                    return frame


async def press_ready(telephone: Telephone) -> None:
    """Dial the code of a seat that wants calls again."""
    await _dial_code(telephone, "*1")


async def press_pause(telephone: Telephone) -> None:
    """Dial the code of a seat that wants no calls for a while."""
    await _dial_code(telephone, "*0")


async def _dial_code(telephone: Telephone, code: str) -> None:
    call = await telephone.call(code)
    await call.answered()
    await call.ended(60)


async def eventually(
    look: Callable[[], Awaitable[T | None]], within: float, what: str, every: float = 0.1
) -> T:
    """What ``look`` finds, as soon as it is something; AssertionError saying what did not come."""
    end = asyncio.get_running_loop().time() + within
    while True:
        found = await look()
        if found:
            return found
        assert asyncio.get_running_loop().time() < end, f"not within {within} s: {what}"
        await asyncio.sleep(every)


# ------------------------------------------------------------------------------------- start, stop


@asynccontextmanager
async def running_system(
    site: str = SITE,
    *,
    whole_greeting: bool = False,
    options: Sequence[str] = (),
    lay_out: Callable[[Path], None] | None = None,
    program: Sequence[str] = ("switchboard.cli",),
) -> AsyncIterator[System]:
    """`./jiesu up` with these options until calls can be taken; everything of it is gone
    afterwards. ``lay_out`` puts something into the empty DATA in place of ``site``; ``program`` is
    the module that is run, and what it is told before ``up``."""
    top = Path(tempfile.mkdtemp(prefix="jiesu-w-"))
    top.chmod(0o755)  # as root, Asterisk is nobody and has to pass through
    data = top / "d"
    data.mkdir(mode=0o700)
    if lay_out is not None:
        await asyncio.to_thread(lay_out, data)
    else:
        (data / "site.toml").write_text(site, "utf-8")
    if not whole_greeting and lay_out is None:
        sound.write_wav(data / "sounds" / "greeting-zhaoqing.wav", sound.tone(GREETING_HZ, 1.0))
    log = top / "up.log"
    foreman = await _start(data, log, program, *options)
    try:
        await _ready(foreman, data, log)
        async with _opened(data, foreman) as system:
            await system.follows()
            yield system
    finally:
        await _stop(foreman)
        left = still_running(data)
        _keep_logs(top)
        shutil.rmtree(top, ignore_errors=True)
        assert not left, f"still running: {left}"


async def _start(
    data: Path, log: Path, program: Sequence[str], *options: str
) -> asyncio.subprocess.Process:
    with log.open("ab") as out:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",
            "-m",
            *program,
            "up",
            "--data",
            str(data),
            *options,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )


async def _serve(data: Path) -> asyncio.subprocess.Process:
    with (data / "log" / "server.log").open("ab") as out:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "switchboard.serve", "--data", str(data)),
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=out,
            stderr=out,
        )


async def _ready(foreman: asyncio.subprocess.Process, data: Path, log: Path) -> None:
    async def look() -> bool:
        assert foreman.returncode is None, log.read_text("utf-8")
        return "可以接电话" in log.read_text("utf-8")

    await eventually(look, 240.0, "up is ready", 0.2)


@asynccontextmanager
async def _opened(data: Path, foreman: asyncio.subprocess.Process) -> AsyncIterator[System]:
    secrets = load_secrets(data / "secrets.json")
    state = read_state(data / "run")
    assert state is not None
    async with (
        httpx.AsyncClient(
            base_url=str(state.places["web"]), trust_env=False, verify=_trusting(data)
        ) as web,
        open_ledger(
            f"sqlite+aiosqlite:///{data / 'jiesu.db'}",
            field_key=secrets.field_key,
            clock=lambda: dt.datetime.now(dt.UTC),
            code_version=CODE_VERSION,
            city=(data / "city").read_text("utf-8").strip(),
        ) as ledger,
    ):
        yield System(data, foreman, ledger, web, secrets.sip)


def _trusting(data: Path) -> ssl.SSLContext:
    """What a seat trusts once it has taken the system's own CA, and nothing else."""
    ca = data / "tls" / "ca.crt"
    return ssl.create_default_context(cafile=ca if ca.exists() else None)


async def _stop(foreman: asyncio.subprocess.Process) -> None:
    if foreman.returncode is not None:
        return
    foreman.send_signal(signal.SIGCONT)
    foreman.send_signal(signal.SIGINT)
    try:
        async with asyncio.timeout(60):
            await foreman.wait()
    except TimeoutError:
        foreman.kill()
        await foreman.wait()
        raise


def still_running(data: Path) -> list[str]:
    """Processes whose command line names this DATA."""
    mark = str(data).encode()
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            line = path.read_bytes()
            if mark in line:
                found.append(line.replace(b"\0", b" ").decode("utf-8", "replace"))
    return found


def _keep_logs(top: Path) -> None:
    """Where CI looks after a failure; the last run only."""
    wanted = os.environ.get("JIESU_WALK_LOGS")
    if wanted:
        for source in (
            top / "up.log",
            top / "d" / "jiesu.db",
            top / "d" / "log",
            top / "d" / "asterisk" / "log",
        ):
            target = Path(wanted) / source.name
            if source.is_dir():
                shutil.copytree(source, target, dirs_exist_ok=True)
            elif source.is_file():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, target)


def phone(number: str) -> Phone:
    """A citizen's number as the house writes it."""
    return Phone.parse(number)


def as_json(value: object) -> str:
    """For assertions that show what was there."""
    return json.dumps(value, ensure_ascii=False, indent=1, default=str)

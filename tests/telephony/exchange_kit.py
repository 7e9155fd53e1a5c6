"""A real Asterisk of our own making for one test, on free ports, gone afterwards.

    async with running_exchange(tmp_path, agents=("1001", "1002")) as exchange:
        async with exchange.seat("1001", Answer()) as seat, exchange.citizen() as citizen:
            call = await citizen.call("12345")

The Asterisk tree comes from the cache and is fetched when it is not there: a failed fetch is a
failure. As root, Asterisk runs as nobody. Logs are copied to `tmp_path/asterisk-log`.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import tempfile
import wave
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from asterisk_conf import exchange as asterisk
from asterisk_conf.plan import (
    Agent,
    AmiUser,
    EmergencyTrunk,
    ExchangePlan,
    InboundTrunk,
    Ports,
    Timing,
)
from asterisk_conf.tones import soft_notes
from ivr.telephone import Answer, Manner, Setup, Telephone, open_telephone
from switchboard.free_ports import Ports as Claims

CITIZEN = "13800138000"
CARRIER_HOST = "127.0.0.2"
CENTRE_HOST = "127.0.0.3"
AMI_USER = AmiUser("jiesu", "ami-secret-of-a-test")


@dataclass(frozen=True, slots=True)
class QueueLogRow:
    """One line of queue_log: `call` is the HOTLINE_CALL or Asterisk's own id of the call."""

    epoch: int
    call: str
    queue: str
    agent: str
    event: str
    details: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RunningExchange:
    """An Asterisk that takes calls, and the telephones around it."""

    plan: ExchangePlan
    installation: asterisk.Installation
    pid: int

    @property
    def sip(self) -> tuple[str, int]:
        """Where telephones register and carriers call."""
        return ("127.0.0.1", self.plan.ports.sip)

    @property
    def ami(self) -> tuple[str, int, str, str]:
        """Host, port, user and secret of the manager interface."""
        return ("127.0.0.1", self.plan.ports.ami, AMI_USER.name, AMI_USER.secret)

    @property
    def log(self) -> Path:
        """The folder of queue_log, messages and cdr-csv/Master.csv."""
        return self.plan.places.run / "log"

    def secret(self, agent: str) -> str:
        """The SIP password of a seat."""
        return next(one.sip_secret for one in self.plan.agents if one.number == agent)

    def queue_log(self, event: str = "") -> list[QueueLogRow]:
        """The rows of queue_log, all or those of one event, oldest first. Asterisk makes the file
        with the first row, which may come after a call that was refused."""
        rows = []
        kept = self.log / "queue_log"
        for line in kept.read_text("utf-8").splitlines() if kept.exists() else ():
            epoch, call, queue, agent, what, *details = line.split("|")
            row = QueueLogRow(int(epoch), call, queue, agent, what, tuple(details))
            if not event or row.event == event:
                rows.append(row)
        return rows

    async def logged(self, event: str, count: int = 1, within: float = 60.0) -> list[QueueLogRow]:
        """Wait until queue_log holds `count` rows of that event."""
        await until(lambda: len(self.queue_log(event)) >= count, within)
        return self.queue_log(event)

    def complaints(self) -> list[str]:
        """Warnings and errors in Asterisk's own log."""
        lines = (self.log / "messages").read_text("utf-8", "replace").splitlines()
        # pjproject's own notice about the order of its modules comes and goes with the load.
        return [
            line
            for line in lines
            if (" WARNING[" in line or " ERROR[" in line) and "PJSIP_SAFE_MODULE" not in line
        ]

    async def ask(self, command: str) -> str:
        """The answer of Asterisk's console."""
        return await asterisk.ask(self.plan, command)

    @asynccontextmanager
    async def citizen(self, number: str = CITIZEN) -> AsyncIterator[Telephone]:
        """The carrier's side of the inbound trunk: `await citizen.call("12345")`."""
        setup = Setup(number, server=self.sip, bind=(CARRIER_HOST, 0))
        async with _telephone(setup, None) as telephone:
            yield telephone

    @asynccontextmanager
    async def seat(self, number: str, manner: Manner | None = None) -> AsyncIterator[Telephone]:
        """An agent's SIP telephone, registered; by default it answers at once."""
        setup = Setup(number, self.secret(number), server=self.sip)
        async with _telephone(setup, manner or Answer()) as telephone:
            await telephone.register()
            await self.reachable(number)
            try:
                yield telephone
            finally:
                await telephone.hang_up_all()
                await telephone.unregister()

    async def reachable(self, number: str, within: float = 60.0) -> None:
        """Wait until the queue sees a seat as free: the state travels by itself after REGISTER."""
        free = f"(PJSIP/{number})"
        async with asyncio.timeout(within):
            shown: list[str] = []
            while not any(free in line and "(Not in use)" in line for line in shown):
                await asyncio.sleep(0.05)
                shown = (await self.ask("queue show hotline")).splitlines()

    @asynccontextmanager
    async def events(self) -> AsyncIterator[list[dict[str, str]]]:
        """What the manager interface tells from now on, as a list that grows."""
        heard: list[dict[str, str]] = []
        host, port, user, secret = self.ami
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(f"Action: Login\r\nUsername: {user}\r\nSecret: {secret}\r\n\r\n".encode())
        listening = asyncio.create_task(_listen(reader, heard))
        try:
            await until(lambda: any(one.get("Event") == "FullyBooted" for one in heard))
            yield heard
        finally:
            listening.cancel()
            writer.close()
            with contextlib.suppress(asyncio.CancelledError, ConnectionError):
                await listening
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def act(self, **headers: str) -> dict[str, str]:
        """One AMI action on a connection of its own; returns its answer."""
        host, port, user, secret = self.ami
        reader, writer = await asyncio.open_connection(host, port)
        heard: list[dict[str, str]] = []
        lines = [f"{key}: {value}" for key, value in headers.items()]
        writer.write(
            f"Action: Login\r\nUsername: {user}\r\nSecret: {secret}\r\nEvents: off\r\n\r\n".encode()
            + ("\r\n".join([*lines, "ActionID: it"]) + "\r\n\r\n").encode()
        )
        listening = asyncio.create_task(_listen(reader, heard))
        try:
            await until(lambda: any(one.get("ActionID") == "it" for one in heard))
        finally:
            listening.cancel()
            writer.close()
            with contextlib.suppress(asyncio.CancelledError, ConnectionError):
                await listening
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()
        return next(one for one in heard if one.get("ActionID") == "it")

    @asynccontextmanager
    async def centre(self, trunk: int, manner: Manner | None = None) -> AsyncIterator[Telephone]:
        """The emergency centre at the end of trunk 1 or 2; by default it answers at once."""
        line = self.plan.emergency[trunk - 1]
        setup = Setup("centre", server=self.sip, bind=(line.host, line.port))
        async with _telephone(setup, manner or Answer()) as telephone:
            yield telephone

    async def restart(self) -> RunningExchange:
        """Stop and start it, on the same ports with the same files."""
        await asterisk.stop(self.pid)
        return replace(self, pid=await asterisk.start(self.installation, self.plan))


async def until(true: Callable[[], bool], within: float = 60.0) -> None:
    """Wait until something is true; TimeoutError."""
    async with asyncio.timeout(within):
        while not true():  # noqa: ASYNC110 - files and lists tell nobody when they grow
            await asyncio.sleep(0.02)


async def _listen(reader: asyncio.StreamReader, heard: list[dict[str, str]]) -> None:
    await reader.readline()
    while raw := await reader.readuntil(b"\r\n\r\n"):
        pairs = (line.partition(": ") for line in raw.decode("utf-8", "replace").splitlines())
        heard.append({name: value for name, sign, value in pairs if sign})


def told(heard: list[dict[str, str]], name: str) -> list[dict[str, str]]:
    """The UserEvents of one name."""
    return [one for one in heard if one.get("UserEvent") == name]


@asynccontextmanager
async def _telephone(setup: Setup, manner: Manner | None) -> AsyncIterator[Telephone]:
    telephone = await open_telephone(setup, manner)
    try:
        yield telephone
    finally:
        await telephone.hang_up_all()
        await telephone.close()


def _short_greeting(folder: Path, city: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    with wave.open(str(folder / f"greeting-{city}.wav"), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(soft_notes()[:16000])
    return folder


def plan_for(
    run: Path,
    installation: asterisk.Installation,
    claims: Claims,
    *,
    city: str = "zhaoqing",
    agents: Sequence[str] = ("1001", "1002"),
    access_numbers: tuple[str, ...] = ("12345",),
    timing: Timing | None = None,
    queue_length: int = 60,
) -> ExchangePlan:
    """A plan like that of `./jiesu up`, on ports nobody else has."""
    voice = claims.claim_range(30000, 200)
    centre = [claims.claim(26000, "udp", CENTRE_HOST) for _ in range(2)]
    return ExchangePlan(
        city=city,
        places=installation.places(run),
        ports=Ports(
            sip=claims.claim(25060, "udp"),
            ami=claims.claim(25038),
            web=claims.claim(28088),
            rtp_first=voice.start,
            rtp_last=voice.stop - 1,
        ),
        ami_users=(AMI_USER,),
        access_numbers=access_numbers,
        inbound=InboundTrunk((CARRIER_HOST,)),
        emergency=(
            EmergencyTrunk(CENTRE_HOST, centre[0]),
            EmergencyTrunk(CENTRE_HOST, centre[1]),
        ),
        agents=tuple(Agent(n, f"Agent {n}", f"sip-{n}", f"web-{n}") for n in agents),
        timing=timing or Timing(),
        queue_length=queue_length,
    )


@asynccontextmanager
async def running_exchange(
    tmp_path: Path,
    city: str = "zhaoqing",
    agents: Sequence[str] = ("1001", "1002"),
    *,
    access_numbers: tuple[str, ...] = ("12345",),
    timing: Timing | None = None,
    queue_length: int = 60,
    whole_greeting: bool = False,
    change: Callable[[ExchangePlan], ExchangePlan] = lambda plan: plan,
) -> AsyncIterator[RunningExchange]:
    """An exchange for one test. Its folder is a short path that `nobody` can reach.

    The greeting is a second long, unless the test is about it: `whole_greeting`. `change` makes
    of the plan whatever else the test needs.
    """
    claims = Claims()
    top = Path(tempfile.mkdtemp(prefix="jiesu-x-"))
    pid = None
    try:
        installation = await asyncio.to_thread(asterisk.find)
        plan = plan_for(
            top / "a",
            installation,
            claims,
            city=city,
            agents=agents,
            access_numbers=access_numbers,
            timing=timing,
            queue_length=queue_length,
        )
        plan = change(plan)
        sounds = None if whole_greeting else _short_greeting(tmp_path / "sounds", city)
        pid = await asterisk.start(installation, plan, sounds)
        yield RunningExchange(plan, installation, pid)
    finally:
        live = asterisk.running(plan) if pid is not None else None
        if live is not None:
            await asterisk.stop(live)
        logs = top / "a" / "log"
        if logs.is_dir():
            shutil.copytree(logs, tmp_path / "asterisk-log", dirs_exist_ok=True)
        shutil.rmtree(top, ignore_errors=True)
        claims.close()

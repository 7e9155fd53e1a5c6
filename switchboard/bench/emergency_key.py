"""``./jiesu bench emergency-key``: from the last packet of the key to the INVITE at the centre, for
9-2 of our dialplan and for a plain ``Dial`` on the same key, by turns, in one Asterisk.

The exchange is one of its own, with a listener at its manager interface as the Jiesu process would
be; both trunks lead to stand-ins in this process. Aim: at most 1.1 times the plain one.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from asterisk_conf import exchange
from asterisk_conf.debian import default_cache
from asterisk_conf.errors import ExchangeFailed
from asterisk_conf.plan import AmiUser, EmergencyTrunk, ExchangePlan, InboundTrunk, Ports
from ivr.telephone import Call, Ring, Setup, Telephone, open_telephone
from switchboard import free_ports
from switchboard.bench import machine, machine_line, rank
from switchboard.emergency_trunks import refuse_unless_stand_in
from switchboard.exchange_plan import CENTRE_HOST, CITIZEN_HOST
from switchboard.prerequisites import bring
from switchboard.refusals import Refusal
from switchboard.settings import ROOT, find_settings
from switchboard.site import load_site
from switchboard.terminal import progress, tell
from switchboard.up import DEFAULT_CITY

AIM: Final = 1.1
WARM_UP: Final = 2
MOST_CALLS: Final = 500
OURS: Final = "12345"
PLAIN: Final = "99999"
"""What is dialled for either side."""
SERVICE: Final = "119"
KEY: Final = "2"
INVITE_WITHIN_S: Final = 10.0
_AMI: Final = "bench"

# The same prompt is playing and the same key breaks it off; then nothing but Dial.
_PLAIN_DIALPLAN: Final = f"""
[from-trunk]
exten => {PLAIN},1,Goto(bench-plain,s,1)

[bench-plain]
exten => s,1,Answer()
 same => n,Background(jiesu/emergency-menu)
 same => n,WaitExten(30)
exten => {KEY},1,Dial(PJSIP/{SERVICE}@emergency-1,22,r)
"""


class BenchStopped(Refusal):
    """One Chinese sentence: why there is no result."""


@dataclass(frozen=True, slots=True)
class Bench:
    """The exchange under measurement and the telephones around it."""

    plan: ExchangePlan
    citizen: Telephone
    centre: Telephone


def run(*, as_json: bool = False, calls: int = 30, data: Path | None = None) -> dict[str, Any]:
    """Measure and tell; ``calls`` a side. ``data`` is looked at only to refuse where a real
    emergency centre is set. The result as plain data. Raises a Refusal."""
    settings = find_settings(data)
    refuse_unless_stand_in(load_site(settings.site_file), settings.data, "bench emergency-key")
    bring(["asterisk"], default_cache())
    say: Callable[[str], None] = (lambda _: None) if as_json else progress
    try:
        times = asyncio.run(_measure(min(calls, MOST_CALLS), say))
    except ExchangeFailed as failure:
        raise BenchStopped(str(failure)) from failure
    result = _result(times)
    tell(json.dumps(result, ensure_ascii=False, indent=2) if as_json else as_text(result))
    return result


async def _measure(calls: int, say: Callable[[str], None]) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {OURS: [], PLAIN: []}
    async with _bench() as bench:
        for turn in range(calls + WARM_UP):
            # By turns: whatever else the machine does falls on both sides alike.
            for dialled in (OURS, PLAIN) if turn % 2 else (PLAIN, OURS):
                took = await _key_to_invite(bench, dialled)
                if turn >= WARM_UP:
                    times[dialled].append(took)
            if turn % 10 == 9:
                say(f"已测 {len(times[OURS])} 对，共 {calls} 对……")
    return times


async def _key_to_invite(bench: Bench, dialled: str) -> float:
    """Milliseconds from the last packet of the key to the INVITE at the stand-in."""
    call = await bench.citizen.call(dialled)
    await call.answered()
    if dialled == OURS:
        await call.press("9")
    await asyncio.sleep(0.3)  # the prompt is being played: for both sides
    await call.press(KEY)
    try:
        arrived = await bench.centre.next_call(INVITE_WITHIN_S)
    except TimeoutError:
        raise BenchStopped("按键之后没有呼叫到达模拟报警中心，请重试。") from None
    took = _invited_at(bench.centre, arrived) - _pressed_at(call)
    await call.hang_up()
    await arrived.ended()
    return took * 1000


def _pressed_at(call: Call) -> float:
    """By the loop's clock."""
    assert call.line is not None  # noqa: S101 - it has pressed a key
    return call.line.key_sent_at


def _invited_at(centre: Telephone, call: Call) -> float:
    """By the loop's clock: the log's own runs beside it, from another beginning."""
    (invite,) = centre.log.received("INVITE", call.id)
    behind = centre.log.now().timestamp() - asyncio.get_running_loop().time()
    return invite.at.timestamp() - behind


# ---------------------------------------------------------------------------------- the exchange


@asynccontextmanager
async def _bench() -> AsyncIterator[Bench]:
    claims = free_ports.Ports()
    top = Path(tempfile.mkdtemp(prefix="jiesu-b-"))
    plan: ExchangePlan | None = None
    try:
        installation = await asyncio.to_thread(exchange.find)
        plan = _plan(installation, top / "a", claims)
        await exchange.start(installation, plan)
        await _add_plain_side(plan)
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(_listener(plan))
            server = ("127.0.0.1", plan.ports.sip)
            centres = [
                await stack.enter_async_context(
                    _telephone(Setup("centre", server=server, bind=(trunk.host, trunk.port)))
                )
                for trunk in plan.emergency
            ]
            citizen = await stack.enter_async_context(
                _telephone(Setup("13900001000", server=server, bind=(CITIZEN_HOST, 0)))
            )
            await _until_both_trunks_answer(plan)
            yield Bench(plan, citizen, centres[0])
    finally:
        pid = exchange.running(plan) if plan is not None else None
        if pid is not None:
            await exchange.stop(pid)
        await asyncio.to_thread(shutil.rmtree, top, ignore_errors=True)
        claims.close()


def _plan(installation: exchange.Installation, run: Path, claims: free_ports.Ports) -> ExchangePlan:
    voice = claims.claim_range(34000, 100)
    first, second = (claims.claim(27000, "udp", CENTRE_HOST) for _ in range(2))
    return ExchangePlan(
        city=DEFAULT_CITY,
        places=installation.places(run),
        ports=Ports(
            sip=claims.claim(26060, "udp"),
            ami=claims.claim(26038),
            web=claims.claim(29088),
            rtp_first=voice.start,
            rtp_last=voice.stop - 1,
        ),
        ami_users=(AmiUser(_AMI, secrets.token_hex(12)),),
        access_numbers=(OURS,),
        inbound=InboundTrunk((CITIZEN_HOST,)),
        emergency=(EmergencyTrunk(CENTRE_HOST, first), EmergencyTrunk(CENTRE_HOST, second)),
        agents=(),
    )


async def _add_plain_side(plan: ExchangePlan) -> None:
    file = plan.places.run / "etc" / "extensions.conf"
    text = await asyncio.to_thread(file.read_text, "utf-8")
    await asyncio.to_thread(file.write_text, text + _PLAIN_DIALPLAN, "utf-8")
    await exchange.ask(plan, "dialplan reload")
    shown = await exchange.ask(plan, "dialplan show bench-plain")
    if "Dial(" not in shown:
        raise BenchStopped("对照用的拨号计划没有装上，请重试。")


async def _until_both_trunks_answer(plan: ExchangePlan, within: float = 15.0) -> None:
    async with asyncio.timeout(within):
        for trunk in (1, 2):
            while not await _answers(plan, trunk):  # noqa: ASYNC110 - the console tells nobody
                await asyncio.sleep(0.2)


async def _answers(plan: ExchangePlan, trunk: int) -> bool:
    return "Avail" in await exchange.ask(plan, f"pjsip show aor emergency-{trunk}")


@asynccontextmanager
async def _listener(plan: ExchangePlan) -> AsyncIterator[None]:
    """Somebody who reads every event, as the Jiesu process does: nobody to tell costs nothing."""
    (user,) = plan.ami_users
    listener = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "switchboard.bench.pop_bare", str(plan.ports.ami), user.name),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
    )
    try:
        assert listener.stdin is not None  # noqa: S101 - asked for above
        listener.stdin.write(f"{user.secret}\n".encode())
        yield
    finally:
        if listener.returncode is None:
            listener.kill()
        await listener.wait()


@asynccontextmanager
async def _telephone(setup: Setup) -> AsyncIterator[Telephone]:
    telephone = await open_telephone(setup, Ring())
    try:
        yield telephone
    finally:
        await telephone.hang_up_all()
        await telephone.close()


# ------------------------------------------------------------------------------------ the result


def _result(times: dict[str, list[float]]) -> dict[str, Any]:
    ratio = rank(times[OURS], 0.5) / rank(times[PLAIN], 0.5)
    return {
        "bench": "emergency-key",
        "calls": len(times[OURS]),
        "ratio": round(ratio, 3),
        "aim": AIM,
        "reached": ratio <= AIM,
        "sides": {
            name: {
                "p50_ms": round(rank(times[side], 0.5), 2),
                "p90_ms": round(rank(times[side], 0.9), 2),
                "p99_ms": round(rank(times[side], 0.99), 2),
            }
            for name, side in (("ours", OURS), ("plain", PLAIN))
        },
        "machine": machine(),
    }


def as_text(result: dict[str, Any]) -> str:
    """The result in Chinese lines, the ratio first."""
    reached = "达到" if result["reached"] else "未达到"
    names = {"ours": "本系统 9-2", "plain": "直接 Dial"}
    lines = [
        f"按键到 INVITE 到达报警中心：9-2 ÷ 直接 Dial = {result['ratio']:.2f}（各自的 p50）",
        f"  目标不高于 {AIM}，{reached}；每边 {result['calls']} 个来电，交替进行",
    ]
    for side, figures in result["sides"].items():
        lines.append(
            f"  {names[side]}：p50 {figures['p50_ms']:.2f} 毫秒，"
            f"p90 {figures['p90_ms']:.2f} 毫秒，p99 {figures['p99_ms']:.2f} 毫秒"
        )
    lines.append(machine_line(result["machine"]))
    return "\n".join(lines)

"""An Asterisk that somebody else starts: a container or a unit of its own (``up --no-exchange``).

Both sides share the folder DATA/asterisk and nothing else:

* the other side (docker/asterisk/start) says in ``installation.json`` where its Asterisk lies:
  ``{"version", "modules", "data"}``;
* we write the configuration and, once all of it is there, the mark ``prepared``; the other side
  starts Asterisk when it sees the mark, at once when it is there from before.

So the exchange takes calls whether we run or not, and is never stopped by us.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from asterisk_conf import exchange
from asterisk_conf.debian import Tool
from asterisk_conf.errors import ExchangeFailed
from asterisk_conf.plan import ExchangePlan
from switchboard.free_ports import Kind, is_free
from switchboard.terminal import progress

ANNOUNCED: Final = "installation.json"
PREPARED: Final = "prepared"
PATIENCE_S: Final = 120.0
TELL_EVERY_S: Final = 10.0
_POLL_S: Final = 0.2


async def installation(folder: Path, within: float = PATIENCE_S) -> exchange.Installation:
    """Where the other side's Asterisk lies, once it has said so.

    ExchangeFailed when it says nothing `within` seconds, or has one with known faults.
    """
    waited = 0.0
    while (found := announced(folder)) is None:
        if waited >= within:
            raise ExchangeFailed(
                f"{within:.0f} 秒内没有等到另行启动的交换机（{folder / ANNOUNCED}）："
                "请先启动它（docker/asterisk/start），或去掉 --no-exchange。"
            )
        if waited and waited % TELL_EVERY_S < _POLL_S:
            progress(f"等待另行启动的交换机，已等 {waited:.0f} 秒……")
        await asyncio.sleep(_POLL_S)
        waited += _POLL_S
    if not exchange.is_patched(f"Asterisk {found.version}"):
        raise ExchangeFailed(
            f"另行启动的 Asterisk {found.version} 有已公布的漏洞："
            "请换用 22.8.2、23.2.2 或更新的版本。"
        )
    return found


def announced(folder: Path) -> exchange.Installation | None:
    """What the other side has said; None when there is nothing whole to read."""
    try:
        said = json.loads((folder / ANNOUNCED).read_text("utf-8"))
        return exchange.Installation(
            Tool(("asterisk",)),
            Path(str(said["modules"])),
            Path(str(said["data"])),
            str(said["version"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


async def prepare(plan: ExchangePlan, own_sounds: Path) -> None:
    """Write its configuration, let a running one read what changed, and wait until it takes calls.

    Calls go on meanwhile. ExchangeFailed when it is not ready in time.
    """
    mark = plan.places.run / PREPARED
    first = not mark.exists()
    if first:
        _refuse_busy_ports(plan)
    changed = await asyncio.to_thread(exchange.prepare, plan, own_sounds, progress)
    mark.touch()
    await _ready(plan)
    if "udp" not in await exchange.ask(plan, "pjsip show transports"):
        raise ExchangeFailed(
            f"交换机没能使用 SIP 端口 {plan.ports.sip}（已被别的程序占用）："
            "请结束那个程序，或在 site.toml 里另选端口，再重新启动交换机。"
        )
    if changed and not first:
        await exchange.reload(plan)
        progress("交换机已重读改过的配置；若改的是端口，请重新启动它。")


def _refuse_busy_ports(plan: ExchangePlan) -> None:
    """Asterisk starts without a port that is taken, and says so in its log only. Looked at before
    its first start; later the ports are its own."""
    ports: Sequence[tuple[int, Kind]] = (
        (plan.ports.sip, "udp"),
        (plan.ports.web, "tcp"),
        (plan.ports.ami, "tcp"),
    )
    busy = [str(port) for port, kind in ports if not is_free(port, kind, plan.bind_address)]
    if busy:
        raise ExchangeFailed(
            f"端口 {'、'.join(busy)} 已被别的程序占用：请在 site.toml 的 [listen] 里另选，"
            "或先结束那个程序。"
        )


async def _ready(plan: ExchangePlan, within: float = PATIENCE_S) -> None:
    loop = asyncio.get_running_loop()
    began = told = loop.time()
    while not await exchange.booted(plan):
        now = loop.time()
        if now - began > within:
            raise ExchangeFailed(
                f"另行启动的交换机 {within:.0f} 秒内没有就绪："
                f"请看它的日志 {plan.places.run / 'log' / 'messages'}。"
            )
        if now - told > TELL_EVERY_S:
            told = now
            progress(f"等待另行启动的交换机就绪，已等 {now - began:.0f} 秒……")
        await asyncio.sleep(_POLL_S)

"""`./jiesu answer`: the telephone at a citizen's home, where return calls arrive.

In the demonstration the carrier is a loopback address: whoever stands at its port is every citizen.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hotline.words import Phone
from ivr import sip
from ivr.telephone import Answer, Manner, Reject, Ring, Setup, Telephone, open_telephone
from ivr.voice import speak
from switchboard.beside import RunningSystem, system_beside, voice_beside
from switchboard.refusals import Refusal
from switchboard.running import running_system
from switchboard.seat import attend, next_call, stopping
from switchboard.settings import Settings, find_settings
from switchboard.terminal import tell

DEFAULT_WORDS: Final = "喂，您好，刚才是我打的电话，谢谢你们打回来。"
_RINGS: Final = 2.0


class NoLineOut(Refusal):
    """One Chinese sentence: nobody can be called back here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeOptions:
    """What was typed after `./jiesu answer`. `busy` and `silent` take no call; `once` ends after
    the first that was talked."""

    say: str = ""
    busy: bool = False
    silent: bool = False
    once: bool = False
    data: Path | None = None


async def run_home(
    port: int,
    place: RunningSystem,
    manner: Manner,
    show: Callable[[str], None],
    *,
    once: bool = False,
    stop: asyncio.Event | None = None,
) -> int:
    """Take return calls until `stop` (or after one); how many were talked. NoLineOut when another
    telephone stands there already."""
    stop = stop or asyncio.Event()
    setup = Setup("citizen", server=place.exchange, bind=(place.citizen_host, port))
    try:
        telephone = await open_telephone(setup, manner)
    except OSError as taken:
        raise NoLineOut(
            f"{place.citizen_host} 的端口 {port} 已被占用：另一个 ./jiesu answer 可能还开着。"
        ) from taken
    talked = 0
    try:
        show("市民的电话开着，等候回拨")
        while not stop.is_set():
            call = await next_call(telephone, stop)
            if call is None:
                break
            show(f"被叫号码 {dialled(telephone, call.id)}")
            talked += await attend(call, stop, show)
            if once and talked:
                break
        await telephone.hang_up_all()
    finally:
        await telephone.close()
    return talked


def dialled(telephone: Telephone, call_id: str) -> str:
    """Whom the exchange dialled, masked as everywhere."""
    for entry in telephone.log.received("INVITE", call_id):
        if isinstance(entry.message, sip.Request):
            return str(Phone.parse(entry.message.uri.partition(":")[2].partition("@")[0]))
    return str(Phone(""))


def carrier_port(settings: Settings) -> int:
    """Where the running system sends return calls; NoLineOut where that is no stand-in."""
    port = int(running_system(settings.run).places.get("carrier_port", 0))
    if not port:
        raise NoLineOut("正在运行的系统没有外呼线路：请看 site.toml 的 [return_call]。")
    return port


async def main_home(options: HomeOptions) -> int:
    """The command: until Ctrl-C, or one call with `once`. 0, or a Refusal or HotlineError."""
    settings = find_settings(options.data)
    place = system_beside(settings, "./jiesu answer ")
    port = carrier_port(settings)
    manner: Manner = Reject(486) if options.busy else Ring()
    if not options.busy and not options.silent:
        text = options.say or DEFAULT_WORDS
        words = await asyncio.to_thread(speak, text, voice_beside(settings))
        manner = Answer(after=_RINGS, say=words)

    def show(what: str) -> None:
        tell(f"{dt.datetime.now().astimezone():%H:%M:%S}  {what}")

    stop = asyncio.Event()
    with stopping(stop):
        await run_home(port, place, manner, show, once=options.once, stop=stop)
    return 0

"""`./jiesu seat NUMBER`: an agent's SIP telephone that registers, answers and speaks."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hotline.errors import NoSuch
from hotline.words import AgentId, Phone
from ivr.telephone import Answer, Call, CallRefused, Setup, Telephone, open_telephone
from ivr.voice import speak
from switchboard.beside import RunningSystem, system_beside, voice_beside
from switchboard.secrets_file import load_secrets
from switchboard.settings import find_settings
from switchboard.terminal import tell

DEFAULT_WORDS: Final = "您好，这里是一二三四五热线，请问您有什么诉求？"
_RINGS: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatOptions:
    """What was typed after `./jiesu seat`. `once` ends after the first call."""

    number: str
    say: str = ""
    once: bool = False
    data: Path | None = None


@dataclass(frozen=True, slots=True)
class SeatAccount:
    """The number and password of a seat's telephone."""

    number: str
    password: str


async def run_seat(
    account: SeatAccount,
    place: RunningSystem,
    show: Callable[[str], None],
    *,
    words: bytes = b"",
    rings: float = _RINGS,
    once: bool = False,
    stop: asyncio.Event | None = None,
) -> int:
    """Register, answer every call and speak, until `stop` (or after one call). Returns how many
    calls were talked. RegistrationRefused, NoResponse when the exchange does not take the seat."""
    stop = stop or asyncio.Event()
    server = place.registrar
    # From the address it registers at: one socket speaks to this machine or to the network.
    setup = Setup(account.number, account.password, server=server, bind=(server[0], 0))
    telephone = await open_telephone(setup, Answer(after=rings, say=words))
    talked = 0
    try:
        await telephone.register()
        show(f"坐席 {account.number} 的话机已注册，等候来电")
        while not stop.is_set():
            call = await next_call(telephone, stop)
            if call is None:
                break
            talked += await attend(call, stop, show)
            if once and talked:
                break
        await telephone.hang_up_all()
        await telephone.unregister()
        show(f"坐席 {account.number} 的话机已注销")
    finally:
        await telephone.close()
    return talked


async def next_call(telephone: Telephone, stop: asyncio.Event) -> Call | None:
    """The next call that comes in; None when `stop` comes first."""
    coming = asyncio.create_task(telephone.next_call(None))
    stopped = asyncio.create_task(stop.wait())
    done, _ = await asyncio.wait({coming, stopped}, return_when=asyncio.FIRST_COMPLETED)
    for task in (coming, stopped):
        task.cancel()
    return coming.result() if coming in done else None


async def attend(call: Call, stop: asyncio.Event, show: Callable[[str], None]) -> bool:
    """Tell a call's steps until it ends; whether there was a conversation."""
    # Other people see this terminal: the caller is shown masked, as everywhere.
    show(f"振铃：{Phone.parse(call.number)}")
    stopped = asyncio.create_task(stop.wait())
    ended = asyncio.create_task(call.ended(None))
    answered = asyncio.create_task(_answered(call))
    try:
        await asyncio.wait({answered, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if call.answered_at is not None:
            show("接听，通话中")
        await asyncio.wait({ended, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if stop.is_set():
            await call.hang_up()
        await call.ended()
    finally:
        for task in (stopped, ended, answered):
            task.cancel()
    if call.answered_at is None or call.ending is None:
        show("没有接听，振铃停止")
        return False
    lasted = (call.ending.at - call.answered_at).total_seconds()
    who = "对方" if call.ending.by == "them" else "本机"
    show(f"{who}挂断，通话 {lasted:.0f} 秒")
    return True


async def _answered(call: Call) -> None:
    with contextlib.suppress(CallRefused, TimeoutError):
        await call.answered(120)


async def main_seat(options: SeatOptions) -> int:
    """The command: until Ctrl-C, or one call with `once`. 0, or a Refusal or HotlineError."""
    settings = find_settings(options.data)
    place = system_beside(settings, "./jiesu seat ")
    secret = load_secrets(settings.secrets_file).sip.get(AgentId(options.number))
    if secret is None:
        raise NoSuch("坐席", options.number)
    text = options.say or DEFAULT_WORDS
    words = await asyncio.to_thread(speak, text, voice_beside(settings))

    def show(what: str) -> None:
        tell(f"{dt.datetime.now().astimezone():%H:%M:%S}  {what}")

    stop = asyncio.Event()
    with stopping(stop):
        await run_seat(
            SeatAccount(options.number, secret),
            place,
            show,
            words=words,
            once=options.once,
            stop=stop,
        )
    return 0


@contextlib.contextmanager
def stopping(stop: asyncio.Event) -> Iterator[None]:
    """Ctrl-C and SIGTERM set `stop` meanwhile."""
    loop = asyncio.get_running_loop()
    signals = (signal.SIGINT, signal.SIGTERM)
    for number in signals:
        loop.add_signal_handler(number, stop.set)
    try:
        yield
    finally:
        for number in signals:
            loop.remove_signal_handler(number)

"""The stand-in emergency centre: two trunks that answer 110, 119, 120 and 122, as a process.

    python -m switchboard.centre --data DIR [--trunk-1 PORT] [--trunk-2 PORT] [--espeak COMMAND]

It listens on 127.0.0.3 alone, speaks a sentence, records what it hears under
DATA/recordings/centre/, lists its calls, and can be told to be busy, silent, ringing for ever, dead
or unavailable (centre_socket.py).  It outlives the process that started it and ends on SIGTERM.
Prints one JSON line when it can take calls: {"ready": true, "trunks": [{"trunk", "address", …}]}.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import functools
import logging
import shlex
import signal
import sys
from collections.abc import Coroutine
from dataclasses import asdict
from datetime import UTC, datetime
from json import dumps
from pathlib import Path
from typing import Any, Final

from ivr import sound
from ivr.telephone import (
    Call,
    Manner,
    NotInCall,
    Reject,
    Ring,
    Setup,
    Silent,
    Telephone,
    open_telephone,
)
from ivr.voice import NoVoice, VoiceTools, find_voice_tools, speak
from switchboard.centre_book import (
    TRUNKS,
    BadCentreMessage,
    CentreBook,
    CentreCall,
    Mode,
    Trunk,
    open_book,
)
from switchboard.centre_socket import CentreAway, ask_centre, serve_centre
from switchboard.log_lines import write_logs
from switchboard.refusals import Refusal

_log: Final = logging.getLogger(__name__)

HOST: Final = "127.0.0.3"
"""The stand-in's own loopback address: what rings here rings nowhere else."""
SENTENCES: Final = {
    "110": "模拟一一零报警中心，请讲。",
    "119": "模拟一一九指挥中心，请讲。",
    "120": "模拟一二零急救中心，请讲。",
    "122": "模拟一二二交通事故报警台，请讲。",
}
_OTHER: Final = "模拟报警中心，请讲。"
CALL_HEADER: Final = "X-Hotline-Call"
"""Carries the hotline's own id of the call, when the exchange sends it along."""


class CentreRefused(Refusal):
    """One sentence: why the centre cannot start."""


class Centre:
    """The running centre. `open`, then `take` messages, then `close`."""

    def __init__(self, data: Path, book: CentreBook, tools: VoiceTools | None) -> None:
        self._data = data
        self._book = book
        self._tools = tools
        self._sentences: dict[str, bytes] = {}
        self._telephones: dict[int, Telephone] = {}
        self._serving: dict[int, asyncio.Task[None]] = {}
        self._calls: dict[str, Call] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Switch the trunks on; CentreRefused when a port is taken."""
        self._finish_old_calls()
        for trunk in self._book.trunks.values():
            if trunk.mode == "dead" and trunk.port:
                continue
            await self._switch_on(trunk)
            if trunk.mode == "dead":
                await self._switch_off(trunk)
        self._book.save()
        self._run(self._learn_to_speak())

    async def take(self, message: dict[str, Any]) -> dict[str, Any]:
        """Answer a message of centre_socket; BadCentreMessage."""
        match message.get("do"):
            case "list":
                pass
            case "set":
                await self._set(message)
            case "hang-up":
                call = self._calls.get(str(message.get("id")))
                if call is None:
                    raise BadCentreMessage("没有这个正在进行的通话：先用 list 查 id")
                await call.hang_up()
            case _:
                raise BadCentreMessage("不认识的请求：do 写 list、set 或 hang-up")
        return self.listing()

    def listing(self) -> dict[str, Any]:
        """Trunks and calls, the oldest call first."""
        trunks = [
            {
                "trunk": trunk.number,
                "address": f"{HOST}:{trunk.port}",
                "mode": trunk.mode,
                "ring_for": trunk.ring_for,
            }
            for trunk in self._book.trunks.values()
        ]
        return {"trunks": trunks, "calls": [asdict(call) for call in self._book.calls]}

    async def close(self) -> None:
        """Hang up and switch off; calls under way are written down as ended."""
        for telephone in self._telephones.values():
            await telephone.hang_up_all()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for telephone in self._telephones.values():
            await telephone.close()
        self._finish_old_calls()
        self._book.save()

    # ---- trunks ---------------------------------------------------------------------------------
    async def _set(self, message: dict[str, Any]) -> None:
        trunk = self._book.set(message)
        telephone = self._telephones.get(trunk.number)
        if trunk.mode == "dead":
            await self._switch_off(trunk)
        elif telephone is None:
            await self._switch_on(trunk)
        else:
            telephone.manner = _manner(trunk.mode)
        _log.info("centre trunk set", extra={"trunk": trunk.number, "mode": trunk.mode})

    async def _switch_on(self, trunk: Trunk) -> None:
        setup = Setup("centre", bind=(HOST, trunk.port), server=(HOST, trunk.port or 5060))
        try:
            telephone = await open_telephone(setup, _manner(trunk.mode))
        except OSError as taken:
            raise CentreRefused(
                f"模拟报警中心的端口 {HOST}:{trunk.port} 已被占用，请关闭占用它的程序或换一个端口"
            ) from taken
        trunk.port = telephone.address[1]
        self._telephones[trunk.number] = telephone
        self._serving[trunk.number] = self._run(self._serve(trunk, telephone))

    async def _switch_off(self, trunk: Trunk) -> None:
        telephone = self._telephones.pop(trunk.number, None)
        if telephone is not None:
            self._serving.pop(trunk.number).cancel()
            await telephone.close()

    async def _serve(self, trunk: Trunk, telephone: Telephone) -> None:
        while True:
            call = await telephone.next_call(None)
            self._run(self._attend(trunk, call))

    # ---- calls ----------------------------------------------------------------------------------
    async def _attend(self, trunk: Trunk, call: Call) -> None:
        row = _row(trunk.number, call)
        self._book.add(row)
        self._calls[call.id] = call
        try:
            if trunk.mode == "answering":
                await self._talk(trunk, call, row)
            await call.ended(None)
        finally:
            self._calls.pop(call.id, None)
            self._write_end(call, row)

    async def _talk(self, trunk: Trunk, call: Call, row: CentreCall) -> None:
        with contextlib.suppress(TimeoutError):
            await call.ended(trunk.ring_for)
        with contextlib.suppress(NotInCall):
            await call.answer()
            row.answered_at = _now()
            self._book.save()
            call.play(self._sentences.get(row.dialled) or self._sentences.get("", _SIGNAL))

    def _write_end(self, call: Call, row: CentreCall) -> None:
        row.ended_at = _now()
        if call.ending is not None:
            row.ended, row.ended_by = call.ending.how, call.ending.by
        if call.heard():
            began = datetime.fromisoformat(row.at).strftime("%Y%m%dT%H%M%S")
            name = f"{began}-{row.trunk}-{call.id[:8]}.wav"
            safe = "".join(sign if sign.isalnum() or sign in "-." else "_" for sign in name)
            path = self._data / "recordings" / "centre" / safe
            try:
                call.save(path)
                row.recording = str(path)
            except OSError:
                _log.warning("centre recording not written", extra={"trunk": row.trunk})
        self._book.save()

    def _finish_old_calls(self) -> None:
        """Calls that were open when an earlier process of this centre ended."""
        for row in self._book.calls:
            if row.ended_at is None:
                row.ended_at, row.ended, row.ended_by = _now(), "closed", "us"

    async def _learn_to_speak(self) -> None:
        """Make the sentences beside; until then callers hear three beeps."""
        if self._tools is None:
            return
        for number, sentence in (*SENTENCES.items(), ("", _OTHER)):
            saying = functools.partial(speak, sentence, self._tools, variant="m7")
            try:
                self._sentences[number] = await asyncio.to_thread(saying)
            except NoVoice as fault:
                _log.warning("centre has no voice", extra={"why": str(fault)})
                return

    def _run(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


_SIGNAL: Final = (sound.tone(950, 0.3) + sound.silence(0.1)) * 3


def _manner(mode: Mode) -> Manner:
    match mode:
        case "busy":
            return Reject(486)
        case "unavailable":
            return Reject(503)
        case "silent":
            return Silent()
        case "answering" | "ringing" | "dead":
            return Ring()  # the centre itself answers, after its own time


def _row(trunk: int, call: Call) -> CentreCall:
    shown = {
        name: value
        for name, value in call.invite.headers.lines
        if name.lower().startswith("x-") or name.lower() in {"p-asserted-identity", "from"}
    }
    return CentreCall(
        id=call.id,
        trunk=trunk,
        dialled=call.dialled,
        caller=call.number,
        at=_now(),
        call=call.header(CALL_HEADER),
        headers=shown,
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


async def run_centre(data: Path, ports: dict[int, int], tools: VoiceTools | None) -> None:
    """Run until SIGTERM or SIGINT; CentreRefused when it cannot start."""
    run = data / "run"
    run.mkdir(mode=0o700, parents=True, exist_ok=True)
    with contextlib.suppress(CentreAway):
        await ask_centre(data, {"do": "list"}, timeout=1.0)
        raise CentreRefused(f"{data} 的模拟报警中心已经在运行")
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    # Whoever started it may die: the emergency path in the exchange does not, nor may its far end.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    centre = Centre(data, open_book(run / "centre.json", ports), tools)
    await centre.open()
    server = await serve_centre(data, centre.take)
    try:
        sys.stdout.write(dumps({"ready": True, "trunks": centre.listing()["trunks"]}) + "\n")
        sys.stdout.flush()
        await stop.wait()
    finally:
        server.close()
        await centre.close()
        (run / "centre.sock").unlink(missing_ok=True)


def main(arguments: list[str] | None = None) -> int:
    """The command line of the process; 1 and a sentence on standard error when it cannot start."""
    parser = argparse.ArgumentParser(prog="python -m switchboard.centre")
    parser.add_argument("--data", type=Path, required=True)
    for number in TRUNKS:
        parser.add_argument(f"--trunk-{number}", type=int, default=0, metavar="PORT")
    parser.add_argument("--espeak", default="", metavar="COMMAND")
    told = parser.parse_args(arguments)
    write_logs()
    try:
        tools = VoiceTools(tuple(shlex.split(told.espeak))) if told.espeak else find_voice_tools()
    except NoVoice:
        tools = None
    try:
        asyncio.run(run_centre(told.data.absolute(), {1: told.trunk_1, 2: told.trunk_2}, tools))
    except CentreRefused as no:
        sys.stderr.write(f"{no}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

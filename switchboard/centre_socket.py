"""How one asks the stand-in emergency centre: JSON lines over DATA/run/centre.sock.

{"do": "list"}                                   → {"ok": true, "trunks": […], "calls": […]}
{"do": "set", "trunk": 1, "mode": "busy"}        → {"ok": true, …}   ("ring_for": seconds)
{"do": "hang-up", "id": "…"}                     → {"ok": true, …}
anything else                                    → {"ok": false, "error": one sentence}
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, Final

from switchboard.refusals import Refusal

LONGEST_LINE: Final = 1 << 22
"""Bytes of an answer: a list of a few hundred calls fits many times over."""
_LONGEST_QUESTION: Final = 1 << 16


class CentreAway(Refusal):
    """The stand-in centre does not answer."""


class CentreSaysNo(Refusal):
    """The stand-in centre refused, in its own sentence."""


@contextlib.contextmanager
def _address(data: Path) -> Iterator[str]:
    """A path short enough for a Unix socket (107 bytes), however deep DATA lies."""
    run = data / "run"
    plain = str(run / "centre.sock")
    if len(os.fsencode(plain)) < 100:
        yield plain
        return
    folder = os.open(run, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/centre.sock"
    finally:
        os.close(folder)


async def ask_centre(
    data: Path, message: dict[str, Any], *, timeout: float = 5.0
) -> dict[str, Any]:
    """The centre's answer to one message; CentreAway, CentreSaysNo."""
    away = CentreAway(f"{data} 的模拟报警中心没有运行：请先在另一个终端运行 ./jiesu up")
    try:
        async with asyncio.timeout(timeout):
            with _address(data) as path:
                reader, writer = await asyncio.open_unix_connection(path, limit=LONGEST_LINE)
            try:
                writer.write(json.dumps(message).encode() + b"\n")
                await writer.drain()
                answer = json.loads(await reader.readline())
            finally:
                writer.close()
    except (OSError, ValueError, TimeoutError):
        raise away from None
    if not isinstance(answer, dict):
        raise away
    if not answer.get("ok"):
        raise CentreSaysNo(str(answer.get("error", "模拟报警中心拒绝了请求")))
    return answer


async def serve_centre(
    data: Path, take: Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]
) -> asyncio.Server:
    """Listen; `take` answers each message, and a Refusal of its own becomes the error sentence."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, ValueError, asyncio.LimitOverrunError):
            while line := await reader.readline():
                writer.write(json.dumps(await _answer(line, take)).encode() + b"\n")
                await writer.drain()
        writer.close()

    with _address(data) as path:
        server = await asyncio.start_unix_server(serve, path, limit=_LONGEST_QUESTION)
    (data / "run" / "centre.sock").chmod(0o600)
    return server


async def _answer(
    line: bytes, take: Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]
) -> dict[str, Any]:
    try:
        message = json.loads(line)
    except ValueError:
        return {"ok": False, "error": "不是 JSON：每行写一个 JSON 对象"}
    if not isinstance(message, dict):
        return {"ok": False, "error": '每行写一个 JSON 对象，例如 {"do": "list"}'}
    try:
        return {"ok": True, **await take(message)}
    except Refusal as no:
        return {"ok": False, "error": str(no)}

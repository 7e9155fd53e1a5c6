"""An agent's page without a browser, for ``./jiesu demo``: logs in, hears the socket, presses,
saves tickets. The same doors as any browser: cookie, origin, token (agent_desk/shield.py).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import secrets
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import (
    HTTPCookieProcessor,
    HTTPSHandler,
    ProxyHandler,
    Request,
    build_opener,
)

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin

from switchboard.demo_script import Ticket
from switchboard.refusals import Refusal

_TIMEOUT: Final = 20.0
T = TypeVar("T")


class DeskRefused(Refusal):
    """One Chinese sentence: what the desk did not do, and why."""


class Web:
    """One person's log-in. Blocking: call it in a thread."""

    def __init__(self, origin: str, ca: Path | None) -> None:
        self.origin = origin
        self.trust = _trust(ca) if origin.startswith("https:") else None
        self._jar = CookieJar()
        # A proxy in the environment is for the world outside, not for ourselves.
        handlers: list[Any] = [ProxyHandler({}), HTTPCookieProcessor(self._jar)]
        if self.trust is not None:
            handlers.append(HTTPSHandler(context=self.trust))
        self._opener = build_opener(*handlers)
        self._token = ""

    def log_in(self, login: str, password: str) -> None:
        """DeskRefused when the password is another by now."""
        form = urlencode({"login": login, "password": password}).encode()
        with contextlib.suppress(DeskRefused):
            self._open("/login", form, {})
        with contextlib.suppress(DeskRefused):
            found = re.search(r'name="csrf-token" content="([^"]+)"', self._open("/me"))
            self._token = found[1] if found else ""
        if not self._token:
            raise DeskRefused(
                f"演示用户 {login} 登录不了（密码已改或已停用）：请换一个新的演示目录再试，"
                "例如 --data /tmp/jiesu-demo。"
            )

    def get(self, path: str) -> dict[str, Any]:
        """The JSON of an address."""
        return dict(json.loads(self._open(path)))

    def post(self, path: str, body: Mapping[str, object]) -> dict[str, Any]:
        """The JSON answered to a JSON; DeskRefused with the desk's own sentence."""
        headers = {"content-type": "application/json", "x-csrf-token": self._token}
        return dict(json.loads(self._open(path, json.dumps(body).encode(), headers)))

    @property
    def cookie(self) -> str:
        """For the socket."""
        return "; ".join(f"{one.name}={one.value}" for one in self._jar)

    def _open(
        self, path: str, data: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> str:
        # The origin is what `up` published of this very DATA: http or https.
        request = Request(  # noqa: S310 - see above
            self.origin + path, data, {"origin": self.origin, **(headers or {})}
        )
        try:
            with self._opener.open(request, timeout=_TIMEOUT) as answer:
                return str(answer.read().decode())
        except HTTPError as refused:
            raise DeskRefused(_sentence(refused)) from None
        except (URLError, OSError) as away:
            raise DeskRefused(f"网页 {self.origin} 没有回应（{away}）。") from away


def _trust(ca: Path | None) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(ca) if ca and ca.exists() else None)


def _sentence(refused: HTTPError) -> str:
    body = refused.read().decode("utf-8", "replace")
    with contextlib.suppress(ValueError, TypeError, KeyError):
        return str(json.loads(body)["error"])
    return f"网页回答 {refused.code}。"


class Desk:
    """The socket of one desk. `seat` is the agent's own state as last told, `pops` what is on the
    screen by call."""

    def __init__(self, web: Web, socket: ClientConnection) -> None:
        self.web = web
        self.seat: dict[str, Any] = {}
        self.pops: dict[str, dict[str, Any]] = {}
        self._socket = socket
        self._changed = asyncio.Event()
        self._answers: dict[str, asyncio.Future[dict[str, Any]]] = {}

    async def act(self, act: str, **more: str) -> None:
        """Press something; DeskRefused with the sentence of the desk."""
        id_ = secrets.token_hex(8)
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._answers[id_] = answer
        try:
            await self._socket.send(json.dumps({"type": "act", "id": id_, "act": act, **more}))
            async with asyncio.timeout(_TIMEOUT):
                frame = await answer
        except (ConnectionClosed, TimeoutError) as gone:
            raise DeskRefused("坐席台没有回应。") from gone
        finally:
            del self._answers[id_]
        if frame["type"] == "refused":
            raise DeskRefused(str(frame["why"]))

    async def save(self, ticket: Ticket, call: str, phone: str) -> dict[str, Any]:
        """Save a ticket of this call; number, due date and its sentence once it is committed."""
        body = {**asdict(ticket), "key": secrets.token_hex(12), "call": call, "phone": phone}
        return await asyncio.to_thread(self.web.post, "/api/tickets", body)

    async def talking(self, within: float = 20.0) -> dict[str, Any]:
        """The pop of the call this agent has; TimeoutError."""
        return await self._until(
            lambda: next((p for p in self.pops.values() if p["stage"] == "talking"), None), within
        )

    async def history(self, call: str, within: float = 5.0) -> int:
        """How often this caller called before; TimeoutError while the ledger has not answered."""

        def look() -> int | None:
            known: int | None = self.pops.get(call, {}).get("caller", {}).get("earlier_calls")
            return known

        return await self._until(look, within)

    async def ready(self, within: float = 40.0) -> None:
        """Take away whatever keeps calls from this seat; TimeoutError when it stays away."""
        async with asyncio.timeout(within):
            while (state := self.seat.get("state")) != "ready":
                act = {"paused": "ready", "wrap-up": "wrap_up_done"}.get(str(state))
                if act is not None:
                    with contextlib.suppress(DeskRefused):
                        await self.act(act)
                with contextlib.suppress(TimeoutError):
                    await self._until(lambda: self.seat.get("state") == "ready" or None, 2.0)

    async def _until(self, look: Callable[[], T | None], within: float) -> T:
        async with asyncio.timeout(within):
            while (found := look()) is None:
                self._changed.clear()
                await self._changed.wait()
        return found

    async def listen(self) -> None:
        """Read the socket until it closes; everything reliable is acknowledged, as painted."""
        await self._socket.send(json.dumps({"type": "resume", "last_seq": 0, "epoch": ""}))
        with contextlib.suppress(ConnectionClosed):
            async for text in self._socket:
                frame = json.loads(text)
                self._take(frame)
                self._changed.set()
                if frame.get("seq"):
                    await self._socket.send(json.dumps({"type": "ack", "seq": frame["seq"]}))

    def _take(self, frame: dict[str, Any]) -> None:
        match frame["type"]:
            case "picture":
                self.seat = frame["seat"] or {}
                self.pops = {pop["call"]: pop for pop in frame["pops"]}
            case "agent":
                self.seat = frame["seat"]
            case "pop":
                self.pops[frame["call"]] = frame
            case "pop-withdrawn" | "pop-ended":
                self.pops.pop(frame["call"], None)
            case "done" | "refused" if frame.get("id") in self._answers:
                answer = self._answers[frame["id"]]
                if not answer.done():
                    answer.set_result(frame)
            case _:
                pass


@asynccontextmanager
async def open_desk(web: Web) -> AsyncIterator[Desk]:
    """The desk of whoever is logged in; DeskRefused when it does not open."""
    headers = {"cookie": web.cookie}
    address = web.origin.replace("http", "ws", 1) + "/desk/socket"
    try:
        socket = await connect(
            address,
            additional_headers=headers,
            origin=Origin(web.origin),
            proxy=None,
            ssl=web.trust,
            open_timeout=_TIMEOUT,
        )
    except (OSError, TimeoutError, ConnectionClosed) as away:
        raise DeskRefused(f"坐席台打不开（{away}）。") from away
    desk = Desk(web, socket)
    listening = asyncio.create_task(desk.listen())
    try:
        yield desk
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        with contextlib.suppress(ConnectionClosed, OSError):
            await socket.close()

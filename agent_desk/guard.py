"""What stands around every request: host and origin, size of the body, headers of the answer.

Plain ASGI, so that sockets and streams pass untouched.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agent_desk.desk_settings import DeskSettings
from agent_desk.errors import Forged, TooLarge
from agent_desk.shield import same_site
from hotline.errors import HotlineError

_UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_FILES: Final = re.compile(r"/tickets/[^/]+/files")
"""The one address to which whole files are sent."""
_PASSING: Final = 256 << 20
_PASSING_S: Final = 20.0


def policy(settings: DeskSettings) -> str:
    """The Content-Security-Policy: our own files only, no inline, no eval."""
    sockets = [o.replace("http", "ws", 1) for o in settings.origins]
    connect = " ".join(["'self'", *sockets, *settings.telephone_ws])
    return "; ".join(
        (
            "default-src 'none'",
            "style-src 'self'",
            "script-src 'self'",
            f"connect-src {connect}",
            "media-src 'self' blob:",
            "img-src 'self' data:",
            "form-action 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
        )
    )


def headers_of(settings: DeskSettings) -> dict[str, str]:
    """Sent with every answer."""
    headers = {
        "content-security-policy": policy(settings),
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": "microphone=(self), camera=(), geolocation=(), payment=(), usb=()",
    }
    if settings.secure:
        headers["strict-transport-security"] = "max-age=31536000"
    return headers


Answer = Callable[[HTTPConnection, Exception], Awaitable[Response]]


class Guard:
    """Refuses foreign hosts, foreign origins and bodies too large; adds the headers, to the page
    of a fault as well. ``refuse`` and ``fault`` make the answers."""

    def __init__(self, app: ASGIApp, settings: DeskSettings, refuse: Answer, fault: Answer) -> None:
        self._app = app
        self._settings = settings
        self._refuse = refuse
        self._fault = fault
        self._hosts = frozenset(urlsplit(o).netloc for o in settings.origins)
        self._headers = [(k.encode(), v.encode()) for k, v in headers_of(settings).items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        conn = HTTPConnection(scope)
        refusal = self._refusal(conn)
        if scope["type"] == "websocket":
            if refusal is None:
                await self._app(scope, receive, send)
            else:
                await send({"type": "websocket.close", "code": 1008})
            return
        answer = _Headed(send, scope["path"], self._headers)
        body = _Body(receive, self._most(scope))
        if refusal is not None:
            if isinstance(refusal, TooLarge):
                await body.let_pass()
            await (await self._refuse(conn, refusal))(scope, receive, answer)
            return
        try:
            await self._app(scope, body, answer)
        except Exception as error:
            if answer.started:
                raise
            await body.let_pass()
            await (await self._fault(conn, error))(scope, receive, answer)

    def _refusal(self, conn: HTTPConnection) -> HotlineError | None:
        if conn.headers.get("host", "") not in self._hosts:
            return Forged()
        if conn.scope["type"] == "http" and conn.scope["method"] not in _UNSAFE:
            return None
        if not same_site(conn, self._settings):
            return Forged()
        length = conn.headers.get("content-length", "0")
        most = self._most(conn.scope)
        if not (length.isascii() and length.isdigit()) or int(length) > most:
            return TooLarge(most)
        return None

    def _most(self, scope: Scope) -> int:
        """How many bytes a request may send: a file beside its form, or a form."""
        settings = self._settings
        takes_files = scope.get("method") == "POST" and _FILES.fullmatch(scope["path"])
        return settings.max_file + settings.max_body if takes_files else settings.max_body


class _Headed:
    """``send`` of one request, with our headers added where the answer starts."""

    def __init__(self, send: Send, path: str, headers: list[tuple[bytes, bytes]]) -> None:
        self._send = send
        caching = b"no-cache" if path.startswith("/static/") else b"no-store"
        self._extra = [*headers, (b"cache-control", caching)]
        self.started = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            message["headers"] = [*message.get("headers", ()), *self._extra]
        await self._send(message)


class _Body:
    """``receive`` of one request. A body sent in pieces, without a length, is counted as it comes:
    TooLarge beyond ``most``."""

    def __init__(self, receive: Receive, most: int) -> None:
        self._receive = receive
        self._most = most
        self._taken = 0
        self._ended = False

    async def __call__(self) -> Message:
        message = await self._next()
        if self._taken > self._most:
            raise TooLarge(self._most)
        return message

    async def let_pass(self) -> None:
        """Take what is still on its way and drop it, within reason: a browser whose sending is cut
        off shows a broken connection in place of our answer."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_PASSING_S):
                while not self._ended and self._taken < _PASSING:
                    await self._next()

    async def _next(self) -> Message:
        message = await self._receive()
        self._taken += len(message.get("body", b""))
        self._ended = not message.get("more_body", False)
        return message

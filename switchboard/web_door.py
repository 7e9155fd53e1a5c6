"""The web server's own door: which hosts it answers to, and by which certificate.

All of it follows from what `up` published (state.json): ``web_names`` (hosts, blank between),
``web_host`` (the address bound), ``web_port``, ``ws_port`` and ``tls`` ("" on loopback, "own" for
our CA, "given" for the site's own certificate).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
from collections.abc import Mapping
from typing import Any, Final

import uvicorn

from agent_desk.desk_settings import Trust
from agent_desk.web import serve_options
from switchboard.certificates import fingerprint
from switchboard.lan import origin
from switchboard.running import Place
from switchboard.settings import Settings
from switchboard.tls_files import CA, IN_USE

log = logging.getLogger(__name__)

LOOK_EVERY_S: Final = 5.0
_LOOPBACK_NAMES: Final = "127.0.0.1 localhost"


def origins(places: Mapping[str, Place]) -> tuple[str, ...]:
    """The addresses people open; requests that name another host are refused."""
    scheme = "https" if places.get("tls") else "http"
    names = str(places.get("web_names", _LOOPBACK_NAMES)).split()
    return tuple(origin(scheme, name, int(places["web_port"])) for name in names)


def telephone_lines(places: Mapping[str, Place]) -> tuple[str, ...]:
    """Asterisk's own WebSocket under each of these hosts; the one people type first."""
    if not places.get("tls"):
        return (str(places["ws_url"]),)
    names = str(places["web_names"]).split()
    ours = [origin("https", name, int(places["ws_port"])) for name in names]
    return tuple(f"wss{one.removeprefix('https')}/ws" for one in ours)


def trust(settings: Settings, places: Mapping[str, Place]) -> Trust | None:
    """What a seat has to trust first; nothing where the site has its own certificate."""
    if places.get("tls") != "own":
        return None
    pem = (settings.tls / CA).read_bytes()
    return Trust(pem=pem, fingerprint=fingerprint(pem))


class WebDoor:
    """uvicorn where seats come in, and the certificate it shows."""

    def __init__(
        self,
        app: Any,  # what build_app gives; its type belongs to the desk
        settings: Settings,
        places: Mapping[str, Place],
    ) -> None:
        options: dict[str, Any] = dict(serve_options())
        self._file = settings.tls / IN_USE if places.get("tls") else None
        self._context: ssl.SSLContext | None = None
        if self._file is not None:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.minimum_version = ssl.TLSVersion.TLSv1_2
            self._context.load_cert_chain(self._file)
            options["ssl_context_factory"] = lambda *_: self._context
        self._server = uvicorn.Server(
            uvicorn.Config(
                app,
                host=str(places.get("web_host", "127.0.0.1")),
                port=int(places["web_port"]),
                log_config=None,
                **options,
            )
        )

    async def serve(self) -> None:
        """uvicorn without its own signal handling: `up` asks this process to end, not uvicorn."""
        with contextlib.suppress(asyncio.CancelledError):
            await self._server._serve()  # noqa: SLF001 - serve() would take the signals from us

    def end(self) -> None:
        """Take no more requests and come out of `serve`."""
        self._server.should_exit = True

    async def keep_certificate(self) -> None:
        """Show a new certificate from the next connection on, whoever put it there; open pages
        notice nothing. One that cannot be read is left, and the old one stays."""
        if self._file is None or self._context is None:
            return
        seen = self._file.stat().st_mtime_ns
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            try:
                now = self._file.stat().st_mtime_ns
                if now == seen:
                    continue
                self._context.load_cert_chain(self._file)
            except OSError as fault:  # SSLError is one
                log.warning("certificate not read", extra={"why": type(fault).__name__})
            else:
                seen = now
                log.info("certificate changed")

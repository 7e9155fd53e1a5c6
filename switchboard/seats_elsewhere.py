"""What `up` does for seats elsewhere on the network: says where they come in, and keeps their
certificate fresh while calls go on.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from typing import Final
from urllib.error import URLError
from urllib.request import HTTPSHandler, ProxyHandler, build_opener

from asterisk_conf import certificate
from asterisk_conf.errors import ExchangeFailed
from asterisk_conf.plan import ExchangePlan
from switchboard.clock import utc_now
from switchboard.lan import Lan, origin
from switchboard.running import Place
from switchboard.settings import Settings
from switchboard.terminal import progress
from switchboard.tls_files import BadTls, Brought, bring

LOOK_EVERY_S: Final = 15.0


def published(lan: Lan, tls: Brought | None, web_port: int, ws_port: int) -> dict[str, Place]:
    """What state.json says of the way in; read by web_door.py and by other commands."""
    scheme = "https" if tls else "http"
    line = origin(scheme, lan.host, ws_port).replace("http", "ws", 1)
    return {
        "web": origin(scheme, lan.host, web_port),
        "web_host": lan.address,
        "web_names": " ".join(lan.names),
        "web_port": web_port,
        "seat_host": lan.address,
        "tls": ("own" if tls.ca else "given") if tls else "",
        "ws_url": f"{line}/ws",
        "ws_port": ws_port,
    }


def web_answers(web: str) -> bool:
    """Whether the web server lives. Who it is was checked before it got its certificate: one that
    has run out meanwhile must not look like a server that died, and be killed for it."""
    # Asked twenty times a second while it starts: a default context would read every CA of the
    # host each time.
    anyone = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    anyone.check_hostname = False
    anyone.verify_mode = ssl.CERT_NONE
    # A proxy in the environment is for the world outside, not for ourselves.
    direct = build_opener(ProxyHandler({}), HTTPSHandler(context=anyone))
    try:
        with direct.open(f"{web}/healthz", timeout=1.0) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


@contextlib.asynccontextmanager
async def renewing(renewal: Renewal) -> AsyncIterator[None]:
    """Meanwhile a certificate that ends soon is made anew, and one the site replaced is taken."""
    if not renewal.needed:
        yield
        return
    task = asyncio.create_task(_renew(renewal), name="certificate")
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _renew(renewal: Renewal) -> None:
    said = ""
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        told = await renewal.look()
        if told and told != said:
            progress(told)
        said = told


class Renewal:
    """Keeps what is presented fresh. What cannot be renewed stays in use: a seat that works is
    worth more than a certificate that is right."""

    def __init__(
        self, settings: Settings, lan: Lan, plan: ExchangePlan, *, owed: bool = False
    ) -> None:
        """`owed`: Asterisk has a new file and has not been told."""
        self._settings, self._lan, self._plan = settings, lan, plan
        self._owed = owed

    @property
    def needed(self) -> bool:
        """On loopback there is no certificate."""
        return self._lan.elsewhere

    async def look(self) -> str:
        """Look once; what people should know, empty for nothing."""
        try:
            brought = await asyncio.to_thread(bring, self._settings.tls, self._lan, utc_now())
            if await asyncio.to_thread(certificate.lay, self._plan, brought.combined):
                self._owed = True
            if self._owed:
                await certificate.take_new(self._plan)
                self._owed = False
                return f"证书已更换：{brought.state.now}。通话不受影响。"
        except (BadTls, ExchangeFailed) as fault:
            return f"证书没有更换：{fault}"
        if brought.state.state == "soon":
            return f"{brought.state.now}：请尽快更换 --cert 的证书，换好即生效，不用重启。"
        return ""

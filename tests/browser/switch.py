"""The smallest exchange a browser telephone can register at: SIP over a routed WebSocket.

It accepts every REGISTER, rings with an INVITE, and says yes to what a conversation asks
(re-INVITE, REFER, BYE). There is no sound behind it: tests of sound use a real Asterisk.
"""

from __future__ import annotations

import asyncio
import re
import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.async_api import WebSocketRoute

_FINGERPRINT = ":".join(["AB"] * 32)
_OFFER = "\r\n".join(
    (
        "v=0",
        "o=- 1 1 IN IP4 127.0.0.1",
        "s=switch",
        "c=IN IP4 127.0.0.1",
        "t=0 0",
        "m=audio 9 UDP/TLS/RTP/SAVPF 8",
        "a=rtpmap:8 PCMA/8000",
        "a=sendrecv",
        "a=rtcp-mux",
        "a=mid:0",
        "a=ice-ufrag:abcd",
        "a=ice-pwd:abcdefghijklmnopqrstuvwx",
        f"a=fingerprint:sha-256 {_FINGERPRINT}",
        "a=setup:{setup}",
        "",
    )
)
_COPIED = ("Via", "From", "Call-ID", "CSeq")


class Switch:
    """See the module. `heard` are the messages of the browser, oldest first."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.refuse_registration = False
        self.silent = False
        self._socket: WebSocketRoute | None = None
        self._contact = ""
        self._call = ""
        self._tag = ""
        self._via = ""
        self._cseq = 1
        self._answer_tag = ""

    async def connect(self, socket: WebSocketRoute) -> None:
        """For ``page.route_web_socket``."""
        self._socket = socket
        socket.on_message(lambda text: self._take(str(text)))

    def asked(self, method: str) -> int:
        """How many requests of this method the browser sent."""
        return sum(one.startswith(f"{method} ") for one in self.heard)

    async def hears(self, method: str, times: int = 1, within: float = 60.0) -> None:
        """Wait until the browser has sent so many requests of this method."""
        async with asyncio.timeout(within):
            while self.asked(method) < times:  # noqa: ASYNC110 - the messages come by callback
                await asyncio.sleep(0.02)

    async def cut(self) -> None:
        """The line to the exchange breaks."""
        if self._socket is not None:
            await self._socket.close()

    def ring(self, call: str = "call") -> None:
        """An INVITE for this browser."""
        self._call, self._tag = secrets.token_hex(8), secrets.token_hex(4)
        self._via = f"SIP/2.0/WS 127.0.0.1;branch=z9hG4bK{secrets.token_hex(6)}"
        self._answer_tag = ""
        self._request("INVITE", _OFFER.format(setup="actpass"), f"X-Hotline-Call: {call}\r\n")

    def stop_ringing(self) -> None:
        """The queue tries the next seat: CANCEL."""
        self._request("CANCEL")

    def hang_up(self) -> None:
        """The caller is gone: BYE."""
        self._via = f"SIP/2.0/WS 127.0.0.1;branch=z9hG4bK{secrets.token_hex(6)}"
        self._cseq += 1
        self._request("BYE")

    def _request(self, method: str, body: str = "", extra: str = "") -> None:
        to = f"<{self._contact}>" + (f";tag={self._answer_tag}" if self._answer_tag else "")
        kind = "Content-Type: application/sdp\r\n" if body else ""
        self._send(
            f"{method} {self._contact} SIP/2.0\r\nVia: {self._via}\r\nMax-Forwards: 70\r\n"
            f"From: <sip:caller@127.0.0.1>;tag={self._tag}\r\nTo: {to}\r\n"
            f"Call-ID: {self._call}\r\nCSeq: {self._cseq} {method}\r\n"
            f"Contact: <sip:exchange@127.0.0.1;transport=ws>\r\n{extra}{kind}"
            f"Content-Length: {len(body)}\r\n\r\n{body}"
        )

    def _take(self, text: str) -> None:
        if self.silent or not text.strip():
            return
        self.heard.append(text)
        if text.startswith("SIP/2.0"):
            self._answered(text)
            return
        method = text.split(" ", 1)[0]
        if method == "REGISTER":
            self._contact = _uri(_header(text, "Contact"))
            self._reply(text, 403 if self.refuse_registration else 200, _header(text, "Contact"))
        elif method == "INVITE":
            self._reply(text, 200, "<sip:exchange@127.0.0.1;transport=ws>", "passive")
        elif method == "REFER":
            self._reply(text, 202, "<sip:exchange@127.0.0.1;transport=ws>")
        elif method != "ACK":
            self._reply(text, 200, "")

    def _answered(self, text: str) -> None:
        found = re.match(r"SIP/2\.0 (\d{3})", text)
        assert found
        status, cseq = int(found[1]), _header(text, "CSeq")
        tag = re.search(r";tag=([^;\s]+)", _header(text, "To"))
        if tag:
            self._answer_tag = tag[1]
        if cseq.endswith("INVITE") and status >= 200:
            self._request("ACK")

    def _reply(self, request: str, status: int, contact: str, setup: str = "") -> None:
        body = _OFFER.format(setup=setup) if setup else ""
        to = _header(request, "To")
        if ";tag=" not in to:
            to += ";tag=switch"
        lines = [f"SIP/2.0 {status} {'OK' if status < 300 else 'No'}"]
        lines += [f"{name}: {_header(request, name)}" for name in _COPIED]
        lines += [f"To: {to}"]
        if contact:
            lines.append(f"Contact: {contact};expires=60")
        if body:
            lines.append("Content-Type: application/sdp")
        lines.append(f"Content-Length: {len(body)}")
        self._send("\r\n".join(lines) + "\r\n\r\n" + body)

    def _send(self, text: str) -> None:
        assert self._socket is not None
        self._socket.send(text)


def _header(text: str, name: str) -> str:
    found = re.search(rf"^{name}\s*:\s*(.*?)\r?$", text, re.MULTILINE | re.IGNORECASE)
    return found[1] if found else ""


def _uri(contact: str) -> str:
    found = re.search(r"<([^>]+)>", contact)
    return found[1] if found else contact

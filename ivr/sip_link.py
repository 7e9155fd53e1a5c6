"""One UDP socket that speaks SIP: client and server transactions of RFC 3261 §17.

Requests are sent again until an answer comes (timers A, B, E, F), answers to INVITE until the ACK
comes (G, H); what comes twice is answered twice and reported once.  Every message in and out is
put in the log.  Who owns the link hears each new request once by `on_request`, a 2xx that comes
again by `on_again`, an ACK by `on_ack`, and an answer nobody acknowledged by `on_unacknowledged`.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

from hotline.errors import HotlineError
from ivr import sip
from ivr.sip_headers import BadSip
from ivr.sip_log import SipLog

Address = tuple[str, int]


class NoResponse(HotlineError):
    """Nobody answered a request in time, not even provisionally."""

    def __init__(self, method: str) -> None:
        super().__init__(f"对方没有回应 {method}：请检查对方是否已启动，地址和端口是否正确")
        self.method = method


@dataclass(frozen=True, slots=True)
class Timers:
    """RFC 3261 table 4, in seconds: T1, T2, and 64·T1 after which a transaction is given up."""

    t1: float = 0.5
    t2: float = 4.0
    give_up: float = 32.0


@dataclass(frozen=True, slots=True)
class Incoming:
    """A request that came in and where from."""

    request: sip.Request
    peer: Address

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes it one transaction (RFC 3261 §17.2.3); an INVITE and its CANCEL differ."""
        via = sip.via(self.request)
        return via.branch or sip.call_id(self.request), via.sent_by, self.request.method


def _ignore_response(_response: sip.Response, _peer: Address) -> None:
    """The owner does not care."""


def _ignore_request(_incoming: Incoming) -> None:
    """The owner does not care."""


@dataclass(slots=True)
class Ears:
    """Who hears what; set once by the owner of the link."""

    on_request: Callable[[Incoming], None] = _ignore_request
    on_ack: Callable[[Incoming], None] = _ignore_request
    on_again: Callable[[sip.Response, Address], None] = _ignore_response
    on_unacknowledged: Callable[[Incoming], None] = _ignore_request


@dataclass(slots=True)
class Asking:
    """A request of ours under way. `final` is done by the last answer, or fails NoResponse."""

    request: sip.Request
    peer: Address
    final: asyncio.Future[sip.Response]
    on_provisional: Callable[[sip.Response], None]
    interval: float
    gives_up_at: float
    timer: asyncio.TimerHandle | None = None
    provisional: bool = False
    cancelled: bool = False

    def stop(self) -> None:
        """Send it no more."""
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None


@dataclass(slots=True)
class _Answer:
    """Our last answer in a server transaction; None while we are thinking."""

    datagram: bytes | None
    forget_at: float


@dataclass(slots=True)
class _Unacknowledged:
    """A final answer to INVITE that is repeated until the ACK."""

    incoming: Incoming
    datagram: bytes
    interval: float
    gives_up_at: float
    timer: asyncio.TimerHandle | None = None


@dataclass(slots=True)
class SipLink(asyncio.DatagramProtocol):
    """See the module. Use `await open_link(...)`; `close()` leaves no timer and no socket."""

    timers: Timers
    log: SipLog
    ears: Ears = field(default_factory=Ears)
    address: Address = ("", 0)
    closed: bool = False
    _transport: asyncio.DatagramTransport | None = None
    _asking: dict[tuple[str, str], Asking] = field(default_factory=dict)
    _acks: dict[str, tuple[bytes, Address, float]] = field(default_factory=dict)
    _answers: dict[tuple[str, str, str], _Answer] = field(default_factory=dict)
    _unacknowledged: dict[tuple[str, int], _Unacknowledged] = field(default_factory=dict)

    # ---- asking ---------------------------------------------------------------------------------
    def ask(
        self,
        request: sip.Request,
        peer: Address,
        on_provisional: Callable[[sip.Response], None] = lambda _response: None,
        *,
        branch: str = "",
    ) -> Asking:
        """Send a request, again and again until it is answered; await its `final`.

        A non-2xx answer to INVITE is acknowledged here; the 2xx is the caller's to acknowledge.
        """
        loop = asyncio.get_running_loop()
        branch = branch or "z9hG4bK" + secrets.token_hex(8)
        request = self._through(request, branch)
        asking = Asking(
            request,
            peer,
            loop.create_future(),
            on_provisional,
            self.timers.t1,
            loop.time() + self.timers.give_up,
        )
        # Nobody may be left to look at the failure when a telephone is closed in mid-request.
        asking.final.add_done_callback(lambda done: done.cancelled() or done.exception())
        self._asking[branch, request.method] = asking
        self._transmit(request, peer)
        asking.timer = loop.call_later(asking.interval, self._ask_again, branch, asking)
        return asking

    def cancel(self, asking: Asking) -> Asking:
        """Withdraw an INVITE that is under way (RFC 3261 §9.1): same branch, same number."""
        invite = asking.request
        lines = tuple(
            (name, f"{sip.cseq(invite).number} CANCEL" if name.lower() == "cseq" else value)
            for name, value in invite.headers.lines
            if name.lower() in {"from", "to", "call-id", "cseq", "route", "max-forwards"}
        )
        # Once the CANCEL is out the INVITE is not repeated any more.
        asking.stop()
        cancel = sip.Request("CANCEL", invite.uri, sip.Headers(lines))
        return self.ask(cancel, asking.peer, branch=sip.via(invite).branch)

    def send(self, request: sip.Request, peer: Address) -> bytes:
        """Send once, without a transaction: the ACK to a 2xx. Returns the datagram."""
        return self._transmit(self._through(request, "z9hG4bK" + secrets.token_hex(8)), peer)

    def resend(self, datagram: bytes, peer: Address) -> None:
        """Send the same bytes once more."""
        self.log.message("resent", sip.parse(datagram))
        self._put(datagram, peer)

    def _through(self, request: sip.Request, branch: str) -> sip.Request:
        host, port = self.address
        via = f"SIP/2.0/UDP {host}:{port};rport;branch={branch}"
        return sip.Request(
            request.method, request.uri, request.headers.with_first("Via", via), request.body
        )

    def _ask_again(self, branch: str, asking: Asking) -> None:
        loop = asyncio.get_running_loop()
        if asking.final.done() or loop.time() >= asking.gives_up_at:
            asking.stop()
            self._asking.pop((branch, asking.request.method), None)
            if not asking.final.done():
                asking.final.set_exception(NoResponse(asking.request.method))
            return
        if asking.request.method == "INVITE":
            asking.interval *= 2
        else:
            asking.interval = min(2 * asking.interval, self.timers.t2)
        self.resend(sip.encode(asking.request), asking.peer)
        wait = min(asking.interval, max(0.0, asking.gives_up_at - loop.time()))
        asking.timer = loop.call_later(wait, self._ask_again, branch, asking)

    def _take_response(self, response: sip.Response, peer: Address) -> None:
        branch, method = sip.via(response).branch, sip.cseq(response).method
        asking = self._asking.get((branch, method))
        if asking is None:
            self._take_again(branch, method, response, peer)
            return
        if response.status < 200:
            if method == "INVITE":
                asking.stop()
            asking.provisional = True
            asking.on_provisional(response)
            return
        asking.stop()
        del self._asking[branch, method]
        if method == "INVITE" and response.status >= 300:
            self._acknowledge(asking, response, branch)
        if not asking.final.done():
            asking.final.set_result(response)

    def _take_again(self, branch: str, method: str, response: sip.Response, peer: Address) -> None:
        if branch in self._acks and response.status >= 300:
            datagram, where, _ = self._acks[branch]
            self.resend(datagram, where)
        elif method == "INVITE" and 200 <= response.status < 300:
            self.ears.on_again(response, peer)

    def _acknowledge(self, asking: Asking, response: sip.Response, branch: str) -> None:
        """The ACK to a non-2xx belongs to the INVITE's own transaction (RFC 3261 §17.1.1.3)."""
        invite = asking.request
        kept = tuple(
            line
            for line in invite.headers.lines
            if line[0].lower() in {"from", "call-id", "route", "max-forwards"}
        )
        own = (
            ("Via", invite.headers.listed("Via")[0]),
            *kept,
            ("To", str(sip.to(response))),
            ("CSeq", f"{sip.cseq(invite).number} ACK"),
        )
        datagram = self._transmit(sip.Request("ACK", invite.uri, sip.Headers(own)), asking.peer)
        now = asyncio.get_running_loop().time()
        self._acks = {key: kept for key, kept in self._acks.items() if kept[2] > now}
        self._acks[branch] = (datagram, asking.peer, now + self.timers.give_up)

    # ---- answering ------------------------------------------------------------------------------
    def reply(self, incoming: Incoming, response: sip.Response) -> None:
        """Answer a request; the answer is repeated whenever the request is, and a final one to
        INVITE until it is acknowledged."""
        loop = asyncio.get_running_loop()
        datagram = self._transmit(response, incoming.peer)
        self._answers[incoming.key] = _Answer(datagram, loop.time() + self.timers.give_up)
        if incoming.request.method == "INVITE" and response.status >= 200:
            key = (sip.call_id(incoming.request), sip.cseq(incoming.request).number)
            waiting = _Unacknowledged(
                incoming, datagram, self.timers.t1, loop.time() + self.timers.give_up
            )
            self._unacknowledged[key] = waiting
            waiting.timer = loop.call_later(waiting.interval, self._reply_again, key, waiting)

    def _reply_again(self, key: tuple[str, int], waiting: _Unacknowledged) -> None:
        loop = asyncio.get_running_loop()
        if loop.time() >= waiting.gives_up_at:
            self._unacknowledged.pop(key, None)
            self.ears.on_unacknowledged(waiting.incoming)
            return
        waiting.interval = min(2 * waiting.interval, self.timers.t2)
        self.resend(waiting.datagram, waiting.incoming.peer)
        wait = min(waiting.interval, max(0.0, waiting.gives_up_at - loop.time()))
        waiting.timer = loop.call_later(wait, self._reply_again, key, waiting)

    def _take_request(self, request: sip.Request, peer: Address) -> None:
        incoming = Incoming(request, peer)
        if request.method == "ACK":
            waiting = self._unacknowledged.pop(
                (sip.call_id(request), sip.cseq(request).number), None
            )
            if waiting is not None and waiting.timer is not None:
                waiting.timer.cancel()
            self.ears.on_ack(incoming)
            return
        now = asyncio.get_running_loop().time()
        known = self._answers.get(incoming.key)
        if known is not None and known.forget_at > now:
            if known.datagram is not None:
                self.resend(known.datagram, peer)
            return
        self._answers = {key: kept for key, kept in self._answers.items() if kept.forget_at > now}
        self._answers[incoming.key] = _Answer(None, now + self.timers.give_up)
        self.ears.on_request(incoming)

    # ---- the socket -----------------------------------------------------------------------------
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Asyncio's own call when the socket is open."""
        self._transport = cast("asyncio.DatagramTransport", transport)
        host, port = transport.get_extra_info("sockname")[:2]
        self.address = (host, port)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Asyncio's own call for each datagram; nothing it may hold can stop the telephone."""
        if not data.strip(b"\r\n\0 "):
            return  # a keep-alive
        try:
            message = sip.parse(data)
            self.log.message("received", message)
            if isinstance(message, sip.Request):
                self._take_request(message, addr[:2])
            else:
                self._take_response(message, addr[:2])
        except BadSip as fault:
            self.log.note("unreadable", str(fault))

    def error_received(self, exc: Exception) -> None:
        """Asyncio's own call for an ICMP refusal: the timers see to it."""

    def _transmit(self, message: sip.Message, peer: Address) -> bytes:
        datagram = sip.encode(message)
        self.log.message("sent", message)
        self._put(datagram, peer)
        return datagram

    def _put(self, datagram: bytes, peer: Address) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.sendto(datagram, peer)

    def close(self) -> None:
        """Forget everything under way and close the socket; waiting requests fail NoResponse."""
        self.closed = True
        for asking in self._asking.values():
            asking.stop()
            if not asking.final.done():
                asking.final.set_exception(NoResponse(asking.request.method))
        for waiting in self._unacknowledged.values():
            if waiting.timer is not None:
                waiting.timer.cancel()
        self._asking.clear()
        self._unacknowledged.clear()
        if self._transport is not None:
            self._transport.close()


async def open_link(bind: Address, timers: Timers, log: SipLog) -> SipLink:
    """A link on that address; port 0 takes a free one. OSError when the port is taken."""
    loop = asyncio.get_running_loop()
    _, link = await loop.create_datagram_endpoint(lambda: SipLink(timers, log), local_addr=bind)
    return link

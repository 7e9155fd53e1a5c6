"""A SIP telephone over UDP: registers, calls, takes calls in the manner it was told, keeps a log.

    telephone = await open_telephone(Setup("1001", password="…", server=("127.0.0.1", 5060)))
    await telephone.register()
    call = await telephone.next_call(10)      # answered by itself: telephone.manner = Answer()
    call = await telephone.call("12345")      # or call out
    await call.answered()
    await telephone.close()

Every SIP message in and out is in `telephone.log`.  `close` leaves no task, timer or socket.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final, assert_never

from hotline.errors import HotlineError
from ivr import sip
from ivr.call_requests import take
from ivr.call_session import open_session
from ivr.dialog import Dialog
from ivr.g711 import Law
from ivr.sip_digest import Credentials
from ivr.sip_headers import BadSip, NameAddr
from ivr.sip_link import Address, Incoming, NoResponse, SipLink, Timers, open_link
from ivr.sip_log import SipLog
from ivr.station import ALLOW, CallRefused, NotInCall, Proof, Station
from ivr.telephone_call import Call, taken_call

_log: Final = logging.getLogger(__name__)


class RegistrationRefused(HotlineError):
    """The exchange does not take us: the status it gave."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(f"交换机不接受注册：{status} {reason}，请检查号码和密码")
        self.status = status


@dataclass(frozen=True, slots=True)
class Setup:
    """A telephone as it is bought: number, password, exchange, own address (port 0: any)."""

    user: str
    password: str = field(default="", repr=False)
    server: Address = ("127.0.0.1", 5060)
    bind: Address = ("127.0.0.1", 0)
    domain: str = ""
    display: str = ""
    laws: tuple[Law, ...] = ("PCMA", "PCMU")
    timers: Timers = Timers()


@dataclass(frozen=True, slots=True)
class Answer:
    """Ring for so many seconds, then answer and say something."""

    after: float = 0.0
    say: bytes = field(default=b"", repr=False)
    loop: bool = False


@dataclass(frozen=True, slots=True)
class Reject:
    """Refuse with that status, at once or after ringing for a while."""

    status: int = 486
    after: float = 0.0


@dataclass(frozen=True, slots=True)
class Ring:
    """Ring and leave it: for ever, or until somebody calls `call.answer()`."""


@dataclass(frozen=True, slots=True)
class Silent:
    """Say nothing at all to an INVITE; OPTIONS is still answered."""


Manner = Answer | Reject | Ring | Silent


class Telephone:
    """See the module. `manner` may be changed at any time and holds for the next call."""

    def __init__(self, setup: Setup, link: SipLink, manner: Manner) -> None:
        self.setup = setup
        self.manner = manner
        self.calls: dict[str, Call] = {}
        self.registered = False
        credentials = Credentials(setup.user, setup.password) if setup.password else None
        self.station = Station(link, link.log, setup.user, setup.laws, credentials, set())
        self._came: asyncio.Queue[Call] = asyncio.Queue()
        self._registration: tuple[str, str] = (secrets.token_hex(12), secrets.token_hex(6))
        self._registrations = 0
        self._refresh: asyncio.Task[None] | None = None
        ears = link.ears
        ears.on_request, ears.on_ack = self._take, self._acknowledged
        ears.on_again, ears.on_unacknowledged = self._answered_again, self._unacknowledged

    @property
    def address(self) -> Address:
        """Where its SIP socket is."""
        return self.station.link.address

    @property
    def log(self) -> SipLog:
        """Every SIP message and key, in order."""
        return self.station.log

    @property
    def _home(self) -> str:
        return self.setup.domain or self.setup.server[0]

    # ---- the exchange ---------------------------------------------------------------------------
    async def register(self, *, seconds: int = 300) -> None:
        """Register and stay registered. RegistrationRefused, NoResponse."""
        granted = await self._register(seconds)
        self._stop_refreshing()
        self._refresh = asyncio.get_running_loop().create_task(self._stay(seconds, granted))

    async def unregister(self) -> None:
        """Sign off; RegistrationRefused, NoResponse."""
        self._stop_refreshing()
        await self._register(0)

    async def _register(self, seconds: int) -> int:
        response = await self.station.ask(
            lambda proof: self._register_request(seconds, proof), self.setup.server
        )
        self.registered = seconds > 0 and response.status < 300
        if response.status >= 300:
            raise RegistrationRefused(response.status, response.reason)
        return _granted(response, seconds)

    def _register_request(self, seconds: int, proof: Proof) -> sip.Request:
        self._registrations += 1
        call_id, tag = self._registration
        host, port = self.setup.server
        who = NameAddr(f"sip:{self.setup.user}@{self._home}", self.setup.display)
        lines = (
            ("Max-Forwards", "70"),
            ("From", str(who.with_tag(tag))),
            ("To", str(who)),
            ("Call-ID", call_id),
            ("CSeq", f"{self._registrations} REGISTER"),
            ("Contact", f"<{self.station.contact}>"),
            ("Expires", str(seconds)),
            *proof,
        )
        return sip.Request("REGISTER", f"sip:{host}:{port}", sip.Headers(lines))

    async def _stay(self, seconds: int, granted: int) -> None:
        wait = granted * 0.8
        while True:
            await asyncio.sleep(wait)
            try:
                wait = await self._register(seconds) * 0.8
            except (RegistrationRefused, NoResponse):
                self.registered = False
                _log.warning("telephone registration not renewed")
                wait = min(5.0, granted * 0.2)

    def _stop_refreshing(self) -> None:
        if self._refresh is not None:
            self._refresh.cancel()
            self._refresh = None

    # ---- calling --------------------------------------------------------------------------------
    async def call(
        self,
        number: str,
        *,
        caller: str = "",
        headers: tuple[tuple[str, str], ...] = (),
    ) -> Call:
        """Dial a number at the exchange, or a whole sip: address there; `caller` replaces our own
        number in From. Returns when the INVITE is out: await `call.answered()`. BadSip when a
        value cannot be sent."""
        host, port = self.setup.server
        target = number if number.startswith("sip:") else f"sip:{number}@{host}:{port}"
        session = await open_session(self.address[0], self.setup.laws, lambda _key: None)
        local = NameAddr(f"sip:{caller or self.setup.user}@{self._home}", self.setup.display)
        dialog = Dialog(
            call_id=secrets.token_hex(16),
            local=local.with_tag(secrets.token_hex(6)),
            remote=NameAddr(target),
            target=target,
            contact=self.station.contact,
        )
        invite = dialog.request("INVITE", 1, (ALLOW, *headers), sdp=session.offer())
        try:
            sip.encode(invite)
        except BadSip:
            session.line.close()
            raise
        call = Call(self.station, self.setup.server, dialog, invite, session, None)
        self._keep(call)
        call.dial()
        return call

    async def next_call(self, timeout: float | None = 10.0) -> Call:
        """The next call that comes in, in the order of arrival; TimeoutError when none does
        (None: wait for ever)."""
        async with asyncio.timeout(timeout):
            return await self._came.get()

    def _keep(self, call: Call) -> None:
        # A call that is over is kept while its far end may still repeat itself.
        long_ago = self.log.now() - timedelta(seconds=2 * self.setup.timers.give_up)
        for key, old in list(self.calls.items()):
            if old.ending is not None and old.ending.at < long_ago:
                del self.calls[key]
        self.calls[call.id] = call

    # ---- what comes in --------------------------------------------------------------------------
    def _take(self, incoming: Incoming) -> None:
        request = incoming.request
        call = self.calls.get(sip.call_id(request))
        tagged = bool(sip.to(request).tag)
        match request.method:
            case "CANCEL":
                self._reply(incoming, 200 if call else 481)
                if call is not None:
                    call.withdrawn()
            case "INVITE" if call is None and not tagged:
                self._take_call(incoming)
            case _ if call is not None and tagged and not self._strange(call, request):
                if call.ending is None or request.method == "NOTIFY":
                    take(call, incoming)
                else:
                    self._reply(incoming, 481)
            case "OPTIONS":
                self._reply(incoming, 200)
            case "NOTIFY" if not tagged:
                self._reply(incoming, 200)  # message waiting and the like, unasked for
            case "BYE" | "INVITE" | "UPDATE" | "INFO" | "NOTIFY" | "REFER":
                self._reply(incoming, 481)
            case _:
                self._reply(incoming, 501)

    def _strange(self, call: Call, request: sip.Request) -> bool:
        """Whether a request claims our Call-ID with tags of some other call."""
        theirs = call.dialog.remote.tag
        wrong_local = sip.to(request).tag != call.dialog.local.tag
        return wrong_local or bool(theirs and sip.from_(request).tag != theirs)

    def _take_call(self, incoming: Incoming) -> None:
        manner = self.manner
        if isinstance(manner, Silent):
            return
        try:
            call = taken_call(self.station, incoming)
        except BadSip:  # a Contact that leads nowhere
            self._reply(incoming, 400)
            return
        self._keep(call)
        if isinstance(manner, Ring) or manner.after > 0 or isinstance(manner, Answer):
            call.ring()
        self.station.run(self._behave(call, manner))
        self._came.put_nowait(call)

    async def _behave(self, call: Call, manner: Answer | Reject | Ring) -> None:
        with contextlib.suppress(NotInCall, BadSip):
            match manner:
                case Answer():
                    await asyncio.sleep(manner.after)
                    await call.answer()
                    call.play(manner.say, loop=manner.loop)
                case Reject():
                    await asyncio.sleep(manner.after)
                    call.reject(manner.status)
                case Ring():
                    pass
                case _:
                    assert_never(manner)

    def _acknowledged(self, incoming: Incoming) -> None:
        if call := self.calls.get(sip.call_id(incoming.request)):
            call.acknowledged(incoming.request)

    def _answered_again(self, response: sip.Response, _peer: Address) -> None:
        if call := self.calls.get(sip.call_id(response)):
            call.answered_again()

    def _unacknowledged(self, incoming: Incoming) -> None:
        if call := self.calls.get(sip.call_id(incoming.request)):
            call.unacknowledged()

    def _reply(self, incoming: Incoming, status: int) -> None:
        contact = (("Contact", f"<{self.station.contact}>"), ALLOW)
        tag = secrets.token_hex(6)
        self.station.link.reply(
            incoming, sip.respond(incoming.request, status, to_tag=tag, extra=contact)
        )

    # ---- the end --------------------------------------------------------------------------------
    async def hang_up_all(self) -> None:
        """End every call properly."""
        await asyncio.gather(*(call.hang_up() for call in list(self.calls.values())))

    async def close(self) -> None:
        """Switch off: no farewell to anybody, nothing left. Safe to call twice."""
        self._stop_refreshing()
        for call in self.calls.values():
            call.close()
        self.station.link.close()
        tasks = list(self.station.tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)  # asyncio closes its sockets in the next turn of the loop


def _granted(response: sip.Response, asked: int) -> int:
    """How long the exchange keeps us, at least a second so that a nought cannot spin."""
    contact = sip.contact(response)
    told = dict(contact.params).get("expires", "") if contact else ""
    told = told or response.headers.first("Expires") or ""
    return max(1, int(told)) if told.isascii() and told.isdigit() and len(told) < 9 else asked


async def open_telephone(setup: Setup, manner: Manner | None = None) -> Telephone:
    """A telephone switched on, not yet registered. OSError when its port is taken."""
    link = await open_link(setup.bind, setup.timers, SipLog())
    return Telephone(setup, link, manner or Answer())


def moved(setup: Setup, port: int) -> Setup:
    """The same telephone on that port: to come back where it was."""
    return replace(setup, bind=(setup.bind[0], port))


__all__ = [
    "Address",
    "Answer",
    "Call",
    "CallRefused",
    "Manner",
    "NoResponse",
    "NotInCall",
    "RegistrationRefused",
    "Reject",
    "Ring",
    "Setup",
    "Silent",
    "Telephone",
    "Timers",
    "moved",
    "open_telephone",
]

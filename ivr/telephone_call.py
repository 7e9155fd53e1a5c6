"""One call of a SIP telephone, made or taken: ring, answer, speak, hold, hand over, end."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Literal

from ivr import sdp, sip, sound
from ivr.call_session import CallSession, open_session
from ivr.dialog import Dialog, answering, asserted_caller
from ivr.sip_headers import BadSip, number_in
from ivr.sip_link import Address, Asking, Incoming, NoResponse
from ivr.sound_line import SoundLine
from ivr.station import (
    ALLOW,
    CallRefused,
    Ending,
    How,
    NotInCall,
    Proof,
    State,
    Station,
)


class Call:
    """A call. Made by `Telephone.call` or handed out by `Telephone.next_call`.

    `invite` is the INVITE that began it, `response` the last answer to ours, `line` its sound once
    there is any, `number` the far end's, `dialled` what was dialled, `ending` how it ended.
    """

    def __init__(
        self,
        station: Station,
        peer: Address,
        dialog: Dialog,
        invite: sip.Request,
        session: CallSession | None,
        incoming: Incoming | None,
    ) -> None:
        self.station = station
        self.dialog = dialog
        self.invite = invite
        self.session = session
        self.response: sip.Response | None = None
        self.ending: Ending | None = None
        self.state: State = "calling" if incoming is None else "ringing"
        self.keys_heard = ""
        self.began_at = station.log.now()
        self.answered_at: datetime | None = None
        self.transfer_news: asyncio.Queue[int] = asyncio.Queue()
        self.peer = peer
        self._incoming = incoming
        self._number = 0
        self._asking: Asking | None = None
        self._cancel_wanted = False
        self._ack: bytes | None = None
        self._ringing, self._answered, self._ended = (asyncio.Event() for _ in range(3))
        if session is not None:
            session.line.on_key = self.hear_key

    # ---- what is known --------------------------------------------------------------------------
    @property
    def id(self) -> str:
        """The Call-ID."""
        return self.dialog.call_id

    @property
    def incoming(self) -> bool:
        """Whether the far end called us."""
        return self._incoming is not None

    @property
    def number(self) -> str:
        """The far end's number as it was given to us."""
        return asserted_caller(self.invite) if self.incoming else sip.to(self.invite).user

    @property
    def dialled(self) -> str:
        """The number in the request line of the INVITE."""
        return number_in(self.invite.uri)

    def header(self, name: str) -> str | None:
        """A header the far end sent: of its INVITE, or of its last answer to ours."""
        message = self.invite if self.incoming else self.response
        return message.headers.first(name) if message is not None else None

    @property
    def line(self) -> SoundLine | None:
        """The sound's own counters: packets sent and received, strays."""
        return self.session.line if self.session else None

    @property
    def held_by_them(self) -> bool:
        """Whether the far end has put us on hold."""
        return self.session is not None and self.session.held_by_them

    def heard(self) -> bytes:
        """All the sound heard so far, gaps as silence; after the end as long as the call was."""
        return self.session.heard() if self.session else b""

    def heard_lately(self, seconds: float) -> bytes:
        """The last so many seconds of it."""
        return self.session.heard_lately(seconds) if self.session else b""

    def hears_tone(self, hz: float, seconds: float = 0.2) -> bool:
        """Whether a tone of that frequency was heard for so long since the call began."""
        return sound.has_tone(self.heard(), hz, seconds=seconds)

    def save(self, path: Path) -> None:
        """Write what was heard to a wav file."""
        sound.write_wav(path, self.heard())

    # ---- waiting --------------------------------------------------------------------------------
    async def ringing(self, timeout: float = 10.0) -> None:
        """Return when the far end rings (or has answered); CallRefused when it does not take it."""
        await self._until(self._ringing, timeout)

    async def answered(self, timeout: float = 10.0) -> None:
        """Return when the call is answered; CallRefused when it ends before, TimeoutError."""
        await self._until(self._answered, timeout)

    async def ended(self, timeout: float | None = 10.0) -> Ending:
        """Return how the call ended; TimeoutError when it goes on (None: wait for ever)."""
        async with asyncio.timeout(timeout):
            await self._ended.wait()
        assert self.ending is not None  # noqa: S101 - set before the event
        return self.ending

    async def _until(self, event: asyncio.Event, timeout: float) -> None:
        async with asyncio.timeout(timeout):
            waits = [asyncio.ensure_future(one.wait()) for one in (event, self._ended)]
            try:
                await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for one in waits:
                    one.cancel()
        if not event.is_set() and self.ending is not None:
            raise CallRefused(self.ending.status, self.ending.reason or self.ending.how)

    # ---- sound ----------------------------------------------------------------------------------
    def play(self, pcm: bytes, *, loop: bool = False) -> None:
        """Speak; comes after what is being played already."""
        self._sound("播放").play(pcm, loop=loop)

    def hush(self) -> None:
        """Stop speaking."""
        self._sound("静音").hush()

    async def played(self) -> None:
        """Return when everything has been said."""
        await self._sound("播放").played()

    async def press(self, keys: str, *, seconds: float = 0.1, pause: float = 0.1) -> None:
        """Press keys (RFC 4733); return when the last is sent."""
        line = self._sound("按键")
        for key in keys:
            self.station.log.note("key-sent", key, call_id=self.id)
        await line.press(keys, seconds=seconds, pause=pause)

    def _sound(self, act: str) -> SoundLine:
        return self._talk(act).line

    def _talk(self, act: str) -> CallSession:
        if self.session is None or self.state == "ended" or not self.session.connected:
            raise NotInCall(act, self.state)
        return self.session

    def hear_key(self, key: str) -> None:
        """The far end pressed a key."""
        self.keys_heard += key
        self.station.log.note("key-heard", key, call_id=self.id)

    # ---- asking ---------------------------------------------------------------------------------
    async def ask(
        self,
        method: str,
        extra: tuple[tuple[str, str], ...] = (),
        *,
        body: bytes = b"",
        session: bytes = b"",
    ) -> sip.Response:
        """A request inside the call and its last answer; a challenge is answered. NoResponse."""

        def build(proof: Proof) -> sip.Request:
            self._number += 1
            request = self.dialog.request(method, self._number, (*extra, *proof), sdp=session)
            return replace(request, body=body) if body else request

        return await self.station.ask(build, self.peer)

    def dial(self) -> None:
        """Begin a call of ours: sends the INVITE. The telephone's own step."""
        self.station.run(self._dial())

    async def _dial(self) -> None:
        def build(proof: Proof) -> sip.Request:
            self._number += 1
            again = self.invite.headers.without("CSeq")
            lines = again.plus(("CSeq", f"{self._number} INVITE"), *proof)
            return replace(self.invite, headers=lines)

        def send(request: sip.Request, peer: Address) -> Asking:
            self._asking = self.station.link.ask(request, peer, self._provisional)
            return self._asking

        try:
            response = await self.station.ask(build, self.peer, send)
        except NoResponse as silence:
            self.finish("us" if self._cancel_wanted else "them", "no-response", 0, str(silence))
            return
        except BadSip as fault:  # a challenge of a kind we cannot answer
            self.finish("us", "refused", 401, str(fault))
            return
        self.response = response
        if response.status < 300:
            await self._taken(response)
        elif self._cancel_wanted:
            self.finish("us", "cancelled", response.status, response.reason)
        else:
            self.finish("them", "refused", response.status, response.reason)

    def _provisional(self, response: sip.Response) -> None:
        self.response = response
        if response.status >= 180:
            self._ringing.set()
        if self.state == "calling" and response.status >= 180:
            self.state = "ringing"
        if self._cancel_wanted and self._asking is not None:
            self._withdraw(self._asking)
        if response.body and self.session is not None and self.ending is None:
            with contextlib.suppress(BadSip):
                self.session.accept(response.body)

    async def _taken(self, response: sip.Response) -> None:
        self.dialog = self.dialog.confirmed(response)
        ack = self.dialog.request("ACK", self._number)
        self._ack = self.station.link.send(ack, self.peer)
        if self.ending is not None or self._cancel_wanted or self.session is None:
            # The answer crossed our CANCEL: the far end believes in a conversation.
            await self._say_bye("us", "cancelled", 0, "")
            return
        try:
            self.session.accept(response.body)
        except BadSip as fault:
            await self._say_bye("us", "refused", 488, str(fault))
            return
        self._now_talking()

    def _now_talking(self) -> None:
        self.state = "talking"
        self.answered_at = self.station.log.now()
        self._ringing.set()
        self._answered.set()

    def offer(self, direction: sdp.Direction) -> bytes:
        """A new offer of ours inside the call; NotInCall when there is no sound."""
        return self._talk("保持").offer(direction)

    def agree(self, response: sip.Response, direction: sdp.Direction) -> None:
        """Acknowledge the 2xx to an offer of ours inside the call and go by it."""
        self.dialog = self.dialog.refreshed(response)
        ack = self.dialog.request("ACK", sip.cseq(response).number)
        self._ack = self.station.link.send(ack, self.peer)
        self._talk("保持").accept(response.body, direction)

    def answered_again(self) -> None:
        """The 2xx came twice: our ACK was lost."""
        if self._ack is not None:
            self.station.link.resend(self._ack, self.peer)

    # ---- acts -----------------------------------------------------------------------------------
    def ring(self, *, early: bool = False) -> None:
        """Tell the caller that it rings here (180, or 183 with `early`)."""
        if self._incoming is not None and self.state == "ringing":
            self.reply(self._incoming, 183 if early else 180)

    async def answer(self) -> None:
        """Take the call. NotInCall when it no longer rings; BadSdp answers 488 and ends it."""
        incoming = self._incoming
        if incoming is None or self.state != "ringing":
            raise NotInCall("接听", self.state)
        host = self.station.link.address[0]
        session = await open_session(host, self.station.laws, self.hear_key)
        if self.ending is not None:  # the caller gave up while the socket was opened
            session.line.close()
            raise NotInCall("接听", "ended")
        try:
            ours = session.answer(incoming.request.body)
        except BadSip as fault:
            session.line.close()
            self.reject(488, str(fault))
            raise
        self.session = session
        self.reply(incoming, 200, session=ours)
        self._now_talking()

    def reject(self, status: int = 486, reason: str = "") -> None:
        """Refuse a call that rings here."""
        if self._incoming is None or self.state != "ringing":
            raise NotInCall("拒接", self.state)
        self.reply(self._incoming, status)
        self.finish("us", "refused", status, reason or sip.REASONS.get(status, ""))

    async def hang_up(self) -> None:
        """End it, whatever its state: CANCEL, BYE or 486. Returns in 3 s at most."""
        if self.state == "ended":
            return
        if self._incoming is not None and self.state == "ringing":
            self.reject(486)
        elif self.state == "talking":
            await self._say_bye("us", "hung-up", 0, "")
        else:
            await self._cancel()

    async def _say_bye(self, by: Literal["us", "them"], how: How, status: int, why: str) -> None:
        self.finish(by, how, status, why)
        with contextlib.suppress(NoResponse, TimeoutError):
            async with asyncio.timeout(3.0):
                await self.ask("BYE")

    async def _cancel(self) -> None:
        self._cancel_wanted = True
        # RFC 3261 §9.1: no CANCEL before a provisional answer; _provisional sees to it then.
        if self._asking is not None and self._asking.provisional:
            self._withdraw(self._asking)
        with contextlib.suppress(TimeoutError):
            await self.ended(3.0)
        self.finish("us", "cancelled", 0, "")

    def _withdraw(self, asking: Asking) -> None:
        if not asking.cancelled:
            asking.cancelled = True
            self.station.link.cancel(asking)

    # ---- the telephone's own steps --------------------------------------------------------------
    def withdrawn(self) -> None:
        """The caller's CANCEL."""
        if self._incoming is not None and self.state == "ringing":
            self.reply(self._incoming, 487)
            why = self.invite.headers.first("Reason") or ""
            self.finish("them", "cancelled", 487, why)

    def acknowledged(self, request: sip.Request) -> None:
        """The ACK to our answer; brings the far end's session when its INVITE had none."""
        if request.body and self.session is not None and self.state == "talking":
            with contextlib.suppress(BadSip):
                self.session.accept(request.body)

    def unacknowledged(self) -> None:
        """Nobody acknowledged our answer: the far end is gone."""
        if self.state == "talking":
            self.station.run(self._say_bye("them", "no-ack", 0, ""))

    def reply(self, incoming: Incoming, status: int, *, session: bytes = b"") -> None:
        """Answer a request of this call."""
        extra = [("Contact", f"<{self.station.contact}>"), ALLOW]
        if session:
            extra.append(("Content-Type", "application/sdp"))
        response = sip.respond(
            incoming.request, status, to_tag=self.dialog.local.tag, extra=tuple(extra), body=session
        )
        self.station.link.reply(incoming, response)

    def finish(self, by: Literal["us", "them"], how: How, status: int, reason: str) -> None:
        """It is over; only the first ending counts."""
        if self.ending is None:
            self.state = "ended"
            self.ending = Ending(self.station.log.now(), by, how, status, reason)
            if self.session is not None:
                self.session.line.close()
            self._ended.set()

    def close(self) -> None:
        """The telephone is switched off: nothing more is said."""
        self.finish("us", "closed", 0, "")


def taken_call(station: Station, incoming: Incoming) -> Call:
    """The call of an INVITE that came in."""
    dialog = answering(incoming.request, secrets.token_hex(6), station.contact)
    return Call(station, incoming.peer, dialog, incoming.request, None, incoming)

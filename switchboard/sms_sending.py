"""Messages on their way out: from the outbox to a gateway, each once, whatever crashes meanwhile.

A message comes into the outbox in the transaction of the act it belongs to. Before it is handed to
a gateway it is marked ``sending``; whoever finds it so after a crash cannot know whether it went
out. A gateway that tells keys apart gets it again; with any other it is given to people (电话回访),
for two messages are worse than one call.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections.abc import Callable
from typing import Final

from hotline.errors import HotlineError, ImpossibleMove, NoSuch, Objected
from hotline.handling_words import Act, Stage
from hotline.joined_callers import TOPIC as MATTER
from hotline.messages import TOPIC, MessageGateway, Receipt, Taken, Text, survey_key, survey_text
from hotline.ratings import Invited
from hotline.words import Phone, TicketId
from ledger.call_ratings import TOPIC as CALL_RATING
from ledger.messages import StoredMessage
from ledger.outbox import Message
from ledger.store import Ledger
from ledger.ticket_rows import StoredTicket
from switchboard.joined_callers import JoinedCallers
from switchboard.rating_acts import BY_KEY, RatingActs, by_key

log = logging.getLogger(__name__)

_HOLD: Final = dt.timedelta(minutes=5)
_IDLE_S: Final = 1.0
_LONGEST: Final = dt.timedelta(minutes=30)
_OPEN: Final = frozenset({Stage.CLOSED, Stage.ANSWERED})


class MessageSender:
    """Run it beside the server. ``gateway`` None: nothing goes out, people are told to call."""

    def __init__(
        self,
        ledger: Ledger,
        acts: RatingActs,
        gateway: MessageGateway | None,
        *,
        line: str,
        now: Callable[[], dt.datetime],
        give_up: dt.timedelta = dt.timedelta(hours=12),
    ) -> None:
        self._ledger = ledger
        self._acts = acts
        self._gateway = gateway
        self._line = line
        self._now = now
        self._give_up = give_up
        self._joined = JoinedCallers(ledger, acts, messages=gateway is not None)

    async def run(self) -> None:
        """Until cancelled. What fails is tried again."""
        while True:
            try:
                busy = await self.turn()
            except HotlineError as failed:
                log.warning("messages not sent", extra={"kind": type(failed).__name__})
                busy = False
            if not busy:
                await asyncio.sleep(_IDLE_S)

    async def turn(self) -> bool:
        """Take one message up, if there is one."""
        topics = (TOPIC, CALL_RATING, MATTER)
        waiting = await self._ledger.outbox.claim(topics, limit=1, hold=_HOLD)
        for one in waiting:
            await self._handle(one)
        return bool(waiting)

    async def _handle(self, message: Message) -> None:
        try:
            if message.topic == CALL_RATING:
                await self._rate_call(message)
                later = None
            elif message.topic == MATTER:
                await self._joined.bring(TicketId(message.body["ticket"]), self._now())
                later = None
            else:
                later = await self._send(message)
        except NoSuch:
            later = None  # a ticket that was taken away with its city's data
        if later is None:
            await self._ledger.outbox.ack(message)
        else:
            await self._ledger.outbox.release(message, after=later)

    # ------------------------------------------------------------------------------ out
    async def _send(self, message: Message) -> dt.timedelta | None:
        """Hand one message over; how long to wait for another try, None where it is done."""
        number, key = TicketId(message.body["ticket"]), str(message.body["key"])
        stored, here, policy = await self._acts.read(number)
        if survey_key(number, here) != key or here.stage not in _OPEN:
            return None
        to = await self._number(stored)
        if self._gateway is None or not to.is_mobile:
            await self._acts.invited(number, Invited.UNSENT, self._now())
            return None
        answered = here.last(Act.CLOSE, Act.ANSWER)
        text = survey_text(
            self._line, number, policy, answered=answered is not None and answered.act is Act.ANSWER
        )
        known = await self._ledger.messages.begin(key, number, to, text, self._now())
        return await self._carry(self._gateway, known, message.attempts)

    async def _number(self, stored: StoredTicket) -> Phone:
        """The contact's number, else the one that called."""
        given = Phone.parse(stored.texts.get("phone", ""))
        if given.is_mobile or stored.ticket.call is None:
            return given
        return await self._ledger.callers.find(stored.ticket.call) or given

    async def _carry(
        self, gateway: MessageGateway, known: StoredMessage, attempts: int
    ) -> dt.timedelta | None:
        messages, acts = self._ledger.messages, self._acts
        if known.state == "sent":
            await acts.invited(known.ticket, Invited.SENT, known.changed_at)
            return None
        if known.state == "unsent":
            await acts.invited(known.ticket, Invited.UNSENT, self._now())
            return None
        if known.state == "sending" and not gateway.idempotent:
            await self._lost(known, "cut-off")
            return None
        if self._now() - known.created_at > self._give_up:
            await self._lost(known, "given-up")
            return None
        await messages.sending(known.key)
        receipt = await gateway.send(Text(known.key, known.to, known.body))
        return await self._received(gateway, known, receipt, attempts)

    async def _received(
        self, gateway: MessageGateway, known: StoredMessage, receipt: Receipt, attempts: int
    ) -> dt.timedelta | None:
        match receipt.taken:
            case Taken.SENT:
                at = self._now()
                await self._ledger.messages.sent(known.key, at, receipt.ref)
                await self._acts.invited(known.ticket, Invited.SENT, at)
                return None
            case Taken.RETRY:
                await self._ledger.messages.put_off(known.key, receipt.why)
            case Taken.UNSURE if gateway.idempotent:
                pass  # it stays marked: it may be out, and a reply to it counts
            case _:
                await self._lost(known, receipt.why)
                return None
        return min(dt.timedelta(seconds=5 * 2 ** min(attempts, 12)), _LONGEST)

    async def _lost(self, known: StoredMessage, why: str) -> None:
        """Not tried again: somebody calls instead."""
        await self._ledger.messages.unsent(known.key, why)
        await self._acts.invited(known.ticket, Invited.UNSENT, self._now())

    # ---------------------------------------------------------------------------- by key
    async def _rate_call(self, message: Message) -> None:
        """A key pressed after the call goes to the ticket that was answered in it; with none, it is
        kept with the call, and a ticket answered later takes it with its answer."""
        rating = await self._ledger.call_ratings.of(message.body["call"])
        if rating is None:
            return
        told_in = [one.id for one in await self._ledger.tickets.of_call(rating.call)]
        about = await self._ledger.tickets.calls.ticket_of(rating.call)
        for number in told_in if about is None else [*told_in, about]:
            _, here, policy = await self._acts.read(number)
            if here.stage is Stage.ANSWERED and policy.rating.direct_rating.value:
                option = by_key(rating.key, "").code
                try:
                    await self._acts.rated(number, option, self._now(), BY_KEY)
                except (ImpossibleMove, Objected) as refused:
                    fields = {"ticket": number, "kind": type(refused).__name__}
                    log.info("rating by key not taken", extra=fields)

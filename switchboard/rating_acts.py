"""Acts on a ticket that come from its caller without a person at a desk: the message went out, a
reply or a key came back. Decided by the same rules and saved under the same version check."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from hotline.calendar import Calendar
from hotline.errors import HotlineError
from hotline.follow_ups import CHANNEL_TEXT
from hotline.handle import CLOCK, Done, act_on
from hotline.handling import Handling
from hotline.handling_gates import Asked
from hotline.handling_words import Act, Part, Stage
from hotline.joined_callers import for_caller, written_on
from hotline.messages import TOPIC, asks_by_message, survey_key
from hotline.policy import Policy
from hotline.ratings import KEYS, OPTIONS, Invited
from hotline.words import TicketId, UserId
from ledger.errors import LedgerFailing, StaleVersion
from ledger.store import Ledger
from ledger.ticket_rows import StoredTicket, TicketSave
from switchboard.desk_directory import TicketDirectory
from switchboard.desk_ticket_calls import answered_in
from switchboard.policy_versions import PolicyVersions, Rule
from switchboard.ticket_saving import owed_now, save_of

BY_MESSAGE: Final = "sms"
BY_KEY: Final = "key"
"""Who rated, where no person of ours took it down: ``by`` of the act."""
OUTSIDE: Final = {UserId(BY_MESSAGE): "短信", UserId(BY_KEY): "按键", UserId(CLOCK): "系统"}
"""How the timeline names them."""
_TRIES: Final = 5


class RatingActs:
    """What callers do to their tickets from outside. ``body`` is the city hotline's name: rating,
    follow-up and redo are its acts (肇庆高新区 第十五条、第十六条)."""

    def __init__(self, ledger: Ledger, *, body: str, policy: Rule, calendar: Calendar) -> None:
        self._ledger = ledger
        self._body = f"{body}（{Part.CITY}）"
        self._versions = PolicyVersions(ledger.policy_texts, policy)
        self._directory = TicketDirectory(ledger.directory)
        self.calendar = calendar

    async def read(self, number: TicketId) -> tuple[StoredTicket, Handling, Policy]:
        """A ticket as it stands, with the policy it was opened under; a joined one as the matter
        stands for its caller, under the policy of the main one. Raises NoSuch."""
        stored = await self._ledger.tickets.load(number)
        handling = await self._ledger.tickets.handling(stored.ticket)
        if handling.stage is Stage.MERGED:
            main = await self._ledger.tickets.links.main_of(number)
            if main != number:
                _, matter, policy = await self.read(main)
                return stored, for_caller(handling, matter), policy
        policy, _ = await self._versions.of(stored.ticket)
        return stored, handling, policy

    async def save_of(
        self,
        stored: StoredTicket,
        done: Done,
        texts: Mapping[str, str],
        *,
        then: Sequence[Done] = (),
        messages: Sequence[tuple[str, Any]] = (),
    ) -> TicketSave:
        """What the ledger commits of acts decided on what :meth:`read` gave. A joined ticket stays
        joined: what its caller was asked and answered is written on it."""
        if stored.ticket.status != Stage.MERGED:
            return save_of(stored, done, texts, then=then, messages=messages)
        own = await self._ledger.tickets.handling(stored.ticket)
        first = written_on(own, done)
        rest: list[Done] = []
        for one in then:
            rest.append(written_on((rest[-1] if rest else first).handling, one))
        last = then[-1] if then else done
        save = save_of(stored, first, texts, then=rest, messages=messages)
        owed = owed_now(stored, last.handling, last.policy, last.calendar)
        return replace(save, follow_up=owed)

    async def invited(self, number: TicketId, how: Invited, at: dt.datetime) -> None:
        """Write down how the message stands; nothing where that is written or the ticket went on.
        Raises LedgerFailing."""
        _, here, _ = await self.read(number)
        last = here.last(Act.INVITE)
        if last is None or last.code != how:
            asked = Asked(act=Act.INVITE, part=Part.CLOCK, by=CLOCK, body=Part.CLOCK, code=how)
            await self._try(number, asked, at, {})

    async def rated(
        self, number: TicketId, option: str, at: dt.datetime, by: str, words: str = ""
    ) -> None:
        """The caller's rating. Raises Objected where it comes too late or stands already,
        ImpossibleMove where the ticket is somewhere else."""
        asked = Asked(act=Act.RATE, part=Part.CITY, by=by, body=self._body, code=option)
        await self.do(number, asked, at, {"短信原文": words} if words else {})

    async def answered(self, number: TicketId, words: str, at: dt.datetime) -> None:
        """The caller's own words to a follow-up by message."""
        asked = Asked(act=Act.FOLLOW_UP, part=Part.CITY, by=BY_MESSAGE, body=self._body)
        await self.do(number, asked, at, {"短信原文": words})

    async def _try(
        self, number: TicketId, asked: Asked, at: dt.datetime, texts: Mapping[str, str]
    ) -> bool:
        try:
            await self.do(number, asked, at, texts)
        except (LedgerFailing, StaleVersion):
            raise
        except HotlineError:
            return False
        return True

    async def do(
        self,
        number: TicketId,
        asked: Asked,
        at: dt.datetime,
        texts: Mapping[str, str],
        messages: Sequence[tuple[str, Any]] = (),
    ) -> None:
        """Decide and save one act; somebody who was quicker makes it be decided anew."""
        for tried in range(1, _TRIES + 1):
            stored, here, policy = await self.read(number)
            law = await self._directory.limit(stored.category, here, policy, at)
            done = act_on(here, number, asked, at, policy, self.calendar, law)
            save = await self.save_of(stored, done, texts, messages=messages)
            try:
                await self._ledger.tickets.save(save, expected_version=stored.ticket.version)
            except StaleVersion:
                if tried == _TRIES:
                    raise
            else:
                return


async def following(
    ledger: Ledger, stored: StoredTicket, done: Done, *, messages: bool
) -> tuple[tuple[Done, ...], tuple[tuple[str, Any], ...]]:
    """What belongs to an act that ends the handling, in its own transaction: that the caller is
    asked by message (the message itself), or the rating by key of the call it was answered in."""
    rating = None
    if done.fact.act is Act.ANSWER and (call := await answered_in(ledger, stored)):
        rating = await ledger.call_ratings.of(call)
    return belonging(stored, done, rating.key if rating else "", messages=messages)


def belonging(
    stored: StoredTicket, done: Done, pressed: str, *, messages: bool
) -> tuple[tuple[Done, ...], tuple[tuple[str, Any], ...]]:
    """The same, where it is known which key the caller ``pressed`` in the call; empty: none."""
    chosen = stored.texts.get(CHANNEL_TEXT, "")
    number = stored.ticket.id
    if messages and asks_by_message(done.policy, done.handling, chosen):
        asked = Asked(
            act=Act.INVITE, part=Part.CLOCK, by=CLOCK, body=Part.CLOCK, code=Invited.WAITING
        )
        body = {"ticket": number, "key": survey_key(number, done.handling)}
        return (_next(done, asked),), ((TOPIC, body),)
    if pressed and done.fact.act is Act.ANSWER and done.policy.rating.direct_rating.value:
        return (_next(done, by_key(pressed, done.fact.body)),), ()
    return (), ()


def by_key(key: str, body: str) -> Asked:
    """The rating a caller pressed. Where the city names no options the five of 好差评 stand in."""
    option = OPTIONS[KEYS.index(key)]
    return Asked(act=Act.RATE, part=Part.CITY, by=BY_KEY, body=body, code=option)


def _next(done: Done, asked: Asked) -> Done:
    fact = done.fact
    rules = done.policy, done.calendar, done.by_law
    return act_on(done.handling, fact.ticket, asked, fact.at, *rules)

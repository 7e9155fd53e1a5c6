"""What the callers of joined tickets (并单) are owed: brought up to the main ticket after each of
its acts, one message and one follow-up for each caller of one matter."""

from __future__ import annotations

import datetime as dt

from hotline.follow_ups import CHANNEL_TEXT
from hotline.handle import CLOCK
from hotline.handling_gates import Asked
from hotline.handling_words import Act, Part
from hotline.joined_callers import lapsing
from hotline.matters import MatterCaller
from hotline.messages import TOPIC, asks_by_message, survey_key
from hotline.ratings import Invited
from hotline.words import TicketId, UserId
from ledger.errors import StaleVersion
from ledger.follow_ups import FollowUpDue
from ledger.store import Ledger
from ledger.ticket_rows import StoredTicket, TicketSave
from switchboard.rating_acts import RatingActs
from switchboard.ticket_saving import owed_now

_TRIES = 5


class JoinedCallers:
    """``messages``: this site has a gateway, so callers are asked as the main one's is."""

    def __init__(self, ledger: Ledger, acts: RatingActs, *, messages: bool) -> None:
        self._ledger = ledger
        self._acts = acts
        self._messages = messages

    async def bring(self, ticket: TicketId, at: dt.datetime) -> None:
        """Let every other caller of its matter be owed what the main ticket's state brings them;
        twice is once. Raises NoSuch, StaleVersion where others were quicker all the time."""
        main = await self._ledger.tickets.links.main_of(ticket)
        for caller in await self._ledger.tickets.links.callers(main):
            theirs = [one for one in caller.tickets if one != main]
            # Who told the main ticket as well is answered with it: never two for one matter.
            answered = None if main in caller.tickets else await self._by_which(caller)
            for number in theirs:
                await self._one(number, at, owed=number == answered)

    async def _by_which(self, caller: MatterCaller) -> TicketId:
        """Of several tickets of one caller, the one by which they were asked before."""
        for number in caller.tickets:
            acts = (await self._ledger.tickets.load(number)).ticket.acts
            if {Act.INVITE.value, Act.FOLLOW_UP.value, Act.RATE.value} & set(acts):
                return number
        return caller.tickets[0]

    async def _one(self, number: TicketId, at: dt.datetime, *, owed: bool) -> None:
        for tried in range(1, _TRIES + 1):
            try:
                await self._bring_one(number, at, owed=owed)
            except StaleVersion:
                if tried == _TRIES:
                    raise
            else:
                return

    async def _bring_one(self, number: TicketId, at: dt.datetime, *, owed: bool) -> None:
        stored, here, policy = await self._acts.read(number)
        chosen = stored.texts.get(CHANNEL_TEXT, "")
        if owed and self._messages and asks_by_message(policy, here, chosen):
            asked = Asked(
                act=Act.INVITE, part=Part.CLOCK, by=CLOCK, body=Part.CLOCK, code=Invited.WAITING
            )
            body = {"ticket": number, "key": survey_key(number, here)}
            await self._acts.do(number, asked, at, {}, messages=((TOPIC, body),))
            return
        due = owed_now(stored, here, policy, self._acts.calendar) if owed else ()
        if due != await self._ledger.tickets.follow_ups.owing(number):
            open_ = lapsing(here, policy, self._acts.calendar)
            save = _save(stored, due, open_.at if open_ else None)
            await self._ledger.tickets.save(save, expected_version=stored.ticket.version)


def _save(
    stored: StoredTicket, due: tuple[FollowUpDue, ...], look_at: dt.datetime | None
) -> TicketSave:
    return TicketSave(
        ticket=stored.ticket,
        facts=(),
        by=UserId(CLOCK),
        what="ticket.caller_owed",
        searched=stored.searched,
        look_at=look_at,
        follow_up=due,
    )

"""召回: whom a version was told, before anybody is called back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from agent_desk.knowledge_views import Recalling, ToldCall
from hotline.return_calls import dialable
from hotline.words import AgentId, CallId, Phone, TicketId
from ledger.book import BookedCall
from ledger.knowledge_recalls import Told
from ledger.store import Ledger
from switchboard.desk_tickets import ADOPTED_TEXT, adopted_in

_AT_ONCE: Final = 200


async def told_by(ledger: Ledger, article: str, number: int) -> tuple[ToldCall, ...]:
    """The calls that this version was used in, newest first, with who took each, what was written
    down of it, and what a recall would do about it."""
    told = await ledger.knowledge.recalls.told(article, number)
    calls = [one.call for one in told]
    tickets = await ledger.tickets.numbers_of(calls)
    callers = await ledger.callers.find_all(calls)
    agents = await _agents(ledger, calls)
    adopted = await _adopting(ledger, article, number, tickets)
    will = _will(told, callers)
    return tuple(
        ToldCall(
            call=one.call,
            at=one.at,
            caller=callers.get(one.call, Phone("")),
            dialable=dialable(callers.get(one.call, Phone(""))),
            tickets=tickets.get(one.call, ()),
            adopted=tuple(each for each in tickets.get(one.call, ()) if each in adopted),
            recalled=one.recalled,
            agent=agents.get(one.call, ""),
            will=will[one.call],
        )
        for one in told
    )


def _will(told: Sequence[Told], callers: Mapping[CallId, Phone]) -> dict[CallId, Recalling]:
    """One task a caller: the newest call of each gets it, the others go with it."""
    found: dict[CallId, Recalling] = {}
    seen: set[str] = set()
    for one in told:
        caller = callers.get(one.call, Phone(""))
        if one.recalled:
            found[one.call] = "listed"
        elif not dialable(caller):
            found[one.call] = "nobody"
        elif caller.digits in seen:
            found[one.call] = "with"
        else:
            found[one.call] = "task"
        if dialable(caller):
            seen.add(caller.digits)
    return found


async def _agents(ledger: Ledger, calls: Sequence[CallId]) -> dict[CallId, str]:
    """Who took each call, by name and number."""
    booked: dict[CallId, BookedCall] = {}
    for start in range(0, len(calls), _AT_ONCE):
        booked |= await ledger.book.calls(calls[start : start + _AT_ONCE])
    names: dict[AgentId, str] = {
        one.agent: one.display_name for one in await ledger.accounts.users() if one.agent
    }
    return {
        call: f"{names.get(one.agent, '')} {one.agent}".strip()
        for call, one in booked.items()
        if one.agent
    }


async def _adopting(
    ledger: Ledger,
    article: str,
    number: int,
    tickets: Mapping[CallId, tuple[TicketId, ...]],
) -> set[TicketId]:
    """The tickets into whose answer this version was taken."""
    every = [one for numbers in tickets.values() for one in numbers]
    found: set[TicketId] = set()
    for start in range(0, len(every), _AT_ONCE):
        texts = await ledger.tickets.texts_of(every[start : start + _AT_ONCE], (ADOPTED_TEXT,))
        for ticket, slots in texts.items():
            cards = adopted_in(slots.get(ADOPTED_TEXT, ""))
            if any((card.article, card.version) == (article, number) for card in cards):
                found.add(ticket)
    return found

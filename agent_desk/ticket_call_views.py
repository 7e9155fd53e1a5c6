"""Calling a ticket's caller from the page of the ticket, and who does it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Protocol

from agent_desk.access_views import Seen
from agent_desk.views import Person
from hotline.need_to_know import MOST_WORDS, REASONS, Field, Sight
from hotline.words import TicketId


@dataclass(frozen=True, slots=True)
class DialShown:
    """What the page offers: ``why`` it cannot be dialled, empty where it can; ``known``: the number
    was revealed to this person already, for a reason that stands."""

    why: str = ""
    known: bool = False
    reasons: tuple[tuple[str, str], ...] = tuple(REASONS.items())
    most: int = MOST_WORDS


class TicketCalls(Protocol):
    """Calls about tickets."""

    async def hindrance(self, ticket: TicketId, who: Person) -> str:
        """Why this person cannot dial the ticket's caller, as a sentence; empty where they can.
        Raises NoSuch."""

    async def dial(
        self, ticket: TicketId, who: Person, *, reason: str, words: str, at: dt.datetime
    ) -> None:
        """Note the reason, ring the person's own telephone, then the citizen. Raises ImpossibleMove
        where the seat cannot call now or there is no number, NoSuch, NotAllowed."""


def refused(found: Seen) -> str:
    """Why this person may not reach the caller at all; empty where they may."""
    return found.refused[Field.PHONE]


def known(found: Seen) -> bool:
    """Whether they see the number now."""
    return found.sights[Field.PHONE] is Sight.WHOLE

"""What the page of a ticket shows of the caller's asks to one person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from agent_desk.access_views import Seen
from agent_desk.desk import Desk
from agent_desk.views import Person
from hotline.words import Role

HERE: Final = "诉求点"
"""By what the page knows that a refusal belongs to this section."""


@dataclass(frozen=True, slots=True)
class Asks:
    """The section 诉求点; nothing of it for who may not read the matter."""

    rows: Sequence[str]
    may_correct: bool


async def asks_of_page(desk: Desk, found: Seen, person: Person) -> Asks:
    """The section for somebody who has the ticket open."""
    if not found.readable:
        return Asks((), may_correct=False)
    ours = bool(person.roles & {Role.AGENT, Role.SUPERVISOR})
    rows = await desk.ports.asks.of(found.ticket.number)
    return Asks(tuple(found.say(one) for one in rows), ours and found.may_act)

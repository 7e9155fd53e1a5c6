"""Articles named by their titles, where only their ids are kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from agent_desk.desk import Desk
from agent_desk.views import Person


async def titles_of(desk: Desk, articles: Iterable[str], by: Person) -> dict[str, str]:
    """The titles of those of these articles that this person may open; two of one title with their
    ids."""
    wanted = list(dict.fromkeys(articles))
    cards = await desk.ports.knowledge_reading.cards(wanted, by, desk.ports.now())
    often = Counter(card.title for card in cards)
    return {
        card.id: card.title if often[card.title] == 1 else f"{card.title}（{card.id}）"
        for card in cards
    }

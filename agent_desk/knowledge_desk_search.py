"""An agent's own search beside a call, as cards of the desk.

What was searched by hand is written down for the editors, here and on the page of the knowledge
base, without names and numbers; so is what stood on the screen of a call.
"""

from __future__ import annotations

import logging
from typing import Annotated, Final

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from agent_desk import shield, wire
from agent_desk.aids import AnswerCard
from agent_desk.api import own_seat
from agent_desk.desk import Desk, desk_of
from agent_desk.knowledge_reading_views import LONGEST_WORDS, Hit, Narrowed, NotSearching
from agent_desk.login import Visitor
from agent_desk.shield import needs
from agent_desk.views import Person
from hotline.errors import BadInput, HotlineError
from hotline.knowledge import Reach
from hotline.words import CallId

log = logging.getLogger(__name__)

_DESK = needs(*shield.DESK)
MOST_CARDS: Final = 6


class SearchBody(BaseModel):
    """``call`` is the one on the screen; ``again``: the same is looked at once more, it was not
    asked anew."""

    model_config = ConfigDict(extra="forbid")

    words: str = Field(min_length=1, max_length=400)
    call: str | None = Field(default=None, max_length=64)
    again: bool = False


async def search_beside(
    request: Request, body: SearchBody, visitor: Annotated[Visitor, _DESK]
) -> JSONResponse:
    """What fits now, best first; 503 with the reason where nothing can be searched."""
    desk, seat, person = desk_of(request), own_seat(visitor), visitor.person
    words = " ".join(body.words.split())[:LONGEST_WORDS]
    if not words:
        raise BadInput("words", "请先写要找什么")
    reading, now = desk.ports.knowledge_reading, desk.ports.now()
    try:
        hits = await reading.seek(words, Narrowed(), person, now)
    except NotSearching as why:
        return JSONResponse({"error": f"现在不能搜：{why}"}, 503)
    cards = tuple(card_of(hit, rank) for rank, hit in enumerate(hits.hits[:MOST_CARDS], start=1))
    if not body.again:
        await note_asked(desk, words, found=bool(cards), by=person)
    mine = {pop.call for pop in desk.screens.picture(seat).pops}
    if body.call in mine and cards:
        await _note_shown(desk, CallId(body.call), cards)
    return JSONResponse({"cards": wire.plain(cards), "total": hits.total})


async def note_asked(desk: Desk, words: str, *, found: bool, by: Person) -> None:
    """A search by hand, for the editors. One that cannot be written down was a search all the
    same."""
    try:
        await desk.ports.knowledge_work.asked(words, found=found, at=desk.ports.now(), by=by)
    except HotlineError as failed:
        log.warning("search not written down", extra={"kind": type(failed).__name__})


async def _note_shown(desk: Desk, call: CallId, cards: tuple[AnswerCard, ...]) -> None:
    try:
        await desk.ports.knowledge_reading.stood(call, cards, desk.ports.now())
    except HotlineError as failed:
        log.warning(
            "found articles not written", extra={"call": call, "kind": type(failed).__name__}
        )


def card_of(hit: Hit, rank: int) -> AnswerCard:
    """A hit as a card of the desk; its words are lit where they begin with the passage found."""
    card = hit.card
    opens = not hit.cut_before and card.words.startswith(hit.passage)
    return AnswerCard(
        article=card.id,
        version=card.number,
        rank=rank,
        title=card.title,
        title_spans=hit.title_spans,
        words=card.words,
        words_spans=hit.spans if opens else (),
        internal=card.reach is Reach.INTERNAL,
        unit=card.unit,
        basis=card.grounds,
        source=card.source,
    )


def add_to(app: FastAPI) -> None:
    """The one address."""
    app.add_api_route("/api/knowledge/search", search_beside, methods=["POST"])

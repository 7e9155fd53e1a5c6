"""Messages to callers (短信): what they say, the key that makes each one once, how it was taken.

A key names a person's matter and the purpose: whatever crashes and is tried again, one purpose
reaches one person once. The rules decide what is sent; a gateway only carries it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from hotline.handling import Handling
from hotline.handling_words import Act
from hotline.policy import Policy
from hotline.words import Phone

TOPIC: Final = "message"
"""Of the outbox: a message that became durable with the act it belongs to."""
BY_MESSAGE: Final = "短信"
"""A channel of follow-up (回访方式) as the packs write it."""


class Taken(StrEnum):
    """What became of handing a message to a gateway."""

    SENT = "sent"
    RETRY = "retry"
    """It surely did not go out, and may later."""
    REFUSED = "refused"
    """It did not go out and never will."""
    UNSURE = "unsure"
    """Nobody knows: the gateway may have it (no answer, one that cannot be read)."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """A gateway's answer. ``why`` is a fixed code for the log and the page, never its own words."""

    taken: Taken
    why: str = ""
    ref: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """One message on its way. ``key`` is the same however often it is handed over."""

    key: str
    to: Phone
    body: str


class MessageGateway(Protocol):
    """The way out for messages. ``idempotent``: the same key twice is one message there, so one of
    unknown fate may be handed over again."""

    @property
    def idempotent(self) -> bool: ...

    async def send(self, text: Text) -> Receipt:
        """Hand it over. Never raises for what a gateway or a network does."""


def survey_key(ticket: str, handling: Handling) -> str:
    """The key of the survey after this closing or answer: a redo (重办) has one of its own."""
    return f"{ticket}.survey.{handling.times(Act.CLOSE) + handling.times(Act.ANSWER)}"


def asks_by_message(policy: Policy, handling: Handling, channel: str = "") -> bool:
    """Whether a message goes out as the ticket stands after an act: where the city rates by message
    (肇庆高新区 第十五条), or the caller chose to be followed up so (中山 第二十三条)."""
    last = handling.acts[-1].act if handling.acts else None
    rating = policy.rating
    if rating.options.value is not None and rating.window.value is not None:
        return last in (Act.CLOSE, Act.ANSWER)
    return last is Act.CLOSE and bool(rating.caller_chooses.value) and channel == BY_MESSAGE


def survey_text(line: str, ticket: str, policy: Policy, *, answered: bool = False) -> str:
    """The words of a survey, or of a follow-up where the city names no options."""
    done = "已答复" if answered else "已办结"
    opening = f"【{line}】您反映的事项（编号{ticket}）{done}。"
    options, window = policy.rating.options.value, policy.rating.window.value
    if options is None:
        return f"{opening}特此回访。如有意见，请直接回复本短信说明。"
    within = f"{window}内" if window else ""
    return f"{opening}请在收到本短信{within}回复一个数字作出评价：{_listed(options)}。"


def _listed(options: Sequence[str]) -> str:
    return "，".join(f"{number}{option}" for number, option in enumerate(options, start=1))

"""What callers answer to our messages: found, read by the rules, written onto the right ticket."""

from __future__ import annotations

import datetime as dt
import logging
import uuid
from collections.abc import Callable
from typing import Final

from hotline.errors import ImpossibleMove, Objected
from hotline.handling import Handling
from hotline.handling_gates import INVALID
from hotline.handling_words import Act, Stage
from hotline.messages import survey_key
from hotline.policy import Policy
from hotline.ratings import OpenSurvey, meant, read_reply
from hotline.words import Phone, TicketId
from ledger.messages import Reply, Verdict
from ledger.store import Ledger
from switchboard.rating_acts import BY_MESSAGE, RatingActs

log = logging.getLogger(__name__)

LONGEST: Final = 500
"""Characters of a reply that are kept."""
SAID: Final[dict[Verdict, str]] = {
    "rated": "已记为评价",
    "invalid": "无效评价：没有选，或选了不止一项",
    "late": "已过评价时限，不改变原来的结果",
    "again": "已经评价过，不改变原来的评价",
    "words": "已记为回访答复",
    "unknown": "没有给这个号码发过要回复的短信",
}
"""What was made of a reply, for a person."""


class Replies:
    """Takes replies, from a platform or from the command line."""

    def __init__(self, ledger: Ledger, acts: RatingActs, now: Callable[[], dt.datetime]) -> None:
        self._ledger = ledger
        self._acts = acts
        self._now = now

    async def take(self, sender: Phone, text: str, *, id: str = "", ref: str = "") -> Verdict:
        """Judge one reply; the same ``id`` a second time changes nothing. It is written down
        before anything is made of it. ``ref`` is the key of the message, where the platform knows.
        """
        at, body = self._now(), text.strip()[:LONGEST]
        own = id[:90] or f"made-{uuid.uuid4()}"
        reply = Reply(own, at, sender, body, ref)
        if not await self._ledger.messages.keep_reply(reply):
            return "again"
        ticket, verdict = await self._judge(reply)
        await self._ledger.messages.judged(own, ticket, verdict)
        log.info("reply judged", extra={"ticket": ticket, "verdict": verdict})
        return verdict

    async def _judge(self, reply: Reply) -> tuple[TicketId | None, Verdict]:
        sent = await self._ledger.messages.sent_to(reply.sender)
        if not sent:
            return None, "unknown"
        surveys = [OpenSurvey(one.key, one.ticket, one.changed_at) for one in sent]
        still = [one for one in surveys if await self._is_open(one)]
        survey, rest = meant(reply.body, still or surveys, ref=reply.ref)
        number = TicketId(survey.ticket)
        _, here, policy = await self._acts.read(number)
        if survey_key(number, here) != survey.key:
            return number, "late"
        return number, await self._rate(number, here, policy, rest, reply)

    async def _is_open(self, survey: OpenSurvey) -> bool:
        """Whether an answer to this message can still change something."""
        number = TicketId(survey.ticket)
        _, here, _ = await self._acts.read(number)
        invalid = here.stage is Stage.RATED and here.ratings[-1] == INVALID
        waits = here.stage in (Stage.CLOSED, Stage.ANSWERED) or invalid
        return waits and survey_key(number, here) == survey.key

    async def _rate(
        self, number: TicketId, here: Handling, policy: Policy, rest: str, reply: Reply
    ) -> Verdict:
        options = policy.rating.options.value
        try:
            if options is None:
                await self._acts.answered(number, reply.body, reply.at)
                return "words"
            chosen = read_reply(rest, options)
            if chosen is None and here.stage is Stage.RATED:
                return "invalid"
            await self._acts.rated(number, chosen or INVALID, reply.at, BY_MESSAGE, reply.body)
        except (Objected, ImpossibleMove):
            rated = here.last(Act.RATE)
            closed = here.closed_at
            stands = rated is not None and closed is not None and rated.at >= closed
            return "again" if stands else "late"
        return "rated" if chosen else "invalid"

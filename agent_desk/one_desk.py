"""What is on one agent's screen, as the server keeps it for the page's return."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Final

from agent_desk import wire
from agent_desk.aids import Answers, DraftShown, Evidence
from agent_desk.lines import Line
from agent_desk.notice_views import NoticesShown, Urgents
from agent_desk.ports import History
from agent_desk.said import Said
from agent_desk.shield import caller_of
from agent_desk.views import CallCard, Linkage
from hotline.words import CallId

KEPT_FORMS: Final = 3
KEPT_WORDS: Final = 400


Aid = DraftShown | Answers | NoticesShown
"""What stands beside a call."""


class OneDesk:
    """What is on one agent's screen."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.name = ""
        self.pops: dict[CallId, wire.Pop] = {}
        self.histories: dict[CallId, History] = {}
        self.emergencies: dict[CallId, Linkage] = {}
        self.words: deque[Said] = deque(maxlen=KEPT_WORDS)
        self.drafts: dict[CallId, DraftShown] = {}
        self.answers: dict[CallId, Answers] = {}
        self.notices: dict[CallId, NoticesShown] = {}

    def forget(self, call: CallId) -> None:
        """This call is on the screen no more."""
        self.pops.pop(call, None)
        self.histories.pop(call, None)
        self.emergencies.pop(call, None)
        self.drafts.pop(call, None)
        self.answers.pop(call, None)
        self.notices.pop(call, None)
        self.words = deque((w for w in self.words if w.call != call), maxlen=KEPT_WORDS)

    def keep_few_forms(self) -> None:
        """Forms nobody saved or left do not pile up."""
        ended = [call for call, pop in self.pops.items() if pop.stage == "ended"]
        for call in ended[: len(ended) - KEPT_FORMS]:
            self.forget(call)

    def aid(self, aid: Aid) -> None:
        """Keep the draft, the answers or the notices of a call, and send them if a tab is there."""
        kept: dict[CallId, DraftShown] | dict[CallId, Answers] | dict[CallId, NoticesShown]
        if isinstance(aid, DraftShown):
            kept = self.drafts
            self.drafts[aid.call] = aid
        elif isinstance(aid, Answers):
            kept = self.answers
            self.answers[aid.call] = aid
        else:
            kept = self.notices
            self.notices[aid.call] = aid
        # What comes for a form that was saved a moment ago is forgotten with the next calls.
        while len(kept) > KEPT_FORMS + 1:
            kept.pop(next(iter(kept)))
        self._send(aid)

    def send_aids(self) -> None:
        """To a page that came (again): they are frames of state, which no replay holds."""
        kept = (self.drafts, self.answers, self.notices)
        aids: list[Aid] = [aid for of_calls in kept for aid in of_calls.values()]
        for aid in aids:
            if aid.call in self.pops:
                self._send(aid)

    def urgent(self, urgents: Urgents) -> None:
        """What is urgent now; sent again after every resume, so none is kept here."""
        if self.line.browser is not None:
            self.line.browser.send_latest(urgents.type, wire.to_json(urgents))

    def _send(self, aid: Aid) -> None:
        if self.line.browser is not None:
            self.line.browser.send_latest(f"{aid.type} {aid.call}", wire.to_json(aid))

    def proven(self, call: CallId, evidence: Iterable[Evidence]) -> tuple[Evidence, ...]:
        """What of this was really said on this call, as far as this screen still has its words;
        one for each slot."""
        kept: dict[str, Evidence] = {}
        for one in evidence:
            said = any(
                (words.call, words.leg, words.from_s) == (call, one.leg, one.from_s)
                and one.words in words.text
                for words in self.words
            )
            if said:
                kept.setdefault(one.slot, one)
        return tuple(kept.values())


def pop_of(card: CallCard, history: History | None) -> wire.Pop:
    """The frame of a call, with what is known of its caller."""
    return wire.Pop(
        pop_id=wire.pop_id(card.call, card.agent),
        call=card.call,
        stage=card.stage,
        caller=caller_of(card, history),
        queue=card.queue,
        waited_s=card.waited_s,
        since=card.since,
        ring_s=card.ring_s,
        emergency=card.emergency,
    )

"""What is on one agent's screen, as the server keeps it for the page's return."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Final

from agent_desk import wire
from agent_desk.aids import Answers, DraftShown, Evidence
from agent_desk.lines import Line
from agent_desk.ports import History
from agent_desk.said import Said
from agent_desk.views import Linkage
from hotline.words import CallId

KEPT_FORMS: Final = 3
KEPT_WORDS: Final = 400


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

    def forget(self, call: CallId) -> None:
        """This call is on the screen no more."""
        self.pops.pop(call, None)
        self.histories.pop(call, None)
        self.emergencies.pop(call, None)
        self.drafts.pop(call, None)
        self.answers.pop(call, None)
        self.words = deque((w for w in self.words if w.call != call), maxlen=KEPT_WORDS)

    def keep_few_forms(self) -> None:
        """Forms nobody saved or left do not pile up."""
        ended = [call for call, pop in self.pops.items() if pop.stage == "ended"]
        for call in ended[: len(ended) - KEPT_FORMS]:
            self.forget(call)

    def aid(self, aid: DraftShown | Answers) -> None:
        """Keep the draft or the answers of a call, and send them if a tab is there."""
        kept: dict[CallId, DraftShown] | dict[CallId, Answers]
        if isinstance(aid, DraftShown):
            kept = self.drafts
            self.drafts[aid.call] = aid
        else:
            kept = self.answers
            self.answers[aid.call] = aid
        # What comes for a form that was saved a moment ago is forgotten with the next calls.
        while len(kept) > KEPT_FORMS + 1:
            kept.pop(next(iter(kept)))
        self._send(aid)

    def send_aids(self) -> None:
        """To a page that came (again): they are frames of state, which no replay holds."""
        aids: list[DraftShown | Answers] = [*self.drafts.values(), *self.answers.values()]
        for aid in aids:
            if aid.call in self.pops:
                self._send(aid)

    def _send(self, aid: DraftShown | Answers) -> None:
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

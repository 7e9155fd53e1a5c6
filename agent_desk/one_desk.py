"""What is on one agent's screen, as the server keeps it for the page's return."""

from __future__ import annotations

from collections import deque
from typing import Final

from agent_desk import wire
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

    def forget(self, call: CallId) -> None:
        """This call is on the screen no more."""
        self.pops.pop(call, None)
        self.histories.pop(call, None)
        self.emergencies.pop(call, None)
        self.words = deque((w for w in self.words if w.call != call), maxlen=KEPT_WORDS)

    def keep_few_forms(self) -> None:
        """Forms nobody saved or left do not pile up."""
        ended = [call for call, pop in self.pops.items() if pop.stage == "ended"]
        for call in ended[: len(ended) - KEPT_FORMS]:
            self.forget(call)

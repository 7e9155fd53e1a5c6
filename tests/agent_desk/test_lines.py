"""Any order of pushing, losing, reloading and coming back: each frame is painted once, in order,
or a picture stands for it."""

from __future__ import annotations

import json

from hypothesis import settings as run
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from agent_desk import wire
from agent_desk.lines import Browser, Line
from agent_desk.views import StripNow
from hotline.words import AgentId, CallId
from tests.agent_desk.fakes import STRIP

EPOCH = "one run"


def picture(strip: StripNow = STRIP) -> wire.Picture:
    return wire.Picture(seat=None, pops=(), emergencies=(), strip=strip, gap=wire.Gap(open=False))


class DeskAndPage(RuleBasedStateMachine):
    """A line and a page that obeys the contract of :mod:`agent_desk.wire`."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = 0.0
        self.line = Line(AgentId("1001"), lambda: self.clock)
        self.browser: Browser | None = None
        self.pushed: list[int] = []
        self.shown: list[int] = []
        """Numbers of the pops on the screen since the last picture, and what it stood for."""
        self.last = 0
        self.epoch = ""

    @rule(count=st.integers(1, 5))
    def a_call_rings(self, count: int) -> None:
        for _ in range(count):
            call = CallId(str(len(self.pushed)))
            self.line.push(wire.PopEnded(pop_id=f"{call}:1001", call=call))
            self.pushed.append(int(call))

    @rule()
    def more_ring_than_are_kept(self) -> None:
        for _ in range(110):
            self.a_call_rings(5)

    @rule(reloaded=st.booleans())
    def the_page_connects(self, reloaded: bool) -> None:
        if reloaded:
            self.last, self.epoch, self.shown = 0, "", []
        self.browser = Browser(limit=10_000)
        self.line.attach(self.browser)
        if self.epoch != EPOCH or not self.line.replay(self.last):
            self.line.start_anew(picture())
        self.epoch = EPOCH

    @precondition(lambda self: self.browser is not None)
    @rule(how_many=st.integers(0, 20), acknowledges=st.booleans())
    def the_page_reads(self, how_many: int, acknowledges: bool) -> None:
        assert self.browser is not None
        for _ in range(min(how_many, len(self.browser._frames))):
            self._paint(json.loads(self.browser._frames.popleft()))
        if acknowledges and self.last:
            self.line.ack(self.browser, self.last)

    def _paint(self, frame: dict[str, object]) -> None:
        seq = frame["seq"]
        assert isinstance(seq, int)
        if seq <= self.last:
            return  # sent again: painted already
        self.last = seq
        if frame["type"] == "picture":
            self.shown = []
        else:
            self.shown.append(int(str(frame["call"])))

    @precondition(lambda self: self.browser is not None)
    @rule()
    def the_link_breaks_and_what_was_under_way_is_lost(self) -> None:
        assert self.browser is not None
        self.line.detach(self.browser)
        self.browser = None

    @rule(seconds=st.floats(0.1, 5.0))
    def time_passes(self, seconds: float) -> None:
        self.clock += seconds
        self.line.chase(ack_within=2.0, give_up_after=10.0)
        if self.line.browser is None:
            self.browser = None

    @invariant()
    def nothing_is_painted_twice_or_out_of_order(self) -> None:
        assert self.shown == sorted(set(self.shown))

    @invariant()
    def nothing_is_left_out_between(self) -> None:
        if self.shown:
            assert self.shown == list(range(self.shown[0], self.shown[-1] + 1))

    @invariant()
    def nobody_acknowledged_the_future(self) -> None:
        assert self.line.acked <= self.line.seq

    def teardown(self) -> None:
        """Whatever happened: once the page is back and reads, it has everything."""
        self.the_page_connects(reloaded=False)
        assert self.browser is not None
        self.the_page_reads(len(self.browser._frames), acknowledges=True)
        if self.shown:
            assert self.shown[-1] == self.pushed[-1]
        assert self.line.acked == self.line.seq


TestDeskAndPage = DeskAndPage.TestCase
TestDeskAndPage.settings = run(max_examples=60, stateful_step_count=30, deadline=None)

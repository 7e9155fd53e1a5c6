"""A seat calls a citizen: what 回拨 and 回访 have in common before the exchange hears of it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime

from agent_desk.views import Person
from hotline.decide import decide
from hotline.errors import ImpossibleMove, NotAllowed
from hotline.return_calls import dialable
from hotline.return_events import ReturnCallAsked
from hotline.words import CallId, Phone, ReturnCallId
from switchboard.conductor import Conductor


class CallingOut:
    """``line_out`` is False where this site has no line on which citizens can be called."""

    def __init__(
        self, conductor: Conductor, now: Callable[[], datetime], *, line_out: bool
    ) -> None:
        self.conductor = conductor
        self._now = now
        self.line_out = line_out

    def may(self, by: Person, what: str) -> None:
        """Raises NotAllowed for who has no seat, ImpossibleMove where there is no line."""
        if by.agent is None:
            raise NotAllowed(f"{by.name}没有席位，", what)
        if not self.line_out:
            raise ImpossibleMove("本系统", "没有外呼线路（site.toml 的 [return_call]）", what)

    def asked(
        self, by: Person, citizen: Phone, task: str, what: str, *, rates: bool = False
    ) -> ReturnCallAsked:
        """The call as the rules let this seat begin it now; ``rates``: a matter may be answered in
        it, see :class:`~hotline.return_events.ReturnCallAsked`. Raises ImpossibleMove,
        NotAllowed."""
        self.may(by, what)
        if by.agent is None or not dialable(citizen):
            raise ImpossibleMove(f"这件{what}", "号码不可用", "拨打")
        now = self._now()
        event = ReturnCallAsked(
            at=now,
            received_at=now,
            agent=by.agent,
            by=by.id,
            call=CallId(str(uuid.uuid4())),
            task=ReturnCallId(task),
            citizen=citizen,
            rates=rates,
        )
        decide(self.conductor.world, event, self.conductor.rules)
        return event

"""The handling of the small town's tickets: what is offered, and what was asked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from agent_desk.handling_views import ActForm, FormField, HandlingNow, TieShown
from agent_desk.ticket_views import TicketAct
from agent_desk.views import Person
from hotline.errors import HotlineError
from hotline.words import TicketId

FORMS = (
    ActForm(
        act="派单",
        fields=(
            FormField(
                name="unit",
                label="承办单位",
                kind="one",
                options=(("u1", "区住建局"),),
                hint="首接单位牵头，统一答复〔第十六条〕",
            ),
            FormField(
                name="helpers",
                label="协办单位",
                kind="several",
                options=(("u2", "区城管局"),),
                needed=False,
            ),
            FormField(name="note", label="说明", kind="long", needed=False),
        ),
    ),
    ActForm(
        act="申请退回",
        why="退回申请须自收到之日起2个工作日内提出，已于11月4日届满〔第九条（二）〕",
    ),
)


@dataclass(slots=True)
class FakeHandlings:
    """Implements Handlings; ``fault`` is raised by the next act."""

    forms: tuple[ActForm, ...] = FORMS
    acts: tuple[TicketAct, ...] = ()
    ties: tuple[TieShown, ...] = ()
    asked: list[tuple[TicketId, str, Mapping[str, Sequence[str]], int]] = field(
        default_factory=list
    )
    fault: HotlineError | None = None

    async def now(self, number: TicketId, who: Person, at: dt.datetime) -> HandlingNow:
        return HandlingNow(version=1, forms=self.forms, turns=(), acts=self.acts, ties=self.ties)

    async def act(
        self,
        number: TicketId,
        act: str,
        form: Mapping[str, Sequence[str]],
        *,
        who: Person,
        version: int,
        at: dt.datetime,
    ) -> None:
        if self.fault is not None:
            raise self.fault
        self.asked.append((number, act, form, version))

"""待审: tickets on which somebody waits for a decision, the least time left first."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from agent_desk.supervision_views import AuditPage, AuditRow
from agent_desk.views import Person
from hotline.handling_words import Act, Stage
from hotline.policy import Policy
from hotline.words import Role, UnitId
from ledger.store import Ledger
from ledger.ticket_rows import ListedTicket, TicketFilter
from switchboard.policy_versions import PolicyVersions, Rule
from switchboard.ticket_saving import slot_of

ASKED: Final[Mapping[Stage, Act]] = {
    Stage.RETURN_ASKED: Act.ASK_RETURN,
    Stage.EXTENSION_ASKED: Act.ASK_EXTENSION,
    Stage.CLOSE_ASKED: Act.ASK_CLOSE,
    Stage.DISPUTED: Act.DISPUTE,
}
"""The stages that wait for a decision, and the act that asked for it."""
WAITING: Final[Mapping[Role, tuple[Stage, ...]]] = {
    Role.SUPERVISOR: tuple(ASKED),
    Role.MANAGER: (Stage.DISPUTED,),
}
"""Whose decision: the hotline's, and in a dispute the managing body's as well."""
_SIZE: Final = 30


class AuditQueue:
    """The queue of one city."""

    def __init__(self, ledger: Ledger, policy: Rule) -> None:
        self._ledger = ledger
        self._versions = PolicyVersions(ledger.policy_texts, policy)

    async def page(self, who: Person, *, waits: str, number: int) -> AuditPage:
        """A page for who has the decision; ``waits`` a stage, or empty for all of theirs."""
        mine = stages_of(who)
        counts = (await self._ledger.tickets.counts(TicketFilter(statuses=mine))).by_status
        chosen = [one for one in mine if one.value == waits] or list(mine)
        found = await self._ledger.tickets.page(
            TicketFilter(statuses=chosen), number=number, size=_SIZE
        )
        names = {unit.code: unit.name for unit in await self._ledger.units.all()}
        return AuditPage(
            rows=tuple([await self._row(one, names, who) for one in found.items]),
            counts={stage.value: counts.get(stage.value, 0) for stage in mine},
            total=found.total,
            number=number,
            size=_SIZE,
        )

    async def _row(
        self, listed: ListedTicket, names: Mapping[UnitId, str], who: Person
    ) -> AuditRow:
        stored = await self._ledger.tickets.load(listed.id)
        here = await self._ledger.tickets.handling(stored.ticket)
        stage = Stage(listed.status)
        asked = here.last(ASKED[stage])
        words = ""
        open_to = not listed.confidential or Role.SUPERVISOR in who.roles
        if asked is not None and open_to:
            slot = stored.texts.get(slot_of(here.acts.index(asked) + 1), "")
            said: dict[str, str] = json.loads(slot) if slot else {}
            words = "；".join(f"{label}：{text}" for label, text in said.items())
        policy, _ = await self._versions.of(stored.ticket)
        return AuditRow(
            number=listed.id,
            type=listed.type,
            summary=stored.texts.get("summary", "") if open_to else "",
            waits=stage.value,
            since=asked.at if asked else None,
            words=words,
            unit_name=names.get(listed.unit, str(listed.unit)) if listed.unit else "",
            due_at=listed.due_at,
            provisional=listed.provisional,
            rung=_rung(policy, here.times(Act.DISPUTE)) if stage is Stage.DISPUTED else "",
        )


def stages_of(who: Person) -> tuple[Stage, ...]:
    """What this person decides, in the order of the table."""
    mine = {stage for role in who.roles for stage in WAITING.get(role, ())}
    return tuple(stage for stage in ASKED if stage in mine)


def _rung(policy: Policy, times: int) -> str:
    """Whose turn it is in a dispute that was put forward so many times (争议阶梯)."""
    ladder = policy.dispatch.dispute_ladder.value or ()
    return ladder[min(max(times, 1), len(ladder)) - 1] if ladder else ""

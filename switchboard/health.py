"""系统状态: what ``./jiesu doctor`` finds, seen from inside the running system.

The same checks, asked over the link that is there already. What is cheap is looked at whenever the
page is; what changes slowly once a minute, however many pages are open; what costs a moment (sound
played, the model loaded, the database read through) when somebody presses 检查.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from agent_desk.views import Check as Line
from ivr.phone import Acts
from ledger.errors import LedgerFailing
from ledger.store import Ledger
from switchboard.clock import utc_now
from switchboard.doctor.case import Case, read_case
from switchboard.doctor.checks import AT_A_GLANCE, CHECKS
from switchboard.doctor.finding import WHEN_ASKED, Check, Finding, State
from switchboard.doctor.rounds import go_round
from switchboard.lead_time import in_a_line
from switchboard.live import Live
from switchboard.opened_search import OpenedSearch
from switchboard.settings import Settings

log = logging.getLogger(__name__)

_LEAD_OF: Final = dt.timedelta(days=7)


@dataclass(frozen=True, slots=True)
class _Kept:
    """What a check found, and when: by the clock of people and by one that never jumps."""

    finding: Finding
    at: dt.datetime
    looked: float


class Health:
    """Implements :class:`agent_desk.ports.Doctor`."""

    def __init__(
        self,
        settings: Settings,
        ledger: Ledger,
        live: Live,
        act: Acts,
        search: OpenedSearch,
        *,
        checks: Sequence[Check] = CHECKS,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._ledger = ledger
        self._live = live
        self._act = act
        self._search = search
        self._checks = checks
        self._monotonic = monotonic
        self._kept: dict[str, _Kept] = {}
        self._glanced: dict[str, _Kept] = {}
        self._turn = asyncio.Lock()
        self._examining: asyncio.Task[None] | None = None

    async def checks(self) -> Sequence[Line]:
        """A line for every part of the house; those of this process last."""
        async with self._turn:
            await self._look([c for c in self._checks if c.fresh_s != WHEN_ASKED], self._kept)
            await self._look(AT_A_GLANCE, self._glanced)
        lines = [self._line(check) for check in self._checks]
        return [*(line for line in lines if line is not None), self._seats(), await self._answers()]

    async def examine(self) -> None:
        """Everything thoroughly, now. Whoever presses meanwhile waits for the same round."""
        if self._examining is None or self._examining.done():
            self._examining = asyncio.create_task(self._examine(), name="examine")
        await asyncio.shield(self._examining)

    async def _examine(self) -> None:
        case = await self._case()
        self._keep(self._checks, await go_round(case, self._checks), self._kept)

    async def _look(self, checks: Sequence[Check], kept: dict[str, _Kept]) -> None:
        """Again where what is kept has grown old."""
        now = self._monotonic()
        due = [
            check
            for check in checks
            if check.name not in kept or now - kept[check.name].looked >= check.fresh_s
        ]
        if due:
            self._keep(due, await go_round(await self._case(), due), kept)

    def _keep(
        self, checks: Sequence[Check], found: Sequence[Finding], kept: dict[str, _Kept]
    ) -> None:
        at, looked = utc_now(), self._monotonic()
        for check, finding in zip(checks, found, strict=True):
            kept[check.name] = _Kept(finding, at, looked)

    async def _case(self) -> Case:
        case = await asyncio.to_thread(read_case, self._settings, self._act)
        trouble = self._ledger.journal.failing
        if trouble is None:
            return case
        told = f"写不进：{trouble.why}；{trouble.waiting} 条记录在内存里等"
        return replace(case, failing=told)

    def _line(self, check: Check) -> Line | None:
        kept, glanced = self._kept.get(check.name), self._glanced.get(check.name)
        asked = check.fresh_s == WHEN_ASKED
        # What a glance sees now outweighs what an examination found some time ago.
        if glanced is not None and (kept is None or glanced.finding.state is State.FAULT):
            kept, at = glanced, None
        else:
            at = kept.at if kept is not None and asked else None
        if kept is None:
            return None
        found = kept.finding
        return Line(
            part=check.title,
            state=found.state.value,
            now=found.found,
            do=found.do,
            life=found.life and found.state is not State.OK,
            at=at,
            asked=asked,
        )

    def _seats(self) -> Line:
        strip = self._live.strip()
        at_work = strip.ready + strip.talking + strip.wrap_up
        return Line(
            part="席位",
            state="ok" if at_work else "warn",
            now=f"就绪 {strip.ready}，通话 {strip.talking}，整理 {strip.wrap_up}",
            do="" if at_work else "没有话务员在席：来电会听到致歉后被告知回拨",
        )

    async def _answers(self) -> Line:
        """Whether answer cards can stand beside a call."""
        part, trouble, articles = "知识检索", self._search.trouble, self._search.articles
        if trouble:
            todo = "电话照常，只是没有答案卡；一分钟内会再试，仍不行请删去 DATA/search 后重启"
            return Line(part=part, state="fault", now=trouble, do=todo)
        if articles is None:
            return Line(part=part, state="ok", now="没有打开：没有原话，就没有答案卡")
        return Line(part=part, state="ok", now=f"{articles} 条{await self._lead()}")

    async def _lead(self) -> str:
        """提前量 of the last days, where a card was adopted whose times are known."""
        try:
            leads = await self._ledger.knowledge.marks.leads(utc_now() - _LEAD_OF)
        except LedgerFailing:
            return ""
        told = in_a_line([one.lead_s for one in leads if one.lead_s is not None])
        return f"；近{_LEAD_OF.days}天{told}" if told else ""

"""The draft of each live call: its words in, slot by slot what they say, for the form of the desk.

Computed in one thread beside the loop (a long call takes tens of milliseconds), one call after the
other; words that come meanwhile are taken together by the next computation. Evidence is a place in
one final of the call: what cannot be pointed at is not proposed.
"""

from __future__ import annotations

import asyncio
import bisect
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from agent_desk.aids import DraftShown, DraftSlot, SlotName
from agent_desk.said import Said
from hotline.drafts import Choice, DraftModel, Filled, fill
from hotline.policy import ZONE
from hotline.slots_time import Moment
from hotline.tickets import LIMITS
from hotline.transcript import Turn
from hotline.words import CallId

log = logging.getLogger(__name__)

KEPT_FIRST: Final = 40
KEPT_LAST: Final = 160
"""Finals of a very long call that are read: how it began, and what was said lately."""
MOST_PLACES: Final = 50_000
_LAST_WORDS_S: Final = 5.0


@dataclass(slots=True)
class _Telling:
    """One call: its finals in the order they were spoken, and what is shown of them."""

    finals: list[Said] = field(default_factory=list)
    fresh: asyncio.Event = field(default_factory=asyncio.Event)
    over: bool = False
    shown: DraftShown | None = None

    def read(self) -> tuple[Said, ...]:
        if len(self.finals) <= KEPT_FIRST + KEPT_LAST:
            return tuple(self.finals)
        return (*self.finals[:KEPT_FIRST], *self.finals[-KEPT_LAST:])


class Drafter:
    """Listens to both sides of every call and shows drafts. For one event loop; never blocks it."""

    def __init__(
        self,
        model: DraftModel,
        show: Callable[[DraftShown], None],
        *,
        units: Callable[[], Sequence[str]] = tuple,
        places: Sequence[str] = (),
    ) -> None:
        """``show`` is called when the draft of a call changes; it must not block. ``units`` gives
        the names of the departments of this system, ``places`` are those of local places."""
        self._model = model
        self._show = show
        self._units = units
        self._places = tuple(places)
        self._tellings: dict[CallId, _Telling] = {}
        self._tasks: dict[CallId, asyncio.Task[None]] = {}
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="drafts")

    def heard(self, said: Said) -> None:
        """A final of either side. Anything else tells nothing."""
        if not said.final or not said.text:
            return
        telling = self._tellings.get(said.call)
        if telling is None:
            telling = self._tellings[said.call] = _Telling()
            self._tasks[said.call] = asyncio.create_task(self._follow(said.call, telling))
        # Two engines: the answer may be known before the question.
        bisect.insort(telling.finals, said, key=lambda one: one.at)
        telling.fresh.set()

    def shown(self, call: CallId) -> DraftShown | None:
        """The draft of a call as it stands."""
        telling = self._tellings.get(call)
        return telling.shown if telling else None

    async def finish(self, call: CallId) -> None:
        """The call is over: what was said last is still drafted, then it is forgotten."""
        telling, task = self._tellings.get(call), self._tasks.get(call)
        if telling is not None and task is not None:
            telling.over = True
            telling.fresh.set()
            await asyncio.wait({task}, timeout=_LAST_WORDS_S)
        self.drop(call)

    def drop(self, call: CallId) -> None:
        """Forget a call at once."""
        self._tellings.pop(call, None)
        if task := self._tasks.pop(call, None):
            task.cancel()

    async def close(self) -> None:
        """End all, and wait until they have ended."""
        tasks = list(self._tasks.values())
        for call in list(self._tasks):
            self.drop(call)
        await asyncio.gather(*tasks, return_exceptions=True)
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _follow(self, call: CallId, telling: _Telling) -> None:
        loop = asyncio.get_running_loop()
        while not telling.over or telling.fresh.is_set():
            await telling.fresh.wait()
            telling.fresh.clear()
            try:
                draft = await loop.run_in_executor(self._thread, self._draw, call, telling.read())
                if draft != telling.shown:
                    telling.shown = draft
                    self._show(draft)
            except Exception as error:  # noqa: BLE001 - a draft's fault must not end the drafts
                # The text of the error may hold words of the caller.
                log.warning("no draft", extra={"call": call, "error": type(error).__name__})

    def _draw(self, call: CallId, finals: Sequence[Said]) -> DraftShown:
        whole = "\n".join(said.text for said in finals)
        places = [place for place in self._places if place in whole]
        at = finals[0].at.astimezone(ZONE)
        filled = fill([turn_of(said) for said in finals], at, self._model, places)
        return draft_of(call, finals, filled, sure=self._model.sure, units=self._units())


def turn_of(said: Said) -> Turn:
    """A final as a turn of the transcript."""
    return Turn("citizen" if said.leg == "caller" else "agent", said.text)


def draft_of(
    call: CallId, finals: Sequence[Said], filled: Filled, *, sure: float, units: Sequence[str] = ()
) -> DraftShown:
    """What the desk shows of a filled draft; ``finals`` are the turns it was filled from."""
    slots = [
        _chosen("type", filled.types, sure),
        _chosen("category", filled.categories, sure),
        _Given("address", filled.address),
        _Given("happened", time_in_words(filled.time)),
        _Given("contact", filled.name),
        _Given("phone", filled.phone),
        _Given("summary", filled.summary),
        _department(filled, sure, units),
    ]
    shown = (_slot(given, finals, filled) for given in slots)
    return DraftShown(
        call=call, slots=tuple(slot for slot in shown if slot), keywords=filled.keywords
    )


_EVIDENCE: Final[Mapping[SlotName, str]] = {
    "happened": "time",
    "contact": "name",
    "unit": "department",
}
"""The evidence of a field of the form where ``hotline.drafts`` names it otherwise."""


@dataclass(frozen=True, slots=True)
class _Given:
    slot: SlotName
    value: str | None
    others: tuple[str, ...] = ()
    sure: bool = True


def _slot(given: _Given, finals: Sequence[Said], filled: Filled) -> DraftSlot | None:
    span = filled.evidence.get(_EVIDENCE.get(given.slot, given.slot))
    if span is None or not given.value:
        return None
    said = finals[span.turn]
    longest = LIMITS.get(given.slot)
    return DraftSlot(
        slot=given.slot,
        value=given.value[:longest],
        others=given.others,
        words=said.text[span.start : span.end],
        leg=said.leg,
        from_s=said.from_s,
        start=span.start,
        end=span.end,
        sure=given.sure,
    )


def _chosen(slot: SlotName, choices: Sequence[Choice], sure: float) -> _Given:
    if not choices:
        return _Given(slot, None)
    first, *rest = choices
    return _Given(slot, first.value, tuple(one.value for one in rest), first.p >= sure)


def _department(filled: Filled, sure: float, units: Sequence[str]) -> _Given:
    """The first department this system has a unit for; where it has none, the name as it is, as a
    mere proposal: nobody can be sent what does not exist."""
    if not filled.department:
        return _Given("unit", None)
    known = [unit for name in filled.department for unit in units_named(name, units)]
    names = tuple(dict.fromkeys(known or filled.department))
    certain = bool(known) and bool(filled.categories) and filled.categories[0].p >= sure
    return _Given("unit", names[0], names[1:], certain)


_OFFICE: Final = re.compile(r"(?:分局|局|委员会|委|管理中心|中心|公司|集团|支队|办事处|人民政府)$")


def units_named(department: str, units: Sequence[str]) -> list[str]:
    """The units a department is called by here: of the same name, or else of the same field
    (公安局 is 公安分局 in a development zone, 城市管理局 城市管理和综合执法局)."""
    if department in units:
        return [department]
    field_ = _OFFICE.sub("", department)
    return [unit for unit in units if len(field_) > 1 and field_ in unit]


_NORM: Final = re.compile(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?(?:T(\d\d))?")


def time_in_words(moment: Moment | None) -> str | None:
    """The words of a time with what they mean: 昨晚八点（2026年3月11日20时）."""
    if moment is None:
        return None
    found = _NORM.fullmatch(moment.norm or "")
    if found is None:
        return moment.text
    meant = "".join(
        f"{int(part)}{unit}" for part, unit in zip(found.groups(), "年月日时", strict=True) if part
    )
    return moment.text if meant == moment.text else f"{moment.text}（{meant}）"


def read_places(file: Path) -> tuple[str, ...]:
    """Names of local places, one a line, ``#`` before a remark; none where the file is missing or
    cannot be read, which the log says."""
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError:
        return ()
    except (OSError, UnicodeDecodeError) as wrong:
        log.warning("places not read", extra={"error": type(wrong).__name__})
        return ()
    names = (line.partition("#")[0].strip() for line in lines)
    return tuple(dict.fromkeys(name for name in names if len(name) > 1))[:MOST_PLACES]

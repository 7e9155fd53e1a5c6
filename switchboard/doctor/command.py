"""``./jiesu doctor``: one line a part, for people or as JSON."""

from __future__ import annotations

import asyncio
import json
import unicodedata
from collections.abc import Sequence
from typing import Final

from switchboard.doctor.ami_visit import visiting
from switchboard.doctor.case import Clock, read_case
from switchboard.doctor.checks import CHECKS
from switchboard.doctor.finding import WORDS, Check, Finding, State
from switchboard.doctor.rounds import go_round
from switchboard.settings import Settings
from switchboard.terminal import progress, tell

_TITLE_COLUMNS: Final = 10


async def command(settings: Settings, *, as_json: bool) -> int:
    """Look at everything and print it; 1 when something is a fault."""
    found = await findings(settings)
    tell(as_program(found) if as_json else as_lines(found))
    return int(any(one.state is State.FAULT for _, one in found))


async def findings(
    settings: Settings, checks: Sequence[Check] = CHECKS, clock: Clock | None = None
) -> list[tuple[Check, Finding]]:
    """Every check with what it found. Looks only: nothing is fetched, started or changed, but for
    a second of sound that the running Asterisk plays to nobody but us."""
    async with visiting(settings) as act:
        case = await asyncio.to_thread(read_case, settings, act, clock)
        return list(zip(checks, await go_round(case, checks, say=progress), strict=True))


def as_program(found: Sequence[tuple[Check, Finding]]) -> str:
    """``{"checks": [{"name", "state", "found", "do"}]}``, state in ok, warn, fault."""
    rows = [
        {"name": check.name, "state": one.state.value, "found": one.found, "do": one.do}
        for check, one in found
    ]
    return json.dumps({"checks": rows}, ensure_ascii=False, indent=1)


def as_lines(found: Sequence[tuple[Check, Finding]]) -> str:
    """What, state, what to do: a line each, and one that counts them."""
    lines = [
        f"{WORDS[one.state]}  {_padded(check.title)}  {one.found}{'  → ' if one.do else ''}{one.do}"
        for check, one in found
    ]
    counts = {state: sum(1 for _, one in found if one.state is state) for state in State}
    summary = "，".join(f"{WORDS[state]} {count}" for state, count in counts.items())
    return "\n".join([*lines, f"共 {len(found)} 项：{summary}。"])


def _padded(title: str) -> str:
    """Chinese signs take two columns of a terminal."""
    width = sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in title)
    return title + " " * max(0, _TITLE_COLUMNS - width)

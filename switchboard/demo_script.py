"""The calls of ``./jiesu demo``, read from demo_morning.toml; who acts them is in demo.py."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Final, Literal

from hotline.words import Outcome, Service, TicketType

MORNING: Final = Path(__file__).parent / "demo_morning.toml"
WITHHELD: Final = "anonymous"


class BadScript(ValueError):
    """What is wrong with a script, for whoever wrote it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """What the agent fills into the form. `unit` is one of demonstration.UNITS."""

    type: TicketType
    summary: str
    category: str = ""
    address: str = ""
    happened: str = ""
    contact: str = ""
    unit: str | None = None
    confidential: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One call. `quick` is None when it is left out of the short form; `outcome` and `to` are what
    the hotline will have counted."""

    name: str
    at: float
    caller: str
    outcome: Outcome
    quick: float | None = None
    after: str = ""
    voice: str = "f5"
    told: str = ""
    keys: tuple[str, ...] = ()
    says: str = ""
    reply: str = ""
    leaves: Literal["", "greeting", "ringing"] = ""
    silent: bool = False
    hand_over: Service | None = None
    transfer: bool = False
    ticket: Ticket | None = None
    to: Service | None = None


@dataclass(frozen=True, slots=True)
class Script:
    """All of it, in the order of dialling. `quick` chose the short form."""

    scenes: tuple[Scene, ...]
    welcome: str
    silence: str
    quick: bool = False

    def begins(self, scene: Scene) -> float:
        """Seconds after the start at which it is dialled."""
        return scene.quick if self.quick and scene.quick is not None else scene.at


def read_script(path: Path = MORNING, *, quick: bool = False) -> Script:
    """The script, whole and checked; BadScript says what is not understood."""
    table = tomllib.loads(path.read_text("utf-8"))
    scenes = [_scene(row) for row in table.get("scene", [])]
    names = [scene.name for scene in scenes]
    if len(set(names)) != len(names):
        raise BadScript("two scenes of one name")
    if lost := [scene.after for scene in scenes if scene.after and scene.after not in names]:
        raise BadScript(f"no scene {lost[0]!r} to come after")
    chosen = [scene for scene in scenes if not quick or scene.quick is not None]
    script = Script(tuple(chosen), str(table["welcome"]), str(table["silence"]), quick)
    return replace(script, scenes=tuple(sorted(chosen, key=script.begins)))


def _scene(row: Mapping[str, Any]) -> Scene:
    known = {item.name for item in fields(Scene)} - {"caller"} | {"from"}
    if strange := set(row) - known:
        raise BadScript(f"{row.get('name')}: {', '.join(sorted(strange))}")
    given = {key: value for key, value in row.items() if key not in {"from", "keys", "ticket"}}
    for key, kind in (("outcome", Outcome), ("hand_over", Service), ("to", Service)):
        if key in given:
            given[key] = kind(given[key])
    ticket = row.get("ticket")
    return Scene(
        caller=str(row["from"]),
        keys=tuple(str(row.get("keys", "")).split(",")) if row.get("keys") else (),
        ticket=Ticket(**{**ticket, "type": TicketType(ticket["type"])}) if ticket else None,
        **given,
    )

"""Opens packs and calendars for the rules: the shipped ones, and what a city laid over them.

``DATA/policies/*.toml`` overlays packs or adds a place, ``DATA/policies/calendar/*.toml`` adds or
replaces years.
hotline itself opens no file.
"""

from __future__ import annotations

import datetime as dt
import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import hotline.calendar
import hotline.packs
from hotline.calendar import Calendar, Notices
from hotline.errors import BadPolicy
from hotline.packs import NATIONAL, PackFile
from hotline.policy import Policy

SHIPPED: Final = Path(hotline.packs.__file__).parent / "policies"


@dataclass(frozen=True)
class Packs:
    """Every pack of an installation, read once. Policies of a day are made on demand and kept."""

    files: tuple[PackFile, ...]
    calendar: Calendar

    @functools.cached_property
    def codes(self) -> tuple[str, ...]:
        """The cities an installation can be set up for: every pack but the national one."""
        found = {hotline.packs.head(file).code for file in self.files if not file.overlay}
        return tuple(sorted(found - {NATIONAL}))

    @functools.cached_property
    def _kept(self) -> dict[tuple[str, dt.date], Policy]:
        return {}

    def policy(self, code: str, on: dt.date) -> Policy:
        """The policy of a city on one day; raises as :func:`hotline.packs.parse`."""
        if (code, on) not in self._kept:
            self._kept[code, on] = hotline.packs.parse(self.files, code, on)
        return self._kept[code, on]


def load(data: Path | None = None) -> Packs:
    """All shipped packs and calendars, with the overlays of ``data`` if it has any.

    Raises BadPolicy(file, key, why) when a file cannot be read as TOML or its head is wrong; what
    lies below the heads is judged when a policy is made of it.
    """
    packs = [PackFile(path.name, _read(path)) for path in sorted(SHIPPED.glob("*.toml"))]
    laid_over = data / "policies" if data else None
    if laid_over is not None and laid_over.is_dir():
        packs += [
            PackFile(str(path), _read(path), own=True) for path in sorted(laid_over.glob("*.toml"))
        ]
    hotline.packs.check_heads(packs)
    return Packs(tuple(packs), load_calendar(data))


def load_calendar(data: Path | None = None) -> Notices:
    """The notices shipped and those of ``data``. Raises BadPolicy(file, key, why)."""
    return hotline.calendar.parse(calendar_tables(data))


def calendar_tables(data: Path | None = None) -> list[tuple[str, Mapping[str, Any]]]:
    """The name and content of every calendar file, those of ``data`` last. Raises BadPolicy."""
    found = [(path.name, _read(path)) for path in sorted(SHIPPED.glob("calendar/*.toml"))]
    if data is not None:
        found += [(str(path), _read(path)) for path in sorted(own_calendars(data).glob("*.toml"))]
    return found


def own_calendars(data: Path) -> Path:
    """Where an installation keeps the notices that it was given."""
    return data / "policies" / "calendar"


def _read(path: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as wrong:
        raise BadPolicy(str(path), "整个文件", f"读不懂（{wrong}），请检查引号和方括号") from wrong

"""The shipped packs and calendars as the rules get them, for tests that need a real city."""

from __future__ import annotations

import datetime as dt
import functools
import tomllib
from pathlib import Path
from typing import Any

import hotline.calendar
import hotline.packs
from hotline.calendar import Calendar
from hotline.packs import PackFile
from hotline.policy import Policy

POLICIES = Path(hotline.packs.__file__).parent / "policies"
CITIES = ("guangyuan", "guizhou", "hebei", "zhaoqing", "zhongshan")


def read(name: str) -> dict[str, Any]:
    return tomllib.loads((POLICIES / name).read_text(encoding="utf-8"))


@functools.cache
def files() -> tuple[PackFile, ...]:
    return tuple(PackFile(f"{code}.toml", read(f"{code}.toml")) for code in ("national", *CITIES))


@functools.cache
def policy(code: str, on: dt.date = dt.date(2026, 9, 25)) -> Policy:
    return hotline.packs.parse(files(), code, on)


@functools.cache
def calendar() -> Calendar:
    names = ("calendar/2025.toml", "calendar/2026.toml")
    return hotline.calendar.parse([(name, read(name)) for name in names])


def text(name: str) -> str:
    return (POLICIES / "texts" / f"{name}.txt").read_text(encoding="utf-8")

"""Committees of residents and villagers (居民委员会、村民委员会) never lead where a regulation says
so (中山 第六条): one judgement for every door through which a unit gets a ticket."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

_GENERAL: Final = "村居"
"""A kind of unit that says it is one of these, not which."""


def never_leads(kind: str, name: str, forbidden: Iterable[str]) -> str:
    """The forbidden kind a unit is of, empty where it may lead. 居民委员会 is also written 居委会;
    the name tells where the kind was left general."""
    for one in forbidden:
        short = one.replace("民委员会", "委会")
        if kind in (one, short, _GENERAL) or name.strip().endswith((one, short)):
            return one
    return ""

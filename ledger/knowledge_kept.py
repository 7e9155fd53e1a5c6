"""The versions that were published once, kept in memory and read again only where they changed.

Ten thousand articles take seconds to read; a change of one must not take them again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from hotline.knowledge import Version

PIECE: Final = 100
"""So many articles are read at once; between two pieces calls have their turn."""


@dataclass(slots=True)
class Kept:
    """By article, the row version it was read at and what was published of it."""

    revision: int = -1
    """Of the whole base, when it was last read."""
    alone: asyncio.Lock = field(default_factory=asyncio.Lock)
    _known: dict[str, tuple[int, tuple[Version, ...]]] = field(default_factory=dict)
    _in_order: list[tuple[Version, ...]] | None = None

    def stale(self, there: Mapping[str, int]) -> Iterator[list[str]]:
        """The ids, in pieces, whose row version is not the one that was read; those that are there
        no more are forgotten."""
        for gone in self._known.keys() - there.keys():
            del self._known[gone]
        self._in_order = None
        ids = [one for one, version in there.items() if self._read_at(one) != version]
        for start in range(0, len(ids), PIECE):
            yield ids[start : start + PIECE]

    def put(self, there: Mapping[str, int], found: Mapping[str, tuple[Version, ...]]) -> None:
        """These were read, at least as new as ``there`` says."""
        for one, versions in found.items():
            self._known[one] = (there[one], versions)
        self._in_order = None

    def versions(self) -> list[tuple[Version, ...]]:
        """Of each article that has any, by id: the same order on every kind of database."""
        if self._in_order is None:
            known = sorted(self._known.items())
            self._in_order = [versions for _, (_, versions) in known if versions]
        return self._in_order

    def _read_at(self, article: str) -> int:
        return self._known.get(article, (0, ()))[0]

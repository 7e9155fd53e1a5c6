"""Two cities' rules side by side, as their page shows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class City:
    """A city that the system has the rules of."""

    code: str
    area: str
    document: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What one city says of one matter; ``standing`` is its article, or the articles searched."""

    text: str
    standing: str
    quote: str
    silent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRow:
    """One matter in both cities."""

    section: str
    label: str
    left: Said
    right: Said
    same: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CitiesCompared:
    """Two cities, every matter in the order of the regulations' chapters, and all the cities there
    are to choose from."""

    cities: tuple[City, ...]
    left: City
    right: City
    rows: tuple[RuleRow, ...]


class Cities(Protocol):
    """The rules of every city in this installation."""

    def compare(self, left: str, right: str) -> CitiesCompared:
        """Two cities by their codes; empty: this one, and another. Raises BadInput."""

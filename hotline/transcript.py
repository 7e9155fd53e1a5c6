"""What was said in a call, turn by turn, and where in it a value was found."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

GAP: Final = "\x01"
"""Stands for a character that has been explained already, so that offsets stay true."""
CORRECTION: Final = re.compile(r"不对|不是|说错|错了|搞错|更正|改一下|应该是|哎不|我是说")
_YES: Final = re.compile(r"^(?:对|是|嗯|没错|好)")


@dataclass(frozen=True, slots=True)
class Turn:
    """One stretch of one speaker."""

    role: Literal["agent", "citizen"]
    text: str


@dataclass(frozen=True, slots=True)
class Span:
    """Where: the turn's index and a half-open range of its characters."""

    turn: int
    start: int
    end: int

    def words(self, turns: Sequence[Turn]) -> str:
        return turns[self.turn].text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Found:
    """A value with the words it came from."""

    value: str
    evidence: Span


def blanked(text: str, start: int, end: int) -> str:
    """The text with a range taken out, equally long."""
    return text[:start] + GAP * (end - start) + text[end:]


def said_by_citizen(turns: Sequence[Turn]) -> list[int]:
    """The turns whose words count: the citizen's, and an agent's that the citizen confirms."""
    counted = []
    for index, turn in enumerate(turns):
        follows = turns[index + 1] if index + 1 < len(turns) else None
        confirmed = (
            turn.role == "agent"
            and re.search(r"[吗吧]", turn.text[-3:]) is not None
            and follows is not None
            and follows.role == "citizen"
            and _YES.match(follows.text) is not None
        )
        if turn.role == "citizen" or confirmed:
            counted.append(index)
    return counted


def asked(turns: Sequence[Turn], index: int, what: re.Pattern[str]) -> bool:
    """Whether the agent asked for this just before the turn."""
    return (
        index > 0 and turns[index - 1].role == "agent" and bool(what.search(turns[index - 1].text))
    )

"""How long the right card had stood when the caller had asked. Pure.

Right is the card that the agent adopted. It stood from the moment its article came beside the call
and did not leave again; the caller had asked with the last final before the adoption, or, where he
was still speaking, with the adoption itself. Negative: the card came after the caller had asked.
"""

from __future__ import annotations

import datetime as dt
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

EndedBy = Literal["final", "adoption"]


@dataclass(frozen=True, slots=True)
class Stood:
    """A card of a call at one moment: since when it stands, when the caller had asked, for what
    it was found. None where it does not stand or nothing is known of the call any more."""

    since: dt.datetime | None = None
    asked_at: dt.datetime | None = None
    asked_by: EndedBy | None = None
    question: str = ""


@dataclass(slots=True)
class Standing:
    """What stood beside one call, and when the caller last ended."""

    since: dict[str, dt.datetime] = field(default_factory=dict)
    questions: dict[str, str] = field(default_factory=dict)
    """For what each article was found, also after it left."""
    final_at: dt.datetime | None = None
    speaking: bool = False

    def heard(self, at: dt.datetime, *, final: bool, words: bool) -> None:
        """Words of the caller came."""
        self.speaking = not final and (words or self.speaking)
        if final and words:
            self.final_at = at

    def shows(self, articles: Iterable[str], question: str, at: dt.datetime) -> None:
        """These articles stand from now on; the new ones were found by ``question``."""
        now = list(articles)
        self.since = {one: self.since.get(one, at) for one in now}
        for one in now:
            if one not in self.questions or question:
                self.questions[one] = question or self.questions.get(one, "")

    def of(self, article: str, at: dt.datetime) -> Stood:
        """What is known of a card that an agent marks now."""
        question = self.questions.get(article, "")
        since = self.since.get(article)
        if since is None:
            return Stood(question=question)
        if self.speaking or self.final_at is None:
            return Stood(since, at, "adoption", question)
        return Stood(since, self.final_at, "final", question)


def median_of(seconds: Sequence[float]) -> float | None:
    """None of nothing."""
    return statistics.median(seconds) if seconds else None


def slowest_tenth(seconds: Sequence[float]) -> float | None:
    """What one in ten does not exceed (nearest rank); None of nothing."""
    return sorted(seconds)[-(-len(seconds) // 10) - 1] if seconds else None


def in_a_line(seconds: Sequence[float]) -> str:
    """How often the adopted card stood before the caller had asked, and for how long; empty of
    nothing."""
    middle = median_of(seconds)
    if middle is None:
        return ""
    ahead = sum(one > 0 for one in seconds)
    share = f"{100 * ahead / len(seconds):.0f}%（{ahead}÷{len(seconds)}）"
    return f"采用的卡片{share}在来电人说完之前已显示，提前量中位数{middle:.1f}秒"

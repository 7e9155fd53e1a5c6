"""What a page of the knowledge base was asked: words and conditions out of an address, and
addresses that change one of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, get_args
from urllib.parse import urlencode

from agent_desk.knowledge_reading_views import LONGEST_WORDS, Narrowed, Validity
from hotline.knowledge import Reach

Named = Literal["q", "category", "unit", "reach", "on", "view"]
_NAMED: Final[tuple[Named, ...]] = get_args(Named)
_LONGEST: Final = 80
_VIEWS: Final = tuple(one for one in get_args(Validity) if one != "valid")


@dataclass(frozen=True, slots=True, kw_only=True)
class KnowledgeAsked:
    """``wrong`` says in a sentence what of the address could not be understood; it is left out."""

    words: str = ""
    narrowed: Narrowed = field(default_factory=Narrowed)
    view: Validity | None = None
    page: int = 1
    wrong: str = ""
    path: str = "/knowledge"

    @property
    def conditions(self) -> dict[str, str]:
        """What is in the address beside the page."""
        narrowed = self.narrowed
        return {
            "q": self.words,
            "category": narrowed.category,
            "unit": narrowed.unit,
            "reach": narrowed.reach.value if narrowed.reach else "",
            "on": narrowed.on.isoformat() if narrowed.on else "",
            "view": self.view or "",
        }

    @property
    def bare(self) -> bool:
        """Nothing was asked: the page shows what there is."""
        return not any(self.conditions.values())

    @property
    def narrow(self) -> bool:
        """Whether a condition stands that can be taken away."""
        return any(value for name, value in self.conditions.items() if name != "q")

    def link(self, **changed: str) -> str:
        """The address with these changed; a page only where it is asked for."""
        asked = {name: value for name, value in {**self.conditions, **changed}.items() if value}
        return f"{self.path}?{urlencode(asked)}" if asked else self.path

    def turned(self, page: int) -> str:
        """The address of another page of the same."""
        return self.link(page=str(page))


def asked(query: Mapping[str, str], path: str = "/knowledge") -> KnowledgeAsked:
    """Out of an address; what is odd counts as not said."""
    given = {name: " ".join(query.get(name, "").split()) for name in _NAMED}
    wrong = ""
    if len(given["q"]) > LONGEST_WORDS:
        wrong = f"一次最多查{LONGEST_WORDS}个字，已按前{LONGEST_WORDS}个字查"
    on: dt.date | None = None
    if given["on"]:
        try:
            on = dt.date.fromisoformat(given["on"])
        except ValueError:
            wrong = "日期看不懂，请写成 2026-10-01"
    reach = given["reach"]
    view = next((one for one in _VIEWS if one == given["view"]), None)
    return KnowledgeAsked(
        words=given["q"][:LONGEST_WORDS],
        narrowed=Narrowed(
            unit=given["unit"][:_LONGEST],
            category=given["category"][:_LONGEST],
            reach=Reach(reach) if reach in set(Reach) else None,
            on=on,
        ),
        view=view,
        page=_page(query.get("page", "")),
        wrong=wrong,
        path=path,
    )


def _page(given: str) -> int:
    plain = given.isascii() and given.isdigit() and len(given) < 5
    return max(int(given), 1) if plain else 1

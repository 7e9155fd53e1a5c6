"""Which matters of the dispatch directory a form may mean, by its category and its words."""

from __future__ import annotations

import datetime as dt
from typing import Final

from hotline.directory import Entry, Version, plain

MOST: Final = 3
_SHORTEST: Final = 2
"""Characters of a keyword that is looked for in running words: one alone is in everything."""


def suggested(version: Version, category: str, words: str, on: dt.date) -> tuple[Entry, ...]:
    """At most MOST entries that run on this day: the one of that name, those whose keyword is the
    category, then those whose name or keywords stand in the words, more of them first."""
    named = version.find(category, on) if category else ()
    told = plain(words)
    scored = []
    for place, entry in enumerate(version.entries):
        if entry in named or not entry.runs_on(on):
            continue
        sought = {plain(one) for one in (entry.item, *entry.keywords)}
        found = sum(len(one) for one in sought if len(one) >= _SHORTEST and one in told)
        if found:
            scored.append((-found, place, entry))
    rest = [entry for _, _, entry in sorted(scored, key=lambda one: one[:2])]
    return (*named, *rest)[:MOST]

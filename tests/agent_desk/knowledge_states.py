"""Articles in every state there is: standing, 内部, days, embargo."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator
from dataclasses import replace

from hotline.knowledge import ArticleId, Content, Reach, Standing, Version
from hotline.words import UnitId, UserId

_SIGNS = "甲乙丙丁戊己庚辛壬癸子丑寅卯辰"
_DAY = dt.timedelta(days=1)


def every_state(now: dt.datetime) -> Iterator[tuple[Version, ...]]:
    """One article a state, told apart by two signs in its title; at last those of two versions,
    the older in force."""
    today = now.date()
    days = ((None, None), (None, today - _DAY), (today, today), (today + _DAY, None))
    embargoes = (None, now + _DAY)
    states = itertools.product(Standing, Reach, days, embargoes)
    names = ("".join(pair) for pair in itertools.permutations(_SIGNS, 2))
    for number, (standing, reach, span, embargo) in enumerate(states):
        content = Content(
            title=f"{next(names)}试样",
            words=f"第{number}篇的口径，不能外传的话。",
            category="试样",
            reach=reach,
            unit="城管局",
            valid_from=span[0],
            valid_to=span[1],
            embargo_until=embargo,
        )
        yield (version(f"state-{number}", 1, content, standing, now),)
    for number, (standing, embargo) in enumerate(itertools.product(Standing, embargoes)):
        old = Content(title=f"{next(names)}试样", words="旧口径。", category="试样", unit="城管局")
        new = replace(old, words=f"新口径{number}。", embargo_until=embargo)
        yield (
            version(f"two-{number}", 1, old, Standing.PUBLISHED, now),
            version(f"two-{number}", 2, new, standing, now),
        )


def version(
    id_: str, number: int, content: Content, standing: Standing, now: dt.datetime
) -> Version:
    """One version as it would be kept."""
    over = standing in (Standing.PUBLISHED, Standing.WITHDRAWN)
    gone = standing is Standing.WITHDRAWN
    return Version(
        article=ArticleId(id_),
        number=number,
        content=content,
        standing=standing,
        author=UserId("u-e01"),
        made_at=now - 3 * _DAY,
        owner=UnitId("cg"),
        published_at=now - 2 * _DAY if over else None,
        withdrawn_at=now if gone else None,
        reason="写错了" if gone else "",
    )

"""Never shown: what is expired, under embargo, withdrawn, unpublished or not for outsiders, over
all states, roles and dates, through the whole path from the ledger to a card and a search."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from hotline.knowledge import (
    ArticleId,
    Content,
    Reach,
    Reader,
    Standing,
    Version,
    may_see,
)
from hotline.policy import ZONE
from hotline.words import Role, UnitId, UserId
from kb_search.articles import Audience
from kb_search.engine import Scope
from ledger.knowledge_rows import Change
from ledger.store import Ledger, open_ledger
from switchboard.desk_knowledge import DeskKnowledge
from switchboard.knowledge_feed import LedgerArticles, article_of
from switchboard.opened_search import OpenedSearch
from tests.ledger.laid import lay

pytestmark = pytest.mark.anyio
TODAY = dt.datetime(2026, 9, 28, 10, 0, tzinfo=ZONE)
MOMENTS = [TODAY + dt.timedelta(days=days) for days in (-2, 0, 1, 40)]
BY = UserId("u1")
READERS = [
    Reader(),
    *(
        Reader(roles=frozenset({role}), unit=UnitId("rsj"), id=UserId(f"some {role}"))
        for role in Role
    ),
]
DAY = dt.timedelta(days=1)
DATES: list[dict[str, object]] = [
    {},
    {"valid_from": TODAY.date() + DAY},
    {"valid_to": TODAY.date() - DAY},
    {"valid_to": TODAY.date()},
    {"embargo_until": TODAY + dt.timedelta(seconds=1)},
    {"embargo_until": TODAY + DAY, "valid_from": TODAY.date() - DAY},
    {"valid_from": TODAY.date() - DAY, "valid_to": TODAY.date() + DAY},
]


def made(number: int, standing: Standing, reach: Reach, dates: dict[str, object]) -> Version:
    content = Content(
        title=f"泡泡车位怎么申请第{number}篇",
        words="凭行驶证申请泡泡车位。",
        asked=("泡泡车位怎么申请",),
        unit="城管局",
        reach=reach,
        **dates,  # type: ignore[arg-type]  # names of Content's own fields
    )
    gone = standing is Standing.WITHDRAWN
    out = standing in (Standing.PUBLISHED, Standing.WITHDRAWN)
    return Version(
        article=ArticleId(f"a{number}"),
        number=1,
        content=content,
        standing=standing,
        author=BY,
        made_at=MOMENTS[0],
        owner=UnitId("rsj"),
        published_at=MOMENTS[0] if out else None,
        withdrawn_at=TODAY if gone else None,
    )


EVERY = [
    made(number, standing, reach, dates)
    for number, (standing, reach, dates) in enumerate(itertools.product(Standing, Reach, DATES))
]


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[Ledger]:
    url = f"sqlite:///{tmp_path / 'jiesu.db'}"
    await lay(url, tmp_path)
    async with open_ledger(
        url, field_key=bytes(32), clock=lambda: TODAY, code_version="test", city="zhaoqing"
    ) as ledger:
        gone = [one for one in EVERY if one.standing is Standing.WITHDRAWN]
        before = [
            replace(one, standing=Standing.PUBLISHED, withdrawn_at=None) if one in gone else one
            for one in EVERY
        ]
        for versions, expected in ((before, 0), (gone, 1)):
            changes = [Change(version=one, expected=expected) for one in versions]
            await ledger.knowledge.articles.save(changes, by=BY, what="knowledge.import")
        yield ledger


async def only_what_answers_may_stand(source: LedgerArticles) -> None:
    every = {(str(one.article), one.number) for one in EVERY}
    agent = Reader(roles=frozenset({Role.AGENT}))
    for at in MOMENTS:
        standing = await source.standing(every, at)
        assert standing == {(one.article, one.number) for one in EVERY if may_see(one, agent, at)}
        others = {(article, number + 1) for article, number in every}
        assert await source.standing(others, at) == frozenset()


@pytest.mark.clause("ZQ-21(二)", "ZQ-22¶2", "ZS-34")
async def test_over_all_states_roles_and_dates_nothing_forbidden_is_shown(ledger: Ledger) -> None:
    """The index is the worst one thinkable: it holds every version there is, whatever its state."""
    versions = {str(one.article): one for one in EVERY}
    source = LedgerArticles(ledger, lambda: TODAY)
    pages = DeskKnowledge(ledger, policy=None, calendar=None)  # type: ignore[arg-type]  # unasked
    search = OpenedSearch(None, source)
    await search.open()
    assert search._search is not None
    search._search.update([article_of(one) for one in EVERY])
    shown = 0
    try:
        for at in MOMENTS:
            cards = await search.ask("泡泡车位怎么申请", at)
            everything = search._search.find("泡泡车位怎么申请", at, limit=len(EVERY))
            cards += await source.still(everything, at)
            agent = Reader(roles=frozenset({Role.AGENT}))
            for card in cards:
                assert may_see(versions[card.article.id], agent, at)
            right = {id for id, one in versions.items() if may_see(one, agent, at)}
            assert {card.article.id for card in cards} == right
            public = search._search.look_up("泡泡车位", Scope(Audience.PUBLIC, at), len(EVERY))
            for found in public.found:
                version = versions[found.article.id]
                assert version.content.reach is Reach.EXTERNAL
            shown += len(right)
        assert shown > 0
        await only_what_answers_may_stand(source)
        for at in MOMENTS[1:3]:
            for article, version in versions.items():
                answer = await pages.answer(article, None, at)
                assert (answer is not None) == may_see(version, Reader(), at)
    finally:
        search.close()


def test_no_reader_but_the_hotlines_own_sees_internal_words_as_an_answer() -> None:
    for version, reader, at in itertools.product(EVERY, READERS, MOMENTS):
        if may_see(version, reader, at):
            own = reader.roles & {Role.AGENT, Role.SUPERVISOR, Role.EDITOR}
            assert version.standing is Standing.PUBLISHED
            assert version.content.reach is Reach.EXTERNAL or own

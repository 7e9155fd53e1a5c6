"""Search: what is found, what must never be, and what is lit up."""

from __future__ import annotations

import asyncio
import datetime as dt
import itertools
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.policy import ZONE
from kb_search.articles import Article, Audience, BadArticle, Visibility
from kb_search.engine import Hit, Scope
from kb_search.index import ArticleIndex
from kb_search.search import Search
from kb_search.synonyms import NOTHING_UNSAID, Unsaid
from kb_search.terms import Terms
from tests.kb_search.shelves import NOON, THREE, article

DAY = dt.timedelta(days=1)
FROM = (None, NOON.date(), (NOON + 2 * DAY).date())
TO = (None, NOON.date(), (NOON + 3 * DAY).date())
EMBARGO = (None, NOON, NOON + DAY)


def every_state() -> list[Article]:
    """One article for each way of being valid, kept back and visible; all answer alike."""
    states = itertools.product(FROM, TO, EMBARGO, Visibility)
    return [
        article(
            f"a{number}",
            "住房公积金怎么提取",
            valid_from=since,
            valid_to=until,
            embargo_until=embargo,
            visibility=visibility,
        )
        for number, (since, until, embargo, visibility) in enumerate(states)
        if not (since and until and until < since)
    ]


ALL = every_state()


@pytest.fixture(scope="module")
def search() -> Iterator[Search]:
    there = Search(THREE)
    yield there
    there.close()


@pytest.fixture(scope="module")
def states() -> Iterator[Search]:
    there = Search(ALL)
    yield there
    there.close()


@pytest.fixture(scope="module")
def empty() -> Iterator[Search]:
    there = Search(())
    yield there
    there.close()


MOMENTS = st.datetimes(
    (NOON - 2 * DAY).replace(tzinfo=None),
    (NOON + 6 * DAY).replace(tzinfo=None),
    timezones=st.just(ZONE),
) | st.sampled_from([NOON, NOON + DAY, NOON - dt.timedelta(seconds=1)])


@settings(deadline=None, max_examples=50)
@given(at=MOMENTS, audience=st.sampled_from(Audience))
def test_exactly_what_is_valid_free_and_visible_is_found(
    states: Search, at: dt.datetime, audience: Audience
) -> None:
    found = set(states.ranked("公积金提取", at, audience, limit=100))
    assert found == {one.id for one in ALL if one.shown_to(audience, at)}


@settings(deadline=None, max_examples=50)
@given(at=MOMENTS, audience=st.sampled_from(Audience))
def test_an_index_that_is_wrong_about_a_state_still_shows_nothing_forbidden(
    empty: Search, at: dt.datetime, audience: Audience
) -> None:
    search = empty
    search._articles = {one.id: one for one in ALL}
    hits = [Hit(one.id, 1.0, 9.0) for one in ALL] + [Hit("unknown", 1.0, 9.0)]

    def careless(
        asked: Terms, scope: Scope, limit: int = 10, also: Unsaid = NOTHING_UNSAID
    ) -> list[Hit]:
        return hits

    search._index.search = careless  # type: ignore[method-assign] # - an index that filters nothing
    found = {one.article.id for one in search.find("公积金提取", at, audience, limit=100)}
    assert found <= {one.id for one in ALL if one.shown_to(audience, at)}


def test_an_answer_carries_its_rank_and_what_to_light_up(search: Search) -> None:
    (found,) = search.find("请问公积金能取多少", NOON)
    assert (found.article.id, found.rank) == ("fund", 1)
    title, words = found.article.title, found.article.words
    assert [title[start:end] for start, end in found.title_spans] == ["公积金"]
    assert [words[start:end] for start, end in found.words_spans] == ["公积金"]


@pytest.mark.clause("HB-17")
def test_a_homophone_finds_the_same_and_lights_up_the_same(search: Search) -> None:
    (heard,) = search.find("公鸡金怎么取", NOON)
    (said,) = search.find("公积金怎么取", NOON)
    assert heard.article.id == said.article.id == "fund"
    assert heard.title_spans == said.title_spans


def test_words_with_no_character_right_are_found_by_sound_alone(search: Search) -> None:
    assert search.find("工鸡斤", NOON)[0].article.id == "fund"


@pytest.mark.parametrize("words", ["", "，。", "嗯", "你好", "喂你好谢谢", "🚌", "a" * 5_000])
def test_nothing_is_found_on_small_talk_silence_and_noise(search: Search, words: str) -> None:
    assert search.find(words, NOON) == ()


def test_a_very_long_tale_is_answered_all_the_same(search: Search) -> None:
    tale = "我跟你说这个事情是这样的" * 40 + "我们家里停水了"
    assert search.find(tale, NOON)[0].article.id == "water"


@pytest.mark.clause("ZQ-22¶2")
def test_internal_articles_are_for_agents_alone() -> None:
    search = Search([article("in", "公积金内部口径", visibility=Visibility.INTERNAL), *THREE])
    agent = {one.article.id for one in search.find("公积金内部口径", NOON)}
    public = {one.article.id for one in search.find("公积金内部口径", NOON, Audience.PUBLIC)}
    assert "in" in agent
    assert "in" not in public
    search.close()


def test_words_of_law_and_ways_of_asking_find_their_article() -> None:
    search = Search([*THREE, article("dog", "养犬管理", asked=("邻居的狗半夜叫",))])
    assert search.find("邻居家的狗晚上叫个不停", NOON)[0].article.id == "dog"
    search.close()


@pytest.mark.clause("ZQ-21¶1")
def test_replaced_articles_are_found_at_once_and_the_old_wording_never_again() -> None:
    search = Search(THREE)
    newer = article("fund", "住房公积金怎么提取", "新的口径。", version=2)
    assert search.replace([newer, *THREE[1:]])
    (found,) = search.find("公积金提取", NOON)
    assert (found.article.version, found.article.words) == (2, "新的口径。")
    search.close()


def test_two_articles_with_one_id_are_refused() -> None:
    with pytest.raises(BadArticle, match="已经用过"):
        Search([THREE[0], THREE[0]])


def test_no_articles_answer_nothing() -> None:
    search = Search(())
    assert search.find("公积金", NOON) == ()
    search.close()


@pytest.mark.anyio
async def test_many_ask_at_once_without_waiting_for_each_other(search: Search) -> None:
    questions = ["公积金提取", "家里停水", "社保卡丢失"] * 20
    answers = await asyncio.gather(*(search.ask(one, NOON) for one in questions))
    assert [one[0].article.id for one in answers] == ["fund", "water", "card"] * 20


def test_ranking_is_the_same_on_disk_and_in_memory(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("index")
    disk, memory = Search(THREE, folder), Search(THREE)
    for question in ("公积金", "停水通知", "丢失"):
        assert disk.ranked(question, NOON) == memory.ranked(question, NOON)
    assert isinstance(disk._index, ArticleIndex)
    disk.close()
    memory.close()

"""Search by hand."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kb_search.articles import Article, Audience, Basis, Section, Visibility
from kb_search.engine import Scope
from kb_search.search import Reason, Search
from tests.kb_search.shelves import NOON, THREE, article
from tests.kb_search.test_search import ALL, MOMENTS

AGENT = Scope(Audience.AGENT, NOON)
LAW = Article(
    "law",
    "工伤保险条例",
    (
        Section("第十四条", "职工有下列情形之一的，应当认定为工伤。"),
        Section("第三十条", "职工因工作遭受事故伤害，享受工伤医疗待遇。" * 9),
    ),
    category="法规",
    unit="人社局",
)
HOW = article("how", "工伤医疗费谁出", basis=(Basis("工伤保险条例", "第三十条"),), unit="人社局")
INSIDE = article("in", "公积金内部口径", visibility=Visibility.INTERNAL, category="内部")


@pytest.fixture(scope="module")
def search() -> Iterator[Search]:
    there = Search([*THREE, LAW, HOW, INSIDE])
    yield there
    there.close()


def test_the_article_of_a_law_stands_first_with_its_own_words(search: Search) -> None:
    first, second, *_ = search.look_up("工伤保险条例第三十条", AGENT).found
    assert (first.article.id, first.reason, second.article.id) == ("law", Reason.CLAUSE, "how")
    assert first.passage
    assert (first.passage.heading, first.passage.cut_before) == ("第三十条", False)
    assert first.passage.cut_after


def test_a_number_the_law_does_not_have_leads_to_the_law_and_says_so(search: Search) -> None:
    first = search.look_up("工伤保险条例第九十九条", AGENT).found[0]
    assert (first.article.id, first.exact) == ("law", False)


@pytest.mark.parametrize("letters", ["gjj", "gongjijin", "zhufang"])
def test_letters_lead_to_titles(search: Search, letters: str) -> None:
    first = search.look_up(letters, Scope(Audience.PUBLIC, NOON)).found[0]
    assert (first.article.id, first.reason) == ("fund", Reason.SPELLING)


def test_a_single_word_of_small_talk_finds_what_has_it(search: Search) -> None:
    assert search.find("办理", NOON) == ()
    assert search.look_up("办理", AGENT).found


@pytest.mark.parametrize(
    ("narrowed", "ids"),
    [
        ({"unit": "人社局"}, {"law", "how"}),
        ({"category": "法规"}, {"law"}),
        ({"only": Visibility.INTERNAL}, set()),
        ({"audience": Audience.PUBLIC, "unit": "人社局"}, {"law", "how"}),
        ({"unit": "没有这个单位"}, set()),
    ],
)
def test_a_search_is_narrowed_by_unit_category_and_kind(
    search: Search, narrowed: dict[str, object], ids: set[str]
) -> None:
    scope = dataclasses.replace(AGENT, **narrowed)  # type: ignore[arg-type] # - as named above
    assert {one.article.id for one in search.look_up("工伤保险条例第三十条", scope).found} == ids


def test_inner_articles_are_found_among_inner_ones_alone(search: Search) -> None:
    scope = dataclasses.replace(AGENT, only=Visibility.INTERNAL)
    assert [one.article.id for one in search.look_up("公积金", scope).found] == ["in"]


@settings(deadline=None, max_examples=40)
@given(
    at=MOMENTS,
    audience=st.sampled_from(Audience),
    words=st.sampled_from(["公积金提取", "gjj", "住房公积金管理条例第一条"]),
)
def test_by_no_way_of_searching_is_anything_forbidden_found(
    states: Search, at: object, audience: Audience, words: str
) -> None:
    found = states.look_up(words, Scope(audience, at), limit=100).found  # type: ignore[arg-type] # - MOMENTS are datetimes
    allowed = {one.id for one in RESTING if one.shown_to(audience, at)}  # type: ignore[arg-type] # - MOMENTS are datetimes
    assert {one.article.id for one in found} == allowed


RESTING = [dataclasses.replace(one, basis=(Basis("住房公积金管理条例", "第一条"),)) for one in ALL]


@pytest.fixture(scope="module")
def states() -> Iterator[Search]:
    there = Search(RESTING)
    yield there
    there.close()


def test_the_passage_shown_is_where_most_is_lit_up() -> None:
    long = "一般说明。" * 60 + "公积金提取要带身份证。" + "其他事项。" * 60
    search = Search([article("long", "怎么办", long), *THREE[1:]])
    (found,) = search.look_up("公积金提取", AGENT).found
    passage = found.passage
    assert passage
    assert (passage.cut_before, passage.cut_after) == (True, True)
    lit = [passage.text[start:end] for start, end in passage.spans]
    assert lit == ["公积金提取"]
    search.close()


def test_what_lies_across_two_words_is_not_lit_up_and_what_has_hardly_anything_is_not_found() -> (
    None
):
    search = Search([*THREE, article("fund2", "住宅维修资金怎么使用")])
    found = search.look_up("公积金怎么提取", AGENT).found
    assert [one.article.id for one in found] == ["fund"]
    title = found[0].article.title
    assert [title[start:end] for start, end in found[0].title_spans] == ["公积金", "提取"]
    search.close()

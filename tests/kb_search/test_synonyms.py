"""Words that mean the same."""

from __future__ import annotations

import pytest

from kb_search.search import Search
from kb_search.synonyms import Synonyms
from tests.kb_search.shelves import NOON, article

GROUPS = (("医保", "医疗保险"), ("电瓶车", "电动自行车", "小电驴"), ("娃", "小孩", "儿童"))


def said(text: str) -> list[tuple[str, tuple[str, ...]]]:
    return [(one.said, one.others) for one in Synonyms(GROUPS).in_question(text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("医保怎么交", [("医保", ("医疗保险",))]),
        ("医疗保险怎么交", [("医疗保险", ("医保",))]),
        ("意料之外的保险", []),
        ("衣疗保险怎么交", [("衣疗保险", ("医保",))]),
        ("依保", []),
        ("小电驴和医保", [("小电驴", ("电瓶车", "电动自行车")), ("医保", ("医疗保险",))]),
        ("", []),
    ],
)
def test_a_word_is_known_by_its_characters_and_a_long_one_by_its_sound(
    text: str, found: list[tuple[str, tuple[str, ...]]]
) -> None:
    assert said(text) == found


def test_a_word_in_two_groups_means_what_both_say() -> None:
    both = Synonyms([("甲", "乙"), ("甲", "丙")])
    assert both.in_question("甲")[0].others == ("乙", "丙")


@pytest.mark.parametrize("groups", [(), ((),), (("一个",),), (("", " "),), (("，", "。"),)])
def test_groups_that_say_nothing_do_nothing(groups: tuple[tuple[str, ...], ...]) -> None:
    assert Synonyms(groups).in_question("一个，。") == ()


def test_an_article_is_found_by_another_name_and_less_surely_than_by_its_own() -> None:
    search = Search(
        [
            article("named", "小电驴在哪里上牌"),
            article("law", "电动自行车登记上牌", "到车管所办理电动自行车登记。"),
            article("other", "家里停水了怎么办"),
        ]
    )
    assert search.ranked("小电驴登记", NOON) == ["named", "law"]
    before = [one.article.id for one in search.find("电瓶车挂牌", NOON)]
    search.mean(GROUPS)
    after = [one.article.id for one in search.find("电瓶车挂牌", NOON)]
    assert before == []
    assert after
    assert search.ranked("小电驴上牌", NOON)[0] == "named"
    search.close()

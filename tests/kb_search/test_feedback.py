"""What agents' marks do to like-sounding questions: bounded, explained, never for ever."""

from __future__ import annotations

import datetime as dt
import itertools
import random
from dataclasses import replace

import pytest

from kb_search import shelf
from kb_search.articles import Audience
from kb_search.engine import Scope
from kb_search.feedback import (
    HIGHEST,
    LASTS,
    LOWEST,
    NONE,
    Effect,
    Mark,
    Taught,
    effect_on,
)
from kb_search.search import Search
from kb_search.terms import terms
from tests.kb_search.shelves import NOON, THREE

QUESTION = "公积金怎么提取"
LIKE = "公积金 提取怎么提"
OTHER = "家里停水了怎么办"


def mark(by: str, article: str = "fund", **more: object) -> Mark:
    given = {
        "id": f"{by}-{article}-{len(more)}",
        "article": article,
        "version": 1,
        "question": QUESTION,
        "by": by,
        "at": NOON,
        "wrong": True,
    }
    return Mark(**{**given, **more})  # type: ignore[arg-type]  # names of Mark's own fields


def effect(taught: Taught, question: str = LIKE, version: int = 1, later: int = 0) -> Effect:
    at = NOON + dt.timedelta(days=later)
    return effect_on(taught.of(terms(question), at), "fund", version)


def test_a_mark_speaks_for_questions_that_sound_alike_and_for_no_others() -> None:
    taught = Taught([mark("a")])
    assert effect(taught).factor == pytest.approx(0.8)
    assert effect(taught, "攻击金怎么提取").factor == pytest.approx(0.8)
    assert effect(taught, OTHER) == NONE


def test_one_agent_has_one_voice_and_the_last_word_of_it() -> None:
    first = mark("a", id="1")
    again = replace(first, id="2", at=NOON + dt.timedelta(hours=1))
    assert effect(Taught([first, again]), later=1).wrong == 1
    adopted = replace(again, id="3", wrong=False, at=NOON + dt.timedelta(hours=2))
    turned = effect(Taught([first, again, adopted]), later=1)
    assert (turned.wrong, turned.adopted) == (0, 1)
    assert 1 < turned.factor <= HIGHEST


def test_three_agents_silence_a_version_and_a_fourth_who_adopts_it_lets_it_speak() -> None:
    three = [mark(name) for name in "abc"]
    assert not effect(Taught(three[:2])).left_out
    silenced = effect(Taught(three))
    assert silenced.left_out
    assert "3 名坐席标不对" in silenced.words
    assert "手工检索仍可查到" in silenced.words
    assert not effect(Taught([*three, mark("d", wrong=False)])).left_out


def test_a_corrected_version_begins_anew_and_keeps_what_was_adopted() -> None:
    wrong = Taught([mark(name) for name in "abc"])
    assert effect(wrong, version=2) == NONE
    adopted = Taught([mark("a", wrong=False)])
    assert effect(adopted, version=2).factor == pytest.approx(1.05)


def test_nothing_is_hidden_for_ever() -> None:
    taught = Taught([mark(name) for name in "abcdefgh"])
    assert effect(taught).left_out
    assert not effect(taught, later=LASTS.days - 1).left_out
    assert effect(taught, later=LASTS.days) == NONE


def test_what_is_taken_back_counts_no_more() -> None:
    marks = [mark(name) for name in "abc"]
    taught = Taught(marks).with_([mark("d", wrong=False)], [one.id for one in marks])
    assert len(taught) == 1
    assert effect(taught).factor > 1


def test_however_many_marks_there_are_a_score_stays_within_its_bounds() -> None:
    for adopted, wrong in itertools.product((0, 1, 5, 40), repeat=2):
        marks = [mark(f"a{n}", wrong=False) for n in range(adopted)]
        marks += [mark(f"w{n}") for n in range(wrong)]
        found = effect(Taught(marks))
        assert LOWEST <= found.factor <= HIGHEST
        assert found.left_out <= (wrong >= 3)


def test_a_card_marked_wrong_stands_lower_then_leaves_and_is_still_found_by_hand() -> None:
    twin = replace(THREE[0], id="twin", title="住房公积金怎么提取转入")
    search = Search([*THREE, twin])
    try:
        before = [one.article.id for one in search.find(QUESTION, NOON)]
        first, second = before[:2]
        search.teach([mark("a", article=first), mark("b", article=first)])
        assert [one.article.id for one in search.find(QUESTION, NOON)][:2] == [second, first]
        search.teach([mark("c", article=first)])
        found = search.find(QUESTION, NOON)
        assert first not in {one.article.id for one in found}
        assert [one.rank for one in found] == list(range(1, len(found) + 1))
        by_hand = search.look_up(QUESTION, Scope(Audience.AGENT, NOON))
        assert first in {one.article.id for one in by_hand.found}
        search.teach((), [mark(name, article=first).id for name in "abc"])
        assert [one.article.id for one in search.find(QUESTION, NOON)] == before
    finally:
        search.close()


def test_marks_of_agents_who_sometimes_err_do_no_harm_to_other_questions() -> None:
    """Every way of asking (常见问法) but the first of each article is asked; for the first one,
    agents adopted the right card and marked the others wrong, one time in five the wrong way
    round. The right card must not be found less often than before."""
    articles = [one for one in shelf.read() if len(one.asked) >= 2][:60]
    search, dice = Search(articles), random.Random(5)
    asked = [(one.id, words) for one in articles for words in one.asked[1:3]]

    def right() -> int:
        return sum(id in search.ranked(words, NOON, limit=3) for id, words in asked)

    try:
        before = right()
        marks = []
        for number, one in enumerate(articles):
            for place, id in enumerate(search.ranked(one.asked[0], NOON, limit=3)):
                errs = dice.random() < 0.2
                marks.append(
                    Mark(
                        id=f"{number}-{place}",
                        article=id,
                        version=1,
                        question=one.asked[0],
                        by=f"agent{number % 7}",
                        at=NOON,
                        wrong=(id != one.id) != errs,
                    )
                )
        search.teach(marks)
        assert right() >= before
    finally:
        search.close()

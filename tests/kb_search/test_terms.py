"""Terms: characters, sounds, and what is lit up."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kb_search.terms import highlights, sound_of, split, terms

WORDS = st.text(alphabet="公积金提取住房贷款2026年abcＡ，。 \n🚌ß", max_size=40)


def lit(question: str, text: str) -> list[str]:
    return [text[start:end] for start, end in highlights(text, terms(question).sounds)]


def test_a_text_is_found_by_neighbouring_characters_and_by_their_sounds() -> None:
    assert terms("公积金").chars == ("公积", "积金")
    assert terms("公积金").sounds == ("gong-ji", "ji-jin")


def test_words_that_sound_alike_have_the_same_sounds() -> None:
    assert terms("公鸡金").sounds == terms("公积金").sounds
    assert terms("公鸡金").chars != terms("公积金").chars


def test_blanks_of_the_recogniser_do_not_part_words_but_punctuation_does() -> None:
    assert terms("公 积 金") == terms("公积金")
    assert "ji-jin" not in terms("公积，金").sounds


def test_letters_and_digits_stay_whole_and_mean_something_alone() -> None:
    found = terms("拨打12329咨询GJJ")
    assert {"12329", "gjj"} <= set(found.chars)
    assert terms("ＧＪＪ") == terms("gjj")


def test_a_single_character_is_a_term_when_it_stands_alone() -> None:
    assert terms("水。").chars == ("水",)
    assert terms("，。！🚌").sounds == ()


@pytest.mark.parametrize(
    ("char", "sound"), [("绿", "lv"), ("长", "zhang"), ("嗯", "n"), ("，", "")]
)
def test_each_character_has_one_sound_without_tone(char: str, sound: str) -> None:
    assert sound_of(char).isascii()
    assert sound_of(char) in {sound, "chang", "en", "ng"}


def test_highlights_are_right_under_homophones() -> None:
    assert lit("公鸡金的题取", "住房公积金怎样提取") == ["公积金", "提取"]


def test_highlights_neither_meet_nor_overlap_and_are_in_order() -> None:
    assert highlights("公积金，公积金", terms("公积金").sounds) == ((0, 3), (4, 7))


def test_nothing_is_lit_where_nothing_matches() -> None:
    assert lit("停水", "住房公积金") == []


@settings(deadline=None, max_examples=60)
@given(text=WORDS, question=WORDS)
def test_spans_lie_in_the_text_in_order_and_each_unit_is_cut_out_where_it_stands(
    text: str, question: str
) -> None:
    spans = highlights(text, terms(question).sounds)
    ends = [edge for span in spans for edge in span]
    assert ends == sorted(set(ends))
    assert all(0 <= edge <= len(text) for edge in ends)
    for unit in (one for stretch in split(text) for one in stretch):
        assert 0 <= unit.start < unit.end <= len(text)
        assert len(unit.text) == unit.end - unit.start


@settings(deadline=None, max_examples=60)
@given(text=WORDS)
def test_a_text_that_is_its_own_question_is_lit_up_whole(text: str) -> None:
    lit_up = {at for start, end in highlights(text, terms(text).sounds) for at in range(start, end)}
    for stretch in split(text):
        if len(stretch) > 1:
            assert {at for one in stretch for at in range(one.start, one.end)} <= lit_up

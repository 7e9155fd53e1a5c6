"""How a text is said."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.spoken import number_in_words, numbers_in_words, pinyin


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("请拨12345", "请拨一二三四五"),
        ("110和119", "幺幺零和幺幺九"),
        ("电话13812340011", "电话幺三八幺二三四零零幺幺"),
        ("水费200元", "水费二百元"),
        ("第15位", "第十五位"),
        ("2025年3月5日10:30", "二零二五年三月五日十点三十分"),
        ("涨了3.5%", "涨了百分之三点五"),
        ("门牌08", "门牌零八"),
        ("12000户", "一万二千户"),
    ],
)
def test_numbers_are_said_as_people_say_them(text: str, said: str) -> None:
    assert numbers_in_words(text) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0, "零"),
        (10, "十"),
        (110, "一百一十"),
        (1001, "一千零一"),
        (1010, "一千零一十"),
        (10080, "一万零八十"),
        (10**4, "一万"),
        (1_0000_0001, "一亿零一"),
        (2_3000_0400, "二亿三千万零四百"),
    ],
)
def test_amounts_have_their_noughts_where_they_belong(value: int, said: str) -> None:
    assert number_in_words(value) == said


def test_hanzi_become_syllables_with_tones_and_pauses_stay() -> None:
    assert pinyin("您好，着火了！") == "nin2 hao3 , zhao2 huo3 le5 ."
    assert pinyin("绿色女孩") == "lv4 se4 nv3 hai2"


def test_letters_are_named_and_what_has_no_sound_is_left_out() -> None:
    assert pinyin("粤A😀") == "yue4 ei1"
    assert pinyin("😀！？") == ""


@given(st.text(max_size=60))
def test_whatever_is_typed_only_syllables_and_pauses_reach_the_voice(text: str) -> None:
    for word in pinyin(text).split():
        assert re.fullmatch(r"[,.?]|([a-z]+[1-5])+", word)

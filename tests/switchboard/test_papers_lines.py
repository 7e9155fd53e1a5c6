"""Lines of Chinese text as official papers break them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from switchboard.papers_lines import NOT_FIRST, NOT_LAST, broken, clean, paragraphs


def squares(text: str) -> float:
    """Latin letters and digits are half a square wide."""
    return sum(0.5 if one.isascii() else 1.0 for one in text)


def test_no_line_begins_with_a_comma_or_ends_with_an_opening_bracket() -> None:
    assert broken("今天下午三点，停水", squares, 6) == ["今天下午三", "点，停水"]
    assert broken("见（附件一）的说明", squares, 2) == ["见", "（附", "件", "一）", "的说", "明"]


def test_a_number_and_a_word_stay_whole() -> None:
    lines = broken("工单20260918-000046已办结", squares, 9)
    assert lines == ["工单", "20260918-000046已", "办结"]


def test_what_is_longer_than_a_line_is_broken_all_the_same() -> None:
    lines = broken("a" * 50, squares, 10)
    assert "".join(lines) == "a" * 50
    assert all(squares(line) <= 10 for line in lines)


@given(st.text(alphabet="一二三，。（）“”ab1 ", max_size=80), st.integers(3, 12))
def test_nothing_is_lost_and_nothing_sticks_out(text: str, room: int) -> None:
    lines = broken(text, squares, room)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(squares(line) <= room for line in lines)


def test_ordinary_sentences_keep_the_rules_in_every_width() -> None:
    text = "施工单位（甲公司）表示：“已停工。”执法人员要求其整改、公示、道歉，限期3日；逾期将处罚。"
    for room in range(4, 30):
        lines = broken(text, squares, room)
        assert not [line for line in lines[1:] if line[0] in NOT_FIRST], room
        assert not [line for line in lines[:-1] if line[-1] in NOT_LAST], room


def test_what_cannot_be_seen_is_not_printed() -> None:
    assert clean("张\u202e三\x07\ufeff李\u200b四\u2028") == "张三李四"
    assert paragraphs("一\r\n\r\n二\n") == ["一", "二"]
    assert paragraphs("") == [""]

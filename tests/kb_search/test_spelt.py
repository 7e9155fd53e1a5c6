"""Titles found by letters."""

from __future__ import annotations

import pytest

from kb_search.spelt import Spellings


@pytest.fixture
def shelf() -> Spellings:
    known = Spellings()
    known.put("fund", ("住房公积金怎么提取", "公积金取出来"))
    known.put("short", ("公积金",))
    known.put("bank", ("银行卡丢失",))
    known.put("etc", ("ETC怎么办理",))
    known.put("again", ("重新办理居住证",))
    return known


@pytest.mark.parametrize(
    ("letters", "ids"),
    [
        ("gjj", ("short", "fund")),
        ("GJJ", ("short", "fund")),
        ("ｇｊｊ", ("short", "fund")),
        ("gong ji jin", ("short", "fund")),
        ("gongji", ("short", "fund")),
        ("yhk", ("bank",)),
        ("yinhang", ("bank",)),
        ("etc", ("etc",)),
        ("cxbl", ("again",)),
        ("chongxin", ("again",)),
        ("zhongxin", ("again",)),
        ("ongji", ()),
        ("g", ()),
        ("12", ()),
        ("公积金", ()),
        ("", ()),
        ("zzzz", ()),
    ],
)
def test_letters_find_titles_from_the_beginning_of_a_syllable(
    shelf: Spellings, letters: str, ids: tuple[str, ...]
) -> None:
    assert shelf.find(letters) == ids


def test_what_was_dropped_or_renamed_is_found_as_it_is_now(shelf: Spellings) -> None:
    shelf.put("short", ("社保卡",))
    shelf.drop("fund")
    shelf.drop("unknown")
    assert shelf.find("gjj") == ()
    assert shelf.find("sbk") == ("short",)

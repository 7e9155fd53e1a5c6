"""Titles found by letters."""

from __future__ import annotations

import pytest

from kb_search import spelt
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


def test_after_any_number_of_changes_it_finds_what_one_made_anew_finds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(spelt, "BESIDE", 5)
    carried, there = Spellings(), dict[str, tuple[str, ...]]()
    titles = ("公积金提取", "公积金贷款", "社保卡补办", "停水通知", "养犬登记", "公租房申请")
    for step in range(40):
        id_, title = f"a{step % 9}", titles[step * 7 % len(titles)]
        if step % 6 == 5:
            carried.drop(id_)
            there.pop(id_, None)
        else:
            carried.put(id_, (title, f"{title}怎么办"))
            there[id_] = (title, f"{title}怎么办")
        anew = Spellings()
        for one, names in there.items():
            anew.put(one, names)
        for query in ("gjj", "sbk", "tingshui", "gzf"):
            assert carried.find(query) == anew.find(query) == carried.copied().find(query)

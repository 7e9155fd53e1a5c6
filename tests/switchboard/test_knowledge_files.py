"""Articles as files and back: nothing is lost in any format, a wrong line is told by its row."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_desk.knowledge_views import FileKind
from hotline.errors import BadInput
from hotline.knowledge import Content, Ground, Passage, Reach
from hotline.knowledge_rules import tidied
from hotline.policy import ZONE
from switchboard.knowledge_files import KINDS, file_of, read_file
from switchboard.knowledge_formats import HEADINGS, Entry, Line

_TEXT = st.text(
    alphabet=st.one_of(
        st.sampled_from("# \\-【】《》[]\"：:,\n\r\t一二社保=+@'<>&|、;；"),
        st.characters(codec="utf-8"),
    ),
    max_size=30,
)
_DAY = st.one_of(st.none(), st.dates(dt.date(2000, 1, 1), dt.date(2100, 1, 1)))
_CONTENT = st.builds(
    Content,
    title=_TEXT.filter(lambda text: bool(tidied(Content(title=text, words="x")).title)),
    words=_TEXT,
    category=_TEXT,
    passages=st.lists(st.builds(Passage, _TEXT, _TEXT), max_size=3).map(tuple),
    asked=st.lists(_TEXT, max_size=3).map(tuple),
    scope=_TEXT,
    subjects=_TEXT,
    conditions=_TEXT,
    grounds=st.lists(st.builds(Ground, _TEXT, _TEXT), max_size=2).map(tuple),
    related=st.lists(_TEXT, max_size=2).map(tuple),
    unit=_TEXT,
    contact=_TEXT,
    hours=_TEXT,
    reach=st.sampled_from(Reach),
    valid_from=_DAY,
    valid_to=_DAY,
    embargo_until=st.one_of(
        st.none(),
        st.integers(0, 2_000_000_000).map(lambda at: dt.datetime.fromtimestamp(at, ZONE)),
    ),
    source=_TEXT,
)
_ENTRIES = st.lists(
    st.tuples(st.from_regex(r"[A-Za-z0-9_-]{1,20}", fullmatch=True), _CONTENT.map(tidied)),
    min_size=1,
    max_size=3,
    unique_by=lambda entry: entry[0],
)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=40, deadline=None)
@given(entries=_ENTRIES)
def test_what_goes_out_by_a_file_comes_in_by_it_as_it_was(
    kind: FileKind, entries: list[Entry]
) -> None:
    lines = read_file(file_of(entries, kind), f"articles.{kind}")
    assert [(line.problem, line.id, line.content) for line in lines] == [
        ("", id_, content) for id_, content in entries
    ]


@given(content=_CONTENT)
@settings(max_examples=60, deadline=None)
def test_what_is_tidy_stays_as_it_is(content: Content) -> None:
    assert tidied(tidied(content)) == tidied(content)


def table(*rows: list[str]) -> list[Line]:
    text = "\n".join(",".join(row) for row in rows)
    return read_file(text.encode(), "a.csv")


def test_each_wrong_row_of_a_table_is_told_with_its_row_and_the_right_ones_are_read() -> None:
    found = table(
        ["标题", "答复口径", "有效期止", "依据", "内部或外部"],
        ["甲", "答", "2027年1月2日", "《甲法》第一条", "外部适用"],
        ["乙", "答", "明年", "", ""],
        ["", "", "", "", ""],
        ["丙", "答", "", "《丙法", ""],
        ["丁", "答", "", "", "机密"],
    )
    assert [(line.row, line.problem) for line in found] == [
        (2, ""),
        (3, "有效期止：“明年”应写成 2026-10-01"),
        (5, "依据：“《丙法”应写成《文件名》第几条"),
        (6, "内部或外部：不认识“机密”，应写外部或内部"),
    ]
    first = found[0].content
    assert first is not None
    assert (first.valid_to, first.grounds) == (dt.date(2027, 1, 2), (Ground("甲法", "第一条"),))


def test_a_row_without_an_id_gets_one_from_its_title_and_the_same_again() -> None:
    rows = ["标题", "答复口径"], ["社保卡丢了", "先挂失"]
    assert table(*rows)[0].id == table(*rows)[0].id
    assert table(*rows)[0].id.startswith("kb-")


@pytest.mark.parametrize(
    ("content", "name", "why"),
    [
        (b"", "a.csv", "第一行应是列名"),
        ("标题,价格\n甲,1".encode(), "a.csv", "不认识的列：价格"),
        ("标题\n甲".encode(), "a.csv", "缺少列：答复口径"),
        (b"\xff\xfe\x00", "a.md", "不是 UTF-8"),
        (b"x", "a.pdf", "只能导入"),
        ("文字".encode(), "a.md", ""),
    ],
)
def test_a_file_that_is_none_is_refused_in_one_sentence(
    content: bytes, name: str, why: str
) -> None:
    if not why:
        assert "第一篇之前有文字" in read_file(content, name)[0].problem
        return
    with pytest.raises(BadInput, match=why):
        read_file(content, name)


def test_a_line_of_json_that_is_none_is_told_and_the_rest_is_read() -> None:
    good = json.dumps({"id": "a", "title": "甲", "words": "答"})
    text = f'{good}\n{{\n[]\n{{"title": "乙"}}\n{{"title": "丙", "words": "答", "price": 3}}\n'
    found = read_file(text.encode(), "a.jsonl")
    assert [bool(line.problem) for line in found] == [False, True, True, True, True]
    assert found[4].problem == "不认识的字段 price"


def test_a_person_may_write_markdown_in_a_plain_way() -> None:
    text = (
        "# 停水怎么办\n- 办理单位：供水公司\n\n## 答复口径\n请拨打客服。\n\n"
        "## 常见问法\n* 没水了\n- 水管没水\n\n## 所需材料\n无\n"
    )
    found = read_file(text.encode(), "a.md")[0].content
    assert found is not None
    assert (found.unit, found.words, found.asked) == (
        "供水公司",
        "请拨打客服。",
        ("没水了", "水管没水"),
    )
    assert found.passages == (Passage("所需材料", "无"),)


def test_the_headings_of_a_table_hold_every_field_of_an_article() -> None:
    assert len(HEADINGS) == 1 + len(Content.__dataclass_fields__)

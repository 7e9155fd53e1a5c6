"""Articles: read from TOML with errors that say where, and who may see them."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from hotline.policy import ZONE
from kb_search.articles import Audience, BadArticle, Basis, Visibility, parse
from kb_search.shelf import read
from tests.kb_search.shelves import NOON, article

WHOLE = """
category = "住房公积金"
source = "演示数据"
[[article]]
id = "fund"
title = "公积金怎么提取"
asked = ["公积金怎么取"]
basis = ["《住房公积金管理条例》第二十四条"]
unit = "住房公积金管理中心"
visibility = "内部"
valid_from = 2026-01-01
valid_to = 2026-12-31
embargo_until = 2026-01-01T09:00:00
version = 3
[article.sections]
"答复口径" = "可以提取。"
"所需材料" = "身份证。"
"""
LEAST = '[[article]]\nid = "a"\ntitle = "t"\n'
SECTIONS = '[article.sections]\n"答复口径" = "w"\n'


def test_every_field_is_read() -> None:
    (found,) = parse(WHOLE, "fund.toml")
    assert (found.id, found.version, found.category) == ("fund", 3, "住房公积金")
    assert found.basis == (Basis("住房公积金管理条例", "第二十四条"),)
    assert str(found.basis[0]) == "《住房公积金管理条例》第二十四条"
    assert found.visibility is Visibility.INTERNAL
    assert found.words == "可以提取。"
    assert [section.heading for section in found.sections] == ["答复口径", "所需材料"]
    assert found.embargo_until == dt.datetime(2026, 1, 1, 9, tzinfo=ZONE)


def test_what_is_left_out_means_external_and_always_valid() -> None:
    (found,) = parse(LEAST + SECTIONS, "a.toml")
    assert found.visibility is Visibility.EXTERNAL
    assert found.shown_to(Audience.PUBLIC, NOON)


@pytest.mark.parametrize(
    ("text", "place", "why"),
    [
        ("not toml", "全文", "TOML"),
        ('category = "x"', "全文", "[[article]]"),
        ("article = 3", "全文", "[[article]]"),
        ("colour = 1\n" + LEAST + SECTIONS, "文件头", "colour"),
        ("source = 1\n" + LEAST + SECTIONS, "文件头", "source"),
        ('[[article]]\ntitle = "t"\n' + SECTIONS, "第 1 篇", "id"),
        ('[[article]]\nid = "a"\n' + SECTIONS, "a", "title"),
        ('[[article]]\nid = "社保"\ntitle = "t"\n' + SECTIONS, "社保", "字母"),
        (LEAST, "a", "答复口径"),
        (LEAST + '[article.sections]\n"答复口径" = ""\n', "a", "答复口径"),
        (LEAST + SECTIONS + '"材料" = 3\n', "a", "材料"),
        (LEAST + 'asked = "x"\n' + SECTIONS, "a", "asked"),
        (LEAST + "asked = [1]\n" + SECTIONS, "a", "asked"),
        (LEAST + 'basis = ["条例第三条"]\n' + SECTIONS, "a", "《文件名》"),
        (LEAST + 'visibility = "公开"\n' + SECTIONS, "a", "公开"),
        (LEAST + 'valid_from = "今天"\n' + SECTIONS, "a", "valid_from"),
        (LEAST + "valid_to = 2026-01-01T00:00:00\n" + SECTIONS, "a", "valid_to"),
        (LEAST + "valid_from = 2026-02-01\nvalid_to = 2026-01-01\n" + SECTIONS, "a", "早于"),
        (LEAST + "embargo_until = 2026-01-01\n" + SECTIONS, "a", "embargo_until"),
        (LEAST + "version = 0\n" + SECTIONS, "a", "version"),
        (LEAST + "version = true\n" + SECTIONS, "a", "version"),
        (LEAST + 'colour = "red"\n' + SECTIONS, "a", "colour"),
        ((LEAST + SECTIONS) * 2, "a", "已经用过"),
    ],
)
def test_what_is_wrong_is_said_with_its_file_and_article(text: str, place: str, why: str) -> None:
    with pytest.raises(BadArticle) as refused:
        parse(text, "a.toml")
    assert refused.value.place == place
    assert why in refused.value.why
    assert str(refused.value).startswith("a.toml：")


def test_one_id_in_two_files_an_empty_folder_and_other_encodings_are_refused(
    tmp_path: Path,
) -> None:
    with pytest.raises(BadArticle, match=r"没有文章文件"):
        read(tmp_path)
    (tmp_path / "a.toml").write_text(LEAST + SECTIONS, "utf-8")
    (tmp_path / "b.toml").write_text(LEAST + SECTIONS, "utf-8")
    with pytest.raises(BadArticle, match="已经用过"):
        read(tmp_path)
    (tmp_path / "b.toml").write_bytes("社保".encode("gb18030"))
    with pytest.raises(BadArticle, match="UTF-8"):
        read(tmp_path)


def test_the_last_day_is_still_valid_and_days_are_those_of_the_hotline() -> None:
    until = article("a", "t", valid_to=dt.date(2026, 9, 28))
    late = dt.datetime(2026, 9, 28, 23, 59, tzinfo=ZONE)
    assert until.shown_to(Audience.AGENT, late.astimezone(dt.UTC))
    assert not until.shown_to(Audience.AGENT, late + dt.timedelta(minutes=1))
    since = article("a", "t", valid_from=dt.date(2026, 9, 28))
    assert since.shown_to(Audience.AGENT, dt.datetime(2026, 9, 27, 16, 0, tzinfo=dt.UTC))
    assert not since.shown_to(Audience.AGENT, dt.datetime(2026, 9, 27, 15, 59, tzinfo=dt.UTC))


@pytest.mark.clause("ZQ-21(二)", "ZS-34")
def test_an_embargo_binds_agents_too_and_internal_articles_stay_inside() -> None:
    kept = article("a", "t", embargo_until=NOON)
    assert not kept.shown_to(Audience.AGENT, NOON - dt.timedelta(seconds=1))
    assert kept.shown_to(Audience.AGENT, NOON)
    inside = article("a", "t", visibility=Visibility.INTERNAL)
    assert inside.shown_to(Audience.AGENT, NOON)
    assert not inside.shown_to(Audience.PUBLIC, NOON)


def test_an_article_without_sections_has_no_words() -> None:
    (found,) = parse(LEAST + SECTIONS, "a.toml")
    assert found.words == "w"
    assert type(found)("b", "t", ()).words == ""

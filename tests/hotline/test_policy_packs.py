"""Reading packs: what a mistake says, how layers lie over one another, what happens over time."""

from __future__ import annotations

import copy
import datetime as dt
import tomllib
from typing import Any

import pytest

from hotline import rulings
from hotline.errors import BadInput, BadPolicy, NoSuch
from hotline.packs import PackFile, check_heads, parse
from hotline.policy import Moment, Policy, action_at
from hotline.rulings import Source, Span, Unit
from hotline.words import EmergencyAction
from tests.hotline.shipped import files, read

DAY = dt.date(2026, 9, 25)
NUMBERED = "关于调整热线规定的通知（肇高管办函〔2026〕8号）"
HEAD = f'[pack]\ncode = "zhaoqing"\ndocument = "{NUMBERED}"\neffective_from = 2026-07-01\n'
TEN_DAYS = '[limits.complaint]\nvalue = "10个工作日"\narticle = "第一条"\nquote = "十个工作日"\n'


def with_change(code: str, section: str, key: str, entry: Any) -> list[PackFile]:
    """The shipped packs with one entry of one city replaced; None removes it."""
    tables = copy.deepcopy(read(f"{code}.toml"))
    if entry is None:
        del tables[section][key]
    else:
        tables.setdefault(section, {})[key] = entry
    changed = PackFile(f"{code}.toml", tables)
    return [changed if file.name == changed.name else file for file in files()]


def with_overlay(toml: str, name: str = "own.toml") -> list[PackFile]:
    return [*files(), PackFile(name, tomllib.loads(toml), own=True)]


def refusal(packs: list[PackFile], code: str = "zhaoqing", on: dt.date = DAY) -> BadPolicy:
    with pytest.raises(BadPolicy) as caught:
        parse(packs, code, on)
    return caught.value


def test_an_absent_key_is_refused_and_the_remedy_named() -> None:
    error = refusal(with_change("zhaoqing", "limits", "complaint", None))
    assert (error.file, error.key) == ("zhaoqing.toml", "limits.complaint")
    assert "缺少“投诉办理期限”" in error.why
    assert "silent = true" in error.why


def test_an_unknown_key_is_refused_so_that_a_misspelling_cannot_do_nothing() -> None:
    entry = {"value": "1个工作日", "article": "第一条", "quote": "x"}
    error = refusal(with_change("zhaoqing", "limits", "complaints", entry))
    assert error.key == "limits.complaints"


def test_an_unknown_section_is_refused() -> None:
    error = refusal(with_change("zhaoqing", "limit", "complaint", {"value": "1个工作日"}))
    assert error.key == "limit"


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ({"value": "15工作", "article": "第一条", "quote": "x"}, "15个工作日"),
        ({"value": 15, "article": "第一条", "quote": "x"}, "15个工作日"),
        ({"value": "0个工作日", "article": "第一条", "quote": "x"}, "15个工作日"),
        ({"value": "15个工作日", "quote": "x"}, "缺少 article"),
        ({"value": "15个工作日", "article": "第一条"}, "缺少 quote"),
        ({"value": "15个工作日", "article": "第一条", "quote": " "}, "缺少 quote"),
        ({"article": "第一条", "quote": "x"}, "缺少 value"),
        ({"value": "15个工作日", "article": "第一条", "quote": "x", "by": "y"}, "不认识“by”"),
        ({"value": "15个工作日", "source": "law"}, "系统默认"),
        ({"silent": True}, "缺少 searched"),
        ({"silent": True, "searched": []}, "缺少 searched"),
        ({"silent": True, "searched": [1]}, "一列条号"),
        ({"silent": True, "searched": ["第一条"], "value": "1天"}, "只能再写"),
        (
            {"value": "1天", "article": "第一条", "quote": "x", "effective_from": "明天"},
            "2024-03-01",
        ),
        ("15个工作日", "应是一节"),
    ],
)
def test_a_bad_entry_is_refused_with_file_key_and_reason(entry: Any, why: str) -> None:
    error = refusal(with_change("zhaoqing", "limits", "complaint", entry))
    assert (error.file, error.key) == ("zhaoqing.toml", "limits.complaint")
    assert why in error.why
    assert "\n" not in str(error)


@pytest.mark.parametrize(
    ("head", "key"),
    [
        ({}, "pack"),
        ({"pack": {"area": "x", "document": "y", "effective_from": DAY}}, "pack.code"),
        ({"pack": {"code": "x", "area": "x", "document": "y"}}, "pack.effective_from"),
        (
            {"pack": {"code": "x", "area": "", "document": "y", "effective_from": DAY}},
            "pack.area",
        ),
        (
            {"pack": {"code": "x", "area": "x", "document": "y", "effective_from": DAY, "z": 1}},
            "pack.z",
        ),
    ],
)
def test_a_bad_head_is_refused(head: dict[str, Any], key: str) -> None:
    assert refusal([PackFile("x.toml", head)], "x").key == key


def test_an_unknown_parent_is_refused() -> None:
    tables = copy.deepcopy(read("zhaoqing.toml"))
    tables["pack"]["parent"] = "guangdong"
    error = refusal([PackFile("zhaoqing.toml", tables)])
    assert error.key == "pack.parent"
    assert "guangdong" in error.why


def test_parents_in_a_circle_are_refused() -> None:
    tables = copy.deepcopy(read("zhaoqing.toml"))
    tables["pack"]["parent"] = "zhaoqing"
    assert "圈" in refusal([PackFile("zhaoqing.toml", tables)]).why


def test_a_city_without_a_pack_is_not_found() -> None:
    with pytest.raises(NoSuch):
        parse(files(), "atlantis", DAY)


@pytest.mark.clause("ZQ-1", "GY-背景", "GZ-2")
def test_a_city_three_layers_deep_inherits_from_all_of_them() -> None:
    """A district under a city under the nation: what the district does not say, the city does."""
    head = {"code": "duanzhou", "area": "端州区", "parent": "zhaoqing", "document": "端州区办法"}
    district = PackFile("duanzhou.toml", {"pack": head | {"effective_from": dt.date(2025, 1, 1)}})
    made = parse([*files(), district], "duanzhou", DAY)
    assert made.parents == ("zhaoqing", "national")
    assert made.limits.complaint.layer == "zhaoqing"
    assert made.limits.day_ends.layer == "national"
    assert made.document == "端州区办法"


@pytest.mark.clause("ZS-40", "GZ-26")
def test_before_its_day_a_regulation_cannot_be_applied() -> None:
    with pytest.raises(BadInput, match="2024-03-01起施行"):
        parse(files(), "guizhou", dt.date(2024, 2, 29))
    assert parse(files(), "guizhou", dt.date(2024, 3, 1)).code == "guizhou"


def test_an_overlay_changes_a_value_from_its_day_and_no_earlier() -> None:
    packs = with_overlay(HEAD + TEN_DAYS)
    before = parse(packs, "zhaoqing", dt.date(2026, 6, 30)).limits.complaint
    after = parse(packs, "zhaoqing", dt.date(2026, 7, 1)).limits.complaint
    assert before.value == Span(15, Unit.WORKING_DAY)
    assert after.value == Span(10, Unit.WORKING_DAY)
    assert after.article is not None
    assert after.article.document == NUMBERED


def test_an_overlay_without_a_document_number_is_refused() -> None:
    error = refusal(with_overlay(HEAD.replace("（肇高管办函〔2026〕8号）", "") + TEN_DAYS))
    assert (error.file, error.key) == ("own.toml", "pack.document")
    assert "文号" in error.why


def test_an_overlay_touches_nothing_else() -> None:
    plain = parse(files(), "zhaoqing", DAY)
    changed = parse(with_overlay(HEAD + TEN_DAYS), "zhaoqing", DAY)
    differing = {
        rule.key
        for (_, _, rule), (_, _, other) in zip(plain.rules(), changed.rules(), strict=True)
        if rule != other
    }
    assert differing == {"limits.complaint"}


def test_an_overlay_of_a_code_nobody_has_is_refused() -> None:
    with pytest.raises(BadPolicy, match="没有规则包“zhaoqin”"):
        check_heads(with_overlay(HEAD.replace("zhaoqing", "zhaoqin") + TEN_DAYS))


def test_a_second_pack_of_one_code_is_refused() -> None:
    with pytest.raises(BadPolicy, match="删去 area"):
        check_heads(with_overlay(HEAD + 'area = "肇庆"\n' + TEN_DAYS))


def test_a_new_place_can_be_added_under_a_shipped_one() -> None:
    head = HEAD.replace("zhaoqing", "duanzhou") + 'area = "端州区"\nparent = "zhaoqing"\n'
    packs = with_overlay(head + TEN_DAYS)
    check_heads(packs)
    made = parse(packs, "duanzhou", DAY)
    assert made.area == "端州区"
    assert made.limits.complaint.value == Span(10, Unit.WORKING_DAY)
    assert made.limits.help.value == Span(10, Unit.WORKING_DAY)
    assert made.limits.consult.layer == "zhaoqing"


def test_a_value_announced_for_later_waits_for_its_day() -> None:
    table = TEN_DAYS.replace("[limits.complaint]", "[[limits.complaint]]")
    later = table + "effective_from = 2027-01-01\n"
    first = table.replace("10个", "12个") + "effective_from = 2026-08-01\n"
    packs = with_overlay(HEAD + first + later)

    def limit(on: dt.date) -> object:
        return parse(packs, "zhaoqing", on).limits.complaint.value

    assert limit(dt.date(2026, 7, 31)) == Span(15, Unit.WORKING_DAY)
    assert limit(dt.date(2026, 12, 31)) == Span(12, Unit.WORKING_DAY)
    assert limit(dt.date(2027, 1, 1)) == Span(10, Unit.WORKING_DAY)


def test_a_mistake_in_a_value_of_next_year_is_found_today() -> None:
    bad = TEN_DAYS.replace("10个工作日", "十天") + "effective_from = 2030-01-01\n"
    assert refusal(with_overlay(HEAD + bad)).key == "limits.complaint"


def test_the_version_changes_with_any_word_of_any_layer() -> None:
    def version(packs: Any) -> str:
        made: Policy = parse(packs, "zhaoqing", DAY)
        return made.version

    plain = version(files())
    assert plain == version(list(files()))
    assert plain != version(with_overlay(HEAD + TEN_DAYS))
    noted = {"value": False, "source": "system", "note": "新注"}
    assert plain != version(with_change("national", "limits", "first_day_counted", noted))
    other = with_change("hebei", "limits", "law_override", {"silent": True, "searched": ["x"]})
    assert plain == version(other), "another city's pack is no layer of this one"


def choice(code: str, value: str) -> list[PackFile]:
    head = HEAD.replace("zhaoqing", code)
    entry = f'[emergency.at_queue]\nvalue = "{value}"\narticle = "第一条"\nquote = "x"\n'
    return with_overlay(head + entry)


@pytest.mark.parametrize("value", ["tell", "confirm", "transfer"])
def test_zhongshan_chooses_between_telling_and_transferring(value: str) -> None:
    made = parse(choice("zhongshan", value), "zhongshan", DAY)
    assert action_at(made, Moment.QUEUE).value == EmergencyAction(value)
    assert action_at(made, Moment.QUEUE).source is Source.REGULATION
    assert action_at(made, Moment.AGENT).value is EmergencyAction.CONFIRM


def test_guizhou_cannot_choose_less_than_its_article_says() -> None:
    error = refusal(choice("guizhou", "tell"), "guizhou")
    assert error.key == "emergency.at_queue"
    assert "第十条（一）" in error.why


def test_a_silent_city_with_a_national_value_shows_both() -> None:
    slots = parse(files(), "zhaoqing", DAY).intake.slots
    assert slots.value == ("时间", "事项", "联系方式")
    assert (slots.layer, slots.source) == ("national", Source.SYSTEM)
    assert slots.searched == ("第七条", "第九条", "第十条")


def test_a_silent_rule_has_no_known_value() -> None:
    with pytest.raises(NoSuch):
        _ = parse(files(), "guangyuan", DAY).limits.help.known


@pytest.mark.parametrize(
    ("read_value", "good", "value"),
    [
        (rulings.span, "15个工作日", Span(15, Unit.WORKING_DAY)),
        (rulings.span, "2天", Span(2, Unit.DAY)),
        (rulings.span, "24小时", Span(24, Unit.HOUR)),
        (rulings.span, "15秒", Span(15, Unit.SECOND)),
        (rulings.span, "5年", Span(5, Unit.YEAR)),
        (rulings.minute_of_day, "24:00", 1440),
        (rulings.minute_of_day, "17:30", 1050),
        (rulings.ratio, 0.95, 0.95),
        (rulings.ratio, 1, 1.0),
        (rulings.count, 2, 2),
        (rulings.digits, "961890", "961890"),
    ],
)
def test_values_are_written_as_officials_write_them(
    read_value: Any, good: object, value: object
) -> None:
    assert read_value(good) == value


@pytest.mark.parametrize(
    ("read_value", "bad"),
    [
        (rulings.span, "十五个工作日"),
        (rulings.span, "15个工作日内"),
        (rulings.span, 15),
        (rulings.span_range, "10至3个工作日"),
        (rulings.minute_of_day, "24:01"),
        (rulings.minute_of_day, "00:00"),
        (rulings.minute_of_day, "9:00"),
        (rulings.minute_of_day, "12:60"),
        (rulings.ratio, 95),
        (rulings.ratio, True),
        (rulings.count, 0),
        (rulings.count, True),
        (rulings.flag, "是"),
        (rulings.digits, 12345),
        (rulings.digits, "12-345"),
        (rulings.text, ""),
        (rulings.texts, "电话"),
        (rulings.texts, []),
        (rulings.texts, ["电话", "电话"]),
        (rulings.type_labels, ["建议", "意见建议"]),
        (rulings.type_labels, ["表扬"]),
        (rulings.services, ["911"]),
        (rulings.reasons, []),
        (rulings.reasons, [{"code": "a", "article": "第一条"}]),
        (rulings.reasons, [{"code": "a", "article": "第一条", "words": "x", "say": "y"}]),
        (rulings.reasons, [{"code": "a", "article": "第一条", "words": "x"}] * 2),
    ],
)
def test_a_value_written_wrongly_is_refused_in_chinese(read_value: Any, bad: object) -> None:
    with pytest.raises(ValueError, match=r"[\u4e00-\u9fff]"):
        read_value(bad)

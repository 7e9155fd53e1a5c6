"""What the five packs say, and that every value can be found in the printed regulation."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import fields
from typing import Any

import pytest

from hotline.policy import SECTIONS, Moment, action_at, emergency_numbers
from hotline.rulings import Elsewhere, Reason, Ruled, Source, Span, Stance, Unit
from hotline.words import EmergencyAction, Service, TicketType
from tests.hotline.shipped import CITIES, POLICIES, policy, text

ALL_RULES = [
    pytest.param(code, rule, id=f"{code}-{rule.key}")
    for code in CITIES
    for _, _, rule in policy(code).rules()
]


def all_values(code: str) -> list[Ruled[Any]]:
    return [rule for _, _, rule in policy(code).rules()]


def plain(words: str) -> str:
    """Chinese and Western punctuation set equal: two of the printed texts use Western commas."""
    return words.translate(str.maketrans("，；：（）", ",;:()"))


@pytest.mark.parametrize(("code", "rule"), ALL_RULES)
def test_every_value_stands_on_something(code: str, rule: Ruled[Any]) -> None:
    if rule.value is None:
        assert rule.source is Source.SILENT
        assert rule.searched
    elif rule.source is Source.REGULATION and rule.layer == code:
        assert rule.article is not None
        assert rule.article.quote
        assert not rule.check_original
    elif rule.source is Source.REGULATION:
        assert rule.check_original, "a national value without its text must say so"
    else:
        assert rule.source is Source.SYSTEM


@pytest.mark.parametrize("code", CITIES)
def test_every_quotation_is_in_the_printed_regulation_word_for_word(code: str) -> None:
    printed = text(code)
    for rule in all_values(code):
        if rule.layer == code and rule.article is not None:
            assert rule.article.quote in printed, rule.key


@pytest.mark.clause("GY-主要内容·受理")
def test_the_cases_guangyuan_names_are_in_its_explainer() -> None:
    for one in policy("guangyuan").supervision.triggers.known:
        assert one.words in text("guangyuan")


def articles(code: str) -> dict[str, str]:
    """The printed text cut at its article numbers: 第十一条 → its words."""
    found: dict[str, str] = {}
    number = ""
    for line in text(code).splitlines():
        if start := re.match(r"第[一二三四五六七八九十]+条", line):
            number = start[0]
        found[number] = found.get(number, "") + line + "\n"
    return found


@pytest.mark.parametrize("code", sorted(set(CITIES) - {"guangyuan"}))
def test_every_quotation_stands_in_the_very_article_it_cites(code: str) -> None:
    """Guangyuan is left out: the explainer has no article numbers."""
    printed = articles(code)
    for rule in all_values(code):
        if rule.layer == code and rule.article is not None:
            cited = [number.split("（")[0] for number in rule.article.number.split("、")]
            assert set(cited) <= printed.keys(), rule.key
            assert any(rule.article.quote in printed[number] for number in cited), rule.key


@pytest.mark.parametrize("code", sorted(set(CITIES) - {"guangyuan"}))
def test_every_coded_case_stands_in_the_article_it_cites(code: str) -> None:
    printed = articles(code)
    for rule in all_values(code):
        for one in rule.value if isinstance(rule.value, tuple) else ():
            if isinstance(one, Reason):
                article = plain(printed[one.article.split("（")[0]])
                assert plain(one.words) in article, f"{rule.key} {one.code}"
                assert plain(one.answer) in article, f"{rule.key} {one.code}"


@pytest.mark.parametrize("code", CITIES)
def test_silence_names_articles_that_exist(code: str) -> None:
    printed = text(code)
    for rule in all_values(code):
        for number in rule.searched:
            first = number.split("至")[0].split("（")[0]
            assert first in printed or code == "guangyuan", f"{rule.key} {number}"


def test_every_parameter_has_a_chinese_name_of_its_own_in_its_section() -> None:
    for _, kind in SECTIONS.values():
        labels = [one.metadata["label"] for one in fields(kind)]
        assert len(set(labels)) == len(labels)


@pytest.mark.clause("ZQ-11")
def test_the_limits_of_zhaoqing_are_two_ten_and_fifteen_working_days() -> None:
    found = {kind: policy("zhaoqing").limit_of(kind).value for kind in TicketType}
    assert found == {
        TicketType.CONSULT: Span(2, Unit.WORKING_DAY),
        TicketType.HELP: Span(10, Unit.WORKING_DAY),
        TicketType.SUGGESTION: Span(10, Unit.WORKING_DAY),
        TicketType.COMPLAINT: Span(15, Unit.WORKING_DAY),
        TicketType.REPORT: Span(15, Unit.WORKING_DAY),
    }


def test_zhongshan_leaves_every_limit_to_the_dispatch_directory() -> None:
    assert {policy("zhongshan").limit_of(kind).value for kind in TicketType} == {
        Elsewhere.DIRECTORY
    }


def test_guizhou_leaves_every_limit_to_higher_law_but_signs_in_one_working_day() -> None:
    guizhou = policy("guizhou")
    assert {guizhou.limit_of(kind).value for kind in TicketType} == {Elsewhere.HIGHER_LAW}
    assert guizhou.dispatch.sign_in.value == Span(1, Unit.WORKING_DAY)


@pytest.mark.clause("GY-主要内容")
def test_guangyuan_is_silent_on_every_limit() -> None:
    for kind in TicketType:
        rule = policy("guangyuan").limit_of(kind)
        assert rule.value is None
        assert rule.source is Source.SILENT


def test_hebei_is_dialled_by_its_own_number() -> None:
    assert policy("hebei").line.access_number.value == "961890"


def test_everyone_else_is_dialled_as_12345() -> None:
    for code in set(CITIES) - {"hebei"}:
        assert policy(code).line.access_number.value == "12345"


@pytest.mark.parametrize("code", CITIES)
def test_all_four_emergency_numbers_can_be_reached_in_every_city(code: str) -> None:
    assert [one.service for one in emergency_numbers(policy(code))] == list(Service)


@pytest.mark.parametrize("code", ["hebei", "guizhou"])
def test_122_is_added_from_the_national_layer_where_a_city_does_not_list_it(code: str) -> None:
    own = policy(code)
    assert Service.TRAFFIC not in own.emergency.numbers.known
    *listed, added = emergency_numbers(own)
    assert {one.layer for one in listed} == {code}
    assert added.service is Service.TRAFFIC
    assert (added.layer, added.source) == ("national", Source.SYSTEM)


def test_guangyuan_names_no_numbers_so_the_national_ones_hold() -> None:
    numbers = policy("guangyuan").emergency.numbers
    assert numbers.searched == ("重点内容解读三",)
    assert numbers.known == tuple(Service)
    assert {one.layer for one in emergency_numbers(policy("guangyuan"))} == {"national"}


@pytest.mark.parametrize(
    ("code", "stance"),
    [
        ("zhaoqing", Stance.NOT_ACCEPTED),
        ("hebei", Stance.NOT_ACCEPTED),
        ("guangyuan", Stance.LINKAGE),
        ("zhongshan", Stance.TELL_OR_TRANSFER),
    ],
)
@pytest.mark.parametrize("moment", Moment)
def test_where_the_regulation_leaves_it_open_the_default_is_to_confirm(
    code: str, stance: Stance, moment: Moment
) -> None:
    assert policy(code).emergency.stance.value is stance
    action = action_at(policy(code), moment)
    assert action.value is EmergencyAction.CONFIRM
    assert action.source is Source.SYSTEM


@pytest.mark.parametrize("moment", Moment)
def test_guizhou_transfers_at_once_by_its_own_article(moment: Moment) -> None:
    action = action_at(policy("guizhou"), moment)
    assert action.value is EmergencyAction.TRANSFER
    assert action.source is Source.REGULATION
    assert action.article is not None
    assert action.article.number == "第十条（一）"


@pytest.mark.clause("ZQ-27")
def test_zhaoqing_expires_five_years_after_it_was_issued() -> None:
    assert policy("zhaoqing").effective_from == dt.date(2023, 9, 13)
    assert policy("zhaoqing").expires_on == dt.date(2028, 9, 13)


def test_the_other_cities_name_no_day_of_expiry() -> None:
    assert {policy(code).expires_on for code in set(CITIES) - {"zhaoqing"}} == {None}


def test_a_greeting_has_no_menu_and_tells_of_the_recording() -> None:
    for code in CITIES:
        line = policy(code).line
        assert line.menu.value is False
        assert "录音" in line.recording_notice.known
        assert line.greeting.known.startswith("您好")


@pytest.mark.clause("ZQ-25", "HB-5", "ZS-13¶1")
def test_the_five_types_carry_the_names_the_city_prints() -> None:
    labels = [str(one) for one in policy("zhaoqing").intake.types.known]
    assert labels == ["咨询", "投诉", "举报", "求助", "意见建议"]
    assert {one.type for one in policy("zhaoqing").intake.types.known} == set(TicketType)


@pytest.mark.clause("ZQ-7", "ZQ-16")
def test_zhaoqing_refuses_seven_cases_and_does_not_redo_seven() -> None:
    assert len(policy("zhaoqing").intake.refusals.known) == 7
    assert len(policy("zhaoqing").rating.redo_exceptions.known) == 7
    assert len(policy("zhaoqing").returns.denied_when.known) == 5


def test_the_readme_beside_the_packs_names_every_file_there() -> None:
    readme = (POLICIES / "README.md").read_text(encoding="utf-8")
    for path in POLICIES.glob("*.toml"):
        assert path.name in readme

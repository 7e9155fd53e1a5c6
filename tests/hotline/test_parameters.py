"""Every parameter in which the five regulations differ, as a person read it out of their articles.

parameters.tsv is that reading: — where the regulation is silent, 全国 where only the national layer
says something. A pack that says otherwise, or cites another article, is wrong or was changed.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from switchboard.city import shown
from tests.hotline import shipped

FILE = Path(__file__).parent / "parameters.tsv"
with FILE.open(encoding="utf-8", newline="") as opened:
    READ = list(csv.DictReader(opened, delimiter="\t", quoting=csv.QUOTE_NONE))


@pytest.mark.clause("ZQ-11", "ZQ-12", "HB-24(二)", "HB-26", "GZ-15", "ZS-17¶1", "GY-主要内容")
@pytest.mark.parametrize("city", shipped.CITIES)
def test_a_pack_says_what_its_regulation_was_read_to_say(city: str) -> None:
    rules = {rule.key: rule for _, _, rule in shipped.policy(city).rules()}
    wrong = {}
    for row in READ:
        rule = rules[row["key"]]
        if rule.layer == "national":
            said = "全国"
        elif rule.value is None:
            said = "—"
        else:
            said = f"{shown(rule)}〔{rule.article.number if rule.article else ''}〕"
        if said != row[city]:
            wrong[row["key"]] = (said, row[city])
    assert not wrong


@pytest.mark.parametrize("city", shipped.CITIES)
def test_where_a_regulation_is_silent_the_articles_searched_are_named(city: str) -> None:
    for _, label, rule in shipped.policy(city).rules():
        if rule.value is None:
            assert rule.searched, label


def test_the_table_covers_the_differing_parameters() -> None:
    assert len(READ) >= 55
    assert all(len({row[city] for city in shipped.CITIES}) > 1 for row in READ)

"""The words that switch a rule on: told to who writes packs, found in those that are shipped."""

from __future__ import annotations

import re

import pytest

from hotline.phrases import LOOKED_FOR, Phrase, says
from tests.hotline.shipped import CITIES, policy
from tests.house.tree import ROOT

EACH = [(key, phrase) for key, phrases in LOOKED_FOR.items() for phrase in phrases]


def test_the_table_for_writers_of_packs_names_each_and_no_other() -> None:
    page = (ROOT / "hotline" / "policies" / "README.md").read_text("utf-8")
    page = page.partition("## 有些字词程序会看")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `(\w+\.\w+)` \| ([^|]+) \|", page, re.MULTILINE)
    assert sorted(rows) == sorted((key, phrase.value) for key, phrase in EACH)


def test_no_phrase_is_looked_for_nowhere() -> None:
    assert {phrase for _, phrase in EACH} == set(Phrase)


@pytest.mark.parametrize(("key", "phrase"), EACH, ids=str)
def test_each_is_said_by_some_city(key: str, phrase: Phrase) -> None:
    section, name = key.split(".")
    rules = [getattr(getattr(policy(code), section), name) for code in CITIES]
    assert any(says(rule, phrase) for rule in rules)

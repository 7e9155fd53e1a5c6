"""`./jiesu city diff` and the page behind it: every parameter, article beside article."""

from __future__ import annotations

import itertools
import json

import pytest

from hotline.errors import BadInput
from switchboard.city_diff import compare, diff_cities, pair
from switchboard.city_page import DeskCities
from switchboard.cli import main
from switchboard.policies import load

PACKS = load()


def test_what_differs_is_told_with_both_articles_and_both_quotations() -> None:
    told = diff_cities("hebei", "guizhou")
    assert "贵州省：1个工作日  〔" in told
    assert "河北省（市级）：本市办法未规定  〔本市未规定，已查" in told
    assert "“减少呼损率,力争100%接通受理”" in told
    assert "加 --all 列出全部" in told
    assert "（相同）" not in told
    assert "（相同）" in diff_cities("hebei", "guizhou", every=True)


def test_the_numbers_add_up_for_every_pair() -> None:
    for left, right in itertools.combinations(PACKS.codes, 2):
        found = json.loads(diff_cities(left, right, as_json=True))
        assert found["different"] == sum(not one["same"] for one in found["rules"])
        assert len(found["rules"]) > 90
        for one in found["rules"]:
            for side in (one["left"], one["right"]):
                assert side["text"]
                assert side["standing"]
                assert side["silent"] == (side["text"] == "本市办法未规定")


def test_a_city_beside_itself_has_nothing_different() -> None:
    assert "0项不同" in diff_cities("zhaoqing", "zhaoqing")


def test_both_ways_round_the_same_matters_differ() -> None:
    one = compare(*pair(PACKS, "zhaoqing", "zhongshan"))
    other = compare(*pair(PACKS, "zhongshan", "zhaoqing"))
    assert [row.same for row in one] == [row.same for row in other]
    assert [row.left for row in one] == [row.right for row in other]


def test_a_city_there_is_not_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["city", "diff", "hebei", "atlantis"]) == 1
    assert capsys.readouterr().err.startswith("没有“atlantis”的规则包，请从")


def test_the_page_begins_with_the_own_city_beside_another() -> None:
    cities = DeskCities(PACKS, "zhongshan")
    found = cities.compare("", "")
    assert (found.left.code, len(found.cities)) == ("zhongshan", 5)
    assert found.right.code != "zhongshan"
    assert len(found.rows) > 90
    with pytest.raises(BadInput, match="没有“x”的规则包"):
        cities.compare("x", "")

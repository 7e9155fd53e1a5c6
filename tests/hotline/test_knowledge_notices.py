"""Which notices concern an address: the same words of another district do not."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from hotline.errors import BadInput
from hotline.knowledge_notices import (
    Notice,
    NoticeKind,
    UrgentWords,
    check_notice,
    check_urgent,
    concerns,
    matching,
    places_of,
)
from hotline.policy import ZONE
from hotline.words import UserId

pytestmark = pytest.mark.clause("ZS-35", "HB-31")
NOW = dt.datetime(2026, 9, 28, 10, 0, tzinfo=ZONE)
HOUR = dt.timedelta(hours=1)
ONE = Notice(
    id="n1",
    kind=NoticeKind.WATER,
    title="停水",
    words="请储水",
    places=("文昌路（星湖大道至端州路）", "国际城小区", "３号楼"),
    starts_at=NOW - HOUR,
    ends_at=NOW + 5 * HOUR,
    made_by=UserId("u"),
    made_at=NOW - HOUR,
)


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("文昌路12号", "文昌路（星湖大道至端州路）"),
        ("鼎湖区文昌路12号", "文昌路（星湖大道至端州路）"),
        ("国际城四期2号楼", "国际城小区"),
        ("城北 3号楼", "３号楼"),
        ("端州路8号", ""),
        ("", ""),
    ],
)
def test_an_address_is_concerned_by_the_place_it_names(address: str, place: str) -> None:
    assert concerns(ONE, address) == place


@pytest.mark.parametrize(
    ("address", "yes"),
    [("鼎湖区文昌路1号", True), ("文昌路1号", True), ("端州区文昌路1号", False)],
)
def test_the_same_road_of_another_district_is_elsewhere(address: str, yes: bool) -> None:
    assert bool(concerns(replace(ONE, district="鼎湖区"), address)) is yes


def test_a_notice_without_places_is_for_everybody_of_its_district() -> None:
    assert concerns(replace(ONE, places=()), "") == "全市"
    assert concerns(replace(ONE, places=(), district="鼎湖区"), "端州区甲路") == ""


def test_notices_stand_from_a_day_before_until_their_end_the_nearest_first() -> None:
    later = replace(ONE, id="n2", starts_at=NOW + 20 * HOUR, ends_at=NOW + 30 * HOUR)
    far = replace(ONE, id="n3", starts_at=NOW + 30 * HOUR, ends_at=NOW + 40 * HOUR)
    gone = replace(ONE, id="n4", withdrawn_at=NOW)
    everybody = replace(ONE, id="n0", places=())
    found = matching([everybody, gone, far, later, ONE], ["文昌路1号"], NOW)
    assert [one.notice.id for one in found] == ["n1", "n2", "n0"]
    assert matching([ONE], ["文昌路1号"], ONE.ends_at + HOUR) == ()


def test_places_are_read_as_companies_write_them() -> None:
    assert places_of(" 文昌路、国际城小区，大旺街道；文昌路\n甲村 ") == (
        "文昌路",
        "国际城小区",
        "大旺街道",
        "甲村",
    )


def test_what_is_no_notice_and_no_wording_is_refused_in_one_sentence() -> None:
    with pytest.raises(BadInput, match="晚于开始"):
        check_notice(replace(ONE, ends_at=ONE.starts_at))
    with pytest.raises(BadInput, match="太短"):
        check_notice(replace(ONE, places=("路",)))
    words = UrgentWords(
        id="u", title="停课", words="停课", made_by=UserId("u"), made_at=NOW, until=NOW + HOUR
    )
    check_urgent(words)
    with pytest.raises(BadInput, match="晚于现在"):
        check_urgent(replace(words, until=NOW))
    with pytest.raises(BadInput, match="能在电话里念出来"):
        check_urgent(replace(words, words="长" * 501))

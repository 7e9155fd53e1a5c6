"""A real emergency centre takes two acts; everything that plays refuses to ring it."""

from __future__ import annotations

from pathlib import Path

import pytest

from switchboard.emergency_trunks import (
    FILE_NAME,
    EmergencyRefused,
    Standing,
    confirm,
    refuse_unless_confirmed,
    refuse_unless_stand_in,
    standing,
    withdraw,
)
from switchboard.site import Site, parse_site

LIVE = """
[emergency]
live = true
[[emergency.trunk]]
address = "10.1.1.1"
[[emergency.trunk]]
address = "fd00::2"
port = 5070
"""
NAMES = ["10.1.1.1:5060", "[fd00::2]:5070"]


@pytest.fixture
def live() -> Site:
    return parse_site(LIVE)


def test_without_live_the_stand_in_serves_whatever_trunks_are_written(tmp_path: Path) -> None:
    site = parse_site(LIVE.replace("true", "false"))
    assert standing(site, tmp_path) is Standing.STAND_IN
    refuse_unless_stand_in(site, tmp_path, "模拟来电")


def test_live_alone_is_refused_and_the_sentence_names_the_trunks(
    live: Site, tmp_path: Path
) -> None:
    assert standing(live, tmp_path) is Standing.UNCONFIRMED
    with pytest.raises(EmergencyRefused, match=r"confirm 10\.1\.1\.1:5060 \[fd00::2\]:5070"):
        refuse_unless_confirmed(live, tmp_path)


def test_the_second_act_is_to_type_the_trunks_again(live: Site, tmp_path: Path) -> None:
    for wrong in ([], NAMES[:1], NAMES[::-1], ["10.1.1.9:5060", NAMES[1]]):
        with pytest.raises(EmergencyRefused, match="逐字写出"):
            confirm(live, tmp_path, wrong)
    confirm(live, tmp_path, NAMES)
    assert standing(live, tmp_path) is Standing.LIVE
    refuse_unless_confirmed(live, tmp_path)


def test_what_plays_refuses_a_real_centre_confirmed_or_not(live: Site, tmp_path: Path) -> None:
    with pytest.raises(EmergencyRefused, match="会打到真实报警中心"):
        refuse_unless_stand_in(live, tmp_path, "模拟来电")
    confirm(live, tmp_path, NAMES)
    with pytest.raises(EmergencyRefused, match="会打到真实报警中心"):
        refuse_unless_stand_in(live, tmp_path, "模拟来电")


def test_a_trunk_changed_afterwards_needs_a_new_confirmation(live: Site, tmp_path: Path) -> None:
    confirm(live, tmp_path, NAMES)
    changed = parse_site(LIVE.replace("10.1.1.1", "10.1.1.9"))
    assert standing(changed, tmp_path) is Standing.UNCONFIRMED


def test_a_confirmation_can_be_taken_back(live: Site, tmp_path: Path) -> None:
    confirm(live, tmp_path, NAMES)
    assert withdraw(tmp_path)
    assert standing(live, tmp_path) is Standing.UNCONFIRMED
    assert not withdraw(tmp_path)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"trunks": 3}', '{"trunks": ["x"]}'])
def test_a_spoilt_confirmation_confirms_nothing(live: Site, tmp_path: Path, content: str) -> None:
    (tmp_path / FILE_NAME).write_text(content)
    assert standing(live, tmp_path) is Standing.UNCONFIRMED


def test_there_is_nothing_to_confirm_for_the_stand_in(tmp_path: Path) -> None:
    with pytest.raises(EmergencyRefused, match="无须确认"):
        confirm(Site(), tmp_path, [])

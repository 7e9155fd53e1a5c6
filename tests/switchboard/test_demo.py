"""The script of `./jiesu demo`, who may play it, and what it says at the end."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from hotline.words import Outcome, Service, TicketType
from switchboard.call_facts import CallFact
from switchboard.cli import main
from switchboard.demo import MOST_SECONDS, MOST_SECONDS_QUICK
from switchboard.demo_report import as_rows, happened, table, width
from switchboard.demo_scene import Encounter
from switchboard.demo_script import BadScript, Scene, read_script
from switchboard.demonstration import UNITS

LONGEST_SCENE = 40.0
"""Seconds from dialling to the end on an idle machine: greeting, ringing, what is said."""
ORIGIN = "http://127.0.0.1:8080"


def scene(name: str) -> Scene:
    return next(one for one in read_script().scenes if one.name == name)


def played(name: str, outcome: str, to: str | None = None) -> Encounter:
    return Encounter(scene(name), fact=CallFact("call-1", outcome, to))


def test_the_morning_has_a_call_of_every_kind() -> None:
    scenes = read_script().scenes
    assert {one.ticket.type for one in scenes if one.ticket} == set(TicketType)
    assert {one.outcome for one in scenes} == {
        *(Outcome.ANSWERED, Outcome.ABANDONED, Outcome.GREETING_HANG_UP, Outcome.EMERGENCY)
    }
    assert {one.to for one in scenes} == {None, Service("110"), Service("119"), Service("120")}
    assert any(one.transfer for one in scenes)
    assert any(one.silent for one in scenes)
    assert any(one.caller == "anonymous" for one in scenes)
    assert any(one.caller.startswith("0311") for one in scenes)
    assert len({one.caller for one in scenes}) < len(scenes)


@pytest.mark.parametrize(("quick", "limit"), [(False, MOST_SECONDS), (True, MOST_SECONDS_QUICK)])
def test_the_last_call_can_end_before_the_time_is_up(quick: bool, limit: float) -> None:
    script = read_script(quick=quick)
    assert max(script.begins(one) for one in script.scenes) + 2 * LONGEST_SCENE <= limit + 30
    assert len(script.scenes) >= 11


def test_a_call_that_comes_after_another_is_dialled_after_it() -> None:
    for quick in (False, True):
        script = read_script(quick=quick)
        begins = {one.name: script.begins(one) for one in script.scenes}
        for one in script.scenes:
            if one.after:
                assert begins[one.after] < begins[one.name]


def test_every_ticket_goes_to_a_unit_of_the_demonstration() -> None:
    units = {code for code, _, _ in UNITS}
    assert all(one.ticket.unit in units for one in read_script().scenes if one.ticket)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ('name = "a"\nat = 0\nfrom = "1"\noutcome = "answered"\nwhat = 1', "what"),
        ('name = "a"\nat = 0\nfrom = "1"\noutcome = "answered"\nafter = "b"', "no scene 'b'"),
    ],
)
def test_a_script_that_is_not_understood_is_refused(tmp_path: Path, row: str, said: str) -> None:
    file = tmp_path / "script.toml"
    file.write_text(f'welcome = "w"\nsilence = "s"\n[[scene]]\n{row}\n', "utf-8")
    with pytest.raises(BadScript, match=said):
        read_script(file)


def test_two_scenes_of_one_name_are_refused(tmp_path: Path) -> None:
    row = '[[scene]]\nname = "a"\nat = 0\nfrom = "1"\noutcome = "answered"\n'
    file = tmp_path / "script.toml"
    file.write_text(f'welcome = "w"\nsilence = "s"\n{row}{row}', "utf-8")
    with pytest.raises(BadScript, match="one name"):
        read_script(file)


def test_without_a_running_system_it_says_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["demo", "--data", str(tmp_path)]) == 1
    assert "请先在另一个终端运行 ./jiesu up" in capsys.readouterr().err


def test_a_call_is_as_planned_only_when_the_hotline_counted_it_so() -> None:
    fire = played("火警，在问候里说", "emergency", "119")
    assert fire.as_planned
    assert not replace_fact(fire, "emergency", "110").as_planned
    assert not replace_fact(fire, "abandoned", None).as_planned
    assert not Encounter(fire.scene).as_planned
    complaint = played("投诉夜间施工", "answered", "1003")
    assert not complaint.as_planned
    saved = replace(complaint, ticket={"number": "20261122-000001", "sentence": ""})
    assert saved.as_planned
    assert not replace(saved, trouble="等得太久").as_planned


def replace_fact(one: Encounter, outcome: str, to: str | None) -> Encounter:
    return replace(one, fact=CallFact("call-1", outcome, to))


def test_a_call_that_somebody_else_s_seat_took_owes_no_ticket() -> None:
    taken = played("投诉夜间施工", "answered", "1001")
    taken.elsewhere = True
    assert taken.as_planned
    assert "由正在上班的坐席接听" in happened(as_rows([taken], ORIGIN)[0])


def test_each_call_is_shown_where_its_page_is() -> None:
    complaint = played("投诉夜间施工", "answered", "1003")
    complaint.ticket = {"number": "20261122-000001", "sentence": "投诉，15 个工作日"}
    rows = as_rows(
        [
            complaint,
            played("火警，在问候里说", "emergency", "119"),
            played("等不及，振铃时挂断", "abandoned"),
            played("听到问候就挂断", "greeting-hang-up"),
            played("接通后不出声", "answered", "1004"),
            Encounter(scene("路灯坏了")),
        ],
        ORIGIN,
    )
    assert [row["look"] and row["look"].removeprefix(ORIGIN) for row in rows] == [
        "/tickets/20261122-000001",
        "/emergency/call-1",
        "/return-calls",
        "/return-calls",
        "/board/calls?which=answered",
        None,
    ]


def test_the_table_stands_in_columns_and_shows_no_number_in_full() -> None:
    encounters = [
        played("投诉夜间施工", "answered", "1003"),
        played("报警，按 9 再按 1", "emergency", "110"),
        Encounter(scene("路灯坏了")),
    ]
    shown = table(as_rows(encounters, ORIGIN), 73.4, "interrupted")
    lines = [line for line in shown.splitlines() if ORIGIN in line]
    assert len({width(line[: line.index(ORIGIN)]) for line in lines}) == 1
    assert "已中断" in shown
    assert "没有打" in shown
    for one in encounters:
        assert one.scene.caller not in shown
        assert one.scene.caller not in str(as_rows([one], ORIGIN))


def test_a_chinese_character_takes_two_columns() -> None:
    assert width("转 119。") == 2 + 1 + 3 + 2

"""The parts of the desk that touch no page: asked directly, in the browser that runs them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.kit import Screen

pytestmark = [pytest.mark.anyio, pytest.mark.browser]


async def ask(desk: Screen, module: str, expression: str) -> Any:
    """The value of an expression over a module's exports, called ``m``."""
    return await desk.page.evaluate(
        f"import('/static/js/{module}.js').then((m) => JSON.parse(JSON.stringify({expression})))"
    )


async def test_numbers_and_times_are_written_as_people_say_them(desk: Screen) -> None:
    said = await ask(
        desk,
        "format",
        "[m.phone('13800006027'), m.phone('07583156000'), m.phone('138****6027'), m.phone('110'),"
        " m.duration(167), m.duration(3727), m.duration(-1), m.percent(null), m.percent(0.0388),"
        " m.count(1286), m.seconds(6180), m.hourMinute('2026-09-27T18:42:16Z'),"
        " m.date('2025-12-31T20:00:00Z', Date.parse('2026-09-28T00:00:00Z'))]",
    )
    assert said == [
        "138 0000 6027", "0758 315 6000", "138 **** 6027", "110",
        "02:47", "1:02:07", "00:00", "—", "3.9",
        "1,286", "6.2 秒", "02:42", "1月1日",
    ]  # fmt: skip


KEYS_AND_COMMANDS = (
    ("{key: 'F2'}", "{}", "answer"),
    ("{key: 'F2', shiftKey: true}", "{}", "hang-up"),
    ("{key: 'F2', isComposing: true}", "{}", None),
    ("{key: 'F2', keyCode: 229}", "{}", None),
    ("{key: 'F2', repeat: true}", "{}", None),
    ("{key: 'Enter', ctrlKey: true}", "{}", "save"),
    ("{key: 'Enter'}", "{}", None),
    ("{key: '†', code: 'KeyT', altKey: true}", "{}", "transfer"),
    ("{key: 't', code: 'KeyT'}", "{}", None),
    ("{key: '?', shiftKey: true}", "{}", "keys"),
    ("{key: '?', shiftKey: true}", "{inField: true}", None),
    ("{key: '2'}", "{}", None),
    ("{key: '2'}", "{choosing: true}", "hand-over-119"),
    ("{key: '2'}", "{choosing: true, inField: true}", "hand-over-119"),
    ("{key: '2', ctrlKey: true}", "{choosing: true}", None),
    ("{key: '5'}", "{choosing: true}", None),
    ("{key: 'F5'}", "{}", None),
    ("{key: 'F4', altKey: true}", "{}", None),
    ("{key: 'w', ctrlKey: true}", "{}", None),
)


async def test_a_key_means_what_its_button_says_and_the_browsers_own_are_left_alone(
    desk: Screen,
) -> None:
    asked = ", ".join(f"m.commandOf({event}, {context})" for event, context, _ in KEYS_AND_COMMANDS)
    meant = await ask(desk, "keys", f"[{asked}]")
    assert meant == [command for _, _, command in KEYS_AND_COMMANDS]


async def test_the_axis_of_the_chart_has_round_steps(desk: Screen) -> None:
    steps = await ask(desk, "chart", "[0, 3, 4, 9, 63, 74, 400].map((n) => m.stepFor(n))")
    assert steps == [1, 1, 1, 5, 20, 20, 100]


async def test_a_frame_of_an_unknown_type_changes_nothing(desk: Screen) -> None:
    same = await ask(
        desk,
        "desk-state",
        "(() => { const d = m.emptyDesk(); return m.reduce(d, {type: 'x'}) === d })()",
    )
    assert same is True


async def test_the_call_one_talks_in_comes_before_one_that_rings(desk: Screen) -> None:
    first = await ask(
        desk,
        "desk-state",
        "m.livePop(['talking', 'ringing', 'ended'].map((stage, i) => ({type: 'pop',"
        " pop_id: `p${i}`, stage, emergency: null})).reduce(m.reduce, m.emptyDesk())).pop_id",
    )
    assert first == "p0"


async def test_what_a_telephone_cannot_do_says_why(desk: Screen) -> None:
    controls = await ask(desk, "tel-model", "m.CONTROLS")
    assert controls["talking-sip"]["mute"] == "请在话机上操作"
    assert controls["talking-sip"]["emergency"] == ""
    assert controls["ready"]["answer"] == "现在没有通话"
    for situation, buttons in controls.items():
        assert set(buttons) == set(controls["ready"]), situation

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
        " m.phone('0311****0001'), m.phone('0758****231'), m.phone('***45'),"
        " m.duration(167), m.duration(3727), m.duration(-1), m.percent(null), m.percent(0.0388),"
        " m.count(1286), m.seconds(6180), m.hourMinute('2026-09-27T18:42:16Z'),"
        " m.date('2025-12-31T20:00:00Z', Date.parse('2026-09-28T00:00:00Z'))]",
    )
    assert said == [
        "138 0000 6027", "0758 315 6000", "138 **** 6027", "110",
        "0311 **** 0001", "0758 **** 231", "***45",
        "02:47", "1:02:07", "00:00", "—", "3.9",
        "1,286", "6.2 秒", "02:42", "1月1日",
    ]  # fmt: skip


async def test_while_we_dial_the_row_does_not_say_that_we_talk(desk: Screen) -> None:
    pop = "{stage: 'ringing', queue: '回拨'}"
    told = await ask(
        desk,
        "tel-model",
        f"[m.isDialling({{situation: 'talking', pop: {pop}}}),"
        " m.isDialling({situation: 'talking', pop: {stage: 'talking', queue: '回拨'}}),"
        " m.isDialling({situation: 'talking', pop: {stage: 'ringing', queue: 'hotline'}}),"
        " m.isDialling({situation: 'ready', pop: null}),"
        " m.isDialling({situation: 'talking', pop: {stage: 'ringing', queue: '回访'}}),"
        f" m.lineOf({{situation: 'talking', phone: {{call: {{}}}}, mode: 'browser', pop: {pop}}})]",
    )
    calm = {"text": "市民的电话在响，等他接起", "advice": "", "trouble": False}
    assert told == [True, False, False, False, True, calm]


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
    ("{key: 'Ω', code: 'KeyZ', altKey: true}", "{inField: true}", "take-slot"),
    ("{key: 'a', code: 'KeyA', altKey: true}", "{}", "take-all"),
    ("{key: 'w', code: 'KeyW', altKey: true}", "{}", "adopt-2"),
    ("{key: '7', code: 'Digit7', altKey: true}", "{}", "open-answer-3"),
    ("{key: 'z', code: 'KeyZ', altKey: true, isComposing: true}", "{}", None),
    ("{key: 'Q', code: 'KeyQ', altKey: true, shiftKey: true}", "{}", None),
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


FORM = """
const blank = Object.fromEntries(m.SLOTS.map((s) => [s, '']));
const fields = { ...blank, phone: '138 0000 6027' };
const form = { fields, his: {}, from: {}, number: '13800006027' };
const say = (slot, value, more = {}) => ({
  slot, value, others: [], words: value, leg: 'caller', from_s: 1, start: 0, end: value.length,
  sure: true, ...more,
});
const by = (...slots) => m.bySlot({ slots });
"""


async def about_slots(desk: Screen, expression: str) -> Any:
    """The value of an expression over slots.js, with a blank form and words to fill it with."""
    return await ask(desk, "slots", f"(() => {{ {FORM} return {expression}; }})()")


async def test_only_what_is_sure_fills_and_a_phone_is_written_in_groups(desk: Screen) -> None:
    filled = await about_slots(
        desk,
        "m.merge(form, by(say('address', '大旺街道'), say('type', '投诉', { sure: false }),"
        " say('phone', '07583156000'))).fields",
    )
    assert (filled["address"], filled["type"], filled["phone"]) == ("大旺街道", "", "0758 315 6000")


async def test_a_draft_that_says_the_same_again_changes_nothing(desk: Screen) -> None:
    same = await about_slots(
        desk,
        "(() => { const heard = by(say('address', '大旺街道'));"
        " const one = m.merge(form, heard); return m.merge(one, heard) === one; })()",
    )
    assert same is True


async def test_the_agents_slot_and_the_slot_in_focus_are_left_alone(desk: Screen) -> None:
    left = await about_slots(
        desk,
        "m.merge(m.touched(form, 'address', '', undefined), by(say('address', '大旺街道'),"
        " say('contact', '王芳')), { focused: 'contact' }).fields",
    )
    assert (left["address"], left["contact"]) == ("", "")


async def test_words_taken_back_take_their_value_along_only_while_they_stand_there(
    desk: Screen,
) -> None:
    taken, kept, phone = await about_slots(
        desk,
        "(() => { const told = by(say('contact', '王芳'), say('phone', '07583156000'));"
        " const one = m.merge(form, told);"
        " return [m.merge(one, {}).fields.contact,"
        " m.merge(one, {}, { stands: () => false }).fields.contact, m.merge(one, {}).fields.phone];"
        " })()",
    )
    assert (taken, kept, phone) == ("", "王芳", "138 0000 6027")


async def test_an_accepted_proposal_is_the_agents_and_still_proven(desk: Screen) -> None:
    standing, value, evidence, waits = await about_slots(
        desk,
        "(() => { const heard = by(say('address', '大旺街道', { sure: false }));"
        " const one = m.accepted(form, 'address', heard.address);"
        " const next = m.merge(one, by(say('address', '别处')));"
        " return [m.standing(next, 'address', say('address', '别处')).kind, next.fields.address,"
        " m.evidenceOf(next, {}), m.waiting(form, heard)]; })()",
    )
    assert (standing, value) == ("again", "大旺街道"), "what is heard since is shown, not filled"
    assert [one["words"] for one in evidence] == ["大旺街道"]
    assert waits == ["address"]


async def test_a_value_typed_otherwise_proves_nothing(desk: Screen) -> None:
    assert (
        await about_slots(
            desk,
            "m.evidenceOf(m.touched(m.merge(form, by(say('address', '大旺街道'))), 'address',"
            " '大旺街道5号', say('address', '大旺街道')), by(say('address', '大旺街道')))",
        )
        == []
    )


async def test_marks_are_cut_where_they_overlap_and_rare_characters_count_once(
    desk: Screen,
) -> None:
    cut = await about_slots(
        desk,
        "m.pieces('住𬇙𬣙湾五栋的王芳', ["
        " { slot: 'address', mark: '址', firm: true, words: '𬇙𬣙湾五栋', start: 1, end: 6 },"
        " { slot: 'category', mark: '诉', firm: false, words: '湾五', start: 3, end: 5 },"
        " { slot: 'contact', mark: '人', firm: true, words: '李', start: 7, end: 8 }])"
        ".map((p) => [p.text, p.slots.join(), p.ends.join('')])",
    )
    assert cut == [
        ["住", "", ""],
        ["𬇙𬣙", "address", ""],
        ["湾五", "address,category", "诉"],
        ["栋", "address", "址"],
        ["的王芳", "", ""],
    ]


async def test_cards_change_their_places_only_while_no_hand_is_among_them(desk: Screen) -> None:
    said = await ask(
        desk,
        "answers",
        "(() => { const of = (...ids) => ({ cards: ids.map((article) => ({ article })) });"
        " const ids = (p) => p.cards.map((c) => c.article).join('');"
        " const one = m.placed(m.noAnswers(), 'c', of('a', 'b'), false);"
        " const held = m.placed(one, 'c', of('b', 'x'), true);"
        " const back = m.placed(held, 'c', of('a', 'b'), true);"
        " const other = m.placed(held, 'd', of('z'), true);"
        " return [ids(one), ids(held), m.waitingWords(held), ids(m.released(held)), back.next,"
        " m.waitingWords(m.placed(one, 'c', of('b'), true)), ids(other),"
        " m.placed(one, 'c', of('a', 'b'), false) === one]; })()",
    )
    assert said == ["ab", "ab", "有新答案 1", "bx", None, "答案有变", "z", True]


async def test_highlights_are_cut_by_characters_not_by_halves_of_them(desk: Screen) -> None:
    cut = await ask(
        desk,
        "answers",
        "m.marked('𬇙湾夜间施工', [[2, 4], [0, 1], [5, 99]]).map((p) => [p.text, p.marked])",
    )
    assert cut == [["𬇙", True], ["湾", False], ["夜间", True], ["施", False], ["工", True]]


async def test_a_form_of_an_older_page_is_taken_as_typed(desk: Screen) -> None:
    his = await ask(
        desk,
        "form-data",
        "m.withHis({ touched: true, fields: { ...m.blank(), address: '大旺街道' } }).his",
    )
    assert his == {"address": ""}


async def test_each_slot_that_is_wrong_says_what_to_do(desk: Screen) -> None:
    wrong = await ask(
        desk,
        "form-data",
        "m.faultsOf({ ...m.blank(), phone: 'abc', unit: '某局' }, new Map())",
    )
    assert set(wrong) == {"type", "summary", "phone", "unit"}
    right = await ask(
        desk,
        "form-data",
        "m.faultsOf({ ...m.blank(), type: '投诉', summary: '噪声', unit: '城管' },"
        " new Map([['城管', 'cg']]))",
    )
    assert right == {}

"""The words fill the form: every value with its proof, and never over the agent's hand."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from agent_desk.aids import Evidence
from tests.agent_desk.fakes import CALL
from tests.browser.heard import (
    ADDRESS,
    CATEGORY,
    CONTACT,
    HAPPENED,
    PHONE,
    SPOKEN,
    SUMMARY,
    TYPE,
    UNIT,
    WHOLE,
    draft,
    heard,
    said,
)
from tests.browser.kit import comes_true, until
from tests.browser.scenes import SEAT, ends, talk, tells

if TYPE_CHECKING:
    from agent_desk.aids import DraftSlot
    from tests.browser.kit import Place, Screen

pytestmark = [pytest.mark.anyio, pytest.mark.browser]


async def value(desk: Screen, slot: str) -> str:
    """What stands in a slot of the form."""
    if slot == "type":
        return str(
            await desk.page.evaluate("document.querySelector('[name=type]:checked')?.value ?? ''")
        )
    return await desk.page.input_value(f"[name={slot}]")


async def becomes(desk: Screen, slot: str, wanted: str) -> None:
    """Wait until this stands in the slot."""
    asked = f"[name={slot}]:checked" if slot == "type" else f"[name={slot}]"
    await comes_true(
        desk.page,
        "([asked, wanted]) => (document.querySelector(asked)?.value ?? '') === wanted",
        [asked, wanted],
    )


async def standing(desk: Screen, slot: str, kind: str) -> None:
    """Wait until the slot stands on this (see slots.js)."""
    await desk.page.locator(f'[data-slot={slot}][data-standing="{kind}"]').wait_for(timeout=60_000)


async def listen(place: Place, desk: Screen, *slots: DraftSlot) -> None:
    """The whole conversation is told, and the draft has these slots."""
    await talk(place, desk)
    for line in range(len(SPOKEN)):
        place.screens.said(SEAT, said(line))
    place.screens.aid(SEAT, draft(*slots))
    if slots:
        await desk.page.locator(
            f'[data-slot={slots[0].slot}]:not([data-standing="none"])'
        ).wait_for(timeout=60_000)


async def test_a_complaint_fills_the_form_and_every_value_shows_its_words(
    desk: Screen, place: Place
) -> None:
    await tells(place, desk)
    assert await value(desk, "type") == "投诉"
    assert await value(desk, "category") == "噪声扰民 / 建筑施工噪声"
    assert await value(desk, "address") == "迎宾大道恒裕花园五号楼二单元"
    assert await value(desk, "happened") == "2026年9月18日起，每晚十一点半"
    assert await value(desk, "contact") == "欧阳慧敏"
    assert await value(desk, "phone") == "138 0000 6027"
    assert await value(desk, "unit") == "", "what is not sure is not filled in"
    for slot in ("type", "category", "address", "happened", "contact", "phone", "summary"):
        words = next(each.words for each in WHOLE if each.slot == slot)
        assert f"“{words}”" in await desk.text(f"[data-slot={slot}] .proof"), slot
        marked = desk.page.locator(f'#spoken [data-evidence~="{slot}"]')
        assert await marked.count() == (0 if slot == "summary" else 1), slot
    assert "10:42:37" in await desk.text("[data-slot=address] .proof")
    assert "7 项有原话，1 项待定" in await desk.text(".z-form header")


async def test_the_slot_one_looks_at_lights_its_words_and_the_words_lead_to_their_slot(
    desk: Screen, place: Place
) -> None:
    await tells(place, desk)
    await desk.page.focus("[name=happened]")
    await desk.shows("#spoken .ev--lit", "上上个星期五晚上开始")
    await desk.page.hover("[data-slot=summary]")
    await desk.shows("#spoken .ev--lit", "老人小孩都没法睡")
    await desk.page.click('#spoken [data-evidence="contact"]')
    assert await desk.page.evaluate("document.activeElement.name") == "contact"


async def test_words_far_above_come_into_sight_and_the_newest_come_back(
    desk: Screen, place: Place
) -> None:
    await listen(place, desk, ADDRESS)
    for number in range(60):
        place.screens.said(SEAT, said(0, from_s=100.0 + number, text=f"第 {number} 句话" * 4))
    await desk.shows("#spoken", "第 59 句话")
    await desk.page.hover("[data-slot=address] label")
    seen = """(inside) => {
      const zone = document.querySelector('.z-course .body').getBoundingClientRect();
      const mark = document.querySelector(inside).getBoundingClientRect();
      return mark.top >= zone.top && mark.bottom <= zone.bottom + 1;
    }"""
    await comes_true(desk.page, seen, "#spoken .ev--lit")
    await desk.page.hover("#strip, .strip")
    await comes_true(desk.page, seen, "#spoken li:last-child")


async def test_what_the_agent_wrote_is_never_overwritten_not_even_after_a_reload(
    desk: Screen, place: Place
) -> None:
    await listen(place, desk, ADDRESS, HAPPENED)
    await becomes(desk, "address", ADDRESS.value)
    await desk.page.fill("[name=address]", "恒裕花园六号楼")
    await desk.page.fill("[name=happened]", "")
    await desk.page.locator("#z2").click()
    newer = replace(ADDRESS, value="迎宾大道恒裕花园七号楼")
    place.screens.aid(SEAT, draft(newer, HAPPENED, TYPE))
    await standing(desk, "address", "again")
    await becomes(desk, "type", "投诉")
    assert await value(desk, "address") == "恒裕花园六号楼"
    assert await value(desk, "happened") == ""
    assert "又听到" in await desk.text("[data-slot=address] .proof")
    await desk.page.reload()
    await standing(desk, "address", "again")
    await becomes(desk, "address", "恒裕花园六号楼")
    await becomes(desk, "type", "投诉")
    assert await value(desk, "happened") == ""
    await standing(desk, "happened", "edited")


async def test_one_key_brings_the_words_back_and_then_the_machine_may_go_on(
    desk: Screen, place: Place
) -> None:
    await listen(place, desk, ADDRESS)
    await becomes(desk, "address", ADDRESS.value)
    await desk.page.fill("[name=address]", "别处")
    await standing(desk, "address", "edited")
    await desk.page.keyboard.press("Alt+z")
    await becomes(desk, "address", ADDRESS.value)
    await standing(desk, "address", "heard")
    await desk.page.locator("#z2").click()
    place.screens.aid(SEAT, draft(replace(ADDRESS, value="迎宾大道恒裕花园七号楼")))
    await becomes(desk, "address", "迎宾大道恒裕花园七号楼")


async def test_nothing_changes_under_the_cursor(desk: Screen, place: Place) -> None:
    await talk(place, desk)
    place.screens.said(SEAT, said(2))
    await desk.page.focus("[name=address]")
    place.screens.aid(SEAT, draft(ADDRESS, CATEGORY))
    await becomes(desk, "category", CATEGORY.value)
    assert await value(desk, "address") == ""
    await standing(desk, "address", "soon")
    await desk.page.keyboard.press("Tab")
    assert await desk.page.evaluate("document.activeElement.name") == "happened"
    await becomes(desk, "address", ADDRESS.value)


async def test_what_is_not_sure_waits_to_be_taken(desk: Screen, place: Place) -> None:
    maybe = [replace(slot, sure=False) for slot in (TYPE, CATEGORY, ADDRESS, HAPPENED, UNIT)]
    await listen(place, desk, *maybe)
    await standing(desk, "type", "maybe")
    assert await value(desk, "type") == ""
    assert "选了类型" in await desk.text("#due"), "no due date for a type nobody has chosen"
    await desk.page.click("[data-slot=category] .chip >> text=采用")
    await becomes(desk, "category", CATEGORY.value)
    await standing(desk, "category", "heard")
    await desk.page.focus("[name=happened]")
    await desk.page.keyboard.press("Alt+z")
    await becomes(desk, "happened", HAPPENED.value)
    await desk.page.fill("[name=address]", "")
    await desk.page.keyboard.press("Alt+a")
    await becomes(desk, "unit", UNIT.value)
    await becomes(desk, "type", "投诉")
    await desk.shows("#due", "到期")
    assert await value(desk, "address") == ADDRESS.value
    assert not await desk.page.is_visible("#take-all")


async def test_a_proposal_the_agent_cleared_is_not_taken_with_all(
    desk: Screen, place: Place
) -> None:
    await listen(place, desk, ADDRESS, replace(CATEGORY, sure=False))
    await becomes(desk, "address", ADDRESS.value)
    await desk.page.fill("[name=address]", "")
    place.screens.aid(SEAT, draft(replace(ADDRESS, sure=False), replace(CATEGORY, sure=False)))
    await standing(desk, "address", "edited")
    await desk.page.keyboard.press("Alt+a")
    await becomes(desk, "category", CATEGORY.value)
    assert await value(desk, "address") == ""


async def test_another_candidate_is_one_click(desk: Screen, place: Place) -> None:
    await listen(place, desk, TYPE, CATEGORY)
    await becomes(desk, "type", "投诉")
    await desk.page.click("[data-slot=type] .chip >> text=求助")
    await becomes(desk, "type", "求助")
    await standing(desk, "type", "edited")
    await desk.page.click("[data-slot=type] .chip >> text=还用原话")
    await becomes(desk, "type", "投诉")


async def test_a_unit_the_directory_does_not_have_is_named_but_not_filled(
    desk: Screen, place: Place
) -> None:
    await listen(place, desk, replace(UNIT, value="市烟草专卖局", sure=True, others=()))
    await standing(desk, "unit", "foreign")
    assert await value(desk, "unit") == ""
    assert "目录里没有" in await desk.text("[data-slot=unit] .proof")


async def test_a_value_whose_words_were_taken_back_goes(desk: Screen, place: Place) -> None:
    await listen(place, desk, CONTACT, PHONE)
    await becomes(desk, "contact", "欧阳慧敏")
    place.screens.aid(SEAT, draft(PHONE))
    await becomes(desk, "contact", "")
    other = heard("phone", "07583156000", "就这个号", line=6)
    place.screens.aid(SEAT, draft(other))
    await becomes(desk, "phone", "0758 315 6000")
    place.screens.aid(SEAT, draft())
    await becomes(desk, "phone", "138 0000 6027")
    await standing(desk, "phone", "line")


async def test_the_last_words_fill_the_form_after_the_call(desk: Screen, place: Place) -> None:
    await listen(place, desk, TYPE)
    desk.switch.hang_up()
    ends(place)
    await desk.situation("wrap-up", within=60)
    place.screens.aid(SEAT, draft(TYPE, CONTACT))
    await becomes(desk, "contact", "欧阳慧敏")


async def test_a_second_matter_of_the_same_call_is_not_filled_with_the_first(
    desk: Screen, place: Place
) -> None:
    await listen(place, desk, TYPE, SUMMARY, ADDRESS)
    await becomes(desk, "address", ADDRESS.value)
    await desk.page.keyboard.press("Control+Enter")
    await desk.shows("#saved", "20260928-", within=60)
    await desk.page.click("[data-do=another]")
    await desk.page.locator("#z1").click()
    place.screens.aid(SEAT, draft(TYPE, SUMMARY, ADDRESS, HAPPENED))
    await standing(desk, "happened", "again")
    assert [await value(desk, slot) for slot in ("type", "address", "happened")] == ["", "", ""]


async def test_the_ticket_takes_along_the_words_its_slots_still_stand_on(
    desk: Screen, place: Place
) -> None:
    await tells(place, desk)
    await desk.page.fill("[name=address]", "恒裕花园六号楼")
    await desk.page.keyboard.press("Control+Enter")
    await desk.shows("#saved", "20260928-000001", within=60)
    [ticket] = place.town.tickets.full.values()
    stands = (TYPE, CATEGORY, HAPPENED, CONTACT, PHONE, SUMMARY)
    assert set(ticket.evidence) == {
        Evidence(slot=one.slot, words=one.words, leg=one.leg, from_s=one.from_s) for one in stands
    }


async def test_after_saving_nothing_is_filled_in_any_more(desk: Screen, place: Place) -> None:
    await listen(place, desk, TYPE, SUMMARY)
    await becomes(desk, "type", "投诉")
    await desk.page.keyboard.press("Control+Enter")
    await desk.shows("#saved", "20260928-", within=60)
    place.screens.aid(SEAT, draft(TYPE, SUMMARY, CONTACT))
    place.screens.said(SEAT, said(6, text="还有一句话"))
    await desk.shows("#spoken", "还有一句话")
    assert await value(desk, "contact") == ""


async def test_what_was_filled_is_told_once_and_politely(desk: Screen, place: Place) -> None:
    await listen(place, desk, TYPE)
    place.screens.aid(SEAT, draft(TYPE, CONTACT))
    told = desk.page.locator("#draft-said[role=status]")
    await told.filter(has_text="类型 投诉，联系人 欧阳慧敏").wait_for(timeout=60_000)


async def test_a_slot_is_described_by_the_words_it_stands_on(desk: Screen, place: Place) -> None:
    await listen(place, desk, ADDRESS)
    await becomes(desk, "address", ADDRESS.value)
    by = await desk.page.get_attribute("[name=address]", "aria-describedby")
    assert "“迎宾大道恒裕花园”" in await desk.text(f"#{by}")


async def test_words_that_alarm_stay_red_beside_the_marks(desk: Screen, place: Place) -> None:
    await listen(place, desk, TYPE)
    place.screens.said(
        SEAT, said(0, from_s=50.0, text="着火了", alarm="听到“着火”，像火情或救援（98%）")
    )
    await desk.shows("#spoken .life", "像火情")
    fill = await desk.page.locator("#spoken .life").evaluate(
        "(el) => getComputedStyle(el).backgroundColor"
    )
    assert fill == "rgb(190, 20, 29)"
    assert await desk.flaws() == []


async def test_the_drafts_of_another_call_stay_with_that_call(desk: Screen, place: Place) -> None:
    await listen(place, desk, TYPE)
    await becomes(desk, "type", "投诉")
    place.screens.aid(SEAT, draft(replace(TYPE, value="举报"), call=type(CALL)("elsewhere")))
    place.screens.aid(SEAT, draft(TYPE, CONTACT))
    await becomes(desk, "contact", "欧阳慧敏")
    assert await value(desk, "type") == "投诉"


async def test_a_draft_survives_a_server_that_forgot_the_words(desk: Screen, place: Place) -> None:
    await listen(place, desk, TYPE, CONTACT)
    await becomes(desk, "contact", "欧阳慧敏")
    screens = place.screens._desk(SEAT)
    screens.words.clear()
    screens.drafts.clear()
    screens.line.start_anew(place.screens.picture(SEAT))
    await until(lambda: screens.line.acked == screens.line.seq, within=60)
    place.screens.said(SEAT, said(2, from_s=90.0))
    place.screens.aid(SEAT, draft(replace(ADDRESS, from_s=90.0)))
    await becomes(desk, "address", ADDRESS.value)
    assert await value(desk, "contact") == "欧阳慧敏"

"""What an agent sees of the words: an alarm with one key, a gap and its end."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from hotline.words import Outcome
from ivr import sound
from tests.house.tree import ROOT
from tests.walks.browser_kit import at_desk
from tests.walks.system_kit import ACCESS, System, eventually

if TYPE_CHECKING:
    from playwright.async_api import Browser

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.telephony,
    pytest.mark.browser,
    pytest.mark.walk,
]

RECORDINGS: Final = ROOT / "tests" / "recordings"
FIRE: Final = sound.read_wav(RECORDINGS / "h02_klatt4.wav")
"""喂，快派消防车，我们楼下仓库着火了"""
NUMBER: Final = sound.read_wav(RECORDINGS / "t01_m7.wav")
"""车牌号是四五八九五幺"""


async def test_a_fire_told_in_the_conversation_brings_a_row_and_one_key_reaches_119(
    system: System, chromium: Browser
) -> None:
    async with at_desk(system, chromium, "1001") as desk, system.citizen() as citizen:
        call = await citizen.call(ACCESS)
        await desk.answer()
        call_id = await system.call_id(call)
        call.play(FIRE)
        await desk.shows("#alarm", "移交 119")
        await desk.press("F9")
        row = await system.centre_call(call_id)
        assert (row["dialled"], row["caller"]) == ("119", citizen.setup.user)
        await call.hang_up()
        booked = await system.booked(call_id)
    assert (booked.outcome, booked.agent) == (Outcome.ANSWERED, "1001")
    assert (booked.service, booked.linked) == ("119", True)
    linkage = await system.ledger.book.linkage(call_id)
    assert linkage is not None
    assert (linkage.reason, linkage.linked) == ("agent", True)


def recognisers(server: int) -> list[int]:
    """The recogniser workers of a Jiesu process, by /proc."""
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            line = (folder / "cmdline").read_bytes().replace(b"\0", b" ")
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError, IndexError):
            continue
        if b"vosk_engine" in line and parent == server:
            found.append(int(folder.name))
    return found


async def test_a_killed_recogniser_leaves_a_gap_on_the_page_and_the_words_come_back(
    system: System, chromium: Browser
) -> None:
    async with at_desk(system, chromium, "1001") as desk, system.citizen() as citizen:
        call = await citizen.call(ACCESS)
        await desk.answer()
        call.play(NUMBER)
        await desk.shows("#spoken .caller", "车牌号")
        (worker, *_) = recognisers(system.child("server").pid)
        os.kill(worker, signal.SIGKILL)
        await desk.shows("#spoken .gap", "转写中断")
        lines = desk.page.locator("#spoken li.caller:not(.live)")
        before = await lines.count()

        async def told_again() -> bool:
            call.play(NUMBER)
            await desk.page.wait_for_timeout(4500)
            return await lines.count() > before

        await eventually(told_again, 60, "words after the gap")
        # The beginning of what was said may still be in the gap.
        assert "四五八" in await lines.last.inner_text()
        assert call.state == "talking"
        await call.hang_up()

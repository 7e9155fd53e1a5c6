"""Recordings played as real calls: what stands on the agents' pages is what the engine alone says.

The caller's telephone sends A-law, so the engine alone is given the same A-law.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import pytest

from ivr import sound
from ivr.g711 import decode, encode
from ivr.recognizer_stream import readable
from ivr.sound import read_wav
from ivr.speech_model import read_model
from ivr.telephone import Call
from ivr.vosk_engine import VoskEngine
from tests.house.tree import ROOT
from tests.walks.browser_kit import BrowserDesk, at_desk, first_of
from tests.walks.system_kit import ACCESS, System, eventually

if TYPE_CHECKING:
    from playwright.async_api import Browser

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.telephony,
    pytest.mark.browser,
    pytest.mark.walk,
]

RECORDINGS: Final = sorted((ROOT / "tests" / "recordings").glob("*.wav"))
PLAYS: Final = 4
"""Asterisk's ChanSpy throws away sound that a busy machine brings it 100 ms late
(AST_AUDIOHOOK_SMALL_QUEUE): a recording heard otherwise is played again."""
PIECE: Final = 1280

# The words of the caller as the page shows them firmly, without evidence marks and alarms.
_FIRM: Final = """
() => [...document.querySelectorAll('#spoken li.caller:not(.live) p')].map((p) => {
  const copy = p.cloneNode(true);
  copy.querySelectorAll('sup, .life').forEach((one) => one.remove());
  return copy.textContent;
}).join('')
"""


def the_engine_alone(pcm: bytes, engine: VoskEngine) -> str:
    """What it says of the sound as a telephone sends it, quiet before and after."""
    line = decode(encode(sound.silence(0.5) + pcm + sound.silence(1.5), "PCMA"), "PCMA")
    stream = engine.open()
    results = [
        result
        for start in range(0, len(line), PIECE)
        for result in stream.accept(line[start : start + PIECE], partial=True)
    ]
    results += stream.finish()
    return readable(word.text for result in results if result.final for word in result.words)


async def shown_of(desk: BrowserDesk, call: Call, pcm: bytes, wanted: str) -> str:
    """Play it; the words that come to stand on the page. Ends when they are those awaited."""
    before: str = await desk.page.evaluate(_FIRM)
    call.play(pcm)

    async def look() -> str | None:
        shown: str = await desk.page.evaluate(_FIRM)
        return shown if shown[len(before) :] == wanted else None

    try:
        await eventually(look, len(pcm) / 16000 + 4.0, "the words on the page", 0.1)
    except AssertionError:
        await desk.page.wait_for_timeout(1500)
    shown: str = await desk.page.evaluate(_FIRM)
    return shown[len(before) :]


async def tells(desk: BrowserDesk, call: Call, told: Mapping[str, tuple[bytes, str]]) -> list[str]:
    """Play them all in one call; those whose words on the page were never the engine's."""
    wrong = []
    for name, (pcm, wanted) in told.items():
        seen = []
        for _ in range(PLAYS):
            seen.append(await shown_of(desk, call, pcm, wanted))
            if seen[-1] == wanted:
                break
        else:
            wrong.append(f"{name}: {seen} for {wanted}")
    return wrong


async def test_the_words_on_the_page_are_those_of_the_engine_alone(
    system: System, chromium: Browser
) -> None:
    engine = VoskEngine(read_model())
    sounds = {path.name: read_wav(path) for path in RECORDINGS}
    told = {name: (pcm, the_engine_alone(pcm, engine)) for name, pcm in sounds.items()}
    assert len(told) >= 20
    assert all(wanted for _, wanted in told.values())
    halves = [dict(list(told.items())[0::2]), dict(list(told.items())[1::2])]
    before = await system.figures()
    async with (
        at_desk(system, chromium, "1001") as one,
        at_desk(system, chromium, "1002") as two,
        system.citizen() as early,
        system.citizen() as late,
    ):
        first = await early.call(ACCESS)
        taking, waiting = await first_of(one, two, "ringing")
        await taking.answer()
        second = await late.call(ACCESS)
        await waiting.answer()
        wrong = await asyncio.gather(
            tells(taking, first, halves[0]), tells(waiting, second, halves[1])
        )
        await asyncio.gather(first.hang_up(), second.hang_up())
    assert not [*wrong[0], *wrong[1]]
    await system.counted(before, offered=2, answered=2)

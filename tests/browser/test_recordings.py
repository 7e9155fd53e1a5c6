"""A recording in a real browser: it plays, is wound forward by parts, and is on record once."""

from __future__ import annotations

import pytest

from hotline.words import Role
from tests.agent_desk.fakes import CALL, PEOPLE, Town
from tests.browser.kit import open_browser, served, sit_down
from tests.browser.recordings import a_recording

pytestmark = [pytest.mark.anyio, pytest.mark.browser]

PLAY = """async () => {
  const audio = document.querySelector("audio");
  audio.muted = true;
  await audio.play();
  const seeked = new Promise((done) => audio.addEventListener("seeked", done, { once: true }));
  audio.currentTime = 2;
  await seeked;
  return [audio.duration, audio.currentTime >= 2, audio.error && audio.error.message];
}"""


async def test_a_recording_plays_and_can_be_wound_forward() -> None:
    town = Town()
    await town.people_move_in()
    await a_recording(town)
    async with open_browser() as browser, served(town) as place:
        screen = await sit_down(browser, place, PEOPLE[Role.SUPERVISOR], f"/calls/{CALL}")
        assert town.recordings.heard == [], "nothing is fetched before somebody presses play"
        duration, wound, error = await screen.page.evaluate(PLAY)
        assert (round(duration), wound, error) == (3, True, None)
        assert town.recordings.heard
        await screen.close()

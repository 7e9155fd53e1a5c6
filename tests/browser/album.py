"""Photographs scenes, one file a size, and says what a person would mind in each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.agent_desk.fakes import Town
from tests.browser.kit import open_browser, served, sit_down
from tests.browser.scenes import SCENES, Scene

if TYPE_CHECKING:
    from playwright.async_api import Browser

_SETTLED = "new Promise((done) => requestAnimationFrame(() => setTimeout(done, 150)))"


@dataclass(frozen=True, slots=True)
class Album:
    """What was photographed, and every flaw with the name of its picture."""

    pictures: tuple[Path, ...]
    flaws: tuple[str, ...]


async def photograph(
    folder: Path, scenes: Sequence[Scene] = SCENES, say: Callable[[str], None] = lambda _: None
) -> Album:
    """All scenes into ``folder``, as ``name-1440x900.png``."""
    folder.mkdir(parents=True, exist_ok=True)
    pictures: list[Path] = []
    flaws: list[str] = []
    async with open_browser() as browser:
        for number, scene in enumerate(scenes, 1):
            say(f"{number}/{len(scenes)} {scene.name}")
            taken = await take(browser, scene, folder)
            pictures += taken.pictures
            flaws += taken.flaws
    return Album(tuple(pictures), tuple(flaws))


async def take(browser: Browser, scene: Scene, folder: Path | None) -> Album:
    """One scene at all its sizes; without a folder only the flaws are looked for."""
    town = Town()
    await town.people_move_in()
    await scene.before(town)
    pictures: list[Path] = []
    flaws: list[str] = []
    async with served(town) as place:
        screen = await sit_down(
            browser,
            place,
            scene.who,
            scene.path,
            scene.sizes[0],
            theme=scene.theme,
            script=scene.script,
            expected=scene.expected,
        )
        await scene.then(place, screen)
        for width, height in scene.sizes:
            await screen.page.set_viewport_size({"width": width, "height": height})
            await screen.page.evaluate(_SETTLED)
            name = f"{scene.name}-{width}x{height}"
            if folder is not None:
                pictures.append(folder / f"{name}.png")
                whole = width < 1000
                await screen.page.screenshot(path=str(pictures[-1]), full_page=whole)
            flaws += [f"{name}: {flaw}" for flaw in await screen.flaws()]
        await screen.close()
    return Album(tuple(pictures), tuple(flaws))

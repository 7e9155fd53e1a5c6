"""Photographs scenes and tours, one file a size, and says what a person would mind in each."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from tests.agent_desk.fakes import Town
from tests.browser.intake_scenes import INTAKE
from tests.browser.kit import Place, Screen, open_browser, served, sit_down
from tests.browser.scenes import SCENES, Scene
from tests.browser.tours import TOURS, Stop, Tour

if TYPE_CHECKING:
    from playwright.async_api import Browser

_SETTLED = "new Promise((done) => requestAnimationFrame(() => setTimeout(done, 150)))"
_LAID_OUT = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
"""Enough for eyes that measure; a photograph waits for pictures and fonts too."""


@dataclass(frozen=True, slots=True)
class Album:
    """What was photographed, and every flaw with the name of its picture."""

    pictures: tuple[Path, ...] = ()
    flaws: tuple[str, ...] = ()

    def __add__(self, more: Album) -> Album:
        return Album(self.pictures + more.pictures, self.flaws + more.flaws)


async def photograph(
    folder: Path,
    scenes: Sequence[Scene] = (*SCENES, *INTAKE),
    tours: Sequence[Tour] = TOURS,
    say: Callable[[str], None] = lambda _: None,
) -> Album:
    """All scenes and tours into ``folder``, as ``name-1440x900.png``."""
    folder.mkdir(parents=True, exist_ok=True)
    album = Album()
    whole = len(scenes) + len(tours)
    async with open_browser() as browser:
        for number, scene in enumerate(scenes, 1):
            say(f"{number}/{whole} {scene.name}")
            album += await take(browser, scene, folder)
        for number, tour in enumerate(tours, len(scenes) + 1):
            say(f"{number}/{whole} {tour.name}")
            with tempfile.TemporaryDirectory() as scratch:
                album += await walk(browser, tour, Path(scratch), folder)
    return album


async def take(browser: Browser, scene: Scene, folder: Path | None) -> Album:
    """One scene at all its sizes; without a folder only the flaws are looked for."""
    town = Town()
    await town.people_move_in()
    await scene.before(town)
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
        album = await _seen(screen, scene.name, scene.sizes, folder)
        await screen.close()
    return album


async def walk(browser: Browser, tour: Tour, scratch: Path, folder: Path | None) -> Album:
    """All stops of a tour, one log-in for each person; its town is kept in ``scratch``."""
    album = Album()
    async with tour.open(scratch) as place:
        screens: dict[str, Screen] = {}
        for stop in tour.stops:
            album += await _stop(browser, place, tour, stop, screens, folder)
        for screen in screens.values():
            await screen.close()
    return album


async def _stop(
    browser: Browser,
    place: Place,
    tour: Tour,
    stop: Stop,
    screens: dict[str, Screen],
    folder: Path | None,
) -> Album:
    known = screens.get(stop.who.login if stop.who else "")
    if known is None:
        known = await sit_down(
            browser, place, stop.who, stop.path, stop.sizes[0], expected=tour.expected
        )
        screens[stop.who.login if stop.who else ""] = known
    else:
        width, height = stop.sizes[0]
        await known.page.set_viewport_size({"width": width, "height": height})
        await known.page.goto(f"{place.origin}{stop.path}")
    await stop.then(known)
    return await _seen(known, stop.name, stop.sizes, folder)


async def _seen(
    screen: Screen, title: str, sizes: Sequence[tuple[int, int]], folder: Path | None
) -> Album:
    """The page at each size, by resizing its window."""
    pictures: list[Path] = []
    flaws: list[str] = []
    for width, height in sizes:
        await screen.page.set_viewport_size({"width": width, "height": height})
        await screen.page.evaluate(_LAID_OUT if folder is None else _SETTLED)
        name = f"{title}-{width}x{height}"
        if folder is not None:
            pictures.append(folder / f"{name}.png")
            await screen.page.screenshot(path=str(pictures[-1]), full_page=width < 1000)
            _slim(pictures[-1])
        flaws += [f"{name}: {flaw}" for flaw in await screen.flaws()]
    return Album(tuple(pictures), tuple(flaws))


def _slim(picture: Path) -> None:
    """A page has few colours: a palette of 256 makes a third of the file, to the eye the same."""
    with Image.open(picture) as full:
        few = full.convert("RGB").quantize(
            256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE
        )
    few.save(picture, optimize=True)

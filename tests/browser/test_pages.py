"""Every page in every state, at every size: nothing cut, nothing sideways, nothing axe minds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.album import take
from tests.browser.scenes import SCENES, Scene

if TYPE_CHECKING:
    from playwright.async_api import Browser

pytestmark = [pytest.mark.anyio, pytest.mark.browser]


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
async def test_a_page_has_no_flaws(chromium: Browser, scene: Scene) -> None:
    assert (await take(chromium, scene, None)).flaws == ()

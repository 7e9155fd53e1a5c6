"""One system for all walks that leave it as they found it, and one Chromium for all walks."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pytest

from tests.walks.browser_kit import open_voice
from tests.walks.system_kit import System, running_system

if TYPE_CHECKING:
    from playwright.async_api import Browser


@pytest.fixture(scope="package")
async def system(anyio_backend: str) -> AsyncIterator[System]:
    """A whole system, started at the first walk."""
    async with running_system() as one:
        yield one


@pytest.fixture(scope="package")
async def chromium(
    anyio_backend: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Browser]:
    """One Chromium whose microphone hears a tone, for all walks."""
    async with open_voice(tmp_path_factory.mktemp("voice")) as browser:
        yield browser

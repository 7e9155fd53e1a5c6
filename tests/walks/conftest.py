"""One system for all walks that leave it as they found it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.walks.system_kit import System, running_system


@pytest.fixture(scope="package")
async def system(anyio_backend: str) -> AsyncIterator[System]:
    """A whole system, started at the first walk."""
    async with running_system() as one:
        yield one

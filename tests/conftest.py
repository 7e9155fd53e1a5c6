"""Shared by every room's tests: one event loop back-end."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """The product runs on asyncio alone, and so do its tests."""
    return "asyncio"

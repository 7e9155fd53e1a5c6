"""Shared by every room's tests: one event loop back-end, an order, and no silent skips."""

from __future__ import annotations

import os
from collections.abc import Generator
from typing import Any

import hypothesis
import pytest

# A busy machine draws slowly; that says nothing about what is tested.
hypothesis.settings.register_profile(
    "jiesu", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("jiesu")

# Cheap ones first: a fault in a rule is seen before any telephone rings.
ORDER = ("postgres", "telephony", "browser", "walk", "slow", "install")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """The product runs on asyncio alone, and so do its tests."""
    return "asyncio"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order by what a test needs, keeping files together."""

    def weight(item: pytest.Item) -> int:
        marks = {mark.name for mark in item.iter_markers()}
        return max((ORDER.index(mark) + 1 for mark in marks & set(ORDER)), default=0)

    items.sort(key=weight)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, Any, Any]:
    """In ``./jiesu test`` a test that skips itself has failed: what it needs was to be fetched."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("JIESU_NO_SKIPS"):
        report.outcome = "failed"
        report.longrepr = f"skipped, and a skip is a failure here: {report.longrepr}"
    return report

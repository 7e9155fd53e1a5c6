"""Shared by every room's tests: one event loop back-end, an order, and no silent skips."""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from tests.picking import MARKS, may_hold, named_in, scheduling

# A busy machine draws slowly; that says nothing about what is tested.
hypothesis.settings.register_profile(
    "jiesu", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("jiesu")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """The product runs on asyncio alone, and so do its tests."""
    return "asyncio"


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """A file no test of which is asked for is not loaded."""
    if collection_path.suffix != ".py" or may_hold(collection_path, config.option.markexpr):
        return None
    return True


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order by what a test needs, keeping files together: a fault in a rule is seen before any
    telephone rings."""

    def weight(item: pytest.Item) -> int:
        marks = {mark.name for mark in item.iter_markers()} & set(MARKS)
        if marks - named_in(item.path):
            raise pytest.UsageError(f"{item.path}: write the names of its marks into the file")
        return max((MARKS.index(mark) + 1 for mark in marks), default=0)

    items.sort(key=weight)


@pytest.hookimpl(tryfirst=True, optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Who runs what where several share the tests."""
    return scheduling(config, log)


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

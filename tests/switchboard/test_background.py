"""The parts beside the calls: one that fails begins anew and ends nobody else."""

from __future__ import annotations

import asyncio

import pytest

from switchboard.background import kept_up

pytestmark = pytest.mark.anyio


async def test_a_part_that_fails_is_begun_anew_and_named_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    begun = 0
    again = asyncio.Event()

    async def clock() -> None:
        nonlocal begun
        begun += 1
        if begun == 1:
            raise KeyError("13800138000")
        again.set()
        await asyncio.Event().wait()

    part = asyncio.create_task(kept_up("sweeper", clock, again_s=0))
    async with asyncio.timeout(15):
        await again.wait()
    part.cancel()
    (line,) = caplog.records
    assert (line.message, line.part) == ("part begun anew", "sweeper")  # type: ignore[attr-defined]  # extra


async def test_a_part_that_is_done_is_left_alone() -> None:
    begun: list[int] = []

    async def nothing_to_keep() -> None:
        begun.append(1)

    await kept_up("certificate", nothing_to_keep)
    assert begun == [1]


async def test_a_part_that_is_cancelled_ends() -> None:
    part = asyncio.create_task(kept_up("ticker", asyncio.Event().wait))
    await asyncio.sleep(0)
    part.cancel()
    with pytest.raises(asyncio.CancelledError):
        await part

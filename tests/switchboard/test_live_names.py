"""A name that is changed is on every screen without a restart."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from hotline.words import AgentId, Role, UnitId
from ledger.units import Unit
from switchboard.live_names import LiveNames
from tests.switchboard.test_desk_books import opened

pytestmark = pytest.mark.anyio


async def test_a_new_seat_and_a_new_name_are_known_when_the_change_is(tmp_path: Path) -> None:
    async with opened(tmp_path, "zhaoqing") as (ledger, _):
        names, told = LiveNames(ledger), asyncio.Queue[AgentId]()
        seat, roles = AgentId("1009"), [Role.AGENT]
        await names.look_again()
        assert seat not in names.roster().names
        names.changed = told.put_nowait
        async with asyncio.timeout(15), asyncio.TaskGroup() as group:
            kept = group.create_task(names.keep())
            user = await ledger.accounts.add_user(
                login="1009", display_name="林晓岚", roles=roles, password_hash="x", by="u",
                agent=seat,
            )  # fmt: skip
            assert await told.get() == seat
            assert names.roster().name(seat) == "林晓岚"
            await ledger.accounts.change_user(
                user.id, display_name="林晓", roles=roles, agent=seat, unit=None, by="u"
            )
            assert await told.get() == seat
            assert names.roster().name(seat) == "林晓"
            kept.cancel()


async def test_of_two_who_had_a_seat_the_one_who_has_it_now_gives_the_name(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path, "zhaoqing") as (ledger, _):
        seat, roles = AgentId("1009"), [Role.AGENT]
        for login, name in (("a", "周远"), ("z", "罗素珍")):
            user = await ledger.accounts.add_user(
                login=login, display_name=name, roles=roles, password_hash="x", by="u", agent=seat
            )
        await ledger.accounts.set_disabled(user.id, True, by="u")
        await ledger.units.put([Unit(UnitId("new"), "新设的局")], by="u")
        names = LiveNames(ledger)
        await names.look_again()
        assert names.roster().name(seat) == "周远"
        assert "新设的局" in names.units()

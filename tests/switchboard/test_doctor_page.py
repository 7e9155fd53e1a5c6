"""系统状态 repeats what is cheap, keeps what is not, and examines once for all who press."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import pytest

from agent_desk.views import StripNow
from ivr.ami_frames import Message
from ledger.journal import Trouble
from ledger.store import Ledger
from switchboard.doctor import checks as all_checks
from switchboard.doctor.case import Case
from switchboard.doctor.finding import LIVE, WHEN_ASKED, Check, Finding, fault, well
from switchboard.health import Health
from switchboard.live import Live
from switchboard.opened_search import OpenedSearch
from switchboard.settings import ROOT, Settings
from tests.agent_desk.fakes import STRIP

pytestmark = pytest.mark.anyio


@dataclass
class House:
    """As much of a running system as the page asks for; ``trouble`` is the journal's."""

    trouble: Trouble | None = None
    time: float = 0.0
    looked: list[str] = field(default_factory=list)
    model_is_there: bool = True

    @property
    def journal(self) -> House:
        return self

    @property
    def failing(self) -> Trouble | None:
        return self.trouble

    def strip(self) -> StripNow:
        return STRIP

    def monotonic(self) -> float:
        return self.time

    def check(self, name: str, fresh_s: float) -> Check:
        async def look(case: Case) -> Finding:
            self.looked.append(name)
            await asyncio.sleep(0)
            if case.failing:
                return fault(case.failing, "请检查磁盘")
            return well(f"{name} 第 {self.looked.count(name)} 次")

        return Check(name=name, title=name, look=look, fresh_s=fresh_s)

    async def glance(self, _: Case) -> Finding:
        self.looked.append("glance")
        return well("有") if self.model_is_there else fault("没有了", "请放回来")


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture
def health(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Health:
    glances = (Check(name="model", title="", look=house.glance, fresh_s=LIVE),)
    monkeypatch.setattr("switchboard.health.AT_A_GLANCE", glances)

    async def act(action: Message, timeout: float = 5.0) -> Sequence[Message]:
        raise AssertionError("nobody asks the exchange here")

    return Health(
        Settings(root=ROOT, data=tmp_path, cache=tmp_path),
        cast("Ledger", house),
        cast("Live", house),
        act,
        OpenedSearch(None),
        checks=(
            house.check("live", LIVE),
            house.check("slow", 60.0),
            house.check("model", WHEN_ASKED),
        ),
        monotonic=house.monotonic,
    )


async def test_live_lines_are_looked_at_each_time_slow_ones_once_a_minute(
    house: House, health: Health
) -> None:
    await health.checks()
    house.time += 5
    await health.checks()
    assert (house.looked.count("live"), house.looked.count("slow")) == (2, 1)
    house.time += 60
    await health.checks()
    assert house.looked.count("slow") == 2
    assert "model" not in house.looked, "nobody asked"


async def test_many_who_press_wait_for_one_examination(house: House, health: Health) -> None:
    await asyncio.gather(*(health.examine() for _ in range(5)))
    assert house.looked.count("model") == 1
    await health.examine()
    assert house.looked.count("model") == 2


async def test_what_an_examination_found_stays_with_its_time_until_a_glance_sees_worse(
    house: House, health: Health
) -> None:
    async def model() -> tuple[str, bool]:
        line = next(one for one in await health.checks() if one.part in ("model", ""))
        return line.now, line.at is not None

    assert await model() == ("有", False)
    await health.examine()
    assert await model() == ("model 第 1 次", True)
    house.model_is_there = False
    assert await model() == ("没有了", False)
    house.model_is_there = True
    assert await model() == ("model 第 1 次", True)


async def test_a_journal_that_cannot_write_is_told_at_once(house: House, health: Health) -> None:
    house.trouble = Trouble(kind="failing", why="磁盘已满", waiting=7, lost=0)
    line = next(one for one in await health.checks() if one.part == "live")
    assert line.state == "fault"
    assert line.now == "写不进：磁盘已满；7 条记录在内存里等"


def test_every_glance_stands_for_a_check_that_waits_to_be_asked_for() -> None:
    waiting = {check.name: check for check in all_checks.CHECKS if check.fresh_s == WHEN_ASKED}
    glances = {check.name: check for check in all_checks.AT_A_GLANCE}
    assert glances.keys() == waiting.keys()
    assert all(glances[name].title == waiting[name].title for name in glances)

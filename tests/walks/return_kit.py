"""Return calls in a walk: the citizen's telephone at home, the page, the tasks."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from hotline.errors import HotlineError, NoSuch
from hotline.metrics import day_start
from hotline.policy import ZONE
from hotline.return_calls import ReturnCall, TaskState
from hotline.words import CallId, Outcome, ReturnCallId, UserId
from ivr.telephone import Manner, Setup, Telephone, open_telephone
from switchboard.clock import utc_now
from switchboard.exchange_plan import CITIZEN_HOST
from tests.walks.system_kit import ACCESS, System, eventually


@asynccontextmanager
async def at_home(system: System, number: str, manner: Manner) -> AsyncIterator[Telephone]:
    """The citizen's telephone as the carrier reaches it."""
    bind = (CITIZEN_HOST, int(system.places["carrier_port"]))
    telephone = await open_telephone(Setup(number, server=system.sip, bind=bind), manner)
    try:
        yield telephone
    finally:
        await telephone.hang_up_all()
        await telephone.close()


@asynccontextmanager
async def page_of(system: System, login: str) -> AsyncIterator[httpx.AsyncClient]:
    """A browser without a screen: it sees the page and presses its buttons."""
    headers = {"origin": str(system.places["web"])}
    async with httpx.AsyncClient(
        base_url=system.web.base_url, trust_env=False, headers=headers
    ) as web:
        await system._log_in(web, login)
        text = (await web.get("/return-calls")).text
        token = re.search(r'name="csrf-token" content="([^"]+)"', text)
        assert token is not None
        web.headers["x-csrf-token"] = token[1]
        yield web


async def press(web: httpx.AsyncClient, task: str) -> httpx.Response:
    """回拨."""
    return await web.post(f"/api/return-calls/{task}/dial", json={})


async def task_is(system: System, task: str, state: TaskState, **more: Any) -> ReturnCall:
    """Wait until a task is in a state, and more of it as told."""

    async def look() -> ReturnCall | None:
        try:
            found = await system.ledger.return_calls.load(ReturnCallId(task))
        except NoSuch:
            return None
        wanted = {"state": state, **more}
        return found if all(getattr(found, k) == v for k, v in wanted.items()) else None

    return await eventually(look, 60, f"the task is {state} {more}")


async def hangs_up_in_the_greeting(system: System, citizen: Telephone) -> CallId:
    call = await citizen.call(ACCESS)
    await call.answered()
    await asyncio.sleep(0.3)
    await call.hang_up()
    booked = await system.booked(await system.call_id(call), within=60)
    assert booked.outcome is Outcome.GREETING_HANG_UP
    return booked.call


async def nobody_else_waits(system: System) -> None:
    """Other walks leave lost callers behind: they are done with, so that lists are short."""
    tasks = system.ledger.return_calls
    while True:
        page = await tasks.page("open", day_start(utc_now(), ZONE))
        if not page.items:
            return
        for task in page.items:
            try:
                await tasks.dismiss(task.id, "other", by=UserId("walk"))
            except HotlineError:
                await asyncio.sleep(0.5)

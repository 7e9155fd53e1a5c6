"""Whom to call back, in every state the page 回拨 has."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from agent_desk.return_views import ReturnRow
from hotline.errors import ImpossibleMove
from hotline.words import AgentId, Outcome, Phone, ReturnCallId
from tests.agent_desk.fakes import MORNING, Town

if TYPE_CHECKING:
    from tests.browser.kit import Place, Screen

_ROW: Final = ReturnRow(
    id=ReturnCallId("r0"),
    caller=Phone("13800001842"),
    state="waiting",
    urgent="",
    place="queue",
    outcome=Outcome.ABANDONED,
    losses=1,
    waited_s=47.0,
    opened_at=MORNING - dt.timedelta(minutes=25),
    lost_at=MORNING - dt.timedelta(minutes=25),
)


def _open() -> list[ReturnRow]:
    ago = dt.timedelta
    return [
        replace(
            _ROW,
            id=ReturnCallId("r1"),
            caller=Phone("13800009911"),
            urgent="119",
            place="emergency",
            outcome=Outcome.EMERGENCY,
            lost_at=MORNING - ago(minutes=2),
            opened_at=MORNING - ago(minutes=2),
            waited_s=None,
        ),
        replace(
            _ROW,
            id=ReturnCallId("r2"),
            losses=4,
            opened_at=MORNING - ago(hours=1, minutes=12),
            tries=2,
            tried_at=MORNING - ago(minutes=9),
            result="busy",
            agent=AgentId("1003"),
            agent_name="周远航",
        ),
        replace(
            _ROW,
            id=ReturnCallId("r3"),
            caller=Phone("07580002231"),
            place="greeting",
            outcome=Outcome.GREETING_HANG_UP,
            waited_s=None,
        ),
        replace(
            _ROW,
            id=ReturnCallId("r4"),
            caller=Phone("13900006606"),
            state="dialling",
            outcome=Outcome.TIMED_OUT,
            waited_s=300.0,
            tries=1,
            tried_at=MORNING,
            agent=AgentId("1002"),
            agent_name="欧阳慧文",
        ),
        *(
            replace(
                _ROW,
                id=ReturnCallId(f"q{n}"),
                caller=Phone(f"1370000{n:04}"),
                outcome=Outcome.TURNED_AWAY,
                lost_at=MORNING - ago(minutes=n),
                opened_at=MORNING - ago(days=2, minutes=n),
            )
            for n in range(60)
        ),
    ]


async def to_call_back(town: Town) -> None:
    """A morning with more than a page of them."""
    town.return_calls.rows = _open()


async def done_with(town: Town) -> None:
    """Those that are closed, for every reason."""
    reasons = ("reached", "got-through", "no-number", "nuisance", "wrong-number", "handled")
    town.return_calls.rows = [
        replace(
            _ROW,
            id=ReturnCallId(reason),
            caller=Phone("") if reason == "no-number" else _ROW.caller,
            state="closed",
            reason=reason,
            closed_at=MORNING,
        )
        for reason in reasons
    ]


async def refused(place: Place, screen: Screen) -> None:
    """Somebody else was quicker."""
    place.town.return_calls.fault = ImpossibleMove("这件回拨", "席位 1002 正在拨打", "再拨")
    await screen.page.click("[data-return=r2]")
    await screen.page.wait_for_selector("#return-said:not([hidden])")


async def on_the_desk(_: Place, screen: Screen) -> None:
    """The first ones stand in 我的待办."""
    await screen.page.wait_for_selector(".owed [data-return]")

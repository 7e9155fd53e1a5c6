"""The stand-in emergency centre as the desk's port: its trunks, its calls, its manner."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any, Final

from agent_desk import views
from hotline.errors import NoSuch, NotAllowed
from hotline.words import Phone
from switchboard.centre_socket import CentreAway, CentreSaysNo, ask_centre

_SHOWN: Final[dict[str, views.TrunkMode]] = {
    "answering": "answer",
    "busy": "busy",
    "silent": "silent",
    "ringing": "ringing",
    "dead": "dead",
    "unavailable": "busy",
}
_TOLD: Final = {"answer": "answering"}


class StandInCentre:
    """Implements :class:`agent_desk.ports.Centre`."""

    def __init__(self, data: Path, *, stand_in: bool) -> None:
        self._data = data
        self._stand_in = stand_in

    async def now(self) -> views.CentreNow:
        """Trunks and calls; ``reachable`` False when its process does not answer."""
        if not self._stand_in:
            return views.CentreNow(stand_in=False, reachable=False)
        try:
            answer = await ask_centre(self._data, {"do": "list"})
        except (CentreAway, CentreSaysNo):
            return views.CentreNow(stand_in=True, reachable=False)
        return views.CentreNow(
            stand_in=True,
            reachable=True,
            trunks=tuple(_trunk(one) for one in answer["trunks"]),
            calls=tuple(_call(one) for one in reversed(answer["calls"])),
        )

    async def set_mode(self, trunk: int, mode: views.TrunkMode, *, by: views.Person) -> None:
        """Make a trunk behave; raises NotAllowed where the trunks are real."""
        if not self._stand_in:
            raise NotAllowed(by.name, "设置真实的报警中继")
        try:
            await ask_centre(
                self._data, {"do": "set", "trunk": trunk, "mode": _TOLD.get(mode, mode)}
            )
        except (CentreAway, CentreSaysNo) as refusal:
            raise NoSuch("模拟报警中继", str(trunk)) from refusal


def _trunk(one: dict[str, Any]) -> views.CentreTrunk:
    return views.CentreTrunk(
        number=int(one["trunk"]), mode=_SHOWN[one["mode"]], address=str(one["address"])
    )


def _call(one: dict[str, Any]) -> views.CentreCall:
    at, answered = _time(one["at"]), _time(one.get("answered_at"))
    return views.CentreCall(
        at=at or dt.datetime.now(dt.UTC),
        service=str(one["dialled"]),
        caller=Phone.parse(str(one["caller"])),
        trunk=int(one["trunk"]),
        what=_what(one),
        answered_after_ms=int((answered - at).total_seconds() * 1000) if answered and at else None,
        ended_at=_time(one.get("ended_at")),
    )


def _what(one: dict[str, Any]) -> str:
    if one.get("answered_at"):
        return "已接听" if not one.get("ended_at") else "已结束"
    return "未接听" if one.get("ended_at") else "振铃"


def _time(text: object) -> dt.datetime | None:
    return dt.datetime.fromisoformat(str(text)) if text else None

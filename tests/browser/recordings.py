"""What the pages with recordings are photographed with."""

from __future__ import annotations

import datetime as dt
import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path

from agent_desk.views import CallRow
from hotline.words import AgentId, Draft, Outcome, Role, TicketId, TicketType
from ivr import sound
from tests.agent_desk.fake_recordings import recorded
from tests.agent_desk.fakes import CALL, CALLER, MORNING, PEOPLE, Town


@cache
def _wav() -> Path:
    path = Path(tempfile.mkdtemp(prefix="jiesu-sound-")) / "call.wav"
    sound.write_wav(path, sound.tone(440.0, 3.0))
    return path


async def a_recording(town: Town) -> None:
    ticket = TicketId("20260928-000001")
    town.recordings.put(
        recorded(CALL, state="there", path=_wav(), seconds=152.0, tickets=(ticket,))
    )
    town.calls.rows = tuple(
        CallRow(
            call=CALL,
            arrived_at=MORNING - dt.timedelta(minutes=9 * n),
            caller=CALLER,
            outcome=Outcome.ANSWERED,
            stage="agent",
            wait_s=4.0,
            talk_s=152.0,
            agent=AgentId("1001"),
            agent_name="林晓岚",
            tickets=(ticket,) if n % 2 else (),
        )
        for n in range(6)
    )


async def a_recorded_ticket(town: Town) -> None:
    await a_recording(town)
    draft = Draft(type=TicketType.COMPLAINT, summary="在建工地夜间打桩", phone="13800006027")
    await town.tickets.save(draft, call=CALL, by=PEOPLE[Role.AGENT], key="k" * 16, at=MORNING)


async def a_removed_recording(town: Town) -> None:
    town.recordings.put(
        replace(recorded(CALL), state="removed", removed_at=MORNING, removed_why="quota")
    )


async def a_conversation_going_on(town: Town) -> None:
    town.recordings.put(recorded(CALL, state="going-on", outcome=None, ended_at=None))

"""Recordings on the pages: who hears them, what is said when there is none, and the trace of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent_desk.views import CallRow
from hotline.words import Outcome, Role
from ledger.errors import LedgerFailing
from tests.agent_desk.fake_recordings import AT, recorded
from tests.agent_desk.fakes import CALL, CALLER, PEOPLE, SECOND_AGENT, Town
from tests.agent_desk.visits import Visit

pytestmark = pytest.mark.anyio

SOUND = b"RIFF" + bytes(range(256)) * 40


@pytest.fixture
def path(town: Town, tmp_path: Path) -> Path:
    """A recording of agent 1001's call."""
    path = tmp_path / f"{CALL}.wav"
    path.write_bytes(SOUND)
    town.recordings.put(recorded(CALL, state="there", path=path, seconds=152.0))
    return path


@pytest.mark.parametrize("role", [Role.AGENT, Role.SUPERVISOR])
async def test_the_agent_of_the_call_and_a_supervisor_hear_it_and_it_is_written_down(
    stranger: Visit, town: Town, path: Path, role: Role
) -> None:
    await stranger.log_in(PEOPLE[role])
    page = await stranger.get(f"/calls/{CALL}")
    assert f'src="/recordings/{CALL}"' in page.text
    assert "138 **** 6027" in page.text
    assert town.recordings.heard == []
    answer = await stranger.get(f"/recordings/{CALL}")
    assert (answer.status_code, answer.content) == (200, SOUND)
    assert answer.headers["content-type"] == "audio/wav"
    assert answer.headers["cache-control"] == "no-store"
    assert town.recordings.heard == [(PEOPLE[role].id, CALL)]


async def test_a_part_of_it_can_be_asked_for(stranger: Visit, town: Town, path: Path) -> None:
    await stranger.log_in(PEOPLE[Role.SUPERVISOR])
    answer = await stranger.client.get(f"/recordings/{CALL}", headers={"range": "bytes=100-199"})
    assert (answer.status_code, answer.content) == (206, SOUND[100:200])
    assert answer.headers["content-range"] == f"bytes 100-199/{len(SOUND)}"
    beyond = await stranger.client.get(f"/recordings/{CALL}", headers={"range": "bytes=99999-"})
    assert beyond.status_code == 416
    assert len(town.recordings.heard) == 2


async def test_another_agent_hears_nothing_and_does_not_learn_which_calls_there_are(
    stranger: Visit, town: Town, path: Path
) -> None:
    await stranger.log_in(SECOND_AGENT)
    for address in (f"/recordings/{CALL}", f"/calls/{CALL}", "/recordings/x", "/calls/x"):
        answer = await stranger.get(address)
        assert answer.status_code == 403, address
        assert "听别人接的电话的录音" in answer.text
    assert town.recordings.heard == []


async def test_what_cannot_be_written_down_is_not_played(
    stranger: Visit, town: Town, path: Path
) -> None:
    town.recordings.fault = LedgerFailing("磁盘已满，请清理磁盘。", unsaved=True)
    await stranger.log_in(PEOPLE[Role.SUPERVISOR])
    answer = await stranger.get(f"/recordings/{CALL}")
    assert answer.status_code >= 400
    assert SOUND not in answer.content


@pytest.mark.parametrize(
    ("state", "more", "said"),
    [
        ("removed", {"removed_at": AT, "removed_why": "days"}, "已按保存期清除"),
        ("removed", {"removed_at": AT, "removed_why": "disk"}, "磁盘将满，最旧的先清除"),
        ("going-on", {}, "通话还没有结束"),
        ("none", {}, "没有录音：没有话务员接听"),
    ],
)
async def test_a_recording_that_is_not_there_is_explained(
    stranger: Visit, town: Town, state: str, more: dict[str, object], said: str
) -> None:
    town.recordings.put(recorded(CALL, state=state, **more))
    await stranger.log_in(PEOPLE[Role.SUPERVISOR])
    page = await stranger.get(f"/calls/{CALL}")
    assert said in page.text
    assert "<audio" not in page.text
    assert (await stranger.get(f"/recordings/{CALL}")).status_code == 404


async def test_the_ticket_has_the_player_of_its_call_for_those_who_may_hear_it(
    stranger: Visit, town: Town, path: Path
) -> None:
    await stranger.log_in(PEOPLE[Role.AGENT])
    body = {"key": "k" * 16, "type": "投诉", "summary": "夜间打桩", "call": CALL}
    number = (await stranger.post_json("/api/tickets", body)).json()["number"]
    heard = {}
    for who in (PEOPLE[Role.AGENT], PEOPLE[Role.SUPERVISOR], SECOND_AGENT, PEOPLE[Role.AUDITOR]):
        stranger.client.cookies.clear()
        await stranger.log_in(who)
        heard[who.login] = "<audio" in (await stranger.get(f"/tickets/{number}")).text
    assert heard == {"1001": True, "b01": True, "1002": False, "s01": False}


async def test_the_list_of_calls_leads_a_supervisor_to_each_recording(
    stranger: Visit, town: Town, path: Path
) -> None:
    town.calls.rows = (
        CallRow(call=CALL, arrived_at=AT, caller=CALLER, outcome=Outcome.ANSWERED, stage="agent"),
    )
    links = {}
    for role in (Role.SUPERVISOR, Role.AUDITOR):
        stranger.client.cookies.clear()
        await stranger.log_in(PEOPLE[role])
        text = (await stranger.get("/board/calls", which="offered")).text
        links[role] = ('<th scope="col">录音</th>' in text, f'href="/calls/{CALL}"' in text)
    assert links[Role.AUDITOR] == (False, False)
    assert links[Role.SUPERVISOR] == (True, True)

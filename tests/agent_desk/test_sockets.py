"""Desks and boards over a real socket: uvicorn as it is run, and the websockets client."""

from __future__ import annotations

import asyncio
import json
import socket as sockets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest
import uvicorn
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from agent_desk.desk import Desk
from agent_desk.lines import Browser
from agent_desk.views import Person, Seat
from agent_desk.web import build_app, serve_options
from hotline.effects import EndPop, PopScreen, ShowAgent
from hotline.errors import ImpossibleMove
from hotline.words import AgentId, CallId, Role
from tests.agent_desk.fakes import CALL, PEOPLE, SECOND_AGENT, Town, password_of, settings
from tests.agent_desk.visits import Visit, token_in

pytestmark = pytest.mark.anyio

AGENT = PEOPLE[Role.AGENT]
MINE, OTHER = AgentId("1001"), AgentId("1002")


@dataclass
class Running:
    """A desk that can be reached."""

    origin: str
    desk: Desk
    town: Town

    async def cookie(self, who: Person) -> str:
        async with httpx.AsyncClient(base_url=self.origin) as client:
            form = {"login": who.login, "password": password_of(who)}
            answer = await client.post("/login", data=form, headers={"origin": self.origin})
            return answer.headers["set-cookie"].split(";")[0]

    def connect(self, path: str, cookie: str, origin: str | None = None, **more: Any) -> connect:
        return connect(
            self.origin.replace("http", "ws") + path,
            origin=origin or self.origin,  # type: ignore[arg-type]
            additional_headers={"Cookie": cookie},
            compression=None,
            **more,
        )


@pytest.fixture
async def running(town: Town) -> AsyncIterator[Running]:
    """uvicorn with our own options on a free port."""
    with sockets.socket() as listener:
        # Small buffers, so that a page that does not read is noticed after few frames.
        listener.setsockopt(sockets.SOL_SOCKET, sockets.SO_SNDBUF, 16_384)
        listener.bind(("127.0.0.1", 0))
        origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
        app = build_app(town.ports(), settings(origin))
        options: dict[str, Any] = serve_options() | {"timeout_graceful_shutdown": 1}
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", **options))
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        async with asyncio.timeout(20):
            while not server.started:  # noqa: ASYNC110  # uvicorn offers no event
                await asyncio.sleep(0.01)
        yield Running(origin, app.state.desk, town)
        server.should_exit = True
        await serving


async def receive(ws: ClientConnection, type: str, within: float = 20.0) -> dict[str, Any]:
    """The next frame of this type; others are passed over."""
    async with asyncio.timeout(within):
        while True:
            frame: dict[str, Any] = json.loads(await ws.recv())
            if frame["type"] == type:
                return frame


async def say(ws: ClientConnection, **frame: object) -> None:
    await ws.send(json.dumps(frame))


@asynccontextmanager
async def open_desk(
    running: Running, cookie: str, epoch: str = "", last_seq: int = 0
) -> AsyncIterator[ClientConnection]:
    async with running.connect("/desk/socket", cookie) as ws:
        await receive(ws, "hello")
        await say(ws, type="resume", epoch=epoch, last_seq=last_seq)
        yield ws


async def test_a_desk_says_hello_then_shows_the_picture(running: Running) -> None:
    async with running.connect("/desk/socket", await running.cookie(AGENT)) as ws:
        hello = json.loads(await ws.recv())
        assert hello["type"] == "hello"
        assert hello["agent"] == "1001"
        await say(ws, type="resume", epoch="", last_seq=0)
        assert (await receive(ws, "picture"))["seat"]["agent"] == "1001"
        assert (await receive(ws, "strip"))["strip"]["waiting"] == 6


async def test_frames_are_not_compressed(running: Running) -> None:
    cookie = await running.cookie(AGENT)
    async with connect(
        running.origin.replace("http", "ws") + "/desk/socket",
        origin=running.origin,  # type: ignore[arg-type]
        additional_headers={"Cookie": cookie},
    ) as ws:
        assert ws.response is not None
        assert "Sec-WebSocket-Extensions" not in ws.response.headers


async def test_a_socket_from_another_page_is_refused(running: Running) -> None:
    cookie = await running.cookie(AGENT)
    for origin in ("http://evil.example", "null", running.origin.replace("http:", "https:")):
        with pytest.raises(InvalidStatus) as refused:
            async with running.connect("/desk/socket", cookie, origin=origin):
                pass
        assert refused.value.response.status_code == 403


async def test_a_socket_without_an_origin_is_refused(running: Running) -> None:
    cookie = await running.cookie(AGENT)
    with pytest.raises(InvalidStatus):
        async with connect(
            running.origin.replace("http", "ws") + "/desk/socket",
            additional_headers={"Cookie": cookie},
        ):
            pass


async def test_without_a_log_in_the_page_is_told_so(running: Running) -> None:
    async with running.connect("/desk/socket", "") as ws:
        with pytest.raises(ConnectionClosed) as closed:
            await ws.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4003


async def test_an_agent_has_no_board_and_an_auditor_no_desk(running: Running) -> None:
    for who, path in ((AGENT, "/board/socket"), (PEOPLE[Role.AUDITOR], "/desk/socket")):
        with pytest.raises(InvalidStatus):
            async with running.connect(path, await running.cookie(who)):
                pass


async def test_every_pop_arrives_once_and_in_order_across_a_broken_link(running: Running) -> None:
    """Pops come while the page is there, while it is away, and after it is back; half of the
    acknowledgements are lost with the link."""
    cookie = await running.cookie(AGENT)
    calls = [CallId(f"call-{n}") for n in range(30)]
    painted: list[tuple[int, str]] = []
    epoch, last = "", 0

    def ring(these: list[CallId]) -> None:
        for call in these:
            running.town.live.ringing.clear()
            running.town.live.rings(call, MINE)
            running.desk.screens.show(PopScreen(agent=MINE, call=call, stage="talking"))
            running.desk.screens.show(EndPop(agent=MINE, call=call))

    async def paint(ws: ClientConnection, until: str, acknowledge: bool) -> None:
        nonlocal last
        async with asyncio.timeout(20):
            while until not in {call for _, call in painted}:
                frame = json.loads(await ws.recv())
                if frame["seq"] <= last:
                    continue
                last = frame["seq"]
                if frame["type"] == "pop" and frame["stage"] == "talking":
                    painted.append((frame["seq"], frame["call"]))
                if acknowledge:
                    await say(ws, type="ack", seq=last)

    async with open_desk(running, cookie) as ws:
        last = (await receive(ws, "picture"))["seq"]
        ring(calls[:10])
        await paint(ws, calls[4], acknowledge=True)
        await paint(ws, calls[9], acknowledge=False)
        epoch = running.desk.screens.epoch
    ring(calls[10:20])
    async with open_desk(running, cookie, epoch, last) as ws:
        ring(calls[20:])
        await paint(ws, calls[29], acknowledge=True)
    shown = list(dict.fromkeys(call for _, call in painted))
    assert shown == calls
    seqs = [seq for seq, _ in painted]
    assert seqs == sorted(set(seqs)), "no frame may be painted twice"


async def test_a_window_that_stops_reading_holds_up_nobody(running: Running) -> None:
    """Two desks; one stops reading while 400 frames of 15 KB are sent to both."""
    frames = 400
    deaf_cookie = await running.cookie(AGENT)
    healthy_cookie = await running.cookie(SECOND_AGENT)
    for agent in (MINE, OTHER):
        running.town.live.now_seats[agent] = _big(running, agent)
    small = sockets.socket()
    small.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
    small.connect(("127.0.0.1", int(running.origin.rsplit(":", 1)[1])))
    small.setblocking(False)
    async with (
        running.connect("/desk/socket", deaf_cookie, max_queue=1, sock=small) as deaf,
        open_desk(running, healthy_cookie) as healthy,
    ):
        await receive(deaf, "hello")
        await say(deaf, type="resume", epoch="", last_seq=0)
        await receive(healthy, "picture")
        browser = await _attached(running, MINE)
        taken = 0
        for _ in range(frames):
            running.desk.screens.show(ShowAgent(agent=MINE))
            running.desk.screens.show(ShowAgent(agent=OTHER))
            frame = await receive(healthy, "agent")
            taken += 1
            await say(healthy, type="ack", seq=frame["seq"])
        assert taken == frames
        assert browser.close_code == 4008, "the deaf one is cut off, with 256 frames waiting"
        deaf.transport.abort()


async def _attached(running: Running, agent: AgentId) -> Browser:
    async with asyncio.timeout(20):
        while (  # noqa: ASYNC110  # the server attaches when it has read resume
            browser := running.desk.screens._desks[agent].line.browser
        ) is None:
            await asyncio.sleep(0.01)
    return browser


def _big(running: Running, agent: AgentId) -> Seat:
    return replace(running.town.live.now_seats[agent], reason="小" * 5000)


async def test_the_newest_window_takes_the_telephone(running: Running) -> None:
    cookie = await running.cookie(AGENT)
    async with open_desk(running, cookie) as first:
        await receive(first, "picture")
        async with open_desk(running, cookie) as second:
            await receive(first, "elsewhere")
            with pytest.raises(ConnectionClosed) as closed:
                await receive(first, "never")
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 4001
            running.town.live.rings(CALL, MINE)
            running.desk.screens.show(PopScreen(agent=MINE, call=CALL, stage="ringing"))
            assert (await receive(second, "pop"))["call"] == CALL


async def test_acts_are_carried_out_and_answered(running: Running) -> None:
    async with open_desk(running, await running.cookie(AGENT)) as ws:
        await say(ws, type="act", id="1", act="pause", reason="用餐")
        assert (await receive(ws, "done"))["id"] == "1"
        agent, by, act = running.town.acts.asked[0]
        assert (agent, by, act.act, act.reason) == (MINE, AGENT.id, "pause", "用餐")
        running.town.acts.fault = ImpossibleMove("小休", "通话", "小休")
        await say(ws, type="act", id="2", act="pause", reason="用餐")
        refused = await receive(ws, "refused")
        assert refused["id"] == "2"
        assert refused["why"] == "小休：通话时不能小休"


async def test_a_fault_behind_an_act_is_one_sentence(running: Running) -> None:
    running.town.acts.fault = RuntimeError("boom")
    async with open_desk(running, await running.cookie(AGENT)) as ws:
        await say(ws, type="act", id="9", act="ready")
        assert (await receive(ws, "refused"))["why"] == "没有做成，请再按一次；电话不受影响"


async def test_what_is_not_a_frame_is_refused_and_the_desk_goes_on(running: Running) -> None:
    async with open_desk(running, await running.cookie(AGENT)) as ws:
        await ws.send("{")
        assert "不是 JSON" in (await receive(ws, "refused"))["why"]
        await ws.send(b"\x00\x01")
        assert (await receive(ws, "refused"))["why"] == "消息应是文字，请刷新页面"
        await say(ws, type="act", id="1", act="ready")
        await receive(ws, "done")


async def test_a_frame_above_64_kb_closes_the_socket(running: Running) -> None:
    async with open_desk(running, await running.cookie(AGENT)) as ws:
        await ws.send("x" * 70_000)
        with pytest.raises(ConnectionClosed) as closed:
            await receive(ws, "never")
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1009


async def test_a_call_for_help_reaches_the_board(running: Running) -> None:
    supervisor = await running.cookie(PEOPLE[Role.SUPERVISOR])
    async with (
        running.connect("/board/socket", supervisor) as board,
        open_desk(running, await running.cookie(AGENT)) as ws,
    ):
        first = await receive(board, "board")
        assert first["board"]["today"]["offered"] == 412
        assert first["notices"] == []
        await say(ws, type="act", id="1", act="help", call=CALL)
        notice = await receive(board, "notice")
        assert notice["text"] == "林晓岚 1001 求助"
        assert (await receive(board, "board"))["notices"][0]["kind"] == "help"


async def test_the_board_is_painted_at_most_once_a_second(running: Running) -> None:
    supervisor = await running.cookie(PEOPLE[Role.SUPERVISOR])
    async with running.connect("/board/socket", supervisor) as board:
        await receive(board, "board")
        asked = running.town.board.asked
        for _ in range(500):
            running.desk.screens.show(ShowAgent(agent=MINE))
        await asyncio.sleep(1.2)
        assert running.town.board.asked - asked <= 2


async def test_a_saved_ticket_is_told_on_the_socket_too(running: Running) -> None:
    cookie = await running.cookie(AGENT)
    async with open_desk(running, cookie) as ws, httpx.AsyncClient(base_url=running.origin) as http:
        await receive(ws, "picture")
        name, _, value = cookie.partition("=")
        http.cookies.set(name, value)
        visit = Visit(http)
        visit.csrf = token_in((await visit.get("/me")).text)
        answer = await http.post(
            "/api/tickets",
            json={"key": "k" * 16, "call": CALL, "type": "咨询", "summary": "积分入学"},
            headers={"origin": running.origin, "x-csrf-token": visit.csrf},
        )
        saved = await receive(ws, "saved")
        assert saved["number"] == answer.json()["number"]
        assert saved["call"] == CALL

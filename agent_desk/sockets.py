"""The sockets of desks and boards: one reader and one writer each, over :mod:`agent_desk.wire`."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Annotated

from fastapi import FastAPI, WebSocket, WebSocketDisconnect

from agent_desk import shield, wire
from agent_desk.api import own_seat
from agent_desk.desk import Desk, desk_of
from agent_desk.intake_looks import Looks
from agent_desk.intake_views import FormTold
from agent_desk.lines import Browser
from agent_desk.login import Visitor
from agent_desk.shield import cookie_name, needs
from hotline.errors import BadFrame, HotlineError
from hotline.words import AgentId

log = logging.getLogger(__name__)

_LAST_WORDS_S = 1.0
_LOGIN_CHECKED_EVERY_S = 60.0
_MOST_ACTS = 8

Take = Callable[[wire.FromBrowser], Awaitable[None]]


async def desk_socket(socket: WebSocket, visitor: Annotated[Visitor, needs(*shield.DESK)]) -> None:
    """One desk. See :mod:`agent_desk.wire` for what is said on it."""
    desk = desk_of(socket)
    agent = own_seat(visitor)
    browser = Browser()
    acts = _Acts(desk, visitor, agent, browser)
    looks = Looks(desk, visitor.person, browser)
    await socket.accept()
    browser.send(desk.screens.hello(visitor.person))

    async def take(frame: wire.FromBrowser) -> None:
        match frame:
            case wire.Ack():
                desk.screens.ack(agent, browser, frame.seq)
            case wire.Resume():
                desk.screens.resume(agent, visitor.person.name, browser, frame)
            case wire.Act():
                acts.start(frame)
            case FormTold():
                looks.start(frame)

    try:
        await _serve(socket, browser, take)
    finally:
        desk.screens.gone(agent, browser)
        acts.stop()
        looks.stop()


async def board_socket(
    socket: WebSocket, visitor: Annotated[Visitor, needs(*shield.BOARD)]
) -> None:
    """One board: hello, then the whole board at most once a second, and notices as they come."""
    desk = desk_of(socket)
    await socket.accept()
    browser = Browser()
    browser.send(desk.screens.hello(visitor.person))
    await desk.screens.open_board(browser)

    async def take(frame: wire.FromBrowser) -> None:
        if isinstance(frame, wire.Act | FormTold):
            raise BadFrame("班长台上没有这个操作")

    try:
        await _serve(socket, browser, take)
    finally:
        desk.screens.close_board(browser)


class _Acts:
    """What the agent presses, done beside the reading, so that a slow exchange holds up no
    acknowledgement. A few at a time."""

    def __init__(self, desk: Desk, visitor: Visitor, agent: AgentId, browser: Browser) -> None:
        self._desk = desk
        self._visitor = visitor
        self._agent = agent
        self._browser = browser
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, act: wire.Act) -> None:
        """Do it; done or refused is answered with its id."""
        if len(self._tasks) >= _MOST_ACTS:
            self._answer(wire.Refused(why="前面的操作还没有做完，请稍等", id=act.id))
            return
        task = asyncio.get_running_loop().create_task(self._do(act))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def stop(self) -> None:
        """The socket is gone. Acts under way are carried through: they were pressed."""
        self._browser.close(1000)

    async def _do(self, act: wire.Act) -> None:
        try:
            await self._perform(act)
        except HotlineError as refusal:
            self._answer(wire.Refused(why=str(refusal), id=act.id))
        except Exception:
            log.exception("act failed", extra={"act": act.act, "agent": self._agent})
            self._answer(wire.Refused(why="没有做成，请再按一次；电话不受影响", id=act.id))
        else:
            self._answer(wire.Done(id=act.id))

    async def _perform(self, act: wire.Act) -> None:
        desk, person = self._desk, self._visitor.person
        if act.act == "leave" and act.call is not None:
            desk.screens.leave(self._agent, act.call)
        elif act.act == "help":
            desk.screens.notice(
                wire.Notice(
                    kind="help",
                    at=desk.ports.now(),
                    agent=self._agent,
                    call=act.call,
                    text=f"{person.name} {self._agent} 求助"
                    + (f"：{act.reason}" * bool(act.reason)),
                )
            )
        else:
            await desk.ports.acts.ask(self._agent, person, act)

    def _answer(self, message: wire.ToBrowser) -> None:
        self._browser.send(wire.to_json(message))


async def _serve(socket: WebSocket, browser: Browser, take: Take) -> None:
    """Until the page goes, or the server closes the socket with the browser's close code."""
    loop = asyncio.get_running_loop()
    reader = loop.create_task(_read(socket, browser, take))
    writer = loop.create_task(_write(socket, browser))
    watch = loop.create_task(_watch_login(socket, browser))
    closed = loop.create_task(browser.closed.wait())
    tasks = {reader, writer, watch, closed}
    try:
        await asyncio.wait({reader, writer, closed}, return_when=asyncio.FIRST_COMPLETED)
        if browser.closed.is_set() and not reader.done():
            # A page that reads gets the last words; one that does not must not keep us.
            await asyncio.wait({writer}, timeout=_LAST_WORDS_S)
            await _close(socket, browser.close_code)
    finally:
        for task in tasks:
            task.cancel()
        for result in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(result, Exception) and not isinstance(result, WebSocketDisconnect):
                log.error("socket failed", exc_info=result)


async def _read(socket: WebSocket, browser: Browser, take: Take) -> None:
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            return
        try:
            text = message.get("text")
            if text is None:
                raise BadFrame("消息应是文字，请刷新页面")
            await take(wire.parse(text))
        except BadFrame as refusal:
            browser.send(wire.to_json(wire.Refused(why=str(refusal))))


async def _write(socket: WebSocket, browser: Browser) -> None:
    async for frame in browser.frames():
        await socket.send_text(frame)


async def _watch_login(socket: WebSocket, browser: Browser) -> None:
    """An open desk keeps its session; one that was closed elsewhere closes the desk."""
    desk = desk_of(socket)
    token = socket.cookies.get(cookie_name(desk.settings), "")
    while True:
        await asyncio.sleep(_LOGIN_CHECKED_EVERY_S)
        try:
            visitor = await desk.keeper.visitor(token)
        except Exception:
            log.exception("session not checked")
            continue
        if visitor is None:
            browser.close(wire.CLOSE_LOGGED_OUT)
            return


async def _close(socket: WebSocket, code: int) -> None:
    with suppress(TimeoutError, RuntimeError, WebSocketDisconnect):
        async with asyncio.timeout(_LAST_WORDS_S):
            await socket.close(code)


def add_to(app: FastAPI) -> None:
    """Every socket."""
    app.add_api_websocket_route("/desk/socket", desk_socket)
    app.add_api_websocket_route("/board/socket", board_socket)

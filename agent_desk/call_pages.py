"""坐席台, 班长台, and the calls behind each number of the board."""

from __future__ import annotations

from typing import Annotated

from fastapi import FastAPI, Request
from fastapi.responses import Response

from agent_desk import shield
from agent_desk.api import own_seat
from agent_desk.desk import desk_of
from agent_desk.login import Visitor
from agent_desk.ports import CALL_LISTS, CallList, Window
from agent_desk.shield import may_listen, needs
from hotline.words import TicketType

MOST_ROWS = 500

CALL_LIST_NAMES: dict[CallList, str] = {
    "offered": "进线",
    "answered": "接通",
    "lost": "呼损",
    "within-15s": "15 秒内接通",
    "abandoned": "排队中挂断",
    "timed-out": "等待超时",
    "turned-away": "未能排队",
    "greeting-hang-up": "开场语中挂断",
    "emergency": "紧急移交",
    "waiting": "正在排队",
    "talking": "正在通话",
}

WINDOW_NAMES: dict[Window, str] = {"today": "今日", "24h": "近 24 小时"}

NOW_LISTS: tuple[CallList, ...] = ("waiting", "talking")
"""These are of this moment, whatever the window."""


async def desk_page(request: Request, visitor: Annotated[Visitor, needs(*shield.DESK)]) -> Response:
    """The agent's desk. Everything live comes by its socket."""
    desk = desk_of(request)
    own_seat(visitor)
    return desk.pages.render(
        request,
        "desk.html.j2",
        intake=desk.ports.intakes.choices(desk.ports.now()),
        types=tuple(TicketType),
        units=await desk.ports.tickets.units(),
        categories=await desk.ports.tickets.categories(),
    )


async def board_page(request: Request, _: Annotated[Visitor, needs(*shield.BOARD)]) -> Response:
    """The supervisor's board, painted whole once; its socket repaints it."""
    desk = desk_of(request)
    return desk.pages.render(
        request,
        "board.html.j2",
        board=await desk.ports.board.board(),
        notices=desk.screens.notices(),
    )


async def wall_page(request: Request, _: Annotated[Visitor, needs(*shield.BOARD)]) -> Response:
    """The board for the wall of the hall: dark, nothing to press, painted by the board's socket."""
    return desk_of(request).pages.render(request, "board_wall.html.j2")


async def calls_page(
    request: Request,
    visitor: Annotated[Visitor, needs(*shield.BOARD)],
    which: CallList = "offered",
    window: Window = "today",
) -> Response:
    """The calls a number counts: as many rows as the number says."""
    desk = desk_of(request)
    rows = await desk.ports.calls.calls(which, window, MOST_ROWS)
    board = await desk.ports.board.board()
    listens = may_listen(visitor.person, None)
    recorded = await desk.ports.recordings.among([row.call for row in rows]) if listens else ()
    return desk.pages.render(
        request,
        "calls.html.j2",
        listens=listens,
        recorded=recorded,
        which=which,
        window=window,
        lists=[(key, CALL_LIST_NAMES[key]) for key in CALL_LISTS if key not in NOW_LISTS],
        now_lists=[(key, CALL_LIST_NAMES[key]) for key in NOW_LISTS],
        windows=WINDOW_NAMES,
        title=CALL_LIST_NAMES[which],
        rows=rows,
        most=MOST_ROWS,
        figures=board.today if window == "today" else board.day,
    )


def add_to(app: FastAPI) -> None:
    """Every address of this module."""
    app.add_api_route("/desk", desk_page, methods=["GET"])
    app.add_api_route("/board", board_page, methods=["GET"])
    app.add_api_route("/board/wall", wall_page, methods=["GET"])
    app.add_api_route("/board/calls", calls_page, methods=["GET"])

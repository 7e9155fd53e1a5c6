"""五地对照: two cities' rules side by side, what is different first."""

from __future__ import annotations

from itertools import groupby
from typing import Annotated

from fastapi import FastAPI, Query, Request
from fastapi.responses import Response

from agent_desk.city_views import RuleRow
from agent_desk.desk import desk_of
from agent_desk.login import Visitor
from agent_desk.shield import EVERYBODY, needs

_READERS = needs(*EVERYBODY)


async def cities_page(
    request: Request,
    _: Annotated[Visitor, _READERS],
    a: Annotated[str, Query(max_length=40)] = "",
    b: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """This city and another, or the two asked for."""
    desk = desk_of(request)
    found = desk.ports.cities.compare(a, b)
    return desk.pages.render(
        request,
        "cities.html.j2",
        found=found,
        parts=[
            ("不同", _sections([row for row in found.rows if not row.same])),
            ("相同", _sections([row for row in found.rows if row.same])),
        ],
    )


def _sections(rows: list[RuleRow]) -> list[tuple[str, list[RuleRow]]]:
    """The rows under the chapter they belong to."""
    return [(title, list(found)) for title, found in groupby(rows, key=lambda row: row.section)]


def add_to(app: FastAPI) -> None:
    """Every address of this module."""
    app.add_api_route("/cities", cities_page, methods=["GET"])

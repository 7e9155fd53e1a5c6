"""A town and a browser without a screen."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from agent_desk.web import build_app, plug_in
from hotline.words import Role
from tests.agent_desk.fakes import ORIGIN, PEOPLE, Town, settings
from tests.agent_desk.real_knowledge import Library, library
from tests.agent_desk.visits import Visit


@pytest.fixture
async def town(anyio_backend: str) -> Town:
    """Everybody has moved in, nobody calls."""
    town = Town()
    await town.people_move_in()
    return town


@pytest.fixture(scope="session")
def built() -> FastAPI:
    """The routes, built once: that takes longer than most tests."""
    return build_app(Town().ports(), settings())


@pytest.fixture
def app(town: Town, built: FastAPI) -> FastAPI:
    """The application of this test's town."""
    plug_in(built, town.ports(), settings())
    return built


@pytest.fixture
async def stranger(app: FastAPI) -> AsyncIterator[Visit]:
    """A browser nobody has logged in with."""
    transport = httpx.ASGITransport(app, client=("127.0.0.1", 50000))
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
        yield Visit(client)


@pytest.fixture
async def agent(stranger: Visit) -> Visit:
    """林晓岚 at seat 1001."""
    await stranger.log_in(PEOPLE[Role.AGENT])
    return stranger


@pytest.fixture(scope="session")
async def shelves(
    anyio_backend: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Library]:
    """The demonstration's articles, opened once; what a test puts there has a name of its own."""
    town = Town()
    await town.people_move_in()
    folder = tmp_path_factory.mktemp("shelves")
    async with library(folder, town, synonyms=[["娃娃", "孩子"]]) as opened:
        yield opened

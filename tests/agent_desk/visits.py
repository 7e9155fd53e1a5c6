"""What a browser does that httpx does not by itself: Origin, the token of the page."""

from __future__ import annotations

import re
from dataclasses import dataclass

import httpx

from agent_desk.views import Person
from tests.agent_desk.fakes import ORIGIN, password_of


@dataclass
class Visit:
    """One person's browser."""

    client: httpx.AsyncClient
    csrf: str = ""

    async def get(self, path: str, **query: str) -> httpx.Response:
        return await self.client.get(path, params=query or None)

    async def try_log_in(self, login: str, password: str, **more: str) -> httpx.Response:
        form = {"login": login, "password": password, **more}
        return await self.client.post("/login", data=form, headers={"origin": ORIGIN})

    async def log_in(self, who: Person) -> None:
        answer = await self.try_log_in(who.login, password_of(who))
        assert answer.status_code == 303, answer.text
        page = await self.get("/me")
        self.csrf = token_in(page.text)

    async def post_form(self, path: str, **fields: str) -> httpx.Response:
        return await self.client.post(
            path, data={"csrf": self.csrf, **fields}, headers={"origin": ORIGIN}
        )

    async def post_json(self, path: str, body: object) -> httpx.Response:
        headers = {"origin": ORIGIN, "x-csrf-token": self.csrf}
        return await self.client.post(path, json=body, headers=headers)


def token_in(page: str) -> str:
    found = re.search(r'name="csrf-token" content="([^"]+)"', page)
    assert found, "the page has no token"
    return found[1]

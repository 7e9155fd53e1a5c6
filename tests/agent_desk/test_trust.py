"""How a seat comes to trust us, and what holds once it comes by https."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from agent_desk.ports import DeskPorts
from agent_desk.views import Telephone
from agent_desk.web import build_app, plug_in
from hotline.words import AgentId, Role
from tests.agent_desk.fakes import PEOPLE, TRUST, Town, password_of, settings
from tests.agent_desk.visits import Visit

pytestmark = pytest.mark.anyio

NAME, ADDRESS = "https://hotline.lan:8443", "https://192.168.1.5:8443"
LINES = ("wss://hotline.lan:8089/ws", "wss://192.168.1.5:8089/ws")


class OneLine:
    """Every agent's telephone registers under the host people type."""

    async def of(self, agent: AgentId) -> Telephone:
        return Telephone(uri="sip:x@192.168.1.5", password="p", ws_url=LINES[0], endpoint="x")


@pytest.fixture
def on_the_network(town: Town, built: FastAPI) -> FastAPI:
    """The desk as `up --listen hotline.lan` serves it."""
    ports: DeskPorts = replace(town.ports(), telephones=OneLine())
    changed: dict[str, Any] = {"origins": (NAME, ADDRESS), "telephone_ws": LINES}
    app = build_app(ports, settings(**changed))
    plug_in(app, ports, settings(**changed))
    return app


@asynccontextmanager
async def visiting(app: FastAPI, origin: str) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url=origin) as client:
        yield client


async def test_whoever_has_not_logged_in_can_read_how_to_trust_us(stranger: Visit) -> None:
    page = await stranger.get("/trust")
    assert page.status_code == 200
    for group in TRUST.fingerprint.split(":"):
        assert group in page.text
    for system in ("Windows", "统信 UOS", "银河麒麟", "Firefox"):
        assert system in page.text


async def test_the_ca_is_given_as_a_certificate_authority(stranger: Visit) -> None:
    answer = await stranger.get("/ca.crt")
    assert answer.content == TRUST.pem
    assert answer.headers["content-type"] == "application/x-x509-ca-cert"
    assert "jiesu-ca.crt" in answer.headers["content-disposition"]


@pytest.mark.parametrize("path", ["/trust", "/ca.crt"])
async def test_a_site_with_its_own_certificate_has_nothing_to_trust(
    path: str, town: Town, stranger: Visit
) -> None:
    app: FastAPI = stranger.client._transport.app  # type: ignore[attr-defined]
    plug_in(app, town.ports(), settings(trust=None))
    assert (await stranger.get(path)).status_code == 404


@pytest.mark.parametrize("origin", [NAME, ADDRESS])
async def test_a_seat_reaches_asterisk_by_the_host_it_came_by(
    origin: str, on_the_network: FastAPI
) -> None:
    person = PEOPLE[Role.AGENT]
    async with visiting(on_the_network, origin) as client:
        form = {"login": person.login, "password": password_of(person)}
        answer = await client.post("/login", data=form, headers={"origin": origin})
        assert answer.status_code == 303
        assert answer.headers["set-cookie"].startswith("__Host-jiesu-8443=")
        assert "Secure" in answer.headers["set-cookie"]
        telephone = (await client.get("/api/phone")).json()
    line = telephone["ws_url"]
    assert line.split(":")[1] == origin.split(":")[1]
    assert line in LINES


async def test_the_page_may_speak_to_both_lines_and_to_no_plain_one(
    on_the_network: FastAPI,
) -> None:
    async with visiting(on_the_network, NAME) as client:
        headers = (await client.get("/login")).headers
    policy = headers["content-security-policy"]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    wanted = ("'self'", *(one.replace("https", "wss") for one in (NAME, ADDRESS)), *LINES)
    assert rules["connect-src"] == " ".join(wanted)
    assert headers["strict-transport-security"] == "max-age=31536000"


async def test_another_name_for_the_same_machine_is_refused(on_the_network: FastAPI) -> None:
    async with visiting(on_the_network, "https://other.lan:8443") as client:
        assert (await client.get("/login")).status_code == 403

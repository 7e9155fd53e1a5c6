"""Who may open what."""

from __future__ import annotations

import pytest
from fastapi import FastAPI

from agent_desk.masks import masked_name, masked_number
from agent_desk.shield import (
    may_read_confidential,
    roles_by_route,
    routes_without_role,
)
from hotline.words import Phone, Role, UserId
from tests.agent_desk.fake_recordings import recorded
from tests.agent_desk.fakes import CALL, CALLER, ORIGIN, PEOPLE, Town, linkage
from tests.agent_desk.visits import Visit

pytestmark = pytest.mark.anyio

A, S, E, O, G, M, U = (  # noqa: E741  # one letter a role keeps the matrix readable
    Role.AGENT,
    Role.SUPERVISOR,
    Role.EDITOR,
    Role.OFFICER,
    Role.MANAGER,
    Role.ADMINISTRATOR,
    Role.AUDITOR,
)
ALL = frozenset(Role)

MATRIX: dict[str, frozenset[Role]] = {
    "/": ALL,
    "/me": ALL,
    "/me/password": ALL,
    "/me/look": ALL,
    "/logout": ALL,
    "/keys": ALL,
    "/users": frozenset({M}),
    "/users/table": frozenset({M}),
    "/users/preview": frozenset({M}),
    "/users/import": frozenset({M}),
    "/users/{user}": frozenset({M}),
    "/users/{user}/logout": frozenset({M}),
    "/users/{user}/password": frozenset({M}),
    "/users/{user}/disabled": frozenset({M}),
    "/cities": ALL,
    "/api/urgent": frozenset({E, S}),
    "/api/urgent/new": frozenset({E, S}),
    "/api/urgent/{urgent}/acknowledge": frozenset({A, S}),
    "/api/urgent/{urgent}/withdraw": frozenset({E, S}),
    "/api/answers/mark": frozenset({A, S}),
    "/api/knowledge/marks": frozenset({E, S}),
    "/api/knowledge/marks/{mark}/undo": frozenset({E, S}),
    "/api/knowledge/lead-times": frozenset({E, S}),
    "/api/notices": frozenset({A, S}),
    "/knowledge": ALL,
    "/api/knowledge/search": frozenset({A, S}),
    "/knowledge/{article}": ALL,
    "/knowledge/{article}/compare": ALL,
    "/knowledge/{article}/report": ALL,
    "/api/notices/all": frozenset({E, S, O}),
    "/api/notices/new": frozenset({E, S, O}),
    "/api/notices/{notice}/withdraw": frozenset({E, S, O}),
    "/knowledge/editing/new": frozenset({E, S, O}),
    "/knowledge/editing/preview": frozenset({E, S, O}),
    "/knowledge/editing/review": frozenset({E, S, O}),
    "/knowledge/editing/embargo": frozenset({E, S}),
    "/knowledge/editing/expiring": frozenset({E, S, O}),
    "/knowledge/editing/corrections": frozenset({E, S, O}),
    "/knowledge/editing/corrections/{correction}": frozenset({E, S, O}),
    "/knowledge/editing/contributions": frozenset({E, S}),
    "/knowledge/editing/contributions/{contribution}/take": frozenset({E, S}),
    "/knowledge/editing/contributions/{contribution}/decline": frozenset({E, S}),
    "/knowledge/editing/recalls": frozenset({E, S}),
    "/knowledge/editing/urgent": frozenset({E, S}),
    "/knowledge/editing/urgent/{urgent}/withdraw": frozenset({E, S}),
    "/knowledge/editing/notices": frozenset({E, S, O}),
    "/knowledge/editing/notices/{notice}/withdraw": frozenset({E, S, O}),
    "/knowledge/editing/synonyms": frozenset({E, S}),
    "/knowledge/editing/synonyms/{group}/remove": frozenset({E, S}),
    "/knowledge/editing/files": frozenset({E, S}),
    "/knowledge/editing/files/preview": frozenset({E, S}),
    "/knowledge/editing/files/import": frozenset({E, S}),
    "/knowledge/editing/files/export/{kind}": frozenset({E, S}),
    "/knowledge/editing/files/sources": frozenset({E, S}),
    "/knowledge/editing/files/sources/{source}/revoke": frozenset({E, S}),
    "/knowledge/editing/insights": frozenset({E, S}),
    "/knowledge/editing/insights/marks/{mark}/undo": frozenset({E, S}),
    "/knowledge/editing/{article}/edit": frozenset({E, S, O}),
    "/knowledge/editing/{article}/acts": frozenset({E, S, O}),
    "/knowledge/editing/{article}/review": frozenset({E, S, O}),
    "/knowledge/editing/{article}/recall/{number}": frozenset({E, S}),
    "/desk": frozenset({A, S}),
    "/desk/socket": frozenset({A, S}),
    "/board": frozenset({S, M, U}),
    "/board/wall": frozenset({S, M, U}),
    "/board/socket": frozenset({S, M, U}),
    "/board/calls": frozenset({S, M, U}),
    "/calls/{call}": frozenset({A, S}),
    "/recordings/{call}": frozenset({A, S}),
    "/return-calls": frozenset({A, S}),
    "/follow-ups": frozenset({A, S}),
    "/tickets/{number}/follow-up-by": frozenset({A, S}),
    "/api/tickets/{number}/dial": frozenset({A, S, O, G}),
    "/follow-ups/{number}": frozenset({A, S}),
    "/follow-ups/{number}/claim": frozenset({A, S}),
    "/follow-ups/{number}/back": frozenset({A, S}),
    "/follow-ups/{number}/done": frozenset({A, S}),
    "/api/follow-ups/{number}/dial": frozenset({A, S}),
    "/portal": frozenset({O}),
    "/portal/notices": frozenset({O}),
    "/tickets": frozenset({A, S, O, G, U}),
    "/tickets/views": frozenset({A, S, O, G, U}),
    "/tickets/views/{id_}": frozenset({A, S, O, G, U}),
    "/tickets/bulk": frozenset({A, S, G}),
    "/tickets/bulk/do": frozenset({A, S, G}),
    "/tickets/{number}": frozenset({A, S, O, G, U}),
    "/tickets/{number}/people": frozenset({A, S, O, G}),
    "/tickets/{number}/secrecy": frozenset({A, S}),
    "/tickets/{number}/acts": frozenset({A, S, O, G}),
    "/tickets/{number}/asks": frozenset({A, S}),
    "/tickets/{number}/files": frozenset({A, S, O, G}),
    "/tickets/{number}/files/{file}": frozenset({A, S, O, G, U}),
    "/tickets/{number}/files/{file}/withdraw": frozenset({A, S, O, G}),
    "/tickets/{number}/print/{form}.pdf": frozenset({A, S, O, G, U}),
    "/supervision/{matter}/print/{place}.pdf": frozenset({S, G, O, U}),
    "/supervision": frozenset({S, G, O, U}),
    "/supervision/new": frozenset({S, G}),
    "/supervision/{matter}": frozenset({S, G, O, U}),
    "/supervision/{matter}/steps": frozenset({S, G, O}),
    "/supervision/queue": frozenset({S, G}),
    "/units": frozenset({S, G, M, U}),
    "/units/table": frozenset({S, G, M, U}),
    "/units/preview": frozenset({M}),
    "/units/import": frozenset({M}),
    "/units/{code}": frozenset({S, G, M, U}),
    "/units/new": frozenset({M}),
    "/units/{code}/change": frozenset({M}),
    "/units/{code}/closed": frozenset({M}),
    "/units/{code}/remove": frozenset({M}),
    "/directory": frozenset({S, G, M, U}),
    "/directory/export": frozenset({S, G, M, U}),
    "/directory/preview": frozenset({M}),
    "/directory/import": frozenset({M}),
    "/emergency": frozenset({A, S, M, U}),
    "/emergency/{call}": frozenset({A, S, M, U}),
    "/emergency/trunks/{trunk}": frozenset({S, M}),
    "/status": frozenset({S, M, U}),
    "/status/check": frozenset({S, M}),
    "/api/me": ALL,
    "/api/phone": frozenset({A, S}),
    "/api/seats": frozenset({A, S}),
    "/api/desk/picture": frozenset({A, S}),
    "/api/desk/form": frozenset({A, S}),
    "/api/tickets": frozenset({A, S}),
    "/api/tickets/due": frozenset({A, S}),
    "/api/return-calls": frozenset({A, S}),
    "/api/return-calls/{task}/dial": frozenset({A, S}),
    "/api/return-calls/{task}/dismiss": frozenset({A, S}),
    "/api/board": frozenset({S, M, U}),
    "/api/board/calls": frozenset({S, M, U}),
}

TRY: dict[str, tuple[str, str]] = {
    "/api/tickets/{number}/dial": ("POST", "/api/tickets/20260928-000001/dial"),
    "/tickets/{number}/follow-up-by": ("POST", "/tickets/20260928-000001/follow-up-by"),
    "/follow-ups/{number}": ("GET", "/follow-ups/20260925-000123"),
    "/follow-ups/{number}/claim": ("POST", "/follow-ups/20260925-000123/claim"),
    "/follow-ups/{number}/back": ("POST", "/follow-ups/20260925-000123/back"),
    "/follow-ups/{number}/done": ("POST", "/follow-ups/20260925-000123/done"),
    "/api/follow-ups/{number}/dial": ("POST", "/api/follow-ups/20260925-000123/dial"),
    "/api/return-calls/{task}/dial": ("POST", "/api/return-calls/c1/dial"),
    "/api/return-calls/{task}/dismiss": ("POST", "/api/return-calls/c1/dismiss"),
    "/api/answers/mark": ("POST", "/api/answers/mark"),
    "/api/knowledge/marks/{mark}/undo": ("POST", "/api/knowledge/marks/m1/undo"),
    "/api/urgent/new": ("POST", "/api/urgent/new"),
    "/api/urgent/{urgent}/acknowledge": ("POST", "/api/urgent/u1/acknowledge"),
    "/api/urgent/{urgent}/withdraw": ("POST", "/api/urgent/u1/withdraw"),
    "/api/notices/new": ("POST", "/api/notices/new"),
    "/api/knowledge/search": ("POST", "/api/knowledge/search"),
    "/knowledge/{article}": ("GET", "/knowledge/kb-1"),
    "/knowledge/{article}/compare": ("GET", "/knowledge/kb-1/compare"),
    "/knowledge/{article}/report": ("POST", "/knowledge/kb-1/report"),
    "/api/notices/{notice}/withdraw": ("POST", "/api/notices/n1/withdraw"),
    "/knowledge/editing/preview": ("POST", "/knowledge/editing/preview"),
    "/knowledge/editing/corrections/{correction}": ("POST", "/knowledge/editing/corrections/c1"),
    "/knowledge/editing/contributions/{contribution}/take": (
        "POST",
        "/knowledge/editing/contributions/c1/take",
    ),
    "/knowledge/editing/contributions/{contribution}/decline": (
        "POST",
        "/knowledge/editing/contributions/c1/decline",
    ),
    "/knowledge/editing/urgent/{urgent}/withdraw": (
        "POST",
        "/knowledge/editing/urgent/u1/withdraw",
    ),
    "/knowledge/editing/notices/{notice}/withdraw": (
        "POST",
        "/knowledge/editing/notices/n1/withdraw",
    ),
    "/knowledge/editing/synonyms/{group}/remove": ("POST", "/knowledge/editing/synonyms/s1/remove"),
    "/knowledge/editing/files/preview": ("POST", "/knowledge/editing/files/preview"),
    "/knowledge/editing/files/import": ("POST", "/knowledge/editing/files/import"),
    "/knowledge/editing/files/export/{kind}": ("GET", "/knowledge/editing/files/export/csv"),
    "/knowledge/editing/files/sources": ("POST", "/knowledge/editing/files/sources"),
    "/knowledge/editing/files/sources/{source}/revoke": (
        "POST",
        "/knowledge/editing/files/sources/s1/revoke",
    ),
    "/knowledge/editing/insights/marks/{mark}/undo": (
        "POST",
        "/knowledge/editing/insights/marks/m1/undo",
    ),
    "/knowledge/editing/{article}/edit": ("GET", "/knowledge/editing/kb-1/edit"),
    "/knowledge/editing/{article}/acts": ("POST", "/knowledge/editing/kb-1/acts"),
    "/knowledge/editing/{article}/review": ("GET", "/knowledge/editing/kb-1/review"),
    "/knowledge/editing/{article}/recall/{number}": ("GET", "/knowledge/editing/kb-1/recall/1"),
    "/me/password": ("POST", "/me/password"),
    "/me/look": ("POST", "/me/look"),
    "/logout": ("POST", "/logout"),
    "/users/preview": ("POST", "/users/preview"),
    "/users/import": ("POST", "/users/import"),
    "/users/{user}": ("GET", f"/users/{PEOPLE[A].id}"),
    "/users/{user}/logout": ("POST", f"/users/{PEOPLE[A].id}/logout"),
    "/units/preview": ("POST", "/units/preview"),
    "/units/import": ("POST", "/units/import"),
    "/units/{code}": ("GET", "/units/cg"),
    "/units/new": ("POST", "/units/new"),
    "/units/{code}/change": ("POST", "/units/cg/change"),
    "/units/{code}/closed": ("POST", "/units/cg/closed"),
    "/units/{code}/remove": ("POST", "/units/cg/remove"),
    "/users/{user}/password": ("POST", f"/users/{PEOPLE[A].id}/password"),
    "/users/{user}/disabled": ("POST", f"/users/{PEOPLE[A].id}/disabled"),
    "/emergency/trunks/{trunk}": ("POST", "/emergency/trunks/1"),
    "/status/check": ("POST", "/status/check"),
    "/supervision/{matter}": ("GET", "/supervision/1"),
    "/supervision/{matter}/steps": ("POST", "/supervision/1/steps"),
    "/directory/preview": ("POST", "/directory/preview"),
    "/directory/import": ("POST", "/directory/import"),
    "/api/tickets": ("POST", "/api/tickets"),
    "/portal/notices": ("POST", "/portal/notices"),
    "/tickets/{number}/people": ("POST", "/tickets/20260928-000001/people"),
    "/tickets/{number}/secrecy": ("POST", "/tickets/20260928-000001/secrecy"),
    "/tickets/{number}/acts": ("POST", "/tickets/20260928-000001/acts"),
    "/tickets/{number}/asks": ("POST", "/tickets/20260928-000001/asks"),
    "/tickets/{number}/files": ("POST", "/tickets/20260928-000001/files"),
    "/tickets/{number}/files/{file}": ("GET", "/tickets/20260928-000001/files/f1"),
    "/tickets/{number}/files/{file}/withdraw": (
        "POST",
        "/tickets/20260928-000001/files/f1/withdraw",
    ),
    "/tickets/{number}/print/{form}.pdf": ("GET", "/tickets/20260928-000001/print/ticket.pdf"),
    "/supervision/{matter}/print/{place}.pdf": ("GET", "/supervision/1/print/1.pdf"),
    "/tickets/views": ("POST", "/tickets/views"),
    "/tickets/views/{id_}": ("POST", "/tickets/views/v0"),
    "/tickets/bulk": ("POST", "/tickets/bulk"),
    "/tickets/bulk/do": ("POST", "/tickets/bulk/do"),
    "/tickets/{number}": ("GET", "/tickets/20260928-000001"),
    "/emergency/{call}": ("GET", f"/emergency/{CALL}"),
    "/calls/{call}": ("GET", f"/calls/{CALL}"),
    "/recordings/{call}": ("GET", f"/recordings/{CALL}"),
    "/board/calls": ("GET", "/board/calls?which=lost&window=24h"),
    "/api/board/calls": ("GET", "/api/board/calls?which=lost"),
    "/api/tickets/due": ("GET", "/api/tickets/due?type=投诉"),
}


def test_every_route_asks_for_a_role(app: FastAPI) -> None:
    assert routes_without_role(app) == []


def test_a_route_without_a_role_is_found(app: FastAPI) -> None:
    async def open_to_all() -> None: ...

    kept = list(app.router.routes)
    app.add_api_route("/forgotten", open_to_all)
    assert routes_without_role(app) == ["/forgotten"]
    app.router.routes[:] = kept


def test_the_roles_of_every_route_are_these(app: FastAPI) -> None:
    found: dict[str, frozenset[Role]] = {}
    for path, roles in roles_by_route(app):
        if roles:
            assert found.setdefault(path, roles) == roles
    assert found == MATRIX


@pytest.mark.parametrize("role", list(Role))
async def test_every_page_lets_in_whom_it_serves_and_nobody_else(
    role: Role, stranger: Visit, town: Town
) -> None:
    town.calls.records[CALL] = linkage()
    town.recordings.put(recorded(CALL))
    for path, served in MATRIX.items():
        if path.endswith("/socket") or path == "/logout":
            continue
        stranger.client.cookies.clear()
        await stranger.log_in(PEOPLE[role])
        method, address = TRY.get(path, ("GET", path))
        answer = await stranger.client.request(
            method, address, headers={"origin": ORIGIN, "x-csrf-token": stranger.csrf}
        )
        refused = answer.status_code == 403
        no_seat = {"/desk", "/api/phone", "/api/desk/picture", "/api/return-calls/{task}/dial"}
        no_seat.add("/api/urgent/{urgent}/acknowledge")
        seatless = role is S and path in no_seat
        assert refused == (role not in served or seatless), (role, path, answer.status_code)
        assert answer.status_code < 500, (role, path)


@pytest.mark.parametrize("path", sorted(MATRIX))
async def test_nobody_gets_anything_before_the_log_in(path: str, stranger: Visit) -> None:
    if path.endswith("/socket"):
        return
    method, address = TRY.get(path, ("GET", path))
    answer = await stranger.client.request(method, address, headers={"origin": ORIGIN})
    if path.startswith("/api/") or method == "POST":
        assert answer.status_code == 401
    else:
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/login")


async def test_navigation_has_no_dead_ends(stranger: Visit) -> None:
    import re

    for who in PEOPLE.values():
        stranger.client.cookies.clear()
        await stranger.log_in(who)
        page = (await stranger.get("/me")).text
        nav = page.split('<nav aria-label="主菜单">')[1].split("</nav>")[0]
        for path in re.findall(r'href="([^"]+)"', nav):
            assert (await stranger.get(path)).status_code == 200, (who.login, path)


async def test_a_supervisor_without_a_seat_is_told_so(stranger: Visit) -> None:
    await stranger.log_in(PEOPLE[Role.SUPERVISOR])
    answer = await stranger.get("/desk")
    assert answer.status_code == 403
    assert "没有席位" in answer.text


# ----------------------------------------------------------------------------------- masking


def test_numbers_are_masked_the_way_the_design_groups_them() -> None:
    assert masked_number(Phone("13800006027")) == "138 **** 6027"
    assert masked_number(Phone("07580002231")) == "0758 **** 231"
    assert masked_number(Phone("031100000001")) == "0311 **** 0001"
    assert masked_number(Phone("01000000001")) == "010 **** 0001"
    assert masked_number(Phone("")) == "未显示号码"
    assert masked_number(Phone("12345")) == "***45"


def test_names_keep_the_family_name() -> None:
    assert masked_name("欧阳慧敏") == "欧阳**"
    assert masked_name("林晓岚") == "林**"
    assert masked_name("林") == "林**"
    assert masked_name("") == ""


def test_a_confidential_ticket_is_for_its_writer_and_supervisors() -> None:
    writer = PEOPLE[Role.AGENT]
    assert may_read_confidential(writer, writer.id)
    assert may_read_confidential(PEOPLE[Role.SUPERVISOR], writer.id)
    assert not may_read_confidential(PEOPLE[Role.AUDITOR], writer.id)
    assert not may_read_confidential(PEOPLE[Role.OFFICER], UserId("x"))


async def test_no_page_but_the_desk_shows_a_number_in_full(stranger: Visit, town: Town) -> None:
    await stranger.log_in(PEOPLE[Role.AGENT])
    body = {
        "key": "k" * 16,
        "type": "投诉",
        "summary": "夜间打桩",
        "phone": CALLER.digits,
        "contact": "欧阳慧敏",
        "confidential": True,
    }
    number = (await stranger.post_json("/api/tickets", body)).json()["number"]
    town.calls.records[CALL] = linkage()
    for role in (Role.SUPERVISOR, Role.AUDITOR, Role.ADMINISTRATOR):
        stranger.client.cookies.clear()
        await stranger.log_in(PEOPLE[role])
        for path in (
            "/tickets",
            f"/tickets/{number}",
            "/board",
            "/board/calls",
            "/emergency",
            f"/emergency/{CALL}",
            "/api/board",
            "/api/board/calls?which=offered",
        ):
            text = (await stranger.get(path)).text
            assert CALLER.digits not in text.replace(" ", ""), (role, path)
            assert "慧敏" not in text, (role, path)


async def test_the_words_of_a_confidential_ticket_are_hidden_from_others(
    stranger: Visit, town: Town
) -> None:
    await stranger.log_in(PEOPLE[Role.AGENT])
    body = {"key": "k" * 16, "type": "举报", "summary": "某店用冻肉", "confidential": True}
    number = (await stranger.post_json("/api/tickets", body)).json()["number"]
    assert "某店用冻肉" in (await stranger.get("/tickets")).text
    stranger.client.cookies.clear()
    await stranger.log_in(PEOPLE[Role.AUDITOR])
    for path in ("/tickets", f"/tickets/{number}"):
        text = (await stranger.get(path)).text
        assert "某店用冻肉" not in text
        assert "保密" in text

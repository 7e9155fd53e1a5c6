"""The people of a ticket on its page: masked, shown for a reason, and nowhere else."""

from __future__ import annotations

import re

import pytest
from fastapi import FastAPI

from agent_desk.shield import roles_by_route
from hotline.need_to_know import Field
from hotline.words import Role, TicketId, UnitId
from tests.agent_desk.fake_recordings import recorded
from tests.agent_desk.fakes import CALL, CALLER, ORIGIN, PEOPLE, Town, linkage
from tests.agent_desk.test_shield import MATRIX, TRY
from tests.agent_desk.visits import Visit

pytestmark = pytest.mark.anyio

NAME = "欧阳慧敏"
WHY = {"reason": "contact", "words": "约上门查看的时间"}


async def a_ticket(visit: Visit, **more: object) -> TicketId:
    await visit.log_in(PEOPLE[Role.AGENT])
    body = {
        "key": "k" * 16,
        "type": "投诉",
        "summary": f"{NAME}（{CALLER.digits}）称夜间打桩",
        "phone": CALLER.digits,
        "contact": NAME,
        "address": "恒裕花园3栋",
        "unit": "cg",
    }
    return TicketId((await visit.post_json("/api/tickets", body | more)).json()["number"])


async def as_(visit: Visit, role: Role) -> None:
    visit.client.cookies.clear()
    await visit.log_in(PEOPLE[role])


def plain(text: str) -> str:
    return re.sub(r"<[^>]+>|\s", "", text)


@pytest.mark.clause("ZQ-24")
@pytest.mark.parametrize("role", [Role.AGENT, Role.SUPERVISOR, Role.OFFICER, Role.MANAGER])
async def test_a_number_is_shown_for_a_reason_and_for_ten_minutes(
    stranger: Visit, town: Town, role: Role
) -> None:
    number = await a_ticket(stranger)
    await as_(stranger, role)
    assert CALLER.digits not in plain((await stranger.get(f"/tickets/{number}")).text)
    answer = await stranger.post_form(f"/tickets/{number}/people", field="phone", **WHY)
    assert answer.status_code == 303
    page = plain((await stranger.get(f"/tickets/{number}")).text)
    assert CALLER.digits in page
    assert NAME not in page
    assert "约上门查看的时间" in page
    town.time.passes(601)
    assert CALLER.digits not in plain((await stranger.get(f"/tickets/{number}")).text)


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({"field": "phone", "words": "约上门查看的时间"}, "原因"),
        ({"field": "phone", "reason": "contact", "words": "看"}, "4到200字"),
        ({"reason": "contact", "words": "约上门查看的时间"}, "姓名、电话还是地址"),
        ({"field": "phone", "reason": "curious", "words": "约上门查看的时间"}, "原因"),
    ],
)
async def test_without_a_proper_reason_nothing_is_shown(
    stranger: Visit, town: Town, form: dict[str, str], says: str
) -> None:
    number = await a_ticket(stranger)
    answer = await stranger.post_form(f"/tickets/{number}/people", **form)
    assert answer.status_code == 422
    assert says in answer.text
    assert town.access.shown == []


@pytest.mark.clause("HB-36")
@pytest.mark.parametrize("confidential", [False, True])
async def test_the_unit_complained_about_is_refused_whatever_its_reason(
    stranger: Visit, town: Town, confidential: bool
) -> None:
    number = await a_ticket(stranger, confidential=confidential)
    town.access.noted[number] = (frozenset[Field](), frozenset({UnitId("cg")}))
    await as_(stranger, Role.OFFICER)
    answer = await stranger.post_form(f"/tickets/{number}/people", field="phone", **WHY)
    assert answer.status_code == 403
    page = plain((await stranger.get(f"/tickets/{number}")).text)
    assert CALLER.digits not in page
    assert NAME not in page
    assert "6027" not in page


@pytest.mark.clause("GZ-11")
async def test_what_was_asked_to_be_secret_is_hidden_from_the_unit(
    stranger: Visit, town: Town
) -> None:
    number = await a_ticket(stranger)
    answer = await stranger.post_form(f"/tickets/{number}/secrecy", field="address", accused="sc")
    assert answer.status_code == 303
    await as_(stranger, Role.OFFICER)
    page = (await stranger.get(f"/tickets/{number}")).text
    assert "恒裕花园" not in page
    assert "区市场监督管理局" not in page


async def test_who_opened_a_ticket_stands_on_it(stranger: Visit, town: Town) -> None:
    number = await a_ticket(stranger)
    await stranger.get(f"/tickets/{number}")
    await as_(stranger, Role.AUDITOR)
    page = (await stranger.get(f"/tickets/{number}")).text
    assert "林晓岚" in page
    assert "打开工单" in page
    assert "查看姓名" not in page


@pytest.mark.clause("ZQ-24", "ZS-11")
@pytest.mark.parametrize("confidential", [False, True])
@pytest.mark.parametrize("role", list(Role))
async def test_no_address_of_the_desk_gives_away_who_called(
    stranger: Visit, town: Town, app: FastAPI, role: Role, confidential: bool
) -> None:
    """Every address there is, to every role; the socket and the picture of the agent who has the
    call are not among them: nobody calls."""
    number = await a_ticket(stranger, confidential=confidential, summary="夜间打桩")
    town.calls.records[CALL] = linkage()
    town.recordings.put(recorded(CALL))
    await as_(stranger, role)
    asked = 0
    for path, _ in roles_by_route(app):
        method, address = TRY.get(path, ("GET", path))
        if path not in MATRIX or method != "GET" or "{" in address or path.endswith("/socket"):
            continue
        answer = await stranger.client.get(
            address.replace("20260928-000001", number), headers={"origin": ORIGIN}
        )
        text = plain(answer.text)
        asked += 1
        assert CALLER.digits not in text, (role, address)
        assert "慧敏" not in text, (role, address)
    assert asked > 25


async def test_a_password_for_one_log_in_opens_the_page_where_it_is_changed(
    stranger: Visit, town: Town
) -> None:
    await stranger.log_in(PEOPLE[Role.ADMINISTRATOR])
    form = {"login": "o09", "name": "钟晓明", "role": "officer", "unit": "cg"}
    page = (await stranger.post_form("/users", **form)).text
    found = re.search(r'<code class="new-password">([^<]+)</code>', page)
    assert found
    stranger.client.cookies.clear()
    assert (await stranger.try_log_in("o09", found[1])).status_code == 303
    assert (await stranger.get("/portal")).headers["location"] == "/me"
    assert (await stranger.get("/api/me")).status_code == 403
    assert "一次性密码" in (await stranger.get("/me")).text


async def test_a_unit_is_kept_on_its_page(stranger: Visit, town: Town) -> None:
    await stranger.log_in(PEOPLE[Role.ADMINISTRATOR])
    answer = await stranger.post_form("/units/new", code="jy", name="区教育局", kind="部门")
    assert answer.headers["location"] == "/units/jy"
    await stranger.post_form("/units/jy/closed", closed="true")
    assert "已停用" in (await stranger.get("/units/jy")).text
    await stranger.post_form("/units/jy/remove")
    assert town.units.asked == [("new", "jy"), ("remove", "jy")]


async def test_the_caller_is_dialled_for_a_reason_that_is_handed_on(
    stranger: Visit, town: Town
) -> None:
    number = await a_ticket(stranger)
    calls, path = town.return_calls.tickets, f"/api/tickets/{number}/dial"
    assert "拨打诉求人" in (await stranger.get(f"/tickets/{number}")).text
    for body in ({}, WHY | {"words": "看"}, WHY | {"reason": "x"}):
        assert (await stranger.post_json(path, body)).status_code == 422
    answer = await stranger.post_json(path, WHY)
    assert (answer.status_code, calls.dialled) == (202, [(number, "u-1001", *WHY.values())])
    # The number is on the screen: it was said why.
    await stranger.post_form(f"/tickets/{number}/people", field="phone", **WHY)
    assert (await stranger.post_json(path, {})).status_code == 202
    calls.why = "本系统没有外呼线路"
    page = (await stranger.get(f"/tickets/{number}")).text
    assert "本系统没有外呼线路" in page
    assert "data-dial-ticket" not in page


@pytest.mark.clause("HB-36")
async def test_whom_the_matter_is_about_cannot_dial_who_told_it(
    stranger: Visit, town: Town
) -> None:
    number = await a_ticket(stranger)
    town.access.noted[number] = (frozenset[Field](), frozenset({UnitId("cg")}))
    await as_(stranger, Role.OFFICER)
    assert "data-dial-ticket" not in (await stranger.get(f"/tickets/{number}")).text
    answer = await stranger.post_json(f"/api/tickets/{number}/dial", WHY)
    assert (answer.status_code, town.return_calls.tickets.dialled) == (403, [])

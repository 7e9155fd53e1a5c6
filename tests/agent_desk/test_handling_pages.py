"""The page of a ticket: what can be done, what not and why, and one act at a time."""

from __future__ import annotations

import re

import pytest

from agent_desk.handling_views import ActForm, FormField
from agent_desk.ticket_views import TicketAct
from hotline.errors import Objected
from hotline.words import Draft, Role, TicketType
from tests.agent_desk.fakes import ORIGIN, PEOPLE, Town, password_of, person
from tests.agent_desk.visits import Visit

pytestmark = pytest.mark.anyio

S = Role.SUPERVISOR


async def a_ticket(town: Town, *, confidential: bool = False) -> str:
    saved = await town.tickets.save(
        Draft(TicketType.COMPLAINT, "夜间打桩", confidential=confidential),
        call=None,
        by=PEOPLE[Role.AGENT],
        key="k" * 16,
        at=town.time.now(),
    )
    return str(saved.number)


async def test_the_possible_has_a_form_and_the_impossible_its_article(
    stranger: Visit, town: Town
) -> None:
    number = await a_ticket(town)
    await stranger.log_in(PEOPLE[S])
    page = (await stranger.get(f"/tickets/{number}")).text
    assert f'action="/tickets/{number}/acts"' in page
    assert '<option value="u1">区住建局</option>' in page
    assert "已于11月4日届满〔第九条（二）〕" in page
    assert 'value="申请退回"' not in page


async def test_what_the_city_demands_is_not_called_optional(stranger: Visit, town: Town) -> None:
    number = await a_ticket(town)
    demanded = FormField(name="need-1", label="申请表", kind="long", needed=False, by_rule=True)
    note = FormField(name="note", label="说明", kind="long", needed=False)
    town.handlings.forms = (ActForm(act="申请延期", fields=(demanded, note)),)
    await stranger.log_in(PEOPLE[S])
    page = (await stranger.get(f"/tickets/{number}")).text
    assert re.search(r"申请表</label>", page)
    assert re.search(r"说明 <span[^>]*>可不填</span></label>", page)


async def test_an_act_is_done_and_leads_back_to_the_ticket(stranger: Visit, town: Town) -> None:
    number = await a_ticket(town)
    await stranger.log_in(PEOPLE[S])
    answer = await stranger.client.post(
        f"/tickets/{number}/acts",
        data={
            "csrf": stranger.csrf,
            "act": "派单",
            "version": "1",
            "unit": "u1",
            "helpers": ["u2"],
            "note": "请尽快到现场",
        },
        headers={"origin": ORIGIN},
    )
    assert (answer.status_code, answer.headers["location"]) == (303, f"/tickets/{number}#done")
    ((_, act, form, version),) = town.handlings.asked
    assert (act, version) == ("派单", 1)
    assert form == {"unit": ["u1"], "helpers": ["u2"], "note": ["请尽快到现场"]}


async def test_a_refusal_says_why_and_keeps_what_was_typed(stranger: Visit, town: Town) -> None:
    number = await a_ticket(town)
    town.handlings.fault = Objected("派单前工单须经审核", "第二十一条")
    await stranger.log_in(PEOPLE[S])
    answer = await stranger.client.post(
        f"/tickets/{number}/acts",
        data={
            "csrf": stranger.csrf,
            "act": "派单",
            "version": "1",
            "unit": "u1",
            "note": "<b>请尽快</b>",
        },
        headers={"origin": ORIGIN},
    )
    assert answer.status_code == 422
    assert "派单前工单须经审核〔第二十一条〕" in answer.text
    assert "&lt;b&gt;请尽快&lt;/b&gt;" in answer.text
    assert '<option value="u1" selected>' in answer.text
    assert "<details open>" in answer.text


async def test_an_officer_of_another_unit_gets_no_ticket_and_no_act(
    stranger: Visit, town: Town
) -> None:
    number = await a_ticket(town)
    await stranger.log_in(PEOPLE[Role.OFFICER])
    answer = await stranger.client.post(
        f"/tickets/{number}/acts",
        data={"csrf": stranger.csrf, "act": "签收", "version": "1"},
        headers={"origin": ORIGIN},
    )
    assert answer.status_code == 403
    assert not town.handlings.asked


async def test_an_officer_without_a_unit_reads_no_ticket_that_has_none_yet(
    stranger: Visit, town: Town
) -> None:
    number = await a_ticket(town)
    nobodys = person("o02", "苏文杰", Role.OFFICER)
    town.accounts.add(nobodys, town.accounts.users[PEOPLE[Role.OFFICER].id].password_hash)
    answer = await stranger.try_log_in(nobodys.login, password_of(PEOPLE[Role.OFFICER]))
    assert answer.status_code == 303
    assert (await stranger.get(f"/tickets/{number}")).status_code == 403


@pytest.mark.clause("ZS-11")
async def test_what_was_written_on_the_way_of_a_confidential_ticket_is_for_its_readers(
    stranger: Visit, town: Town
) -> None:
    number = await a_ticket(town, confidential=True)
    told = TicketAct(
        at=town.time.now(), what="联系诉求人", who="黎振邦", body="城管", text="举报人住3栋"
    )
    town.handlings.acts = (told,)
    await stranger.log_in(PEOPLE[Role.AUDITOR])
    hidden = (await stranger.get(f"/tickets/{number}")).text
    assert "联系诉求人" in hidden
    assert "举报人住3栋" not in hidden
    await stranger.log_in(PEOPLE[S])
    assert "举报人住3栋" in (await stranger.get(f"/tickets/{number}")).text


@pytest.mark.parametrize("version", ["", "zwei", "-1", "9" * 5000])
async def test_a_form_without_its_version_is_out_of_date(
    stranger: Visit, town: Town, version: str
) -> None:
    number = await a_ticket(town)
    await stranger.log_in(PEOPLE[S])
    answer = await stranger.client.post(
        f"/tickets/{number}/acts",
        data={"csrf": stranger.csrf, "act": "派单", "version": version},
        headers={"origin": ORIGIN},
    )
    assert answer.status_code == 422
    assert "页面已经过期，请刷新后再办" in answer.text


async def test_the_handling_unit_reads_a_confidential_matter_but_not_whose_it_is(
    stranger: Visit, town: Town
) -> None:
    officer = PEOPLE[Role.OFFICER]
    draft = Draft(
        TicketType.REPORT,
        "有人夜间偷倒渣土",
        phone="13800138000",
        contact="欧阳慧敏",
        unit=officer.unit,
        confidential=True,
    )
    saved = await town.tickets.save(
        draft, call=None, by=PEOPLE[Role.AGENT], key="k" * 16, at=town.time.now()
    )
    await stranger.log_in(officer)
    page = (await stranger.get(f"/tickets/{saved.number}")).text
    assert "有人夜间偷倒渣土" in page
    assert "欧阳" not in page
    assert "8000" not in page

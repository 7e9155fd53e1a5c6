"""Coming in and going out."""

from __future__ import annotations

import pytest
from fastapi import FastAPI

from agent_desk.desk_settings import HashCost
from agent_desk.login import Passwords
from agent_desk.web import build_app
from hotline.words import Role
from tests.agent_desk.fakes import ORIGIN, PEOPLE, SECOND_AGENT, Town, password_of, settings
from tests.agent_desk.visits import Visit, token_in

pytestmark = pytest.mark.anyio

AGENT = PEOPLE[Role.AGENT]


async def test_the_right_password_opens_the_desk(stranger: Visit) -> None:
    answer = await stranger.try_log_in(AGENT.login, password_of(AGENT))
    assert answer.status_code == 303
    assert answer.headers["location"] == "/desk"
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("jiesu-8000=")
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie


async def test_each_role_lands_where_its_work_is(stranger: Visit) -> None:
    homes = {}
    for role, who in PEOPLE.items():
        answer = await stranger.try_log_in(who.login, password_of(who))
        homes[role] = answer.headers["location"]
        stranger.client.cookies.clear()
    assert homes == {
        Role.AGENT: "/desk",
        Role.SUPERVISOR: "/board",
        Role.EDITOR: "/knowledge",
        Role.OFFICER: "/portal",
        Role.MANAGER: "/tickets",
        Role.ADMINISTRATOR: "/board",
        Role.AUDITOR: "/board",
    }


async def test_the_ledger_never_sees_the_token(stranger: Visit, town: Town) -> None:
    answer = await stranger.try_log_in(AGENT.login, password_of(AGENT))
    token = answer.headers["set-cookie"].split("=", 1)[1].split(";")[0]
    assert len(token) >= 43
    assert all(token not in key for key in town.accounts.sessions)


async def test_over_https_the_cookie_is_bound_to_the_host(town: Town) -> None:
    import httpx

    app = build_app(town.ports(), settings("https://12345.example.gov.cn"))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="https://12345.example.gov.cn"
    ) as client:
        form = {"login": AGENT.login, "password": password_of(AGENT)}
        origin = {"origin": "https://12345.example.gov.cn"}
        answer = await client.post("/login", data=form, headers=origin)
    assert answer.headers["set-cookie"].startswith("__Host-jiesu=")
    assert "Secure" in answer.headers["set-cookie"]
    assert "max-age" in answer.headers["strict-transport-security"]


async def test_a_wrong_password_says_how_many_tries_are_left(stranger: Visit) -> None:
    answer = await stranger.try_log_in(AGENT.login, "wrong")
    assert answer.status_code == 401
    assert "工号或密码不对。再错 4 次将锁定 10 分钟" in answer.text
    assert 'aria-invalid="true"' in answer.text


async def test_an_unknown_login_is_answered_like_a_wrong_password(stranger: Visit) -> None:
    known = await stranger.try_log_in(AGENT.login, "wrong")
    unknown = await stranger.try_log_in("9999", "wrong")
    assert known.status_code == unknown.status_code
    assert known.text.replace(AGENT.login, "") == unknown.text.replace("9999", "")


async def test_an_unknown_login_costs_as_much_hashing(monkeypatch: pytest.MonkeyPatch) -> None:
    passwords = Passwords(HashCost(memory_kib=8, passes=1, lanes=1))
    looked_at: list[str] = []
    verify = passwords._verify

    def noted(kept: str, password: str) -> bool:
        looked_at.append(kept)
        return verify(kept, password)

    monkeypatch.setattr(passwords, "_verify", noted)
    assert not await passwords.verify(None, "anything")
    assert len(looked_at) == 1
    assert looked_at[0].startswith("$argon2id$")
    passwords.close()


async def test_the_fifth_wrong_password_locks_for_ten_minutes(stranger: Visit, town: Town) -> None:
    for _ in range(4):
        await stranger.try_log_in(AGENT.login, "wrong")
    fifth = await stranger.try_log_in(AGENT.login, "wrong")
    assert fifth.status_code == 429
    assert "已锁定。请 10 分 0 秒后再试" in fifth.text
    town.time.passes(20)
    even_right = await stranger.try_log_in(AGENT.login, password_of(AGENT))
    assert even_right.status_code == 429
    assert "请 9 分 40 秒后再试" in even_right.text
    assert even_right.headers["retry-after"] == "580"
    town.time.passes(581)
    assert (await stranger.try_log_in(AGENT.login, password_of(AGENT))).status_code == 303


async def test_a_lock_does_not_touch_the_neighbour(stranger: Visit) -> None:
    for _ in range(5):
        await stranger.try_log_in(AGENT.login, "wrong")
    neighbour = await stranger.try_log_in(SECOND_AGENT.login, password_of(SECOND_AGENT))
    assert neighbour.status_code == 303


async def test_an_address_that_tries_many_logins_is_locked(stranger: Visit) -> None:
    for n in range(20):
        await stranger.try_log_in(f"guess{n}", "wrong")
    assert (await stranger.try_log_in(AGENT.login, password_of(AGENT))).status_code == 429


async def test_capital_letters_are_no_way_around_the_lock(stranger: Visit) -> None:
    for name in ("a01", "A01", " a01", "a01 ", "A01"):
        await stranger.try_log_in(name, "wrong")
    admin = PEOPLE[Role.ADMINISTRATOR]
    assert (await stranger.try_log_in("a01", password_of(admin))).status_code == 429


async def test_a_restart_does_not_forget_a_lock(stranger: Visit, town: Town) -> None:
    import httpx

    for _ in range(5):
        await stranger.try_log_in(AGENT.login, "wrong")
    again = build_app(town.ports(), settings())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(again), base_url=ORIGIN) as client:
        visit = Visit(client)
        answer = await visit.try_log_in(AGENT.login, password_of(AGENT))
    assert answer.status_code == 429


async def test_the_right_password_forgives_earlier_ones(stranger: Visit) -> None:
    for _ in range(4):
        await stranger.try_log_in(AGENT.login, "wrong")
    assert (await stranger.try_log_in(AGENT.login, password_of(AGENT))).status_code == 303
    stranger.client.cookies.clear()
    assert "再错 4 次" in (await stranger.try_log_in(AGENT.login, "wrong")).text


async def test_who_is_shut_out_is_told_no_more_than_a_stranger(stranger: Visit, town: Town) -> None:
    await town.accounts.set_disabled(AGENT.id, True, by=AGENT.id, at=town.time.now())
    answer = await stranger.try_log_in(AGENT.login, password_of(AGENT))
    assert answer.status_code == 401
    assert "停用" not in answer.text


async def test_a_page_asked_for_before_the_log_in_is_reached_after_it(stranger: Visit) -> None:
    asked = await stranger.get("/tickets?type=%E6%8A%95%E8%AF%89")
    assert asked.status_code == 303
    assert asked.headers["location"].startswith("/login?next=%2Ftickets")
    answer = await stranger.try_log_in(AGENT.login, password_of(AGENT), next="/tickets?type=投诉")
    assert answer.headers["location"].startswith("/tickets")


@pytest.mark.parametrize(
    "away",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "evil"],
)
async def test_the_log_in_sends_nobody_to_a_foreign_place(stranger: Visit, away: str) -> None:
    answer = await stranger.try_log_in(AGENT.login, password_of(AGENT), next=away)
    assert answer.headers["location"] == "/desk"


async def test_an_empty_form_is_answered_in_one_sentence(stranger: Visit, town: Town) -> None:
    answer = await stranger.try_log_in("", "")
    assert answer.status_code == 422
    assert "请填工号和密码" in answer.text
    assert town.accounts.failures == []


async def test_logging_out_ends_the_session_on_the_server(agent: Visit, town: Town) -> None:
    stolen = dict(agent.client.cookies)
    answer = await agent.post_form("/logout")
    assert answer.headers["location"] == "/login"
    assert town.accounts.sessions == {}
    agent.client.cookies.update(stolen)
    assert (await agent.get("/desk")).status_code == 303


async def test_an_hour_without_a_request_logs_out(agent: Visit, town: Town) -> None:
    town.time.passes(59 * 60)
    assert (await agent.get("/desk")).status_code == 200
    town.time.passes(59 * 60)
    assert (await agent.get("/desk")).status_code == 200
    town.time.passes(61 * 60)
    assert (await agent.get("/desk")).headers["location"].startswith("/login")


async def test_after_one_shift_even_a_busy_session_ends(agent: Visit, town: Town) -> None:
    for _ in range(14):
        town.time.passes(59 * 60)
        await agent.get("/me")
    town.time.passes(59 * 60)
    assert (await agent.get("/me")).status_code == 303


async def test_a_session_is_written_at_most_once_a_minute(agent: Visit, town: Town) -> None:
    town.time.passes(61)
    for _ in range(5):
        await agent.get("/me")
    assert len(town.accounts.touched) == 1


async def test_a_page_that_refreshes_itself_keeps_no_log_in_alive(agent: Visit, town: Town) -> None:
    for _ in range(4):
        town.time.passes(16 * 60)
        answer = await agent.client.get("/emergency", headers={"x-refresh": "1"})
    assert answer.status_code == 303


async def test_a_new_password_ends_every_other_window(
    agent: Visit, town: Town, app: FastAPI
) -> None:
    import httpx

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ORIGIN) as client:
        elsewhere = Visit(client)
        await elsewhere.log_in(AGENT)
        new = "一句自己记得住的长话"
        answer = await agent.post_form("/me/password", old=password_of(AGENT), new=new, again=new)
        assert "密码已修改" in answer.text
        assert (await elsewhere.get("/me")).status_code == 303
    here = await agent.get("/me")
    assert here.status_code == 200
    assert token_in(here.text) != agent.csrf
    assert (await agent.try_log_in(AGENT.login, new)).status_code == 303


@pytest.mark.parametrize(
    ("old", "new", "again", "told"),
    [
        ("wrong", "long enough 12", "long enough 12", "原密码不对"),
        (None, "short", "short", "新密码至少 10 个字符"),
        (None, "aaaaaaaaaaaa", "aaaaaaaaaaaa", "太好猜"),
        (None, "pass-1001-word", "pass-1001-word", "太好猜"),
        (None, "long enough 12", "long enough 13", "两次输入的新密码不一样"),
        (None, None, None, "不能和原密码一样"),
    ],
)
async def test_a_bad_new_password_is_refused_in_one_sentence(
    agent: Visit, old: str | None, new: str | None, again: str | None, told: str
) -> None:
    mine = "correct horse 1001"
    answer = await agent.post_form(
        "/me/password", old=old or mine, new=new or mine, again=again or mine
    )
    assert answer.status_code == 422
    assert told in answer.text


async def test_an_administrator_resets_a_password_and_lifts_the_lock(
    stranger: Visit, town: Town
) -> None:
    for _ in range(5):
        await stranger.try_log_in(AGENT.login, "wrong")
    await stranger.log_in(PEOPLE[Role.ADMINISTRATOR])
    page = await stranger.post_form(f"/users/{AGENT.id}/password")
    new = page.text.split('class="new-password">')[1].split("<")[0]
    assert len(new) >= 16
    assert (await stranger.get("/users")).text.count(new) == 0
    stranger.client.cookies.clear()
    assert (await stranger.try_log_in(AGENT.login, new)).status_code == 303


async def test_shutting_somebody_out_ends_their_session(stranger: Visit, town: Town) -> None:
    await stranger.log_in(AGENT)
    agents_cookies = dict(stranger.client.cookies)
    stranger.client.cookies.clear()
    await stranger.log_in(PEOPLE[Role.ADMINISTRATOR])
    await stranger.post_form(f"/users/{AGENT.id}/disabled", disabled="true")
    assert "已停用" in (await stranger.get("/users")).text
    stranger.client.cookies.clear()
    stranger.client.cookies.update(agents_cookies)
    assert (await stranger.get("/desk")).status_code == 303


async def test_the_last_administrator_cannot_be_shut_out(stranger: Visit) -> None:
    admin = PEOPLE[Role.ADMINISTRATOR]
    await stranger.log_in(admin)
    answer = await stranger.post_form(f"/users/{admin.id}/disabled", disabled="true")
    assert answer.status_code == 422
    assert "不能停用自己的账号" in answer.text


async def test_the_real_cost_is_what_owasp_asks() -> None:
    passwords = Passwords(HashCost())
    kept = await passwords.hash("x")
    assert "$argon2id$v=19$m=19456,t=2,p=1$" in kept
    passwords.close()

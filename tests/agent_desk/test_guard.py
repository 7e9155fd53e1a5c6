"""What stands around every request."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence

import pytest

from agent_desk.ticket_views import Unit
from agent_desk.web import serve_options
from hotline.words import Role
from tests.agent_desk.fakes import ORIGIN, PEOPLE, Town
from tests.agent_desk.visits import Visit

pytestmark = pytest.mark.anyio

TICKET = {"key": "k" * 16, "type": "投诉", "summary": "夜间打桩"}


async def test_the_policy_allows_our_own_files_and_nothing_inline(agent: Visit) -> None:
    for path in ("/login", "/desk", "/tickets", "/static/css/tokens.css", "/nowhere", "/healthz"):
        policy = (await agent.get(path)).headers["content-security-policy"]
        rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
        assert rules == {
            "default-src": "'none'",
            "style-src": "'self'",
            "script-src": "'self'",
            "connect-src": "'self' ws://127.0.0.1:8000 ws://127.0.0.1:8088",
            "media-src": "'self' blob:",
            "img-src": "'self' data:",
            "form-action": "'self'",
            "frame-ancestors": "'none'",
            "base-uri": "'none'",
        }, path
        assert "unsafe" not in policy


async def test_every_answer_has_the_protective_headers(agent: Visit) -> None:
    headers = (await agent.get("/desk")).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["permissions-policy"].startswith("microphone=(self), camera=()")
    assert headers["cache-control"] == "no-store"
    assert (await agent.get("/static/css/tokens.css")).headers["cache-control"] == "no-cache"


async def test_no_template_has_what_the_policy_forbids(agent: Visit) -> None:
    for path in ("/login", "/desk", "/tickets", "/emergency", "/me", "/keys"):
        page = (await agent.get(path)).text
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", page), path
        assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", page)), path


async def test_a_form_without_the_token_is_refused(agent: Visit) -> None:
    answer = await agent.client.post("/me/look", data={"theme": "dark"}, headers={"origin": ORIGIN})
    assert answer.status_code == 403
    assert "请求不是从本系统的页面发出的" in answer.text


async def test_a_form_with_somebody_elses_token_is_refused(agent: Visit) -> None:
    agent.csrf = "x" * 43
    assert (await agent.post_form("/me/look", theme="dark")).status_code == 403


async def test_json_without_the_token_is_refused(agent: Visit) -> None:
    agent.csrf = ""
    answer = await agent.post_json("/api/tickets", TICKET)
    assert answer.status_code == 403
    assert answer.json()["error"].startswith("请求不是从本系统的页面发出的")


async def test_the_token_in_json_does_not_stand_for_the_header(agent: Visit) -> None:
    body = {**TICKET, "csrf": agent.csrf}
    agent.csrf = ""
    assert (await agent.post_json("/api/tickets", body)).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:8001"},
        {"origin": "https://127.0.0.1:8000"},
        {"origin": ORIGIN, "sec-fetch-site": "cross-site"},
        {"origin": ORIGIN, "sec-fetch-site": "same-site"},
    ],
)
async def test_a_request_from_another_page_is_refused(
    agent: Visit, headers: dict[str, str]
) -> None:
    form = {"csrf": agent.csrf, "theme": "dark"}
    assert (await agent.client.post("/me/look", data=form, headers=headers)).status_code == 403


async def test_a_foreign_log_in_form_is_refused(stranger: Visit) -> None:
    form = {"login": "1001", "password": "correct horse 1001"}
    answer = await stranger.client.post(
        "/login", data=form, headers={"origin": "http://evil.example"}
    )
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


async def test_another_name_for_this_host_is_refused(stranger: Visit) -> None:
    answer = await stranger.client.get("/login", headers={"host": "rebound.evil.example"})
    assert answer.status_code == 403


async def test_a_body_too_large_is_refused_before_it_is_read(agent: Visit) -> None:
    answer = await agent.post_json("/api/tickets", {**TICKET, "summary": "长" * 100_000})
    assert answer.status_code == 413
    assert answer.json()["error"] == "提交的内容太大，最多 256 KB"


async def test_a_body_too_large_in_pieces_is_refused_as_well(agent: Visit) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b"x" * 10_000

    headers = {
        "origin": ORIGIN,
        "x-csrf-token": agent.csrf,
        "content-type": "application/json",
    }
    answer = await agent.client.post("/api/tickets", content=pieces(), headers=headers)
    assert answer.status_code in (400, 413)


async def test_a_page_that_is_not_there_says_so_in_the_design(agent: Visit) -> None:
    answer = await agent.get("/nowhere")
    assert answer.status_code == 404
    assert "没有这一页" in answer.text
    assert "回到我的工作" in answer.text
    assert 'aria-label="主菜单"' in answer.text
    assert (await agent.get("/api/nowhere")).json() == {"error": "没有这一页，地址可能写错了"}


async def test_a_fault_of_ours_is_one_sentence_with_a_code(agent: Visit, town: Town) -> None:
    async def broken() -> Sequence[Unit]:
        raise RuntimeError("13800006027 must not be shown")

    town.tickets.units = broken  # type: ignore[method-assign]
    answer = await agent.get("/desk")
    assert answer.status_code == 500
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert "系统出了错，电话不受影响" in answer.text
    assert "13800006027" not in answer.text
    assert re.search(r"编号 <span class=\"num\">[0-9A-F]{8}</span>", answer.text)


async def test_health_says_nothing_to_strangers(stranger: Visit) -> None:
    assert (await stranger.get("/healthz")).json() == {"ok": True}
    for path in ("/docs", "/redoc", "/openapi.json"):
        assert (await stranger.get(path)).status_code == 404


async def test_the_look_is_kept_in_this_browser(agent: Visit) -> None:
    await agent.post_form("/me/look", theme="dark", size="size-l")
    page = (await agent.get("/tickets")).text
    assert 'data-theme="dark"' in page
    assert 'class="size-l"' in page
    agent.client.cookies.set("jiesu-theme", '"><script>', domain="127.0.0.1", path="/")
    assert (await agent.post_form("/me/look", theme="neon")).status_code == 422


def test_the_server_is_run_as_measured() -> None:
    options = serve_options()
    assert options["ws"] == "websockets-sansio"
    assert options["ws_per_message_deflate"] is False
    assert options["ws_ping_interval"] == options["ws_ping_timeout"] == 10.0
    assert options["timeout_graceful_shutdown"] == 5
    assert options["ws_max_size"] == 64 * 1024
    assert options["access_log"] is False


def test_every_role_has_a_chinese_name() -> None:
    from agent_desk.shield import ROLE_NAMES

    assert set(ROLE_NAMES) == set(Role) == set(PEOPLE)

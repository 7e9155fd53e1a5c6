from __future__ import annotations

import datetime as dt

import pytest

from hotline.errors import BadInput, NoSuch
from hotline.words import AgentId, Role, UnitId, UserId
from ledger.accounts import User
from ledger.store import Ledger
from ledger.units import Unit
from tests.ledger.conftest import Clock
from tests.ledger.stories import START

pytestmark = pytest.mark.anyio

HOUR = dt.timedelta(hours=1)


async def an_agent(ledger: Ledger) -> User:
    return await ledger.accounts.add_user(
        login="Li.Fang",
        display_name="李芳",
        roles=[Role.AGENT, Role.EDITOR],
        password_hash="$argon2id$x",
        by="setup",
        agent=AgentId("1001"),
    )


async def a_session(ledger: Ledger) -> User:
    user = await an_agent(ledger)
    await ledger.accounts.open_session(
        user.id, token_hash="h1", csrf="c1", expires_at=START + 12 * HOUR
    )
    return user


async def test_a_user_is_found_by_login_whatever_the_case(ledger: Ledger) -> None:
    user = await an_agent(ledger)
    assert await ledger.accounts.by_login(" li.FANG ") == (user, "$argon2id$x")
    assert await ledger.accounts.user(user.id) == user
    assert await ledger.accounts.users() == [user]
    assert user.roles == {Role.AGENT, Role.EDITOR}


async def test_a_login_name_is_given_once(ledger: Ledger) -> None:
    await an_agent(ledger)
    with pytest.raises(BadInput, match=r"登录名 li\.fang 已有人用"):
        await an_agent(ledger)


async def test_nobody_is_nobody(ledger: Ledger) -> None:
    assert await ledger.accounts.by_login("nobody") is None
    with pytest.raises(NoSuch, match="没有这个用户"):
        await ledger.accounts.user(UserId("nobody"))
    with pytest.raises(NoSuch):
        await ledger.accounts.set_password(UserId("nobody"), "x", by="setup")


async def test_a_session_is_in_force_until_it_expires(ledger: Ledger, clock: Clock) -> None:
    user = await a_session(ledger)
    session = await ledger.accounts.session("h1")
    assert session is not None
    assert (session.user, session.csrf, session.created_at) == (user, "c1", START)
    assert await ledger.accounts.session("another") is None
    clock.move(hours=13)
    assert await ledger.accounts.session("h1") is None


async def test_an_idle_session_is_not_in_force(ledger: Ledger, clock: Clock) -> None:
    await a_session(ledger)
    clock.move(minutes=20)
    await ledger.accounts.seen("h1")
    clock.move(minutes=20)
    half = dt.timedelta(minutes=30)
    assert await ledger.accounts.session("h1", idle=half) is not None
    clock.move(minutes=20)
    assert await ledger.accounts.session("h1", idle=half) is None


@pytest.mark.parametrize("act", ["revoke", "password", "disable"])
async def test_a_session_ends_at_once_when_it_must(ledger: Ledger, act: str) -> None:
    user = await a_session(ledger)
    match act:
        case "revoke":
            await ledger.accounts.revoke("h1")
        case "password":
            await ledger.accounts.set_password(user.id, "$argon2id$y", by="admin")
        case _:
            await ledger.accounts.set_disabled(user.id, True, by="admin")
    assert await ledger.accounts.session("h1") is None


async def test_failed_log_ins_are_counted_by_name_and_by_source(
    ledger: Ledger, clock: Clock
) -> None:
    accounts = ledger.accounts
    for login in ("li.fang", "LI.FANG", "wang"):
        await accounts.note_failure(login, "10.0.0.7")
    since = START - HOUR
    assert await accounts.failures_since(since, login="li.fang") == 2
    assert await accounts.failures_since(since, source="10.0.0.7") == 3
    await accounts.clear_failures("li.fang")
    assert await accounts.failures_since(since, login="li.fang") == 0
    clock.move(hours=3)
    assert await accounts.failures_since(clock() - HOUR, source="10.0.0.7") == 0
    await accounts.tidy(clock())
    assert await accounts.failures_since(since) == 0


async def test_units_form_a_tree_and_their_parents_must_exist(ledger: Ledger) -> None:
    bureau = Unit(UnitId("cg"), "城市管理局", UnitId("gxq"), position=2)
    office = Unit(UnitId("gxq"), "高新区管委会", kind="区", position=1)
    await ledger.units.put([bureau, office], by="setup")
    assert await ledger.units.all() == [office, bureau]
    with pytest.raises(BadInput, match="上级单位 none 不存在"):
        await ledger.units.put([Unit(UnitId("x"), "某局", UnitId("none"))], by="setup")
    closed = Unit(UnitId("cg"), "城市管理局", UnitId("gxq"), position=2, closed=True)
    await ledger.units.put([closed], by="setup")
    assert await ledger.units.all() == [office, closed]


async def test_changes_to_accounts_leave_their_trace(ledger: Ledger) -> None:
    user = await an_agent(ledger)
    await ledger.accounts.set_disabled(user.id, True, by="admin")
    rows = await ledger.audit.rows(subject=user.id)
    assert [(row.who, row.what) for row in rows] == [
        ("admin", "user.disabled"),
        ("setup", "user.add"),
    ]
    assert (await ledger.audit.verify()).intact

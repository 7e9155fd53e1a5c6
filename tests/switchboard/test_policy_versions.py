"""A ticket is judged by the text of the pack it was opened under, whatever becomes of the file."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from hotline.errors import BadPolicy, Objected
from hotline.packs import from_text, text_of
from hotline.policy import Policy
from hotline.words import Ticket, TicketId, TicketType
from ledger.units import Unit
from switchboard import policies
from switchboard.desk_handling import DeskHandling
from switchboard.desk_tickets import DeskTickets
from switchboard.policy_versions import DAYS_KNOWN, NOT_KEPT, PolicyVersions
from tests.switchboard.test_desk_books import BY, DRAFT, PACKS, opened
from tests.switchboard.test_desk_handling import BOSS, HOUSING, OFFICER, Case, at

pytestmark = pytest.mark.anyio

CHANGED = """
[pack]
code = "zhaoqing"
document = "《关于调整办理期限的通知》（肇高管〔2026〕9号）"
effective_from = 2026-01-01

[limits.complaint]
value = "5个工作日"
article = "第一条"
quote = "投诉自受理之日起5个工作日内办结"

[returns.window]
value = "5个工作日"
article = "第二条"
quote = "退回申请自收到之日起5个工作日内提出"
"""


def laid_over(data: Path) -> policies.Packs:
    """The packs after the city changed its own file, read again as a start reads them."""
    (data / "policies").mkdir(parents=True)
    (data / "policies" / "zhaoqing.toml").write_text(CHANGED, "utf-8")
    return policies.load(data)


@pytest.mark.parametrize("code", PACKS.codes)
def test_a_kept_text_gives_the_same_policy_on_every_day(code: str) -> None:
    for day in (dt.date(2026, 9, 25), dt.date(2027, 3, 1)):
        policy = PACKS.policy(code, day)
        assert from_text(text_of(policy), policy.version, day) == policy


def test_an_overlay_is_kept_with_what_it_lies_over(tmp_path: Path) -> None:
    policy = laid_over(tmp_path).policy("zhaoqing", dt.date(2026, 9, 25))
    again = from_text(text_of(policy), policy.version, policy.on)
    assert again == policy
    assert str(again.returns.window.value) == "5个工作日"


def test_a_kept_text_that_was_changed_is_refused() -> None:
    policy = PACKS.policy("zhaoqing", dt.date(2026, 9, 25))
    with pytest.raises(BadPolicy, match="与版本号不符"):
        from_text(text_of(policy).replace("15", "51"), policy.version, policy.on)


async def test_a_changed_pack_changes_new_tickets_and_no_old_one(tmp_path: Path) -> None:
    async with opened(tmp_path) as (ledger, before):
        await ledger.units.put([Unit(HOUSING, "区住建局")], by="setup")
        old = await before.save(DRAFT, call=None, by=BY, key="1", at=at("2026-11-02 09:00"))
        packs = laid_over(tmp_path / "data")
        assert (
            packs.policy("zhaoqing", dt.date(2026, 11, 2)).version
            != (await before.one(old.number)).policy_version
        )
        tickets = DeskTickets(
            ledger,
            city="zhaoqing",
            body="12345热线",
            policy=lambda moment: packs.policy("zhaoqing", moment.date()),
            calendar=packs.calendar,
        )
        handling = DeskHandling(
            ledger,
            body="12345热线",
            policy=lambda moment: packs.policy("zhaoqing", moment.date()),
            calendar=packs.calendar,
        )
        new = await tickets.save(DRAFT, call=None, by=BY, key="2", at=at("2026-11-02 09:00"))
        dates = {}
        for saved in (old, new):
            case = Case(ledger, handling, saved.number)
            await case.does(BOSS, "派单", "2026-11-02 10:00", unit="housing")
            now = await handling.now(saved.number, BOSS, at("2026-11-02 10:01"))
            assert now.note == ""
            due = now.turns[-1].due_at
            assert due is not None
            assert (await tickets.one(saved.number)).due.due_at == due
            dates[saved.number] = due.date()
        assert dates == {old.number: dt.date(2026, 11, 23), new.number: dt.date(2026, 11, 9)}
        with pytest.raises(Objected, match="2个工作日内提出，已于11月4日届满〔第九条"):
            await Case(ledger, handling, old.number).does(
                OFFICER, "申请退回", "2026-11-05 09:00", need_1="不是我们的", need_2="三定方案"
            )
        await Case(ledger, handling, new.number).does(
            OFFICER, "申请退回", "2026-11-05 09:00", need_1="不是我们的", need_2="三定方案"
        )


async def test_a_version_is_kept_once_and_survives_what_is_kept_later(tmp_path: Path) -> None:
    async with opened(tmp_path) as (ledger, tickets):
        version = PACKS.policy("zhaoqing", dt.date(2026, 11, 2)).version
        assert await ledger.policy_texts.of(version) is None
        await tickets.save(DRAFT, call=None, by=BY, key="1", at=at("2026-11-02 09:00"))
        kept = await ledger.policy_texts.of(version)
        await ledger.policy_texts.keep(version, "something else")
        assert kept is not None
        assert await ledger.policy_texts.of(version) == kept


async def test_of_very_many_days_only_those_used_last_are_remembered(tmp_path: Path) -> None:
    policy = PACKS.policy("zhaoqing", dt.date(2026, 11, 2))
    async with opened(tmp_path) as (ledger, _):
        await ledger.policy_texts.keep(policy.version, text_of(policy))
        versions = PolicyVersions(ledger.policy_texts, lambda _: policy)

        async def on(day: int) -> Policy:
            moment = at("2026-11-02 09:00") + dt.timedelta(days=day)
            ticket = Ticket(
                id=TicketId("20261102-000001"),
                city="zhaoqing",
                type=TicketType.COMPLAINT,
                status="登记",
                opened_at=moment,
                policy_version=policy.version,
            )
            return (await versions.of(ticket))[0]

        first = await on(0)
        for day in range(1, DAYS_KNOWN):
            await on(day)
        assert await on(0) is first
        second = await on(1)
        for day in range(DAYS_KNOWN, 2 * DAYS_KNOWN - 1):
            await on(day)
        assert await on(1) is second
        assert await on(0) is not first
        assert await on(0) == first


@pytest.mark.parametrize("changed", [False, True])
async def test_a_ticket_older_than_the_keeping_is_judged_by_date_and_its_page_says_so(
    tmp_path: Path, changed: bool
) -> None:
    async with opened(tmp_path) as (ledger, tickets):
        saved = await tickets.save(DRAFT, call=None, by=BY, key="1", at=at("2026-11-02 09:00"))
        async with ledger.database.write() as connection:
            await connection.exec_driver_sql("DELETE FROM policy_versions")
        packs = laid_over(tmp_path / "data") if changed else PACKS
        handling = DeskHandling(
            ledger,
            body="12345热线",
            policy=lambda moment: packs.policy("zhaoqing", moment.date()),
            calendar=packs.calendar,
        )
        now = await handling.now(saved.number, BOSS, at("2026-11-02 10:01"))
        assert now.note == (NOT_KEPT if changed else "")
        version = (await tickets.one(saved.number)).policy_version
        assert (await ledger.policy_texts.of(version) is None) is changed

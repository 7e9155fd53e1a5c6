"""The access ledger of tickets, and which unit has which ticket, on both databases."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select, update

from hotline.errors import BadInput, NoSuch
from hotline.handling_words import Act, Part, Stage, TicketActed
from hotline.need_to_know import Field
from hotline.words import Role, TicketId, UnitId, UserId
from ledger import people_tables as p
from ledger import tables as t
from ledger.access import REVEAL, VIEW, Noted
from ledger.keys import rekey
from ledger.seal import KeyRing
from ledger.store import Ledger
from ledger.units import Unit, UnitCard
from tests.ledger.conftest import KEY, Clock
from tests.ledger.stories import START, save_of

pytestmark = pytest.mark.anyio

WHO, OTHER = UserId("u1"), UserId("u2")
LEAD, HELP = UnitId("lead"), UnitId("help")


async def a_ticket(ledger: Ledger) -> TicketId:
    stored = await ledger.tickets.open(START, lambda number: save_of(number, summary="打桩"))
    return stored.ticket.id


def acted(number: TicketId, act: Act, minute: int, **more: object) -> TicketActed:
    given: dict[str, object] = {
        "at": START + dt.timedelta(minutes=minute),
        "ticket": number,
        "act": act,
        "by": "u1",
        "part": Part.CENTRE,
        "body": "热线",
        "stage": Stage.DISPATCHED,
    }
    return TicketActed(**(given | more))  # type: ignore[arg-type]


async def follow(ledger: Ledger, number: TicketId, fact: TicketActed, done: int) -> None:
    async with ledger.database.write() as connection:
        await ledger.tickets.work.follow(connection, number, [fact], done)


@pytest.mark.clause("ZQ-24", "HB-36")
async def test_who_was_shown_what_stands_in_the_chain_with_the_reason(ledger: Ledger) -> None:
    number = await a_ticket(ledger)
    await ledger.access.opened(number, WHO)
    await ledger.access.reveal(number, OTHER, [Field.PHONE], "contact", "回拨核对门牌")
    newest, first = await ledger.access.of(number)
    assert (newest.what, newest.who, newest.fields) == (REVEAL, OTHER, (Field.PHONE,))
    assert (newest.code, newest.words, newest.intact) == ("contact", "回拨核对门牌", True)
    assert (first.what, first.who) == (VIEW, WHO)
    assert (await ledger.audit.verify()).intact


async def test_the_words_of_a_reason_are_nowhere_to_be_read(ledger: Ledger) -> None:
    number = await a_ticket(ledger)
    await ledger.access.reveal(number, WHO, [Field.NAME], "audit", "林女士投诉逾期")
    (row,) = await ledger.audit.rows(subject=f"ticket:{number}", limit=1)
    assert "林女士" not in str(row.detail)


async def test_words_put_in_place_of_others_do_not_fit(ledger: Ledger) -> None:
    number = await a_ticket(ledger)
    await ledger.access.reveal(number, WHO, [Field.NAME], "audit", "第一个理由")
    seq = (await ledger.access.of(number))[0].seq
    place = {"table": "access_words", "column": "body", "row": str(seq)}
    forged = KeyRing(KEY).seal("另一个理由", **place)
    async with ledger.database.write() as connection:
        await connection.execute(update(p.access_words).values(body=forged))
    assert not (await ledger.access.of(number))[0].intact


async def test_a_row_of_the_access_ledger_that_was_changed_breaks_the_chain(ledger: Ledger) -> None:
    number = await a_ticket(ledger)
    await ledger.access.reveal(number, WHO, [Field.NAME], "audit", "核对姓名")
    async with ledger.database.write() as connection:
        await connection.execute(update(t.audit).where(t.audit.c.what == REVEAL).values(who="u9"))
    assert not (await ledger.audit.verify()).intact


async def test_looking_on_is_one_line_and_looking_again_another(
    ledger: Ledger, clock: Clock
) -> None:
    number = await a_ticket(ledger)
    for minutes in (0, 4, 4, 7):
        clock.move(minutes=minutes)
        await ledger.access.opened(number, WHO)
    assert len(await ledger.access.of(number)) == 2


async def test_what_was_revealed_stands_to_that_person_for_its_time(
    ledger: Ledger, clock: Clock
) -> None:
    number = await a_ticket(ledger)
    await ledger.access.reveal(number, WHO, [Field.PHONE], "contact", "回拨核对")
    since = clock() - dt.timedelta(minutes=10)
    assert await ledger.access.standing(number, WHO, since) == {Field.PHONE}
    assert await ledger.access.standing(number, OTHER, since) == frozenset()
    assert await ledger.access.standing(number, WHO, clock()) == frozenset()


@pytest.mark.clause("GZ-11")
async def test_what_a_caller_asked_to_keep_secret_is_kept(ledger: Ledger) -> None:
    number = await a_ticket(ledger)
    assert await ledger.access.noted(number) == Noted()
    noted = Noted(frozenset({Field.ADDRESS, Field.NAME}), frozenset({LEAD}))
    await ledger.access.note(number, noted, by=WHO)
    assert await ledger.access.noted(number) == noted
    assert (await ledger.access.of(number))[0].what == "ticket.secrecy"


@pytest.mark.clause("ZS-16")
async def test_a_unit_has_its_ticket_since_it_first_received_it(ledger: Ledger) -> None:
    number, work = await a_ticket(ledger), ledger.tickets.work
    await follow(ledger, number, acted(number, Act.DISPATCH, 1, unit=LEAD, helpers=(HELP,)), 2)
    await follow(ledger, number, acted(number, Act.DISPATCH, 9, unit=LEAD), 3)
    (mine,) = await work.open_of(LEAD)
    assert (mine.part, mine.since) == ("lead", START + dt.timedelta(minutes=1))
    assert await work.open_of(HELP) == []
    await follow(ledger, number, acted(number, Act.GRANT_RETURN, 12), 4)
    assert await work.open_of(LEAD) == []


async def test_a_unit_is_told_what_others_did_until_it_notes_it(ledger: Ledger) -> None:
    number, work = await a_ticket(ledger), ledger.tickets.work
    await follow(ledger, number, acted(number, Act.DISPATCH, 1, unit=LEAD, helpers=(HELP,)), 2)
    await follow(ledger, number, acted(number, Act.DENY_CLOSE, 5), 3)
    await follow(ledger, number, acted(number, Act.ASSIST, 6, unit=HELP), 4)
    told = await work.notices(LEAD, since=START)
    assert [(one.what, one.act) for one in told] == [
        ("报送协办情况", 3),
        ("退回继续办理", 2),
        ("派单", 1),
    ]
    assert await work.unseen(HELP) == 2
    await work.note(LEAD, [(number, 2)], WHO)
    assert await work.unseen(LEAD) == 2


@pytest.mark.clause("ZQ-5", "HB-10(一)")
async def test_who_answers_for_a_unit_is_kept_sealed_and_each_change_has_its_line(
    ledger: Ledger,
) -> None:
    card = UnitCard(duty="市容", first="何国强", officer="邓志明")
    await ledger.units.put([Unit(LEAD, "城管局")], by="a", cards={LEAD: card})
    assert await ledger.units.cards() == {LEAD: card}
    await ledger.units.put([Unit(LEAD, "城管局", closed=True)], by="a")
    assert await ledger.units.cards() == {LEAD: card}
    newest, first = await ledger.units.history(LEAD)
    assert newest.detail["changed"] == {"closed": [False, True]}
    assert first.detail["card"] == ["duty", "first", "officer"]
    assert "何国强" not in str(first.detail)


async def test_a_unit_that_a_ticket_names_is_not_removed(ledger: Ledger) -> None:
    await ledger.units.put([Unit(LEAD, "城管局"), Unit(HELP, "住建局")], by="a")
    number = await a_ticket(ledger)
    await follow(ledger, number, acted(number, Act.DISPATCH, 1, unit=LEAD), 2)
    with pytest.raises(BadInput, match="还有工单"):
        await ledger.units.remove(LEAD, by="a")
    await ledger.units.remove(HELP, by="a")
    assert [unit.code for unit in await ledger.units.all()] == [LEAD]
    with pytest.raises(NoSuch):
        await ledger.units.remove(HELP, by="a")


async def test_a_unit_does_not_stand_under_itself(ledger: Ledger) -> None:
    await ledger.units.put([Unit(LEAD, "城管局"), Unit(HELP, "中队", LEAD)], by="a")
    with pytest.raises(BadInput, match="绕成了一圈"):
        await ledger.units.put([Unit(LEAD, "城管局", HELP)], by="a")


async def test_the_last_administrator_stays_whoever_asks(ledger: Ledger) -> None:
    accounts = ledger.accounts
    first, second = [
        await accounts.add_user(
            login=login, display_name=login, roles=[Role.ADMINISTRATOR], password_hash="x", by="a"
        )
        for login in ("a1", "a2")
    ]
    await accounts.set_disabled(first.id, True, by=second.id)
    with pytest.raises(BadInput, match="最后一位系统管理员"):
        await accounts.set_disabled(second.id, True, by=first.id)
    with pytest.raises(BadInput, match="最后一位系统管理员"):
        await accounts.change_user(
            second.id, display_name="x", roles=[Role.EDITOR], agent=None, unit=None, by="a"
        )
    assert not (await accounts.user(second.id)).disabled


async def test_a_password_from_somebody_else_is_for_one_log_in(ledger: Ledger) -> None:
    user = await ledger.accounts.add_user(
        login="o1", display_name="o", roles=[Role.OFFICER], password_hash="x", by="a"
    )
    await ledger.accounts.set_password(user.id, "y", by="a")
    assert (await ledger.accounts.user(user.id)).must_change
    await ledger.accounts.set_password(user.id, "z", by=user.id)
    assert not (await ledger.accounts.user(user.id)).must_change


async def test_reasons_and_cards_are_read_under_a_new_key(ledger: Ledger) -> None:
    number = await a_ticket(ledger)
    await ledger.access.reveal(number, WHO, [Field.NAME], "audit", "核对姓名")
    await ledger.units.put([Unit(LEAD, "城管局")], by="a", cards={LEAD: UnitCard(first="何国强")})
    keys = KeyRing(bytes(range(1, 33)), (KEY,))
    await rekey(ledger.database, keys)
    async with ledger.database.read() as connection:
        for column in (p.access_words.c.body, p.unit_cards.c.body):
            sealed = (await connection.execute(select(column))).scalar_one()
            assert sealed.key_id == keys.current_id

"""答复 at intake on a real database: kept with the ticket, or the answer that ends it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from agent_desk.access_views import seen
from agent_desk.aids import Adopted
from agent_desk.intake_views import Intake
from hotline.errors import BadInput
from hotline.handling_words import Act, Stage
from hotline.messages import TOPIC
from hotline.need_to_know import Secrecy
from hotline.words import CallId, Role, TicketId, UserId
from ledger.shown import ShownArticle
from ledger.tables import outbox
from switchboard.desk_tickets import DeskTickets
from tests.switchboard.test_desk_books import PACKS
from tests.switchboard.test_desk_repeats import AGENT, NOISE, NOW, Desk, a_desk

pytestmark = pytest.mark.anyio

CALL = CallId("call-1")
SAID = "夜间十点到早上六点禁止打桩，城管执法局今晚去看。"
CARD = Adopted(article="env-night-work", version=2)


async def saves(desk: Desk, intake: Intake, tickets: DeskTickets | None = None) -> TicketId:
    card = ShownArticle(CALL, CARD.article, CARD.version, "夜间施工", internal=False, at=NOW)
    await desk.ledger.shown.add([card])
    never = Adopted(article="never-shown", version=1)
    saved = await (tickets or desk.tickets).save(
        NOISE, call=CALL, by=AGENT, key="key-1", at=NOW, adopted=(CARD, never), intake=intake
    )
    assert saved.said == ("已直接答复，答复写入工单，不再派单" if intake.how == "answer" else "")
    return saved.number


async def test_what_the_caller_was_told_is_kept_sealed_and_the_ticket_goes_its_way(
    tmp_path: Path,
) -> None:
    async with a_desk(tmp_path) as desk:
        number = await saves(desk, Intake(reply=SAID))
        full = await desk.tickets.one(number)
        assert (full.status, full.reply) == (Stage.REGISTERED, SAID)
        assert [(one.article, one.adopted) for one in full.shown] == [(CARD.article, True)]
        assert (await desk.ledger.tickets.search.words("城管执法局今晚")).numbers == (number,)
        stranger = replace(AGENT, id=UserId("u9"), roles=frozenset({Role.OFFICER}))
        secret = Secrecy(writer=AGENT.id, confidential=True, lead=None, helpers=frozenset())
        assert seen(full, stranger, secret).ticket.reply == ""
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("jiesu.db*"))
    assert "城管执法局今晚".encode() not in kept


@pytest.mark.clause("HB-21¶2")
async def test_an_answer_at_once_ends_the_ticket_with_its_words_and_their_source(
    tmp_path: Path,
) -> None:
    async with a_desk(tmp_path, "hebei") as desk:
        number = await saves(desk, Intake(how="answer", reply=SAID))
        stored = await desk.ledger.tickets.load(number)
        assert stored.ticket.status == Stage.ANSWERED
        assert SAID in stored.texts["act-1"]
        assert "《夜间施工》第2版" in stored.texts["act-1"]
        assert "reply" not in stored.texts
        (act,) = await desk.acts(number)
        assert (act.act, act.by) == (Act.ANSWER, AGENT.id)


async def test_an_answer_that_says_nothing_ends_nothing(tmp_path: Path) -> None:
    async with a_desk(tmp_path) as desk:
        with pytest.raises(BadInput, match="请先写明怎样答复了来电人"):
            await saves(desk, Intake(how="answer"))


async def test_where_the_site_sends_messages_the_caller_is_asked_in_the_same_transaction(
    tmp_path: Path,
) -> None:
    async with a_desk(tmp_path) as desk:
        tickets = DeskTickets(
            desk.ledger,
            city="zhaoqing",
            body="12345热线",
            policy=lambda moment: PACKS.policy("zhaoqing", moment.date()),
            calendar=PACKS.calendar,
            messages=True,
        )
        number = await saves(desk, Intake(how="answer", reply=SAID), tickets)
        assert [one.act for one in await desk.acts(number)] == [Act.ANSWER, Act.INVITE]
        async with desk.ledger.database.read() as connection:
            rows = (await connection.execute(outbox.select())).all()
        assert TOPIC in {row.topic for row in rows}

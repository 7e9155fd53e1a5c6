"""Messages from a closed ticket to its caller and back, on a real database and real sockets."""

from __future__ import annotations

import asyncio
import datetime as dt
import socket
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import update

from hotline.handling_gates import Asked
from hotline.handling_words import Act, Part, Stage, TicketActed
from hotline.messages import MessageGateway, Receipt, Taken, Text
from hotline.words import Phone
from ledger import tables as t
from switchboard.rating_acts import RatingActs
from switchboard.site_sms import Sms
from switchboard.site_values import Secret
from switchboard.sms_gateways import FileGateway, HttpGateway, filled
from switchboard.sms_replies import Replies
from switchboard.sms_sending import MessageSender
from tests.switchboard.sms_platform import platform
from tests.switchboard.test_desk_books import DRAFT, PACKS
from tests.switchboard.test_desk_handling import BOSS, OFFICER, Case, a_case, at

pytestmark = pytest.mark.anyio

NUMBER = Phone(DRAFT.phone)
TEXT = Text("T.survey.1", NUMBER, '【12345】已办结 "1" \\ 换行')


@dataclass
class Hand:
    """A gateway one holds: it answers what is next, and remembers what it was given."""

    idempotent: bool = False
    answers: list[Receipt] = field(default_factory=list)
    given: list[Text] = field(default_factory=list)

    async def send(self, text: Text) -> Receipt:
        self.given.append(text)
        return self.answers.pop(0) if self.answers else Receipt(Taken.SENT)


@dataclass
class Out:
    """The way out and back, with a clock one turns by hand."""

    case: Case
    now: dt.datetime
    acts: RatingActs
    sender: MessageSender
    replies: Replies

    async def codes(self, act: Act) -> list[str]:
        recorded = await self.case.ledger.tickets.facts_of(self.case.number)
        facts = [one.fact for one in recorded if isinstance(one.fact, TicketActed)]
        return [fact.code for fact in facts if fact.act is act]


def ways(case: Case, city: str, gateway: MessageGateway | None, when: str) -> Out:
    acts = RatingActs(
        case.ledger,
        body="12345热线",
        policy=lambda moment: PACKS.policy(city, moment.date()),
        calendar=PACKS.calendar,
    )
    out: Out

    def now() -> dt.datetime:
        return out.now

    sender = MessageSender(case.ledger, acts, gateway, line="12345热线", now=now)
    out = Out(case, at(when), acts, sender, Replies(case.ledger, acts, now))
    return out


@asynccontextmanager
async def closed(
    tmp_path: Path, gateway: MessageGateway | None, city: str = "zhaoqing"
) -> AsyncIterator[Out]:
    """The complaint of the other tests, closed at ten on the tenth of November."""
    async with a_case(tmp_path, city, messages=True) as case:
        await case.does(BOSS, "派单", "2026-11-02 10:00", unit="housing")
        await case.does(OFFICER, "签收", "2026-11-02 11:00")
        out = ways(case, city, gateway, "2026-11-10 10:01")
        needs = PACKS.policy(city, out.now.date()).close.sections.value or ()
        asked = Asked(
            act=Act.ASK_CLOSE,
            part=Part.UNIT,
            by=OFFICER.id,
            body="区住建局",
            given=frozenset(needs),
        )
        written = dict.fromkeys(needs, "已写明")
        await out.acts.do(case.number, asked, at("2026-11-10 09:00"), written)
        await case.does(BOSS, "同意办结", "2026-11-10 10:00")
        yield out


@pytest.mark.clause("ZQ-15¶1", "ZQ-15(一)")
async def test_a_closed_ticket_asks_its_caller_and_the_reply_is_its_rating(tmp_path: Path) -> None:
    hand = Hand()
    async with closed(tmp_path, hand) as out:
        assert await out.codes(Act.INVITE) == ["待发送"]
        assert await out.sender.turn()
        [text] = hand.given
        assert text.to == NUMBER
        assert out.case.number in text.body
        assert await out.codes(Act.INVITE) == ["待发送", "已发送"]
        assert not await out.sender.turn()
        assert await out.replies.take(NUMBER, "回复2。") == "rated"
        assert await out.codes(Act.RATE) == ["满意"]
        stored = await out.case.ledger.tickets.load(out.case.number)
        assert stored.ticket.status == Stage.RATED
        now = await out.case.handling.now(out.case.number, BOSS, out.now)
        told = {act.what: (act.who, act.body, act.text) for act in now.acts}
        assert told["评价"] == ("短信", "12345热线（市热线）", "满意；短信原文：回复2")
        assert await out.replies.take(NUMBER, "5") == "again"
        assert await out.codes(Act.RATE) == ["满意"]


@pytest.mark.clause("ZQ-15¶2")
async def test_an_invalid_reply_may_be_put_right_within_the_day_and_a_late_one_changes_nothing(
    tmp_path: Path,
) -> None:
    async with closed(tmp_path, Hand()) as out:
        await out.sender.turn()
        assert await out.replies.take(NUMBER, "1 2") == "invalid"
        assert await out.replies.take(NUMBER, "都不好") == "invalid"
        assert await out.replies.take(NUMBER, "不满意") == "rated"
        assert await out.codes(Act.RATE) == ["无效评价", "不满意"]
        [row] = (await out.case.ledger.tickets.follow_ups.page()).items
        assert (row.due.why, row.due.article) == ("登记不满意的原因", "第十五条（二）")
    async with closed(tmp_path / "late", Hand()) as out:
        await out.sender.turn()
        out.now = at("2026-11-11 10:02")
        assert await out.replies.take(NUMBER, "1") == "late"
        assert await out.codes(Act.RATE) == []


async def test_a_reply_of_a_stranger_or_a_second_time_changes_nothing(tmp_path: Path) -> None:
    async with closed(tmp_path, Hand()) as out:
        await out.sender.turn()
        assert await out.replies.take(Phone("13900000000"), "1") == "unknown"
        assert await out.replies.take(NUMBER, "1", id="mo-1") == "rated"
        assert await out.replies.take(NUMBER, "1", id="mo-1") == "again"
        assert await out.codes(Act.RATE) == ["非常满意"]


async def test_a_platform_that_is_away_is_tried_later_and_nothing_is_sent_twice(
    tmp_path: Path,
) -> None:
    hand = Hand(answers=[Receipt(Taken.RETRY, "connect"), Receipt(Taken.SENT)])
    async with closed(tmp_path, hand) as out:
        await out.sender.turn()
        assert await out.codes(Act.INVITE) == ["待发送"]
        [waiting] = await out.case.ledger.messages.of_ticket(out.case.number)
        assert (waiting.state, waiting.why, waiting.attempts) == ("waiting", "connect", 1)
        assert await out.case.ledger.outbox.depth() == 1
        await again(out)
        assert await out.codes(Act.INVITE) == ["待发送", "已发送"]
        assert await out.case.ledger.outbox.depth() == 0
        assert {text.key for text in hand.given} == {f"{out.case.number}.survey.1"}


async def again(out: Out) -> None:
    """The message is due once more, as after a wait or a crash."""
    async with out.case.ledger.database.write() as connection:
        await connection.execute(update(t.outbox).values(claimed_until=None))
    await out.sender.turn()


@pytest.mark.parametrize(
    ("idempotent", "given", "codes"),
    [(False, 1, ["待发送", "未送达"]), (True, 2, ["待发送", "已发送"])],
)
async def test_a_crash_while_it_was_handed_over_never_makes_two_messages(
    tmp_path: Path, idempotent: bool, given: int, codes: list[str]
) -> None:
    class Dies(Hand):
        async def send(self, text: Text) -> Receipt:
            await super().send(text)
            if len(self.given) == 1:
                raise asyncio.CancelledError
            return Receipt(Taken.SENT)

    hand = Dies(idempotent=idempotent)
    async with closed(tmp_path, hand) as out:
        with pytest.raises(asyncio.CancelledError):
            await out.sender.turn()
        await again(out)
        assert len(hand.given) == given
        assert len({text.key for text in hand.given}) == 1
        assert await out.codes(Act.INVITE) == codes
        page = await out.case.ledger.tickets.follow_ups.page()
        assert [row.due.why for row in page.items] == (
            [] if idempotent else ["评价短信没有送达，电话征求评价"]
        )


async def test_a_platform_that_stays_away_leaves_it_to_the_telephone(tmp_path: Path) -> None:
    hand = Hand(answers=[Receipt(Taken.RETRY, "connect")] * 2)
    async with closed(tmp_path, hand) as out:
        await out.sender.turn()
        out.now += dt.timedelta(days=30)
        await again(out)
        assert len(hand.given) == 1
        assert await out.codes(Act.INVITE) == ["待发送", "未送达"]


async def test_without_a_gateway_nothing_is_asked_by_message(tmp_path: Path) -> None:
    async with closed(tmp_path, None) as out:
        await out.sender.turn()
        assert await out.codes(Act.INVITE) == ["待发送", "未送达"]


# ------------------------------------------------------------------------------------- gateways
def settings(url: str, **more: object) -> Sms:
    return Sms(gateway="http", url=url, timeout_s=1, secret=Secret("Bearer k"), **more)  # type: ignore[arg-type]  # the tests' own names


async def test_a_platform_gets_number_words_key_and_secret_once() -> None:
    with platform() as there:
        receipt = await HttpGateway(settings(there.url, accepted='"OK"')).send(TEXT)
        assert receipt.taken is Taken.SENT
        assert there.took == [{"to": "13800138000", "text": TEXT.body, "id": "T.survey.1"}]
        assert there.headers[0]["Authorization"] == "Bearer k"
        assert there.headers[0]["Idempotency-Key"] == "T.survey.1"


@pytest.mark.parametrize(
    ("status", "says", "taken"),
    [
        (500, "", Taken.UNSURE),
        (502, "<html>", Taken.UNSURE),
        (503, "", Taken.RETRY),
        (429, "", Taken.RETRY),
        (400, "bad", Taken.REFUSED),
        (302, "", Taken.REFUSED),
        (200, "\udcff\udcfe garbage", Taken.UNSURE),
        (200, '{"code": "OK"}', Taken.SENT),
    ],
)
async def test_what_a_platform_answers_says_what_became_of_it(
    status: int, says: str, taken: Taken
) -> None:
    with platform() as there:
        there.status, there.says = status, says
        receipt = await HttpGateway(settings(there.url, accepted='"OK"')).send(TEXT)
        assert receipt.taken is taken
        assert len(there.took) == 1


async def test_a_platform_that_never_answers_leaves_its_fate_unknown() -> None:
    with platform() as there:
        there.silent = True
        receipt = await HttpGateway(settings(there.url)).send(TEXT)
        assert (receipt.taken, receipt.why) == (Taken.UNSURE, "timeout")


async def test_a_platform_that_refuses_the_connection_took_nothing() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # bound and not listening: refused, and nobody else's
        port = held.getsockname()[1]
        receipt = await HttpGateway(settings(f"http://127.0.0.1:{port}/send")).send(TEXT)
    assert receipt.taken is Taken.RETRY


def test_a_form_body_is_escaped_for_its_format() -> None:
    sms = Sms(template="m={number}&c={text}", content_type="application/x-www-form-urlencoded")
    assert filled(sms, Text("k", NUMBER, "a&b=1 满")) == "m=13800138000&c=a%26b%3D1+%E6%BB%A1"


async def test_the_file_has_a_line_for_each_key_and_is_its_owners_alone(tmp_path: Path) -> None:
    gateway = FileGateway(tmp_path / "sms", lambda: at("2026-11-10 10:00"))
    for text in (TEXT, TEXT, Text("T.survey.2", NUMBER, "第二条")):
        assert (await gateway.send(text)).taken is Taken.SENT
    file = tmp_path / "sms" / "outgoing.txt"
    lines = file.read_text("utf-8").splitlines()
    assert [line.split("\t")[1:3] for line in lines] == [
        ["T.survey.1", "13800138000"],
        ["T.survey.2", "13800138000"],
    ]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600

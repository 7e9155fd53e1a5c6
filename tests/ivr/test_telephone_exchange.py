"""The telephone at an exchange: registering, proving itself, handing calls over."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from ivr import sip
from ivr.call_acts import transfer, transfer_to
from ivr.sip_link import Incoming, NoResponse
from ivr.telephone import CallRefused, NotInCall, RegistrationRefused, Telephone
from tests.ivr.telephones import QUICK, a_pair, a_registrar, a_telephone, until

pytestmark = pytest.mark.anyio


async def test_it_registers_with_its_password_and_signs_off() -> None:
    async with (
        a_registrar("s3cret") as registrar,
        a_telephone("1001", server=registrar.link.address, password="s3cret") as telephone,
    ):
        await telephone.register(seconds=120)
        registered = [telephone.registered]
        await telephone.unregister()
        assert [*registered, telephone.registered] == [True, False]
        assert [expires for _, expires in registrar.contacts] == ["120", "0"]
        assert registrar.contacts[0][0] == telephone.station.contact
        first = telephone.log.sent("REGISTER")[0].message
        assert first is not None
        assert first.headers.first("Authorization") is None


async def test_it_stays_registered() -> None:
    async with (
        a_registrar("s3cret", grants=1) as registrar,
        a_telephone("1001", server=registrar.link.address, password="s3cret") as telephone,
    ):
        await telephone.register()
        await until(lambda: len(registrar.contacts) >= 2, 20)
        assert telephone.registered


async def test_a_wrong_password_is_told_in_one_sentence_and_not_tried_for_ever() -> None:
    async with (
        a_registrar("right") as registrar,
        a_telephone("1001", server=registrar.link.address, password="wrong") as telephone,
    ):
        with pytest.raises(RegistrationRefused, match="请检查号码和密码"):
            await telephone.register()
        assert len(telephone.log.sent("REGISTER")) == 3
        assert not telephone.registered


async def test_an_exchange_that_is_not_there_is_told_in_one_sentence() -> None:
    async with a_telephone("1001", password="x", timers=QUICK) as telephone:
        with pytest.raises(NoResponse, match="没有回应 REGISTER"):
            await telephone.register()


async def test_a_challenged_call_is_made_again_with_proof() -> None:
    async with a_registrar("s3cret") as registrar:
        got: list[str] = []

        def take(incoming: Incoming) -> None:
            got.append(incoming.request.method)
            if not incoming.request.headers.first("Authorization"):
                registrar.take(incoming)
            elif incoming.request.method == "INVITE":
                registrar.link.reply(incoming, sip.respond(incoming.request, 486, to_tag="b"))

        registrar.link.ears.on_request = take
        async with a_telephone(
            "1001", server=registrar.link.address, password="s3cret"
        ) as telephone:
            call = await telephone.call("12345")
            with pytest.raises(CallRefused) as refused:
                await call.answered()
            assert refused.value.status == 486
            first, second = (entry.message for entry in telephone.log.sent("INVITE"))
            assert first is not None
            assert second is not None
            assert (sip.cseq(first).number, sip.cseq(second).number) == (1, 2)
            assert first.body == second.body
            assert len(telephone.log.sent("ACK")) == 2


async def test_a_blind_transfer_names_the_number_and_reports_the_outcome() -> None:
    async with a_pair() as (citizen, agent):
        call = await citizen.call("12345")
        await call.answered()
        taken = await agent.next_call()
        asked = as_an_exchange(citizen, outcome="200 OK")
        assert await transfer(taken, "1002") == 200
        host, port = taken.peer
        assert asked == [f"<sip:1002@{host}:{port}>"]


async def test_a_transfer_that_fails_says_how() -> None:
    async with a_pair() as (citizen, agent):
        call = await citizen.call("12345")
        await call.answered()
        taken = await agent.next_call()
        as_an_exchange(citizen, outcome="486 Busy Here")
        assert await transfer(taken, "1002") == 486


async def test_an_attended_transfer_names_the_call_it_replaces() -> None:
    async with a_pair() as (exchange, agent):
        first = await exchange.call("1001")
        await first.answered()
        caller = await agent.next_call()
        second = await exchange.call("1001")
        await second.answered()
        colleague = await agent.next_call()
        asked = as_an_exchange(exchange, outcome="200 OK")
        assert await transfer_to(caller, colleague) == 200
        local, remote = second.dialog.local.tag, second.dialog.remote.tag
        replaces = f"{second.id}%3Bto-tag%3D{local}%3Bfrom-tag%3D{remote}"
        assert asked == [f"<{exchange.station.contact}?Replaces={replaces}>"]


async def test_a_refused_transfer_and_one_without_a_call_are_named() -> None:
    async with a_pair() as (citizen, agent):
        call = await citizen.call("12345")
        await call.answered()
        taken = await agent.next_call()
        with pytest.raises(CallRefused) as refused:
            await transfer(taken, "1002")
        assert refused.value.status == 603
        await call.hang_up()
        await taken.ended()
        with pytest.raises(NotInCall):
            await transfer(taken, "1002")


def as_an_exchange(telephone: Telephone, *, outcome: str) -> list[str]:
    """Take REFER as an exchange does: 202, then a report of the new call. Returns what it asked."""

    link = telephone.station.link
    ordinary = link.ears.on_request
    asked: list[str] = []

    async def report(call_id: str) -> None:
        call = telephone.calls[call_id]
        for news in ("100 Trying", outcome):
            body = f"SIP/2.0 {news}\r\n".encode()
            extra = (("Event", "refer"), ("Content-Type", "message/sipfrag"))
            # Whoever heard that the new call stands may have hung up and gone.
            with suppress(NoResponse):
                await call.ask("NOTIFY", extra, body=body)

    def take(incoming: Incoming) -> None:
        if incoming.request.method != "REFER":
            ordinary(incoming)
            return
        asked.append(incoming.request.headers.first("Refer-To") or "")
        link.reply(incoming, sip.respond(incoming.request, 202))
        tasks.append(asyncio.ensure_future(report(sip.call_id(incoming.request))))

    tasks: list[asyncio.Future[None]] = []
    link.ears.on_request = take
    return asked

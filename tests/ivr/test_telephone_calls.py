"""Two telephones on loopback: real SIP, real RTP."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

import pytest

from ivr import sound
from ivr.call_acts import hold, press_by_info, resume, update
from ivr.sip_headers import BadSip
from ivr.sip_link import SipLink
from ivr.telephone import (
    Answer,
    Call,
    CallRefused,
    NotInCall,
    Reject,
    Ring,
    Silent,
    Telephone,
)
from tests.ivr.telephones import QUICK, a_pair, a_telephone, until

pytestmark = pytest.mark.anyio


async def test_both_sides_hear_each_other_and_the_keys() -> None:
    low, high = sound.tone(440, 0.5), sound.tone(1300, 0.5)
    async with a_pair(Answer(say=low)) as (citizen, agent):
        call = await citizen.call("12345")
        await call.answered()
        taken = await agent.next_call()
        call.play(high)
        await call.played()
        await call.press("92*#")
        await until(lambda: taken.keys_heard == "92*#")
        await call.hang_up()
        ending = await taken.ended()
        assert (ending.by, ending.how) == ("them", "hung-up")
        assert call.ending is not None
        assert (call.ending.by, call.ending.how) == ("us", "hung-up")
        assert call.hears_tone(440)
        assert not call.hears_tone(1300)
        assert taken.hears_tone(1300)
        assert not taken.hears_tone(440)
        assert citizen.log.story(call.id)[:4] == [
            "sent INVITE",
            "received 180 INVITE",
            "received 200 INVITE",
            "sent ACK",
        ]
        assert citizen.log.story(call.id)[-2:] == ["sent BYE", "received 200 BYE"]


async def test_the_record_is_as_long_as_the_call_and_each_sound_is_at_its_place() -> None:
    async with a_pair(Answer(say=sound.silence(0.3) + sound.tone(600, 0.2))) as (citizen, _agent):
        call = await citizen.call("12345")
        await call.answered()
        await asyncio.sleep(0.8)
        await call.hang_up()
        assert call.ending is not None
        assert call.answered_at is not None
        lasted = (call.ending.at - call.answered_at).total_seconds()
        heard = call.heard()
        assert len(heard) / 16000 == pytest.approx(lasted, abs=0.1)
        loud = [place for place, level in enumerate(sound.levels(heard)) if level > -30]
        assert loud[0] * 0.02 == pytest.approx(0.3, abs=0.3)
        assert (loud[-1] - loud[0] + 1) * 0.02 == pytest.approx(0.2, abs=0.1)


async def test_who_calls_and_what_was_dialled_and_our_own_headers_arrive() -> None:
    async with a_pair() as (citizen, agent):
        extra = (
            ("X-Hotline-Caller", "13900000000"),
            ("P-Asserted-Identity", "<sip:13900000000@127.0.0.1>"),
        )
        call = await citizen.call("119", caller="010", headers=extra)
        await call.answered()
        taken = await agent.next_call()
        assert (taken.number, taken.dialled) == ("13900000000", "119")
        assert taken.header("x-hotline-caller") == "13900000000"
        assert taken.dialog.remote.user == "010"
        assert call.header("Contact") is not None


@pytest.mark.parametrize("status", [486, 503, 603])
async def test_a_refused_call_tells_the_status_and_is_acknowledged(status: int) -> None:
    async with a_pair(Reject(status)) as (citizen, agent):
        call = await citizen.call("12345")
        with pytest.raises(CallRefused) as refused:
            await call.answered()
        assert refused.value.status == status
        await until(lambda: bool(agent.log.received("ACK")))
        assert len(agent.log.sent(f"{status} INVITE")) == 1


async def test_a_caller_who_gives_up_cancels_and_the_other_side_stops_ringing() -> None:
    async with a_pair(Ring()) as (citizen, agent):
        call = await citizen.call("12345")
        await call.ringing()
        taken = await agent.next_call()
        await call.hang_up()
        ending = await taken.ended()
        assert (ending.by, ending.how, ending.status) == ("them", "cancelled", 487)
        assert citizen.log.story(call.id) == [
            "sent INVITE",
            "received 180 INVITE",
            "sent CANCEL",
            "received 200 CANCEL",
            "received 487 INVITE",
            "sent ACK",
        ]
        with pytest.raises(NotInCall):
            await taken.answer()


async def test_a_cancel_waits_for_the_first_sign_of_life() -> None:
    async with a_pair(Silent(), timers=QUICK) as (citizen, agent):
        call = await citizen.call("12345")
        giving_up = asyncio.create_task(call.hang_up())
        await asyncio.sleep(0.1)
        assert not citizen.log.sent("CANCEL")
        await giving_up
        assert call.ending is not None
        assert call.ending.by == "us"
        assert not agent.log.received("CANCEL")


async def test_an_answer_that_crosses_the_cancel_is_acknowledged_and_ended() -> None:
    async with a_pair(Ring()) as (citizen, agent):
        call = await citizen.call("12345")
        taken = await agent.next_call()
        await call.ringing()
        await asyncio.gather(call.hang_up(), taken.answer(), return_exceptions=True)
        ending = await taken.ended()
        assert ending.by == "them"
        assert call.ending is not None
        assert citizen.log.sent("ACK")


async def test_a_telephone_that_rings_for_ever_rings_until_somebody_answers() -> None:
    async with a_pair(Ring()) as (citizen, agent):
        call = await citizen.call("12345")
        taken = await agent.next_call()
        with pytest.raises(TimeoutError):
            await call.answered(0.3)
        await taken.answer()
        await call.answered()
        assert {call.state, taken.state} == {"talking"}


async def test_a_silent_telephone_says_nothing_to_a_call_but_answers_options() -> None:
    async with a_pair(Silent(), timers=QUICK) as (citizen, agent):
        call = await citizen.call("12345")
        with pytest.raises(CallRefused) as refused:
            await call.answered(3)
        assert refused.value.status == 0
        assert call.ending is not None
        assert call.ending.how == "no-response"
        assert agent.log.received("INVITE")
        assert not [entry for entry in agent.log.entries if entry.what == "sent"]
        again = [entry for entry in citizen.log.entries if entry.what == "resent"]
        assert len(again) >= 3
        request = call.dialog.request("OPTIONS", 7)
        answer = await citizen.station.link.ask(request, agent.address).final
        assert answer.status == 200


async def test_a_dead_telephone_is_no_response() -> None:
    async with a_telephone("1001") as gone:
        place = gone.address
    async with a_telephone("citizen", server=place, timers=QUICK) as citizen:
        call = await citizen.call("12345")
        with pytest.raises(CallRefused):
            await call.answered(3)


async def test_a_lost_invite_is_sent_again_and_rings_once() -> None:
    async with a_pair(timers=QUICK) as (citizen, agent):
        lose(agent, b"INVITE", 2)
        call = await citizen.call("12345")
        await call.answered()
        assert len([entry for entry in citizen.log.entries if entry.what == "resent"]) >= 2
        assert len(agent.calls) == 1


async def test_a_lost_ack_makes_the_answer_come_again_and_the_ack_too() -> None:
    async with a_pair(timers=QUICK) as (citizen, agent):
        lose(agent, b"ACK", 1)
        call = await citizen.call("12345")
        await call.answered()
        await until(lambda: "resent ACK" in citizen.log.story())
        taken = await agent.next_call()
        await asyncio.sleep(QUICK.give_up)
        assert taken.state == "talking"


async def test_a_caller_who_never_acknowledges_is_hung_up_on() -> None:
    async with a_pair(timers=QUICK) as (citizen, agent):
        lose(agent, b"ACK", 1000)
        await citizen.call("12345")
        taken = await agent.next_call()
        ending = await taken.ended(3)
        assert ending.how == "no-ack"


async def test_a_hung_up_call_is_over_even_when_the_far_end_is_gone() -> None:
    async with a_pair(timers=QUICK) as (citizen, agent):
        call = await citizen.call("12345")
        await call.answered()
        await agent.close()
        async with asyncio.timeout(20):
            await call.hang_up()
        assert call.state == "ended"


async def test_hold_stops_the_sound_and_resume_brings_it_back() -> None:
    async with a_pair(Answer(say=sound.tone(700, 0.3), loop=True)) as (citizen, agent):
        call = await citizen.call("12345")
        await call.answered()
        taken = await agent.next_call()
        await until(lambda: call.hears_tone(700))
        await hold(call)
        assert held(taken)
        await asyncio.sleep(0.3)
        assert sound.level(call.heard_lately(0.15)) == sound.SILENT
        await resume(call)
        assert not held(taken)
        await until(lambda: sound.level(call.heard_lately(0.1)) > -30)
        await hold(taken)
        assert held(call)


async def test_update_info_and_the_reason_of_the_end_are_understood() -> None:
    async with a_pair() as (citizen, agent):
        call = await citizen.call("12345")
        await call.answered()
        taken = await agent.next_call()
        assert await update(call) == 200
        assert await press_by_info(call, "9") == 200
        assert taken.keys_heard == "9"
        assert (await call.ask("REFER", (("Refer-To", "<sip:9@h>"),))).status == 603
        assert (await call.ask("PUBLISH")).status == 501


async def test_a_stranger_with_the_call_id_cannot_end_the_call() -> None:
    async with a_pair() as (citizen, agent), a_telephone("eve") as eve:
        call = await citizen.call("12345")
        await call.answered()
        taken = await agent.next_call()
        wrong = replace(call.dialog, remote=call.dialog.remote.with_tag("guessed"))
        forged = wrong.request("BYE", 9)
        answer = await eve.station.link.ask(forged, agent.address).final
        assert answer.status == 481
        assert taken.state == "talking"


async def test_rubbish_on_the_wire_is_noted_and_the_telephone_goes_on() -> None:
    async with a_pair() as (citizen, agent):
        for junk in (
            b"\r\n\r\n",
            b"\0",
            b"rubbish",
            b"INVITE sip:x SIP/2.0\r\n\r\n",
            b"\xff" * 900,
        ):
            agent.station.link.datagram_received(junk, ("127.0.0.9", 9))
        assert [entry.what for entry in agent.log.entries] == ["unreadable"] * 3
        call = await citizen.call("12345")
        await call.answered()


async def test_a_number_with_a_line_break_is_not_dialled() -> None:
    async with a_pair() as (citizen, agent):
        for number, headers in (("1\r\nX: y", ()), ("12345", (("X-A", "b\r\nC: d"),))):
            with pytest.raises(BadSip):
                await citizen.call(number, headers=headers)
        await asyncio.sleep(0.05)
        assert not agent.log.entries


async def test_sound_before_there_is_a_conversation_is_refused() -> None:
    async with a_pair(Ring()) as (citizen, _agent):
        call = await citizen.call("12345")
        with pytest.raises(NotInCall):
            call.play(sound.tone(440, 1))
        with pytest.raises(NotInCall):
            await call.press("9")


async def test_forty_calls_at_once_keep_their_sound_apart() -> None:
    async with a_pair() as (citizen, agent):
        calls = [await citizen.call(str(10000 + number)) for number in range(40)]
        for call in calls:
            await call.answered(20)
        taken = {call.id: call for call in [await agent.next_call() for _ in calls]}
        chosen = calls[7]
        chosen.play(sound.tone(900, 0.5))
        await chosen.played()
        await asyncio.sleep(0.2)
        assert [call.id for call in calls if taken[call.id].hears_tone(900)] == [chosen.id]
        await citizen.hang_up_all()
        for call in taken.values():
            await call.ended(5)


async def test_a_closed_telephone_leaves_no_task_and_no_timer() -> None:
    before = asyncio.all_tasks()
    async with a_pair(Answer(say=sound.tone(440, 5))) as (citizen, _agent):
        call = await citizen.call("12345")
        await call.answered()
        await citizen.call("12346")
    await asyncio.sleep(0.05)
    assert asyncio.all_tasks() == before
    assert call.ending is not None
    assert call.ending.how == "closed"


def held(call: Call) -> bool:
    return call.held_by_them


def lose(telephone: Telephone, method: bytes, count: int) -> None:
    """Lose the next datagrams of that method on their way in, as a network may."""
    link = telephone.station.link
    transport = link._transport
    assert transport is not None
    transport._protocol = Lossy(link, method, count)  # type: ignore[attr-defined]


@dataclass
class Lossy(asyncio.DatagramProtocol):
    link: SipLink
    method: bytes
    left: int

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if data.startswith(self.method) and self.left:
            self.left -= 1
        else:
            self.link.datagram_received(data, addr)

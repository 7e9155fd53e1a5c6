"""What AMI messages mean: on traces of a real Asterisk, and on anything else."""

from __future__ import annotations

import datetime as dt
import random
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.events import (
    AgentAnswered,
    AgentDidNotAnswer,
    AgentLegEnded,
    AgentReachable,
    CallArrived,
    CallEnded,
    CallHeld,
    EmergencyStep,
    Event,
    Noted,
    TransferAnswered,
)
from hotline.words import AgentId, Phone, Service
from ivr.ami_events import translate
from ivr.ami_frames import FrameSplitter, Message, event_name, parse
from ivr.ami_reading import IGNORED, agent_of_leg, call_of, stamp
from ivr.ami_translator import Translator
from tests.ivr.told import STORIES, story

TRACES = Path(__file__).parent / "traces"
NOW = dt.datetime(2026, 9, 25, 2, 0, tzinfo=dt.UTC)
CALL = "0f0e0d0c-1111-4222-8333-444455556666"
READ = """UserEvent QueueCallerJoin AgentCalled AgentRingNoAnswer AgentConnect Hangup Hold Unhold
DialBegin DialEnd BlindTransfer AttendedTransfer ContactStatus QueueMemberPause""".split()


@cache
def messages(name: str) -> list[Message]:
    """A recorded trace as the client would deliver it."""
    frames = FrameSplitter().feed((TRACES / f"{name}.txt").read_bytes())
    read = (parse(frame) for frame in frames if event_name(frame).decode() not in IGNORED)
    return [message for message in read if "Event" in message]


def events(name: str) -> list[Event]:
    translator = Translator()
    return [event for message in messages(name) for event in translator(message, NOW)]


def one(**headers: str) -> tuple[Event, ...]:
    """The events of one message of a channel with our call id."""
    return translate({"ChanVariable": f"HOTLINE_CALL={CALL}", **headers}, NOW)


@pytest.mark.parametrize("name", STORIES)
def test_the_trace_of_a_real_call_tells_its_story(name: str) -> None:
    assert story(events(name)) == STORIES[name]


@pytest.mark.parametrize("name", STORIES)
def test_in_a_real_trace_nothing_is_surprising(name: str) -> None:
    assert not [event for event in events(name) if isinstance(event, Noted)]


@pytest.mark.parametrize("name", STORIES)
def test_a_real_trace_has_asterisks_own_times_in_order(name: str) -> None:
    times = [event.at for event in events(name) if not isinstance(event, Noted)]
    assert all(time != NOW for time in times)
    assert times == sorted(times)


def test_the_channels_of_an_answer_are_those_the_desk_steers() -> None:
    (answer,) = [event for event in events("ordinary") if isinstance(event, AgentAnswered)]
    assert answer.caller_channel.startswith("PJSIP/carrier-")
    assert answer.agent_channel.startswith("PJSIP/1001-")
    (taken,) = [
        event for event in events("attended_transfer") if isinstance(event, TransferAnswered)
    ]
    assert taken.agent_channel.startswith("PJSIP/1002-")
    assert taken.caller_channel.startswith("PJSIP/carrier-")


def test_the_caller_is_read_and_hides_himself() -> None:
    (arrived,) = [event for event in events("ordinary") if isinstance(event, CallArrived)]
    assert arrived.caller == Phone("13800138000")
    assert "13800138000" not in repr(arrived)
    assert arrived.dialled == "12345"


def test_ringing_is_counted_in_seconds_whatever_the_header_counts() -> None:
    (unanswered,) = [
        event for event in events("next_agent") if isinstance(event, AgentDidNotAnswer)
    ]
    assert unanswered.ring_s == 6.0


def test_the_second_agents_leg_belongs_to_the_call_after_an_attended_transfer() -> None:
    legs = [event for event in events("attended_transfer") if isinstance(event, AgentLegEnded)]
    assert [leg.agent for leg in legs] == ["1001", "1002"]
    assert len({leg.call for leg in legs}) == 1


def test_a_seats_own_call_to_the_centre_is_not_its_part_in_the_citizens_call() -> None:
    heard = events("consulted_centre")
    assert [event.held for event in heard if isinstance(event, CallHeld)] == [True, False]
    assert len([event for event in heard if isinstance(event, AgentLegEnded)]) == 1


def test_a_leg_that_only_rang_does_not_end_anything() -> None:
    assert not [event for event in events("gives_up") if isinstance(event, AgentLegEnded)]


def contact(status: str, uri: str = "sip:1001-web@a") -> Message:
    return {"Event": "ContactStatus", "AOR": "1001-web", "ContactStatus": status, "URI": uri}


def test_a_telephone_is_told_once_and_again_on_a_new_link() -> None:
    translator = Translator()
    told = [translator(contact("Reachable"), NOW) for _ in range(3)]
    assert [len(events) for events in told] == [1, 0, 0]
    (gone,) = translator(contact("Unreachable"), NOW)
    assert isinstance(gone, AgentReachable)
    assert (gone.agent, gone.device, gone.reachable) == ("1001", "PJSIP/1001-web", False)
    translator({"Event": "FullyBooted"}, NOW)
    assert len(translator(contact("Unreachable"), NOW)) == 1


def test_a_browser_that_registers_anew_is_not_gone_when_its_old_contact_is_removed() -> None:
    translator = Translator()
    translator(contact("NonQualified", "sip:1001-web@old"), NOW)
    assert translator(contact("NonQualified", "sip:1001-web@new"), NOW) == ()
    assert translator(contact("Removed", "sip:1001-web@old"), NOW) == ()
    (gone,) = translator(contact("Removed", "sip:1001-web@new"), NOW)
    assert isinstance(gone, AgentReachable)
    assert not gone.reachable


def test_the_contact_of_a_trunk_is_no_telephone() -> None:
    trunk = {**contact("Unreachable"), "AOR": "emergency-1"}
    assert Translator()(trunk, NOW) == ()


def test_the_memory_of_links_is_bounded() -> None:
    translator = Translator()
    for number in range(Translator.REMEMBERED * 2):
        linked = {"Linkedid": str(number), "ChanVariable": f"HOTLINE_CALL={CALL}"}
        translator({"Event": "Newstate", **linked}, NOW)
    assert len(translator._links) == Translator.REMEMBERED


@pytest.mark.parametrize(
    "variables",
    [f"HOTLINE_CALL={CALL}", f"LANG=zh\nHOTLINE_CALL={CALL}", f"HOTLINE_CALL={CALL}\nA=B=C"],
)
def test_the_call_is_found_among_one_or_several_channel_variables(variables: str) -> None:
    assert call_of({"ChanVariable": variables}) == CALL
    assert call_of({"DestChanVariable": variables}, "Dest") == CALL
    assert call_of({"DestChanVariable": variables}) is None


@pytest.mark.parametrize("bad", ["", "HOTLINE_CALL", "HOTLINE_CALL=", "HOTLINE_CALL=x' OR 1", "\n"])
def test_what_is_no_call_id_is_none(bad: str) -> None:
    assert call_of({"ChanVariable": bad}) is None


@pytest.mark.parametrize(
    ("channel", "agent"),
    [
        ("PJSIP/1001-0000000a", "1001"),
        ("PJSIP/1001-web-0000000a", "1001"),
        ("PJSIP/carrier-0000000a", None),
        ("PJSIP/emergency-1-0000000a", None),
        ("Local/1001@from-agent-0000000a;1", None),
        ("PJSIP/1001", None),
        ("", None),
    ],
)
def test_a_leg_belongs_to_the_seat_in_its_name(channel: str, agent: str | None) -> None:
    assert agent_of_leg(channel) == (AgentId(agent) if agent else None)


def test_asterisks_time_is_exact_and_ours_stands_in() -> None:
    exact = stamp({"Timestamp": "1795313415.682381"}, NOW)
    assert exact == dt.datetime(2026, 11, 22, 2, 10, 15, 682381, tzinfo=dt.UTC)
    for bad in ("", "nan", "inf", "-1e300", "yesterday"):
        assert stamp({"Timestamp": bad}, NOW) == NOW


def test_an_unknown_event_leaves_a_note_without_its_values() -> None:
    (note,) = one(Event="DeadlockStart", Mutex="13800138000")
    assert isinstance(note, Noted)
    assert note.what == "'DeadlockStart': unknown event"


@pytest.mark.parametrize("name", sorted(IGNORED))
def test_an_ignored_event_says_nothing_even_when_it_comes(name: str) -> None:
    assert one(Event=name) == ()


def test_an_event_of_the_dialplan_that_we_do_not_know_leaves_a_note() -> None:
    (note,) = one(Event="UserEvent", UserEvent="HotlineDance", Call=CALL)
    assert isinstance(note, Noted)
    assert one(Event="UserEvent", UserEvent="SomebodyElses") == ()
    assert one(Event="UserEvent", UserEvent="HotlineStage", Call=CALL) == ()


def test_an_emergency_step_without_numbers_is_still_a_step() -> None:
    (step,) = one(
        Event="UserEvent",
        UserEvent="HotlineEmergency",
        Call=CALL,
        Phase="failed",
        Service="911",
        Trunk="9",
        Reason="because",
        Elapsed="soon",
    )
    assert isinstance(step, EmergencyStep)
    assert (step.service, step.trunk, step.reason, step.elapsed_ms) == (None, None, "", None)


def test_the_end_of_a_call_is_read_from_the_dialplans_words() -> None:
    (end,) = one(
        Event="UserEvent",
        UserEvent="HotlineEnd",
        Call=CALL,
        Stage="emergency",
        QueueStatus="",
        Abandoned="TRUE",
        Member="PJSIP/1001-web",
        Service="119",
        Linked="yes",
        Cause="16",
    )
    assert isinstance(end, CallEnded)
    assert (end.stage, end.abandoned, end.service, end.linked, end.cause) == (
        "emergency",
        True,
        Service.FIRE,
        True,
        16,
    )


def test_a_seat_that_hung_up_while_its_citizen_rates_has_left_the_call() -> None:
    left = {"Event": "UserEvent", "UserEvent": "HotlineReturnCall", "Phase": "left"}
    (gone,) = one(**left, Call=CALL, Agent="1001")
    assert isinstance(gone, AgentLegEnded)
    assert (gone.call, gone.agent) == (CALL, "1001")


def test_a_failed_transfer_is_none() -> None:
    transferer = {"TransfererChannel": "PJSIP/1001-0000000a", "Extension": "1002"}
    assert one(Event="BlindTransfer", Result="Fail", **transferer) == ()
    assert one(Event="AttendedTransfer", Result="Not Permitted", **transferer) == ()


def test_the_queue_rings_by_its_own_events_and_not_by_dial() -> None:
    dial = {"Channel": "PJSIP/carrier-00000001", "DestChannel": "PJSIP/1001-00000002"}
    assert one(Event="DialBegin", Context="hotline-queue", **dial) == ()
    assert len(one(Event="DialBegin", Context="transfer-to", **dial)) == 1
    seat = {**dial, "Channel": "PJSIP/1002-00000001"}
    assert one(Event="DialBegin", Context="transfer-to", **seat) == ()


def test_the_contexts_in_which_a_seat_is_rung_by_dial_are_those_of_the_dialplan() -> None:
    template = TRACES.parents[2] / "asterisk_conf" / "templates" / "extensions.conf.j2"
    context = ""
    ringing = set()
    for line in template.read_text("utf-8").splitlines():
        if line.startswith("["):
            context = line.strip("[]")
        elif "Dial(${SEAT_DIAL},{{" in line or "Dial(${MEMBERINTERFACE}" in line:
            ringing.add(context)
    assert ringing == {"transfer-to", "hotline-back"}


HEADERS = """Event UserEvent Call Caller Dialled Channel DestChannel ChanVariable Phase Service
Trunk Reason Status Elapsed Stage QueueStatus Abandoned Member Linked Cause Queue Position
MemberName Interface HoldTime RingTime ChannelState Context DialStatus Result Extension
TransfererChannel TransfereeChanVariable OrigTransfererChannel TransferTargetChannel
Paused PausedReason Timestamp
Linkedid Uniqueid""".split()
VALUES = st.one_of(
    st.text(max_size=40),
    st.sampled_from([
        f"HOTLINE_CALL={CALL}", CALL, "PJSIP/1001-0000000a", "1001", "Success", "ANSWER", "6", "-1",
        "٣", "9" * 40, "transfer-to", "1795313415.6", "1e400", "\n", "a\nb", "failed", "119",
    ]),
)  # fmt: skip
EVENT = st.sampled_from(READ)
USER_EVENT = st.sampled_from(["HotlineArrived", "HotlineEmergency", "HotlineEnd", "HotlineX", ""])


@given(EVENT, USER_EVENT, st.dictionaries(st.sampled_from(HEADERS), VALUES, max_size=14))
@settings(max_examples=400)
def test_no_message_can_make_reading_fail(
    event: str, user_event: str, headers: dict[str, str]
) -> None:
    message = {**headers, "Event": event, "UserEvent": user_event}
    for told in Translator()(message, NOW):
        assert told.at.tzinfo is not None
        assert told.received_at == NOW


@given(st.sampled_from(sorted(STORIES)), st.integers(0, 1_000), VALUES)
@settings(max_examples=100, deadline=None)
def test_a_mangled_trace_is_still_a_trace(name: str, seed: int, value: str) -> None:
    dice = random.Random(seed)
    translator = Translator()
    for message in messages(name):
        translator(
            {key: value if dice.random() < 0.1 else old for key, old in message.items()}, NOW
        )

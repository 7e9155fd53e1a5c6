"""The picture after a connect, from answers as Asterisk 22 gives them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.errors import ExchangeRefused
from hotline.words import Phone
from ivr.ami_frames import Message
from ivr.ami_snapshot import picture, read

pytestmark = pytest.mark.anyio

NOW = dt.datetime(2026, 9, 25, 2, 0, tzinfo=dt.UTC)
TALKING = "3ab73eb8-b602-4639-bbb6-6fbf65f4f44c"
WAITING = "cc768d4d-1781-43aa-9720-a86c41c745b4"
BRIDGE = "c3abd836-729c-468e-8174-8f61eb6d2e35"


def channel(name: str, call: str, uniqueid: str, linkedid: str, bridge: str = "") -> Message:
    return {
        "Event": "CoreShowChannel",
        "Channel": name,
        "ChannelState": "6",
        "CallerIDNum": "13800138000",
        "Uniqueid": uniqueid,
        "Linkedid": linkedid,
        "ChanVariable": f"HOTLINE_CALL={call}",
        "Duration": "00:01:05",
        "BridgeId": bridge,
    }


def member(device: str, paused: str = "0", reason: str = "") -> Message:
    return {
        "Event": "QueueMember",
        "Queue": "hotline",
        "Name": "1001",
        "Location": device,
        "Status": "1",
        "Paused": paused,
        "PausedReason": reason,
    }


CHANNELS: list[Message] = [
    {"Response": "Success", "EventList": "start"},
    channel("PJSIP/carrier-00000008", WAITING, "8.8", "8.8"),
    channel("PJSIP/1002-00000009", TALKING, "9.9", "7.7", BRIDGE),
    channel("PJSIP/carrier-00000007", TALKING, "7.7", "7.7", BRIDGE),
    channel("PJSIP/emergency-1-0000000a", TALKING, "9.10", "7.7"),
    channel("PJSIP/1001-0000000b", "", "9.11", "9.11"),
    {"Event": "CoreShowChannelsComplete", "EventList": "Complete"},
]
QUEUES: list[Message] = [
    {"Event": "QueueParams", "Queue": "hotline"},
    member("PJSIP/1001", paused="1", reason="小休"),
    member("PJSIP/1001-web"),
    {
        "Event": "QueueEntry",
        "Queue": "hotline",
        "Position": "1",
        "Channel": "PJSIP/carrier-00000008",
    },
    {"Event": "QueueMember", "Queue": "hotline-emergency", "Name": "1001",
     "Location": "PJSIP/1001", "Status": "1", "Paused": "0"},
]  # fmt: skip
DEVICES = {"PJSIP/1001": "NOT_INUSE", "PJSIP/1001-web": "UNAVAILABLE"}
VARIABLES = {
    "PJSIP/carrier-00000007": {"HOTLINE_STAGE": "agent", "HOTLINE_CALLER": "13900139000"},
    "PJSIP/carrier-00000008": {"HOTLINE_STAGE": "queue"},
}


def test_who_waits_and_who_talks_is_told_apart() -> None:
    back = picture(
        CHANNELS,
        QUEUES,
        VARIABLES,
        NOW,
        devices=DEVICES,
        gap_from=NOW - dt.timedelta(seconds=10),
    )
    waiting, talking = back.calls
    assert (waiting.call, waiting.queue, waiting.position, waiting.agent) == (
        WAITING, "hotline", 1, None,
    )  # fmt: skip
    assert (talking.call, talking.channel) == (TALKING, "PJSIP/carrier-00000007")
    assert (talking.agent, talking.agent_channel) == ("1002", "PJSIP/1002-00000009")
    assert (talking.queue, talking.stage) == (None, "agent")
    assert talking.caller == Phone("13900139000")
    assert waiting.caller == Phone("13800138000")
    assert talking.since == NOW - dt.timedelta(seconds=65)
    assert back.gap_from == NOW - dt.timedelta(seconds=10)


def test_every_telephone_of_a_seat_is_told_once() -> None:
    first, second = picture(CHANNELS, QUEUES, VARIABLES, NOW, devices=DEVICES).seats
    assert (first.device, first.reachable, first.paused, first.reason) == (
        "PJSIP/1001", True, True, "小休",
    )  # fmt: skip
    assert (second.device, second.reachable, second.paused) == ("PJSIP/1001-web", False, False)


def test_a_seat_without_a_call_id_of_its_own_is_found_by_its_bridge() -> None:
    joined = [
        channel("PJSIP/carrier-00000007", TALKING, "7.7", "7.7", BRIDGE),
        {**channel("PJSIP/1002-00000009", "", "9.9", "7.7", BRIDGE), "ChanVariable": ""},
    ]
    (call,) = picture(joined, [], {}, NOW, devices={}).calls
    assert call.agent == "1002"


def test_an_empty_exchange_is_an_empty_picture() -> None:
    back = picture([], [], {}, NOW, devices={})
    assert back.calls == ()
    assert back.seats == ()


async def test_the_stage_is_asked_of_every_caller_and_of_nobody_else() -> None:
    asked: list[str] = []
    devices: list[str] = []

    async def act(action: Message, timeout: float = 5.0) -> list[Message]:
        lists = {"CoreShowChannels": CHANNELS, "QueueStatus": QUEUES}
        if action["Action"] in lists:
            return lists[action["Action"]]
        if "Channel" not in action:
            devices.append(action["Variable"])
            return [{"Value": "NOT_INUSE"}]
        asked.append(action["Channel"])
        if action["Channel"] == "PJSIP/carrier-00000008":
            raise ExchangeRefused("Getvar", "No such channel", retryable=False)
        return [{"Value": VARIABLES[action["Channel"]][action["Variable"]]}]

    back = await read(act, clock=lambda: NOW, gap_from=None)
    assert set(asked) == set(VARIABLES)
    assert devices == ["DEVICE_STATE(PJSIP/1001)", "DEVICE_STATE(PJSIP/1001-web)"]
    assert [call.stage for call in back.calls] == ["", "agent"]
    assert back.at == NOW


KEYS = st.sampled_from(sorted({key for entry in [*CHANNELS, *QUEUES] for key in entry}))
ENTRY = st.dictionaries(
    KEYS,
    st.one_of(
        st.text(max_size=20),
        st.sampled_from(["CoreShowChannel", "QueueMember", "QueueEntry", TALKING,
                         f"HOTLINE_CALL={TALKING}", "PJSIP/1001-00000001", "99999:99:99"]),
    ),
)  # fmt: skip


@given(st.lists(ENTRY, max_size=6), st.lists(ENTRY, max_size=6))
@settings(max_examples=200)
def test_no_answer_can_make_the_picture_fail(
    channels: list[Mapping[str, str]], queues: list[Mapping[str, str]]
) -> None:
    picture(channels, queues, {}, NOW, devices={})

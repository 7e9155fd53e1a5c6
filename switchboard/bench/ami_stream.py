"""A day of AMI in a few seconds: synthesised calls as Asterisk 22 tells them, with Chinese names.

52 events a call, about 470 bytes each; 22 of them are VarSet, Newexten and RTCP, as on an exchange
whose manager.conf filters nothing.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Final

from ivr.ami_reading import IGNORED

SURNAMES: Final = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜"
GIVEN: Final = "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂香建国文华志红玉兰"

CALL: Final = (
    *("VarSet",) * 12, "Newchannel", "UserEvent", *("Newexten",) * 6, "Newstate", "QueueCallerJoin",
    "MusicOnHoldStart", "Newchannel", "NewConnectedLine", "Newstate", "AgentCalled", "DialBegin",
    "DialState", "Newstate", "DialEnd", "MusicOnHoldStop", "QueueCallerLeave", "AgentConnect",
    "BridgeCreate", "BridgeEnter", "BridgeEnter", *("RTCPSent", "RTCPReceived") * 2,
    "HangupRequest", "AgentComplete", "BridgeLeave", "BridgeLeave", "BridgeDestroy",
    "SoftHangupRequest", "Hangup", "UserEvent", "QueueMemberStatus", "QueueMemberStatus", "Hangup",
)  # fmt: skip
KEPT: Final = frozenset(CALL) - IGNORED
"""The events both sides look into: those that mean something to us."""


def name_of(dice: random.Random) -> str:
    """A caller's name of three characters and his place, so that reads cut through characters."""
    return dice.choice(SURNAMES) + dice.choice(GIVEN) + dice.choice(GIVEN) + "肇庆市端州区"


def event(name: str, call: int, caller: str, number: int) -> bytes:
    """One event with the headers every event of a channel has."""
    channel = f"PJSIP/carrier-{call:08x}"
    return (
        f"Event: {name}\r\nPrivilege: call,all\r\nTimestamp: {1795313415 + call}.{number:06d}\r\n"
        f"Channel: {channel}\r\nChannelState: 6\r\nChannelStateDesc: Up\r\n"
        f"CallerIDNum: 1380013{call % 10000:04d}\r\nCallerIDName: {caller}\r\n"
        f"ConnectedLineNum: 1001\r\nConnectedLineName: 坐席一号\r\nLanguage: zh\r\n"
        f"AccountCode: \r\nContext: hotline-queue\r\nExten: s\r\nPriority: 5\r\n"
        f"Uniqueid: jiesu-{1795313415 + call}.{number}\r\nLinkedid: jiesu-{1795313415 + call}.0\r\n"
        f"ChanVariable: HOTLINE_CALL={call:08x}-1111-4222-8333-444455556666\r\n\r\n"
    ).encode()


def calls(seed: int, count: int) -> Iterator[tuple[bytes, int]]:
    """The bytes of each call, and how many characters of names its kept events hold."""
    dice = random.Random(seed)  # noqa: S311 - the same names for both sides, not a secret
    for call in range(count):
        caller = name_of(dice)
        told = b"".join(event(name, call, caller, at) for at, name in enumerate(CALL))
        yield told, len(caller) * sum(name in KEPT for name in CALL)

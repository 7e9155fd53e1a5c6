"""How single values of AMI messages are read, and which messages are not. Pure; never raises."""

from __future__ import annotations

import datetime as dt
import re
from types import MappingProxyType
from typing import Final, get_args

from hotline.words import AgentId, CallId, EmergencyPhase, EmergencyReason, Service
from ivr.ami_frames import Message

_CALL: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_AGENT: Final = re.compile(r"[0-9]{3,8}")
_AGENT_DEVICE: Final = re.compile(r"PJSIP/([0-9]{3,8})(?:-web)?")
_AGENT_LEG: Final = re.compile(r"PJSIP/([0-9]{3,8})(?:-web)?-[0-9a-f]{8,}")
PHASES: Final = {str(phase): phase for phase in get_args(EmergencyPhase)}
REASONS: Final = {str(reason): reason for reason in get_args(EmergencyReason)}
"""The dialplan's words for a step towards an emergency service, and for why it was taken."""
RETURN_CALLS: Final = "return-call"
"""The dialplan's context in which a seat calls a citizen back; its extension is the seat."""
RETURN_RESULTS: Final = MappingProxyType(
    {
        "BUSY": "busy",
        "NOANSWER": "no-answer",
        "CANCEL": "cancelled",
        "": "cancelled",
        "NOT-ALLOWED": "not-allowed",
        "CONGESTION": "congestion",
        "CHANUNAVAIL": "unreachable",
    }
)
"""DIALSTATUS of a return call that nobody answered, as the ledger keeps it."""
UNREACHABLE: Final = frozenset({"UNKNOWN", "INVALID", "UNAVAILABLE", ""})
"""Device states, as the function DEVICE_STATE names them, of a telephone that cannot be rung."""
IGNORED: Final = frozenset(
    """
    AGIExecEnd AGIExecStart AOC-D AOC-E AOC-S AgentComplete AgentDump AgentLogin AgentLogoff
    AorDetail AorList AsyncAGIEnd AsyncAGIExec AsyncAGIStart BridgeCreate BridgeDestroy
    BridgeEnter BridgeInfoChannel BridgeLeave BridgeMerge BridgeVideoSourceUpdate CEL Cdr
    ChanSpyStart ChanSpyStop ChannelTalkingStart ChannelTalkingStop ContactList
    ContactStatusDetail DNDState DTMFBegin DTMFEnd DeviceStateChange DialState ExtensionStatus
    Flash HangupHandlerPop HangupHandlerPush HangupHandlerRun HangupRequest Load LocalBridge
    LocalOptimizationBegin LocalOptimizationEnd LogChannel MCID MessageWaiting MixMonitorMute
    MixMonitorStart MixMonitorStop MusicOnHoldStart MusicOnHoldStop NewAccountCode NewCallerid
    NewConnectedLine NewExten Newchannel Newexten Newstate ParkedCall ParkedCallGiveUp
    ParkedCallSwap ParkedCallTimeOut PeerStatus Pickup PresenceStateChange PresenceStatus
    QueueCallerAbandon QueueCallerLeave QueueMemberAdded QueueMemberPenalty QueueMemberRemoved
    QueueMemberRinginuse QueueMemberStatus RTCPReceived RTCPSent Registry Reload Rename
    SoftHangupRequest SuccessfulAuth TestEvent UnParkedCall Unload VarSet Wink
    """.split()
)
"""Events of Asterisk 22 that say nothing we need: the AMI client drops them before parsing.
QueueCallerAbandon is among them on purpose: it also comes for timeouts and for calls we move."""
UP: Final = "6"
SAY_NOTHING: Final = IGNORED | {"FullyBooted", "Shutdown"}
FORWARDING: Final = frozenset({"transfer-to", "hotline-back"})
"""Contexts of the dialplan in which a seat is rung by Dial: after a blind transfer, and when an
emergency was called off. A queue's ringing has its own events."""


def stamp(message: Message, received_at: dt.datetime) -> dt.datetime:
    """Asterisk's own time (``timestampevents=yes``: epoch with microseconds), else ours."""
    try:
        return dt.datetime.fromtimestamp(float(message.get("Timestamp", "")), dt.UTC)
    except (ValueError, OverflowError, OSError):
        return received_at


def call_of(message: Message, prefix: str = "") -> CallId | None:
    """HOTLINE_CALL among the channel variables (``ChanVariable``, ``DestChanVariable`` …)."""
    for variable in message.get(f"{prefix}ChanVariable", "").split("\n"):
        key, _, value = variable.partition("=")
        if key == "HOTLINE_CALL" and _CALL.fullmatch(value):
            return CallId(value)
    return None


def agent_of_leg(channel: str) -> AgentId | None:
    """The agent a channel belongs to: ``PJSIP/1001-0000000a`` or ``PJSIP/1001-web-0000000a``."""
    found = _AGENT_LEG.fullmatch(channel)
    return AgentId(found[1]) if found else None


def agent_of_device(interface: str) -> AgentId | None:
    """The agent of a queue member's interface: ``PJSIP/1001`` or ``PJSIP/1001-web``."""
    found = _AGENT_DEVICE.fullmatch(interface)
    return AgentId(found[1]) if found else None


def is_call(text: str) -> bool:
    """Whether it is an id the dialplan's UUID() makes."""
    return _CALL.fullmatch(text) is not None


def is_agent(text: str) -> bool:
    """Whether it is an agent's number."""
    return _AGENT.fullmatch(text) is not None


def integer(text: str, default: int = 0) -> int:
    """A whole number as Asterisk writes it; ``default`` for anything else."""
    return int(text) if re.fullmatch(r"-?[0-9]{1,15}", text) else default


def service_of(text: str) -> Service | None:
    """The emergency service of a number, None for anything else."""
    return Service(text) if text in {"110", "119", "120", "122"} else None

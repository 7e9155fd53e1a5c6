"""The running system as the telephones beside it see it: `./jiesu call`, `./jiesu seat`, the demo.

They refuse to ring anywhere unless every emergency trunk is the stand-in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from asterisk_conf.debian import find_tool
from asterisk_conf.errors import FetchFailed
from ivr.voice import NoVoice, VoiceTools
from switchboard.centre import HOST as CENTRE_HOST
from switchboard.emergency_trunks import EmergencyRefused, refuse_unless_stand_in
from switchboard.exchange_plan import CITIZEN_HOST
from switchboard.running import NotRunning, Place, running_system
from switchboard.settings import Settings
from switchboard.site import load_site
from switchboard.terminal import progress

TRUNKS: Final = ("emergency_trunk_1", "emergency_trunk_2")


@dataclass(frozen=True, slots=True)
class RunningSystem:
    """Where the exchange listens and writes, and the number citizens dial."""

    data: Path
    exchange: tuple[str, int]
    access_number: str
    citizen_host: str = CITIZEN_HOST
    seat_host: str = ""
    """Where seats register, when that is not where trunks come in."""

    @property
    def registrar(self) -> tuple[str, int]:
        """Where an agent's SIP telephone registers."""
        return (self.seat_host or self.exchange[0], self.exchange[1])

    @property
    def queue_log(self) -> Path:
        """Asterisk's own record of queues, with the dialplan's HOTLINE lines."""
        return self.data / "asterisk" / "log" / "queue_log"


def assert_only_stand_in(places: Mapping[str, Place], what: str) -> None:
    """EmergencyRefused unless what runs dials the stand-in on every emergency trunk.

    `places` is what `up` published; `what` names the command in the sentence.
    """
    trunks = [str(places.get(name, "")) for name in TRUNKS]
    live = places.get("emergency_live")
    if live is None or live or not all(one.startswith(f"{CENTRE_HOST}:") for one in trunks):
        raise EmergencyRefused(
            f"{what}不能启动：正在运行的系统没有把全部紧急中继接到模拟报警中心，"
            "电话可能打到真实报警中心。请另用一个演示目录，例如 --data /tmp/jiesu-demo。"
        )


def system_beside(settings: Settings, what: str) -> RunningSystem:
    """The system that runs on this DATA; NotRunning, EmergencyRefused."""
    refuse_unless_stand_in(load_site(settings.site_file), settings.data, what)
    places = running_system(settings.run).places
    assert_only_stand_in(places, what)
    try:
        return RunningSystem(
            data=settings.data,
            exchange=(str(places["sip_host"]), int(places["sip_port"])),
            access_number=str(places["access_number"]),
            citizen_host=str(places.get("citizen_host", CITIZEN_HOST)),
            seat_host=str(places.get("seat_host", "")),
        )
    except (KeyError, ValueError):
        raise NotRunning(
            f"{settings.data} 的系统还没有准备好：请等 ./jiesu up 说可以接电话后再试。"
        ) from None


def voice_beside(settings: Settings) -> VoiceTools:
    """espeak-ng from the system or the cache, fetched when it is nowhere; NoVoice."""
    try:
        tool = find_tool("espeak-ng", settings.cache, progress)
    except FetchFailed as fault:
        raise NoVoice(f"没有语音合成程序 espeak-ng：{fault}") from fault
    if tool is None:
        raise NoVoice("没有语音合成程序 espeak-ng，请运行：sudo apt install espeak-ng")
    return VoiceTools(tool.command, tool.env)

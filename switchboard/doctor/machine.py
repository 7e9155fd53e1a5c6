"""The machine: its clock, and who sits on which port."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from hotline.policy import ZONE
from ledger.errors import LedgerFailing
from ledger.examination import examine
from switchboard.doctor.case import Case
from switchboard.doctor.finding import NOT_RUNNING, Finding, fault, warn, well
from switchboard.doctor.sockets import Sitter, sitters
from switchboard.doctor.storage import local

_NOT_BEFORE: Final = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
"""No machine that runs this code lives earlier."""
_BEIJING: Final = dt.timedelta(hours=8)
_MAY_DIFFER: Final = dt.timedelta(minutes=2)
_SET_RIGHT = "请对时（timedatectl set-ntp true，或配置单位内的 NTP 服务器）"


async def clock(case: Case) -> Finding:
    """Due dates and linkage records are worth what the clock is worth."""
    now = case.clock.now()
    try:
        zone = ZoneInfo(str(ZONE))
    except ZoneInfoNotFoundError:
        zone = None
    if zone is None or now.astimezone(zone).utcoffset() != _BEIJING:
        return fault("没有北京时间的时区数据", "请安装 tzdata（apt install tzdata）")
    told = f"北京时间 {local(now)}"
    if now < _NOT_BEFORE:
        return fault(f"{told}，明显不对", _SET_RIGHT)
    newest = await _newest_fact(case)
    if newest is not None and newest > now + _MAY_DIFFER:
        return fault(f"{told}，比最新的记录（{local(newest)}）还早", _SET_RIGHT)
    kept = case.clock.synchronised()
    if kept is None:
        return warn(f"{told}，查不到是否对时", "请自己核对一次；容器里由宿主机对时")
    if not kept:
        return warn(f"{told}，没有与标准时间同步", _SET_RIGHT)
    return well(f"{told}，已与标准时间同步")


async def _newest_fact(case: Case) -> dt.datetime | None:
    try:
        found = await examine(case.database_url, whole=False)
    except LedgerFailing:
        return None  # the database's own line says so
    return found.last_fact if found else None


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A port and what it is for; ``owner`` is the child that should have it."""

    title: str
    kind: Literal["tcp", "udp"]
    port: int
    owner: str = ""


def ports(case: Case) -> Finding:
    """Running: ours are ours. Cold: what site.toml names is free, or who has it."""
    return _running_ports(case) if case.running else _cold_ports(case)


def _cold_ports(case: Case) -> Finding:
    listen = case.site.listen
    wanted = (
        _Wanted("网页", "tcp", listen.web_port),
        _Wanted("SIP", "udp", listen.sip_port),
        _Wanted("浏览器电话", "tcp", listen.ws_port),
        _Wanted("AMI", "tcp", listen.ami_port),
    )
    taken = [
        f"{one.title} {one.port} 已被{_who(found[0])}占用"
        for one in wanted
        if (found := sitters(one.kind, one.port, listen.address))
    ]
    if taken:
        return warn(
            f"{NOT_RUNNING}；{'，'.join(taken)}",
            "启动时会改用旁边的端口并说明；运营商和话机要连固定端口时，请先让出来",
        )
    return well(f"{NOT_RUNNING}；{'、'.join(f'{one.title} {one.port}' for one in wanted)} 都空着")


def _running_ports(case: Case) -> Finding:
    places = case.places
    wanted = [
        _Wanted("网页", "tcp", int(places["web_port"]), "server"),
        _Wanted("SIP", "udp", int(places["sip_port"]), "asterisk"),
        _Wanted("浏览器电话", "tcp", int(places["ws_port"]), "asterisk"),
        _Wanted("AMI", "tcp", int(places["ami_port"]), "asterisk"),
    ]
    wrong = [wrong for one in wanted if (wrong := _wrong(case, one))]
    strangers = _on_sound_ports(case)
    if wrong or strangers:
        return fault("，".join([*wrong, *strangers]), "请结束占用端口的程序，再重新启动 ./jiesu up")
    sound = f"语音 {places['rtp_first']}–{places['rtp_last']}"
    return well(f"{'、'.join(f'{one.title} {one.port}' for one in wanted)}、{sound}，都是自己的")


def _wrong(case: Case, one: _Wanted) -> str:
    found = sitters(one.kind, one.port)
    if not found:
        return f"{one.title} {one.port} 没有程序在听"
    own = _pid(case, one.owner)
    if own is not None and all(sitter.pid not in (own, None) for sitter in found):
        return f"{one.title} {one.port} 被{_who(found[0])}占着"
    return ""


def _on_sound_ports(case: Case) -> list[str]:
    """Strangers among the ports that speech needs; Asterisk would go round them."""
    own = _pid(case, "asterisk")
    if own is None:
        return []
    first, last = int(case.places["rtp_first"]), int(case.places["rtp_last"])
    found = [one for one in sitters("udp") if first <= one.port <= last]
    return [f"语音 {one.port} 被{_who(one)}占着" for one in found if one.pid not in (own, None)][:3]


def _pid(case: Case, child: str) -> int | None:
    """None where the exchange was started by somebody else: then its ports are not judged."""
    one = case.state.children.get(child) if case.state else None
    return one.pid if one else None


def _who(one: Sitter) -> str:
    return f" {one.program}（进程号 {one.pid}）" if one.pid is not None else "别的用户的程序"

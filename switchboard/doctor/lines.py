"""The lines to the outside: the carrier's trunk, and the two ways to the emergency centre."""

from __future__ import annotations

from collections.abc import Mapping

from hotline.errors import ExchangeRefused
from ivr.phone import Acts
from switchboard.doctor.case import Case
from switchboard.doctor.finding import NOT_RUNNING, Finding, fault, warn, well
from switchboard.emergency_trunks import Standing, standing

_NO_LINE_OUT = "请在 site.toml 写 [return_call] server（外呼的 SIP 服务器），或设 enabled = false"
_TRUNKS = ("emergency-1", "emergency-2")


async def trunks(case: Case) -> Finding:
    """Qualified every two seconds by Asterisk: what it knows now. One line for all of them."""
    stands = standing(case.site, case.settings.data)
    if stands is Standing.UNCONFIRMED:
        return fault("真实报警中心尚未二次确认，启动会被拒绝", "请运行 ./jiesu emergency confirm")
    centre = "模拟报警中心" if stands is Standing.STAND_IN else "真实报警中心"
    if not case.running:
        told = f"{NOT_RUNNING}；运营商：{_carrier(case)}；{centre}"
        return warn(f"{told}；不能回拨", _NO_LINE_OUT) if _mute(case) else well(told)
    try:
        away = [name[-1] for name in _TRUNKS if not await _reachable(case.act, name)]
        carrier, do = await _registered(case)
    except ExchangeRefused:
        return fault("查不出：与交换机的连接断开", "先看 Asterisk 与 AMI 两行")
    told = f"运营商：{carrier}；{centre}"
    if len(away) == len(_TRUNKS):
        return fault(
            f"{told} 两条中继都不可达：110、119、120、122 打不通",
            "请立即检查报警中心一侧的线路；紧急来电现在进紧急队列，由坐席接听",
            life=True,
        )
    if away:
        return warn(
            f"{told} 第 {away[0]} 中继不可达",
            "请检查报警中心一侧的线路；另一条中继和紧急队列仍在工作",
            life=True,
        )
    if do:
        return warn(f"{told}两条中继可达", do)
    if _mute(case):
        return warn(f"{told}两条中继可达；不能回拨", _NO_LINE_OUT)
    return well(f"{told}两条中继可达")


def _mute(case: Case) -> bool:
    """Whether lost callers are to be called back and there is no line to do it on: a carrier that
    knows us by our address does not say where it takes calls."""
    back = case.site.return_call
    return case.site.inbound.mode == "ip" and back.enabled and not back.server


async def _reachable(act: Acts, aor: str) -> bool:
    """By the one contact of a trunk. Listing them all would want a right that makes an AMI log-in
    a shell; a variable wants none."""
    contact = await _value(act, f"PJSIP_AOR({aor},contact)")
    return bool(contact) and await _value(act, f"PJSIP_CONTACT({contact},status)") == "Reachable"


async def _value(act: Acts, variable: str) -> str:
    answer = await act({"Action": "Getvar", "Variable": variable})
    return answer[0].get("Value", "")


def _carrier(case: Case) -> str:
    inbound = case.site.inbound
    kinds: Mapping[str, str] = {
        "demo": "演示，只收本机",
        "ip": f"固定 IP {'、'.join(inbound.addresses)}",
        "registration": f"向 {inbound.server} 注册",
    }
    return kinds[inbound.mode]


async def _registered(case: Case) -> tuple[str, str]:
    """How the carrier's trunk stands, and what to do: only one that we register at can be asked."""
    told = _carrier(case)
    if case.site.inbound.mode != "registration":
        return told, ""
    rows = await case.act({"Action": "PJSIPShowRegistrationsOutbound"})
    ours = (row for row in rows if row.get("Event") == "OutboundRegistrationDetail")
    found = [row.get("Status", "") for row in ours]
    if "Registered" in found:
        return f"{told}，已注册", ""
    return (
        f"{told}，没有注册上（{found[0] if found else '没有这一条'}）",
        "请核对 site.toml [inbound] 的服务器、用户名和密码，并检查到运营商的网络",
    )

"""Asterisk itself: the release, whether it answers, its modules, our log-in."""

from __future__ import annotations

import asyncio
import re

from asterisk_conf import exchange
from asterisk_conf.debian import find_tool
from asterisk_conf.errors import ExchangeFailed
from asterisk_conf.modules import MODULES
from hotline.errors import ExchangeRefused, HotlineError
from switchboard.doctor.case import Case
from switchboard.doctor.finding import NOT_RUNNING, Finding, fault, warn, well
from switchboard.doctor.rounds import in_thread
from switchboard.prerequisites import apt_line

_SHOWN = 6
_ASK_S = 3.0


async def asterisk(case: Case) -> Finding:
    """Alive, and a release with its security faults mended (exchange.PATCHED)."""
    if not case.running:
        return await _installed(case)
    try:
        answer = await exchange.ask_at(case.settings.asterisk, "core show version", _ASK_S)
    except ExchangeFailed:
        return fault(
            "没有回应：电话打不进来，紧急键也不通",
            f"请看 {case.settings.log / 'asterisk.log'}；./jiesu up 会重新启动它",
            life=True,
        )
    version = re.search(r"Asterisk ([\d.]+)", answer)
    told = version[1] if version else "版本不明"
    if not exchange.is_patched(answer):
        return fault(f"{told} 正在运行，有未修补的漏洞", _upgrade())
    return well(f"{told}，正在运行")


async def _installed(case: Case) -> Finding:
    return await in_thread(_on_disk)(case)


def _on_disk(case: Case) -> Finding:
    try:
        found = exchange.find(case.settings.cache, may_fetch=False)
    except HotlineError as lacking:
        if "缺少模块" in str(lacking):
            return fault(str(lacking), "删除后 ./jiesu up 会重新下载")
        return warn("本机没有合用的 Asterisk", "首次 ./jiesu up 会下载到缓存，需要网络")
    upstream = re.sub(r"^\d+:|[+~-].*$", "", found.version)  # Debian's own: 1:22.8.2+dfsg-1
    if not exchange.is_patched(f"Asterisk {upstream}"):
        return fault(f"{upstream} 有未修补的漏洞", _upgrade())
    return well(f"{NOT_RUNNING}；本机有 {upstream}")


def _upgrade() -> str:
    least = "、".join(".".join(map(str, version)) for version in exchange.PATCHED.values())
    return f"请换用 {least} 或更新的版本：删去缓存中的旧版，再运行 ./jiesu up"


async def modules(case: Case) -> Finding:
    """Each one we load is on the disk, and loaded where Asterisk runs."""
    if not case.running:
        return await in_thread(_modules_on_disk)(case)
    try:
        missing = await _not_loaded(case)
        if missing:
            # The console says other things in between, also in the middle of a line.
            again = await _not_loaded(case)
            missing = [name for name in missing if name in again]
    except ExchangeFailed:
        return fault("查不出：Asterisk 没有回应", "先看 Asterisk 那一行")
    if missing:
        return fault(
            f"没有装入 {_some(missing)}",
            f"请看 {case.settings.asterisk / 'log' / 'messages'}，再重新启动 ./jiesu up",
            life=True,
        )
    return well(f"{len(MODULES)} 个全部装入")


async def _not_loaded(case: Case) -> list[str]:
    answer = await exchange.ask_at(case.settings.asterisk, "module show", _ASK_S)
    loaded = set(re.findall(r"^(\w+)\.so .*\bRunning\b", answer, re.MULTILINE))
    return [name for name in MODULES if name not in loaded]


def _modules_on_disk(case: Case) -> Finding:
    try:
        found = exchange.find(case.settings.cache, may_fetch=False)
    except HotlineError as lacking:
        if "缺少模块" in str(lacking):
            return fault(str(lacking), "删除后 ./jiesu up 会重新下载")
        return warn(f"{NOT_RUNNING}；还没有 Asterisk", "首次 ./jiesu up 会下载到缓存")
    return well(f"{NOT_RUNNING}；{len(MODULES)} 个都在 {found.modules}")


def _some(names: list[str]) -> str:
    more = f" 等 {len(names)} 个" if len(names) > _SHOWN else ""
    return "、".join(names[:_SHOWN]) + more


async def ami(case: Case) -> Finding:
    """Our log-in is accepted and answered."""
    if not case.running:
        return well(NOT_RUNNING)
    try:
        await asyncio.wait_for(case.act({"Action": "Ping"}), 4.5)
    except ExchangeRefused as refused:
        if "password" in refused.reply or "secrets" in refused.reply:
            return fault(
                "交换机不接受我们的密码，数字与弹屏都会停",
                f"请恢复 {case.settings.secrets_file}，或重新启动 ./jiesu up",
            )
        return fault(
            "连不上交换机的管理口：电话由交换机自己接，数字与弹屏停着",
            f"稍等自动重连；一分钟以上请看 {case.settings.log / 'asterisk.log'}",
        )
    return well(f"已登录，端口 {case.places.get('ami_port', '？')}")


def voice(case: Case) -> Finding:
    """Wished for by `call --say`, not needed to take calls."""
    names = ("espeak-ng", "sox")
    cache = case.settings.cache
    lacking = [name for name in names if find_tool(name, cache, may_fetch=False) is None]
    if lacking:
        how = f"演示与测试才用；首次使用时下载，或：{apt_line(*lacking)}"
        return well(f"没有 {'、'.join(lacking)}", how)
    return well("有")

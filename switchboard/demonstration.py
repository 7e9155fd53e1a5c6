"""The demonstration city: users of every role, twelve agents, units. Marked 演示数据.

Names and numbers are invented. Passwords are random and stand in DATA/users.txt (0600), nowhere
else. An installation that has users of its own is left alone.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agent_desk.desk_settings import HashCost
from agent_desk.login import Passwords
from hotline.words import AgentId, Role, UnitId
from ledger.store import Ledger
from ledger.units import Unit

DEMO_MARK: Final = "demo"
AGENTS: Final = (
    "林晓岚",
    "冼伟杰",
    "古丽巴哈尔·阿不都热依木",
    "欧阳若溪",
    "黄美玲",
    "莫秋月",
    "谭咏诗",
    "罗文斌",
    "何嘉怡",
    "陈志强",
    "区凤仪",
    "段思远",
)
FIRST_AGENT: Final = 1001


@dataclass(frozen=True, slots=True)
class LogIn:
    """A user of the demonstration, with the password before it was hashed."""

    login: str
    name: str
    roles: tuple[Role, ...]
    password: str
    agent: AgentId | None = None


_OTHERS: Final = (
    ("banzhang", "梁国栋", (Role.SUPERVISOR,)),
    ("zhishi", "苏文静", (Role.EDITOR,)),
    ("chengban", "邓志明", (Role.OFFICER,)),
    ("jigou", "陆建平", (Role.MANAGER,)),
    ("guanli", "周敏", (Role.ADMINISTRATOR,)),
    ("shenji", "许立", (Role.AUDITOR,)),
)
UNITS: Final = (
    ("xieguan", "12345热线协管办", "协管办"),
    ("chengguan", "城市管理和综合执法局", "部门"),
    ("zhujian", "住房和城乡建设局", "部门"),
    ("shengtai", "生态环境分局", "部门"),
    ("renshe", "人力资源和社会保障局", "部门"),
    ("shichang", "市场监督管理局", "部门"),
    ("gongan", "公安分局", "部门"),
    ("jiaoyu", "教育局", "部门"),
    ("weijian", "卫生健康局", "部门"),
    ("jiaotong", "交通运输局", "部门"),
    ("gongshui", "供水公司", "公共服务企业"),
    ("gongdian", "供电局", "公共服务企业"),
    ("jiedao", "中心街道办事处", "镇街"),
)


def agent_numbers(count: int = len(AGENTS)) -> tuple[AgentId, ...]:
    """The seats of the demonstration: 1001 and on."""
    return tuple(AgentId(str(FIRST_AGENT + i)) for i in range(count))


async def seed(ledger: Ledger, users_file: Path) -> Sequence[LogIn]:
    """Fill an empty ledger; the log-ins made, none where users exist already."""
    if await ledger.accounts.users():
        return ()
    log_ins = _log_ins()
    _write(users_file, log_ins)
    await ledger.units.put(
        [
            Unit(UnitId(code), name, kind=kind, position=i)
            for i, (code, name, kind) in enumerate(UNITS)
        ],
        by="demonstration",
    )
    passwords = Passwords(HashCost())
    hashes = await asyncio.gather(*(passwords.hash(one.password) for one in log_ins))
    for one, password_hash in zip(log_ins, hashes, strict=True):
        await ledger.accounts.add_user(
            login=one.login,
            display_name=one.name,
            roles=one.roles,
            password_hash=password_hash,
            by="demonstration",
            agent=one.agent,
            unit=UnitId("chengguan") if Role.OFFICER in one.roles else None,
        )
    passwords.close()
    await ledger.bookmarks.put(DEMO_MARK, "yes")
    return log_ins


def _log_ins() -> list[LogIn]:
    seats = [
        LogIn(number, name, (Role.AGENT,), _password(), number)
        for number, name in zip(agent_numbers(), AGENTS, strict=True)
    ]
    return seats + [LogIn(login, name, roles, _password()) for login, name, roles in _OTHERS]


def _password() -> str:
    """Easy to type, hard to guess: 12 letters and figures without look-alikes (60 bits)."""
    return "".join(secrets.choice("abcdefghjkmnpqrstuvwxyz23456789") for _ in range(12))


_ROLE_NAMES: Final = {
    Role.AGENT: "话务员",
    Role.SUPERVISOR: "班长",
    Role.EDITOR: "知识编辑",
    Role.OFFICER: "承办人员",
    Role.MANAGER: "管理机构",
    Role.ADMINISTRATOR: "管理员",
    Role.AUDITOR: "审计员",
}


def _write(path: Path, log_ins: Sequence[LogIn]) -> None:
    path.touch(mode=0o600)
    path.chmod(0o600)
    lines = ["# 演示数据：登录名 密码 姓名 角色"]
    for one in log_ins:
        roles = "、".join(_ROLE_NAMES[role] for role in one.roles)
        lines.append(f"{one.login} {one.password} {one.name} {roles}")
    path.write_text("\n".join(lines) + "\n", "utf-8")


def read_log_ins(path: Path) -> list[tuple[str, str, str, str]]:
    """(login, password, name, role) of every line of users.txt; empty without the file."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except OSError:
        return []
    found = []
    for line in lines:
        parts = line.split(" ", 3)
        if len(parts) == 4 and not line.startswith("#"):
            found.append((parts[0], parts[1], parts[2], parts[3]))
    return found

"""How one value of site.toml is read: each reader gives the value or raises ValueError with a
Chinese clause that says what it should have been ("应为……").
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Reader = Callable[[object], object]


def setting(default: Any, reader: Reader, about: str) -> Any:
    """One key of site.toml: its default, how it is read, and what it is, in Chinese."""
    return field(default=default, metadata={"read": reader, "about": about})


HOST_NAME = re.compile(
    r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*"
)


@dataclass(frozen=True, slots=True)
class Secret:
    """A password that does not show itself in logs, errors or state files."""

    value: str

    def __repr__(self) -> str:
        return "Secret(****)"

    __str__ = __repr__

    def reveal(self) -> str:
        """The password itself, for the one file that needs it."""
        return self.value


def flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("应为 true 或 false（不加引号）")
    return value


def text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("应为加双引号的文字")
    if any(ord(sign) < 32 or ord(sign) == 127 for sign in value):
        raise ValueError("不能含换行等控制字符")
    return value


def secret(value: object) -> Secret:
    return Secret(token(value))


def token(value: object) -> str:
    """A user name or password: Asterisk's files know ``;`` as a comment and cut at blanks."""
    found = text(value)
    if found and not re.fullmatch(r"[!-:<-~]+", found):
        raise ValueError("只能用不含空格和分号的英文字母、数字和符号")
    return found


def whole(low: int, high: int) -> Reader:
    def read(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValueError("应为整数（不加引号）")
        if not low <= value <= high:
            raise ValueError(f"应在 {low} 到 {high} 之间")
        return value

    return read


port = whole(1, 65535)


def one_of(*choices: str) -> Reader:
    def read(value: object) -> str:
        found = text(value)
        if found not in choices:
            raise ValueError(f"应为 {'、'.join(choices)} 之一")
        return found

    return read


def list_of(read_one: Reader, *, at_least: int = 0, at_most: int = 64) -> Reader:
    def read(value: object) -> tuple[object, ...]:
        if not isinstance(value, list):
            raise ValueError("应为方括号中的列表")
        if not at_least <= len(value) <= at_most:
            raise ValueError(f"应有 {at_least} 到 {at_most} 项")
        found = []
        for place, item in enumerate(value, start=1):
            try:
                found.append(read_one(item))
            except ValueError as error:
                raise ValueError(f"第 {place} 项 {item!r} {error}") from None
        if len(set(found)) != len(found):
            raise ValueError("有重复的项")
        return tuple(found)

    return read


def address(value: object) -> str:
    """One IP address."""
    try:
        return str(ipaddress.ip_address(text(value)))
    except ValueError:
        raise ValueError('应为 IP 地址，例如 "10.20.30.40"') from None


def address_or_nothing(value: object) -> str:
    return "" if value == "" else address(value)


def network(value: object) -> str:
    """One IP address or network in CIDR notation."""
    try:
        return str(ipaddress.ip_network(text(value)))
    except ValueError:
        raise ValueError('应为 IP 地址或网段，例如 "10.20.30.40" 或 "10.20.30.0/24"') from None


def host(value: object) -> str:
    """A host name or an IP address; empty for none."""
    found = text(value)
    try:
        return str(ipaddress.ip_address(found)) if found else ""
    except ValueError:
        if HOST_NAME.fullmatch(found.lower()) and not re.fullmatch(r"[0-9.]+", found):
            return found
        raise ValueError("应为主机名或 IP 地址") from None


def listening(value: object) -> str:
    """An address of this machine or its name; which it is, is seen when it is listened on."""
    found = host(value)
    if not found:
        raise ValueError("应为本机的 IP 地址或主机名")
    return found


def digits(value: object) -> str:
    found = text(value)
    if not re.fullmatch(r"[0-9]*", found):
        raise ValueError("只能是数字")
    return found


def dialled(value: object) -> str:
    """A number people dial in on: 3 to 20 digits."""
    found = digits(value)
    if not 3 <= len(found) <= 20:
        raise ValueError("应为 3 到 20 位数字")
    return found


def database(value: object) -> str:
    """Empty for the file in DATA, else PostgreSQL by asyncpg."""
    found = text(value)
    if found and not re.match(r"postgresql\+asyncpg://[^/]+/\w+", found):
        raise ValueError('应留空（用本机文件），或写成 "postgresql+asyncpg://用户:密码@主机/库名"')
    return found

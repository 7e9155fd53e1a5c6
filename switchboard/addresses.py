"""The addresses of this machine, and what ``--listen`` may name."""

from __future__ import annotations

import ipaddress
import re
import socket
from pathlib import Path
from typing import Final

from switchboard.certificates import IPAddress
from switchboard.refusals import Refusal
from switchboard.site_values import HOST_NAME

LOOPBACK: Final = "127.0.0.1"
_V4_TABLE = Path("/proc/net/fib_trie")
_V6_TABLE = Path("/proc/net/if_inet6")
_LOCAL = re.compile(r"\|-- (\S+)\n\s+/32 host LOCAL")


class BadAddress(Refusal):
    """One Chinese sentence: why this machine cannot listen there, and where it can."""


def own_addresses(*, v4: Path = _V4_TABLE, v6: Path = _V6_TABLE) -> tuple[str, ...]:
    """This machine's addresses which others can reach: IPv4 first, no loopback, no link-local."""
    found: list[IPAddress] = [*_of_v4(v4), *_of_v6(v6)]
    kept = [one for one in found if not (one.is_loopback or one.is_link_local)]
    return tuple(dict.fromkeys(map(str, kept)))


def _of_v4(table: Path) -> list[ipaddress.IPv4Address]:
    try:
        return [ipaddress.IPv4Address(one) for one in _LOCAL.findall(table.read_text("ascii"))]
    except OSError:
        return []


def _of_v6(table: Path) -> list[ipaddress.IPv6Address]:
    try:
        lines = table.read_text("ascii").splitlines()
    except OSError:
        return []
    return [ipaddress.IPv6Address(bytes.fromhex(line.split()[0])) for line in lines]


def is_loopback(address: str) -> bool:
    """Whether an IP address stays inside this machine."""
    return ipaddress.ip_address(address).is_loopback


def bracketed(address: str) -> str:
    """An address as it stands in front of a port: ``[fd00::1]``."""
    return f"[{address}]" if ":" in address else address


def resolved(wished: str) -> tuple[str, str]:
    """The host as people type it and the IP address of this machine behind it; both the same
    where an address was given, both 127.0.0.1 where others cannot reach it. Raises BadAddress."""
    text = wished.strip().strip("[]")
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return (LOOPBACK, LOOPBACK) if text == "localhost" else (text.lower(), _own_by_name(text))
    if found.is_loopback:
        return LOOPBACK, LOOPBACK
    if found.is_unspecified:
        raise BadAddress(f"监听地址要写明是哪一个，不能是 {text}：证书和坐席都要认它。{_choices()}")
    if not _is_own(str(found)):
        raise BadAddress(f"{text} 不是本机的地址：{_choices()}")
    return str(found), str(found)


def _own_by_name(name: str) -> str:
    if not HOST_NAME.fullmatch(name.lower()) or re.fullmatch(r"[0-9.]+", name):
        raise BadAddress(f"{name!r} 不是 IP 地址，也不是主机名：{_choices()}")
    try:
        answers = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except OSError:
        raise BadAddress(
            f"主机名 {name} 解析不到地址：请先在 DNS 或 /etc/hosts 里写好它。{_choices()}"
        ) from None
    known = sorted({str(one[4][0]).partition("%")[0] for one in answers}, key=_v4_first)
    for address in known:
        if not is_loopback(address) and _is_own(address):
            return address
    if all(map(is_loopback, known)):
        raise BadAddress(f"主机名 {name} 指向本机环回地址，坐席到不了：{_choices()}")
    raise BadAddress(f"主机名 {name} 指向 {'、'.join(known)}，不是本机的地址：{_choices()}")


def _v4_first(address: str) -> bool:
    return ":" in address


def _is_own(address: str) -> bool:
    """What can be bound is ours."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
    return True


def _choices() -> str:
    known = [address for address in own_addresses() if ":" not in address]
    return f"本机的地址有 {'、'.join(known)}。" if known else "本机没有局域网地址，请先接上网络。"

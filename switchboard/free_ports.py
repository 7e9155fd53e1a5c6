"""Ports nobody else has, held against other runs of ours until this process ends.

A port that is free when looked at may be taken before the child binds it. Against strangers nothing
helps; against other runs of Jiesu a claim does: an abstract unix socket of the port's name, which
the kernel lets go when the process ends, however it ends.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass, field
from typing import Literal

from switchboard.refusals import Refusal

Kind = Literal["tcp", "udp"]
TRIES = 400
BLOCK = 100


class NoFreePort(Refusal):
    """One Chinese sentence."""


@dataclass(slots=True)
class Ports:
    """The ports claimed by this process. `close` lets them go."""

    host: str = "127.0.0.1"
    also: str = ""
    """An address besides, on which a port must be free too unless `claim` is told a host."""
    _claims: list[socket.socket] = field(default_factory=list)

    def claim(self, preferred: int, kind: Kind = "tcp", host: str | None = None) -> int:
        """``preferred`` when it is free, else the next free one above it."""
        for port in range(preferred, min(preferred + TRIES, 65536)):
            if self._free(port, kind, host) and self._hold(f"{kind}/{port}"):
                return port
        raise NoFreePort(f"从 {preferred} 起找不到空闲的端口：请关掉占用端口的程序后重试。")

    def claim_range(self, preferred: int, count: int, host: str | None = None) -> range:
        """``count`` free UDP ports in a row, at ``preferred`` or above it in steps of ``count``."""
        for first in range(preferred, 65536 - count, count):
            ports = range(first, first + count)
            if all(self._free(port, "udp", host) for port in ports) and self._hold_all(ports):
                return ports
        raise NoFreePort(
            f"从 {preferred} 起找不到 {count} 个相连的空闲端口：请关掉占用端口的程序。"
        )

    def keep(self, port: int, kind: Kind = "tcp") -> None:
        """Claim a port that an adopted child of ours is already using."""
        self._hold(f"{kind}/{port}")

    def close(self) -> None:
        while self._claims:
            self._claims.pop().close()

    def _free(self, port: int, kind: Kind, host: str | None) -> bool:
        hosts = (host,) if host else (self.host, self.also or self.host)
        return all(is_free(port, kind, one) for one in dict.fromkeys(hosts))

    def _hold(self, name: str) -> bool:
        claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            claim.bind(f"\0jiesu/port/{name}")
        except OSError:
            claim.close()
            return False
        self._claims.append(claim)
        return True

    def _hold_all(self, ports: range) -> bool:
        before = len(self._claims)
        blocks = range(ports.start // BLOCK, (ports.stop - 1) // BLOCK + 1)
        if all(self._hold(f"udp-block/{block}") for block in blocks):
            return True
        while len(self._claims) > before:
            self._claims.pop().close()
        return False


def is_free(port: int, kind: Kind, host: str) -> bool:
    """True when ``host:port`` can be bound now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM) as probe:
        if kind == "tcp":
            # A port in TIME_WAIT can be listened on again; a listening one still refuses.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True

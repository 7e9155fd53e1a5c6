"""Who listens where, read from /proc: needs no right but to look at one's own processes."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

Kind = Literal["tcp", "udp"]

_STATE: Final = {"tcp": "0A", "udp": "07"}
"""Listening; for UDP: bound and not connected (include/net/tcp_states.h)."""
_EVERYWHERE: Final = ("0.0.0.0", "::")  # noqa: S104 - read, not bound


@dataclass(frozen=True, slots=True)
class Sitter:
    """A socket that waits on a port; ``pid`` is None where another user's process has it."""

    address: str
    port: int
    pid: int | None
    program: str


def sitters(kind: Kind, port: int | None = None, address: str = "") -> list[Sitter]:
    """Those of a port, of all when none is named; with an ``address`` those that would be in the
    way of a socket there."""
    found = [
        row
        for row in _rows(kind)
        if (port is None or row[1] == port)
        and (not address or row[0] == address or {row[0], address} & set(_EVERYWHERE))
    ]
    if not found:
        return []
    owners = _owners({inode for _, _, inode in found})
    return [Sitter(host, number, *owners.get(inode, (None, ""))) for host, number, inode in found]


def _rows(kind: Kind) -> Iterator[tuple[str, int, str]]:
    for name in (kind, f"{kind}6"):
        try:
            lines = Path(f"/proc/net/{name}").read_text("ascii").splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            field = line.split()
            if field[3] == _STATE[kind]:
                host, _, port = field[1].partition(":")
                yield _address(host), int(port, 16), field[9]


def _address(raw: str) -> str:
    """The kernel writes words of 32 bits in its own order."""
    numbers = [int(raw[start : start + 8], 16) for start in range(0, len(raw), 8)]
    words = struct.pack(f"={len(numbers)}I", *numbers)
    return socket.inet_ntop(socket.AF_INET if len(words) == 4 else socket.AF_INET6, words)


def _owners(inodes: set[str]) -> dict[str, tuple[int, str]]:
    wanted = {f"socket:[{inode}]": inode for inode in inodes}
    found: dict[str, tuple[int, str]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            for link in (folder / "fd").iterdir():
                inode = wanted.get(str(link.readlink()))
                if inode is not None:
                    name = (folder / "comm").read_text("utf-8", "replace").strip()
                    found.setdefault(inode, (int(folder.name), name))
        except OSError:
            continue  # ended meanwhile, or another user's
    return found

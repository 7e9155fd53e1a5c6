"""How this installation's desk is set up: addresses, limits, what a seat has to trust."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class HashCost:
    """argon2id as OWASP's password storage cheat sheet asks (19 MiB, 2 passes, 1 lane)."""

    memory_kib: int = 19 * 1024
    passes: int = 2
    lanes: int = 1


@dataclass(frozen=True, slots=True)
class Trust:
    """What a seat has to trust before its browser believes us: our own CA, PEM, and its SHA-256
    fingerprint as people compare it."""

    pem: bytes
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskSettings:
    """How this installation's desk is set up.

    ``origins`` are the addresses people open, e.g. ``http://127.0.0.1:8000``: requests and
    sockets from any other page are refused. ``telephone_ws`` are the addresses of Asterisk's own
    WebSocket, which the browser's telephone may connect to.
    """

    city_name: str
    hotline_name: str = "12345"
    demo: bool
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))
    origins: tuple[str, ...]
    telephone_ws: tuple[str, ...]
    trust: Trust | None = None
    version: str = ""
    pause_reasons: tuple[str, ...] = ("小休", "用餐", "培训", "会议", "处理工单")
    hash_cost: HashCost = field(default_factory=HashCost)
    lock_after: int = 5
    lock_s: int = 600
    lock_address_after: int = 20
    """A whole call centre may sit behind one address: a seat's typing errors must not lock out
    the others, so an address is locked later than a login."""
    idle_s: int = 3600
    """Without a request or an open desk; an open desk keeps its session, or a quiet night would
    log the telephone off."""
    absolute_s: int = 14 * 3600
    """One shift with its handover."""
    ack_within_s: float = 2.0
    give_up_after_s: float = 10.0
    max_body: int = 256 * 1024
    max_file: int = 20 * 1024 * 1024

    def line_for(self, host: str, usual: str) -> str:
        """Asterisk's WebSocket under the host by which a page was opened: a seat that came by
        address may not be able to resolve the name."""
        known = {urlsplit(one).hostname: one for one in reversed((usual, *self.telephone_ws))}
        return known.get(host, usual)

    @property
    def secure(self) -> bool:
        """True where people come by https only: cookies are then bound to it."""
        return all(origin.startswith("https://") for origin in self.origins)

"""What a SIP telephone said and heard, in order: the witness tests and lists rely on."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

from ivr import sip

What = Literal["sent", "resent", "received", "unreadable", "key-heard", "key-sent"]

LIMIT: Final = 5_000
"""Entries kept: a telephone that stays on for days must not grow."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened. `detail` is "INVITE" or "180 INVITE", or the key pressed.

    `at` never runs backwards: it is the time the telephone was opened plus a monotonic clock.
    """

    at: datetime
    what: What
    detail: str
    call_id: str = ""
    message: sip.Message | None = None


def outline(message: sip.Message) -> str:
    """ "INVITE" for a request, "180 INVITE" for a response."""
    if isinstance(message, sip.Request):
        return message.method
    return f"{message.status} {sip.cseq(message).method}"


class SipLog:
    """The entries of one telephone, oldest first."""

    def __init__(self) -> None:
        self._opened = datetime.now(UTC)
        self._opened_ticks = time.monotonic_ns()
        self.entries: list[Entry] = []

    def now(self) -> datetime:
        """The time by this log's own steady clock."""
        micros = (time.monotonic_ns() - self._opened_ticks) // 1000
        return datetime.fromtimestamp(self._opened.timestamp() + micros / 1e6, UTC)

    def note(
        self,
        what: What,
        detail: str,
        *,
        call_id: str = "",
        message: sip.Message | None = None,
    ) -> Entry:
        """Add an entry and return it."""
        entry = Entry(self.now(), what, detail, call_id, message)
        if len(self.entries) >= LIMIT:
            del self.entries[: LIMIT // 10]
        self.entries.append(entry)
        return entry

    def message(self, what: What, message: sip.Message) -> Entry:
        """Add a SIP message."""
        return self.note(what, outline(message), call_id=sip.call_id(message), message=message)

    def sent(self, detail: str, call_id: str = "") -> list[Entry]:
        """Messages sent (not resent) with that outline, of one call or of all."""
        return self._like("sent", detail, call_id)

    def received(self, detail: str, call_id: str = "") -> list[Entry]:
        """Messages received with that outline, of one call or of all."""
        return self._like("received", detail, call_id)

    def story(self, call_id: str = "") -> list[str]:
        """Every entry as "sent INVITE", "received 180 INVITE", …: handy in an assertion."""
        return [
            f"{entry.what} {entry.detail}"
            for entry in self.entries
            if call_id in {"", entry.call_id}
        ]

    def _like(self, what: What, detail: str, call_id: str) -> list[Entry]:
        return [
            entry
            for entry in self.entries
            if entry.what == what and entry.detail == detail and call_id in {"", entry.call_id}
        ]

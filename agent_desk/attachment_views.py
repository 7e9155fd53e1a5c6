"""Attachments (附件) of a ticket as the desk shows and takes them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from agent_desk.views import Person
from hotline.words import TicketId, UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file of a ticket. ``withdrawn`` says when, by whom and why; empty while it stands."""

    id: str
    name: str
    kind: str
    purpose: str
    bytes: int
    sha256: str
    at: dt.datetime
    by: UserId
    by_name: str
    withdrawn: str = ""


@dataclass(frozen=True, slots=True)
class Given:
    """A file on its way out: its blocks, read from the disk as they are asked for."""

    blocks: Iterator[bytes]
    size: int
    name: str
    media: str


class AttachmentBook(Protocol):
    """The files put to tickets."""

    @property
    def purposes(self) -> Sequence[str]:
        """What a file can be for, in the order they are offered."""

    @property
    def largest_mb(self) -> int:
        """How large one may be."""

    @property
    def scanned(self) -> bool:
        """Whether every file is looked at by a virus scanner before it is kept."""

    async def of(self, number: TicketId) -> Sequence[Attachment]:
        """Every file of a ticket, oldest first, the withdrawn ones too."""

    async def put(
        self,
        number: TicketId,
        source: BinaryIO,
        name: str,
        purpose: str,
        *,
        by: Person,
        at: dt.datetime,
    ) -> None:
        """Keep a file: whole and written down when it returns, or nothing of it. Raises BadInput,
        and other HotlineErrors where the disk takes no more."""

    async def give(self, number: TicketId, file: str, *, by: Person) -> Given:
        """A file for somebody who may have it; written into the audit book. Raises NoSuch."""

    async def withdraw(self, number: TicketId, file: str, why: str, *, by: Person) -> None:
        """Mark a file as withdrawn. Raises NoSuch, NotAllowed, BadInput."""

"""What the page of a ticket shows of its attachments to one person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from agent_desk.access_views import Seen
from agent_desk.attachment_views import Attachment
from agent_desk.desk import Desk
from agent_desk.shield import HANDLERS
from agent_desk.views import Person
from hotline.words import Role

HERE: Final = "附件"
"""By what the page knows that a refusal belongs to this section and not to the acts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """The section 附件. Nothing of the files is in it for who may not read the matter."""

    rows: Sequence[Attachment]
    readable: bool
    may_put: bool
    purposes: Sequence[str]
    largest_mb: int
    scanned: bool
    supervises: bool
    me: str

    def may_withdraw(self, row: Attachment) -> bool:
        """Whoever put it, and supervisors."""
        return not row.withdrawn and self.may_put and (self.supervises or row.by == self.me)


async def files_of(desk: Desk, found: Seen, person: Person) -> Files:
    """The section for somebody who has the ticket open."""
    book = desk.ports.attachments
    return Files(
        rows=await book.of(found.ticket.number) if found.readable else (),
        readable=found.readable,
        may_put=found.readable and found.may_act and bool(person.roles & set(HANDLERS)),
        purposes=book.purposes,
        largest_mb=book.largest_mb,
        scanned=book.scanned,
        supervises=Role.SUPERVISOR in person.roles,
        me=person.id,
    )

"""Printed papers of a ticket (工单, 延期办理申请表, 督办单, 书面答复), asked for by their form."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Protocol

from agent_desk.access_views import Seen
from agent_desk.supervision_views import SupervisionForm

FORMS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "ticket": "工单",
        "extension": "延期办理申请表",
        "reply": "书面答复",
        "supervision": "督办单",
    }
)
"""The papers by the name in their address."""


@dataclass(frozen=True, slots=True)
class Printed:
    """A paper as PDF, with the name it is saved under."""

    content: bytes
    name: str


class Papers(Protocol):
    """The printer."""

    async def pdf(self, form: str, found: Seen, at: dt.datetime) -> Printed:
        """A paper of FORMS, with nothing on it that this reader may not see. Raises NoSuch,
        BadInput where there is nothing to print yet or the fonts are missing."""

    async def slip(self, form: SupervisionForm, at: dt.datetime) -> Printed:
        """A paper of supervision as it was issued. Raises BadInput without fonts."""

"""What the agent settled at intake, as it comes with the form of a ticket."""

from __future__ import annotations

from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from agent_desk.intake_views import How, Intake
from hotline.words import TicketId

LONGEST_REPLY: Final = 4000
"""As long as the reply of an act may be."""


class IntakeBody(BaseModel):
    """See :class:`agent_desk.intake_views.Intake`."""

    model_config = ConfigDict(extra="forbid")

    how: How = ""
    code: str = Field(default="", max_length=40)
    words: str = Field(default="", max_length=1000)
    to: str = Field(default="", max_length=32)
    order: str = Field(default="", max_length=40)
    region: str = Field(default="", max_length=40)
    channel: str = Field(default="", max_length=16)
    reply: str = Field(default="", max_length=LONGEST_REPLY)

    def settled(self) -> Intake:
        """The same for the rest of the house."""
        return Intake(
            how=self.how,
            code=self.code,
            words=self.words.strip(),
            to=TicketId(self.to.strip()) if self.to.strip() else None,
            order=self.order,
            region=self.region.strip(),
            channel=self.channel,
            reply=self.reply.strip(),
        )

"""What was said in a call, as one frame: live words for the desk."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import ClassVar, Literal

from hotline.words import CallId, Service


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Words of one side. A partial replaces the partial before it of the same side; a final ends
    it. ``from_s`` counts from the beginning of that side's sound; ``alarm`` says in words why they
    sound like an emergency, ``level`` how much so (amber: look; red: hand over unless you hear
    otherwise) and ``service`` whose it would be; ``gap_s`` is set instead of words where nobody
    listened so long."""

    type: ClassVar[str] = "said"
    call: CallId
    leg: Literal["caller", "agent"]
    text: str
    final: bool
    from_s: float
    at: dt.datetime
    alarm: str = ""
    level: Literal["", "amber", "red"] = ""
    service: Service | None = None
    gap_s: float | None = None

"""The event of a rating by key; beside the others, which fill their own book."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from hotline.words import CallId


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerRated:
    """After the agent had hung up the caller pressed 1 to 5 (UserEvent HotlineRating)."""

    at: dt.datetime
    received_at: dt.datetime
    call: CallId
    key: str

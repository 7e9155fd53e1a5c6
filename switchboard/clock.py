"""The host's clock, in one place: everything else is given the time or given this function."""

from __future__ import annotations

import datetime as dt


def utc_now() -> dt.datetime:
    """The clock of the process. Rules never ask it; they are told."""
    return dt.datetime.now(dt.UTC)

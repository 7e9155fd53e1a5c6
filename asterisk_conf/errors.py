"""What can be wrong with the exchange, named; each text is one sentence for a person."""

from __future__ import annotations

from hotline.errors import HotlineError


class FetchFailed(HotlineError):
    """Debian packages could not be fetched or unpacked."""


class BadPlan(HotlineError):
    """A value that must not enter a configuration file: which one, and why."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"交换机配置 {field}：{why}")
        self.field = field
        self.why = why


class ExchangeFailed(HotlineError):
    """Asterisk could not be found, started, stopped or asked."""

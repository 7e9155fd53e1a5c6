"""Errors of the hotline, named by what was wrong.

The web maps them to status codes in one table; nobody else knows HTTP.
"""

from __future__ import annotations


class HotlineError(Exception):
    """Root of everything the rules refuse. Its text may be shown to a person."""


class BadPolicy(HotlineError):
    """A pack of a city is wrong: which file, which key, and why, in one sentence."""

    def __init__(self, file: str, key: str, why: str) -> None:
        super().__init__(f"{file}：{key}：{why}")
        self.file = file
        self.key = key
        self.why = why


class ImpossibleMove(HotlineError):
    """An act that the table of moves does not have from the present state."""

    def __init__(self, what: str, from_: str, to: str, by: str = "", article: str = "") -> None:
        cite = f"〔{article}〕" if article else ""
        super().__init__(f"{what}：{from_}时不能{to}{cite}")
        self.what = what
        self.from_ = from_
        self.to = to
        self.by = by
        self.article = article


class Objected(HotlineError):
    """The city's rules do not allow an act now: one sentence, with the article it stands on."""

    def __init__(self, why: str, article: str = "") -> None:
        super().__init__(f"{why}〔{article}〕" if article else why)
        self.why = why
        self.article = article


class NotAllowed(HotlineError):
    """Somebody asked for what their role does not permit."""

    def __init__(self, who: str, what: str) -> None:
        super().__init__(f"{who}无权{what}")
        self.who = who
        self.what = what


class BadInput(HotlineError):
    """A value from a person is wrong; says which field and what to do."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(why)
        self.field = field
        self.why = why


class NoSuch(HotlineError):
    """Something was asked for that does not exist."""

    def __init__(self, kind: str, key: str) -> None:
        super().__init__(f"没有这个{kind}：{key}")
        self.kind = kind
        self.key = key


class ExchangeRefused(HotlineError):
    """Asterisk said no to an action; ``retryable`` says whether trying again can help."""

    def __init__(self, action: str, reply: str, *, retryable: bool) -> None:
        super().__init__(f"交换机拒绝了 {action}：{reply}")
        self.action = action
        self.reply = reply
        self.retryable = retryable


class BadFrame(HotlineError):
    """Bytes on a wire that do not form a frame of its protocol."""

"""What can go wrong in the ledger. Each text is one sentence that a person can act upon."""

from __future__ import annotations

from hotline.errors import HotlineError


class LedgerFailing(HotlineError):
    """The database cannot be read or written now: disk full, server away.

    ``unsaved`` says that somebody's work was to be saved, and was not.
    """

    def __init__(self, why: str, *, unsaved: bool = False) -> None:
        super().__init__(f"台账写不进去，这次没有保存：{why}" if unsaved else f"台账用不了：{why}")
        self.why = why
        self.unsaved = unsaved


class NewerDatabase(HotlineError):
    """The database was written by a newer Jiesu than this one."""

    def __init__(self, revision: str) -> None:
        super().__init__(
            f"数据库的版本（{revision}）比这个程序新：请换用更新的接诉台，或恢复升级前的备份。"
        )
        self.revision = revision


class WrongKey(HotlineError):
    """The field key is not the one this database was written with, or a field was tampered with."""


class Damaged(HotlineError):
    """A sealed file is not as it was sealed: changed, cut off, or put in another's place."""

    def __init__(self, name: str) -> None:
        super().__init__(f"附件 {name} 的文件被改动过或不完整，打不开：请从备份恢复。")
        self.name = name


class LeaseLost(HotlineError):
    """Somebody else holds the lease now: this process may not write to the stream any more."""

    def __init__(self, lease: str, token: int) -> None:
        super().__init__(f"“{lease}”已由另一个进程接管，本进程（第 {token} 任）不能再写。")
        self.lease = lease
        self.token = token


class LeaseHeld(HotlineError):
    """The lease is in force for somebody else."""

    def __init__(self, lease: str, holder: str) -> None:
        super().__init__(f"“{lease}”正由 {holder} 持有：请先停下它，或等它到期。")
        self.lease = lease
        self.holder = holder


class JournalGap(HotlineError):
    """The disk failed for so long that these facts could not be kept; a gap mark says so."""

    def __init__(self) -> None:
        super().__init__("磁盘长时间写不进去，这一段事实没有记下，日志中已标明缺口。")


class StaleVersion(HotlineError):
    """Somebody else saved the ticket (or other ``kind``) first; load it again and look at what
    changed. ``actual`` is None where nobody looked which version stands now."""

    def __init__(
        self, ticket: str, expected: int, actual: int | None = None, kind: str = "工单"
    ) -> None:
        now = "" if actual is None else f"，现在是第 {actual} 版"
        super().__init__(
            f"{kind} {ticket} 已被别人改过（您看到第 {expected} 版{now}）：请核对后再保存。"
        )
        self.ticket = ticket
        self.expected = expected
        self.actual = actual


class UnknownFact(HotlineError):
    """A journal row holds a type or version that this code does not know."""

    def __init__(self, type_: str, version: int) -> None:
        super().__init__(
            f"日志中有本程序不认识的事实 {type_}（第 {version} 版）：请换用更新的接诉台。"
        )
        self.type = type_
        self.version = version


class BadRow(HotlineError):
    """A journal row's body does not fit its type."""

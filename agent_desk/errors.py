"""What the desk itself refuses, beside the errors of the rules. Texts are shown to people."""

from __future__ import annotations

import errno
from typing import Final

from hotline.errors import HotlineError

DISK_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""What the system says where a disk, a share of it or a file takes no more."""


class NotLoggedIn(HotlineError):
    """No session, or one that is over."""

    def __init__(self) -> None:
        super().__init__("您还没有登录，或登录已过期，请重新登录")


class Forged(HotlineError):
    """A request that did not come from our own pages (OWASP: cross-site request forgery)."""

    def __init__(self) -> None:
        super().__init__("请求不是从本系统的页面发出的，请刷新页面后再试")


class PasswordDue(HotlineError):
    """A password for one log-in opens nothing but the page where it is changed."""

    def __init__(self) -> None:
        super().__init__("这是一次性密码，请先修改密码")


class LockedOut(HotlineError):
    """Too many wrong passwords; ``seconds`` until the next try is looked at."""

    def __init__(self, seconds: int) -> None:
        minutes, rest = divmod(max(seconds, 1), 60)
        wait = f"{minutes} 分 {rest} 秒" if minutes else f"{rest} 秒"
        super().__init__(f"密码错的次数太多，已锁定。请 {wait}后再试，或请系统管理员重置密码")
        self.seconds = seconds


class WrongPassword(HotlineError):
    """Login or password is wrong; which of the two is not said."""

    def __init__(self, left: int, lock_minutes: int) -> None:
        super().__init__(f"工号或密码不对。再错 {left} 次将锁定 {lock_minutes} 分钟")
        self.left = left


class TooLarge(HotlineError):
    """A request body above the cap."""

    def __init__(self, limit: int) -> None:
        most = f"{limit >> 20} MB" if limit >> 20 else f"{limit >> 10} KB"
        super().__init__(f"提交的内容太大，最多 {most}")


class NoRoom(HotlineError):
    """The disk takes no more of what was sent. One Chinese sentence."""

    def __init__(self, why: str = "磁盘已满，没有收下，什么也没有留下：请告知系统管理员") -> None:
        super().__init__(why)


class NotScanned(HotlineError):
    """The virus scanner of the house gave no answer: the file is not taken."""

    def __init__(self, why: str) -> None:
        super().__init__(f"附件没有收下，因为没有查成病毒（{why}）：请稍后再试，或告知系统管理员")


class Away(HotlineError):
    """Something the desk needs cannot be reached now; the telephone does not depend on it."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what}现在连不上，电话不受影响，请稍后再试")

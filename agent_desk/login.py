"""Who is there: passwords, sessions, and the lock against guessing.

argon2id in two threads of its own, so that a burst of log-ins cannot hold up the loop that
carries calls. A session is a random 256-bit token in a cookie; only its SHA-256 is kept.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from agent_desk.desk_settings import DeskSettings, HashCost
from agent_desk.errors import LockedOut, WrongPassword
from agent_desk.ports import Account, Accounts, Session
from agent_desk.views import Person
from hotline.errors import BadInput, NoSuch
from hotline.words import Role, UserId

_SHORTEST = 10
_LONGEST = 128
_TOUCH_EVERY = dt.timedelta(seconds=60)
_MOST_KEYS = 10_000


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody logged in, and by which session."""

    person: Person
    session: Session


class Passwords:
    """argon2id, two at a time. ``verify`` takes as long for a user who does not exist."""

    def __init__(self, cost: HashCost) -> None:
        self._hasher = PasswordHasher(
            time_cost=cost.passes, memory_cost=cost.memory_kib, parallelism=cost.lanes, type=Type.ID
        )
        self._pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="argon2")
        self._nobody = self._hasher.hash(secrets.token_urlsafe(16))

    async def hash(self, password: str) -> str:
        """The PHC string to keep."""
        return await asyncio.get_running_loop().run_in_executor(
            self._pool, self._hasher.hash, password
        )

    async def verify(self, kept: str | None, password: str) -> bool:
        """Whether it is the password; None for an unknown user is refused in the same time."""
        return await asyncio.get_running_loop().run_in_executor(
            self._pool, self._verify, kept or self._nobody, password
        ) and (kept is not None)

    def _verify(self, kept: str, password: str) -> bool:
        try:
            return self._hasher.verify(kept, password)
        except (VerificationError, InvalidHashError):
            return False

    def close(self) -> None:
        """Let the threads go."""
        self._pool.shutdown(wait=False, cancel_futures=True)


class Lockout:
    """Counts wrong tries per key; after ``after`` of them within ``seconds`` nothing more is
    looked at until ``seconds`` after the last. An attempt counts before it is looked at, so that
    many at once are not free. Kept in memory, seeded from the ledger after a restart."""

    def __init__(self, *, after: int, seconds: int, monotonic: Callable[[], float]) -> None:
        self._after = after
        self._seconds = seconds
        self._monotonic = monotonic
        self._tries: dict[str, list[float]] = {}

    def knows(self, key: str) -> bool:
        """Whether this key was seen since the start."""
        return key in self._tries

    def seed(self, key: str, tries: int) -> None:
        """What an earlier run had counted; taken as of now, to be on the safe side."""
        if key not in self._tries:
            self._tries[key] = [self._monotonic()] * min(tries, self._after)

    def attempt(self, key: str) -> int:
        """Note a try; returns how many are left after it. Raises LockedOut, and notes nothing,
        where none are."""
        now = self._monotonic()
        tries = [t for t in self._tries.get(key, ()) if now - t < self._seconds]
        if len(tries) >= self._after:
            raise LockedOut(round(tries[-1] + self._seconds - now))
        if len(self._tries) >= _MOST_KEYS:
            self._forget_old(now)
        self._tries[key] = [*tries, now]
        return self._after - len(tries) - 1

    def forget(self, key: str) -> None:
        """The right password, or an administrator's reset."""
        self._tries[key] = []

    def take_back(self, key: str) -> None:
        """The try that was just noted was right; earlier wrong ones stay."""
        if tries := self._tries.get(key):
            tries.pop()

    def _forget_old(self, now: float) -> None:
        self._tries = {k: v for k, v in self._tries.items() if v and now - v[-1] < self._seconds}
        while len(self._tries) >= _MOST_KEYS:
            self._tries.pop(next(iter(self._tries)))


class Doorkeeper:
    """Lets people in and out."""

    def __init__(
        self,
        accounts: Accounts,
        settings: DeskSettings,
        *,
        now: Callable[[], dt.datetime],
        monotonic: Callable[[], float],
    ) -> None:
        self._accounts = accounts
        self._settings = settings
        self._now = now
        self.passwords = Passwords(settings.hash_cost)
        self._by_login = Lockout(
            after=settings.lock_after, seconds=settings.lock_s, monotonic=monotonic
        )
        self._by_address = Lockout(
            after=settings.lock_address_after, seconds=settings.lock_s, monotonic=monotonic
        )

    async def log_in(self, login: str, password: str, address: str) -> tuple[str, Visitor]:
        """The token for the cookie, and who it is. Raises WrongPassword or LockedOut."""
        login = login.strip().lower()[:64]
        await self._recall(login, address)
        self._by_address.attempt(address)
        left = self._by_login.attempt(login)
        account = await self._accounts.by_login(login)
        usable = account is not None and not account.person.disabled
        kept = account.password_hash if account is not None else None
        right = len(password) <= _LONGEST and await self.passwords.verify(kept, password)
        if account is None or not usable or not right:
            await self._accounts.note_failure(login, address)
            if not left:
                raise LockedOut(self._settings.lock_s)
            raise WrongPassword(left, self._settings.lock_s // 60)
        await self._forgive(login)
        self._by_address.take_back(address)
        return await self._open(account.person, address)

    async def _recall(self, login: str, address: str) -> None:
        since = self._now() - dt.timedelta(seconds=self._settings.lock_s)
        if not self._by_login.knows(login):
            self._by_login.seed(login, await self._accounts.failures_since(since, login=login))
        if not self._by_address.knows(address):
            count = await self._accounts.failures_since(since, address=address)
            self._by_address.seed(address, count)

    async def _forgive(self, login: str) -> None:
        self._by_login.forget(login)
        await self._accounts.clear_failures(login)

    async def _open(self, person: Person, address: str) -> tuple[str, Visitor]:
        token = secrets.token_urlsafe(32)
        now = self._now()
        session = Session(
            token_hash=_hashed(token),
            user=person.id,
            csrf=secrets.token_urlsafe(32),
            opened_at=now,
            seen_at=now,
            address=address,
        )
        await self._accounts.open_session(session)
        return token, Visitor(person, session)

    async def visitor(self, token: str, *, activity: bool = True) -> Visitor | None:
        """Who holds this token; None once closed, idle too long, too old, or disabled.
        ``activity`` False: asking does not count as using."""
        found = await self._accounts.session(_hashed(token)) if token else None
        if found is None:
            return None
        session, person = found
        now = self._now()
        idle = now - session.seen_at > dt.timedelta(seconds=self._settings.idle_s)
        old = now - session.opened_at > dt.timedelta(seconds=self._settings.absolute_s)
        if idle or old or person.disabled:
            await self._accounts.close_session(session.token_hash)
            return None
        if activity and now - session.seen_at >= _TOUCH_EVERY:
            await self._accounts.touch_session(session.token_hash, now)
            session = replace(session, seen_at=now)
        return Visitor(person, session)

    async def log_out(self, visitor: Visitor) -> None:
        """The session ends; the cookie is worthless from now on."""
        await self._accounts.close_session(visitor.session.token_hash)

    async def change_password(
        self, visitor: Visitor, old: str, new: str, again: str
    ) -> tuple[str, Visitor]:
        """One's own. Every session of the user ends; returns a new one for this browser. Raises
        BadInput or LockedOut."""
        login = visitor.person.login.lower()
        left = self._by_login.attempt(login)
        account = await self._accounts.by_id(visitor.person.id)
        if account is None or not await self.passwords.verify(account.password_hash, old):
            raise BadInput("old", f"原密码不对，还可以试 {left} 次")
        await self._forgive(login)
        if new == old:
            raise BadInput("new", "新密码不能和原密码一样")
        check_new_password(visitor.person.login, new)
        if new != again:
            raise BadInput("again", "两次输入的新密码不一样，请重新输入")
        await self._set(visitor.person.id, new, by=visitor.person.id)
        return await self._open(account.person, visitor.session.address)

    async def reset_password(self, user: UserId, by: Visitor) -> str:
        """By an administrator: a new random password, said once. Ends every session of the user
        and lifts the lock. Raises NoSuch."""
        account = await self._account(user)
        new = secrets.token_urlsafe(12)
        await self._set(user, new, by=by.person.id)
        await self._forgive(account.person.login.lower())
        return new

    async def set_disabled(self, user: UserId, disabled: bool, by: Visitor) -> None:
        """Close or open an account; closing ends its sessions. One cannot close one's own, nor
        the last administrator's. Raises NoSuch or BadInput."""
        account = await self._account(user)
        if disabled and user == by.person.id:
            raise BadInput("user", "不能停用自己的账号，请由另一位系统管理员操作")
        if disabled and _active_admin(account.person):
            admins = [p for p in await self._accounts.people() if _active_admin(p)]
            if len(admins) <= 1:
                raise BadInput("user", "这是最后一位系统管理员，不能停用")
        await self._accounts.set_disabled(user, disabled, by=by.person.id, at=self._now())

    async def _account(self, user: UserId) -> Account:
        account = await self._accounts.by_id(user)
        if account is None:
            raise NoSuch("用户", user)
        return account

    async def _set(self, user: UserId, new: str, *, by: UserId) -> None:
        kept = await self.passwords.hash(new)
        await self._accounts.set_password(user, kept, by=by, at=self._now())


def check_new_password(login: str, new: str) -> None:
    """Length rather than odd signs (NIST SP 800-63B 5.1.1.2); raises BadInput."""
    if len(new) < _SHORTEST:
        raise BadInput("new", f"新密码至少 {_SHORTEST} 个字符，可以用一句好记的话")
    if len(new) > _LONGEST:
        raise BadInput("new", f"新密码最多 {_LONGEST} 个字符")
    if len(set(new)) < 5 or new in "01234567890123456789" or (login and login in new):
        raise BadInput("new", "新密码太好猜：不要用重复的字符、连续的数字或自己的工号")


def _active_admin(person: Person) -> bool:
    return Role.ADMINISTRATOR in person.roles and not person.disabled


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()

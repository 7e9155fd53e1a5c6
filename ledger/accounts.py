"""Who may log in: users, sessions kept by the server, and failed attempts for the lock-out.

Password hashes and session tokens are made by the desk; only hashes come here.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from hotline.errors import BadInput, NoSuch
from hotline.words import AgentId, Role, UnitId, UserId
from ledger import tables as t
from ledger.audit import Audit, AuditRow
from ledger.database import Clock, Database

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who may log in. ``agent`` is their seat's number, ``unit`` an officer's."""

    id: UserId
    city: str
    login: str
    display_name: str
    roles: frozenset[Role]
    agent: AgentId | None = None
    unit: UnitId | None = None
    disabled: bool = False
    last_login_at: dt.datetime | None = field(default=None, compare=False)
    must_change: bool = False
    """The password was given by somebody else and is for one log-in."""


@dataclass(frozen=True, slots=True)
class Session:
    """A log-in in force. ``token_hash`` is all the ledger knows of the token."""

    token_hash: str
    user: User
    csrf: str
    created_at: dt.datetime
    last_seen: dt.datetime
    expires_at: dt.datetime


class Accounts:
    """Users, sessions and failed log-ins of one city."""

    def __init__(self, database: Database, audit: Audit, clock: Clock, city: str) -> None:
        self._database = database
        self._audit = audit
        self._clock = clock
        self._city = city
        self.on_change: Callable[[], None] | None = None
        """Called after every change of who there is, or what they are called."""

    def _changed(self) -> None:
        if self.on_change is not None:
            self.on_change()

    # --------------------------------------------------------------------------------- users
    async def add_user(
        self,
        *,
        login: str,
        display_name: str,
        roles: Iterable[Role],
        password_hash: str,
        by: str,
        agent: AgentId | None = None,
        unit: UnitId | None = None,
        must_change: bool = False,
    ) -> User:
        """Create a user, with its trace in the audit book. BadInput when the login is taken."""
        user = User(
            UserId(str(uuid.uuid4())),
            self._city,
            login.strip().lower(),
            display_name,
            frozenset(roles),
            agent,
            unit,
            must_change=must_change,
        )
        row = {
            "id": user.id,
            "city": user.city,
            "login": user.login,
            "display_name": display_name,
            "roles": _roles_text(user.roles),
            "agent": agent,
            "unit": unit,
            "password_hash": password_hash,
            "created_at": self._clock(),
            "disabled": False,
            "must_change": must_change,
        }
        try:
            async with self._database.write() as connection:
                await connection.execute(insert(t.users).values(**row))
                detail = {"roles": sorted(user.roles), "agent": agent}
                await self._audit.add(connection, by, "user.add", user.id, detail)
        except IntegrityError as taken:
            raise BadInput("login", f"登录名 {user.login} 已有人用，请换一个。") from taken
        self._changed()
        return user

    async def by_login(self, login: str) -> tuple[User, str] | None:
        """The user of a login name and the password hash; None where there is none. Disabled ones
        are given too: the caller must look."""
        wanted = (t.users.c.city == self._city) & (t.users.c.login == login.strip().lower())
        async with self._database.read() as connection:
            row = (await connection.execute(select(t.users).where(wanted))).one_or_none()
        return None if row is None else (_user(row), row.password_hash)

    async def user(self, id_: UserId) -> User:
        """A user by id; raises NoSuch."""
        async with self._database.read() as connection:
            row = (
                await connection.execute(select(t.users).where(t.users.c.id == id_))
            ).one_or_none()
        if row is None:
            raise NoSuch("用户", id_)
        return _user(row)

    async def users(self) -> list[User]:
        """All users of the city by login name."""
        query = select(t.users).where(t.users.c.city == self._city).order_by(t.users.c.login)
        async with self._database.read() as connection:
            return [_user(row) for row in await connection.execute(query)]

    async def set_password(self, id_: UserId, password_hash: str, *, by: str) -> None:
        """Change a password hash; every session of the user ends. One set by somebody else must be
        changed at the next log-in."""
        async with self._database.write() as connection:
            must = by != id_
            await self._change(connection, id_, password_hash=password_hash, must_change=must)
            await self._revoke_all(connection, id_)
            await self._audit.add(connection, by, "user.password", id_)

    async def set_disabled(self, id_: UserId, disabled: bool, *, by: str) -> None:
        """Shut a user out, or let them in again; shutting out ends their sessions. Raises BadInput
        where nobody would be left to administer."""
        before = await self.user(id_)
        async with self._database.write() as connection:
            # The head of the audit book is the lock: of two that shut each other out, one fails.
            await self._audit.add(connection, by, "user.disabled", id_, {"disabled": disabled})
            await self._change(connection, id_, disabled=disabled)
            if disabled:
                await self._revoke_all(connection, id_)
                await self._keep_an_administrator(connection, before)
        self._changed()

    async def change_user(
        self,
        id_: UserId,
        *,
        display_name: str,
        roles: Iterable[Role],
        agent: AgentId | None,
        unit: UnitId | None,
        by: str,
    ) -> None:
        """Change who somebody is to the system; a change of roles or unit ends their sessions.
        Raises BadInput where nobody would be left to administer."""
        before = await self.user(id_)
        after = {"roles": _roles_text(roles), "agent": agent, "unit": unit}
        was = {"roles": _roles_text(before.roles), "agent": before.agent, "unit": before.unit}
        changed = {key: [was[key], after[key]] for key in after if was[key] != after[key]}
        renamed = display_name != before.display_name
        if not changed and not renamed:
            return
        async with self._database.write() as connection:
            detail = {"changed": changed, "renamed": renamed}
            await self._audit.add(connection, by, "user.change", id_, detail)
            await self._change(connection, id_, display_name=display_name, **after)
            if changed:
                await self._revoke_all(connection, id_)
            await self._keep_an_administrator(connection, before)
        self._changed()

    async def log_out_everywhere(self, id_: UserId, *, by: str) -> None:
        """End every session of a user."""
        async with self._database.write() as connection:
            await self._revoke_all(connection, id_)
            await self._audit.add(connection, by, "user.logout", id_)

    async def history(self, id_: UserId, *, limit: int = 50) -> list[AuditRow]:
        """What was changed about a user, newest first."""
        return await self._audit.rows(subject=id_, limit=limit)

    async def _keep_an_administrator(self, connection: AsyncConnection, before: User) -> None:
        if Role.ADMINISTRATOR not in before.roles:
            return
        u = t.users.c
        query = select(u.roles).where(u.city == self._city, u.disabled.is_(False))
        roles = (await connection.execute(query)).scalars()
        if not any(Role.ADMINISTRATOR.value in one.split(",") for one in roles):
            raise BadInput("user", "这是最后一位系统管理员，不能停用，也不能改掉这个角色")

    async def _change(self, connection: AsyncConnection, id_: UserId, **values: Any) -> None:
        done = await connection.execute(update(t.users).where(t.users.c.id == id_).values(**values))
        if done.rowcount != 1:
            raise NoSuch("用户", id_)

    # ------------------------------------------------------------------------------ sessions
    async def open_session(
        self, user: UserId, *, token_hash: str, csrf: str, expires_at: dt.datetime
    ) -> None:
        """Keep a new session."""
        now = self._clock()
        row = {
            "token_hash": token_hash,
            "user": user,
            "csrf": csrf,
            "created_at": now,
            "last_seen": now,
            "expires_at": expires_at,
        }
        async with self._database.write() as connection:
            await connection.execute(insert(t.sessions).values(**row))
            await self._change(connection, user, last_login_at=now)

    async def session(self, token_hash: str, *, idle: dt.timedelta | None = None) -> Session | None:
        """The session of a token, while it is in force: not expired, not revoked, not idle for
        longer than ``idle``, its user not disabled."""
        now = self._clock()
        query = (
            select(t.sessions, t.users)
            .join(t.users, t.users.c.id == t.sessions.c.user)
            .where(
                t.sessions.c.token_hash == token_hash,
                t.sessions.c.revoked_at.is_(None),
                t.sessions.c.expires_at > now,
                t.users.c.disabled.is_(False),
            )
        )
        if idle is not None:
            query = query.where(t.sessions.c.last_seen > now - idle)
        async with self._database.read() as connection:
            row = (await connection.execute(query)).one_or_none()
        if row is None:
            return None
        # The session's created_at comes first in the row, before the user's.
        return Session(row.token_hash, _user(row), row.csrf, row[3], row.last_seen, row.expires_at)

    async def seen(self, token_hash: str) -> None:
        """Note that a session is used; call it at most once a minute or so."""
        await self._touch(token_hash, last_seen=self._clock())

    async def revoke(self, token_hash: str) -> None:
        """End a session at once."""
        await self._touch(token_hash, revoked_at=self._clock())

    async def _touch(self, token_hash: str, **values: dt.datetime) -> None:
        mine = t.sessions.c.token_hash == token_hash
        async with self._database.write() as connection:
            await connection.execute(update(t.sessions).where(mine).values(**values))

    async def _revoke_all(self, connection: AsyncConnection, user: UserId) -> None:
        await connection.execute(
            update(t.sessions)
            .where(t.sessions.c.user == user, t.sessions.c.revoked_at.is_(None))
            .values(revoked_at=self._clock())
        )

    # ---------------------------------------------------------------------- failed log-ins
    async def note_failure(self, login: str, source: str) -> None:
        """Keep a failed attempt for the lock-out, whether or not the login exists."""
        row = {"login": login.strip().lower()[:64], "source": source[:64], "at": self._clock()}
        async with self._database.write() as connection:
            await connection.execute(insert(t.login_failures).values(**row))

    async def failures_since(
        self, moment: dt.datetime, *, login: str | None = None, source: str | None = None
    ) -> int:
        """How often it failed since, for a login name or from a source."""
        query = select(func.count()).select_from(t.login_failures)
        query = query.where(t.login_failures.c.at >= moment)
        if login is not None:
            query = query.where(t.login_failures.c.login == login.strip().lower()[:64])
        if source is not None:
            query = query.where(t.login_failures.c.source == source[:64])
        async with self._database.read() as connection:
            return (await connection.execute(query)).scalar_one()

    async def clear_failures(self, login: str) -> None:
        """Forget the failed attempts of a login name, after a successful one."""
        mine = t.login_failures.c.login == login.strip().lower()[:64]
        async with self._database.write() as connection:
            await connection.execute(delete(t.login_failures).where(mine))

    async def tidy(self, before: dt.datetime) -> None:
        """Delete sessions that ended and failures that happened before a moment."""
        async with self._database.write() as connection:
            await connection.execute(delete(t.sessions).where(t.sessions.c.expires_at < before))
            await connection.execute(delete(t.login_failures).where(t.login_failures.c.at < before))


def _roles_text(roles: Iterable[Role]) -> str:
    return ",".join(sorted(role.value for role in roles))


def _user(row: Row[Any]) -> User:
    roles = frozenset(Role(name) for name in row.roles.split(",") if name)
    return User(
        row.id,
        row.city,
        row.login,
        row.display_name,
        roles,
        row.agent,
        row.unit,
        row.disabled,
        row.last_login_at,
        row.must_change,
    )

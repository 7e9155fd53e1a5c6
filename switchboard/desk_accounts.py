"""The ledger's users and sessions, as the desk's Accounts port."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from agent_desk import ports, views
from hotline.errors import NoSuch
from hotline.words import UserId
from ledger.accounts import Accounts, User


class DeskAccounts:
    """Implements :class:`agent_desk.ports.Accounts` on the ledger."""

    def __init__(self, accounts: Accounts, *, idle_s: int, absolute_s: int) -> None:
        self._accounts = accounts
        self._idle = dt.timedelta(seconds=idle_s)
        self._absolute = dt.timedelta(seconds=absolute_s)

    async def by_login(self, login: str) -> ports.Account | None:
        found = await self._accounts.by_login(login)
        return None if found is None else _account(*found)

    async def by_id(self, user: UserId) -> ports.Account | None:
        try:
            known = await self._accounts.user(user)
        except NoSuch:
            return None
        return await self.by_login(known.login)

    async def people(self) -> Sequence[views.Person]:
        return [person_of(user) for user in await self._accounts.users()]

    async def set_password(
        self, user: UserId, password_hash: str, *, by: UserId, at: dt.datetime
    ) -> None:
        del at  # the ledger's own clock dates the audit line
        await self._accounts.set_password(user, password_hash, by=by)

    async def set_disabled(
        self, user: UserId, disabled: bool, *, by: UserId, at: dt.datetime
    ) -> None:
        del at  # the ledger's own clock dates the audit line
        await self._accounts.set_disabled(user, disabled, by=by)

    async def open_session(self, session: ports.Session) -> None:
        await self._accounts.open_session(
            session.user,
            token_hash=session.token_hash,
            csrf=session.csrf,
            expires_at=session.opened_at + self._absolute,
        )

    async def session(self, token_hash: str) -> tuple[ports.Session, views.Person] | None:
        found = await self._accounts.session(token_hash, idle=self._idle)
        if found is None:
            return None
        session = ports.Session(
            token_hash=found.token_hash,
            user=found.user.id,
            csrf=found.csrf,
            opened_at=found.created_at,
            seen_at=found.last_seen,
            address="",
        )
        return session, person_of(found.user)

    async def touch_session(self, token_hash: str, at: dt.datetime) -> None:
        del at
        await self._accounts.seen(token_hash)

    async def close_session(self, token_hash: str) -> None:
        await self._accounts.revoke(token_hash)

    async def note_failure(self, login: str, address: str) -> None:
        await self._accounts.note_failure(login, address)

    async def failures_since(
        self, moment: dt.datetime, *, login: str | None = None, address: str | None = None
    ) -> int:
        return await self._accounts.failures_since(moment, login=login, source=address)

    async def clear_failures(self, login: str) -> None:
        await self._accounts.clear_failures(login)


def person_of(user: User) -> views.Person:
    """A user as the desk shows one."""
    return views.Person(
        id=user.id,
        login=user.login,
        name=user.display_name,
        roles=user.roles,
        agent=user.agent,
        unit=user.unit,
        disabled=user.disabled,
        must_change=user.must_change,
        last_login_at=user.last_login_at,
    )


def _account(user: User, password_hash: str) -> ports.Account:
    return ports.Account(person=person_of(user), password_hash=password_hash)

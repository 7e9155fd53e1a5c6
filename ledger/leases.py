"""Leases with fencing tokens: at most one process writes the exchange's stream, sweeps, and so on.

Safety comes from the token, checked inside the writing transaction; time only decides when a
lease may be taken from a holder who stopped renewing it.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from ledger import tables as t
from ledger.database import Clock, Database
from ledger.errors import LeaseHeld, LeaseLost

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to write under a name. ``token`` grows by one with every new holder."""

    name: str
    token: int
    holder: str
    expires_at: dt.datetime


class Leases:
    """Takes, renews and gives back leases."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def take(
        self,
        name: str,
        holder: str,
        *,
        ttl: dt.timedelta = dt.timedelta(seconds=10),
        take_over: bool = False,
    ) -> Lease:
        """Take a lease that is free, expired, or ours from before. Raises LeaseHeld otherwise.

        ``take_over`` takes it in any case: for a holder known to be dead (the foreman of a single
        machine restarts its one server). Should it live after all, its next write is refused.
        """
        now = self._clock()
        new = t.leases
        async with self._database.write() as connection:
            empty = {"name": name, "token": 0, "holder": "", "expires_at": now, "batch": ""}
            await self._database.insert_new(connection, t.leases, [empty])
            row = (
                await connection.execute(
                    select(new.c.token, new.c.holder, new.c.expires_at)
                    .where(new.c.name == name)
                    .with_for_update()
                )
            ).one()
            if row.expires_at > now and row.holder not in ("", holder) and not take_over:
                raise LeaseHeld(name, row.holder)
            lease = Lease(name, row.token + 1, holder, now + ttl)
            await connection.execute(
                update(new)
                .where(new.c.name == name)
                .values(token=lease.token, holder=holder, expires_at=lease.expires_at, batch="")
            )
        return lease

    async def renew(self, lease: Lease, *, ttl: dt.timedelta = dt.timedelta(seconds=10)) -> Lease:
        """Hold on to a lease. Raises LeaseLost when somebody else has it."""
        until = self._clock() + ttl
        async with self._database.write() as connection:
            done = await connection.execute(
                update(t.leases)
                .where(t.leases.c.name == lease.name, t.leases.c.token == lease.token)
                .values(expires_at=until)
            )
            if done.rowcount != 1:
                raise LeaseLost(lease.name, lease.token)
        return replace(lease, expires_at=until)

    async def give_back(self, lease: Lease) -> None:
        """Let another take the lease at once. Harmless when it is lost already."""
        async with self._database.write() as connection:
            await connection.execute(
                update(t.leases)
                .where(t.leases.c.name == lease.name, t.leases.c.token == lease.token)
                .values(expires_at=self._clock(), holder="")
            )


async def enter_batch(connection: AsyncConnection, lease: Lease, batch: str) -> None:
    """Mark a batch as written under the lease, in the same transaction.

    Locks the lease's row until the commit, so that nobody takes the lease in between. Raises
    LeaseLost when the token is no longer in force.
    """
    done = await connection.execute(
        update(t.leases)
        .where(t.leases.c.name == lease.name, t.leases.c.token == lease.token)
        .values(batch=batch)
    )
    if done.rowcount != 1:
        raise LeaseLost(lease.name, lease.token)


async def last_batch(connection: AsyncConnection, lease: Lease) -> str | None:
    """The last batch committed under the lease; None when the token is no longer in force."""
    found = await connection.execute(
        select(t.leases.c.batch).where(
            t.leases.c.name == lease.name, t.leases.c.token == lease.token
        )
    )
    return found.scalar_one_or_none()

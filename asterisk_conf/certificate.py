"""The certificate under which the seats' browsers reach Asterisk.

Asterisk runs as somebody else when we are root, so it gets a copy of its own: key and chain in one
file, changed by one rename, so that no handshake meets half of each.
"""

from __future__ import annotations

import os

from asterisk_conf import exchange
from asterisk_conf.plan import ExchangePlan


def lay(plan: ExchangePlan, combined: bytes) -> bool:
    """Put the PEM file of `plan.seats` where Asterisk reads it; False when it is there already or
    nobody sits elsewhere. A running Asterisk learns of it by `take_new`."""
    if plan.seats is None:
        return False
    file = plan.seats.certificate
    if file.exists() and file.read_bytes() == combined:
        return False
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_name(f"{file.name}.new")
    fresh.touch(mode=0o600)
    fresh.chmod(0o600)
    fresh.write_bytes(combined)
    user = exchange.run_user()
    if user is not None:
        os.chown(fresh, *user)
    fresh.replace(file)
    return True


async def take_new(plan: ExchangePlan) -> None:
    """Let a running Asterisk present the new certificate from the next connection on. Telephones
    that are registered stay so, and calls go on. ExchangeFailed when it does not answer."""
    await exchange.reload(plan, ("http",))

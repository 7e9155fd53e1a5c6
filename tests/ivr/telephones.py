"""Telephones for tests: on loopback, and an exchange of a few lines.

QUICK timers are for tests about silence and loss; a busy machine may pause longer than they wait.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from ivr import sip
from ivr.sip_digest import Challenge, accepts
from ivr.sip_link import Address, Incoming, SipLink, Timers, open_link
from ivr.sip_log import SipLog
from ivr.telephone import Manner, Setup, Telephone, open_telephone

QUICK: Final = Timers(t1=0.05, t2=0.2, give_up=0.6)
CALM: Final = Timers()
NOWHERE: Final[Address] = ("127.0.0.1", 9)


@asynccontextmanager
async def a_telephone(
    user: str = "1001",
    manner: Manner | None = None,
    *,
    server: Address = NOWHERE,
    bind: str = "127.0.0.1",
    password: str = "",
    timers: Timers = CALM,
) -> AsyncIterator[Telephone]:
    setup = Setup(user, password, server=server, bind=(bind, 0), timers=timers)
    telephone = await open_telephone(setup, manner)
    try:
        yield telephone
    finally:
        await telephone.close()


@asynccontextmanager
async def a_pair(
    manner: Manner | None = None, *, timers: Timers = CALM
) -> AsyncIterator[tuple[Telephone, Telephone]]:
    """Who calls, and who is called: `await caller.call("12345")` rings at the second."""
    async with (
        a_telephone("12345", manner, timers=timers) as called,
        a_telephone("13800000000", server=called.address, bind="127.0.0.2", timers=timers) as from_,
    ):
        yield from_, called


@dataclass
class Registrar:
    """Takes REGISTER with the right password, for as long as it likes."""

    link: SipLink
    password: str
    grants: int = 300
    contacts: list[tuple[str, str]] = field(default_factory=list)
    nonces: int = 0

    def take(self, incoming: Incoming) -> None:
        request = incoming.request
        challenge = Challenge("asterisk", f"nonce-{self.nonces}", qop="auth", opaque="o")
        proof = request.headers.first("Authorization")
        if proof and accepts(challenge, proof, password=self.password, method=request.method):
            expires = request.headers.first("Expires") or ""
            contact = sip.contact(request)
            assert contact is not None
            self.contacts.append((contact.uri, expires))
            extra = (("Contact", f"<{contact.uri}>;expires={min(int(expires), self.grants)}"),)
            self.link.reply(incoming, sip.respond(request, 200, to_tag="r", extra=extra))
            return
        self.nonces += 1
        asks = f'Digest realm="asterisk",nonce="nonce-{self.nonces}",opaque="o",qop="auth"'
        answer = sip.respond(request, 401, to_tag="r", extra=(("WWW-Authenticate", asks),))
        self.link.reply(incoming, answer)


@asynccontextmanager
async def a_registrar(password: str, grants: int = 300) -> AsyncIterator[Registrar]:
    link = await open_link(("127.0.0.1", 0), CALM, SipLog())
    registrar = Registrar(link, password, grants)
    link.ears.on_request = registrar.take
    try:
        yield registrar
    finally:
        link.close()
        await asyncio.sleep(0)


async def until(true: Callable[[], bool], timeout: float = 10.0) -> None:
    """Return when it is true; TimeoutError when it does not become so."""
    async with asyncio.timeout(timeout):
        while not true():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.01)

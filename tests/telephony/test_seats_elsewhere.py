"""An exchange whose seats sit elsewhere on the network: what it presents, to whom, and what not."""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import os
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from asterisk_conf.certificate import lay, take_new
from asterisk_conf.plan import ExchangePlan, Seats
from ivr.telephone import Answer, RegistrationRefused, Setup, open_telephone
from switchboard.certificates import Pair, make_ca, make_leaf
from tests.telephony.exchange_kit import RunningExchange, running_exchange
from tests.telephony.own_address import own_address

pytestmark = [pytest.mark.anyio, pytest.mark.telephony]


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """An exchange on an address of this machine that is not loopback."""

    exchange: RunningExchange
    address: str
    ca: Pair

    @property
    def wss(self) -> str:
        return f"wss://{self.address}:{self.exchange.plan.ports.web}/ws"

    def telephone(self) -> connect:
        """A browser's line, of a browser that trusts our CA and nothing else."""
        trusting = ssl.create_default_context(cadata=self.ca.chain.decode())
        return connect(self.wss, ssl=trusting, subprotocols=[Subprotocol("sip")], proxy=None)

    async def presented(self) -> bytes:
        """The certificate Asterisk shows now, DER."""
        ask = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        ask.check_hostname = False
        ask.verify_mode = ssl.CERT_NONE
        port = self.exchange.plan.ports.web
        _, writer = await asyncio.open_connection(self.address, port, ssl=ask)
        shown: bytes = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        writer.close()
        return shown


def der(pem: bytes) -> bytes:
    return x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER)


def leaf_of(ca: Pair, address: str) -> Pair:
    return make_leaf(ca, [address], dt.datetime.now(dt.UTC))


@asynccontextmanager
async def elsewhere(folder: Path, networks: tuple[str, ...] = ()) -> AsyncIterator[Elsewhere]:
    address = own_address()
    ca = make_ca([address], dt.datetime.now(dt.UTC))

    def change(plan: ExchangePlan) -> ExchangePlan:
        file = plan.places.run / "etc" / "seats.pem"
        seats = Seats(address, file, networks or (address,))
        changed = replace(plan, seats=seats)
        lay(changed, leaf_of(ca, address).combined)
        return changed

    async with running_exchange(folder, change=change) as exchange:
        yield Elsewhere(exchange, address, ca)


async def options(line: ClientConnection) -> str:
    """One SIP request over the line; the first line of what comes back."""
    mark = base64.b32encode(os.urandom(5)).decode()
    await line.send(
        "OPTIONS sip:hotline@jiesu SIP/2.0\r\n"
        f"Via: SIP/2.0/WSS {mark}.invalid;branch=z9hG4bK{mark}\r\n"
        f"Max-Forwards: 70\r\nFrom: <sip:1001-web@jiesu>;tag={mark}\r\nTo: <sip:hotline@jiesu>\r\n"
        f"Call-ID: {mark}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
    )
    async with asyncio.timeout(60):
        answer = await line.recv()
    return str(answer).splitlines()[0]


async def test_the_line_of_a_browser_goes_by_tls_under_our_certificate(tmp_path: Path) -> None:
    async with elsewhere(tmp_path) as place:
        assert place.exchange.plan.seats is not None
        laid = place.exchange.plan.seats.certificate
        assert laid.stat().st_mode & 0o077 == 0
        async with place.telephone() as line:
            assert (await options(line)).startswith("SIP/2.0 401")
            await plain_http_gets_nothing(place)
            await a_new_certificate_is_shown_and_the_open_line_stays(place, line)
        # The plain request is complained of, as it should be; nothing else.
        assert all("ssl" in one.lower() for one in place.exchange.complaints())


async def plain_http_gets_nothing(place: Elsewhere) -> None:
    port = place.exchange.plan.ports.web
    reader, writer = await asyncio.open_connection(place.address, port)
    writer.write(b"GET /ws HTTP/1.1\r\nHost: x\r\n\r\n")
    async with asyncio.timeout(60):
        assert b"HTTP" not in await reader.read(-1)
    writer.close()


async def a_new_certificate_is_shown_and_the_open_line_stays(
    place: Elsewhere, line: ClientConnection
) -> None:
    before, fresh = await place.presented(), leaf_of(place.ca, place.address)
    assert lay(place.exchange.plan, fresh.combined)
    assert not lay(place.exchange.plan, fresh.combined), "nothing to do twice"
    await take_new(place.exchange.plan)
    assert before != der(fresh.chain)
    assert await place.presented() == der(fresh.chain)
    assert (await options(line)).startswith("SIP/2.0 401")


async def test_a_seat_s_telephone_registers_over_the_network_and_a_citizen_reaches_it(
    tmp_path: Path,
) -> None:
    async with elsewhere(tmp_path) as place:
        exchange = place.exchange
        server = (place.address, exchange.plan.ports.sip)
        telephone = await open_telephone(
            Setup("1001", exchange.secret("1001"), server=server, bind=(place.address, 0)), Answer()
        )
        try:
            await telephone.register()
            await exchange.reachable("1001")
            async with exchange.citizen() as citizen:
                call = await citizen.call("12345")
                taken = await telephone.next_call()
                await taken.answered()
                await call.hang_up()
                await taken.ended()
        finally:
            await telephone.close()


async def test_a_telephone_from_another_network_is_refused_with_the_right_password(
    tmp_path: Path,
) -> None:
    async with elsewhere(tmp_path, networks=("198.51.100.0/24",)) as place:
        exchange = place.exchange
        server = (place.address, exchange.plan.ports.sip)
        stranger = await open_telephone(
            Setup("1001", exchange.secret("1001"), server=server, bind=(place.address, 0))
        )
        try:
            with pytest.raises(RegistrationRefused):
                await stranger.register()
        finally:
            await stranger.close()

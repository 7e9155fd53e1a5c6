"""A seat on the network: `./jiesu up --listen` on this machine's own address, a browser that
trusts the system's own CA as a person would make it, a call while the certificate changes, and
what listens and what does not.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import socket
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ivr import sound
from ivr.telephone import Call
from switchboard.certificates import Pair, fingerprint, make_leaf
from switchboard.clock import utc_now
from switchboard.demonstration import read_log_ins
from switchboard.doctor.sockets import Kind, Sitter, sitters
from tests.browser.nss import trust
from tests.telephony.own_address import own_address
from tests.walks.browser_kit import VOICE_HZ, BrowserDesk, at_desk, open_voice, talk
from tests.walks.firefox_kit import open_firefox
from tests.walks.hearing import CALLER_HZ, hears, talk_both_ways, tone_of
from tests.walks.system_kit import ACCESS, SITE, System, eventually, running_system

if TYPE_CHECKING:
    from playwright.async_api import Browser

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.telephony,
    pytest.mark.browser,
    pytest.mark.walk,
]

_WHERE_IT_SPEAKS = """
async () => {
  const report = await globalThis.jiesu.statistics();
  const all = [...report.values()];
  const pair = all.find((s) => s.type === 'candidate-pair' && s.nominated);
  const end = (id) => all.find((s) => s.id === id)?.address;
  return { here: end(pair?.localCandidateId), there: end(pair?.remoteCandidateId) };
}
"""


_SITUATION = "document.querySelector('#tel')?.dataset.situation"
_HEARS = """
(async () => {
  const report = await globalThis.jiesu.statistics();
  const coming = [...report.values()].find((s) => s.type === 'inbound-rtp');
  return (coming?.totalAudioEnergy ?? 0) > 1e-3;
})()
"""


@pytest.fixture(scope="module")
async def lan(anyio_backend: str) -> AsyncIterator[System]:
    """A system whose seats sit on the network, for the short time of this file."""
    async with running_system(SITE, options=("--listen", own_address())) as system:
        yield system


@pytest.fixture(scope="module")
async def chromium(lan: System, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Browser]:
    """Chromium as on a seat: no flag for loopback, none about certificates, our CA trusted."""
    home = tmp_path_factory.mktemp("seat")
    trust(home / ".pki" / "nssdb", lan.data / "tls" / "ca.crt")
    async with open_voice(home, home=home, loopback=False) as browser:
        yield browser


async def test_a_seat_on_the_network_talks_while_the_certificate_is_renewed(
    lan: System, chromium: Browser
) -> None:
    assert str(lan.places["web"]).startswith("https://")
    assert str(lan.places["ws_url"]).startswith("wss://")
    async with at_desk(lan, chromium, "1001") as desk, lan.citizen() as citizen:
        call = await citizen.call(ACCESS)
        await talk(call, desk)
        spoken = await desk.page.evaluate(_WHERE_IT_SPEAKS)
        assert spoken["there"] == lan.places["seat_host"]
        assert not str(spoken["here"]).startswith("127.")
        await renewed(lan)
        await still_together(desk)
        await hears(call, VOICE_HZ, within=60)
        await desk.speaks_and_hears(within=60)
        await call.hang_up()
        await desk.situation("ready", within=60)


async def renewed(lan: System) -> None:
    """A certificate that ends in ten days is found, and another one shown at both doors."""
    before = await shown(lan, "web_port")
    assert await shown(lan, "ws_port") == before, "the web and Asterisk have the same"
    folder = lan.data / "tls"
    ca = Pair((folder / "ca.crt").read_bytes(), (folder / "ca.key").read_bytes())
    old = utc_now() - dt.timedelta(days=386)
    names = str(lan.places["web_names"]).split()
    (folder / "own.pem").write_bytes(make_leaf(ca, names, old).combined)

    async def both_new() -> bool:
        now = await shown(lan, "web_port")
        return now != before and await shown(lan, "ws_port") == now

    await eventually(both_new, 60.0, "both doors show a new certificate", 1.0)


async def shown(lan: System, port: str) -> str:
    """The certificate at one of the doors, believed by whoever trusts the CA."""
    trusting = ssl.create_default_context(cafile=lan.data / "tls" / "ca.crt")
    host = str(lan.places["seat_host"])
    _, writer = await asyncio.open_connection(host, int(lan.places[port]), ssl=trusting)
    found: bytes = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    return fingerprint(ssl.DER_cert_to_PEM_cert(found).encode())


async def still_together(desk: BrowserDesk) -> None:
    """Nothing of it was shown; a socket that broke would be complained of when the page closes."""
    told = [line.situation for line in await desk.diary()]
    assert told[-1] == "talking"
    assert told.count("talking") == 1


async def test_an_ordinary_telephone_on_the_network_takes_a_call(lan: System) -> None:
    async with lan.seat("1002") as seat, lan.citizen() as citizen:
        call = await citizen.call(ACCESS)
        taken = await seat.next_call()
        await talk_both_ways(call, taken)
        await call.hang_up()
        await taken.ended()


async def test_on_the_network_nothing_listens_but_web_telephone_line_and_sip(lan: System) -> None:
    host = str(lan.places["seat_host"])
    tcp = {(one.address, one.port) for one in ours(lan, "tcp") if not here(one)}
    assert tcp == {(host, int(lan.places["web_port"])), (host, int(lan.places["ws_port"]))}
    udp = [one for one in ours(lan, "udp") if not here(one)]
    named = {one.port for one in udp if one.address == host}
    voice = set(range(int(lan.places["rtp_first"]), int(lan.places["rtp_last"]) + 1))
    assert int(lan.places["sip_port"]) in named
    assert named - voice == {int(lan.places["sip_port"])}
    # pjproject asks name servers from sockets of its own; whoever else speaks to them is not heard.
    for one in (one for one in udp if one.address != host):
        assert await says_nothing(host, one.port)


def ours(lan: System, kind: Kind) -> list[Sitter]:
    """What any process of this system listens on."""
    mark = str(lan.data).encode()
    return [
        one
        for one in sitters(kind)
        if one.pid and mark in Path(f"/proc/{one.pid}/cmdline").read_bytes()
    ]


def here(one: Sitter) -> bool:
    return one.address.startswith("127.") or one.address == "::1"


async def says_nothing(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.setblocking(False)
        stranger.connect((host, port))
        stranger.send(b"OPTIONS sip:x SIP/2.0\r\nVia: SIP/2.0/UDP x;branch=z9hG4bK1\r\n\r\n")
        try:
            async with asyncio.timeout(1.0):
                return not await asyncio.get_running_loop().sock_recv(stranger, 100)
        except (TimeoutError, ConnectionRefusedError):
            return True


@pytest.mark.parametrize("door", ["web_port", "ws_port", "ami_port"])
async def test_plain_http_on_the_network_gets_no_page(lan: System, door: str) -> None:
    host, port = str(lan.places["seat_host"]), int(lan.places[door])
    if door == "ami_port":
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(host, port)
        return
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(b"GET /login HTTP/1.1\r\nHost: x\r\n\r\n")
    async with asyncio.timeout(60):
        try:
            answer = await reader.read(-1)
        except ConnectionResetError:
            answer = b""
    writer.close()
    assert b"HTTP" not in answer


async def test_a_seat_can_fetch_the_ca_and_read_how_to_trust_it(lan: System) -> None:
    told = await lan.web.get("/trust")
    assert told.status_code == 200
    ca = (lan.data / "tls" / "ca.crt").read_bytes()
    for group in fingerprint(ca).split(":"):
        assert group in told.text
    assert (await lan.web.get("/ca.crt")).content == ca


async def test_cookies_stay_on_this_host_and_on_https(lan: System) -> None:
    await lan.board()  # somebody is logged in
    names = [cookie.name for cookie in lan.web.cookies.jar]
    assert names == [f"__Host-jiesu-{lan.places['web_port']}"]
    assert all(cookie.secure for cookie in lan.web.cookies.jar)
    answer = await lan.web.get("/login")
    assert "max-age" in answer.headers["strict-transport-security"]


async def test_another_host_name_is_refused(lan: System) -> None:
    port = lan.places["web_port"]
    answer = await lan.web.get("/login", headers={"host": f"evil.example:{port}"})
    assert answer.status_code == 403


async def test_firefox_on_a_seat_talks_with_a_citizen(lan: System, tmp_path: Path) -> None:
    profile = tmp_path / "firefox"
    trust(profile, lan.data / "tls" / "ca.crt")
    passwords = {one[0]: one[1] for one in read_log_ins(lan.data / "users.txt")}
    async with open_firefox(profile) as page:
        await page.goto(f"{lan.places['web']}/login?next=/desk")
        await page.run(
            "(document.querySelector('#login').value = '1001',"
            f" document.querySelector('#password').value = {json.dumps(passwords['1001'])},"
            " document.querySelector('form').requestSubmit(), true)"
        )
        await lan.seat_is("1001", "ready", "paused", within=60)
        if await page.comes(f"{_SITUATION}", "a desk") == "paused":
            await page.press("F7")
        await page.comes(f"{_SITUATION} === 'ready'", "a desk that is ready")
        async with lan.citizen() as citizen:
            call = await citizen.call(ACCESS)
            await page.comes(f"{_SITUATION} === 'ringing'", "a ringing desk")
            await page.press("F2")
            await page.comes(f"{_SITUATION} === 'talking'", "a talking desk")
            call.play(tone_of(CALLER_HZ), loop=True)
            await page.comes(_HEARS, "a voice in Firefox")
            await eventually_loud(call)
            await call.hang_up()
            await page.comes(f"{_SITUATION} === 'ready'", "a desk that is ready again")
    await lan.seat_is("1001", "offline", within=60)


async def eventually_loud(call: Call) -> None:
    """Firefox's own false microphone hums; how high is its business."""

    async def look() -> bool:
        return sound.level(call.heard_lately(1.0)) > -45.0

    await eventually(look, 60, "the citizen hears Firefox")

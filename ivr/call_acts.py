"""What a telephone does inside a call beyond speaking: hold, refresh, keys by INFO, transfer."""

from __future__ import annotations

import asyncio
import secrets
from typing import Final
from urllib.parse import quote

from ivr import sdp
from ivr.station import CallRefused, NotInCall
from ivr.telephone_call import Call

_TRIES: Final = 4


async def hold(call: Call) -> None:
    """Put the far end on hold. CallRefused when it does not agree."""
    await _renegotiate(call, "sendonly")


async def resume(call: Call) -> None:
    """Take the far end back from hold."""
    await _renegotiate(call, "sendrecv")


async def _renegotiate(call: Call, direction: sdp.Direction) -> None:
    for left in reversed(range(_TRIES)):
        response = await call.ask("INVITE", session=call.offer(direction))
        if response.status < 300:
            call.agree(response, direction)
            return
        if response.status != 491 or not left:
            raise CallRefused(response.status, response.reason)
        # Both sides asked at once (RFC 3261 §14.1): wait a little, differently from them.
        await asyncio.sleep(0.1 + secrets.randbelow(400) / 1000)


async def update(call: Call) -> int:
    """Refresh the session by UPDATE (RFC 3311); the status of the answer."""
    return (await call.ask("UPDATE")).status


async def press_by_info(call: Call, key: str) -> int:
    """Send one key by SIP INFO instead of RFC 4733; the status of the answer."""
    body = f"Signal={key}\r\nDuration=100\r\n".encode()
    call.station.log.note("key-sent", key, call_id=call.id)
    kind = (("Content-Type", "application/dtmf-relay"),)
    return (await call.ask("INFO", kind, body=body)).status


async def transfer(call: Call, number: str, *, timeout: float = 10.0) -> int:
    """Hand the far end over to a number, blind (REFER, RFC 3515).

    Returns the last status the far end reports of the new call: 200 when it was handed over, and
    then this call is ended (RFC 5589 §6). CallRefused when it will not; TimeoutError when no
    report comes.
    """
    host, port = call.peer
    return await _refer(call, f"<sip:{quote(number)}@{host}:{port}>", timeout)


async def transfer_to(call: Call, other: Call, *, timeout: float = 10.0) -> int:
    """Hand the far end of `call` over to the far end of `other`, with whom we have spoken (REFER
    with Replaces, RFC 3891). Returns and raises as `transfer`."""
    if other.state != "talking":
        raise NotInCall("转接", other.state)
    dialog = other.dialog
    replaces = f"{dialog.call_id};to-tag={dialog.remote.tag};from-tag={dialog.local.tag}"
    target = f"<{dialog.target}?Replaces={quote(replaces, safe='')}>"
    status = await _refer(call, target, timeout)
    if status < 300:
        await other.hang_up()
    return status


async def _refer(call: Call, refer_to: str, timeout: float) -> int:
    if call.state != "talking":
        raise NotInCall("转接", call.state)
    while not call.transfer_news.empty():
        call.transfer_news.get_nowait()
    extra = (("Refer-To", refer_to), ("Referred-By", f"<{call.station.contact}>"))
    response = await call.ask("REFER", extra)
    if response.status >= 300:
        raise CallRefused(response.status, response.reason)
    async with asyncio.timeout(timeout):
        while (status := await call.transfer_news.get()) < 200:
            pass
    if status < 300:
        await call.hang_up()
    return status

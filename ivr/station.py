"""What the calls of one telephone share, and how a call is refused or ends."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from hotline.errors import HotlineError
from ivr import sip
from ivr.g711 import Law
from ivr.sip_digest import Credentials, parse_challenge
from ivr.sip_headers import BadSip
from ivr.sip_link import Address, Asking, SipLink
from ivr.sip_log import SipLog

State = Literal["calling", "ringing", "talking", "ended"]
How = Literal["hung-up", "cancelled", "refused", "no-response", "no-ack", "closed"]
ALLOW: Final = ("Allow", "INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, INFO, REFER, NOTIFY")
CHALLENGED: Final = {
    401: ("WWW-Authenticate", "Authorization"),
    407: ("Proxy-Authenticate", "Proxy-Authorization"),
}
Proof = tuple[tuple[str, str], ...]
"""Header lines that prove who we are; none until we are asked."""


class CallRefused(HotlineError):
    """The call was not taken: the far end's status, 0 when nothing came or it was withdrawn."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(
            f"电话没有接通：{status} {reason}" if status else f"电话没有接通：{reason}"
        )
        self.status = status
        self.reason = reason


class NotInCall(HotlineError):
    """An act that needs a conversation when there is none."""

    def __init__(self, act: str, state: State) -> None:
        super().__init__(f"没有通话，不能{act}（现在是 {state}）")


@dataclass(frozen=True, slots=True)
class Ending:
    """How a call ended and who ended it."""

    at: datetime
    by: Literal["us", "them"]
    how: How
    status: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Station:
    """What the calls of one telephone share."""

    link: SipLink
    log: SipLog
    user: str
    laws: tuple[Law, ...]
    credentials: Credentials | None
    tasks: set[asyncio.Task[None]]

    @property
    def contact(self) -> str:
        """Where this telephone is reached."""
        host, port = self.link.address
        return f"sip:{self.user}@{host}:{port}"

    async def ask(
        self,
        build: Callable[[Proof], sip.Request],
        peer: Address,
        send: Callable[[sip.Request, Address], Asking] | None = None,
    ) -> sip.Response:
        """The last answer to a request; a challenge is answered with our password, twice at most.

        `build` makes the request afresh with the proof it is given. NoResponse; BadSip for a
        challenge of a kind we cannot answer.
        """
        proof: Proof = ()
        for _ in range(3):
            request = build(proof)
            response = await (send or self.link.ask)(request, peer).final
            if response.status not in CHALLENGED or self.credentials is None:
                break
            proof = authorization(self.credentials, response, request.method, request.uri)
        return response

    def run(self, work: Coroutine[None, None, None]) -> None:
        """Let something run on beside; it ends with the telephone at the latest."""
        task = asyncio.get_running_loop().create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self.tasks.discard(task)
        fault = None if task.cancelled() else task.exception()
        if fault is not None:
            told = {"message": "telephone task failed", "exception": fault, "task": task}
            task.get_loop().call_exception_handler(told)


def authorization(
    credentials: Credentials, response: sip.Response, method: str, uri: str
) -> tuple[tuple[str, str], ...]:
    """The header that answers a 401 or 407; BadSip when its challenge cannot be answered."""
    asks, answers = CHALLENGED[response.status]
    value = response.headers.first(asks)
    if value is None:
        raise BadSip("challenge without its header")
    cnonce = secrets.token_hex(8)
    challenge = parse_challenge(value)
    return ((answers, credentials.answer(challenge, method=method, uri=uri, cnonce=cnonce)),)

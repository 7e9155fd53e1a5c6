"""The door for a platform's replies. Implements :class:`agent_desk.sms_pages.ReplyDoor`."""

from __future__ import annotations

import hmac
from collections.abc import Callable

from hotline.words import Phone
from switchboard.site_values import Secret
from switchboard.sms_replies import Replies


class SmsDoor:
    """``secret`` is what the platform must show; empty: nobody is let in."""

    def __init__(self, replies: Replies, secret: Secret, phone: Callable[[str], Phone]) -> None:
        self._replies = replies
        self._secret = secret
        self._phone = phone

    def opens(self, secret: str) -> bool | None:
        if not self._secret.value:
            return None
        return hmac.compare_digest(secret.encode(), self._secret.value.encode())

    async def reply(self, number: str, text: str, *, id: str, ref: str) -> str:
        return await self._replies.take(self._phone(number), text, id=id, ref=ref)

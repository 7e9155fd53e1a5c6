"""The ways out for messages: a file that a person can read, and a platform's HTTP interface."""

from __future__ import annotations

import asyncio
import datetime as dt
import http.client
import json
import logging
import os
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Final
from urllib.parse import quote_plus, urlsplit

from hotline.messages import MessageGateway, Receipt, Taken, Text
from switchboard.site_sms import Sms

log = logging.getLogger(__name__)

OUTGOING: Final = "outgoing.txt"
_LONGEST_ANSWER: Final = 64 * 1024
_LATER: Final = frozenset({429, 503})
"""Statuses that say that nothing was taken, and to come again."""


class FileGateway:
    """One line a message under DATA/sms, readable by the owner only: time, key, number, words."""

    idempotent = True

    def __init__(self, folder: Path, now: Callable[[], dt.datetime]) -> None:
        self._file = folder / OUTGOING
        self._now = now

    async def send(self, text: Text) -> Receipt:
        """Write it, once for each key, and have it on the disk."""
        try:
            await asyncio.to_thread(self._write, text)
        except OSError as failed:
            log.warning("message not written", extra={"key": text.key, "why": failed.errno})
            return Receipt(Taken.RETRY, "file")
        return Receipt(Taken.SENT, ref=text.key)

    def _write(self, text: Text) -> None:
        self._file.parent.mkdir(mode=0o700, exist_ok=True)
        descriptor = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "r+", encoding="utf-8") as file:
            os.fchmod(file.fileno(), 0o600)
            written = file.read()
            if any(line.split("\t")[1:2] == [text.key] for line in written.splitlines()):
                return
            # A line that a crash cut short is ended first.
            begun = "\n" if written and not written.endswith("\n") else ""
            words = " ".join(text.body.split())
            at = self._now().astimezone().isoformat(timespec="seconds")
            file.write(f"{begun}{at}\t{text.key}\t{text.to.digits}\t{words}\n")
            file.flush()
            os.fsync(file.fileno())


class HttpGateway:
    """A platform's HTTP interface. Nothing of its answers reaches a log but their status."""

    def __init__(self, sms: Sms) -> None:
        self._sms = sms
        self._parts = urlsplit(sms.url)

    @property
    def idempotent(self) -> bool:
        return self._sms.idempotent

    async def send(self, text: Text) -> Receipt:
        """One request. Refused connections and 429/503 took nothing; an answer that never comes, or
        that nobody can read, leaves the message's fate unknown."""
        receipt = await asyncio.to_thread(self._post, text)
        if receipt.taken is not Taken.SENT:
            about = {"key": text.key, "taken": receipt.taken.value, "why": receipt.why}
            log.warning("message not taken", extra=about)
        return receipt

    def _post(self, text: Text) -> Receipt:
        connection = self._connection()
        try:
            connection.connect()
        except (OSError, http.client.HTTPException) as failed:
            return Receipt(Taken.RETRY, f"connect-{type(failed).__name__}"[:32])
        try:
            path = self._parts.path or "/"
            query = f"?{self._parts.query}" if self._parts.query else ""
            body = filled(self._sms, text).encode()
            connection.request("POST", path + query, body, self._headers(text))
            answer = connection.getresponse()
            said = answer.read(_LONGEST_ANSWER).decode("utf-8", "replace")
        except TimeoutError:
            return Receipt(Taken.UNSURE, "timeout")
        except (OSError, http.client.HTTPException, ValueError) as failed:
            return Receipt(Taken.UNSURE, f"broken-{type(failed).__name__}"[:32])
        finally:
            connection.close()
        return self._read(answer.status, said)

    def _read(self, status: int, said: str) -> Receipt:
        if status in _LATER:
            return Receipt(Taken.RETRY, f"status-{status}")
        if 200 <= status < 300:
            if self._sms.accepted in said:
                return Receipt(Taken.SENT)
            return Receipt(Taken.UNSURE, "answer-not-understood")
        if status >= 500:
            return Receipt(Taken.UNSURE, f"status-{status}")
        return Receipt(Taken.REFUSED, f"status-{status}")

    def _connection(self) -> http.client.HTTPConnection:
        host, wait = str(self._parts.hostname), float(self._sms.timeout_s)
        if self._parts.scheme == "https":
            safe = ssl.create_default_context()
            return http.client.HTTPSConnection(host, self._parts.port, timeout=wait, context=safe)
        return http.client.HTTPConnection(host, self._parts.port, timeout=wait)

    def _headers(self, text: Text) -> dict[str, str]:
        headers = {
            "Content-Type": f"{self._sms.content_type}; charset=utf-8",
            "Idempotency-Key": text.key,
        }
        if self._sms.secret.value:
            headers[self._sms.secret_header] = self._sms.secret.value
        return headers


def filled(sms: Sms, text: Text) -> str:
    """The body of a request: each place of the template with its value, escaped for the format."""
    is_json = sms.content_type == "application/json"
    body = sms.template
    values = {"{number}": text.to.digits, "{key}": text.key, "{text}": text.body}
    for place, value in values.items():
        escaped = json.dumps(value, ensure_ascii=False)[1:-1] if is_json else quote_plus(value)
        body = body.replace(place, escaped)
    return body


def gateway_of(sms: Sms, data: Path, now: Callable[[], dt.datetime]) -> MessageGateway | None:
    """The one site.toml chose; None where no messages go out."""
    if sms.gateway == "http":
        return HttpGateway(sms)
    return FileGateway(data / "sms", now) if sms.gateway == "file" else None

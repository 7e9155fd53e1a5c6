"""SIP messages (RFC 3261) without a socket: parse, build, read the headers that matter.

`parse` takes a datagram and returns a Request or a Response whose Via, From, To, Call-ID and CSeq
are known to be readable, or raises BadSip: never anything else, whatever the bytes.
`encode` refuses CR, LF and NUL in anything it writes, so that no value can add a header.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from ivr.sip_headers import (
    TOKEN,
    BadSip,
    CSeq,
    NameAddr,
    Via,
    parse_cseq,
    parse_name_addr,
    parse_via,
    split_commas,
)

VERSION: Final = "SIP/2.0"
MAX_HEADERS: Final = 256

REASONS: Final = {
    100: "Trying",
    180: "Ringing",
    183: "Session Progress",
    200: "OK",
    202: "Accepted",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    407: "Proxy Authentication Required",
    408: "Request Timeout",
    480: "Temporarily Unavailable",
    481: "Call/Transaction Does Not Exist",
    486: "Busy Here",
    487: "Request Terminated",
    488: "Not Acceptable Here",
    491: "Request Pending",
    500: "Server Internal Error",
    501: "Not Implemented",
    503: "Service Unavailable",
    600: "Busy Everywhere",
    603: "Decline",
}

_LONG: Final = {
    "c": "Content-Type",
    "f": "From",
    "i": "Call-ID",
    "k": "Supported",
    "l": "Content-Length",
    "m": "Contact",
    "r": "Refer-To",
    "b": "Referred-By",
    "o": "Event",
    "s": "Subject",
    "t": "To",
    "v": "Via",
    "x": "Session-Expires",
}
_FORBIDDEN: Final = re.compile(r"[\r\n\0]")


@dataclass(frozen=True, slots=True)
class Headers:
    """Header lines in their order; names are compared without case, short forms made long."""

    lines: tuple[tuple[str, str], ...] = ()

    def first(self, name: str) -> str | None:
        """The first value of that name, or None."""
        wanted = name.lower()
        return next((value for key, value in self.lines if key.lower() == wanted), None)

    def all(self, name: str) -> tuple[str, ...]:
        """Every line of that name, as written."""
        wanted = name.lower()
        return tuple(value for key, value in self.lines if key.lower() == wanted)

    def listed(self, name: str) -> tuple[str, ...]:
        """Every value of that name, lines with several values taken apart at their commas."""
        return tuple(part for value in self.all(name) for part in split_commas(value))

    def with_first(self, name: str, value: str) -> Headers:
        """The same with one line put on top."""
        return Headers(((name, value), *self.lines))

    def plus(self, *lines: tuple[str, str]) -> Headers:
        """The same with lines put at the end."""
        return Headers((*self.lines, *lines))

    def without(self, *names: str) -> Headers:
        """The same without the lines of those names."""
        gone = {name.lower() for name in names}
        return Headers(tuple(line for line in self.lines if line[0].lower() not in gone))


@dataclass(frozen=True, slots=True)
class Request:
    """A request; `uri` is the request line's."""

    method: str
    uri: str
    headers: Headers
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Response:
    """A response with its three-digit status."""

    status: int
    reason: str
    headers: Headers
    body: bytes = b""


Message = Request | Response


def _required(message: Message, name: str) -> str:
    value = message.headers.first(name)
    if value is None or not value:
        raise BadSip(f"message without {name}")
    return value


def from_(message: Message) -> NameAddr:
    """Who sent the request of this transaction."""
    return parse_name_addr(_required(message, "From"))


def to(message: Message) -> NameAddr:
    """Whom the request of this transaction was for."""
    return parse_name_addr(_required(message, "To"))


def call_id(message: Message) -> str:
    """The Call-ID."""
    return _required(message, "Call-ID")


def cseq(message: Message) -> CSeq:
    """The CSeq."""
    return parse_cseq(_required(message, "CSeq"))


def via(message: Message) -> Via:
    """The topmost Via."""
    hops = message.headers.listed("Via")
    if not hops:
        raise BadSip("message without Via")
    return parse_via(hops[0])


def contact(message: Message) -> NameAddr | None:
    """The first Contact, None where there is none or only a star."""
    values = message.headers.listed("Contact")
    return parse_name_addr(values[0]) if values and values[0] != "*" else None


def _header_lines(head: list[str]) -> Headers:
    unfolded: list[str] = []
    for line in head:
        if line[:1] in {" ", "\t"} and unfolded:
            unfolded[-1] += " " + line.strip()
        elif line:
            unfolded.append(line)
    if len(unfolded) > MAX_HEADERS:
        raise BadSip("too many headers")
    lines = []
    for line in unfolded:
        name, colon, value = line.partition(":")
        name = name.strip()
        if not colon or not TOKEN.match(name):
            raise BadSip("header line without a name")
        if "\0" in value or "\r" in value:
            raise BadSip("control character in a header")
        lines.append((_LONG.get(name.lower(), name), value.strip()))
    return Headers(tuple(lines))


def _start_line(line: str, headers: Headers, body: bytes) -> Message:
    first, _, rest = line.partition(" ")
    if first.upper() == VERSION:
        matched = re.fullmatch(r"([1-6][0-9]{2})(?: (.*))?", rest, re.DOTALL)
        if not matched:
            raise BadSip("response without a status")
        return Response(int(matched[1]), matched[2] or "", headers, body)
    uri, _, version = rest.rpartition(" ")
    if version.upper() != VERSION or not TOKEN.match(first) or not re.fullmatch(r"\S+", uri):
        raise BadSip("start line that is neither request nor response")
    return Request(first, uri, headers, body)


def parse(data: bytes) -> Message:
    """The message in one datagram, or BadSip."""
    head, blank, body = data.lstrip(b"\r\n").partition(b"\r\n\r\n")
    if not blank or not head:
        raise BadSip("no SIP message")
    # A display name in another encoding must not cost a call: it is shown damaged instead.
    start, *rest = head.decode("utf-8", "replace").split("\r\n")
    headers = _header_lines(rest)
    length = headers.first("Content-Length")
    if length is not None:
        if not re.fullmatch(r"[0-9]{1,6}", length) or int(length) > len(body):
            raise BadSip("body shorter than its Content-Length")
        body = body[: int(length)]
    message = _start_line(start, headers, body)
    for read in (via, from_, to, call_id):
        read(message)
    method = cseq(message).method
    if isinstance(message, Request) and method != message.method:
        raise BadSip("CSeq of another method")
    return message


def encode(message: Message) -> bytes:
    """The datagram, with its Content-Length; BadSip when a value holds CR, LF or NUL."""
    if isinstance(message, Request):
        start = f"{message.method} {message.uri} {VERSION}"
        if re.search(r"\s", message.method + message.uri):
            raise BadSip("space in a request line")
    else:
        start = f"{VERSION} {message.status} {message.reason}"
    lines = [start]
    for name, value in message.headers.without("Content-Length").lines:
        if not TOKEN.match(name):
            raise BadSip("header name that may not be written")
        lines.append(f"{name}: {value}")
    lines.append(f"Content-Length: {len(message.body)}")
    if any(_FORBIDDEN.search(line) for line in lines):
        raise BadSip("control character in a value")
    try:
        return "\r\n".join([*lines, "", ""]).encode() + message.body
    except UnicodeEncodeError:
        raise BadSip("half a character in a value") from None


def respond(
    request: Request,
    status: int,
    *,
    reason: str = "",
    to_tag: str = "",
    extra: tuple[tuple[str, str], ...] = (),
    body: bytes = b"",
) -> Response:
    """A response to `request` (RFC 3261 §8.2.6): its Vias, From, To, Call-ID, CSeq, routes."""
    tagged = to(request)
    if to_tag and not tagged.tag:
        tagged = tagged.with_tag(to_tag)
    copied = [
        *(("Via", value) for value in request.headers.all("Via")),
        *(("Record-Route", value) for value in request.headers.all("Record-Route")),
        ("From", _required(request, "From")),
        ("To", str(tagged)),
        ("Call-ID", call_id(request)),
        ("CSeq", _required(request, "CSeq")),
    ]
    return Response(
        status, reason or REASONS.get(status, "Unknown"), Headers((*copied, *extra)), body
    )

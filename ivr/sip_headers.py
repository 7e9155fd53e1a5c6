"""The structured values inside SIP headers (RFC 3261 §20 and §25): addresses, Via, CSeq.

Every parser here returns its type or raises BadSip, whatever the text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from hotline.errors import BadFrame

TOKEN: Final = re.compile(r"[A-Za-z0-9\-.!%*_+`'~]+\Z")
_QUOTED: Final = re.compile(r'\s*"((?:[^"\\]|\\.)*)"')


class BadSip(BadFrame):
    """A SIP message, header or address that cannot be read or may not be written."""


@dataclass(frozen=True, slots=True)
class NameAddr:
    """`"display" <uri>;params` of From, To, Contact and the like."""

    uri: str
    display: str = ""
    params: tuple[tuple[str, str], ...] = ()

    @property
    def tag(self) -> str:
        """The tag, '' where there is none."""
        return dict(self.params).get("tag", "")

    @property
    def user(self) -> str:
        """The number or name before the @, see `number_in`."""
        return number_in(self.uri)

    def with_tag(self, tag: str) -> NameAddr:
        """The same with that tag in place of any other."""
        kept = tuple(pair for pair in self.params if pair[0] != "tag")
        return NameAddr(self.uri, self.display, (*kept, ("tag", tag)))

    def __str__(self) -> str:
        quoted = self.display.replace("\\", "\\\\").replace('"', '\\"')
        shown = f'"{quoted}" ' if self.display else ""
        return f"{shown}<{self.uri}>" + _join_params(self.params)


@dataclass(frozen=True, slots=True)
class Uri:
    """A sip: URI; `port` is None when not written."""

    user: str
    host: str
    port: int | None = None


@dataclass(frozen=True, slots=True)
class Via:
    """One hop: where the response goes and the transaction's branch."""

    sent_by: str
    params: tuple[tuple[str, str], ...]

    @property
    def branch(self) -> str:
        """The branch, '' from a caller older than RFC 3261."""
        return dict(self.params).get("branch", "")


@dataclass(frozen=True, slots=True)
class CSeq:
    """The number and method of a transaction inside its dialog."""

    number: int
    method: str


def split_commas(value: str) -> tuple[str, ...]:
    """`value` cut at commas outside quotes and angle brackets, empty parts dropped."""
    parts: list[str] = []
    start, quoted, depth, escaped = 0, False, 0, False
    for place, sign in enumerate(value):
        if escaped:
            escaped = False
        elif quoted and sign == "\\":
            escaped = True
        elif sign == '"':
            quoted = not quoted
        elif not quoted and sign in "<>":
            depth += 1 if sign == "<" else -1
        elif sign == "," and not quoted and depth <= 0:
            parts.append(value[start:place].strip())
            start = place + 1
    parts.append(value[start:].strip())
    return tuple(part for part in parts if part)


def _params(text: str) -> tuple[tuple[str, str], ...]:
    pairs = (part.partition("=") for part in text.split(";") if part.strip())
    return tuple((name.strip().lower(), value.strip().strip('"')) for name, _, value in pairs)


def _join_params(params: tuple[tuple[str, str], ...]) -> str:
    return "".join(f";{name}={value}" if value else f";{name}" for name, value in params)


def parse_uri(text: str) -> Uri:
    """User, host and port of a `sip:` or `sips:` URI; BadSip for anything else."""
    scheme, colon, rest = text.strip().partition(":")
    if not colon or scheme.lower() not in {"sip", "sips"}:
        raise BadSip("not a sip address")
    address = re.split(r"[;?]", rest, maxsplit=1)[0]
    user, at, host_port = address.rpartition("@")
    matched = re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[^:\s\[\]<>\"]+)(?::([0-9]{1,5}))?", host_port)
    if not matched:
        raise BadSip("sip address without a host")
    port = int(matched[2]) if matched[2] else None
    if port is not None and not 0 < port <= 0xFFFF:
        raise BadSip("sip address with an impossible port")
    return Uri(user.partition(":")[0] if at else "", matched[1].strip("[]"), port)


def number_in(uri: str) -> str:
    """The number or name of a `sip:` or `tel:` address; '' for what is neither."""
    if uri[:4].lower() == "tel:":
        return uri[4:].partition(";")[0].strip()
    try:
        return parse_uri(uri).user
    except BadSip:
        return ""


def parse_name_addr(text: str) -> NameAddr:
    """The address of a From, To, Contact, Refer-To or P-Asserted-Identity value."""
    quoted = _QUOTED.match(text)
    display = re.sub(r"\\(.)", r"\1", quoted[1]) if quoted else ""
    rest = text[quoted.end() :] if quoted else text
    before, bracket, after = rest.partition("<")
    if bracket:
        uri, closed, tail = after.partition(">")
        if not closed or not uri.strip():
            raise BadSip("address without a closing bracket")
        return NameAddr(uri.strip(), display or before.strip(), _params(tail))
    uri, _, tail = rest.strip().partition(";")
    if not uri:
        raise BadSip("empty address")
    return NameAddr(uri.strip(), display, _params(tail))


def parse_via(text: str) -> Via:
    """One Via value."""
    matched = re.match(r"\s*SIP\s*/\s*2\.0\s*/\s*\w+\s+([^\s;,]+)\s*(;.*)?\Z", text, re.IGNORECASE)
    if not matched:
        raise BadSip("Via that cannot be read")
    return Via(matched[1], _params(matched[2] or ""))


def parse_cseq(text: str) -> CSeq:
    """A CSeq value: a number below 2^31 and a method."""
    number, _, method = text.strip().partition(" ")
    if not re.fullmatch(r"[0-9]{1,10}", number) or int(number) >= 1 << 31:
        raise BadSip("CSeq without a number")
    if not TOKEN.match(method.strip()):
        raise BadSip("CSeq without a method")
    return CSeq(int(number), method.strip())

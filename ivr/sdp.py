"""Session descriptions of a telephone (RFC 8866, offer and answer RFC 3264): one audio stream.

PCMA, PCMU and telephone-event; `parse` raises BadSdp for anything it cannot read, and never
anything else.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Final, Literal

from ivr.g711 import Law
from ivr.sip_headers import BadSip

Direction = Literal["sendrecv", "sendonly", "recvonly", "inactive"]

LAW_TYPES: Final[dict[Law, int]] = {"PCMA": 8, "PCMU": 0}
KEY_TYPE: Final = 101
"""The payload type we offer for telephone-event."""

_MIRROR: Final[dict[Direction, Direction]] = {
    "sendrecv": "sendrecv",
    "sendonly": "recvonly",
    "recvonly": "sendonly",
    "inactive": "inactive",
}


class BadSdp(BadSip):
    """A session description that cannot be read or has no sound we know."""


@dataclass(frozen=True, slots=True)
class Sound:
    """One side's end of the sound: where it listens and what it can do.

    `laws` in order of liking with this side's payload types; `key_type` is its payload type for
    pressed keys, None where it knows none.
    """

    host: str
    port: int
    laws: tuple[tuple[Law, int], ...]
    key_type: int | None
    direction: Direction = "sendrecv"


def offer(host: str, port: int, laws: tuple[Law, ...], direction: Direction = "sendrecv") -> Sound:
    """Our own end, as we offer it."""
    return Sound(host, port, tuple((law, LAW_TYPES[law]) for law in laws), KEY_TYPE, direction)


def answer(offered: Sound, host: str, port: int, laws: tuple[Law, ...]) -> Sound:
    """Our end in answer to theirs: their first codec that we know, their payload numbers.

    BadSdp when there is none.
    """
    agreed = next(((law, number) for law, number in offered.laws if law in laws), None)
    if agreed is None:
        raise BadSdp("no codec in common")
    return Sound(host, port, (agreed,), offered.key_type, _MIRROR[offered.direction])


def render(sound: Sound, *, session: int, version: int) -> bytes:
    """The description on the wire; `version` goes up with every change in one session."""
    family = "IP6" if ":" in sound.host else "IP4"
    numbers = [number for _, number in sound.laws]
    lines = [
        "v=0",
        f"o=- {session} {version} IN {family} {sound.host}",
        "s=-",
        f"c=IN {family} {sound.host}",
        "t=0 0",
    ]
    maps = [f"a=rtpmap:{number} {law}/8000" for law, number in sound.laws]
    if sound.key_type is not None:
        numbers.append(sound.key_type)
        maps += [
            f"a=rtpmap:{sound.key_type} telephone-event/8000",
            f"a=fmtp:{sound.key_type} 0-15",
        ]
    lines.append(f"m=audio {sound.port} RTP/AVP {' '.join(map(str, numbers))}")
    return "\r\n".join([*lines, *maps, "a=ptime:20", f"a={sound.direction}", ""]).encode()


@dataclass(slots=True)
class _Reading:
    host: str = ""
    media_host: str = ""
    port: int | None = None
    numbers: tuple[int, ...] = ()
    direction: Direction = "sendrecv"


_DIRECTIONS: Final[dict[str, Direction]] = {str(name): name for name in _MIRROR}


def parse(body: bytes) -> Sound:
    """The first audio stream in `body`; a port of 0 (stream refused) is BadSdp."""
    reading = _Reading()
    names: dict[int, str] = {0: "PCMU", 8: "PCMA"}
    media = ""
    for line in body.decode("utf-8", "replace").splitlines():
        kind, _, value = line.partition("=")
        if kind == "m":
            media = "other" if reading.port is not None else _read_media(value, reading)
        elif kind == "c" and media in {"", "audio"}:
            _read_address(value, reading, media)
        elif kind == "a" and value in _DIRECTIONS and media in {"", "audio"}:
            reading.direction = _DIRECTIONS[value]
        elif kind == "a" and media == "audio" and value.startswith("rtpmap:"):
            matched = re.fullmatch(r"rtpmap:([0-9]{1,3})\s+([\w.\-]+)/8000(?:/1)?\s*", value)
            if matched:
                names[int(matched[1])] = matched[2]
    return _sound(reading, names)


def _read_media(value: str, reading: _Reading) -> str:
    matched = re.fullmatch(
        r"audio ([0-9]{1,5})(?:/[0-9]+)? RTP/AVPF? ([0-9]{1,3}(?: [0-9]{1,3})*)", value.strip()
    )
    if not matched:
        return "other"
    reading.port = int(matched[1])
    reading.numbers = tuple(int(number) for number in matched[2].split())
    return "audio"


def _read_address(value: str, reading: _Reading, media: str) -> None:
    parts = value.split()
    host = parts[2].partition("/")[0] if len(parts) == 3 else ""
    try:
        ipaddress.ip_address(host)
    except ValueError:  # a name would have to be looked up every 20 ms
        raise BadSdp("address that is no IP address") from None
    if media:
        reading.media_host = host
    else:
        reading.host = host


def _sound(reading: _Reading, names: dict[int, str]) -> Sound:
    host = reading.media_host or reading.host
    if reading.port is None or not host:
        raise BadSdp("no audio stream")
    if not 0 < reading.port <= 0xFFFF:
        raise BadSdp("audio stream refused")
    laws: list[tuple[Law, int]] = []
    key_type = None
    for number in reading.numbers:
        match names.get(number, "").upper():
            case "PCMA":
                laws.append(("PCMA", number))
            case "PCMU":
                laws.append(("PCMU", number))
            case "TELEPHONE-EVENT" if key_type is None:
                key_type = number
            case _:
                pass
    if not laws:
        raise BadSdp("no codec in common")
    return Sound(host, reading.port, tuple(laws), key_type, reading.direction)

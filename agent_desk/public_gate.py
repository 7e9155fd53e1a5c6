"""How often one address may ask on the pages without log-in.

An address has some requests at once and then so many a minute; all together have a share that
leaves the calls room. What is kept is a number and a moment for each address, in memory, for no
longer than it takes to fill up again.
"""

from __future__ import annotations

import ipaddress
import math
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

AT_ONCE: Final = 30
PER_MINUTE: Final = 40
ALL_AT_ONCE: Final = 100
ALL_PER_MINUTE: Final = 1200
MOST_ADDRESSES: Final = 10_000
_NETWORK: Final = 64
"""A household has a whole IPv6 network of this length."""


@dataclass(slots=True)
class _Bucket:
    left: float
    at: float

    def take(self, now: float, most: int, per_minute: int) -> int:
        """0 where one may pass, else in how many seconds."""
        rate = per_minute / 60
        self.left = min(most, self.left + max(now - self.at, 0.0) * rate)
        self.at = now
        if self.left >= 1:
            self.left -= 1
            return 0
        return max(math.ceil((1 - self.left) / rate), 1)


@dataclass(slots=True)
class Turnstile:
    """For one event loop. Times are of one stop-watch, in seconds."""

    at_once: int = AT_ONCE
    per_minute: int = PER_MINUTE
    _addresses: OrderedDict[str, _Bucket] = field(default_factory=OrderedDict)
    _all: _Bucket | None = None

    def wait(self, address: str, now: float) -> int:
        """0: come in. Else the seconds after which this address may ask again."""
        known = neighbourhood(address)
        bucket = self._addresses.pop(known, None) or _Bucket(self.at_once, now)
        # The one that asked longest ago goes first when there are too many to remember.
        self._addresses[known] = bucket
        while len(self._addresses) > MOST_ADDRESSES:
            self._addresses.popitem(last=False)
        seconds = bucket.take(now, self.at_once, self.per_minute)
        if seconds:
            return seconds
        if self._all is None:
            self._all = _Bucket(ALL_AT_ONCE, now)
        return self._all.take(now, ALL_AT_ONCE, ALL_PER_MINUTE)


def neighbourhood(address: str) -> str:
    """What counts as one address: of IPv6 the network, of anything odd the text."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, _NETWORK), strict=False))
    return str(found)

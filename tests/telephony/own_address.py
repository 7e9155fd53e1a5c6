"""The address a test may take for the network's: this machine's own, for the time of the test."""

from __future__ import annotations

import pytest

from switchboard.addresses import own_addresses


def own_address() -> str:
    """An IPv4 address that is not loopback. A machine without one cannot serve seats at all."""
    found = [address for address in own_addresses() if ":" not in address]
    if not found:
        pytest.fail(
            "this machine has no IPv4 address beside loopback; as root: "
            "ip link add jiesu0 type dummy && ip addr add 192.168.99.1/24 dev jiesu0 && "
            "ip link set jiesu0 up"
        )
    return found[0]

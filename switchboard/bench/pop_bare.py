"""The bare side of ``bench pop``: a socket that reads AMI and does nothing else with it.

    python -m switchboard.bench.pop_bare PORT USER < SECRET

Prints one line of JSON for every AgentCalled: when the exchange sent it (its own Timestamp), when
it was received here (both in seconds since 1970), whose telephone rings and who calls.
"""

from __future__ import annotations

import json
import socket
import sys
import time
from typing import Final

RING: Final = b"Event: AgentCalled\r\n"


def listen(port: int, user: str, secret: str) -> None:
    """Until the other end closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as wire:
        wire.sendall(f"Action: Login\r\nUsername: {user}\r\nSecret: {secret}\r\n\r\n".encode())
        wire.settimeout(None)
        held = b""
        while piece := wire.recv(65536):
            at = time.time()
            *events, held = (held + piece).split(b"\r\n\r\n")
            for event in events:
                if event.startswith(RING):
                    tell(event, at)
                elif b"Event: FullyBooted" in event:
                    say({"ready": True})


def tell(event: bytes, at: float) -> None:
    """One ring, as a line."""
    lines = event.decode("utf-8", "replace").splitlines()
    headers = dict(line.partition(": ")[::2] for line in lines)
    say(
        {
            "sent": float(headers["Timestamp"]),
            "received": at,
            "member": headers.get("MemberName", ""),
            "caller": headers.get("CallerIDNum", ""),
        }
    )


def say(row: dict[str, object]) -> None:
    """A line, at once."""
    sys.stdout.write(json.dumps(row) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    listen(int(sys.argv[1]), sys.argv[2], sys.stdin.readline().strip())

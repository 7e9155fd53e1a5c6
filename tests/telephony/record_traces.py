"""Write tests/ivr/traces anew: what a real Asterisk's AMI says of each scene, byte for byte.

    .venv/bin/python -m tests.telephony.record_traces [SCENE …]

For a new version of Asterisk or of the dialplan. Look at the difference before you commit it.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path

from asterisk_conf.plan import Timing
from ivr.ami import Ami
from ivr.ami_link import AmiAccess
from ivr.ami_snapshot import Acts
from tests.telephony.exchange_kit import RunningExchange, running_exchange
from tests.telephony.scenes import SCENES, Stage

TRACES = Path(__file__).parents[1] / "ivr" / "traces"
TIMING = Timing(agent_rings=6, emergency_queue=20)


async def record(name: str) -> None:
    """Play one scene at an exchange of its own."""
    with tempfile.TemporaryDirectory() as folder:
        async with running_exchange(Path(folder), timing=TIMING) as exchange:
            host, port, user, secret = exchange.ami
            ami = Ami(AmiAccess(host, port, user, secret))
            ready = asyncio.Event()

            async def up() -> None:
                ready.set()

            acting = asyncio.create_task(ami.run(lambda *_: None, up, lambda _: None))
            await ready.wait()
            trace = await _listen(exchange, name, ami.act)
            (TRACES / f"{name}.txt").write_bytes(trace)
            ami.close()
            await acting


async def _listen(exchange: RunningExchange, name: str, act: Acts) -> bytes:
    host, port, user, secret = exchange.ami
    reader, writer = await asyncio.open_connection(host, port)
    login = {"Action": "Login", "Username": user, "Secret": secret}
    writer.write("".join(f"{k}: {v}\r\n" for k, v in login.items()).encode() + b"\r\n")
    heard = bytearray()

    async def keep() -> None:
        while data := await reader.read(65_536):
            heard.extend(data)

    keeping = asyncio.create_task(keep())
    async with AsyncExitStack() as stack:
        await SCENES[name](Stage(exchange, act, stack))
        await asyncio.sleep(0.5)
    writer.write(b"Action: Logoff\r\n\r\n")
    await keeping
    writer.close()
    return bytes(heard)


async def main(names: list[str]) -> None:
    """Record the named scenes, all of them without a name."""
    for name in names or SCENES:
        await record(name)
        size = (TRACES / f"{name}.txt").stat().st_size
        sys.stdout.write(f"{name} {size} bytes\n")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))

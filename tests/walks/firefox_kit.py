"""Firefox as Debian ships it, driven by WebDriver BiDi, which it speaks itself.

Playwright drives a Firefox of its own making only; what seats run is the ordinary one.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from websockets.asyncio.client import ClientConnection, connect

from asterisk_conf.debian import default_cache, find_tool
from switchboard.terminal import progress
from tests.walks.system_kit import eventually

KEYS: Final = {"F2": "\ue032", "F7": "\ue037"}
"""Code points of WebDriver's keyboard."""
_SETTINGS: Final = {
    "media.navigator.streams.fake": True,
    "media.navigator.permission.disabled": True,
    "media.autoplay.default": 0,
    "network.proxy.type": 0,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.enabled": False,
    "app.normandy.enabled": False,
    "app.update.enabled": False,
    "browser.safebrowsing.update.enabled": False,
    "services.settings.server": "data:,",
}
"""A microphone that needs no person, and a browser that calls nobody."""


class PageFault(AssertionError):
    """What the page threw."""


@dataclass(slots=True)
class FirefoxPage:
    """One page. Nothing of it is shown."""

    _socket: ClientConnection
    _context: str = ""
    _ids: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    async def command(self, method: str, **params: Any) -> dict[str, Any]:
        """One BiDi command and its answer; what happens meanwhile is not looked at."""
        number = next(self._ids)
        await self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        async with asyncio.timeout(60):
            while True:
                answer = json.loads(await self._socket.recv())
                if answer.get("id") == number:
                    break
        if answer["type"] == "error":
            raise PageFault(f"{method}: {answer['message']}")
        result: dict[str, Any] = answer["result"]
        return result

    async def open(self) -> None:
        """Take the window that stands open."""
        await self.command("session.new", capabilities={})
        tree = await self.command("browsingContext.getTree")
        self._context = tree["contexts"][0]["context"]

    async def goto(self, url: str) -> None:
        await self.command(
            "browsingContext.navigate", context=self._context, url=url, wait="complete"
        )

    async def run(self, expression: str) -> Any:
        """A script's value as JSON would have it."""
        found = await self.command(
            "script.evaluate",
            expression=f"(async () => JSON.stringify(await ({expression})))()",
            target={"context": self._context},
            awaitPromise=True,
        )
        if found["type"] == "exception":
            raise PageFault(found["exceptionDetails"]["text"])
        text = found["result"].get("value")
        return json.loads(text) if text else None

    async def press(self, key: str) -> None:
        """One key, as a person presses it."""
        sign = KEYS.get(key, key)
        strokes = [{"type": "keyDown", "value": sign}, {"type": "keyUp", "value": sign}]
        await self.command(
            "input.performActions",
            context=self._context,
            actions=[{"type": "key", "id": "keyboard", "actions": strokes}],
        )

    async def comes(self, expression: str, what: str, within: float = 30.0) -> Any:
        """Wait until an expression is true on the page."""

        async def look() -> Any:
            # A page that is being left has no answer.
            with suppress(PageFault):
                return await self.run(expression)
            return None

        return await eventually(look, within, what, 0.2)


@asynccontextmanager
async def open_firefox(profile: Path) -> AsyncIterator[FirefoxPage]:
    """Firefox on this profile (with its certificate store), gone afterwards."""
    profile.mkdir(parents=True, exist_ok=True)
    lines = [f'user_pref("{name}", {json.dumps(value)});' for name, value in _SETTINGS.items()]
    (profile / "user.js").write_text("\n".join(lines), "utf-8")
    tool = find_tool("firefox", default_cache(), progress)
    assert tool is not None
    process = await asyncio.create_subprocess_exec(
        *tool.command,
        *("--headless", "--no-remote", "--profile", str(profile), "--remote-debugging-port", "0"),
        env={**tool.full_env(), "HOME": str(profile), "MOZ_CRASHREPORTER_DISABLE": "1"},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        place = await _listening(process)
        async with connect(f"{place}/session", max_size=None, proxy=None) as socket:
            page = FirefoxPage(socket)
            await page.open()
            yield page
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(20):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


async def _listening(process: asyncio.subprocess.Process) -> str:
    assert process.stderr is not None
    said = b""
    async with asyncio.timeout(90):
        while line := await process.stderr.readline():
            said += line
            if found := re.search(rb"BiDi listening on (ws://\S+)", line):
                return found[1].decode()
    raise AssertionError(said.decode("utf-8", "replace"))

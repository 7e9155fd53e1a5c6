"""``./jiesu demo``: a morning at the hotline, so that every page has something true to show.

Real calls through the running system, refused unless every emergency trunk is the stand-in. How
many calls and seconds at most is said beforehand; Ctrl-C hangs up and signs off.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import fcntl
import json
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from ivr.voice import VoiceTools, speak
from switchboard.beside import system_beside, voice_beside
from switchboard.demo_cast import cast
from switchboard.demo_report import as_rows, table
from switchboard.demo_scene import AGENT_VOICE, Encounter, Stage, Words, digits_of
from switchboard.demo_script import Scene, Script, read_script
from switchboard.processes import interrupted
from switchboard.refusals import Refusal
from switchboard.running import running_system
from switchboard.settings import find_settings
from switchboard.terminal import progress, step, tell

MOST_SECONDS: Final = 240.0
MOST_SECONDS_QUICK: Final = 90.0
SIGNING_OFF: Final = 5.0

Ending = Literal["finished", "time", "interrupted"]


class AlreadyPlaying(Refusal):
    """One Chinese sentence: two at once would answer each other's calls."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoOptions:
    """What was typed after ``./jiesu demo``."""

    data: Path | None = None
    quick: bool = False
    as_json: bool = False


async def main_demo(options: DemoOptions) -> int:
    """The command: 0 when every call was counted as the script says, 1 when not, 130 after Ctrl-C.

    Refusal and HotlineError carry the sentence for the person.
    """
    began = time.monotonic()
    settings = find_settings(options.data)
    place = system_beside(settings, "./jiesu demo ")
    script = read_script(quick=options.quick)
    limit = MOST_SECONDS_QUICK if options.quick else MOST_SECONDS
    origin = str(running_system(settings.run).places["web"])
    say = progress if options.as_json else tell
    with _alone(settings.run):
        say(f"演示：最多 {len(script.scenes)} 通电话，最多 {limit:.0f} 秒；网页 {origin}")
        voice = await asyncio.to_thread(voice_beside, settings)
        speaking = asyncio.create_task(asyncio.to_thread(spoken, script, voice))
        encounters = [Encounter(scene) for scene in script.scenes]
        async with cast(settings, place, origin) as agents:
            say("话务员：" + "、".join(agent.shown for agent in agents))
            with step("准备要说的话"):
                words = await speaking
            stage = Stage(script, place, agents, words, _noted(say))
            left = limit - SIGNING_OFF - (time.monotonic() - began)
            ending = await play(stage, encounters, left)
    took = time.monotonic() - began
    rows = as_rows(encounters, origin)
    if options.as_json:
        most = {"calls": len(script.scenes), "seconds": limit}
        body = {"maximum": most, "took_s": round(took, 1), "ending": ending, "calls": rows}
        tell(json.dumps(body, ensure_ascii=False, indent=1))
    else:
        tell(table(rows, took, ending))
    if ending == "interrupted":
        return 130
    return 0 if all(one.as_planned for one in encounters) else 1


def _noted(say: Callable[[str], None]) -> Callable[[Scene, str], None]:
    def note(scene: Scene, what: str) -> None:
        if what:
            say(f"{dt.datetime.now().astimezone():%H:%M:%S}  {scene.name}：{what}")

    return note


def spoken(script: Script, voice: VoiceTools) -> Words:
    """Every sentence of the script as sound, made before the first call: NoVoice when it cannot."""
    wanted = {(script.welcome, AGENT_VOICE), (script.silence, AGENT_VOICE)}
    for scene in script.scenes:
        said = ((scene.told, scene.voice), (scene.says, scene.voice), (scene.reply, AGENT_VOICE))
        wanted |= {one for one in said if one[0]}
    order = sorted(wanted)
    with ThreadPoolExecutor(2) as pool:
        made = pool.map(lambda one: speak(one[0], voice, variant=one[1]), order)
        return dict(zip(order, made, strict=True))


async def play(stage: Stage, encounters: Sequence[Encounter], limit: float) -> Ending:
    """Every call at its time; back when all are over, the time is up, or somebody pressed Ctrl-C.
    Whatever is under way then is hung up."""
    expected: dict[str, Encounter] = {}
    stopped = asyncio.Event()
    began = asyncio.get_running_loop().time()
    by_name = {one.scene.name: one for one in encounters}

    async def dial(one: Encounter) -> None:
        scene = one.scene
        wait = began + stage.script.begins(scene) - asyncio.get_running_loop().time()
        await asyncio.sleep(max(0.0, wait))
        if scene.after in by_name:
            await by_name[scene.after].over.wait()
        expected[digits_of(scene.caller)] = one
        await stage.citizen(one)

    seats = [asyncio.create_task(stage.agent(agent, expected)) for agent in stage.agents]
    calls = [asyncio.create_task(dial(one)) for one in encounters]
    stop = asyncio.create_task(stopped.wait())
    over = asyncio.create_task(_all(calls))
    try:
        with interrupted(stopped.set):
            await asyncio.wait({stop, over}, timeout=limit, return_when=asyncio.FIRST_COMPLETED)
        if over.done():
            over.result()  # a fault of ours is told as one
            return "finished"
        return "interrupted" if stopped.is_set() else "time"
    finally:
        for task in (*calls, *seats, stop):
            task.cancel()
        await asyncio.gather(*calls, *seats, stop, over, return_exceptions=True)


async def _all(calls: Sequence[asyncio.Task[None]]) -> None:
    await asyncio.gather(*calls)


@contextlib.contextmanager
def _alone(run: Path) -> Iterator[None]:
    """One demonstration at a time on a DATA."""
    with (run / "demo.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise AlreadyPlaying("这个目录上已经有一场演示在进行：请等它结束。") from None
        yield

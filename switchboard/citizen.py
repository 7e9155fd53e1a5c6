"""`./jiesu call`: a citizen's telephone, real SIP and RTP into the inbound trunk.

`run_call` makes one call and tells each step as it happens; `main_call` is the command.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import json
import re
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

from hotline.errors import BadInput
from ivr import sound
from ivr.telephone import Call, CallRefused, NotInCall, Ring, Setup, Telephone, open_telephone
from ivr.voice import speak
from switchboard.beside import RunningSystem, system_beside, voice_beside
from switchboard.call_facts import CallFact, CallFacts, LoggedCallFacts
from switchboard.processes import interrupted
from switchboard.settings import find_settings
from switchboard.terminal import progress, tell

DEFAULT_WORDS: Final = "您好，我家楼下的路灯坏了，请派人来修。"
_SPEAKING: Final = -45.0
_ANSWER_WITHIN: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOptions:
    """What was typed after `./jiesu call`. At most one of say, wav, silent.

    `keys`: keys parted by commas, each sent when the far end speaks. `hang_up_after`: seconds after
    the hotline answered; None waits for the far end or Ctrl-C. `caller` '' makes one up.
    """

    say: str = ""
    wav: Path | None = None
    silent: bool = False
    caller: str = ""
    keys: str = ""
    hang_up_after: float | None = None
    data: Path | None = None
    as_json: bool = False


@dataclass(frozen=True, slots=True)
class Pace:
    """How quick the citizen is, in seconds.

    A key is pressed when the far end speaks, between `key_after` and `key_at_latest`; words are
    said `words_after` the answer and `reply_after` somebody took the call.
    """

    key_after: float = 1.5
    key_at_latest: float = 4.0
    words_after: float = 1.5
    reply_after: float = 0.8


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened. `at` is ISO 8601 in UTC."""

    at: str
    what: str


@dataclass(frozen=True, slots=True)
class CallReport:
    """What became of the call. `call` is the hotline's id, None when it never learned of it.

    `outcome`: the hotline's own (answered, abandoned, timed-out, turned-away, greeting-hang-up,
    emergency), or refused, no-answer, unknown. `recording`: the file of what was heard, None when
    there was nothing.
    """

    call: str | None
    outcome: str
    connected_to: str | None
    recording: str | None
    steps: tuple[Step, ...] = field(default_factory=tuple)

    def as_json(self) -> str:
        """The JSON of `--json`."""
        return json.dumps(asdict(self), ensure_ascii=False)


Show = Callable[[Step], None]


class Citizen:
    """One call under way; `hang_up` may be called from outside at any time."""

    def __init__(
        self, options: CallOptions, words: bytes, facts: CallFacts, show: Show, pace: Pace
    ) -> None:
        self._pace = pace
        self._options = options
        self._words = words
        self._facts = facts
        self._show = show
        self._steps: list[Step] = []
        self._call: Call | None = None
        self._stopped = asyncio.Event()
        self._joined = asyncio.Event()

    def hang_up(self) -> None:
        """The citizen has had enough."""
        self._stopped.set()

    async def run(self, telephone: Telephone, number: str, recording: Path) -> CallReport:
        """Dial, do what was asked, and report. Never raises for what the far end does."""
        self._note(f"拨打 {number}（主叫 {telephone.setup.user}）")
        call = self._call = await telephone.call(number)
        answered = await self._wait_for_answer(call)
        if answered:
            await self._converse(call)
        await call.hang_up()
        ending = await call.ended()
        if answered:
            self._note("对方挂断" if ending.by == "them" else "挂断")
        heard = None
        if call.heard():
            await asyncio.to_thread(call.save, recording)
            heard = str(recording)
        fact = await self._facts.find(call.id) if answered else None
        return self._report(call, fact, heard, answered=answered)

    def _report(
        self, call: Call, fact: CallFact | None, recording: str | None, *, answered: bool
    ) -> CallReport:
        steps = tuple(self._steps)
        if fact is not None:
            return CallReport(fact.call, fact.outcome, fact.connected_to, recording, steps)
        refused = call.ending is not None and call.ending.how == "refused"
        outcome = "unknown" if answered else "refused" if refused else "no-answer"
        return CallReport(None, outcome, None, recording, steps)

    async def _wait_for_answer(self, call: Call) -> bool:
        stop = asyncio.create_task(self._stopped.wait())
        answer = asyncio.create_task(call.answered(_ANSWER_WITHIN))
        try:
            await asyncio.wait({stop, answer}, return_when=asyncio.FIRST_COMPLETED)
            if not answer.done():
                self._note("没等接通就挂断")
                return False
            await answer
        except CallRefused as no:
            self._note(f"没有接通：{no.status or ''} {no.reason}".replace("： ", "："))
            return False
        except TimeoutError:
            self._note("无人应答")
            return False
        finally:
            for task in (stop, answer):
                task.cancel()
        self._note("热线应答")
        return True

    async def _converse(self, call: Call) -> None:
        acts: list[Callable[[Call], Awaitable[None]]] = [self._follow, self._listen, self._behave]
        tasks = [asyncio.create_task(_until_over(act(call))) for act in acts]
        ends = [asyncio.create_task(self._stopped.wait()), asyncio.create_task(_over(call))]
        try:
            await asyncio.wait(
                ends,
                timeout=self._options.hang_up_after,
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            for task in (*tasks, *ends):
                task.cancel()
            outcomes = await asyncio.gather(*tasks, *ends, return_exceptions=True)
        for fault in outcomes:
            if isinstance(fault, Exception):
                raise fault

    async def _behave(self, call: Call) -> None:
        """Press the keys, speak in the greeting, and again to whoever takes the call."""
        for key in (part.strip() for part in self._options.keys.split(",")):
            if key:
                await _when_they_speak(call, self._pace)
                self._note(f"按 {key}")
                await call.press(key)
        if not self._words:
            return
        if not self._options.keys:
            await asyncio.sleep(self._pace.words_after)
            await self._speak(call)
        await self._joined.wait()
        await asyncio.sleep(self._pace.reply_after)
        await self._speak(call)

    async def _speak(self, call: Call) -> None:
        said = self._options.say or (f"播放 {self._options.wav}" if self._options.wav else "")
        self._note(f"说：{said or DEFAULT_WORDS}")
        call.play(self._words)
        await call.played()

    async def _listen(self, call: Call) -> None:
        """Tell when the far end begins and ends to speak or play."""
        speaking = False
        changed = asyncio.get_running_loop().time()
        while True:
            now = asyncio.get_running_loop().time()
            loud = max(sound.levels(call.heard_lately(0.2)), default=sound.SILENT) > _SPEAKING
            if loud == speaking:
                changed = now
            # Words have gaps: quiet is told after two seconds of it, sound at once.
            elif now - changed > (0.0 if loud else 2.0):
                speaking = loud
                self._note("听到声音" if loud else "安静")
            await asyncio.sleep(0.1)

    async def _follow(self, call: Call) -> None:
        async for what in self._facts.follow(call.id):
            self._note(what)
            if what.endswith("接听"):
                self._joined.set()

    def _note(self, what: str) -> None:
        step = Step(dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds"), what)
        self._steps.append(step)
        self._show(step)


async def _over(call: Call) -> None:
    await call.ended(None)


async def _until_over(act: Awaitable[None]) -> None:
    """An act ends when the call does: what could not be said or pressed any more is no fault."""
    with contextlib.suppress(NotInCall):
        await act


async def _when_they_speak(call: Call, pace: Pace) -> None:
    """Return when the far end speaks, not before a person would have understood a little."""
    waited = 0.0
    while waited < pace.key_at_latest:
        await asyncio.sleep(0.1)
        waited += 0.1
        lately = sound.levels(call.heard_lately(0.3))
        if waited >= pace.key_after and max(lately, default=sound.SILENT) > _SPEAKING:
            return


# ------------------------------------------------------------------------------------- the command


async def run_call(
    options: CallOptions,
    place: RunningSystem,
    facts: CallFacts,
    show: Show,
    *,
    words: bytes = b"",
    pace: Pace | None = None,
) -> CallReport:
    """One call from the citizen's own loopback address; Ctrl-C and SIGTERM hang up properly.

    `words` is what is said, as PCM. BadInput when the caller's number or a key is none; OSError
    when there is no such loopback address.
    """
    _check(options)
    caller = options.caller or f"1380013{secrets.randbelow(10000):04d}"
    began = dt.datetime.now(dt.UTC).strftime("%Y%m%dT%H%M%S")
    name = f"{began}-{secrets.token_hex(3)}.wav"
    recording = place.data / "recordings" / "citizen" / name
    setup = Setup(caller, server=place.exchange, bind=(place.citizen_host, 0))
    telephone = await open_telephone(setup, Ring())
    citizen = Citizen(options, words, facts, show, pace or Pace())
    try:
        with interrupted(citizen.hang_up):
            return await citizen.run(telephone, place.access_number, recording)
    finally:
        await telephone.close()


async def main_call(options: CallOptions) -> int:
    """The command: steps as they happen, then where the recording lies; 0 when the hotline
    answered, else 1. Refusal and HotlineError carry the sentence for the person."""
    _check(options)
    settings = find_settings(options.data)
    place = system_beside(settings, "./jiesu call ")
    words = b""
    if options.wav is not None:
        words = sound.read_wav(options.wav)
    elif not options.silent:
        text = options.say or DEFAULT_WORDS
        words = await asyncio.to_thread(speak, text, voice_beside(settings))
    facts = LoggedCallFacts(place.queue_log)
    say = progress if options.as_json else tell
    report = await run_call(options, place, facts, lambda step: say(shown(step)), words=words)
    if options.as_json:
        tell(report.as_json())
    else:
        tell(conclusion(report))
    return 1 if report.outcome in {"refused", "no-answer"} else 0


OUTCOMES: Final = {
    "answered": "已接通",
    "abandoned": "排队时挂断",
    "timed-out": "排队超时",
    "turned-away": "未能进入排队",
    "greeting-hang-up": "播报时挂断",
    "emergency": "紧急来电",
    "refused": "被拒绝",
    "no-answer": "无应答",
    "unknown": "结果未知",
}


def shown(step: Step) -> str:
    """A step for the terminal, in local time."""
    return f"{dt.datetime.fromisoformat(step.at).astimezone():%H:%M:%S}  {step.what}"


def conclusion(report: CallReport) -> str:
    """The last lines for the terminal."""
    to = f"，接通的是 {report.connected_to}" if report.connected_to else ""
    lines = [f"结果：{OUTCOMES.get(report.outcome, report.outcome)}{to}"]
    if report.recording:
        lines.append(f"听到的声音录在 {report.recording}")
    return "\n".join(lines)


def _check(options: CallOptions) -> None:
    if options.caller and not re.fullmatch(r"\+?[0-9]{3,20}|anonymous", options.caller):
        raise BadInput(
            "from", "主叫号码写 3 到 20 位数字，或 anonymous（不显示号码），例如 --from 13800138000"
        )
    if not re.fullmatch(r"\s*(?:[0-9A-D*#]+\s*(?:,\s*[0-9A-D*#]+\s*)*)?", options.keys):
        raise BadInput("keys", '按键写 0-9、* 或 #，用英文逗号隔开，例如 --keys "9,2"')
    if options.hang_up_after is not None and not 0 < options.hang_up_after <= 86400:
        raise BadInput("hang-up-after", "挂断前的秒数写大于 0 的数，例如 --hang-up-after 20")
    if sum((bool(options.say), options.wav is not None, options.silent)) > 1:
        raise BadInput("say", "--say、--wav、--silent 只能用一个")

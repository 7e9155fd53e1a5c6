"""Sound: every recording is there and can be played, and what Asterisk plays is really heard."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Final

from asterisk_conf.exchange import SOUNDS, is_telephone_sound
from asterisk_conf.prompts import DIGITS, MUSIC, PROMPTS, TONES
from hotline.errors import ExchangeRefused
from ivr.media import HOST, open_taps
from switchboard.doctor.case import Case
from switchboard.doctor.finding import NOT_RUNNING, Finding, fault, well
from switchboard.doctor.rounds import in_thread

PLAYED: Final = "agent-ready"
"""Short, and said to seats only: 已就绪。"""
_HEAR_S: Final = 4.0
_QUIET: Final = 200
"""Loudest sample of what is still called silence."""
_SHOWN: Final = 4
_AGAIN: Final = "请重新启动 ./jiesu up（它会重新铺好提示音）；自录的请放进 DATA/sounds"


async def audio(case: Case) -> Finding:
    """The recordings, and one of them played by Asterisk into a socket of ours: its files, codecs
    and taps at work, as for a caller who is listened to."""
    found = await in_thread(recordings_laid)(case)
    if not case.running or found.do:
        return found
    try:
        why = await _listen(case)
    except ExchangeRefused:
        return fault("查不出：与交换机的连接断开", "先看 Asterisk 与 AMI 两行")
    if why:
        return fault(why, f"请看 {case.settings.asterisk / 'log' / 'messages'} 与交换机模块一行")
    return well(f"{found.found}，交换机放音听得到")


async def audio_on_disk(case: Case) -> Finding:
    """The recordings alone."""
    return await in_thread(recordings_laid)(case)


def recordings_laid(case: Case) -> Finding:
    """Every prompt, digit and tone as WAV, 8 kHz, 16 bit, one channel; in the exchange's folder
    where there is one, else those that come with Jiesu."""
    digits = [f"digits/{digit}" for digit in DIGITS]
    laid = case.settings.asterisk / "data"
    if (laid / "sounds").is_dir():
        zh = laid / "sounds" / "zh"
        files = [zh / f"jiesu/{name}.wav" for name in (*PROMPTS, *TONES)]
        files += [zh / f"{name}.wav" for name in digits]
        files += [
            laid / "moh" / music / f"{order}-{part}.wav"
            for music, parts in MUSIC.items()
            for order, part in enumerate(parts, start=1)
        ]
    else:
        files = [SOUNDS / f"{name}.wav" for name in (*PROMPTS, *TONES, *digits)]
    bad = [file.stem for file in files if not is_telephone_sound(file)]
    if bad:
        more = f" 等 {len(bad)} 个" if len(bad) > _SHOWN else ""
        return fault(f"提示音缺少或放不出：{'、'.join(bad[:_SHOWN])}{more}", _AGAIN)
    told = f"{len(files)} 个提示音齐全"
    return well(told if case.running else f"{NOT_RUNNING}；{told}")


class _Ear:
    """Hears whether there is any sound at all."""

    def __init__(self) -> None:
        self.heard = asyncio.Event()

    def feed(self, pcm: bytes, at: dt.datetime) -> None:  # noqa: ARG002 - the port's signature
        """See :class:`ivr.media.Listener`."""
        if max(map(abs, memoryview(pcm).cast("h")), default=0) > _QUIET:
            self.heard.set()


async def _listen(case: Case) -> str:
    """Why nothing was heard; empty when something was."""
    ear = _Ear()
    async with open_taps() as taps:
        tap = taps.expect(ear)
        await case.act(
            {
                "Action": "Originate",
                "Channel": f"AudioSocket/{HOST}:{taps.port}/{tap.id}/c(slin)",
                "Application": "Playback",
                "Data": f"jiesu/{PLAYED}",
                # Nobody's call: no row in the call records either.
                "Variable": "CDR_PROP(disable)=1",
                "Async": "true",
            }
        )
        try:
            await asyncio.wait_for(ear.heard.wait(), _HEAR_S)
        except TimeoutError:
            if not tap.connected:
                return "交换机没有把声音送过来（AudioSocket 不通）"
            return f"交换机接通了，但放 {PLAYED} 时没有声音"
        finally:
            tap.stop()
    return ""

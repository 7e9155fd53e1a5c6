"""Text to telephone speech: the pinyin voice of espeak-ng, 8 kHz 16-bit mono.

espeak-ng's plain Mandarin voice spells most hanzi out in English, so it is given tone-numbered
pinyin and the voice `cmn-latn-pinyin`.  About 60 ms of work for a sentence.
"""

from __future__ import annotations

import functools
import io
import math
import os
import re
import shutil
import subprocess
import wave
from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from operator import mul
from pathlib import Path
from typing import Final

from hotline.errors import HotlineError
from ivr.g711 import RATE, samples
from ivr.sound import write_wav
from ivr.spoken import pinyin

_LONGEST: Final = 4000
_TAPS: Final = 10  # zero crossings on each side of the filter: 72 weights, -50 dB
_PASS: Final = 3700.0  # Hz that a telephone lets through
_PEAK: Final = 20000


class NoVoice(HotlineError):
    """There is no voice to speak with, or it cannot say this. One sentence."""


@dataclass(frozen=True, slots=True)
class VoiceTools:
    """How espeak-ng is started: the command and what its environment needs beside ours."""

    espeak: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)


def find_voice_tools() -> VoiceTools:
    """espeak-ng on the PATH; NoVoice tells how to get it."""
    found = shutil.which("espeak-ng")
    if found is None:
        raise NoVoice("没有找到语音合成程序 espeak-ng，请运行：sudo apt install espeak-ng")
    return VoiceTools((found,))


def speak(text: str, tools: VoiceTools, *, variant: str = "f5", words_a_minute: int = 165) -> bytes:
    """The PCM of `text` as it is said; NoVoice when it cannot be."""
    if len(text) > _LONGEST:
        raise NoVoice(f"要说的话太长（{len(text)} 字），请缩短到 {_LONGEST} 字以内")
    if not re.fullmatch(r"[A-Za-z0-9]*", variant):
        raise NoVoice(f"没有这种嗓音：{variant}")
    said = pinyin(text)
    if not said:
        raise NoVoice("没有可以说的话：请给出中文、数字或字母")
    voice = "cmn-latn-pinyin" + (f"+{variant}" if variant else "")
    command = [*tools.espeak, "-v", voice, "-s", str(words_a_minute), "--stdin", "--stdout"]
    try:
        done = subprocess.run(
            command,
            input=said.encode(),
            capture_output=True,
            timeout=60,
            check=True,
            env={**os.environ, **tools.env},
        )
        return _loud(_to_telephone(*_read(done.stdout)))
    except FileNotFoundError:
        raise NoVoice(f"没有找到 {tools.espeak[0]}，请运行：sudo apt install espeak-ng") from None
    except subprocess.CalledProcessError as fault:
        why = fault.stderr.decode("utf-8", "replace").strip().splitlines() or ["没有说明原因"]
        raise NoVoice(f"语音合成失败：{why[-1]}") from fault
    except (OSError, EOFError, wave.Error, subprocess.TimeoutExpired) as fault:
        raise NoVoice(f"语音合成失败：{fault}") from fault


def speak_to_file(text: str, path: Path, tools: VoiceTools, *, variant: str = "f5") -> None:
    """The same as an 8 kHz wav file."""
    write_wav(path, speak(text, tools, variant=variant))


def _read(data: bytes) -> tuple[array[int], int]:
    # espeak-ng cannot know the length when it writes to a pipe, so its header lies: read it all.
    with wave.open(io.BytesIO(data)) as file:
        rate, channels, width = file.getframerate(), file.getnchannels(), file.getsampwidth()
        if (channels, width) != (1, 2):
            raise NoVoice("语音合成程序给出了意外的声音格式，请安装 Debian 自带的 espeak-ng")
        pcm = file.readframes(len(data))
    return samples(pcm[: len(pcm) - len(pcm) % 2]), rate


def _to_telephone(numbers: array[int], rate: int) -> array[int]:
    """Resampled to 8 kHz by a windowed sinc, one set of weights for each phase."""
    shared = math.gcd(rate, RATE)
    phases, step = RATE // shared, rate // shared
    reach = math.ceil(_TAPS * rate / (2 * _PASS))
    weights = _filter(rate, phases, reach)
    padded = array("h", bytes(2 * reach)) + numbers + array("h", bytes(2 * reach))
    out = array("h")
    for place in range(len(numbers) * phases // step):
        start, phase = divmod(place * step, phases)
        value = sum(map(mul, weights[phase], padded[start : start + 2 * reach]))
        out.append(max(-32768, min(32767, round(value))))
    return out


@functools.cache
def _filter(rate: int, phases: int, reach: int) -> list[list[float]]:
    return [_weights(phase / phases, reach, 2 * _PASS / rate) for phase in range(phases)]


def _weights(shift: float, reach: int, cut: float) -> list[float]:
    weights = []
    for tap in range(2 * reach):
        away = tap - reach - shift
        angle = math.pi * cut * away
        sinc = math.sin(angle) / angle if angle else 1.0
        window = 0.5 + 0.5 * math.cos(math.pi * away / (reach + 1))
        weights.append(cut * sinc * window)
    return weights


def _loud(numbers: array[int]) -> bytes:
    """Every sentence equally loud, well below the edge, in little-endian bytes."""
    peak = max(map(abs, numbers), default=0)
    if not peak:
        raise NoVoice("语音合成程序没有发出声音，请检查 espeak-ng 的安装")
    scaled = (round(number * _PEAK / peak) for number in numbers)
    return b"".join(number.to_bytes(2, "little", signed=True) for number in scaled)

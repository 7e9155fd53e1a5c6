"""``./jiesu eval speech DIR``: how well the recogniser hears somebody's own recordings.

DIR holds wav files (8000 Hz, 16 bit, mono) and transcripts.tsv with a heading line; its columns
`file` and `text` are found by name, others may stand beside them. Every recording goes through the
same worker processes as a call.
"""

from __future__ import annotations

import asyncio
import csv
import datetime as dt
import json
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from hotline.words import CallId
from ivr.recognizer import Recognizer, Statistics, Told, Words, running_recognizer
from ivr.recognizer_wire import RATE
from ivr.sound import frames, read_wav
from ivr.speech_model import SMALL_NOTICE, SpeechModel, read_model
from switchboard.refusals import Refusal
from switchboard.terminal import progress

TRANSCRIPTS: Final = "transcripts.tsv"
AT_ONCE: Final = 2
"""Workers: a hotline's own machine has other things to do."""


@dataclass(frozen=True, slots=True)
class Recording:
    """One row of transcripts.tsv with its sound."""

    file: str
    text: str
    pcm: bytes


def evaluate(folder: Path, model: Path | None, *, as_json: bool) -> str:
    """The text for the terminal, or with ``as_json`` one JSON object: ``rows`` of ``file`` and
    ``text`` (what was heard), ``cer``, ``characters``, ``errors``, ``seconds``,
    ``real_time_factor`` and ``model``. Raises Refusal, BadInput, NoModel."""
    facts = read_model(model)
    recordings = read_recordings(folder)
    if facts.small and not as_json:
        progress(SMALL_NOTICE)
    rows, statistics = asyncio.run(_hear_all(recordings, facts))
    result = judged(recordings, rows, statistics, facts)
    return json.dumps(result, ensure_ascii=False) if as_json else in_words(result, recordings)


def read_recordings(folder: Path) -> list[Recording]:
    """The rows of DIR/transcripts.tsv, each with its wav file. Refusal, BadInput."""
    if not folder.is_dir():
        raise Refusal(f"没有这个目录：{folder}，请给出放有 wav 文件和 {TRANSCRIPTS} 的目录。")
    path = folder / TRANSCRIPTS
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            table = list(csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    except FileNotFoundError:
        raise Refusal(f"没有 {path}：请写一个，首行是列名，至少有 file 和 text 两列。") from None
    except UnicodeDecodeError:
        raise Refusal(f"{path} 不是 UTF-8 编码：请另存为 UTF-8。") from None
    heading = table[0] if table else []
    for column in ("file", "text"):
        if column not in heading:
            raise Refusal(f"{path} 的首行没有 {column} 这一列：请把列名写成 file 和 text。")
    at_file, at_text = heading.index("file"), heading.index("text")
    recordings = []
    for number, row in enumerate(table[1:], start=2):
        if not any(cell.strip() for cell in row):
            continue
        if len(row) <= max(at_file, at_text):
            raise Refusal(f"{path} 第 {number} 行缺少一列：请以制表符分隔各列。")
        name = row[at_file].strip()
        recordings.append(Recording(name, row[at_text], read_wav(folder / name)))
    if not recordings:
        raise Refusal(f"{path} 里没有一行录音：请在列名之下逐行写出文件名和文字。")
    return recordings


async def _hear_all(
    recordings: list[Recording], facts: SpeechModel
) -> tuple[list[str], Statistics]:
    async with running_recognizer(facts.folder, workers=AT_ONCE) as recognizer:
        await recognizer.ready()
        turns = asyncio.Semaphore(AT_ONCE)

        async def heard(recording: Recording) -> str:
            async with turns:
                return await hear(recognizer, recording.pcm)

        texts = await asyncio.gather(*(heard(one) for one in recordings))
        return list(texts), recognizer.statistics()


async def hear(recognizer: Recognizer, pcm: bytes) -> str:
    """All final words of one recording, as people read them."""
    told: list[Told] = []
    stream = recognizer.open(CallId("eval"), "caller", told.append)
    began = dt.datetime.now(dt.UTC)
    for frame in frames(pcm):
        stream.feed(frame, began)
        await stream.room()
    await stream.close(30.0)
    return "".join(one.text for one in told if isinstance(one, Words) and one.final)


def judged(
    recordings: list[Recording], texts: list[str], statistics: Statistics, facts: SpeechModel
) -> dict[str, Any]:
    """The object of ``--json``; ``cer`` is None when there is not one character to compare."""
    pairs = [(plain(one.text), plain(text)) for one, text in zip(recordings, texts, strict=True)]
    characters = sum(len(right) for right, _ in pairs)
    errors = sum(distance(right, heard) for right, heard in pairs)
    factor = statistics.real_time_factor
    return {
        "model": facts.name,
        "recordings": len(recordings),
        "seconds": round(sum(len(one.pcm) for one in recordings) / 2 / RATE, 1),
        "characters": characters,
        "errors": errors,
        "cer": round(errors / characters, 4) if characters else None,
        "real_time_factor": round(factor, 4) if factor is not None else None,
        "interruptions": statistics.interruptions,
        "rows": [
            {"file": one.file, "text": text} for one, text in zip(recordings, texts, strict=True)
        ],
    }


def plain(text: str) -> str:
    """What is compared: no spaces, no punctuation, full-width as half-width, small letters."""
    return "".join(
        letter
        for letter in unicodedata.normalize("NFKC", text).lower()
        if unicodedata.category(letter)[0] not in "PZCS"
    )


def distance(right: str, heard: str) -> int:
    """How many characters were put in, left out or put in another's place (Levenshtein)."""
    row = list(range(len(heard) + 1))
    for number, letter in enumerate(right, start=1):
        corner, row[0] = row[0], number
        for place, other in enumerate(heard, start=1):
            corner, row[place] = (
                row[place],
                min(row[place] + 1, row[place - 1] + 1, corner + (letter != other)),
            )
    return row[-1]


def in_words(result: dict[str, Any], recordings: list[Recording]) -> str:
    """The same for people."""
    lines = []
    for row, one in zip(result["rows"], recordings, strict=True):
        if plain(row["text"]) != plain(one.text):
            lines += [f"{row['file']}", f"  原文 {one.text}", f"  听成 {row['text'] or '（无）'}"]
    cer = result["cer"]
    share = "没有可比的文字" if cer is None else f"{cer:.1%}（{result['errors']} 字）"
    lines.append(
        f"模型 {result['model']}：{result['recordings']} 段录音，{result['seconds']} 秒，"
        f"{result['characters']} 字，错字率 {share}。"
    )
    if result["interruptions"]:
        lines.append(f"听写中断 {result['interruptions']} 次，结果不完整：请看日志。")
    return "\n".join(lines)

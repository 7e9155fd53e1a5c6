"""The ears: the model on the disk, and the processes that listen."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

from ivr.recognizer import running_recognizer
from ivr.speech_model import PUBLIC, PUBLIC_AT, NoModel, SpeechModel, read_model
from switchboard.doctor.case import Case
from switchboard.doctor.finding import NOT_RUNNING, Finding, fault, warn, well
from switchboard.processes import stat_of

_LOAD_S = 4.0
_WORKER = b"ivr.vosk_engine"
_OFF = "未启用（site.toml 的 [speech] listen = false）"
_WITHOUT = "电话照常，只是没有原话，也听不出说出来的险情"


async def model(case: Case) -> Finding:
    """The folder holds a vosk model, and vosk loads it."""
    if not case.speech.listen:
        return well(_OFF)
    known = _readable(case)
    if isinstance(known, Finding):
        return known
    try:
        async with asyncio.timeout(_LOAD_S), running_recognizer(known.folder) as recognizer:
            await recognizer.ready()
    except NoModel as refused:
        return fault(str(refused), _WITHOUT)
    except TimeoutError:
        return warn(
            f"{known.name} 在 {_LOAD_S:g} 秒内没有装完",
            "大模型属正常，运行时会继续装；装好没有，看「识别进程」那一行",
        )
    return _told(known, "，能装入")


async def model_on_disk(case: Case) -> Finding:
    """The same without loading it."""
    if not case.speech.listen:
        return well(_OFF)
    known = _readable(case)
    return known if isinstance(known, Finding) else _told(known, "")


def _readable(case: Case) -> SpeechModel | Finding:
    try:
        return read_model(case.model)
    except NoModel as missing:
        return fault(str(missing), _WITHOUT)
    except OSError as refused:
        return fault(f"{refused.filename} 读不了（{refused.strerror}）", f"请检查权限；{_WITHOUT}")


def _told(known: SpeechModel, more: str) -> Finding:
    if known.small:
        return well(
            f"随附的小模型：只认识几百个热线用词，只听过合成语音{more}",
            f"正式使用请换公开模型 {' 或 '.join(PUBLIC)}（见 {PUBLIC_AT}），用 --model 目录",
        )
    words = f"，{known.words} 个词" if known.words else ""
    return well(f"{known.name}（{known.rate} 赫兹{words}）{more}")


def workers(case: Case) -> Finding:
    """The recogniser's processes, children of ours that live and move."""
    if not case.speech.listen:
        return well(_OFF)
    if case.state is None:
        return well(NOT_RUNNING)
    server = case.state.children.get("server")
    pids = list(_listening(server.pid)) if server is not None and server.alive() else []
    if not pids:
        log = case.settings.log / "server.log"
        return fault("没有识别进程在工作", f"{_WITHOUT}；先看语音模型一行，再看 {log}")
    return well(f"{len(pids)} 个在工作（进程号 {'、'.join(map(str, pids))}）")


def _listening(parent: int) -> Iterator[int]:
    for folder in Path("/proc").glob("[0-9]*"):
        pid = int(folder.name)
        try:
            if _WORKER not in (folder / "cmdline").read_bytes():
                continue
            rest = (folder / "stat").read_text("ascii", "replace").rpartition(")")[2].split()
        except OSError:
            continue
        found = stat_of(pid)
        if int(rest[1]) == parent and found is not None and found[0] not in "ZXT":
            yield pid

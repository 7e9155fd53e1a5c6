"""The folder of the exchange, and which Asterisk is good enough to use it."""

from __future__ import annotations

import os
import stat
import wave
from dataclasses import replace
from pathlib import Path

import pytest

from asterisk_conf import exchange
from asterisk_conf.errors import ExchangeFailed
from asterisk_conf.exchange import (
    ask,
    booted,
    is_patched,
    is_telephone_sound,
    missing_modules,
    prepare,
    running,
    stop,
)
from asterisk_conf.modules import MODULES
from asterisk_conf.plan import ExchangePlan
from tests.asterisk_conf.plans import a_plan


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ExchangePlan:
    """A plan in a folder of this test, prepared as an ordinary user would."""
    monkeypatch.setattr(exchange, "run_user", lambda: None)
    places = replace(a_plan().places, run=tmp_path / "a")
    return replace(a_plan(), places=places)


@pytest.mark.parametrize(
    ("shown", "good"),
    [
        ("Asterisk 22.10.1+dfsg+~cs6.17.60671434-1", True),
        ("Asterisk 22.8.2", True),
        ("Asterisk 22.8.1", False),
        ("Asterisk 23.2.2", True),
        ("Asterisk 23.1.0", False),
        ("Asterisk 20.18.2", False),
        ("Asterisk 16.28.0~dfsg-0+deb11u4", False),
        ("Asterisk 24.0.0", False),
        ("command not found", False),
    ],
)
def test_only_an_asterisk_with_the_known_faults_mended_is_used(shown: str, good: bool) -> None:
    assert is_patched(shown) is good


def test_a_module_that_is_not_there_is_named(tmp_path: Path) -> None:
    for name in MODULES[1:]:
        (tmp_path / f"{name}.so").touch()
    assert missing_modules(tmp_path) == (MODULES[0],)


def test_what_is_written_is_private(plan: ExchangePlan) -> None:
    prepare(plan)
    run = plan.places.run
    assert stat.S_IMODE(run.stat().st_mode) == 0o700
    for path in (run / "etc").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    assert "secret" in (run / "etc" / "manager.conf").read_text()


def test_preparing_again_keeps_what_asterisk_remembers(plan: ExchangePlan) -> None:
    prepare(plan)
    (plan.places.run / "db" / "astdb.sqlite3").write_text("registrations")
    (plan.places.run / "log" / "queue_log").write_text("counts")
    prepare(plan)
    assert (plan.places.run / "db" / "astdb.sqlite3").read_text() == "registrations"
    assert (plan.places.run / "log" / "queue_log").read_text() == "counts"


def record(path: Path, rate: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        sound.writeframes(b"\1\0" * rate)


def test_a_studios_recording_takes_the_place_of_ours_and_a_wrong_one_is_told(
    plan: ExchangePlan, tmp_path: Path
) -> None:
    own = tmp_path / "sounds"
    record(own / "emergency-menu.wav", 8000)
    record(own / "digits" / "1.wav", 8000)
    record(own / "tones.wav", 8000)
    record(own / "wait.wav", 44100)
    heard: list[str] = []
    prepare(plan, own, heard.append)
    zh = plan.places.run / "data" / "sounds" / "zh"
    assert (zh / "jiesu/emergency-menu.wav").read_bytes() == (
        own / "emergency-menu.wav"
    ).read_bytes()
    assert (zh / "digits/1.wav").read_bytes() == (own / "digits/1.wav").read_bytes()
    ours = (exchange.SOUNDS / "wait.wav").read_bytes()
    assert (zh / "jiesu/wait.wav").read_bytes() == ours
    moh = plan.places.run / "data" / "moh" / "hotline"
    assert sorted(path.name for path in moh.iterdir()) == ["1-wait.wav", "2-tones.wav"]
    assert (moh / "2-tones.wav").read_bytes() == (own / "tones.wav").read_bytes()
    assert len(heard) == 1
    assert "wait.wav" in heard[0]


def test_a_sound_of_another_shape_is_no_telephone_sound(tmp_path: Path) -> None:
    (tmp_path / "x.wav").write_text("not a sound")
    assert not is_telephone_sound(tmp_path / "x.wav")
    assert not is_telephone_sound(tmp_path / "absent.wav")


def test_a_folder_too_deep_for_a_socket_is_told_before_anything_starts(
    plan: ExchangePlan, tmp_path: Path
) -> None:
    deep = replace(plan, places=replace(plan.places, run=tmp_path / ("d" * 100)))
    with pytest.raises(ExchangeFailed, match="太长"):
        prepare(deep)


def test_a_pid_file_of_something_else_is_not_believed(plan: ExchangePlan) -> None:
    prepare(plan)
    (plan.places.run / "run" / "asterisk.pid").write_text(f"{os.getpid()}\n")
    assert running(plan) is None
    (plan.places.run / "run" / "asterisk.pid").write_text("nonsense")
    assert running(plan) is None


@pytest.mark.anyio
async def test_an_exchange_that_is_not_there_is_not_booted(plan: ExchangePlan) -> None:
    assert not await booted(plan)
    with pytest.raises(ExchangeFailed):
        await ask(plan, "core show version")
    with pytest.raises(ExchangeFailed, match="控制字符"):
        await ask(plan, "core show version\0core stop now")


@pytest.mark.anyio
async def test_stopping_what_has_ended_already_is_no_fault() -> None:
    await stop(2**22 - 1)

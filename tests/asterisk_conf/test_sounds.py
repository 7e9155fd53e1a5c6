"""The recordings: every prompt is there, in a telephone's format, as loud as speech should be."""

from __future__ import annotations

import array
import math
import wave
from pathlib import Path

import pytest

from asterisk_conf import tones
from asterisk_conf.exchange import SOUNDS, is_telephone_sound
from asterisk_conf.prompts import DIGITS, LINES, MUSIC, PROMPTS, TONES
from tests.asterisk_conf.plans import CITIES


def samples(path: Path) -> array.array[int]:
    with wave.open(str(path)) as sound:
        return array.array("h", sound.readframes(sound.getnframes()))


def level(path: Path) -> float:
    """dBFS of the parts that are spoken: blocks of 20 ms within 25 dB of the loudest."""
    wave_form = samples(path)
    blocks = [
        sum(one * one for one in wave_form[at : at + 160]) / 160
        for at in range(0, len(wave_form) - 159, 160)
    ]
    spoken = [block for block in blocks if block > max(blocks) * 0.003]
    return 10 * math.log10(sum(spoken) / len(spoken)) - 20 * math.log10(32768)


@pytest.mark.parametrize("name", [*PROMPTS, *(f"digits/{digit}" for digit in DIGITS)])
def test_a_prompt_is_recorded_at_speech_level_without_clipping(name: str) -> None:
    path = SOUNDS / f"{name}.wav"
    assert is_telephone_sound(path)
    assert -24 <= level(path) <= -18
    assert max(abs(one) for one in samples(path)) < 32000


@pytest.mark.parametrize("name", PROMPTS)
def test_a_prompt_takes_about_as_long_as_its_words(name: str) -> None:
    words = sum(1 for sign in PROMPTS[name] if sign not in "，。、")
    seconds = len(samples(SOUNDS / f"{name}.wav")) / 8000
    assert 0.13 * words <= seconds <= 0.45 * words + 0.8


def test_nothing_lies_there_that_nobody_plays() -> None:
    known = {*PROMPTS, *TONES, *(f"digits/{digit}" for digit in DIGITS)}
    found = {str(path.relative_to(SOUNDS))[:-4] for path in SOUNDS.rglob("*.wav")}
    assert found == known


def test_the_sounds_without_words_are_what_the_program_computes() -> None:
    for name, computed in (("tones", tones.soft_notes()), ("ringing", tones.ringing())):
        with wave.open(str(SOUNDS / f"{name}.wav")) as sound:
            assert sound.readframes(sound.getnframes()) == computed


def test_every_city_greets_by_its_own_name_and_says_that_it_records() -> None:
    assert set(LINES) == set(CITIES)
    for city in CITIES:
        assert LINES[city] in PROMPTS[f"greeting-{city}"]
        assert "录音" in PROMPTS[f"greeting-{city}"]
        assert "请按九" in PROMPTS[f"greeting-{city}"]


def test_the_words_of_the_emergency_menu_are_those_everybody_knows() -> None:
    assert PROMPTS["emergency-menu"] == "报警请按一，火警请按二，急救请按三，交通事故请按四。"


def test_music_is_made_of_recordings_that_exist() -> None:
    for parts in MUSIC.values():
        assert set(parts) <= {*PROMPTS, *TONES}

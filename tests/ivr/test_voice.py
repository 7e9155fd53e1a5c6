"""The voice: espeak-ng where there is one, and a stand-in program where its faults are tested."""

from __future__ import annotations

import shutil
import sys
import wave
from pathlib import Path

import pytest

from ivr import sound
from ivr.voice import NoVoice, VoiceTools, find_voice_tools, speak, speak_to_file

needs_espeak = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="no espeak-ng here")

# Writes one second of a tone at 22,050 Hz, with the header of a pipe: a length that is not true.
STAND_IN = """
import math, struct, sys
assert sys.argv[1:3] == ["-v", "cmn-latn-pinyin+m7"], sys.argv
assert sys.stdin.read() == "nin2 hao3"
pcm = b"".join(
    struct.pack("<h", round(8000 * math.sin(2 * math.pi * HZ * n / 22050))) for n in range(22050)
)
head = b"RIFF" + struct.pack("<I", 0x7FFFFFFF) + b"WAVEfmt " + struct.pack(
    "<IHHIIHH", 16, 1, 1, 22050, 44100, 2, 16
) + b"data" + struct.pack("<I", 0x7FFFF000)
sys.stdout.buffer.write(head + pcm)
"""


def stand_in(code: str) -> VoiceTools:
    return VoiceTools((sys.executable, "-c", code))


def test_sound_below_3700_hz_comes_through_whole_and_sound_above_does_not() -> None:
    heard = speak("您好", stand_in(STAND_IN.replace("HZ", "1000")), variant="m7")
    assert len(heard) / 16000 == pytest.approx(1.0, abs=0.01)
    assert sound.share_of_tone(heard[4000:12000], 1000) > 0.99
    low = sound.tone(1000, 1.0, level=0)
    assert sound.level(low) > sound.level(heard) > -10
    # It would fold back to 8000 - 5000 = 3000 Hz: only its beginning and end click a little.
    folded = speak("您好", stand_in(STAND_IN.replace("HZ", "5000")), variant="m7")
    assert sound.level(folded[4000:12000]) < -55


def test_a_missing_program_is_told_in_one_sentence_with_its_cure() -> None:
    with pytest.raises(NoVoice, match="apt install espeak-ng"):
        speak("您好", VoiceTools(("/nowhere/espeak-ng",)))


def test_a_program_that_fails_is_told_in_its_own_last_words() -> None:
    with pytest.raises(NoVoice, match="voice is lost"):
        speak("您好", stand_in("import sys; sys.exit('first line\\nvoice is lost')"))


@pytest.mark.parametrize("code", ["print('no wav')", "pass"])
def test_a_program_that_writes_no_sound_is_told(code: str) -> None:
    with pytest.raises(NoVoice):
        speak("您好", stand_in(code))


@pytest.mark.parametrize("text", ["", "！！", "字" * 5000])
def test_nothing_or_too_much_to_say_is_told(text: str) -> None:
    with pytest.raises(NoVoice):
        speak(text, stand_in("pass"))


def test_a_variant_cannot_smuggle_an_option() -> None:
    with pytest.raises(NoVoice):
        speak("您好", stand_in("pass"), variant="f5 --path=/")


@needs_espeak
def test_a_sentence_becomes_an_8_khz_wav_of_a_likely_length(tmp_path: Path) -> None:
    path = tmp_path / "prompts" / "hello.wav"
    speak_to_file("模拟幺幺九指挥中心，请讲。", path, find_voice_tools())
    with wave.open(str(path)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (8000, 1, 2)
        assert 2.0 < file.getnframes() / 8000 < 6.0
    assert sound.level(sound.read_wav(path)) > -30

"""vosk behind our port, with the small model: right words, and its traps kept away."""

from __future__ import annotations

import datetime as dt
import sys
from array import array
from pathlib import Path

import pytest

from hotline.errors import BadFrame
from hotline.words import CallId
from ivr import sound
from ivr.g711 import Law, decode, encode
from ivr.recognizer import NoModel, Told, Words, running_recognizer
from ivr.recognizer_wire import Result
from ivr.sound import read_wav
from ivr.speech_model import SMALL, read_model
from ivr.tone_gate import ToneGate
from ivr.vosk_engine import Doubler, VoskEngine, guessed, heard, load
from tests.house.tree import ROOT

RECORDINGS = ROOT / "tests" / "recordings"
NOON = dt.datetime(2026, 3, 2, 12, 0, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def engine() -> VoskEngine:
    return VoskEngine(read_model())


def finals(engine: VoskEngine, pcm: bytes) -> list[Result]:
    stream = engine.open()
    results = [
        result
        for start in range(0, len(pcm), 1280)
        for result in stream.accept(pcm[start : start + 1280], partial=True)
    ]
    return [result for result in (*results, *stream.finish()) if result.final]


def test_a_caller_who_reports_a_fire_is_understood_with_the_time_of_each_word(
    engine: VoskEngine,
) -> None:
    (said,) = finals(engine, read_wav(RECORDINGS / "h00_m7.wav"))
    assert [word.text for word in said.words] == "着火 了 着火 了 快来 救命 啊".split()
    assert said.words[0].from_s == pytest.approx(0.31, abs=0.06)
    assert said.words[-2].to_s == pytest.approx(2.32, abs=0.06)
    assert all(0 <= word.confidence <= 1 for word in said.words)


@pytest.mark.parametrize(
    "pcm",
    [
        sound.silence(11),
        sound.tone(450, 1) + sound.silence(4) + sound.tone(450, 1),
        sound.tone(941, 0.3) + sound.silence(0.2) + sound.tone(1336, 0.3),
        sound.tone(1000, 3, level=-3),
    ],
    ids=["silence", "ring-back", "keys", "loud-tone"],
)
def test_what_is_not_speech_is_no_text(engine: VoskEngine, pcm: bytes) -> None:
    assert not [word for result in finals(engine, pcm) for word in result.words]


@pytest.mark.parametrize("law", ["PCMA", "PCMU"])
@pytest.mark.parametrize(("hz", "level"), [(450, -30), (1000, -3), (2100, -12), (3300, -20)])
def test_a_lasting_tone_becomes_silence_through_either_law(
    hz: float, level: float, law: Law
) -> None:
    gate = ToneGate()
    heard_tone = decode(encode(sound.tone(hz, 0.8, level=level), law), law)
    out = [gate.feed(heard_tone[start : start + 1280]) for start in range(0, 12800, 1280)]
    assert [any(piece) for piece in out] == [True] * 3 + [False] * 7


def test_speech_passes_the_gate_as_it_is() -> None:
    for recording in sorted(RECORDINGS.glob("*.wav")):
        gate = ToneGate()
        pcm = read_wav(recording)
        pieces = [pcm[start : start + 1280] for start in range(0, len(pcm), 1280)]
        assert [gate.feed(piece) for piece in pieces] == pieces


def test_half_a_sample_is_refused_that_vosk_would_drop(engine: VoskEngine) -> None:
    with pytest.raises(BadFrame):
        engine.open().accept(b"abc", partial=True)


def test_nothing_of_vosk_can_go_online() -> None:
    load(SMALL)
    for name in ("requests", "srt", "tqdm"):
        assert not getattr(sys.modules[name], "__file__", None)


def test_results_without_their_usual_keys_are_empty() -> None:
    assert heard('{"text": ""}') == ()
    assert guessed("{}") == ()
    assert guessed('{"partial": "我 [unk] 要"}') == ("我", "要")
    (word,) = heard('{"result": [{"word": "[unk]"}, {"word": "要", "start": 0, "end": 1}]}')
    assert (word.text, word.confidence) == ("要", 1.0)


def test_doubled_sound_is_the_same_sound_however_it_is_cut() -> None:
    pcm = sound.tone(1000, 0.2, level=-6)
    whole = Doubler().feed(pcm)
    doubler = Doubler()
    pieces = b"".join(doubler.feed(pcm[start : start + 78]) for start in range(0, len(pcm), 78))
    assert whole == pieces
    assert len(whole) == 2 * len(pcm)
    # Read at 8 kHz the doubled tone sounds an octave lower.
    assert sound.share_of_tone(whole, 500) > 0.99


def test_doubling_does_not_wrap_around_at_the_loudest() -> None:
    loud = array("h", [32767, 32767, -32768, -32768] * 20).tobytes()
    middle = array("h", Doubler().feed(loud))
    assert max(middle) == 32767
    assert min(middle) == -32768


def model_at(folder: Path, features: str) -> Path:
    parts = (("am/final.mdl", ""), ("conf/mfcc.conf", features), ("graph/HCLG.fst", ""))
    for name, text in parts:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def test_the_small_model_is_known_as_such() -> None:
    model = read_model()
    assert model.small
    assert (model.rate, model.resample, model.words) == (8000, False, 908)


@pytest.mark.parametrize(
    ("features", "rate", "resample"),
    [
        ("--sample-frequency=16000\n", 16000, True),
        ("--sample-frequency=16000\n--allow-upsample=true\n", 16000, False),
        ("--use-energy=false\n", 16000, True),
        ("--sample-frequency=8000\n", 8000, False),
    ],
)
def test_sound_is_doubled_for_a_model_that_takes_no_less(
    tmp_path: Path, features: str, rate: int, resample: bool
) -> None:
    model = read_model(model_at(tmp_path, features))
    assert (model.rate, model.resample, model.words, model.small) == (rate, resample, None, False)


def test_a_folder_that_is_no_model_is_refused_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(NoModel, match="没有这个语音模型目录"):
        read_model(tmp_path / "nowhere")
    with pytest.raises(NoModel, match=r"缺少 final\.mdl、mfcc\.conf、HCLG\.fst"):
        read_model(tmp_path)
    with pytest.raises(NoModel, match="44100 赫兹"):
        read_model(model_at(tmp_path, "--sample-frequency=44100\n"))
    with pytest.raises(NoModel, match="vosk 不能加载"):
        load(model_at(tmp_path, "--sample-frequency=8000\n"))


def test_a_model_without_its_graph_is_refused_by_the_name_of_what_it_lacks(tmp_path: Path) -> None:
    folder = model_at(tmp_path / "vosk-model-cn", "--sample-frequency=16000\n")
    (folder / "graph" / "HCLG.fst").unlink()
    with pytest.raises(NoModel, match=r"缺少 graph/HCLG\.fst"):
        read_model(folder)
    (folder / "graph" / "HCLr.fst").touch()
    (folder / "graph" / "Gr.fst").touch()
    assert not read_model(folder).small


def test_a_model_one_folder_further_down_is_pointed_at(tmp_path: Path) -> None:
    inner = model_at(tmp_path / "vosk-model-cn-0.22", "--sample-frequency=16000\n")
    with pytest.raises(NoModel, match=f"例如 {inner}"):
        read_model(tmp_path)


@pytest.mark.anyio
async def test_a_worker_process_hears_the_same_as_the_engine_alone(engine: VoskEngine) -> None:
    pcm = read_wav(RECORDINGS / "h02_klatt4.wav")
    told: list[Told] = []
    async with running_recognizer() as recognizer:
        stream = recognizer.open(CallId("one"), "caller", told.append)
        for frame in sound.frames(pcm):
            stream.feed(frame, NOON)
            await stream.room()
        statistics = await stream.close()
    words = [one for one in told if isinstance(one, Words)]
    alone = [word for result in finals(engine, pcm) for word in result.words]
    assert [word for one in words if one.final for word in one.words] == alone
    assert words[0].text
    assert not words[0].final
    assert (statistics.real_time_factor or 9) < 1

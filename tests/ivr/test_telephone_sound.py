"""The record of a call, by a clock that the test moves."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.errors import BadInput
from ivr import sound
from ivr.sound import HeardSound

FRAME = sound.tone(440, 0.02)
START = 1000.0


def feed(record: HeardSound, at: float, count: int = 1, *, stamp: int = 0, ssrc: int = 1) -> None:
    """Packets of 20 ms that arrive as they were sent, the first one's sound beginning at `at`."""
    for number in range(count):
        now = START + at + 0.02 * (number + 1)
        record.add(now, ssrc, stamp + 160 * number, FRAME)


def loud(pcm: bytes) -> list[int]:
    return [place for place, level in enumerate(sound.levels(pcm)) if level > -40]


def test_sound_is_where_the_clock_had_it_and_gaps_are_silence() -> None:
    record = HeardSound(START)
    feed(record, 0.0, 5)
    feed(record, 1.0, 5, stamp=8000)
    record.end(START + 2.0)
    heard = record.pcm(START + 99)
    assert len(heard) == 2 * 8000 * 2
    assert loud(heard) == [0, 1, 2, 3, 4, 50, 51, 52, 53, 54]


def test_a_far_end_that_stops_its_timestamps_while_silent_is_put_by_the_clock() -> None:
    record = HeardSound(START)
    feed(record, 0.0, 5)
    feed(record, 1.0, 5, stamp=800)
    assert loud(record.pcm(START + 2.0))[5:] == [50, 51, 52, 53, 54]


def test_jitter_and_disorder_do_not_tear_the_sound() -> None:
    record = HeardSound(START)
    for arrival, number in ((0.02, 0), (0.09, 2), (0.09, 1), (0.10, 3), (0.11, 4)):
        record.add(START + arrival, 1, 160 * number, FRAME)
    assert record.pcm(START + 0.1) == FRAME * 5


def test_what_a_busy_machine_took_late_is_put_where_it_was_meant() -> None:
    record = HeardSound(START)
    feed(record, 0.0, 5)
    for number in range(5, 25):
        record.add(START + 0.5, 1, 160 * number, FRAME)
    feed(record, 0.5, 5, stamp=160 * 25)
    assert record.pcm(START + 0.6) == FRAME * 30


def test_a_new_source_is_put_by_the_clock() -> None:
    record = HeardSound(START)
    feed(record, 0.0, 5)
    feed(record, 0.5, 5, stamp=0xFFFFFF00, ssrc=2)
    assert loud(record.pcm(START + 1.0)) == [0, 1, 2, 3, 4, 25, 26, 27, 28, 29]


def test_the_timestamp_may_wrap_around() -> None:
    record = HeardSound(START)
    feed(record, 0.0, 10, stamp=0xFFFFFFFF - 300)
    assert loud(record.pcm(START + 0.2)) == list(range(10))


def test_an_open_line_does_not_eat_the_memory() -> None:
    record = HeardSound(START, limit_seconds=1.0)
    feed(record, 0.0, 500)
    assert len(record.pcm(START + 10)) == 16000


def test_the_last_of_it_is_what_was_heard_last() -> None:
    record = HeardSound(START)
    feed(record, 0.0, 5)
    assert sound.level(record.last(START + 0.1, 0.1)) > -12
    assert sound.level(record.last(START + 0.5, 0.2)) == sound.SILENT
    assert record.last(START, 1.0) == b""


@given(
    st.lists(
        st.tuples(
            st.floats(0, 5), st.integers(0, 3), st.integers(0, 0xFFFFFFFF), st.integers(0, 200)
        ),
        max_size=30,
    )
)
def test_whatever_arrives_the_record_is_as_long_as_the_call(
    packets: list[tuple[float, int, int, int]],
) -> None:
    record = HeardSound(START)
    for at, ssrc, stamp, size in sorted(packets):
        record.add(START + at, ssrc, stamp, bytes(2 * size))
    record.end(START + 5)
    assert len(record.pcm(START + 6)) == 5 * 16000


def test_levels_are_what_they_say() -> None:
    for level in (-3.5, -20.0, -40.0):
        assert sound.level(sound.tone(1000, 0.2, level=level)) == pytest.approx(level, abs=0.1)
    assert sound.level(sound.silence(0.1)) == sound.level(b"") == sound.SILENT
    assert len(sound.levels(sound.silence(0.1))) == 5


@pytest.mark.parametrize("hz", [350, 440, 950, 1300, 3000])
def test_a_tone_is_found_and_no_other_is_taken_for_it(hz: int) -> None:
    pcm = sound.silence(0.4) + sound.tone(hz, 0.4) + sound.silence(0.2)
    assert sound.has_tone(pcm, hz)
    assert not any(sound.has_tone(pcm, other) for other in (600, 1100, 2000))
    assert not sound.has_tone(pcm, hz, seconds=0.6)


def test_a_wav_comes_back_as_it_was_and_belongs_to_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "a.wav"
    sound.write_wav(path, FRAME)
    assert sound.read_wav(path) == FRAME
    assert path.stat().st_mode & 0o077 == 0


def test_a_file_that_is_no_telephone_wav_is_told_in_one_sentence(tmp_path: Path) -> None:
    import wave

    (tmp_path / "junk.wav").write_bytes(b"junk")
    with wave.open(str(tmp_path / "cd.wav"), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(44100)
        file.writeframes(bytes(8))
    for name in ("missing.wav", "junk.wav", "cd.wav"):
        with pytest.raises(BadInput):
            sound.read_wav(tmp_path / name)

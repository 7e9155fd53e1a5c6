"""RTP packets and pressed keys."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.errors import BadFrame
from ivr import rtp


def a_stream() -> rtp.Stream:
    return rtp.Stream(ssrc=7, sequence=0xFFFF, timestamp=0xFFFFFFFF)


def test_sequence_and_timestamp_wrap_around_in_mid_call() -> None:
    stream = a_stream()
    first, second = (rtp.parse_packet(stream.audio(b"x" * 160, 8)) for _ in range(2))
    assert (first.sequence, second.sequence) == (0xFFFF, 0)
    assert (first.timestamp, second.timestamp) == (0xFFFFFFFF, 159)
    assert (first.marker, second.marker) == (True, False)


def test_a_pressed_key_is_one_event_that_grows_and_ends_three_times() -> None:
    stream = a_stream()
    before = rtp.parse_packet(stream.audio(b"", 8))
    packets = [
        rtp.parse_packet(data) for step in rtp.key_steps("9") for data in stream.key(step, 101)
    ]
    events = [rtp.parse_key(packet.payload) for packet in packets]
    after = rtp.parse_packet(stream.audio(b"", 8))
    assert len({packet.timestamp for packet in packets}) == 1
    assert [packet.marker for packet in packets] == [True, *[False] * 6]
    assert [event.duration for event in events] == [160, 320, 480, 640, 800, 800, 800]
    assert [event.ended for event in events] == [False] * 4 + [True] * 3
    assert {event.key for event in events} == {"9"}
    # The sound goes on where it would have been without the key.
    assert (after.timestamp - before.timestamp) & 0xFFFFFFFF == 160 * 6
    assert (after.sequence - before.sequence) & 0xFFFF == 8


def test_two_keys_in_a_row_are_two_events() -> None:
    stream = a_stream()
    stamps = {
        rtp.parse_packet(data).timestamp
        for key in "92"
        for step in rtp.key_steps(key)
        for data in stream.key(step, 101)
    }
    assert len(stamps) == 2


def test_after_a_pause_the_sound_opens_a_new_spurt_at_its_place() -> None:
    stream = a_stream()
    stream.audio(b"", 8)
    stream.skip(10)
    packet = rtp.parse_packet(stream.audio(b"", 8))
    assert packet.marker
    assert packet.timestamp == (0xFFFFFFFF + 160 * 11) & 0xFFFFFFFF


def test_extension_padding_and_contributing_sources_are_taken_off() -> None:
    head = bytes([0x80 | 0x20 | 0x10 | 1, 8]) + bytes(10)
    data = head + b"csrc" + b"\xbe\xde\x00\x01" + b"extn" + b"sound" + b"\0\0\3"
    assert rtp.parse_packet(data).payload == b"sound"


@pytest.mark.parametrize("key", ["", "A1", "一", "F", "99"])
def test_what_is_no_key_is_refused(key: str) -> None:
    with pytest.raises(BadFrame):
        rtp.key_steps(key)


@given(st.binary(max_size=64))
def test_any_bytes_are_a_packet_or_a_bad_frame(data: bytes) -> None:
    for read in (rtp.parse_packet, rtp.parse_key):
        with contextlib.suppress(BadFrame):
            read(data)


@given(
    st.builds(
        rtp.Packet,
        st.integers(0, 127),
        st.integers(0, 0xFFFF),
        st.integers(0, 0xFFFFFFFF),
        st.integers(0, 0xFFFFFFFF),
        st.binary(max_size=320),
        st.booleans(),
    )
)
def test_a_packet_comes_back_as_it_was(packet: rtp.Packet) -> None:
    assert rtp.parse_packet(packet.encode()) == packet

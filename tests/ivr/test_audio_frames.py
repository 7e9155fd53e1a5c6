"""AudioSocket frames: whole however the wire cuts them, and a stranger is known at once."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.errors import BadFrame
from ivr.audio_frames import RATES, Fault, Frame, FrameReader, HungUp, Key, Named, Sound, encode

NAME = Named(uuid.UUID("12345678-1234-4234-8234-123456789abc"))
LATER: st.SearchStrategy[Frame] = st.one_of(
    st.builds(
        Sound,
        st.binary(max_size=200).map(lambda half: half + half),
        st.sampled_from(sorted(RATES.values())),
    ),
    st.builds(Key, st.sampled_from("0123456789*#ABCD")),
    st.just(HungUp()),
    st.builds(Fault, st.binary(max_size=3)),
)


def read(*pieces: bytes) -> list[Frame]:
    reader = FrameReader()
    return [frame for piece in pieces for frame in reader.feed(piece)]


def test_a_connection_names_itself_then_brings_sound_and_ends() -> None:
    wire = b"\x01\x00\x10" + NAME.id.bytes + b"\x10\x01\x40" + bytes(320) + b"\x00\x00\x00"
    assert read(wire) == [NAME, Sound(bytes(320), 8000), HungUp()]


def test_byte_by_byte_the_same_frames_come_out() -> None:
    frames: list[Frame] = [NAME, Sound(b"ab" * 160), Key("9"), Sound(b""), Fault(b"\x01"), HungUp()]
    wire = b"".join(encode(frame) for frame in frames)
    assert read(*(wire[place : place + 1] for place in range(len(wire)))) == frames


@given(st.lists(LATER, max_size=8), st.data())
def test_frames_survive_every_cut(frames: list[Frame], data: st.DataObject) -> None:
    wire = b"".join(encode(frame) for frame in (NAME, *frames))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(wire)), max_size=10)))
    pieces = [wire[a:b] for a, b in zip([0, *cuts], [*cuts, len(wire)], strict=True)]
    assert read(*pieces) == [NAME, *frames]


@given(st.lists(st.binary(max_size=400), max_size=6))
def test_whatever_comes_is_frames_or_a_bad_frame(pieces: list[bytes]) -> None:
    reader = FrameReader()
    for piece in pieces:
        try:
            reader.feed(piece)
        except BadFrame:
            with pytest.raises(BadFrame):
                reader.feed(b"")
            return


@pytest.mark.parametrize(
    "wire",
    [
        b"GET / HTTP/1.1\r\n",
        b"\x10\x01\x40",
        b"\x01\x00\x0f",
        b"\x00\x00\x00",
    ],
)
def test_a_stranger_is_known_by_three_bytes(wire: bytes) -> None:
    with pytest.raises(BadFrame):
        FrameReader().feed(wire[:3])


@pytest.mark.parametrize(
    "wire",
    [
        encode(NAME),
        b"\x10\x01\x41",
        b"\x03\x00\x02",
        b"\x03\x00\x01!",
        b"\x02\x00\x00",
        b"\x00\x00\x01",
        b"\xff\x01\x00",
    ],
)
def test_what_no_audiosocket_sends_is_refused_after_what_was_good(wire: bytes) -> None:
    reader = FrameReader()
    assert reader.feed(encode(NAME) + encode(Key("1")) + wire) == [NAME, Key("1")]
    with pytest.raises(BadFrame):
        reader.feed(b"")


def test_a_reader_knows_that_a_frame_is_half_there() -> None:
    reader = FrameReader()
    reader.feed(encode(NAME)[:5])
    halfway = reader.midway
    reader.feed(encode(NAME)[5:])
    assert (halfway, reader.midway) == (True, False)


@pytest.mark.parametrize("frame", [Sound(b"a"), Sound(b"ab", 7999), Sound(bytes(65536))])
def test_what_fits_no_frame_is_not_sent(frame: Frame) -> None:
    with pytest.raises(BadFrame):
        encode(frame)

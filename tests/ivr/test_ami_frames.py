"""The wire of AMI, cut up anyhow."""

from __future__ import annotations

import itertools
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.errors import BadFrame, ExchangeRefused
from ivr.ami_frames import LONGEST_FRAME, FrameSplitter, checked, event_name, parse

FRAMES = [
    b"Event: QueueCallerJoin\r\nCallerIDName: \xe5\x9d\x90\xe5\xb8\xad\r\nPosition: 1",
    b"Response: Success\r\nActionID: a/1",
    b"Event: Hangup\r\nCause-txt: Normal: Clearing\r\nAccountCode: ",
]


@given(
    st.lists(st.sampled_from(FRAMES), max_size=6),
    st.lists(st.integers(min_value=0, max_value=600), max_size=12),
)
def test_frames_are_the_same_wherever_the_reads_are_cut(
    frames: list[bytes], cuts: list[int]
) -> None:
    stream = b"".join(frame + b"\r\n\r\n" for frame in frames)
    edges = [0, *sorted(cut for cut in cuts if cut < len(stream)), len(stream)]
    splitter = FrameSplitter()
    got = [
        frame
        for start, end in itertools.pairwise(edges)
        for frame in splitter.feed(stream[start:end])
    ]
    assert got == frames


def test_frames_are_the_same_byte_by_byte() -> None:
    splitter = FrameSplitter()
    stream = b"".join(frame + b"\r\n\r\n" for frame in FRAMES)
    assert [frame for byte in stream for frame in splitter.feed(bytes([byte]))] == FRAMES


@given(st.lists(st.binary(max_size=200), max_size=8))
@settings(max_examples=1_000)
def test_no_bytes_can_make_reading_fail(pieces: list[bytes]) -> None:
    splitter = FrameSplitter()
    for piece in pieces:
        for frame in splitter.feed(piece):
            event_name(frame)
            assert all(isinstance(value, str) for value in parse(frame).values())


def test_no_more_than_the_limit_is_kept_of_a_frame_without_an_end() -> None:
    splitter = FrameSplitter()
    splitter.feed(b"Event: Hangup\r\n\r\nEvent: ")
    for _ in range(LONGEST_FRAME // 1_000 - 1):
        splitter.feed(b"x" * 1_000)
    with pytest.raises(BadFrame):
        splitter.feed(b"x" * 2_000)
    assert splitter.feed(b"Event: Hangup\r\n\r\n") == [b"Event: Hangup"]


def test_a_terminator_shared_by_two_reads_after_a_long_wait_is_seen() -> None:
    splitter = FrameSplitter()
    assert splitter.feed(b"Event: Hangup\r\nCause: 16\r") == []
    assert splitter.feed(b"\n\r") == []
    assert splitter.feed(b"\n") == [b"Event: Hangup\r\nCause: 16"]


def test_the_name_of_an_event_is_read_without_the_rest() -> None:
    assert event_name(FRAMES[0]) == b"QueueCallerJoin"
    assert event_name(b"Event: FullyBooted") == b"FullyBooted"
    assert event_name(FRAMES[1]) == b""


def test_a_header_that_comes_twice_keeps_both_values() -> None:
    message = parse(b"Event: X\r\nChanVariable: A=1\r\nChanVariable: HOTLINE_CALL=2")
    assert message["ChanVariable"] == "A=1\nHOTLINE_CALL=2"


def test_bytes_that_are_no_text_are_marked_and_not_dropped() -> None:
    assert parse(b"Event: X\r\nName: \xe5\x9d")["Name"] == "\ufffd"


@given(st.text(max_size=30), st.text(max_size=30))
@settings(max_examples=1_000)
def test_nothing_is_let_through_that_would_be_more_than_one_line(key: str, value: str) -> None:
    try:
        fit = checked({"Action": "Setvar", key: value})
    except ExchangeRefused:
        return
    wire = "".join(f"{one}: {other}\r\n" for one, other in fit.items())
    assert len(re.split(r"[\r\n\0]+", wire.strip("\r\n"))) == len(fit)


def test_our_own_ids_cannot_be_given() -> None:
    with pytest.raises(ExchangeRefused):
        checked({"Action": "Ping", "ActionID": "1"})


def test_a_refused_value_is_not_repeated() -> None:
    with pytest.raises(ExchangeRefused) as refused:
        checked({"Action": "Setvar", "Value": "13800138000\r\n"})
    assert "138" not in str(refused.value)

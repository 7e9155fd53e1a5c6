"""What two telephones agree on about the sound."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr import sdp
from ivr.sdp import BadSdp

ASTERISK = b"""v=0\r
o=- 1234 1234 IN IP4 127.0.0.1\r
s=Asterisk\r
c=IN IP4 127.0.0.1\r
t=0 0\r
m=audio 17394 RTP/AVP 0 8 96\r
a=rtpmap:0 PCMU/8000\r
a=rtpmap:8 PCMA/8000\r
a=rtpmap:96 telephone-event/8000\r
a=fmtp:96 0-16\r
a=ptime:20\r
a=maxptime:150\r
a=sendrecv\r
"""


def test_an_offer_of_asterisk_is_read() -> None:
    assert sdp.parse(ASTERISK) == sdp.Sound("127.0.0.1", 17394, (("PCMU", 0), ("PCMA", 8)), 96)


def test_our_own_offer_is_read_back() -> None:
    ours = sdp.offer("127.0.0.2", 4000, ("PCMA", "PCMU"), "sendonly")
    assert sdp.parse(sdp.render(ours, session=1, version=2)) == ours


def test_the_answer_takes_their_first_codec_their_key_number_and_mirrors_hold() -> None:
    held = sdp.parse(ASTERISK.replace(b"sendrecv", b"sendonly"))
    answer = sdp.answer(held, "127.0.0.2", 4000, ("PCMA",))
    assert answer == sdp.Sound("127.0.0.2", 4000, (("PCMA", 8),), 96, "recvonly")


def test_the_address_of_the_stream_goes_before_that_of_the_session() -> None:
    moved = ASTERISK.replace(b"a=ptime:20\r\n", b"c=IN IP4 10.1.2.3\r\na=ptime:20\r\n")
    assert sdp.parse(moved).host == "10.1.2.3"


def test_a_second_stream_is_left_alone() -> None:
    video = b"m=video 9 RTP/AVP 99\r\nc=IN IP4 9.9.9.9\r\na=inactive\r\na=rtpmap:99 PCMA/8000\r\n"
    assert sdp.parse(ASTERISK + video) == sdp.parse(ASTERISK)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"hello",
        ASTERISK.replace(b"17394", b"0"),
        ASTERISK.replace(b"17394", b"70000"),
        ASTERISK.replace(b"c=IN IP4 127.0.0.1", b"c=IN IP4"),
        ASTERISK.replace(b"0 8 96", b"9 18"),
        ASTERISK.replace(b"m=audio", b"m=video"),
    ],
)
def test_a_description_without_sound_for_us_is_refused_by_name(body: bytes) -> None:
    with pytest.raises(BadSdp):
        sdp.parse(body)


def test_no_codec_in_common_is_refused() -> None:
    with pytest.raises(BadSdp):
        sdp.answer(sdp.Sound("h", 1, (("PCMU", 0),), None), "h", 2, ("PCMA",))


@given(st.binary(max_size=80), st.integers(0, len(ASTERISK)))
def test_any_bytes_are_a_description_or_bad_sdp(junk: bytes, place: int) -> None:
    for body in (junk, ASTERISK[:place] + junk + ASTERISK[place:]):
        with contextlib.suppress(BadSdp):
            sdp.parse(body)

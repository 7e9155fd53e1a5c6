"""The telephone's sound coding, against ITU-T G.711's own figures."""

from __future__ import annotations

import hashlib
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.errors import BadFrame
from ivr import g711
from ivr.g711 import Law

EVERY_SAMPLE = b"".join(struct.pack("<h", value) for value in range(-32768, 32768))


@pytest.mark.parametrize(
    ("law", "encoded", "decoded"),
    [
        # SHA-256 over all 65,536 samples and all 256 bytes of the reference code of the ITU
        # (as CPython's audioop carried it until 3.12).
        (
            "PCMA",
            "38488f6fd710f4686360edc4d38639f96c491595ef93f8eb8d62d5e07ca6ce7b",
            "e04788d110e58ff8c70c93b8480190d973e3b67876b6119abbaec766cc75c174",
        ),
        (
            "PCMU",
            "81d633c9e6972a18c74a58720b96cb8ca0bdd096d4060b646dd708c3b846019a",
            "3dab54339e520bb2c924826e3b72a917a2b612e9fd12fc867500f1d983a75827",
        ),
    ],
)
def test_every_sample_and_every_byte_is_coded_as_the_reference_does(
    law: Law, encoded: str, decoded: str
) -> None:
    assert hashlib.sha256(g711.encode(EVERY_SAMPLE, law)).hexdigest() == encoded
    assert hashlib.sha256(g711.decode(bytes(range(256)), law)).hexdigest() == decoded


def test_a_few_values_everybody_knows() -> None:
    def one(sample: int, law: Law) -> int:
        return g711.encode(struct.pack("<h", sample), law)[0]

    assert (one(0, "PCMA"), one(32767, "PCMA"), one(-32768, "PCMA")) == (0xD5, 0xAA, 0x2A)
    assert (one(0, "PCMU"), one(32767, "PCMU"), one(-32768, "PCMU")) == (0xFF, 0x80, 0x00)


@pytest.mark.parametrize("law", ["PCMA", "PCMU"])
def test_silence_on_the_wire_is_silence_in_the_ear(law: Law) -> None:
    heard = g711.samples(g711.decode(g711.silence(law), law))
    assert len(heard) == g711.FRAME_SAMPLES
    assert max(map(abs, heard)) <= 8


@given(st.lists(st.integers(-32768, 32767), max_size=200), st.sampled_from(["PCMA", "PCMU"]))
def test_a_sample_comes_back_within_the_step_of_its_loudness(values: list[int], law: Law) -> None:
    pcm = struct.pack(f"<{len(values)}h", *values)
    back = g711.samples(g711.decode(g711.encode(pcm, law), law))
    for before, after in zip(values, back, strict=True):
        assert abs(before - after) <= max(16, abs(before) / 16)


def test_half_a_sample_is_refused() -> None:
    with pytest.raises(BadFrame):
        g711.encode(b"\0\0\0", "PCMA")

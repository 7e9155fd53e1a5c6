"""Proving who the telephone is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.sip_digest import Challenge, Credentials, accepts, digest, parse_challenge
from ivr.sip_headers import BadSip


def test_the_example_of_rfc_2617_comes_out() -> None:
    challenge = Challenge("testrealm@host.com", "dcd98b7102dd2f0e8b11d0f600bfb0c093", qop="auth")
    answer = digest(
        challenge,
        user="Mufasa",
        password="Circle Of Life",
        method="GET",
        uri="/dir/index.html",
        nc="00000001",
        cnonce="0a4f113b",
    )
    assert answer == "6629fae49393a05397450978507c4ef1"


def test_an_asterisk_challenge_is_read() -> None:
    challenge = parse_challenge(
        'Digest realm="asterisk",nonce="1700000000/abc",opaque="5e6f",algorithm=MD5,qop="auth"'
    )
    assert challenge == Challenge("asterisk", "1700000000/abc", "MD5", "auth", "5e6f")


@pytest.mark.parametrize(
    "value",
    [
        'Basic realm="x"',
        'Digest realm="x"',
        'Digest nonce="x", algorithm=MD5-sess',
        'Digest nonce="x", qop="auth-int"',
        "Digest nonsense",
        "",
    ],
)
def test_a_challenge_we_cannot_answer_is_refused_by_name(value: str) -> None:
    with pytest.raises(BadSip):
        parse_challenge(value)


def test_the_count_goes_up_with_every_use_of_a_nonce_and_starts_afresh_with_the_next() -> None:
    credentials = Credentials("1001", "s3cret")
    first, second = Challenge("r", "n1", qop="auth"), Challenge("r", "n2", qop="auth")
    counts = [
        credentials.answer(challenge, method="REGISTER", uri="sip:h", cnonce="c")
        for challenge in (first, first, second)
    ]
    assert ["nc=00000001" in counts[0], "nc=00000002" in counts[1], "nc=00000001" in counts[2]] == [
        True
    ] * 3


@given(st.text(min_size=1, max_size=12), st.sampled_from(["MD5", "SHA-256"]), st.booleans())
def test_the_right_password_is_accepted_and_no_other(
    password: str, algorithm: str, with_qop: bool
) -> None:
    challenge = Challenge('the "realm"', "nonce", algorithm, "auth" if with_qop else "")
    try:
        password.encode()
    except UnicodeEncodeError:
        return
    value = Credentials("1001", password).answer(
        challenge, method="REGISTER", uri="sip:h", cnonce="c"
    )
    assert accepts(challenge, value, password=password, method="REGISTER")
    assert not accepts(challenge, value, password=password + "x", method="REGISTER")
    assert not accepts(challenge, value, password=password, method="INVITE")


def test_a_password_is_not_shown() -> None:
    assert "s3cret" not in repr(Credentials("1001", "s3cret"))

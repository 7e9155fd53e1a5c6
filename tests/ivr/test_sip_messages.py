"""SIP messages: what is read, what is refused, what may be written."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ivr import sip
from ivr.sip_headers import (
    BadSip,
    NameAddr,
    parse_cseq,
    parse_name_addr,
    parse_uri,
    parse_via,
    split_commas,
)

INVITE = (
    b"INVITE sip:12345@127.0.0.1:5060 SIP/2.0\r\n"
    b"v: SIP/2.0/UDP 127.0.0.2:5070;rport;branch=z9hG4bKabc\r\n"
    b"Via: SIP/2.0/UDP 10.0.0.1\r\n"
    b"Max-Forwards: 70\r\n"
    b'f: "Wang, \\"Lao\\" \xe7\x8e\x8b" <sip:13800000000@127.0.0.2>;tag=one\r\n'
    b"t: <sip:12345@127.0.0.1>\r\n"
    b"i: call-1\r\n"
    b"CSeq: 1 INVITE\r\n"
    b"m: <sip:13800000000@127.0.0.2:5070;transport=udp>\r\n"
    b"X-Long: first\r\n  second\r\n"
    b"l: 4\r\n"
    b"\r\n"
    b"bodyand more"
)


def read(data: bytes = INVITE) -> sip.Request:
    message = sip.parse(data)
    assert isinstance(message, sip.Request)
    return message


def test_an_invite_is_read_whole() -> None:
    invite = read()
    assert (invite.method, invite.uri, invite.body) == (
        "INVITE",
        "sip:12345@127.0.0.1:5060",
        b"body",
    )
    assert sip.from_(invite).display == 'Wang, "Lao" 王'
    assert (sip.from_(invite).user, sip.from_(invite).tag) == ("13800000000", "one")
    assert (sip.to(invite).user, sip.to(invite).tag) == ("12345", "")
    assert sip.via(invite).branch == "z9hG4bKabc"
    assert len(invite.headers.listed("Via")) == 2
    assert invite.headers.first("x-long") == "first second"
    contact = sip.contact(invite)
    assert contact is not None
    assert contact.uri == "sip:13800000000@127.0.0.2:5070;transport=udp"


def test_an_answer_copies_what_the_rfc_says_and_tags_the_to() -> None:
    answer = sip.respond(read(), 180, to_tag="two")
    again = sip.parse(sip.encode(answer))
    assert isinstance(again, sip.Response)
    assert (again.status, again.reason) == (180, "Ringing")
    assert again.headers.all("Via") == read().headers.all("Via")
    assert sip.to(again).tag == "two"
    assert sip.from_(again) == sip.from_(read())
    assert sip.cseq(again).number == 1


def test_a_name_in_another_encoding_does_not_cost_the_call() -> None:
    assert sip.from_(read(INVITE.replace(b"\xe7\x8e\x8b", b"\xcd\xf5"))).user == "13800000000"


@pytest.mark.parametrize(
    "damage",
    [
        (b"CSeq: 1 INVITE\r\n", b""),
        (b"CSeq: 1 INVITE\r\n", b"CSeq: 1 BYE\r\n"),
        (b"CSeq: 1 ", b"CSeq: -1 "),
        (b"CSeq: 1 ", b"CSeq: 99999999999 "),
        (b"i: call-1\r\n", b"i:\r\n"),
        (b"t: <sip:12345@127.0.0.1>", b"t: <sip:12345@127.0.0.1"),
        (b"v: SIP/2.0/UDP 127.0.0.2:5070;rport", b"v: nonsense"),
        (b"l: 4", b"l: 4000"),
        (b"l: 4", b"l: -4"),
        (b"Max-Forwards", b"Max Forwards"),
        (b" SIP/2.0\r\n", b" SIP/3.0\r\n"),
        (b"\r\n\r\n", b"\r\n"),
        (b"X-Long: first", b"X-Long: fi\0rst"),
        (b"X-Long: first", b"no colon here"),
        (b"X-Long: first", b"A: b\r\n" * 300 + b"X-Long: first"),
    ],
)
def test_a_damaged_message_is_refused_by_name(damage: tuple[bytes, bytes]) -> None:
    assert damage[0] in INVITE
    with pytest.raises(BadSip):
        sip.parse(INVITE.replace(damage[0], damage[1], 1))


@pytest.mark.parametrize("value", ["a\r\nEvil: yes", "a\nb", "nul\0", "half \ud800"])
def test_no_value_can_add_a_header(value: str) -> None:
    request = sip.Request("OPTIONS", "sip:a@b", sip.Headers((("Subject", value),)))
    with pytest.raises(BadSip):
        sip.encode(request)


@pytest.mark.parametrize("uri", ["sip:a b@c", "sip:a@b\r\nX: y"])
def test_no_number_can_add_a_header(uri: str) -> None:
    with pytest.raises(BadSip):
        sip.encode(sip.Request("INVITE", uri, sip.Headers()))


def test_commas_inside_quotes_and_brackets_do_not_part() -> None:
    assert split_commas('"a, b" <sip:x@y;p=1,2>, <sip:z@w>') == (
        '"a, b" <sip:x@y;p=1,2>',
        "<sip:z@w>",
    )


@pytest.mark.parametrize(
    ("text", "user", "host", "port"),
    [
        ("sip:110@127.0.0.3:5062;transport=udp", "110", "127.0.0.3", 5062),
        ("sip:127.0.0.1", "", "127.0.0.1", None),
        ("sips:a:secret@[::1]:5061", "a", "::1", 5061),
    ],
)
def test_addresses_are_taken_apart(text: str, user: str, host: str, port: int | None) -> None:
    uri = parse_uri(text)
    assert (uri.user, uri.host, uri.port) == (user, host, port)


@pytest.mark.parametrize("text", ["", "tel:110", "sip:", "sip:a@", "sip:a@b:0", "sip:a@b:99999"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(BadSip):
        parse_uri(text)


@pytest.mark.parametrize(
    ("uri", "number"),
    [
        ("sip:110@h", "110"),
        ("tel:+8613800000000;phone-context=x", "+8613800000000"),
        ("rubbish", ""),
    ],
)
def test_a_number_is_found_in_either_kind_of_address(uri: str, number: str) -> None:
    assert NameAddr(uri).user == number


names = st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"]), max_size=20)


@given(names)
def test_any_name_shown_to_the_far_end_is_read_back(name: str) -> None:
    written = NameAddr("sip:1@h", name.strip()).with_tag("t")
    assert parse_name_addr(str(written)) == written


pieces = st.sampled_from([INVITE[:10], INVITE[10:80], INVITE[80:], b"\r\n", b":", b"<", b'"', b";"])


@given(st.lists(st.one_of(pieces, st.binary(max_size=12)), max_size=12).map(b"".join))
@example(b"\r\n\r\n")
@example(INVITE.replace(b"CSeq: 1", "CSeq: １".encode()))
def test_any_bytes_are_a_message_or_bad_sip(data: bytes) -> None:
    try:
        message = sip.parse(data)
    except BadSip:
        return
    assert sip.call_id(message)
    sip.from_(message), sip.to(message), sip.via(message), sip.cseq(message)


@given(st.integers(0, len(INVITE) - 1), st.integers(0, 255))
def test_any_damaged_byte_is_a_message_or_bad_sip(place: int, value: int) -> None:
    with contextlib.suppress(BadSip):
        sip.parse(INVITE[:place] + bytes([value]) + INVITE[place + 1 :])


@given(st.text(max_size=40))
def test_any_header_value_is_read_or_bad_sip(text: str) -> None:
    for reader in (parse_name_addr, parse_uri, parse_via, parse_cseq):
        with contextlib.suppress(BadSip):
            reader(text)

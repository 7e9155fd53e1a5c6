"""Whatever comes in at its socket, the telephone stays a telephone."""

from __future__ import annotations

import asyncio
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.telephone import Answer, Reject, Ring, Silent
from tests.ivr.telephones import a_telephone

ODD = st.sampled_from(
    [
        "",
        ";",
        "<",
        "<sip:",
        "<sip:a@b",
        "<>;tag=",
        "tel:110",
        "*",
        '"',
        "1",
        "\u0000",
        "999999999999",
    ]
)
METHODS = st.sampled_from(
    ["INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "UPDATE", "INFO", "NOTIFY", "REFER", "PRACK", "X"]
)
BODIES = st.sampled_from(
    [
        b"",
        b"rubbish",
        b"v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 9 RTP/AVP 8\r\n",
        b"v=0\r\nc=IN IP4 nowhere.invalid\r\nm=audio 65535 RTP/AVP 0 8 101\r\na=sendonly\r\n",
        b"Signal=99\r\n",
        b"SIP/2.0 999",
    ]
)


@st.composite
def datagrams(draw: st.DrawFn) -> bytes:
    """Requests and answers that look right but for a header or two."""
    method = draw(METHODS)
    fields = {
        "Via": "SIP/2.0/UDP 127.0.0.9:9;branch=z9hG4bK" + draw(st.sampled_from("ab")),
        "From": "<sip:13800000000@h>;tag=f",
        "To": draw(st.sampled_from(["<sip:1@h>", "<sip:1@h>;tag=t"])),
        "Call-ID": draw(st.sampled_from(["one", "two"])),
        "CSeq": f"{draw(st.integers(0, 3))} {method}",
        "Contact": "<sip:x@127.0.0.9:9>",
    }
    for name in draw(st.sets(st.sampled_from([*fields, "P-Asserted-Identity"]), max_size=2)):
        fields[name] = draw(ODD)
    first = draw(st.sampled_from([f"{method} sip:1@h SIP/2.0", "SIP/2.0 200 OK", "SIP/2.0 180 R"]))
    head = "\r\n".join([first, *(f"{name}: {value}" for name, value in fields.items())])
    return head.encode() + b"\r\n\r\n" + draw(BODIES)


MANNERS = st.sampled_from([Answer(), Reject(), Ring(), Silent()])


@settings(max_examples=60, deadline=None)
@given(st.lists(datagrams(), max_size=8), MANNERS)
def test_it_answers_or_notes_everything_and_can_still_be_asked(
    wire: list[bytes], manner: Answer | Reject | Ring | Silent
) -> None:
    faults: list[dict[str, object]] = []

    async def play() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _loop, context: faults.append(context))
        async with a_telephone("1001", manner) as telephone, a_telephone("ask") as other:
            for data in wire:
                telephone.station.link.datagram_received(data, ("127.0.0.9", 9))
                await asyncio.sleep(0)
            for call in telephone.calls.values():
                assert re.fullmatch(r"\S*", call.number + call.dialled)
            await other.call("1")
            dialog = next(iter(other.calls.values())).dialog
            asked = other.station.link.ask(dialog.request("OPTIONS", 9), telephone.address)
            assert (await asyncio.wait_for(asked.final, 10)).status == 200

    asyncio.run(play())
    assert faults == []

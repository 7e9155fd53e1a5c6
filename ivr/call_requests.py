"""What the far end asks inside a call, and what the telephone answers."""

from __future__ import annotations

import re
from typing import Final

from ivr.sip_headers import BadSip
from ivr.sip_link import Incoming
from ivr.telephone_call import Call

_KEY: Final = re.compile(rb"Signal\s*=\s*([0-9A-D*#])")
_NEWS: Final = re.compile(rb"SIP/2\.0 ([1-6][0-9]{2})")


def take(call: Call, incoming: Incoming) -> None:
    """Act on a request inside `call` and answer it."""
    request = incoming.request
    match request.method:
        case "BYE":
            call.reply(incoming, 200)
            call.finish("them", "hung-up", 0, request.headers.first("Reason") or "")
        case "INVITE" | "UPDATE":
            _take_offer(call, incoming)
        case "INFO":
            call.reply(incoming, 200)
            if key := _KEY.search(request.body):
                call.hear_key(key[1].decode())
        case "NOTIFY":
            call.reply(incoming, 200)
            if news := _NEWS.match(request.body):
                call.transfer_news.put_nowait(int(news[1]))
        case "OPTIONS" | "MESSAGE":
            call.reply(incoming, 200)
        case "REFER":
            call.reply(incoming, 603)  # nobody sends this telephone elsewhere
        case _:
            call.reply(incoming, 501)


def _take_offer(call: Call, incoming: Incoming) -> None:
    request = incoming.request
    call.dialog = call.dialog.refreshed(request)
    if call.session is None or call.state != "talking":
        call.reply(incoming, 491 if request.method == "INVITE" else 200)
    elif request.method == "UPDATE" and not request.body:
        call.reply(incoming, 200)
    else:
        try:
            call.reply(incoming, 200, session=call.session.answer(request.body))
        except BadSip:
            call.reply(incoming, 488)

"""Who talks with whom in one call: the dialog of RFC 3261 §12, without a socket."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace

from ivr import sip
from ivr.sip_headers import BadSip, NameAddr, parse_name_addr


@dataclass(frozen=True, slots=True)
class Dialog:
    """What every request inside the call carries. `target` is the far end's Contact."""

    call_id: str
    local: NameAddr
    remote: NameAddr
    target: str
    contact: str
    routes: tuple[str, ...] = ()

    def request(
        self,
        method: str,
        number: int,
        extra: tuple[tuple[str, str], ...] = (),
        *,
        sdp: bytes = b"",
    ) -> sip.Request:
        """A request with that CSeq number; the link adds its Via."""
        lines = [
            *(("Route", route) for route in self.routes),
            ("Max-Forwards", "70"),
            ("From", str(self.local)),
            ("To", str(self.remote)),
            ("Call-ID", self.call_id),
            ("CSeq", f"{number} {method}"),
            ("Contact", f"<{self.contact}>"),
            *extra,
        ]
        if sdp:
            lines.append(("Content-Type", "application/sdp"))
        return sip.Request(method, self.target, sip.Headers(tuple(lines)), sdp)

    def confirmed(self, response: sip.Response) -> Dialog:
        """The dialog of the caller after the 2xx: their tag, their Contact, the routes reversed."""
        contact = sip.contact(response)
        return replace(
            self,
            remote=sip.to(response),
            target=contact.uri if contact else self.target,
            routes=tuple(reversed(response.headers.listed("Record-Route"))),
        )

    def refreshed(self, message: sip.Message) -> Dialog:
        """The same after a message that may have moved the far end (RFC 3261 §12.2)."""
        contact = sip.contact(message)
        return replace(self, target=contact.uri) if contact else self


def answering(request: sip.Request, tag: str, contact: str) -> Dialog:
    """The dialog of the side that was called."""
    theirs = sip.contact(request)
    sender = sip.from_(request)
    return Dialog(
        call_id=sip.call_id(request),
        local=sip.to(request).with_tag(tag),
        remote=sender,
        target=theirs.uri if theirs else sender.uri,
        contact=contact,
        routes=request.headers.listed("Record-Route"),
    )


def asserted_caller(message: sip.Message) -> str:
    """The number a trusted exchange vouches for (P-Asserted-Identity, RFC 3325), else From's."""
    for value in message.headers.listed("P-Asserted-Identity"):
        with contextlib.suppress(BadSip):
            return parse_name_addr(value).user
    return sip.from_(message).user

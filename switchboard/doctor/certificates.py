"""The certificate that seats elsewhere on the network are shown, by the pages and by Asterisk."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

from switchboard.certificates import BadCertificate, Pair, certificate_state, check_pair
from switchboard.doctor.case import Case
from switchboard.doctor.finding import NOT_RUNNING, Finding, fault, warn, well

_BEGIN: Final = b"-----BEGIN CERTIFICATE-----"
_AGAIN: Final = "请重新启动 ./jiesu up：自建的会重建，自备的请先换好 --cert、--key"


def certificates(case: Case) -> Finding:
    """A pair, for the names people type, valid now; and for how long."""
    names = _names(case)
    if all(map(_is_here, names)):
        return well("只在本机监听，不需要证书")
    file = case.settings.data / "tls" / "in-use.pem"
    if not file.exists():
        if not case.running:
            return well(f"{NOT_RUNNING}；首次启动时建立")
        return fault(f"没有证书 {file}", _AGAIN)
    content = file.read_bytes()
    cut = max(content.find(_BEGIN), 0)
    pair = Pair(content[cut:], content[:cut])
    state = certificate_state(pair.chain, names, case.clock.now())
    if not state.usable:
        return fault(state.now, state.do or _AGAIN)
    try:
        check_pair(pair)
    except BadCertificate as bad:
        return fault(str(bad), _AGAIN)
    told = f"{names[0]}：{state.now}，由 {state.issuer} 签发"
    return warn(told, state.do) if state.state == "soon" else well(told)


def _names(case: Case) -> Sequence[str]:
    """What a browser may open us by; a certificate of the site's own need know the first only."""
    if not case.running:
        return [case.site.listen.address]
    names = str(case.places.get("web_names", "")).split()
    if not names:
        names = [urlsplit(str(case.places.get("web", ""))).hostname or ""]
    return names[:1] if case.places.get("tls") == "given" else names


def _is_here(name: str) -> bool:
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name in ("", "localhost")

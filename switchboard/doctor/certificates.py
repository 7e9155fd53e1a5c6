"""The certificate of the pages and of the browser's telephone, where one is needed."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from urllib.parse import urlsplit

from switchboard.certificates import BadCertificate, Pair, certificate_state, check_pair
from switchboard.doctor.case import Case
from switchboard.doctor.finding import Finding, fault, warn, well

_LOCAL = "只在本机监听，不需要证书"


def certificates(case: Case) -> Finding:
    """Valid, for the address people type, and for how long."""
    address = _listened(case)
    if _is_loopback(address):
        return well(_LOCAL)
    chain, key = _files(case)
    if not chain.exists():
        return fault(f"没有证书 {chain}", "请重新启动 ./jiesu up，它会建立；或用 --cert、--key")
    content = chain.read_bytes()
    found = certificate_state(content, [address], case.clock.now())
    if not found.usable:
        return fault(found.now, found.do)
    try:
        check_pair(Pair(content, key.read_bytes()))
    except BadCertificate as bad:
        return fault(str(bad), "请把成对的证书和密钥放好，再重新启动 ./jiesu up")
    told = f"{address}：{found.now}，由 {found.issuer} 签发"
    return warn(told, found.do) if found.state == "soon" else well(told)


def _listened(case: Case) -> str:
    """The host of the page's address while it runs, else what site.toml names."""
    web = case.places.get("web")
    return (urlsplit(str(web)).hostname or "") if web else case.site.listen.address


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address in ("", "localhost")


def _files(case: Case) -> tuple[Path, Path]:
    folder = case.settings.data / "tls"
    return folder / "cert.pem", folder / "key.pem"

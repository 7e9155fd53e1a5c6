"""Where seats elsewhere on the network come in: ``up --listen`` and ``[listen]`` of site.toml.

`decide` looks at what was typed, at site.toml and at this machine, and gives one `Lan`, or one
Chinese sentence (BadAddress). On loopback nothing of this file applies: http, ws, no certificate.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from switchboard.addresses import LOOPBACK, BadAddress, bracketed, is_loopback, resolved
from switchboard.certificates import PRIVATE_NETWORKS
from switchboard.site import Site
from switchboard.site_values import port as port_of

_HTTP: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What was typed behind ``./jiesu up``; None where nothing was."""

    listen: str | None = None
    port: int | None = None
    cert: Path | None = None
    key: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lan:
    """``host`` is what people type, ``address`` the IP address of this machine behind it,
    ``networks`` from where telephones may register, ``given`` the site's own certificate and key.
    """

    host: str = LOOPBACK
    address: str = LOOPBACK
    web_port: int
    networks: tuple[str, ...] = ()
    given: tuple[Path, Path] | None = None

    @property
    def elsewhere(self) -> bool:
        """Whether others than this machine can come in."""
        return not is_loopback(self.address)

    @property
    def names(self) -> tuple[str, ...]:
        """Every host a browser may open us by, the one people type first."""
        if not self.elsewhere:
            return (LOOPBACK, "localhost")
        if ":" in self.address:
            return (self.host,)
        return tuple(dict.fromkeys((self.host, self.address)))


def decide(site: Site, typed: Typed) -> Lan:
    """Raises BadAddress. Asks the resolver where a name was given: not for the event loop."""
    listen = site.listen
    wished, port = split(typed.listen) if typed.listen else (listen.address, None)
    if port is not None and typed.port not in (None, port):
        raise BadAddress(f"--listen 写了端口 {port}，--port 写了 {typed.port}：请只写一处。")
    host, address = resolved(wished)
    web_port = port or typed.port or listen.web_port
    if is_loopback(address):
        if typed.cert or typed.key:
            raise BadAddress("--cert 与 --key 要与 --listen 一起用：只在本机时不用证书。")
        return Lan(web_port=web_port)
    if ":" in host:
        # A Content-Security-Policy cannot name one (CSP3 2.3.1 host-source), so a page could not
        # reach Asterisk's WebSocket there.
        raise BadAddress(
            f"浏览器的安全策略写不了 IPv6 地址 {host}：请写一个指向它的主机名，或本机的 IPv4 地址。"
        )
    _refuse_two_families(site, address)
    return Lan(
        host=host,
        address=address,
        web_port=web_port,
        networks=(*networks_of(site, address), "127.0.0.0/8"),
        given=_given(site, typed),
    )


def split(text: str) -> tuple[str, int | None]:
    """``host``, ``host:port``, ``[v6]:port`` or a bare IPv6 address. Raises BadAddress."""
    found = re.fullmatch(r"\[([0-9a-fA-F:.]+)\](?::(\w+))?|([^:\[\]]+)(?::(\w+))?", text.strip())
    if found is None:
        return text, None
    host, port = found[1] or found[3], found[2] or found[4]
    if port is None:
        return host, None
    try:
        return host, int(str(port_of(int(port))))
    except ValueError:
        raise BadAddress(f"--listen 的端口 {port} 不对：应为 1 到 65535 的整数。") from None


def networks_of(site: Site, address: str) -> tuple[str, ...]:
    """From where seats may register: those of site.toml, else every private network and the
    neighbourhood of our own address."""
    if site.listen.seat_networks:
        return site.listen.seat_networks
    near = ipaddress.ip_network(f"{address}/{64 if ':' in address else 24}", strict=False)
    return (*PRIVATE_NETWORKS, str(near))


def _given(site: Site, typed: Typed) -> tuple[Path, Path] | None:
    if typed.cert is not None and typed.key is not None:
        return typed.cert.expanduser().absolute(), typed.key.expanduser().absolute()
    if typed.cert is not None or typed.key is not None:
        raise BadAddress("--cert 与 --key 要一起写：证书文件和它的密钥文件。")
    if site.listen.cert:
        return Path(site.listen.cert), Path(site.listen.key)
    return None


def _refuse_two_families(site: Site, address: str) -> None:
    """Trunks come to the same address, and a socket speaks one of the two."""
    others = (*site.inbound.addresses, *(trunk.address for trunk in site.emergency.trunks))
    if ":" in address and any(":" not in one for one in others):
        raise BadAddress(
            f"中继的地址是 IPv4，不能监听在 IPv6 地址 {address}：请监听本机的 IPv4 地址。"
        )


def origin(scheme: str, host: str, port: int) -> str:
    """An address as the browser itself writes it: without the usual port."""
    usual = _HTTP[scheme] == port
    return f"{scheme}://{bracketed(host)}" + ("" if usual else f":{port}")

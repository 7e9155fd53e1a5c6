"""From pack, site.toml and secrets to the plan of this installation's Asterisk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from asterisk_conf import plan as pl
from hotline.policy import Moment, Policy, action_at
from hotline.words import AgentId
from switchboard.addresses import LOOPBACK
from switchboard.foreman import Foreman
from switchboard.lan import Lan
from switchboard.running import Place
from switchboard.secrets_file import Secrets
from switchboard.site import EmergencyTrunk, Site
from switchboard.terminal import progress

CITIZEN_HOST: Final = "127.0.0.2"
"""From where ``./jiesu call`` speaks: the demonstration's carrier."""
CENTRE_HOST: Final = "127.0.0.3"
AMI_USER: Final = "jiesu"
CENTRE_PORTS: Final = (5110, 5120)
CARRIER_PORT: Final = 5130
"""Where the demonstration's carrier takes return calls: ``./jiesu answer`` listens there."""
RTP_PORTS: Final = 400
_KEPT: Final = ("sip_port", "ami_port", "ws_port", "rtp_first", "rtp_last")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the plan is made from. `apart`: somebody else starts this Asterisk."""

    city: str
    policy: Policy
    site: Site
    secrets: Secrets
    places: pl.Places
    agents: tuple[AgentId, ...]
    live_emergency: bool
    lan: Lan
    apart: bool = False


def build(wanted: Wanted, foreman: Foreman) -> pl.ExchangePlan:
    """The whole plan. An Asterisk left running by a killed foreman keeps its ports; otherwise
    busy ports are replaced by free ones, and said. One that somebody else starts has the ports of
    site.toml and no others: it may be running on them already."""
    site = wanted.site
    left = foreman.left_places if foreman.left_running("asterisk") else {}
    return pl.ExchangePlan(
        city=wanted.city,
        places=wanted.places,
        ports=_ports(wanted, foreman, left),
        ami_users=(pl.AmiUser(AMI_USER, wanted.secrets.ami),),
        access_numbers=access_numbers(site, wanted.policy),
        inbound=inbound(site),
        emergency=_emergency(wanted, foreman, left),
        agents=tuple(_agent(wanted.secrets, number) for number in wanted.agents),
        actions=pl.StageActions(
            greeting=action_at(wanted.policy, Moment.GREETING).known.value,
            queue=action_at(wanted.policy, Moment.QUEUE).known.value,
            agent=action_at(wanted.policy, Moment.AGENT).known.value,
        ),
        timing=_timing(site),
        queue_length=site.queue.max_waiting,
        bind_address=_trunk_address(wanted),
        media_address=_trunk_address(wanted),
        nat=pl.Nat(site.nat.external_address, site.nat.local_networks),
        recordings=wanted.places.run / "recordings" if site.recording.enabled else None,
        seats=_seats(wanted),
        rating=bool(wanted.policy.rating.direct_rating.value),
        outbound=_outbound(wanted, foreman, left),
    )


def _outbound(
    wanted: Wanted, foreman: Foreman, left: Mapping[str, Place]
) -> pl.OutboundTrunk | None:
    """Where return calls go: where site.toml says, else where we are registered, else to the
    stand-in of the demonstration. None: nobody is called back."""
    site, out = wanted.site, wanted.site.return_call
    shown = access_numbers(site, wanted.policy)[0]
    if not out.enabled:
        return None
    if out.server:
        return pl.OutboundTrunk(out.server, out.port, shown, out.prefix)
    if site.inbound.mode == "registration":
        return pl.OutboundTrunk(site.inbound.server, site.inbound.port, shown, out.prefix)
    if site.inbound.mode != "demo":
        return None
    known = left.get("carrier_port")
    if known:
        foreman.ports.keep(int(known), "udp")
        return pl.OutboundTrunk(CITIZEN_HOST, int(known), shown)
    port = foreman.ports.claim(CARRIER_PORT, "udp", CITIZEN_HOST)
    return pl.OutboundTrunk(CITIZEN_HOST, port, shown)


def _trunk_address(wanted: Wanted) -> str:
    """Where trunks come in. The demonstration's carrier and centre never leave this machine,
    wherever the seats sit."""
    demo = wanted.site.inbound.mode == "demo" and not wanted.live_emergency
    return LOOPBACK if demo else wanted.lan.address


def _seats(wanted: Wanted) -> pl.Seats | None:
    if not wanted.lan.elsewhere:
        return None
    certificate = wanted.places.run / "etc" / "seats.pem"
    return pl.Seats(wanted.lan.address, certificate, wanted.lan.networks)


def _timing(site: Site) -> pl.Timing:
    """The queue's own pause after a call only covers the moment until 整理 begins by our rules."""
    queue = site.queue
    usual = pl.Timing()
    return replace(
        usual,
        queue=queue.timeout_s,
        agent_rings=queue.ring_s,
        wrapup=min(usual.wrapup, queue.wrap_up_s),
    )


def access_numbers(site: Site, policy: Policy) -> tuple[str, ...]:
    """The numbers citizens dial: those of site.toml, else the pack's (961890 in Hebei)."""
    if site.inbound.access_numbers != Site().inbound.access_numbers:
        return site.inbound.access_numbers
    number = policy.line.access_number.value
    return (number,) if number else site.inbound.access_numbers


def inbound(site: Site) -> pl.InboundTrunk:
    """The carrier's trunk; the demonstration's carrier is a loopback address of its own."""
    one = site.inbound
    hosts = one.addresses or (CITIZEN_HOST,)
    registration = None
    if one.mode == "registration":
        registration = pl.Registration(
            one.server, one.port, one.username, one.password.value, one.expires
        )
    return pl.InboundTrunk(
        hosts=hosts,
        codecs=one.codecs,
        dtmf=one.dtmf,
        transport=one.transport,
        registration=registration,
        max_calls=one.max_calls,
    )


def _agent(secrets: Secrets, number: AgentId) -> pl.Agent:
    return pl.Agent(
        number=str(number),
        name=f"agent {number}",
        sip_secret=secrets.sip[number],
        web_secret=secrets.web[number],
    )


def _emergency(
    wanted: Wanted, foreman: Foreman, left: Mapping[str, Place]
) -> tuple[pl.EmergencyTrunk, pl.EmergencyTrunk]:
    if wanted.live_emergency:
        first, second = (_real(trunk) for trunk in wanted.site.emergency.trunks[:2])
        return first, second
    ports = []
    for number, preferred in enumerate(CENTRE_PORTS, start=1):
        known = str(left.get(f"emergency_trunk_{number}", ""))
        if known.startswith(f"{CENTRE_HOST}:"):
            ports.append(int(known.rpartition(":")[2]))
            foreman.ports.keep(ports[-1], "udp")
        else:
            ports.append(foreman.ports.claim(preferred, "udp", CENTRE_HOST))
    return pl.EmergencyTrunk(CENTRE_HOST, ports[0]), pl.EmergencyTrunk(CENTRE_HOST, ports[1])


def _real(trunk: EmergencyTrunk) -> pl.EmergencyTrunk:
    return pl.EmergencyTrunk(
        trunk.address,
        trunk.port,
        transport=trunk.transport,
        username=trunk.username,
        password=trunk.password.value if trunk.username else "",
    )


def _ports(wanted: Wanted, foreman: Foreman, left: Mapping[str, Place]) -> pl.Ports:
    if not wanted.apart:
        return _kept_ports(foreman, left) or _new_ports(foreman, wanted.site)
    listen = wanted.site.listen
    last = listen.rtp_from + _rtp_count(wanted.site) - 1
    return pl.Ports(listen.sip_port, listen.ami_port, listen.ws_port, listen.rtp_from, last)


def _rtp_count(site: Site) -> int:
    return min(RTP_PORTS, 1 + site.listen.rtp_to - site.listen.rtp_from)


def _kept_ports(foreman: Foreman, left: Mapping[str, Place]) -> pl.Ports | None:
    if not all(name in left for name in _KEPT):
        return None
    sip, ami, web, first, last = (int(left[name]) for name in _KEPT)
    foreman.ports.keep(sip, "udp")
    foreman.ports.keep(ami)
    foreman.ports.keep(web)
    return pl.Ports(sip, ami, web, first, last)


def _new_ports(foreman: Foreman, site: Site) -> pl.Ports:
    listen = site.listen
    sip = foreman.ports.claim(listen.sip_port, "udp")
    web = foreman.ports.claim(listen.ws_port)
    ami = foreman.ports.claim(listen.ami_port)
    rtp = foreman.ports.claim_range(listen.rtp_from, _rtp_count(site))
    for what, wished, got in (("SIP", listen.sip_port, sip), ("浏览器电话", listen.ws_port, web)):
        if wished != got:
            progress(f"{what} 端口 {wished} 已被占用，改用 {got}。")
    return pl.Ports(sip, ami, web, rtp.start, rtp.stop - 1)

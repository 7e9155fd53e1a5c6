"""What the exchange's configuration is made of: plain data, checked before it meets a template.

`ExchangePlan` is everything `render.render` needs and nothing else; it holds secrets, so it does
not show itself. `check(plan)` raises `BadPlan` for the first value that must not reach Asterisk:
its files know `;` as a comment, `=>`, `,` and `${…}` as syntax, and a line end as the next setting.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from asterisk_conf.errors import BadPlan

EMERGENCY_NUMBERS: Final = ("110", "119", "120", "122")
CODECS: Final = ("alaw", "ulaw", "g722", "opus")
# What an AMI login may be given. `command`, `config` and `system` would make it a shell.
READABLE: Final = ("system", "call", "agent", "user", "dtmf", "cdr", "reporting")
WRITABLE: Final = ("call", "agent", "user", "originate", "reporting")

Action = Literal["tell", "confirm", "transfer"]


@dataclass(frozen=True, slots=True)
class Places:
    """Folders, absolute. `run` is ours to write; the others belong to the Asterisk in use."""

    run: Path
    modules: Path
    data: Path


@dataclass(frozen=True, slots=True)
class Ports:
    """Free ports, chosen by the caller. `rtp_first` to `rtp_last` inclusive."""

    sip: int
    ami: int
    web: int
    rtp_first: int
    rtp_last: int


@dataclass(frozen=True, slots=True)
class AmiUser:
    """A login at the manager interface with the least rights (faults.md of AMI: a login is a
    shell as soon as it may write `system`, `command` or `config`)."""

    name: str
    secret: str = field(repr=False)
    read: tuple[str, ...] = ("system", "call", "agent", "user", "dtmf")
    write: tuple[str, ...] = ("call", "agent", "user", "originate", "reporting")


@dataclass(frozen=True, slots=True)
class Registration:
    """How we register at a carrier that does not know us by address."""

    server: str
    port: int
    username: str
    password: str = field(repr=False)
    expires: int = 300


@dataclass(frozen=True, slots=True)
class InboundTrunk:
    """The carrier on whose line citizens call; `hosts` are the only addresses it may speak from."""

    hosts: tuple[str, ...]
    codecs: tuple[str, ...] = ("alaw", "ulaw")
    dtmf: str = "auto"
    transport: str = "udp"
    registration: Registration | None = None
    max_calls: int = 0


@dataclass(frozen=True, slots=True)
class OutboundTrunk:
    """Where return calls go out, by the carrier's own line: its address, what is dialled before
    the number, and the number that citizens are shown."""

    host: str
    port: int
    caller_id: str
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class EmergencyTrunk:
    """One way to the emergency centre."""

    host: str
    port: int
    transport: str = "udp"
    codecs: tuple[str, ...] = ("alaw", "ulaw")
    username: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Agent:
    """A seat: `number` and `number`-web are its two telephones. `name` is ASCII, for telephones."""

    number: str
    name: str
    sip_secret: str = field(repr=False)
    web_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class StageActions:
    """What *spoken* emergency words lead to at each stage; keys always dial.

    The exchange alone hears no words: these stand in its configuration to be read there.
    """

    greeting: Action = "confirm"
    queue: Action = "confirm"
    agent: Action = "confirm"


@dataclass(frozen=True, slots=True)
class Nat:
    """The address the outside sees, and the networks inside; both empty when there is no NAT."""

    external: str = ""
    local: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Seats:
    """Seats that sit elsewhere on the network: their SIP, wss and sound come to `address`, from
    `networks` only. `certificate` is a PEM file with key and chain, for wss."""

    address: str
    certificate: Path
    networks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MenuKey:
    """One key of a city's own menu: the topic travels with the call as HOTLINE_TOPIC."""

    key: str
    topic: str


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds. `queue` counts from the first joining, whatever happens in between."""

    queue: int = 300
    agent_rings: int = 15
    wrapup: int = 3
    menu_waits: int = 5
    confirm_waits: int = 4
    trunk_silent: int = 2
    trunk_rings: int = 20
    emergency_queue: int = 30
    return_rings: int = 40
    return_silent: int = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangePlan:
    """One exchange, whole."""

    city: str
    places: Places
    ports: Ports
    ami_users: tuple[AmiUser, ...]
    access_numbers: tuple[str, ...]
    inbound: InboundTrunk
    emergency: tuple[EmergencyTrunk, EmergencyTrunk]
    agents: tuple[Agent, ...]
    actions: StageActions = StageActions()
    timing: Timing = Timing()
    menu: tuple[MenuKey, ...] = ()
    queue_length: int = 60
    bind_address: str = "127.0.0.1"
    media_address: str = "127.0.0.1"
    nat: Nat = Nat()
    seats: Seats | None = None
    recordings: Path | None = None
    system_name: str = "jiesu"
    rating: bool = False
    """Callers are asked to rate by key once their agent has hung up."""
    outbound: OutboundTrunk | None = None
    """None: nobody is called back."""

    @property
    def greeting(self) -> str:
        """The prompt id of the city's greeting."""
        return f"greeting-{self.city}"

    @property
    def seat_address(self) -> str:
        """Where the seats' telephones register."""
        return self.seats.address if self.seats else self.bind_address


_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_AGENT_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}")
_DIGITS: Final = re.compile(r"[0-9]{2,15}")
_PREFIX: Final = re.compile(r"[0-9]{0,5}")
_DIALLED: Final = re.compile(r"\+?[0-9]{3,20}")
_SECRET: Final = re.compile(r"[!-:<=?-~][!-:<-~]{0,127}")
_PATH: Final = re.compile(r"/[^\x00-\x1f\x7f-\x9f\u2028\u2029;\[\]\"'|<>=,$\\]*")
_HOST: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?")


def check(plan: ExchangePlan) -> None:
    """Raise `BadPlan` for the first value that cannot be written down safely."""
    for field_name, value, pattern, why in _written(plan):
        if not pattern.fullmatch(value):
            raise BadPlan(field_name, f"{_shown(field_name, value)} {why}")
    _check_numbers(plan)
    _check_choices(plan)
    _check_addresses(plan)


def _shown(field_name: str, value: str) -> str:
    return "（已隐去）" if "secret" in field_name or "password" in field_name else repr(value)


def _written(plan: ExchangePlan) -> Iterator[tuple[str, str, re.Pattern[str], str]]:
    """Every text that enters a file, with the pattern it has to match whole."""
    name_why = "只能由英文字母、数字、点、横线组成"
    word_why = "不能为空，也不能含空格、分号或换行，也不能以 > 开头"
    path_why = "应为绝对路径，不含引号、分号、方括号、逗号、$ 或换行"
    yield "city", plan.city, _NAME, name_why
    yield "system_name", plan.system_name, _NAME, name_why
    certificate = plan.seats.certificate if plan.seats else None
    places = plan.places
    for path in (places.run, places.modules, places.data, plan.recordings, certificate):
        if path is not None:
            yield "places", str(path), _PATH, path_why
    for user in plan.ami_users:
        yield "ami_users.name", user.name, _NAME, name_why
        yield "ami_users.secret", user.secret, _SECRET, word_why
    for number in plan.access_numbers:
        yield "access_numbers", number, _DIALLED, "应为 3 到 20 位数字，可带 + 号"
    for agent in plan.agents:
        yield "agents.number", agent.number, _DIGITS, "应为 2 到 15 位数字"
        yield "agents.name", agent.name, _AGENT_NAME, "只能用英文字母、数字和空格"
        yield "agents.sip_secret", agent.sip_secret, _SECRET, word_why
        yield "agents.web_secret", agent.web_secret, _SECRET, word_why
    for trunk in plan.emergency:
        yield "emergency.host", trunk.host, _HOST, "应为 IP 地址或主机名"
        if trunk.username:
            yield "emergency.username", trunk.username, _SECRET, word_why
            yield "emergency.password", trunk.password, _SECRET, word_why
    if plan.outbound is not None:
        yield "outbound.host", plan.outbound.host, _HOST, "应为 IP 地址或主机名"
        yield "outbound.caller_id", plan.outbound.caller_id, _DIALLED, "应为 3 到 20 位数字"
        yield "outbound.prefix", plan.outbound.prefix, _PREFIX, "最多 5 位数字"
    registration = plan.inbound.registration
    if registration is not None:
        yield "inbound.server", registration.server, _HOST, "应为 IP 地址或主机名"
        yield "inbound.username", registration.username, _NAME, name_why
        yield "inbound.password", registration.password, _SECRET, word_why
    for key in plan.menu:
        yield "menu.key", key.key, re.compile(r"[1-8]"), "应为 1 到 8（9 是紧急键，0 与星号留用）"
        yield "menu.topic", key.topic, _NAME, name_why


def _check_numbers(plan: ExchangePlan) -> None:
    ports = plan.ports
    out = (plan.outbound.port,) if plan.outbound else ()
    lines = (*(trunk.port for trunk in plan.emergency), *out)
    single = (ports.sip, ports.ami, ports.web, *lines)
    if not all(1 <= port <= 65535 for port in single):
        raise BadPlan("ports", "端口应在 1 到 65535 之间")
    if len({ports.ami, ports.web}) < 2:
        raise BadPlan("ports", "ami 与 web 不能是同一个端口")
    if not (1024 <= ports.rtp_first <= ports.rtp_last - 9 and ports.rtp_last <= 65535):
        raise BadPlan("ports", "语音端口应在 1024 到 65535 之间，至少 10 个")
    if len({agent.number for agent in plan.agents}) < len(plan.agents):
        raise BadPlan("agents", "坐席号码有重复")
    taken = set(EMERGENCY_NUMBERS) & {agent.number for agent in plan.agents}
    if taken:
        raise BadPlan("agents", f"坐席号码不能是紧急号码 {'、'.join(sorted(taken))}")
    if len({key.key for key in plan.menu}) < len(plan.menu):
        raise BadPlan("menu", "按键有重复")
    if not plan.access_numbers:
        raise BadPlan("access_numbers", "至少要有一个市民拨打的号码")
    timing = plan.timing
    if not (timing.queue >= 10 and timing.agent_rings >= 3 and timing.trunk_rings >= 5):
        raise BadPlan("timing", "排队至少 10 秒，坐席振铃至少 3 秒，报警中继振铃至少 5 秒")


def _check_choices(plan: ExchangePlan) -> None:
    lines = (plan.inbound, *plan.emergency)
    for codec in (codec for line in lines for codec in line.codecs):
        if codec not in CODECS:
            raise BadPlan("codecs", f"{codec!r} 不在 {'、'.join(CODECS)} 之中")
    if not all(line.codecs for line in lines):
        raise BadPlan("codecs", "至少要有一种语音编码")
    if plan.inbound.dtmf not in ("rfc4733", "inband", "info", "auto"):
        raise BadPlan("inbound.dtmf", "应为 rfc4733、inband、info 或 auto")
    if any(line.transport not in ("udp", "tcp") for line in lines):
        raise BadPlan("transport", "应为 udp 或 tcp")
    for user in plan.ami_users:
        if not (set(user.read) <= set(READABLE) and set(user.write) <= set(WRITABLE)):
            raise BadPlan("ami_users", f"{user.name} 的权限超出允许的范围")
    for action in (plan.actions.greeting, plan.actions.queue, plan.actions.agent):
        if action not in ("tell", "confirm", "transfer"):
            raise BadPlan("actions", "应为 tell、confirm 或 transfer")


def _check_addresses(plan: ExchangePlan) -> None:
    if not plan.inbound.hosts:
        raise BadPlan("inbound.hosts", "没有写运营商的地址：不知道地址的来电一律不收")
    seats = plan.seats
    if seats and not seats.networks:
        raise BadPlan("seats.networks", "没有写坐席所在的网段：不知道网段的话机一律不收")
    for text in (*plan.inbound.hosts, *plan.nat.local, *(seats.networks if seats else ())):
        try:
            ipaddress.ip_network(text)
        except ValueError:
            raise BadPlan("inbound.hosts", f"{text!r} 不是 IP 地址或网段") from None
    for text in (plan.bind_address, plan.media_address, plan.nat.external, plan.seat_address):
        try:
            if text:
                ipaddress.ip_address(text)
        except ValueError:
            raise BadPlan("bind_address", f"{text!r} 不是 IP 地址") from None

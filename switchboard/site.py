"""DATA/site.toml: what this installation is connected to.

Everything is optional: without the file, or with all of it commented out, Jiesu is a demonstration
on loopback. `load_site` gives a whole, checked `Site` or raises `BadSite` with one Chinese sentence
per fault, all of them at once.
"""

from __future__ import annotations

import difflib
import ipaddress
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from switchboard import site_values as read
from switchboard.refusals import Refusal
from switchboard.site_keep import Keep
from switchboard.site_sms import Sms
from switchboard.site_values import Secret, setting

CODECS = ("alaw", "ulaw", "g722", "opus")


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """The carrier's trunk on which citizens call."""

    mode: str = setting(
        "demo",
        read.one_of("demo", "ip", "registration"),
        "中继：demo 演示（只收本机 127.0.0.2），ip 固定 IP，registration 向运营商注册",
    )
    addresses: tuple[str, ...] = setting(
        (), read.list_of(read.network), "运营商的 IP 或网段；只接受来自这些地址的来电"
    )
    server: str = setting("", read.host, "运营商 SIP 服务器（注册方式必填）")
    port: int = setting(5060, read.port, "运营商 SIP 端口")
    transport: str = setting("udp", read.one_of("udp", "tcp"), "与运营商之间的传输方式")
    username: str = setting("", read.token, "注册用户名（注册方式必填）")
    password: Secret = setting(Secret(""), read.secret, "注册密码（注册方式必填）")
    expires: int = setting(300, read.whole(60, 7200), "注册有效期（秒）")
    access_numbers: tuple[str, ...] = setting(
        ("12345",), read.list_of(read.dialled, at_least=1), "市民拨打的号码，运营商送来的被叫"
    )
    codecs: tuple[str, ...] = setting(
        ("alaw", "ulaw"), read.list_of(read.one_of(*CODECS), at_least=1), "语音编码，按先后选用"
    )
    dtmf: str = setting(
        "rfc4733", read.one_of("rfc4733", "inband", "info", "auto"), "按键信号的传送方式"
    )
    max_calls: int = setting(60, read.whole(1, 2000), "中继线路数：同时来电的上限")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listen:
    """Where Jiesu listens. A busy port is replaced by a free one and said."""

    address: str = setting(
        "127.0.0.1", read.listening, "坐席从哪里连进来：本机的地址或主机名（同 --listen）"
    )
    web_port: int = setting(8080, read.port, "网页端口（也可用 --port）")
    sip_port: int = setting(5060, read.port, "SIP 端口")
    ws_port: int = setting(8088, read.port, "浏览器电话的端口（Asterisk 的 WebSocket）")
    ami_port: int = setting(5038, read.port, "与交换机之间的管理端口，只在本机 127.0.0.1")
    rtp_from: int = setting(20000, read.whole(1024, 65000), "语音端口起")
    rtp_to: int = setting(20999, read.whole(1024, 65535), "语音端口止")
    seat_networks: tuple[str, ...] = setting(
        (), read.list_of(read.network), "坐席电话所在的网段；不写为各内网网段与本机所在网段"
    )
    cert: str = setting("", read.text, "单位自己的证书文件（PEM）；留空用自建的 CA")
    key: str = setting("", read.text, "上述证书的密钥文件（PEM）")


@dataclass(frozen=True, slots=True, kw_only=True)
class Nat:
    """When Asterisk sits behind an address translation."""

    external_address: str = setting("", read.address_or_nothing, "对外地址；不在地址转换之后时留空")
    local_networks: tuple[str, ...] = setting(
        (), read.list_of(read.network), "内网网段，与这些地址通话不改写地址"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """How the carrier writes numbers."""

    country_code: str = setting("86", read.digits, "国家代码，来电带 +86 或 0086 时去掉")
    area_code: str = setting("", read.digits, "本地区号，例如 0758；来电不带区号的固话按本地处理")
    trunk_prefix: str = setting("9", read.digits, "主叫手机号前可能带的出局号，带则去掉；没有留空")


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """How long people wait and ring. Emergencies have their own times, which nobody sets."""

    timeout_s: int = setting(300, read.whole(10, 3600), "排队最长秒数；到时致歉并挂断，计入呼损")
    ring_s: int = setting(15, read.whole(3, 120), "一个席位振铃的秒数，无人接听转下一席")
    max_waiting: int = setting(60, read.whole(1, 1000), "排队人数上限；满时致歉并挂断，计入呼损")
    wrap_up_s: int = setting(
        30, read.whole(0, 3600), "通话后整理的秒数，期间不派新电话；0 为不整理"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnCall:
    """How citizens are called back. Only numbers of this country, only those of lost calls."""

    enabled: bool = setting(True, read.flag, "话务员可以从页面给没有接到的来电人回拨")
    server: str = setting(
        "", read.host, "外呼的 SIP 服务器；注册方式留空即用注册的服务器，固定 IP 方式必填才能回拨"
    )
    port: int = setting(5060, read.port, "外呼的 SIP 端口")
    prefix: str = setting("", read.digits, "外呼时加在号码前的出局号，没有留空")


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyTrunk:
    """One way to the emergency centre."""

    address: str = setting("", read.address, "报警中心中继的 IP 地址")
    port: int = setting(5060, read.port, "端口")
    transport: str = setting("udp", read.one_of("udp", "tcp"), "传输方式")
    username: str = setting("", read.token, "用户名；对方按 IP 认证时留空")
    password: Secret = setting(Secret(""), read.secret, "密码；对方按 IP 认证时留空")


@dataclass(frozen=True, slots=True, kw_only=True)
class Emergency:
    """110, 119, 120, 122. `live` alone changes nothing: see emergency_trunks.py."""

    live: bool = setting(False, read.flag, "接真实报警中心；还需运行 ./jiesu emergency confirm")
    trunks: tuple[EmergencyTrunk, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Menu:
    """GB/T 33358 advises against a menu; a city may want one."""

    enabled: bool = setting(False, read.flag, "接听前播放按键菜单（GB/T 33358 不主张，默认不用）")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """The greeting tells every caller that the call is recorded."""

    enabled: bool = setting(
        True, read.flag, "通话录音，存 DATA/asterisk/recordings；关闭时请换掉欢迎语"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """Listening to what is said, for emergencies that are spoken."""

    listen: bool = setting(True, read.flag, "识别来电人的话，听到紧急情况按本市办法处理")
    model: str = setting(
        "", read.text, "语音模型目录（vosk-model-cn 等）；留空用随附的小模型，只认识几百个词"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    url: str = setting(
        "", read.database, "留空用 DATA/jiesu.db；或 postgresql+asyncpg://用户:密码@主机/库名"
    )
    password_file: str = setting(
        "", read.text, "数据库密码所在的文件（容器的 secret）；写了它，url 中就不写密码"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The whole of site.toml, checked."""

    inbound: Inbound = field(default_factory=Inbound)
    listen: Listen = field(default_factory=Listen)
    nat: Nat = field(default_factory=Nat)
    numbers: Numbers = field(default_factory=Numbers)
    queue: Queue = field(default_factory=Queue)
    return_call: ReturnCall = field(default_factory=ReturnCall)
    emergency: Emergency = field(default_factory=Emergency)
    menu: Menu = field(default_factory=Menu)
    recording: Recording = field(default_factory=Recording)
    speech: Speech = field(default_factory=Speech)
    database: Database = field(default_factory=Database)
    keep: Keep = field(default_factory=Keep)
    sms: Sms = field(default_factory=Sms)


SECTIONS: Mapping[str, type[Any]] = {
    "inbound": Inbound,
    "listen": Listen,
    "nat": Nat,
    "numbers": Numbers,
    "queue": Queue,
    "return_call": ReturnCall,
    "emergency": Emergency,
    "menu": Menu,
    "recording": Recording,
    "speech": Speech,
    "database": Database,
    "keep": Keep,
    "sms": Sms,
}
TITLES = {
    "inbound": "市民来电的中继线",
    "listen": "监听地址与端口",
    "nat": "地址转换",
    "numbers": "号码写法",
    "queue": "排队与振铃",
    "return_call": "回拨",
    "emergency": "110、119、120、122",
    "menu": "按键菜单",
    "recording": "通话录音",
    "speech": "听懂来电人",
    "database": "数据库",
    "keep": "备份与保存期",
    "sms": "给诉求人的短信",
}


class BadSite(Refusal):
    """site.toml cannot be used; `faults` are Chinese sentences, one per fault."""

    def __init__(self, faults: list[str]) -> None:
        self.faults = faults
        super().__init__("\n".join(faults))


def load_site(path: Path) -> Site:
    """Read and check ``path``; a missing file is an empty one."""
    try:
        content = path.read_text("utf-8")
    except FileNotFoundError:
        return Site()
    except (OSError, UnicodeDecodeError) as error:
        raise BadSite([f"{path} 读不出来（{error}）：请检查权限，并存为 UTF-8。"]) from error
    site = parse_site(content, str(path))
    return replace(site, database=with_password(site.database, str(path)))


def parse_site(content: str, name: str = "site.toml") -> Site:
    """Check the text of a site.toml; ``name`` is how the file is called in the sentences."""
    try:
        table = tomllib.loads(content)
    except tomllib.TOMLDecodeError as error:
        where = re.search(r"at line (\d+)", str(error))
        line = f"第 {where[1]} 行" if where else "末尾"
        raise BadSite([f"{name} {line}不是正确的 TOML：请检查引号、等号和方括号。"]) from error
    reading = Reading(content, name)
    site = Site(**reading.sections(table))
    reading.faults += contradictions(site, name)
    if reading.faults:
        raise BadSite(reading.faults)
    return site


def with_password(database: Database, name: str) -> Database:
    """The database with the password of its file in the URL, where `site.toml` names one."""
    if not database.password_file:
        return database
    login = re.fullmatch(r"(postgresql\+asyncpg://[^:@/]+)(@.+)", database.url)
    if login is None:
        why = "要与 url 一起写，而且 url 中只写用户、不写密码"
        raise BadSite([f"{name} [database] password_file：{why}。"])
    try:
        password = Path(database.password_file).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = f"{database.password_file} 读不出来（{error}）"
        raise BadSite([f"{name} [database] password_file：{why}，请检查路径和权限。"]) from error
    if not password:
        raise BadSite([f"{name} [database] password_file：{database.password_file} 是空的。"])
    return replace(database, url=f"{login[1]}:{quote(password, safe='')}{login[2]}")


class Reading:
    """One pass over one file, collecting its faults."""

    def __init__(self, content: str, name: str) -> None:
        self.lines = content.splitlines()
        self.name = name
        self.faults: list[str] = []

    def sections(self, table: Mapping[str, object]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for section, body in table.items():
            kind = SECTIONS.get(section)
            if kind is None:
                self.blame("", section, f"没有这一节{nearest(section, SECTIONS)}")
            elif not isinstance(body, dict):
                self.blame("", section, f"应写成一节：[{section}]")
            elif section == "emergency":
                found[section] = self.emergency(body)
            else:
                found[section] = kind(**self.keys(section, kind, body))
        return found

    def emergency(self, body: dict[str, object]) -> Emergency:
        trunks = body.pop("trunk", [])
        if not isinstance(trunks, list) or not all(isinstance(item, dict) for item in trunks):
            self.blame("emergency", "trunk", "每条中继应写成一节：[[emergency.trunk]]")
            trunks = []
        if len(trunks) > 2:
            self.blame("emergency", "trunk", f"最多两条（主、备），写了 {len(trunks)} 条")
        read_trunks = tuple(
            EmergencyTrunk(**self.keys("emergency.trunk", EmergencyTrunk, trunk, nth))
            for nth, trunk in enumerate(trunks)
        )
        return Emergency(**self.keys("emergency", Emergency, body), trunks=read_trunks)

    def keys(
        self, section: str, kind: type[Any], body: Mapping[str, object], nth: int = 0
    ) -> dict[str, Any]:
        """The keys of one section that could be read; the others are blamed."""
        readers = {item.name: item.metadata["read"] for item in fields(kind) if item.metadata}
        found = {}
        for key, value in body.items():
            if key not in readers:
                self.blame(section, key, f"没有这个设置{nearest(key, readers)}", nth)
                continue
            try:
                found[key] = readers[key](value)
            except ValueError as error:
                self.blame(section, key, f"{error}，现在是 {shown(key, value)}", nth)
        return found

    def blame(self, section: str, key: str, why: str, nth: int = 0) -> None:
        line = self.line_of(section, key, nth)
        where = f"第 {line} 行 " if line else ""
        place = f"[{section}] {key}" if section else f"[{key}]"
        stop = "" if why.endswith("？") else "。"
        self.faults.append(f"{self.name} {where}{place}：{why}{stop}")

    def line_of(self, section: str, key: str, nth: int) -> int | None:
        """The line a key stands on: tomllib does not tell."""
        header = re.compile(rf"\s*\[+\s*{re.escape(section or key)}\s*\]+")
        starts = [n for n, line in enumerate(self.lines) if header.match(line)]
        if not section:
            return starts[0] + 1 if starts else None
        if nth >= len(starts):
            return None
        for number in range(starts[nth] + 1, len(self.lines)):
            if re.match(r"\s*\[", self.lines[number]):
                break
            if re.match(rf'\s*"?{re.escape(key)}"?\s*=', self.lines[number]):
                return number + 1
        return starts[nth] + 1


def contradictions(site: Site, name: str) -> list[str]:
    """What each value alone cannot show."""
    faults = []
    inbound, listen, emergency = site.inbound, site.listen, site.emergency
    if inbound.mode == "ip" and not inbound.addresses:
        faults.append('[inbound] mode = "ip" 时必须写 addresses（运营商的 IP）')
    if inbound.mode == "registration":
        missing = [key for key in ("server", "username") if not getattr(inbound, key)]
        missing += ["password"] if not inbound.password.value else []
        if missing:
            faults.append(f'[inbound] mode = "registration" 时必须写 {"、".join(missing)}')
    if listen.rtp_to - listen.rtp_from < 99:
        faults.append("[listen] rtp_from 到 rtp_to 至少要有 100 个端口")
    ports = [listen.web_port, listen.sip_port, listen.ws_port, listen.ami_port]
    if len(set(ports)) != len(ports):
        faults.append("[listen] web_port、sip_port、ws_port、ami_port 不能相同")
    if site.sms.gateway == "http" and not site.sms.url:
        faults.append('[sms] gateway = "http" 时必须写 url（平台的发送地址）')
    if bool(listen.cert) != bool(listen.key):
        faults.append("[listen] cert 与 key 要一起写（证书文件和它的密钥文件）")
    if emergency.live and not emergency.trunks:
        faults.append("[emergency] live = true 时必须写 [[emergency.trunk]]")
    for trunk in emergency.trunks:
        if not trunk.address:
            faults.append("[[emergency.trunk]] 必须写 address（报警中心的 IP）")
        elif ipaddress.ip_address(trunk.address).is_loopback:
            faults.append(f"[[emergency.trunk]] address 不能是本机地址 {trunk.address}")
    return [f"{name} {fault}。" for fault in faults]


def nearest(word: str, known: Mapping[str, object]) -> str:
    likely = difflib.get_close_matches(word, list(known), n=1, cutoff=0.5)
    if likely:
        return f"，是否想写 {likely[0]}？"
    return f"，可用的有 {'、'.join(known)}"


def shown(key: str, value: object) -> str:
    """A value as blamed; passwords are never repeated."""
    return "（已隐去）" if key in {"password", "url", "secret", "reply_secret"} else repr(value)

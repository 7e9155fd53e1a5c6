"""Where seats come in: what `--listen` may say, and what DATA/tls holds afterwards."""

from __future__ import annotations

import datetime as dt
import socket
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from asterisk_conf import exchange
from asterisk_conf.errors import ExchangeFailed
from asterisk_conf.plan import ExchangePlan, Seats
from hotline.policy import ZONE
from switchboard import addresses, seats_elsewhere
from switchboard.addresses import BadAddress, own_addresses
from switchboard.certificates import Pair, certificate_state, make_ca, make_leaf
from switchboard.free_ports import Ports
from switchboard.lan import Lan, Typed, decide, origin, split
from switchboard.seats_elsewhere import Renewal
from switchboard.settings import find_settings
from switchboard.site import Site, parse_site
from switchboard.tls_files import BadTls, bring
from tests.asterisk_conf.plans import a_plan

NOW = dt.datetime(2026, 9, 28, 10, 0, tzinfo=ZONE)
LAN = Lan(host="hotline.lan", address="192.168.1.5", web_port=8443, networks=("192.168.1.0/24",))

FIB = """\
Main:
  +-- 0.0.0.0/0 3 0 4
     |-- 127.0.0.1
        /32 host LOCAL
     |-- 192.168.1.5
        /32 host LOCAL
     |-- 192.168.1.255
        /32 link BROADCAST
"""
V6 = """\
00000000000000000000000000000001 01 80 10 80       lo
fd000000000000000000000000000005 02 40 00 80     eth0
fe8000000000000000fc00fffe000001 02 40 20 80     eth0
"""


@pytest.fixture
def at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with one address, whatever this one has."""
    monkeypatch.setattr(addresses, "own_addresses", lambda: ("192.168.1.5",))
    monkeypatch.setattr(addresses, "_is_own", lambda address: address == "192.168.1.5")
    names = {
        "hotline.lan": ["127.0.1.1", "192.168.1.5"],
        "elsewhere.lan": ["192.168.1.77"],
        "home": ["127.0.1.1"],
    }

    def look_up(name: str, *_: object, **__: object) -> list[tuple[object, ...]]:
        name = name.lower()
        if name not in names:
            raise socket.gaierror
        return [(socket.AF_INET, 1, 0, "", (one, 0)) for one in names[name]]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)


def test_the_addresses_of_this_machine_are_those_others_can_reach(tmp_path: Path) -> None:
    (tmp_path / "fib").write_text(FIB)
    (tmp_path / "v6").write_text(V6)
    found = own_addresses(v4=tmp_path / "fib", v6=tmp_path / "v6")
    assert found == ("192.168.1.5", "fd00::5")


def test_a_machine_without_tables_has_no_addresses_and_no_fault(tmp_path: Path) -> None:
    assert own_addresses(v4=tmp_path / "fib", v6=tmp_path / "v6") == ()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("192.168.1.5", ("192.168.1.5", None)),
        ("192.168.1.5:8443", ("192.168.1.5", 8443)),
        ("hotline.lan:443", ("hotline.lan", 443)),
        ("fd00::5", ("fd00::5", None)),
        ("[fd00::5]:8443", ("fd00::5", 8443)),
    ],
)
def test_an_address_may_carry_its_port(text: str, found: tuple[str, int | None]) -> None:
    assert split(text) == found


@pytest.mark.parametrize("port", ["0", "65536", "web"])
def test_a_port_that_is_none_has_its_sentence(port: str) -> None:
    with pytest.raises(BadAddress, match=f"端口 {port} 不对"):
        split(f"192.168.1.5:{port}")


def test_nothing_said_is_loopback_without_a_certificate() -> None:
    lan = decide(Site(), Typed())
    assert not lan.elsewhere
    assert (lan.address, lan.web_port, lan.names) == ("127.0.0.1", 8080, ("127.0.0.1", "localhost"))
    assert decide(Site(), Typed(listen="localhost:9000")) == Lan(web_port=9000)


@pytest.mark.usefixtures("at_home")
@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        (Typed(listen="0.0.0.0"), "不能是 0.0.0.0.*本机的地址有 192.168.1.5。"),
        (Typed(listen="::"), "不能是 ::"),
        (Typed(listen="192.168.1.6"), "192.168.1.6 不是本机的地址.*192.168.1.5"),
        (Typed(listen="nowhere.lan"), "解析不到地址"),
        (Typed(listen="elsewhere.lan"), "指向 192.168.1.77，不是本机"),
        (Typed(listen="home"), "指向本机环回地址，坐席到不了"),
        (Typed(listen="a b"), "不是 IP 地址，也不是主机名"),
        (Typed(listen="192.168.1.5:1", port=2), "只写一处"),
        (Typed(listen="192.168.1.5", cert=Path("a")), "--cert 与 --key 要一起写"),
        (Typed(cert=Path("a"), key=Path("b")), "要与 --listen 一起用"),
    ],
)
def test_what_cannot_be_listened_on_has_its_sentence(typed: Typed, sentence: str) -> None:
    with pytest.raises(BadAddress, match=sentence):
        decide(Site(), typed)


@pytest.mark.usefixtures("at_home")
def test_a_host_name_is_what_people_type_and_its_address_what_is_bound() -> None:
    lan = decide(Site(), Typed(listen="Hotline.lan:443"))
    assert (lan.host, lan.address, lan.web_port) == ("hotline.lan", "192.168.1.5", 443)
    assert lan.names == ("hotline.lan", "192.168.1.5")
    assert "192.168.1.0/24" in lan.networks
    assert "127.0.0.0/8" in lan.networks, "./jiesu seat beside it"


@pytest.mark.usefixtures("at_home")
def test_site_toml_is_the_lasting_place() -> None:
    text = '[listen]\naddress = "hotline.lan"\nseat_networks = ["192.168.1.0/26"]\n'
    lan = decide(parse_site(text + 'cert = "/c.pem"\nkey = "/k.pem"\n'), Typed())
    assert (lan.host, lan.given) == ("hotline.lan", (Path("/c.pem"), Path("/k.pem")))
    assert lan.networks == ("192.168.1.0/26", "127.0.0.0/8")


def test_an_ipv4_trunk_and_an_ipv6_desk_do_not_go_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _all_ours_on_ipv6(monkeypatch)
    site = parse_site('[inbound]\nmode = "ip"\naddresses = ["10.0.0.1"]\n')
    with pytest.raises(BadAddress, match="中继的地址是 IPv4"):
        decide(site, Typed(listen="hotline.lan"))


def test_ipv6_needs_a_name_because_pages_cannot_name_the_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _all_ours_on_ipv6(monkeypatch)
    with pytest.raises(BadAddress, match="请写一个指向它的主机名"):
        decide(Site(), Typed(listen="[fd00::5]:8443"))
    lan = decide(Site(), Typed(listen="hotline.lan"))
    assert (lan.address, lan.names) == ("fd00::5", ("hotline.lan",))


def _all_ours_on_ipv6(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = [(socket.AF_INET6, 1, 0, "", ("fd00::5", 0, 0, 0))]
    monkeypatch.setattr(addresses, "_is_own", lambda _: True)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answer)


def test_browsers_leave_out_the_usual_port() -> None:
    assert origin("https", "hotline.lan", 443) == "https://hotline.lan"
    assert origin("https", "fd00::5", 8443) == "https://[fd00::5]:8443"
    assert origin("http", "127.0.0.1", 8080) == "http://127.0.0.1:8080"


def test_a_port_has_to_be_free_where_the_seats_come_in_as_well() -> None:
    ports = Ports(also="127.0.0.9")
    with socket.socket() as busy:
        busy.bind(("127.0.0.9", 0))
        busy.listen()
        taken = busy.getsockname()[1]
        assert ports.claim(taken) != taken
        assert ports.claim(taken, host="127.0.0.1") == taken
    ports.close()


# -------------------------------------------------------------------------------------- DATA/tls


def halves(combined: bytes) -> Pair:
    at = combined.index(b"-----BEGIN CERTIFICATE-----")
    return Pair(combined[at:], combined[:at])


def test_the_first_start_makes_a_ca_that_only_its_owner_can_use(tmp_path: Path) -> None:
    folder = tmp_path / "tls"
    brought = bring(folder, LAN, NOW)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}
    assert modes.pop("ca.crt") == 0o644
    assert modes == {"ca.key": 0o600, "own.pem": 0o600, "in-use.pem": 0o600}
    assert brought.state.state == "good"
    assert brought.changed
    assert brought.fingerprint.count(":") == 31
    assert (folder / "in-use.pem").read_bytes() == brought.combined


def test_every_later_start_uses_the_same(tmp_path: Path) -> None:
    first = bring(tmp_path, LAN, NOW)
    again = bring(tmp_path, LAN, NOW + dt.timedelta(days=300))
    assert again.combined == first.combined
    assert not again.changed


def test_thirty_days_before_its_end_a_new_one_is_made_by_the_same_ca(tmp_path: Path) -> None:
    first = bring(tmp_path, LAN, NOW)
    renewed = bring(tmp_path, LAN, NOW + dt.timedelta(days=367))
    assert renewed.combined != first.combined
    assert renewed.changed
    assert (renewed.ca, renewed.state.state) == (first.ca, "good")


def test_another_address_gets_a_certificate_of_the_ca_that_seats_trust(tmp_path: Path) -> None:
    first = bring(tmp_path, LAN, NOW)
    moved = bring(tmp_path, replace(LAN, address="192.168.7.7"), NOW)
    assert moved.ca == first.ca
    pem = halves(moved.combined).chain
    assert certificate_state(pem, ["hotline.lan", "192.168.7.7"], NOW).usable


def test_an_address_the_ca_may_not_vouch_for_says_what_to_do(tmp_path: Path) -> None:
    bring(tmp_path, LAN, NOW)
    with pytest.raises(BadTls, match=r"不能为 203.0.113.9 签发证书：请删除 .*每个坐席要重新信任"):
        bring(tmp_path, replace(LAN, address="203.0.113.9"), NOW)


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: (folder / "own.pem").write_bytes(b"half a file"),
        lambda folder: (folder / "own.pem").write_bytes(
            make_leaf(make_ca(LAN.names, NOW), LAN.names, NOW).combined
        ),
        lambda folder: (folder / "own.pem").unlink(),
    ],
    ids=["damaged", "a stranger's", "gone"],
)
def test_a_certificate_that_does_not_serve_is_made_anew(
    damage: Callable[[Path], object], tmp_path: Path
) -> None:
    first = bring(tmp_path, LAN, NOW)
    damage(tmp_path)
    again = bring(tmp_path, LAN, NOW)
    assert again.ca == first.ca
    assert again.state.usable
    assert again.combined != first.combined


def test_a_damaged_ca_is_never_replaced_in_silence(tmp_path: Path) -> None:
    bring(tmp_path, LAN, NOW)
    (tmp_path / "ca.key").write_bytes(b"nonsense")
    with pytest.raises(BadTls, match=r"CA 不能用.*请删除"):
        bring(tmp_path, LAN, NOW)
    (tmp_path / "ca.key").unlink()
    with pytest.raises(BadTls, match="读写不了"):
        bring(tmp_path, LAN, NOW)


@pytest.fixture
def given(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate of the site's own authority, in two files."""
    leaf = make_leaf(make_ca(["hotline.lan"], NOW), ["hotline.lan"], NOW)
    cert, key = tmp_path / "site.pem", tmp_path / "site.key"
    cert.write_bytes(leaf.chain)
    key.write_bytes(leaf.key)
    return cert, key


def test_the_site_s_own_certificate_is_used_and_no_ca_is_made(
    given: tuple[Path, Path], tmp_path: Path
) -> None:
    brought = bring(tmp_path / "tls", replace(LAN, given=given), NOW)
    assert (brought.ca, brought.fingerprint) == (None, "")
    assert [file.name for file in (tmp_path / "tls").iterdir()] == ["in-use.pem"]


def test_a_certificate_the_site_replaced_is_seen(given: tuple[Path, Path], tmp_path: Path) -> None:
    lan = replace(LAN, given=given)
    assert bring(tmp_path / "tls", lan, NOW).changed
    assert not bring(tmp_path / "tls", lan, NOW).changed
    leaf = make_leaf(make_ca(["hotline.lan"], NOW), ["hotline.lan"], NOW)
    given[0].write_bytes(leaf.chain)
    with pytest.raises(BadTls, match="不是一对"):  # the key follows a moment later
        bring(tmp_path / "tls", lan, NOW)
    given[1].write_bytes(leaf.key)
    assert bring(tmp_path / "tls", lan, NOW).changed


@pytest.mark.parametrize(
    ("lan", "days", "sentence"),
    [
        (LAN, 400, "已于 .* 过期"),
        (LAN, -5, "才生效"),
        (replace(LAN, host="192.168.1.5"), 0, "证书不包含 192.168.1.5"),
    ],
)
def test_a_site_s_certificate_that_browsers_refuse_is_refused_first(
    lan: Lan, days: int, sentence: str, given: tuple[Path, Path], tmp_path: Path
) -> None:
    with pytest.raises(BadTls, match=sentence):
        bring(tmp_path / "tls", replace(lan, given=given), NOW + dt.timedelta(days=days))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    lan = replace(LAN, given=(tmp_path / "no.pem", tmp_path / "no.key"))
    with pytest.raises(BadTls, match=r"证书文件 .*no\.pem 读不出来"):
        bring(tmp_path / "tls", lan, NOW)


# --------------------------------------------------------------------------------- kept fresh


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What Asterisk was told; it is away once, at the first try."""
    heard: list[str] = []

    async def reload(_plan: ExchangePlan, modules: tuple[str, ...]) -> None:
        heard.extend(modules)
        if len(heard) == 1:
            raise ExchangeFailed("Asterisk 没有回应")

    monkeypatch.setattr(exchange, "reload", reload)
    monkeypatch.setattr(exchange, "run_user", lambda: None)
    return heard


@pytest.mark.anyio
async def test_an_exchange_that_was_away_is_told_of_the_certificate_later(
    tmp_path: Path, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "asterisk" / "seats.pem"
    plan = replace(a_plan(), seats=Seats(LAN.address, file, LAN.networks))
    settings = find_settings(tmp_path)
    renewal = Renewal(settings, LAN, plan)
    assert "证书没有更换：Asterisk 没有回应" in await renewal.look()
    assert "证书已更换" in await renewal.look()
    assert await renewal.look() == ""
    assert told == ["http", "http"]
    assert file.read_bytes() == (settings.tls / "in-use.pem").read_bytes()
    late = dt.datetime.now(dt.UTC) + dt.timedelta(days=370)
    monkeypatch.setattr(seats_elsewhere, "utc_now", lambda: late)
    assert "证书已更换" in await renewal.look()
    (settings.tls / "ca.key").unlink()
    before = file.read_bytes()
    assert "证书没有更换" in await renewal.look()
    assert file.read_bytes() == before, "what works stays in use"

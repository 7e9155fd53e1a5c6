"""site.toml: what may stand in it, and the sentence for each fault."""

from __future__ import annotations

import re
import stat
from dataclasses import fields, replace
from pathlib import Path

import pytest

from switchboard import site as site_module
from switchboard.settings import find_settings
from switchboard.site import BadSite, Emergency, Site, load_site, parse_site
from switchboard.site_template import template, write_template


def faults_of(content: str) -> list[str]:
    with pytest.raises(BadSite) as caught:
        parse_site(content)
    return caught.value.faults


def the_fault_of(content: str) -> str:
    faults = faults_of(content)
    assert len(faults) == 1, faults
    return faults[0]


def test_without_a_file_jiesu_is_a_demonstration_on_loopback(tmp_path: Path) -> None:
    site = load_site(tmp_path / "site.toml")
    assert site == Site()
    assert site.inbound.mode == "demo"
    assert site.listen.address == "127.0.0.1"
    assert not site.emergency.live
    assert not site.menu.enabled


def test_the_template_sets_nothing_and_names_every_setting() -> None:
    assert parse_site(template()) == Site()
    for kind in [*site_module.SECTIONS.values(), site_module.EmergencyTrunk]:
        for item in fields(kind):
            if item.metadata:
                assert f"# {item.name} = " in template(), item.name


def test_the_template_with_its_hash_signs_removed_says_the_defaults() -> None:
    lines = []
    for line in template().splitlines():
        is_setting = line.startswith("# [") or (line.startswith("# ") and " = " in line)
        lines.append(line[2:] if is_setting else line)
    content = "\n".join(lines)
    content = re.sub(r'^address = ""', 'address = "10.9.8.7"', content, flags=re.MULTILINE)
    assert replace(parse_site(content), emergency=Emergency()) == Site()


def test_the_template_is_written_once_and_only_for_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "site.toml"
    assert write_template(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.write_text("[menu]\nenabled = true\n")
    assert not write_template(path)
    assert load_site(path).menu.enabled


def test_a_whole_site_is_read() -> None:
    site = parse_site(
        """
        [inbound]
        mode = "registration"
        server = "sip.carrier.example"
        username = "0758-12345"
        password = "geheim!"
        access_numbers = ["12345", "07582345678"]
        codecs = ["alaw"]
        [nat]
        external_address = "203.0.113.7"
        local_networks = ["192.168.0.0/16"]
        [emergency]
        live = true
        [[emergency.trunk]]
        address = "10.1.1.1"
        [[emergency.trunk]]
        address = "10.1.1.2"
        port = 5070
        transport = "tcp"
        """
    )
    assert site.inbound.access_numbers == ("12345", "07582345678")
    assert site.inbound.password.value == "geheim!"
    assert [trunk.port for trunk in site.emergency.trunks] == [5060, 5070]
    assert site.nat.local_networks == ("192.168.0.0/16",)


def test_a_password_never_shows_itself() -> None:
    site = parse_site('[inbound]\nmode="registration"\nserver="a"\nusername="b"\npassword="geheim"')
    assert "geheim" not in repr(site)
    assert "geheim" not in f"{site.inbound.password}"
    assert "hat Blank" not in the_fault_of('[inbound]\npassword = "hat Blank"')


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("[inbond]", "site.toml 第 1 行 [inbond]：没有这一节，是否想写 inbound？"),
        ("[menu]\nenable = true", "第 2 行 [menu] enable：没有这个设置，是否想写 enabled？"),
        (
            '[menu]\nenabled = "yes"',
            "[menu] enabled：应为 true 或 false（不加引号），现在是 'yes'。",
        ),
        ('[listen]\nweb_port = "80"', "web_port：应为整数（不加引号），现在是 '80'。"),
        ("[listen]\nweb_port = 0", "web_port：应在 1 到 65535 之间，现在是 0。"),
        ('[listen]\naddress = "a b"', "[listen] address：应为主机名或 IP 地址"),
        ('[listen]\naddress = ""', "[listen] address：应为本机的 IP 地址或主机名"),
        ('[listen]\ncert = "/a.pem"', "[listen] cert 与 key 要一起写"),
        ('[inbound]\nserver = "a b"', "[inbound] server：应为主机名或 IP 地址，现在是"),
        ('[inbound]\naddresses = ["10.0.0.1/8"]', "第 1 项 '10.0.0.1/8' 应为 IP 地址或网段"),
        ('[inbound]\ncodecs = ["g729"]', "应为 alaw、ulaw、g722、opus 之一"),
        ("[inbound]\ncodecs = []", "[inbound] codecs：应有 1 到 64 项，现在是 []。"),
        ('[inbound]\ncodecs = ["alaw", "alaw"]', "有重复的项"),
        ('[inbound]\ndtmf = "rfc2833"', "应为 rfc4733、inband、info、auto 之一"),
        ('[inbound]\naccess_numbers = ["12345#"]', "只能是数字"),
        ('[inbound]\nmode = "ip"', '[inbound] mode = "ip" 时必须写 addresses（运营商的 IP）。'),
        ('[inbound]\nmode = "registration"', "必须写 server、username、password。"),
        ('[inbound]\nusername = "a;b"', "只能用不含空格和分号的英文字母、数字和符号"),
        ('[inbound]\nusername = "a\\nb"', "不能含换行等控制字符"),
        ("[listen]\nrtp_to = 20001", "至少要有 100 个端口"),
        ("[listen]\nsip_port = 8080", "不能相同"),
        ("[emergency]\nlive = true", "live = true 时必须写 [[emergency.trunk]]。"),
        ("[[emergency.trunk]]\nport = 5060", "必须写 address（报警中心的 IP）。"),
        ('[[emergency.trunk]]\naddress = "127.0.0.3"', "不能是本机地址 127.0.0.3。"),
        ('[database]\nurl = "mysql://x"', "应留空（用本机文件）"),
        ('[database]\nurl = "postgresql://geheim@x/y"', "现在是 （已隐去）。"),
        ("emergency = 3", "[emergency]：应写成一节：[emergency]。"),
        ("[inbound]\nmode = demo", "site.toml 第 2 行不是正确的 TOML：请检查引号、等号和方括号。"),
    ],
)
def test_each_fault_has_its_sentence(content: str, sentence: str) -> None:
    assert sentence in the_fault_of(content)


def test_all_faults_come_at_once_with_their_lines() -> None:
    faults = faults_of(
        '[inbound]\nmode = "ipp"\nport = "x"\n\n[[emergency.trunk]]\naddress = "10.0.0.1"\n'
        '[[emergency.trunk]]\naddress = "10.0.0.2"\nport = 70000\n'
    )
    assert [fault.split("：")[0] for fault in faults] == [
        "site.toml 第 2 行 [inbound] mode",
        "site.toml 第 3 行 [inbound] port",
        "site.toml 第 9 行 [emergency.trunk] port",
    ]


def test_a_file_that_is_not_text_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "site.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadSite, match="请检查权限，并存为 UTF-8"):
        load_site(path)


def test_an_ordinary_user_has_data_in_the_tree_and_root_below_var(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    ordinary = find_settings()
    assert ordinary.data == ordinary.root / "data"
    assert ordinary.cache == tmp_path / ".cache" / "jiesu"
    monkeypatch.setattr("os.geteuid", lambda: 0)
    root = find_settings()
    assert (root.data, root.cache) == (Path("/var/lib/jiesu"), Path("/var/cache/jiesu"))
    assert find_settings(Path("there")).data.is_absolute()


def database_of(tmp_path: Path, url: str, password: str | None) -> str:
    """The URL as the ledger gets it, with the password in a file of its own."""
    secret = tmp_path / "password"
    if password is not None:
        secret.write_text(password, "utf-8")
    file = tmp_path / "site.toml"
    file.write_text(f'[database]\nurl = "{url}"\npassword_file = "{secret}"\n', "utf-8")
    return load_site(file).database.url


def test_the_database_password_may_stand_in_a_file_of_its_own(tmp_path: Path) -> None:
    url = database_of(tmp_path, "postgresql+asyncpg://jiesu@127.0.0.1/jiesu", "a/b@c:d\n")
    assert url == "postgresql+asyncpg://jiesu:a%2Fb%40c%3Ad@127.0.0.1/jiesu"


@pytest.mark.parametrize(
    ("url", "password", "said"),
    [
        ("postgresql+asyncpg://jiesu:x@127.0.0.1/jiesu", "y", "url 中只写用户、不写密码"),
        ("", "y", "要与 url 一起写"),
        ("postgresql+asyncpg://jiesu@127.0.0.1/jiesu", None, "读不出来"),
        ("postgresql+asyncpg://jiesu@127.0.0.1/jiesu", " \n", "是空的"),
    ],
)
def test_a_password_file_that_cannot_serve_is_said(
    tmp_path: Path, url: str, password: str | None, said: str
) -> None:
    with pytest.raises(BadSite, match=said):
        database_of(tmp_path, url, password)

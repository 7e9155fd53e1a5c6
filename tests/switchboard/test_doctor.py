"""Each part broken by itself in a real folder: its line was well before, and says so afterwards."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import os
import shutil
import socket
import sqlite3
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from asterisk_conf.modules import MODULES
from ivr.speech_model import SMALL
from ledger.sealed_files import MARK
from switchboard import certificates
from switchboard.backup import Wish, back_up
from switchboard.doctor.ami_visit import AmiVisit
from switchboard.doctor.case import read_case
from switchboard.doctor.checks import CHECKS
from switchboard.doctor.command import as_lines, as_program, command, findings
from switchboard.doctor.finding import Check, Finding, State, well
from switchboard.doctor.rounds import go_round, in_thread
from switchboard.recordings import folder_of
from switchboard.refusals import Refusal
from switchboard.secrets_file import ensure_secrets
from switchboard.settings import ROOT, Settings
from tests.ledger.laid import lay

pytestmark = pytest.mark.anyio

NOON = dt.datetime(2026, 9, 28, 4, 0, tzinfo=dt.UTC)
NEXT_YEAR = """\
year = 2027
document = "国务院办公厅关于2027年部分节假日安排的通知（国办发明电〔2026〕1号）"
[[holiday]]
name = "元旦"
from = 2027-01-01
to = 2027-01-03
"""


@dataclass(slots=True)
class Time:
    """A clock that is set by the test."""

    at: dt.datetime = NOON
    kept: bool | None = True

    def now(self) -> dt.datetime:
        return self.at

    def synchronised(self) -> bool | None:
        return self.kept


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(root=ROOT, data=tmp_path / "data", cache=tmp_path / "cache")


@pytest.fixture
def data(settings: Settings) -> Path:
    settings.data.mkdir(mode=0o700)
    return settings.data


async def seen(settings: Settings, name: str, clock: Time | None = None) -> Finding:
    """What doctor says of one part now."""
    checks = [check for check in CHECKS if check.name == name]
    [(_, found)] = await findings(settings, checks, clock or Time())
    return found


def is_well(found: Finding) -> bool:
    return found.state is State.OK


def is_fault(found: Finding) -> bool:
    return found.state is State.FAULT and bool(found.do)


def is_warning(found: Finding) -> bool:
    return found.state is State.WARN and bool(found.do)


# ------------------------------------------------------------------------------------- as a whole


async def test_a_fresh_machine_has_no_fault_and_nothing_is_made(settings: Settings) -> None:
    found = await findings(settings, clock=Time(kept=False))
    assert [check.name for check, one in found if one.state is State.FAULT] == []
    assert not settings.data.exists()
    assert not settings.cache.exists()
    for _, one in found:
        assert one.found
        assert one.do or is_well(one), "what is not well comes with what to do"
    programs_read(as_program(found))
    people_read(as_lines(found).splitlines())


def programs_read(content: str) -> None:
    """The names that stay."""
    rows = json.loads(content)["checks"]
    assert all(set(row) == {"name", "state", "found", "do"} for row in rows)
    assert {row["state"] for row in rows} <= {"ok", "warn", "fault"}
    assert [row["name"] for row in rows] == (
        "running site data asterisk modules ami audio trunks model workers database backup disk"
        " recordings attachments clock ports calendar packs certificates voice"
    ).split()


def people_read(lines: list[str]) -> None:
    """One line a part, and a count."""
    assert len(lines) == len(CHECKS) + 1
    assert lines[0].startswith("正常  运行        未运行")
    assert lines[-1].startswith(f"共 {len(CHECKS)} 项：正常 ")


async def test_only_a_fault_makes_the_exit_code_one(
    settings: Settings, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (data / "site.toml").write_text("[speech]\nlisten = false\n")  # no model to be loaded
    assert await command(settings, as_json=False) == 0
    (data / "site.toml").write_text("[menu]\nenabled = 3\n")
    assert await command(settings, as_json=False) == 1
    assert "故障  设置        1 处不对  → " in capsys.readouterr().out


async def test_a_check_that_hangs_is_told_as_unknown_and_the_others_go_on(
    settings: Settings,
) -> None:
    async def hangs(_: object) -> Finding:
        await asyncio.Event().wait()
        return well("never")

    def blocks(_: object) -> Finding:
        time.sleep(3)
        return well("late")

    def breaks(_: object) -> Finding:
        raise ValueError

    checks = [
        Check(name="hangs", title="", look=hangs),
        Check(name="blocks", title="", look=in_thread(blocks)),
        Check(name="breaks", title="", look=in_thread(breaks)),
        next(check for check in CHECKS if check.name == "site"),
    ]
    [(_, site)] = await findings(settings, checks[3:])
    assert is_well(site)
    case = read_case(settings, AmiVisit(settings).act, Time())
    hung, blocked, broken, fine = await go_round(case, checks, within=0.3)
    assert hung.found == blocked.found == "查不出：0.3 秒内没有结果"
    assert broken.found == "查不出：ValueError"
    assert is_fault(hung)
    assert is_fault(broken)
    assert is_well(fine)


# ------------------------------------------------------------------------------- settings, folder


async def test_a_fault_in_site_toml_is_told_with_its_sentence(
    settings: Settings, data: Path
) -> None:
    assert is_well(await seen(settings, "site"))
    (data / "site.toml").write_text("[menu]\nenabled = 3\n")
    found = await seen(settings, "site")
    assert is_fault(found)
    assert "[menu] enabled：应为 true 或 false" in found.do


async def test_data_that_others_may_read_is_a_fault(settings: Settings, data: Path) -> None:
    assert is_well(await seen(settings, "data"))
    data.chmod(0o755)
    found = await seen(settings, "data")
    assert is_fault(found)
    assert f"chmod 700 {data}" in found.do
    data.chmod(0o711)
    assert is_well(await seen(settings, "data"))


async def test_secrets_that_are_damaged_or_open_are_a_fault(settings: Settings, data: Path) -> None:
    ensure_secrets(settings.secrets_file, ())
    assert is_well(await seen(settings, "data"))
    settings.secrets_file.chmod(0o644)
    assert "chmod 600" in (await seen(settings, "data")).do
    settings.secrets_file.chmod(0o600)
    settings.secrets_file.write_text("{")
    assert "读不懂" in (await seen(settings, "data")).found


# ------------------------------------------------------------------------------- Asterisk on disk


def lay_asterisk(cache: Path, version: str) -> Path:
    """A tree as the cache holds it: the files that are looked for, empty. Gives its modules."""
    root = cache / f"asterisk-{version}"
    libraries = root / "usr" / "lib" / "x86_64-linux-gnu"
    modules = libraries / "asterisk" / "modules"
    modules.mkdir(parents=True)
    for name in MODULES:
        (modules / f"{name}.so").touch()
    for name in ("usr/sbin/asterisk", "usr/lib64/ld-linux-x86-64.so.2"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    facts = {"version": f"1:{version}+dfsg-1", "packages": ["asterisk"], "complete": True}
    (root / "jiesu-tree.json").write_text(json.dumps(facts))
    return modules


async def test_an_asterisk_with_known_holes_is_a_fault(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", os.devnull)  # whatever this machine has of its own
    lay_asterisk(settings.cache, "22.10.1")
    assert (await seen(settings, "asterisk")).found == "未运行；本机有 22.10.1"
    shutil.rmtree(settings.cache)
    lay_asterisk(settings.cache, "22.4.0")
    found = await seen(settings, "asterisk")
    assert is_fault(found)
    assert found.found == "22.4.0 有未修补的漏洞"
    shutil.rmtree(settings.cache)
    assert is_warning(await seen(settings, "asterisk"))


async def test_a_module_missing_on_the_disk_is_named(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", os.devnull)
    modules = lay_asterisk(settings.cache, "22.10.1")
    assert is_well(await seen(settings, "modules"))
    (modules / "app_queue.so").unlink()
    found = await seen(settings, "modules")
    assert is_fault(found)
    assert "app_queue" in found.found


async def test_a_carrier_by_address_without_a_line_out_means_that_nobody_is_called_back(
    settings: Settings, data: Path
) -> None:
    by_address = '[inbound]\nmode = "ip"\naddresses = ["10.0.0.9"]\n'
    (data / "site.toml").write_text(by_address)
    found = await seen(settings, "trunks")
    assert is_warning(found)
    assert "不能回拨" in found.found
    assert "[return_call] server" in found.do
    (data / "site.toml").write_text(by_address + '[return_call]\nserver = "10.0.0.9"\n')
    assert is_well(await seen(settings, "trunks"))


async def test_an_unconfirmed_real_centre_is_a_fault(settings: Settings, data: Path) -> None:
    assert is_well(await seen(settings, "trunks"))
    trunk = '[emergency]\nlive = true\n[[emergency.trunk]]\naddress = "10.0.0.1"\n'
    (data / "site.toml").write_text(trunk)
    found = await seen(settings, "trunks")
    assert is_fault(found)
    assert found.do == "请运行 ./jiesu emergency confirm"


# ------------------------------------------------------------------------------------------ speech


@pytest.fixture
def model(data: Path, tmp_path: Path) -> Path:
    """A copy of the small model, named in site.toml."""
    folder = tmp_path / "my-model"
    shutil.copytree(SMALL, folder)
    (data / "site.toml").write_text(f'[speech]\nmodel = "{folder}"\n')
    return folder


async def loaded(settings: Settings) -> Finding:
    """A busy machine may not load it within doctor's patience at first."""
    for _ in range(10):
        found = await seen(settings, "model")
        if is_well(found):
            break
    return found


async def test_a_model_that_lost_a_part_is_a_fault(settings: Settings, model: Path) -> None:
    assert (await loaded(settings)).found == "my-model（8000 赫兹，908 个词），能装入"
    (model / "graph" / "Gr.fst").unlink()
    found = await seen(settings, "model")
    assert is_fault(found)
    assert "graph/HCLG.fst" in found.found


async def test_a_model_that_vosk_cannot_load_is_a_fault(settings: Settings, model: Path) -> None:
    (model / "am" / "final.mdl").write_bytes(b"nothing of the kind")
    found = await seen(settings, "model")
    assert is_fault(found)
    assert "电话照常" in found.do


async def test_the_small_model_is_well_and_says_what_it_is_worth(settings: Settings) -> None:
    found = await loaded(settings)
    assert is_well(found)
    assert "只认识几百个热线用词" in found.found
    assert "vosk-model-cn-0.22" in found.do
    assert "alphacephei.com/vosk/models" in found.do


# ------------------------------------------------------------------------------------ what is kept


@pytest.fixture
async def database(settings: Settings, data: Path) -> Path:
    await lay(f"sqlite:///{settings.database_file}", data / "backups")
    return settings.database_file


async def test_a_damaged_copy_of_the_database_is_a_fault(
    settings: Settings, database: Path, tmp_path: Path
) -> None:
    assert "没有坏页" in (await seen(settings, "database")).found
    copy = Settings(root=ROOT, data=tmp_path / "copy", cache=settings.cache)
    shutil.copytree(settings.data, copy.data)
    assert is_well(await seen(copy, "database"))
    with copy.database_file.open("r+b") as file:
        file.seek(3 * 4096)
        file.write(b"\xff" * 4096 * 6)
    found = await seen(copy, "database")
    assert is_fault(found)
    assert "备份" in found.do
    copy.database_file.write_bytes(b"this was a database once" * 400)
    assert is_fault(await seen(copy, "database"))
    assert is_well(await seen(settings, "database"))


async def test_a_database_that_opens_and_is_not_whole_is_a_fault(
    settings: Settings, database: Path
) -> None:
    with database.open("r+b") as file:
        file.seek(36)  # how many pages are free, in the header
        file.write((5).to_bytes(4, "big"))
    found = await seen(settings, "database")
    assert is_fault(found)
    assert "文件已损坏" in found.found


async def test_a_database_of_another_version_is_a_warning(
    settings: Settings, database: Path
) -> None:
    with closing(sqlite3.connect(database)) as file, file:
        file.execute("UPDATE alembic_version SET version_num = '0001'")
    found = await seen(settings, "database")
    assert is_warning(found)
    assert "0001" in found.found


async def test_looking_at_a_database_leaves_nothing_beside_it(
    settings: Settings, database: Path
) -> None:
    before = sorted(path.name for path in settings.data.iterdir())
    assert is_well(await seen(settings, "database"))
    assert sorted(path.name for path in settings.data.iterdir()) == before


async def test_attachments_in_clear_and_a_scanner_that_is_not_there_are_told(
    settings: Settings, data: Path
) -> None:
    found = await seen(settings, "attachments")
    assert is_well(found)
    assert found.found == "还没有附件；未配置病毒扫描"
    place = data / "attachments" / "00" / ("0" * 20)
    place.parent.mkdir(parents=True)
    place.write_bytes(b"%PDF-1.7 %%EOF")
    found = await seen(settings, "attachments")
    assert is_warning(found)
    assert "1 个是旧版本留下的，还没有加密" in found.found
    place.write_bytes(MARK + bytes(40))
    (data / "site.toml").write_text('[keep]\nscan_command = ["sh", "-"]\n')
    found = await seen(settings, "attachments")
    assert (is_well(found), found.found) == (True, "1 个 0 KB；用 sh 查毒")
    (data / "site.toml").write_text('[keep]\nscan_command = ["no-such-scanner"]\n')
    found = await seen(settings, "attachments")
    assert is_fault(found)
    assert "附件一律不收" in found.found


async def test_little_room_on_the_disk_is_a_fault(settings: Settings, data: Path) -> None:
    (data / "site.toml").write_text("[keep]\nlow_disk_gb = 0\n")
    assert is_well(await seen(settings, "disk"))
    (data / "site.toml").write_text("[keep]\nlow_disk_gb = 10000\n")
    found = await seen(settings, "disk")
    assert is_fault(found)
    assert "下限 10000 GB" in found.found


async def test_recordings_near_their_quota_are_a_warning(settings: Settings, data: Path) -> None:
    (data / "site.toml").write_text("[keep]\nrecordings_gb = 1\n")
    assert is_well(await seen(settings, "recordings"))
    folder = folder_of(settings)
    folder.mkdir(parents=True)
    with (folder / "8c1c5b30-d124-4fc2-898a-3acb53000001.wav").open("wb") as file:
        file.truncate(int(0.95 * 1024**3))  # takes no room
    found = await seen(settings, "recordings")
    assert is_warning(found)
    assert "recordings_gb" in found.do


# ------------------------------------------------------------------------------------- the machine


async def test_a_clock_that_nobody_keeps_or_that_is_wrong_is_told(settings: Settings) -> None:
    assert (await seen(settings, "clock")).found == "北京时间 2026-09-28 12:00，已与标准时间同步"
    assert is_warning(await seen(settings, "clock", Time(kept=False)))
    assert is_warning(await seen(settings, "clock", Time(kept=None)))
    wrong = Time(dt.datetime(2001, 1, 1, tzinfo=dt.UTC))
    assert is_fault(await seen(settings, "clock", wrong))


async def test_a_clock_behind_the_newest_fact_is_a_fault(
    settings: Settings, database: Path
) -> None:
    assert is_well(await seen(settings, "clock"))
    put_fact(database, NOON)
    assert is_well(await seen(settings, "clock"))
    found = await seen(settings, "clock", Time(NOON - dt.timedelta(days=1)))
    assert is_fault(found)
    assert "2026-09-28 12:00" in found.found


def put_fact(database: Path, at: dt.datetime) -> None:
    """A row of the journal, as the ledger writes its instants."""
    stamp = at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    row: Mapping[str, object] = {
        "seq": 1,
        "stream": "exchange",
        "type": "CallOpened",
        "version": 1,
        "at": stamp,
        "received_at": stamp,
        "policy_version": "",
        "code_version": "",
        "fence": 1,
        "body": "{}",
    }
    names = ", ".join(row)
    marks = ", ".join(f":{name}" for name in row)
    with closing(sqlite3.connect(database)) as file, file:
        file.execute(f"INSERT INTO journal ({names}) VALUES ({marks})", row)  # noqa: S608 - our own names


async def test_a_port_in_other_hands_is_named_with_its_owner(
    settings: Settings, data: Path
) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        free = [free_port() for _ in range(3)]
        (data / "site.toml").write_text(
            f"[listen]\nsip_port = {port}\nweb_port = {free[0]}\nws_port = {free[1]}\n"
            f"ami_port = {free[2]}\n"
        )
        found = await seen(settings, "ports")
        assert is_warning(found)
        assert f"SIP {port} 已被" in found.found
        assert f"进程号 {os.getpid()}" in found.found
    assert is_well(await seen(settings, "ports"))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# --------------------------------------------------------------------------------------- the rules


async def test_a_calendar_without_next_year_is_a_warning(settings: Settings, data: Path) -> None:
    own = data / "policies" / "calendar"
    own.mkdir(parents=True)
    (own / "2027.toml").write_text(NEXT_YEAR)
    assert (await seen(settings, "calendar")).found == "2026、2027 年的放假安排都已导入"
    (own / "2027.toml").unlink()
    found = await seen(settings, "calendar")
    assert is_warning(found)
    assert "2027 年没有导入" in found.found
    assert "暂定" in found.found


async def test_a_calendar_without_this_year_is_a_fault(settings: Settings) -> None:
    found = await seen(settings, "calendar", Time(dt.datetime(2031, 3, 1, tzinfo=dt.UTC)))
    assert is_fault(found)
    assert "2031、2032" in found.found


async def test_a_bad_pack_in_data_is_a_fault(settings: Settings, data: Path) -> None:
    assert "5 地" in (await seen(settings, "packs")).found
    (data / "policies").mkdir()
    bad = data / "policies" / "zhaoqing.toml"
    bad.write_text('[pack]\ncode = "zhaoqing"\n')
    found = await seen(settings, "packs")
    assert is_fault(found)
    assert str(bad) in found.found
    bad.write_text("= nothing")
    assert is_fault(await seen(settings, "packs"))
    assert is_fault(await seen(settings, "calendar"))


# ---------------------------------------------------------------------------- certificates, copies


async def test_on_loopback_no_certificate_is_wanted(settings: Settings) -> None:
    assert (await seen(settings, "certificates")).found == "只在本机监听，不需要证书"


@pytest.mark.parametrize(
    ("address", "later", "told"),
    [
        ("10.1.2.3", dt.timedelta(days=380), "天到期"),
        ("10.1.2.3", dt.timedelta(days=400), "过期"),
        ("10.1.2.3", dt.timedelta(days=-9), "才生效"),
        ("10.9.9.9", dt.timedelta(), "不包含 10.9.9.9"),
    ],
)
async def test_a_certificate_that_browsers_refuse_or_soon_will_is_told(
    settings: Settings, data: Path, address: str, later: dt.timedelta, told: str
) -> None:
    (data / "site.toml").write_text('[listen]\naddress = "10.1.2.3"\n')
    lay_certificate(data, "10.1.2.3")
    assert "10.1.2.3：证书有效至" in (await seen(settings, "certificates")).found
    (data / "site.toml").write_text(f'[listen]\naddress = "{address}"\n')
    found = await seen(settings, "certificates", Time(NOON + later))
    assert not is_well(found)
    assert found.do
    assert told in found.found


async def test_no_backup_an_old_one_and_a_failed_one_are_told(
    settings: Settings, database: Path
) -> None:
    assert database.exists()
    assert is_warning(await seen(settings, "backup"))
    ensure_secrets(settings.secrets_file, ())
    (settings.data / "city").write_text("zhaoqing")
    await back_up(settings, Wish())
    now = Time(dt.datetime.now(dt.UTC))
    assert is_well(await seen(settings, "backup", now))
    now.at += dt.timedelta(days=3)
    assert is_warning(await seen(settings, "backup", now))
    with pytest.raises(Refusal):
        await back_up(settings, Wish(to=settings.secrets_file / "below a file"))
    found = await seen(settings, "backup", now)
    assert is_fault(found)
    assert "没有成功" in found.found


async def test_a_certificate_with_another_key_is_a_fault(settings: Settings, data: Path) -> None:
    (data / "site.toml").write_text('[listen]\naddress = "10.1.2.3"\n')
    lay_certificate(data, "10.1.2.3")
    other = certificates.make_ca(["10.1.2.3"], NOON)
    file = data / "tls" / "in-use.pem"
    file.write_bytes(b"-----BEGIN CERTIFICATE-----")
    assert (await seen(settings, "certificates")).found == "证书读不懂"
    leaf = certificates.make_leaf(other, ["10.1.2.3"], NOON)
    file.write_bytes(other.key + leaf.chain)
    found = await seen(settings, "certificates")
    assert is_fault(found)
    assert found.found == "证书与密钥不是一对"


def lay_certificate(data: Path, address: str) -> None:
    """As `up --listen` lays it."""
    ca = certificates.make_ca([address], NOON)
    (data / "tls").mkdir(mode=0o700, exist_ok=True)
    leaf = certificates.make_leaf(ca, [address], NOON)
    (data / "tls" / "in-use.pem").write_bytes(leaf.combined)


def test_the_document_has_every_check_and_no_other() -> None:
    rows = [
        line.split("|")
        for line in (ROOT / "docs" / "doctor.md").read_text("utf-8").splitlines()
        if line.startswith("| `")
    ]
    told = [(row[1].strip(" `"), row[2].strip()) for row in rows]
    assert told == [(check.name, check.title) for check in CHECKS]

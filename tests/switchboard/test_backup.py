"""A backup and what comes of it: whole, compared, refused where it is not; and kills in between."""

from __future__ import annotations

import asyncio
import datetime as dt
import gzip
import hashlib
import io
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tarfile
import time
import wave
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
from sqlalchemy import func, select, table

from hotline.errors import HotlineError
from hotline.words import CallId, Phone
from hotline.world import World
from ledger.migrate import newest
from ledger.store import Ledger, open_ledger
from switchboard import backup_told
from switchboard.backup import Wish, back_up, plain_files
from switchboard.backup_archive import BadArchive, Manifest, verify
from switchboard.backup_told import Backup, last_backup
from switchboard.keeping import Keeper
from switchboard.processes import process
from switchboard.recordings import is_whole
from switchboard.refusals import Refusal
from switchboard.restore import Wish as Back
from switchboard.restore import in_words, restore
from switchboard.running import State, write_state
from switchboard.secrets_file import ensure_secrets, load_secrets
from switchboard.settings import ROOT, Settings
from switchboard.site_keep import Keep
from tests.ledger.conftest import create_database
from tests.ledger.laid import lay
from tests.ledger.postgres import Cluster
from tests.ledger.stories import closed, opened

pytestmark = pytest.mark.anyio

CALL = "5f0c9a52-0a4e-4a6e-9f1e-6f4a1b0c2d3e"
STILL_OPEN = "00000000-0a4e-4a6e-9f1e-6f4a1b0c2d3e"


def settings_of(data: Path) -> Settings:
    return Settings(root=ROOT, data=data, cache=data / "cache")


def wav(path: Path, seconds: float = 0.5) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(random.Random(7).randbytes(int(16000 * seconds)))


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A DATA as a running system leaves it: one call, its number, its recording, an audit row."""
    data = tmp_path_factory.mktemp("template") / "d"
    data.mkdir()
    settings = settings_of(data)
    secrets = ensure_secrets(settings.secrets_file, ())
    (data / "city").write_text("zhaoqing\n")
    (data / "site.toml").write_text(
        '[inbound]\npassword = "trunk-secret"\n[keep]\nbackups = 2\n', "utf-8"
    )
    (data / "users.txt").write_text("1001 secret\n")
    (data / "policies").mkdir()
    (data / "policies" / "own.toml").write_text("# 本地补充\n", "utf-8")
    log = data / "asterisk" / "log" / "queue_log"
    log.parent.mkdir(parents=True)
    log.write_text("1|NONE|NONE|NONE|QUEUESTART|\n2|half a li", "utf-8")
    wav(data / "asterisk" / "recordings" / f"{CALL}.wav")
    still = data / "asterisk" / "recordings" / f"{STILL_OPEN}.wav"
    wav(still)
    still.write_bytes(still.read_bytes() + bytes(640))  # the header does not tell its length yet

    async def fill() -> None:
        url = f"sqlite+aiosqlite:///{settings.database_file}"
        await lay(url, data / "backups")
        async with open_ledger(
            url, field_key=secrets.field_key, clock=now, code_version="test", city="zhaoqing"
        ) as ledger:
            await ledger.journal.start("test")
            ledger.callers.remember(CallId(CALL), Phone("13800006027"))
            await ledger.journal.append([opened(CALL), closed(CALL)], policy_version="p")
            await ledger.audit.record("u1", "listened", CALL)

    asyncio.run(fill())
    return data


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@pytest.fixture
def settings(template: Path, tmp_path: Path) -> Settings:
    shutil.copytree(template, tmp_path / "d")
    return settings_of(tmp_path / "d")


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


async def made(settings: Settings, **wish: object) -> Backup:
    return await back_up(settings, Wish(**wish))  # type: ignore[arg-type]


# ---------------------------------------------------------------------------------- there and back


async def test_what_was_backed_up_comes_back_file_by_file(
    settings: Settings, tmp_path: Path
) -> None:
    old = settings.asterisk / "recordings" / f"{CALL}.wav"
    os.utime(old, (1_700_000_000, 1_700_000_000))
    done = await made(settings, recordings=True)
    manifest = done.manifest
    assert done.file.stat().st_mode & 0o777 == 0o600
    assert (manifest.journal_seq, manifest.tables["calls"], manifest.recordings) == (2, 1, True)

    other = settings_of(tmp_path / "other")
    back = await restore(other, Back(file=done.file))
    assert back.manifest == manifest
    for member in manifest.members:
        there = other.data / member.name
        assert (there.stat().st_size, digest(there)) == (member.size, member.sha256), member.name
        assert there.stat().st_mode & 0o077 == 0, member.name
    # Its days go on counting from when it was made, not from when it came back.
    back_again = other.asterisk / "recordings" / f"{CALL}.wav"
    assert back_again.stat().st_mtime == 1_700_000_000
    names = {str(p.relative_to(other.data)) for p in other.data.rglob("*") if p.is_file()}
    assert names == {one.name for one in manifest.members}
    assert {"site.toml", "secrets.json", "users.txt", "city", "policies/own.toml"} < names

    async with ledger_of(other) as ledger:
        assert (await ledger.audit.verify()).intact
        assert await ledger.callers.find(CallId(CALL)) == Phone("13800006027")
    assert "工单 0，通话 1" in in_words(back)


def ledger_of(settings: Settings) -> AbstractAsyncContextManager[Ledger]:
    return open_ledger(
        f"sqlite+aiosqlite:///{settings.database_file}",
        field_key=load_secrets(settings.secrets_file).field_key,
        clock=now,
        code_version="test",
        city="zhaoqing",
    )


async def test_a_recording_still_being_written_is_left_out_and_named(settings: Settings) -> None:
    folder = settings.asterisk / "recordings"
    assert is_whole(folder / f"{CALL}.wav")
    assert not is_whole(folder / f"{STILL_OPEN}.wav")
    manifest = (await made(settings, recordings=True)).manifest
    assert manifest.skipped == (f"asterisk/recordings/{STILL_OPEN}.wav",)
    assert f"asterisk/recordings/{CALL}.wav" in {one.name for one in manifest.members}


async def test_without_being_asked_recordings_stay_and_their_size_is_said(
    settings: Settings,
) -> None:
    done = await made(settings)
    assert not [one for one in done.manifest.members if one.name.endswith(".wav")]
    assert (done.recordings, done.recordings_left) == (0, 2)
    assert "录音 2 段、16 KB 不在里面：加 --recordings" in backup_told.in_words(done)
    told = json.loads(backup_told.as_json(done))
    assert (told["recordings_left"], told["secrets"], told["schema"]) == (2, True, newest())


async def test_the_queue_log_ends_with_a_whole_line(settings: Settings, tmp_path: Path) -> None:
    done = await made(settings)
    await restore(settings_of(tmp_path / "o"), Back(file=done.file))
    log = tmp_path / "o" / "asterisk" / "log" / "queue_log"
    assert log.read_text() == "1|NONE|NONE|NONE|QUEUESTART|\n"


async def test_without_secrets_no_key_and_no_password_is_in_the_file(settings: Settings) -> None:
    (settings.data / "tls").mkdir()
    (settings.data / "tls" / "server.key").write_text("private")
    done = await made(settings, secrets=False)
    names = {one.name for one in done.manifest.members}
    assert not names & {"secrets.json", "users.txt", "tls/server.key"}
    with tarfile.open(done.file) as tar:
        site = tar.extractfile("site.toml")
        assert site is not None
        assert b"trunk-secret" not in (text := site.read())
        assert b"backups = 2" in text
    assert "放回原来的 secrets.json" in backup_told.in_words(done)


async def test_the_terminal_says_that_the_file_holds_the_key(settings: Settings) -> None:
    assert "拿到它就能读出号码" in backup_told.in_words(await made(settings))


async def test_a_backup_is_written_into_the_audit_book(settings: Settings) -> None:
    done = await made(settings, by="automatic")
    async with ledger_of(settings) as ledger:
        (row,) = await ledger.audit.rows(subject=done.file.name)
    assert (row.what, row.detail["secrets"], row.detail["by"]) == ("backup-made", True, "automatic")


async def test_only_the_newest_stay_in_the_usual_place_and_all_elsewhere(
    settings: Settings, tmp_path: Path
) -> None:
    usual = settings.data / "backups"
    usual.mkdir(exist_ok=True)
    (usual / "jiesu-0001.db").touch()
    first, second, third = [await made(settings) for _ in range(3)]
    assert third.dropped == (first.file.name,)
    assert {p.name for p in usual.iterdir()} >= {second.file.name, third.file.name, "jiesu-0001.db"}
    assert not first.file.exists()
    away = tmp_path / "away"
    for _ in range(3):
        await made(settings, to=away)
    assert len(list(away.iterdir())) == 3


async def test_the_last_try_is_noted_with_its_reason(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = await made(settings)
    last = last_backup(settings)
    assert last is not None
    assert (last.ok, last.file) == (True, str(done.file))
    usage = shutil.disk_usage(settings.data)._replace(free=1024)
    monkeypatch.setattr("switchboard.backup.shutil.disk_usage", lambda _: usage)
    with pytest.raises(Refusal, match=r"备份约需 .* 只剩 1 KB"):
        await made(settings)
    last = last_backup(settings)
    assert last is not None
    assert not last.ok
    assert "磁盘空间不够" in last.why


# ---------------------------------------------------------------------------------------- refusals


async def refused(settings: Settings, file: Path, *, replace: bool = False) -> str:
    """The sentence; and nothing has changed."""
    before = listing(settings.data.parent)
    with pytest.raises((Refusal, HotlineError)) as said:
        await restore(settings, Back(file=file, replace=replace))
    assert listing(settings.data.parent) == before
    return str(said.value)


def listing(folder: Path) -> list[tuple[str, int]]:
    found = [(str(p.relative_to(folder)), p.lstat().st_size) for p in sorted(folder.rglob("*"))]
    return [one for one in found if not one[0].endswith(".restoring.lock")]


async def test_a_data_with_something_in_it_is_refused_and_moved_aside_when_told_to(
    settings: Settings,
) -> None:
    done = await made(settings)
    (settings.data / "city").write_text("changed since\n")
    assert "加 --replace" in await refused(settings, done.file)
    file = done.file.rename(settings.data.parent / done.file.name)
    back = await restore(settings, Back(file=file, replace=True))
    assert back.aside is not None
    assert (back.aside / "city").read_text() == "changed since\n"
    assert (settings.data / "city").read_text() == "zhaoqing\n"
    assert str(back.aside) in in_words(back)


async def test_a_running_system_is_not_restored_over(settings: Settings, tmp_path: Path) -> None:
    done = await made(settings, to=tmp_path / "b")
    me = process(os.getpid())
    assert me is not None
    write_state(settings.run, State(foreman=me))
    assert "正在运行" in await refused(settings, done.file, replace=True)


async def test_a_backup_of_a_newer_schema_is_refused(settings: Settings, tmp_path: Path) -> None:
    file = altered((await made(settings)).file, tmp_path, schema="9999_later")
    assert "换用更新的接诉台" in await refused(settings_of(tmp_path / "o"), file)
    file = altered(file, tmp_path, format=99)
    assert "换用更新的接诉台" in await refused(settings_of(tmp_path / "o"), file)


async def test_the_damaged_member_is_named(settings: Settings, tmp_path: Path) -> None:
    done = await made(settings, recordings=True)
    file = altered(done.file, tmp_path, content={f"asterisk/recordings/{CALL}.wav": b"RIFF other"})
    said = await refused(settings_of(tmp_path / "o"), file)
    assert f"“asterisk/recordings/{CALL}.wav”与清单不符" in said
    file = altered(done.file, tmp_path, content={"policies/own.toml": None})
    assert "“policies/own.toml”与清单不符" in await refused(settings_of(tmp_path / "o"), file)
    file = altered(done.file, tmp_path, more={"policies/foreign.toml": b"x"})
    assert "多出“policies/foreign.toml”" in await refused(settings_of(tmp_path / "o"), file)


def altered(
    file: Path,
    folder: Path,
    content: dict[str, bytes | None] | None = None,
    more: dict[str, bytes] | None = None,
    **manifest: object,
) -> Path:
    """The archive packed anew with something else in it."""
    target = folder / f"altered-{time.monotonic_ns()}.tar.gz"
    with tarfile.open(file) as old, tarfile.open(target, "w:gz") as new:
        for head in old:
            stream = old.extractfile(head)
            assert stream is not None
            held = (content or {}).get(head.name, stream.read())
            if held is None:
                continue
            if head.name == "manifest.json":
                for name, value in (more or {}).items():
                    put(new, name, value)
                held = json.dumps({**json.loads(held), **manifest}).encode()
            put(new, head.name, held)
    return target


def put(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    head = tarfile.TarInfo(name)
    head.size = len(content)
    tar.addfile(head, io.BytesIO(content))


async def test_wherever_a_byte_is_lost_or_flipped_the_archive_is_refused(
    settings: Settings, tmp_path: Path
) -> None:
    done = await made(settings, recordings=True)
    whole = done.file.read_bytes()
    verify(done.file)
    broken = tmp_path / "broken.tar.gz"
    inside, noticed = gzip.decompress(whole), 0
    places = range(0, len(whole), max(len(whole) // 100, 1))
    for place in [*places, len(whole) - 1]:
        broken.write_bytes(whole[:place] + bytes([whole[place] ^ 0x10]) + whole[place + 1 :])
        try:
            verify(broken)
        except BadArchive:
            noticed += 1
        else:  # in a run of zeros a bit may say the same in another way
            assert gzip.decompress(broken.read_bytes()) == inside
    assert noticed > len(places) * 0.8
    for length in [0, 1, 100, *range(1000, len(whole), len(whole) // 20), len(whole) - 1]:
        broken.write_bytes(whole[:length])
        with pytest.raises(BadArchive):
            verify(broken)
    assert "没有恢复任何内容" in await refused(settings_of(tmp_path / "o"), broken)


@pytest.mark.parametrize(
    "name", ["../out", "/tmp/out", "a/../../out", "a\\..\\out", "run/state.json", "asterisk/etc/x"]
)
async def test_no_member_leaves_its_place(settings: Settings, tmp_path: Path, name: str) -> None:
    done = await made(settings)
    content = b"x"
    manifest = verify(done.file)
    member = {"name": name, "size": 1, "sha256": hashlib.sha256(content).hexdigest()}
    members = [*({"name": m.name, "size": m.size, "sha256": m.sha256} for m in manifest.members)]
    file = altered(done.file, tmp_path, more={name: content}, members=[*members, member])
    said = await refused(settings_of(tmp_path / "o"), file)
    assert "不能放进数据目录" in said or "不该在备份里" in said


async def test_a_link_in_an_archive_is_refused(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "link.tar.gz"
    with tarfile.open(file, "w:gz") as tar:
        head = tarfile.TarInfo("city")
        head.type, head.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(head)
    assert "不能放进数据目录" in await refused(settings_of(tmp_path / "o"), file)


async def test_something_else_entirely_is_no_backup(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "x.tar.gz"
    with gzip.open(file, "wb") as other:
        other.write(b"\0" * 10240)
    assert "不完整" in await refused(settings_of(tmp_path / "o"), file)
    assert "没有文件" in await refused(settings_of(tmp_path / "o"), tmp_path / "nowhere")


async def test_too_small_a_disk_is_said_before_anything_is_written(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = await made(settings)
    usage = shutil.disk_usage(tmp_path)._replace(free=4096)
    monkeypatch.setattr("switchboard.restore.shutil.disk_usage", lambda _: usage)
    assert "恢复约需" in await refused(settings_of(tmp_path / "o"), done.file)


# ------------------------------------------------------------------------------------------- kills


def killed_at(settings: Settings, command: list[str], seen: Callable[[], bool]) -> None:
    """Run a command of ours and kill -9 it as soon as something is seen on the disk."""
    child = subprocess.Popen(
        [sys.executable, "-P", "-m", "switchboard.cli", *command, "--data", str(settings.data)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        until = time.monotonic() + 30
        while not seen():
            assert child.poll() is None, "it ended before it could be killed"
            assert time.monotonic() < until
            time.sleep(0.001)
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()


def made_large(settings: Settings) -> None:
    """So that there is a middle to be killed in."""
    folder = settings.asterisk / "recordings"
    for number in range(8):
        path = folder / f"{number:08}-0a4e-4a6e-9f1e-6f4a1b0c2d3e.wav"
        wav(path, 0)
        noise = os.urandom(1_000_000)
        head = b"RIFF" + (36 + len(noise)).to_bytes(4, "little") + path.read_bytes()[8:]
        path.write_bytes(head + noise)


@pytest.mark.slow
async def test_killed_in_the_middle_of_a_backup_there_is_none(
    settings: Settings, tmp_path: Path
) -> None:
    made_large(settings)
    folder = settings.data / "backups"

    def half_written() -> bool:
        return any(path.stat().st_size > 200_000 for path in folder.glob("*.part"))

    await asyncio.to_thread(killed_at, settings, ["backup", "--recordings"], half_written)
    assert not list(folder.glob("jiesu-backup-*.tar.gz"))
    done = await made(settings)
    assert {p.name for p in folder.iterdir()} == {done.file.name, "last.json"}


@pytest.mark.slow
async def test_killed_in_the_middle_of_a_restore_nothing_looks_whole(
    settings: Settings, tmp_path: Path
) -> None:
    made_large(settings)
    done = await made(settings, recordings=True, to=tmp_path / "b")
    other = settings_of(tmp_path / "other")
    half = tmp_path / ".other.restoring"

    def half_done() -> bool:
        return (half / "asterisk" / "recordings").is_dir()

    await asyncio.to_thread(killed_at, other, ["restore", str(done.file)], half_done)
    assert not other.data.exists()
    assert half.is_dir()
    back = await restore(other, Back(file=done.file))
    assert not half.exists()
    assert digest(other.data / "jiesu.db") == member(back.manifest, "jiesu.db")


def member(manifest: Manifest, name: str) -> str:
    return next(one.sha256 for one in manifest.members if one.name == name)


async def test_two_at_a_time_are_one_too_many(settings: Settings, tmp_path: Path) -> None:
    first, second = await asyncio.gather(
        made(settings), made(settings, to=tmp_path / "b"), return_exceptions=True
    )
    results = [first, second]
    (refusal,) = [one for one in results if isinstance(one, Refusal)]
    assert "另一个备份正在进行" in str(refusal)


def test_what_can_be_fetched_or_is_of_the_moment_is_not_backed_up(settings: Settings) -> None:
    for name in ("run/state.json", "log/server.log", "cache/x", "recordings/citizen/a.wav"):
        (settings.data / name).parent.mkdir(parents=True, exist_ok=True)
        (settings.data / name).touch()
    (settings.data / "link").symlink_to("/etc/passwd")
    names = {str(path.relative_to(settings.data)) for path in plain_files(settings.data)}
    assert names == {"city", "site.toml", "secrets.json", "users.txt", "policies/own.toml"}


# ------------------------------------------------------------- by itself, and on PostgreSQL


async def test_the_running_system_makes_one_by_itself(settings: Settings) -> None:
    async with ledger_of(settings) as ledger:
        keeper = Keeper(settings, Keep(), ledger, World, now)
        await keeper.back_up()
        assert (await ledger.audit.verify()).intact
    last = last_backup(settings)
    assert last is not None
    assert (last.ok, last.by) == (True, "automatic"), last.why
    assert verify(Path(last.file)).tables["calls"] == 1


@pytest.mark.postgres
async def test_a_backup_of_postgresql_comes_back_into_another_database(
    settings: Settings, cluster: Cluster, tmp_path: Path
) -> None:
    urls = [await asyncio.to_thread(database, cluster, name) for name in ("kept", "other")]
    (settings.data / "site.toml").write_text(f'[database]\nurl = "{urls[0]}"\n', "utf-8")
    settings.database_file.unlink()
    await lay(urls[0], tmp_path)
    async with ledger_at(settings, urls[0]) as ledger:
        await ledger.journal.start("test")
        ledger.callers.remember(CallId(CALL), Phone("13800006027"))
        await ledger.journal.append([opened(CALL), closed(CALL)], policy_version="p")
    done = await made(settings, to=tmp_path / "b")
    assert (done.manifest.database, done.manifest.tables["calls"]) == ("postgresql", 1)

    other = settings_of(tmp_path / "other")
    assert "已有台账" in await refused(other, done.file)
    back = await restore(other, Back(file=done.file, database=urls[1]))
    assert not (other.data / "postgresql").exists()
    async with ledger_at(other, urls[1]) as ledger:
        assert (await ledger.audit.verify()).intact
        assert await ledger.callers.find(CallId(CALL)) == Phone("13800006027")
    assert back.schema_aside is None

    again = await restore(settings_of(tmp_path / "third"), Back(file=done.file, replace=True))
    assert again.schema_aside is not None
    async with ledger_at(other, urls[0]) as ledger, ledger.database.read() as connection:
        old = table("calls", schema=again.schema_aside)
        rows = await connection.execute(select(func.count()).select_from(old))
        assert rows.scalar_one() == 1


def database(cluster: Cluster, name: str) -> str:
    create_database(cluster, name)
    return f"postgresql+asyncpg://jiesu@/{name}?host={cluster.folder}"


def ledger_at(settings: Settings, url: str) -> AbstractAsyncContextManager[Ledger]:
    key = load_secrets(settings.secrets_file).field_key
    return open_ledger(url, field_key=key, clock=now, code_version="test", city="zhaoqing")


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    cluster = Cluster.create()
    yield cluster
    cluster.remove()

"""What the running system lets go of, and what it never does."""

from __future__ import annotations

import datetime as dt
import gzip
import os
import wave
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from asterisk_conf.errors import ExchangeFailed
from hotline.words import CallId, Outcome, Phone
from hotline.world import World
from ivr.queue_log import SPAN, read_from
from ledger.errors import LedgerFailing
from ledger.holds import held_calls
from ledger.store import Ledger, open_ledger
from switchboard import keeping_logs
from switchboard.backup_told import LastBackup, last_backup, note
from switchboard.keeping import Keeper
from switchboard.keeping_logs import LogPlaces, drop_old, pack, put_away
from switchboard.keeping_recordings import REMOVED, Recordings
from switchboard.settings import ROOT, Settings
from switchboard.site_keep import Keep
from tests.ledger.laid import lay
from tests.ledger.stories import closed, opened, save_of

pytestmark = pytest.mark.anyio

NOW = dt.datetime(2026, 9, 28, 2, 0, tzinfo=dt.UTC)
SIZE = 44 + 16_000


def now() -> dt.datetime:
    return NOW


def call(number: int) -> CallId:
    return CallId(f"{number:08}-0a4e-4a6e-9f1e-6f4a1b0c2d3e")


def record(folder: Path, number: int, *, days_ago: float, whole: bool = True) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{call(number)}.wav"
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(16_000))
    if not whole:
        path.write_bytes(path.read_bytes() + bytes(320))
    at = NOW.timestamp() - days_ago * 86400
    os.utime(path, (at, at))
    return path


@dataclass
class Disk:
    """A disk of so many bytes, of which recordings take their part."""

    capacity: int

    def free(self, folder: Path) -> int:
        return self.capacity - sum(path.stat().st_size for path in folder.iterdir())


@dataclass
class Held:
    """The calls somebody works on."""

    calls: set[CallId] = field(default_factory=set)

    async def __call__(self, calls: Collection[CallId]) -> set[CallId]:
        return self.calls & set(calls)


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[Ledger]:
    url = f"sqlite+aiosqlite:///{tmp_path / 'jiesu.db'}"
    await lay(url, tmp_path)
    async with open_ledger(
        url, field_key=bytes(32), clock=now, code_version="test", city="zhaoqing"
    ) as one:
        yield one


def recordings_of(
    ledger: Ledger, folder: Path, keep: Keep, held: Held | None = None, disk: Disk | None = None
) -> Recordings:
    free = disk.free if disk else lambda _: 10**15
    return Recordings(folder, keep, ledger.audit, held or Held(), now, free)


NO_LIMIT = Keep(recordings_days=0, recordings_gb=0, low_disk_gb=0)


async def removed(ledger: Ledger) -> dict[str, str]:
    rows = await ledger.audit.rows(newest_first=False)
    return {row.subject: str(row.detail["why"]) for row in rows if row.what == REMOVED}


async def test_recordings_go_when_their_days_are_over_and_each_is_in_the_book(
    ledger: Ledger, tmp_path: Path
) -> None:
    folder = tmp_path / "r"
    old, young = record(folder, 1, days_ago=181), record(folder, 2, days_ago=179)
    keep = Keep(recordings_days=180, recordings_gb=0, low_disk_gb=0)
    assert await recordings_of(ledger, folder, keep).sweep() == 1
    assert (old.exists(), young.exists()) == (False, True)
    assert await removed(ledger) == {call(1): "days"}
    (row,) = await ledger.audit.rows(subject=call(1))
    assert (row.who, row.detail["bytes"]) == ("system", SIZE)


async def test_without_limits_nothing_goes(ledger: Ledger, tmp_path: Path) -> None:
    record(tmp_path / "r", 1, days_ago=9999)
    assert await recordings_of(ledger, tmp_path / "r", NO_LIMIT).sweep() == 0


async def test_beyond_the_quota_the_oldest_go_and_no_more_than_needed(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("switchboard.keeping_recordings.GB", SIZE)  # a GB of one recording
    folder = tmp_path / "r"
    paths = [record(folder, number, days_ago=10 - number) for number in range(6)]
    keep = Keep(recordings_days=0, recordings_gb=4, low_disk_gb=0)
    kept = recordings_of(ledger, folder, keep)
    assert await kept.sweep() == 2
    assert [path.exists() for path in paths] == [False, False, True, True, True, True]
    assert set((await removed(ledger)).values()) == {"quota"}
    assert (kept.count, kept.bytes) == (4, 4 * SIZE)


async def test_on_a_disk_that_runs_low_the_oldest_go_until_the_mark_is_reached(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("switchboard.keeping_recordings.GB", SIZE)
    folder = tmp_path / "r"
    paths = [record(folder, number, days_ago=10 - number) for number in range(6)]
    disk = Disk(capacity=7 * SIZE)
    kept = recordings_of(ledger, folder, Keep(recordings_gb=0, low_disk_gb=3), disk=disk)
    assert kept.is_low()
    assert await kept.sweep() == 2
    assert [path.exists() for path in paths] == [False, False, True, True, True, True]
    assert not kept.is_low()
    assert kept.low_since is None
    assert kept.removed == {"disk": 2}


async def test_what_somebody_works_on_stays_even_on_a_full_disk(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("switchboard.keeping_recordings.GB", SIZE)
    folder = tmp_path / "r"
    held = record(folder, 1, days_ago=400)
    still = record(folder, 2, days_ago=0.001, whole=False)
    other = record(folder, 3, days_ago=0.0005)
    disk = Disk(capacity=3 * SIZE)
    kept = recordings_of(ledger, folder, Keep(low_disk_gb=3), Held({call(1)}), disk)
    await kept.sweep()
    assert (held.exists(), still.exists(), other.exists()) == (True, True, False)
    assert kept.low_since == NOW  # and the page says so


async def test_a_recording_nobody_will_close_any_more_goes_with_its_days(
    ledger: Ledger, tmp_path: Path
) -> None:
    torn = record(tmp_path / "r", 1, days_ago=200, whole=False)
    await recordings_of(ledger, tmp_path / "r", Keep()).sweep()
    assert not torn.exists()


class Book:
    """An audit book on a full disk, until it is not."""

    def __init__(self, ledger: Ledger) -> None:
        self._audit = ledger.audit
        self.full = True

    async def record(self, who: str, what: str, subject: str, detail: object) -> int:
        if self.full:
            raise LedgerFailing("磁盘已满，请清理磁盘。", unsaved=True)
        return await self._audit.record(who, what, subject, detail)  # type: ignore[arg-type]


async def test_on_a_full_disk_the_recording_goes_first_and_the_book_follows(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("switchboard.keeping_recordings.GB", SIZE)
    folder = tmp_path / "r"
    first, second = record(folder, 1, days_ago=2), record(folder, 2, days_ago=1)
    kept = recordings_of(ledger, folder, Keep(low_disk_gb=1), disk=Disk(2 * SIZE))
    book = Book(ledger)
    kept.audit = book  # type: ignore[assignment]  # the one method it needs
    await kept.sweep()
    assert (first.exists(), second.exists()) == (False, True)
    assert await removed(ledger) == {}
    book.full = False
    await kept.sweep()
    assert await removed(ledger) == {call(1): "disk"}


async def test_for_days_alone_nothing_goes_that_cannot_be_written_down(
    ledger: Ledger, tmp_path: Path
) -> None:
    path = record(tmp_path / "r", 1, days_ago=300)
    kept = recordings_of(ledger, tmp_path / "r", Keep(low_disk_gb=0))
    kept.audit = Book(ledger)  # type: ignore[assignment]  # the one method it needs
    assert await kept.sweep() == 0
    assert path.exists()


async def test_in_a_folder_of_somebody_else_nothing_goes_and_the_book_says_nothing(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = record(tmp_path / "r", 1, days_ago=300)
    monkeypatch.setattr("switchboard.keeping_recordings.os.access", lambda *_: False)
    assert await recordings_of(ledger, tmp_path / "r", Keep()).sweep() == 0
    assert path.exists()
    assert await removed(ledger) == {}


# ----------------------------------------------------------------------------------------- logs


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LogPlaces:
    """Logs of an exchange that does what it is told."""
    places = LogPlaces(tmp_path / "asterisk", tmp_path / "log", tmp_path / "log" / ".put-away")
    places.cdr.parent.mkdir(parents=True)
    places.ours.mkdir()
    told: list[str] = []

    async def ask(run: Path, text: str, within: float = 5.0) -> str:
        told.append(text)
        if text == "logger reload":
            places.queue_log.touch()
        return ""

    monkeypatch.setattr(keeping_logs, "ask_at", ask)
    return places


LARGE = Keep(rotate_mb=1)


def grown(path: Path, line: str = "x" * 99) -> None:
    path.write_text((line + "\n") * 11_000)


async def test_large_files_are_put_away_and_small_ones_stay(places: LogPlaces) -> None:
    grown(places.queue_log, "1|c|q|a|EVENT" + "|" * 99)
    grown(places.cdr)
    server = places.ours / "server.log"
    grown(server)
    (places.ours / "centre.log").write_text("little\n")
    before = read_from(places.queue_log, 0)[0]
    with server.open("ab") as held_open:
        away = await put_away(places, LARGE, NOW)
        held_open.write(b"goes on\n")
    names = {path.name for path in away}
    assert names == {
        "queue_log.000000",
        "Master.csv.20260928-020000",
        "server.log.20260928-020000",
    }
    assert server.read_bytes() == b"goes on\n"
    assert not places.cdr.exists()
    assert [line.text for line in read_from(places.queue_log, 0)[0]] == [
        line.text for line in before
    ]
    assert await put_away(places, LARGE, NOW) == []


async def test_once_a_week_everything_is_put_away_so_that_its_time_can_end(
    places: LogPlaces,
) -> None:
    places.cdr.write_text("one call\n")
    assert await put_away(places, Keep(), NOW) == []
    old = NOW.timestamp() - 8 * 86400
    os.utime(places.marker, (old, old))
    assert [path.name for path in await put_away(places, Keep(), NOW)] == [
        "Master.csv.20260928-020000"
    ]
    assert await put_away(places, Keep(), NOW) == []


async def test_an_exchange_that_is_away_keeps_its_log_as_it_is(
    places: LogPlaces, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(run: Path, text: str, within: float = 5.0) -> str:
        raise ExchangeFailed("Asterisk 没有回应：它可能没有在运行。")

    monkeypatch.setattr(keeping_logs, "ask_at", away)
    grown(places.queue_log)
    with pytest.raises(ExchangeFailed):
        await put_away(places, Keep(rotate_mb=1), NOW)
    assert places.queue_log.exists()


def part(places: LogPlaces, number: int, *, days_ago: float) -> Path:
    path = places.queue_log.with_name(f"queue_log.{number:06}")
    path.write_text(f"{number}|c|q|a|EVENT\n")
    at = NOW.timestamp() - days_ago * 86400
    os.utime(path, (at, at))
    return path


async def test_of_queue_log_only_what_was_read_is_packed_and_can_still_be_read(
    places: LogPlaces,
) -> None:
    for number in range(3):
        part(places, number, days_ago=1)
    places.queue_log.write_text("3|c|q|a|EVENT\n")
    done = pack(places, 2 * SPAN + 5)
    assert [path.name for path in done] == ["queue_log.000000.gz", "queue_log.000001.gz"]
    assert gzip.decompress(done[0].read_bytes()) == b"0|c|q|a|EVENT\n"
    texts = [line.text for line in read_from(places.queue_log, 0)[0]]
    assert texts == [f"{number}|c|q|a|EVENT" for number in range(4)]
    assert pack(places, 2 * SPAN + 5) == []


async def test_when_their_days_are_over_records_go_but_never_the_newest_part_or_an_unread_one(
    places: LogPlaces,
) -> None:
    for number in range(4):
        part(places, number, days_ago=300)
    places.queue_log.touch()
    gone = drop_old(places, Keep(records_days=180), 1 * SPAN, NOW.timestamp())
    assert [path.name for path in gone] == ["queue_log.000000"]
    gone = drop_old(places, Keep(records_days=180), 9 * SPAN, NOW.timestamp())
    assert [path.name for path in gone] == ["queue_log.000001", "queue_log.000002"]
    assert drop_old(places, Keep(records_days=0), 9 * SPAN, NOW.timestamp()) == []


async def test_call_records_and_logs_have_days_of_their_own(places: LogPlaces) -> None:
    cdr = places.cdr.with_name("Master.csv.20260101-000000.gz")
    own = places.ours / "server.log.20260101-000000.gz"
    for path in (cdr, own):
        path.write_bytes(b"")
        at = NOW.timestamp() - 100 * 86400
        os.utime(path, (at, at))
    drop_old(places, Keep(records_days=180, logs_days=30), 0, NOW.timestamp())
    assert (cdr.exists(), own.exists()) == (True, False)
    drop_old(places, Keep(records_days=90, logs_days=30), 0, NOW.timestamp())
    assert not cdr.exists()


# ------------------------------------------------------------------------- backup, and the page


@dataclass
class Clock:
    at: dt.datetime = NOW

    def __call__(self) -> dt.datetime:
        return self.at


def keeper_of(ledger: Ledger, tmp_path: Path, clock: Clock, keep: Keep | None = None) -> Keeper:
    settings = Settings(root=ROOT, data=tmp_path / "d", cache=tmp_path / "cache")
    settings.data.mkdir(exist_ok=True)
    return Keeper(settings, keep or Keep(backup_at="03:30"), ledger, World, clock)


async def test_wrong_tries_of_yesterday_are_let_go_and_those_of_today_are_not(
    ledger: Ledger, tmp_path: Path
) -> None:
    clock = Clock()
    keeper = keeper_of(ledger, tmp_path, clock)
    await ledger.accounts.note_failure("li.fang", "10.0.0.7")
    await keeper.sessions()
    assert await ledger.accounts.failures_since(NOW, login="li.fang") == 1
    clock.at += dt.timedelta(hours=25)
    await keeper.sessions()
    assert await ledger.accounts.failures_since(NOW, login="li.fang") == 0


async def test_the_backup_is_due_at_its_time_once_and_made_up_for_after_a_pause(
    ledger: Ledger, tmp_path: Path
) -> None:
    clock = Clock()  # 10:00 in Beijing
    keeper = keeper_of(ledger, tmp_path, clock)
    settings = Settings(root=ROOT, data=tmp_path / "d", cache=tmp_path / "cache")
    assert not keeper.backup_is_due()
    clock.at = dt.datetime(2026, 9, 28, 19, 29, tzinfo=dt.UTC)
    assert not keeper.backup_is_due()
    clock.at = dt.datetime(2026, 9, 28, 19, 30, tzinfo=dt.UTC)
    assert keeper.backup_is_due()
    note(settings, LastBackup(at=clock.at.isoformat(), ok=False, by="automatic", why="x"))
    assert not keeper.backup_is_due()
    later = Clock(dt.datetime(2026, 9, 30, 4, 0, tzinfo=dt.UTC))
    assert keeper_of(ledger, tmp_path, later).backup_is_due()


async def test_the_page_says_what_had_to_go_and_whether_it_was_enough(
    ledger: Ledger, tmp_path: Path
) -> None:
    keeper = keeper_of(ledger, tmp_path, Clock())
    assert keeper.check().state == "ok"
    keeper.recordings.removed = {"days": 3, "disk": 2}
    found = keeper.check()
    assert (found.state, found.now) == ("warn", "启动以来清除录音：到期 3 段，磁盘将满 2 段")
    keeper.recordings.low_since = NOW
    found = keeper.check()
    assert found.state == "fault"
    assert "电话照常接听" in found.do


async def test_a_backup_process_that_dies_without_a_word_is_noted(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper = keeper_of(ledger, tmp_path, Clock())
    monkeypatch.setattr("switchboard.keeping.sys.executable", "/bin/false")
    await keeper.back_up()
    last = last_backup(Settings(root=ROOT, data=tmp_path / "d", cache=tmp_path / "cache"))
    assert last is not None
    assert not last.ok
    assert "没有做完就结束了" in last.why


# --------------------------------------------------------------------- what somebody works on


async def test_a_ticket_and_a_task_of_calling_back_hold_their_recordings(ledger: Ledger) -> None:
    await ledger.journal.start("test")
    ledger.callers.remember(call(2), Phone("13800006027"))
    lost = closed(call(2), outcome=Outcome.ABANDONED, agent=None)
    await ledger.journal.append([opened(call(2)), lost], policy_version="p")
    await ledger.tickets.open(NOW, lambda number: save_of(number, call=call(1)))
    asked = [call(1), call(2), call(3)]
    assert await held_calls(ledger.database, asked, closed=()) == {call(1), call(2)}
    assert await held_calls(ledger.database, asked, closed=("登记",)) == {call(2)}
    assert await held_calls(ledger.database, [call(3)], closed=()) == set()

"""Attachments through the days: older ones sealed, all of them in the backup and back again, the
doctor's line, the scanner of the house."""

from __future__ import annotations

import asyncio
import datetime as dt
import io
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from agent_desk.errors import NoRoom, NotScanned
from hotline.errors import BadInput
from hotline.words import TicketId
from ledger.seal import KeyRing
from ledger.sealed_files import sealed_under
from ledger.store import Ledger, open_ledger
from switchboard import attachments_sealing
from switchboard.attachments import Shelf, Shelved, shelved
from switchboard.attachments_scanning import Scanner
from switchboard.attachments_sealing import seal_older
from switchboard.backup import CannotBackUp, Wish, back_up, plain_files
from switchboard.cli import main
from switchboard.desk_attachments import PROOF, DeskAttachments
from switchboard.durable import write_durably
from switchboard.restore import Wish as Back
from switchboard.restore import in_words, restore
from switchboard.secrets_file import ensure_secrets, load_secrets
from switchboard.settings import ROOT, Settings
from tests.ledger.laid import lay
from tests.ledger.stories import START, save_of
from tests.switchboard.test_attachments import PDF
from tests.switchboard.test_desk_handling import BOSS

if TYPE_CHECKING:
    from collections.abc import Iterable

pytestmark = pytest.mark.anyio

OLD, NEW = KeyRing(bytes(range(32))), KeyRing(bytes(range(1, 33)), (bytes(range(32)),))
VIRUS = b"EICAR"


def shelf_at(data: Path, keys: KeyRing = OLD, scanner: Scanner | None = None) -> Shelf:
    return Shelf(data=data, largest=1 << 20, spare=0, keys=keys, scanner=scanner)


def in_clear(shelf: Shelf, id_: str, content: bytes) -> Path:
    """As an earlier version kept it."""
    place = shelf.place(id_)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content)
    return place


def read(shelf: Shelf, id_: str) -> bytes:
    return b"".join(shelf.blocks(id_))


# ------------------------------------------------------------------------------ sealed at the start


async def test_what_was_kept_in_clear_opens_is_sealed_and_opens_again(tmp_path: Path) -> None:
    shelf = shelf_at(tmp_path)
    ids = [f"{n:020x}" for n in range(3)]
    places = [in_clear(shelf, id_, PDF * n) for n, id_ in enumerate(ids, start=1)]
    assert [read(shelf, id_) for id_ in ids] == [PDF, PDF * 2, PDF * 3]
    assert await seal_older(shelf) == 3
    assert [read(shelf, id_) for id_ in ids] == [PDF, PDF * 2, PDF * 3]
    assert not any(b"%PDF" in place.read_bytes() for place in places)
    assert {place.stat().st_mode & 0o777 for place in places} == {0o600}
    assert await seal_older(shelf) == 0
    assert not list(shelf.beside.iterdir())


async def test_after_a_change_of_keys_they_are_sealed_under_the_new_one(tmp_path: Path) -> None:
    before, after = shelf_at(tmp_path), shelf_at(tmp_path, NEW)
    id_ = "0" * 20
    place = in_clear(before, id_, PDF)
    assert await seal_older(before) == 1
    assert read(after, id_) == PDF
    assert await seal_older(after) == 1
    assert sealed_under(place) == NEW.current_id
    assert read(shelf_at(tmp_path, KeyRing(bytes(range(1, 33)))), id_) == PDF


async def test_broken_off_anywhere_a_file_is_as_it_was_and_the_next_start_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = shelf_at(tmp_path)
    ids = [f"{n:020x}" for n in range(3)]
    places = [in_clear(shelf, id_, PDF) for id_ in ids]
    really = write_durably

    def half_then_full(path: Path, pieces: Iterable[bytes]) -> None:
        if sealed_under(places[0]) is None:
            really(path, pieces)
            return
        really(path, [next(iter(pieces))])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(attachments_sealing, "write_durably", half_then_full)
    assert await seal_older(shelf) == 1
    assert [place.read_bytes() == PDF for place in places] == [False, True, True]
    assert not list(shelf.beside.iterdir())
    monkeypatch.setattr(attachments_sealing, "write_durably", lambda p, _: p.write_bytes(b"torn"))
    assert await seal_older(shelf) == 0
    assert [read(shelf, id_) for id_ in ids] == [PDF] * 3
    monkeypatch.undo()
    assert await seal_older(shelf) == 2
    assert [read(shelf, id_) for id_ in ids] == [PDF] * 3


async def test_a_file_of_a_strange_key_is_left_alone_and_a_full_disk_is_not_made_fuller(
    tmp_path: Path,
) -> None:
    strange = shelf_at(tmp_path, KeyRing(b"s" * 32))
    place = in_clear(strange, "0" * 20, PDF)
    assert await seal_older(strange) == 1
    was = place.read_bytes()
    other = in_clear(strange, "1" * 20, PDF)
    full = Shelf(data=tmp_path, largest=1, spare=1 << 60, keys=OLD)
    assert await seal_older(full) == 0
    with pytest.raises(NoRoom):
        attachments_sealing.reseal(full, other.name)
    assert await seal_older(shelf_at(tmp_path)) == 1
    assert place.read_bytes() == was
    assert sealed_under(other) == OLD.current_id


# ------------------------------------------------------------------------------------- the scanner


def looked_at(tmp_path: Path, content: bytes, *command: str, seconds: int = 30) -> None:
    scanner = Scanner(command=command, seconds=seconds)
    with shelf_at(tmp_path, scanner=scanner).take(io.BytesIO(content), "一.txt"):
        pass


@pytest.mark.parametrize(
    "command",
    [("sh", "-c", "! grep -q EICAR"), ("sh", "-c", '! grep -q EICAR "$1"', "sh", "{file}")],
    ids=["standard input", "a file"],
)
def test_the_scanner_reads_every_file_and_what_it_finds_is_refused(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    looked_at(tmp_path, b"a\n" * 200_000, *command)
    with pytest.raises(BadInput, match="病毒扫描没有通过"):
        looked_at(tmp_path, b"a\n" * 200_000 + VIRUS, *command)
    # One that has seen enough does not read to the end.
    with pytest.raises(BadInput, match="病毒扫描没有通过"):
        looked_at(tmp_path, b"a\n" * 200_000, "sh", "-c", "exit 1")
    assert not [one for one in tmp_path.rglob("*") if one.is_file()]


@pytest.mark.parametrize(
    ("command", "seconds", "says"),
    [
        (("no-such-scanner",), 60, "no-such-scanner 不能运行"),
        (("sh", "-c", "exit 2"), 60, "退出码 2"),
        (("sh", "-c", "kill -9 $$"), 60, "退出码 -9"),
        (("sh", "-c", "sleep 60 & wait"), 1, "1 秒内没有答复"),
        (("sh", "-c", "cat > /dev/null; sleep 60"), 1, "1 秒内没有答复"),
    ],
)
def test_what_could_not_be_scanned_is_not_taken(
    tmp_path: Path, command: tuple[str, ...], seconds: int, says: str
) -> None:
    with pytest.raises(NotScanned, match=says):
        looked_at(tmp_path, b"a\n" * 200_000, *command, seconds=seconds)
    assert not [one for one in tmp_path.rglob("*") if one.is_file()]


# ------------------------------------------------------------------------------ backup and restore


def test_a_backup_takes_every_attachment_and_none_that_is_half_there(tmp_path: Path) -> None:
    shelf = shelf_at(tmp_path)
    kept = in_clear(shelf, "0" * 20, b"whole")
    shelf.beside.mkdir(parents=True)
    (shelf.beside / "half").write_bytes(b"ha")
    assert plain_files(tmp_path) == [kept]
    assert shelved(tmp_path) == Shelved(1, 5, 1)
    assert shelved(tmp_path / "nothing") == Shelved(0, 0, 0)


@asynccontextmanager
async def system_at(data: Path) -> AsyncIterator[tuple[Ledger, DeskAttachments]]:
    """The books of a DATA, as the server opens them."""
    settings = settings_of(data)
    key = load_secrets(settings.secrets_file).field_key
    async with open_ledger(
        f"sqlite+aiosqlite:///{settings.database_file}",
        field_key=key,
        clock=lambda: dt.datetime.now(dt.UTC),
        code_version="test",
        city="zhaoqing",
    ) as ledger:
        yield ledger, DeskAttachments(ledger, shelf_at(data, KeyRing(key)))


def settings_of(data: Path) -> Settings:
    return Settings(root=ROOT, data=data, cache=data / "cache")


async def a_system(data: Path) -> TicketId:
    """One ticket with a file sealed and a file from before."""
    settings = settings_of(data)
    data.mkdir(mode=0o700)
    ensure_secrets(settings.secrets_file, ())
    (data / "city").write_text("zhaoqing\n")
    (data / "site.toml").touch()
    await lay(f"sqlite+aiosqlite:///{settings.database_file}", data / "backups")
    async with system_at(data) as (ledger, book):
        number = (await ledger.tickets.open(START, save_of)).ticket.id
        for name, content in (("新.pdf", PDF + b"new %%EOF"), ("旧.pdf", PDF + b"old %%EOF")):
            await book.put(number, io.BytesIO(content), name, PROOF, by=BOSS, at=START)
        old = next(one for one in await book.of(number) if one.name == "旧.pdf")
        in_clear(shelf_at(data), old.id, PDF + b"old %%EOF")
    return number


async def opened_in(data: Path, number: TicketId) -> dict[str, bytes]:
    async with system_at(data) as (_, book):
        found = {}
        for one in await book.of(number):
            given = await book.give(number, one.id, by=BOSS)
            found[one.name] = b"".join(given.blocks)
        return found


BOTH = {"新.pdf": PDF + b"new %%EOF", "旧.pdf": PDF + b"old %%EOF"}


async def test_restored_into_an_empty_folder_every_attachment_opens_with_the_same_bytes(
    tmp_path: Path,
) -> None:
    number = await a_system(tmp_path / "a")
    done = await back_up(settings_of(tmp_path / "a"), Wish(to=tmp_path / "b"))
    back = await restore(settings_of(tmp_path / "c"), Back(file=done.file))
    assert "否则号码" not in in_words(back)
    assert await opened_in(tmp_path / "c", number) == BOTH
    key = load_secrets(tmp_path / "c" / "secrets.json").field_key
    assert await seal_older(shelf_at(tmp_path / "c", KeyRing(key))) == 1
    assert await opened_in(tmp_path / "c", number) == BOTH


async def test_without_the_key_it_is_said_and_with_it_put_back_everything_opens(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def jiesu(*words: str, data: Path) -> str:
        await asyncio.to_thread(main, [*words, "--data", str(data)])
        out, err = capsys.readouterr()
        return out + err

    number = await a_system(tmp_path / "a")
    with pytest.raises(CannotBackUp, match="还有 1 个附件没有加密"):
        await back_up(settings_of(tmp_path / "a"), Wish(secrets=False))
    key = load_secrets(tmp_path / "a" / "secrets.json").field_key
    assert await seal_older(shelf_at(tmp_path / "a", KeyRing(key))) == 1
    assert "附件读不出来" in await jiesu("backup", "--without-secrets", data=tmp_path / "a")
    (file,) = (tmp_path / "a" / "backups").glob("*.tar.gz")
    back = await jiesu("restore", str(file), data=tmp_path / "c")
    assert "请把原来的 secrets.json 放进" in back
    start = await jiesu("up", data=tmp_path / "c")
    assert "没有 secrets.json：请放回原来的 secrets.json" in start
    assert not (tmp_path / "c" / "secrets.json").exists()
    shutil.copy(tmp_path / "a" / "secrets.json", tmp_path / "c")
    assert await opened_in(tmp_path / "c", number) == BOTH

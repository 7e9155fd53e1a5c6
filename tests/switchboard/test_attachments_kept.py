"""Attachments in the backup and in the doctor's line of the disk."""

from __future__ import annotations

from pathlib import Path

from switchboard.attachments import Shelf, shelved
from switchboard.backup import plain_files


def test_a_backup_takes_every_attachment_and_none_that_is_half_there(tmp_path: Path) -> None:
    shelf = Shelf(data=tmp_path, largest=1, spare=0)
    kept = shelf.place("0" * 20)
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"whole")
    shelf.beside.mkdir(parents=True)
    (shelf.beside / "half").write_bytes(b"ha")
    assert plain_files(tmp_path) == [kept]
    assert shelved(tmp_path) == (1, 5)
    assert shelved(tmp_path / "nothing") == (0, 0)

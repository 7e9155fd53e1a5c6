"""Attachments that earlier versions kept in clear are sealed, one by one, while the system works.

Each is written anew beside and read back before it takes the other's place in one step: killed or
out of room at any moment, a file is as it was or sealed, and the next start goes on.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from agent_desk.errors import NoRoom
from hotline.errors import HotlineError
from ledger.sealed_files import contents, sealed, sealed_under
from switchboard.attachments import Shelf
from switchboard.durable import sync_folder, write_durably

log = logging.getLogger(__name__)

_SPARE: Final = 2
"""Free bytes asked for, in sizes of the file: the old one stays until the new one is whole."""


async def seal_older(shelf: Shelf) -> int:
    """Seal what is not sealed under the key in force; how many now are. What fails is left for the
    next start; a disk that is low or full ends this run."""
    done = 0
    for id_ in await asyncio.to_thread(unsealed, shelf):
        try:
            await asyncio.to_thread(reseal, shelf, id_)
        except (OSError, NoRoom) as full:
            log.warning("sealing attachments stopped", extra={"kind": type(full).__name__})
            break
        except HotlineError as refused:
            log.warning("attachment not sealed", extra={"id": id_, "kind": type(refused).__name__})
        else:
            done += 1
    if done:
        log.info("attachments sealed", extra={"count": done})
    return done


def unsealed(shelf: Shelf) -> list[str]:
    """The ids of files in clear, or under a key that is not in force."""
    return sorted(
        one.name
        for one in shelf.folder.glob("*/*")
        if one.is_file() and sealed_under(one) != shelf.keys.current_id
    )


def reseal(shelf: Shelf, id_: str) -> None:
    """Put the sealed file in place of the one that is there. Raises OSError, NoRoom, WrongKey,
    Damaged; the file is then as it was."""
    place = shelf.place(id_)
    shelf.refuse_low(_SPARE * place.stat().st_size)
    shelf.beside.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = shelf.beside / secrets.token_hex(16)
    before = hashlib.sha256()
    try:
        write_durably(draft, sealed(shelf.keys, id_, _hashed(shelf.blocks(id_), before)))
        if _digest(shelf, id_, draft) != before.digest():
            raise OSError(f"{draft} does not read back as it was written")
        draft.replace(place)
        sync_folder(place.parent)
    finally:
        draft.unlink(missing_ok=True)


def _hashed(blocks: Iterator[bytes], into: hashlib._Hash) -> Iterator[bytes]:
    for block in blocks:
        into.update(block)
        yield block


def _digest(shelf: Shelf, id_: str, path: Path) -> bytes:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        for block in contents(shelf.keys, id_, file):
            digest.update(block)
    return digest.digest()

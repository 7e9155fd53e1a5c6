"""Files sealed block by block, so that one of any size is never whole in memory.

A sealed file is a head (mark, key id, salt) and blocks of 64 KiB, each sealed with AES-256-GCM and
a tag of its own. The key of a file is derived from the field key, its salt and its name; the nonce
of a block is its number and whether it is the last (STREAM: Hoang, Reyhanitabar, Rogaway, Vizár
2015). So a block that was changed, moved, left out or taken from another file does not open, nor
does a file that was cut off, or put in another's place.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, Final

from cryptography.exceptions import InvalidTag

from ledger.errors import Damaged
from ledger.seal import ID_BYTES, KeyRing

MARK: Final = b"\x89JIESU\x01\n"
"""No kind of file that is taken begins like this: what was kept in clear is known by it."""
BLOCK: Final = 64 * 1024
_SALT: Final = 16
_TAG: Final = 16
HEAD: Final = len(MARK) + ID_BYTES + _SALT


def sealed(keys: KeyRing, name: str, content: Iterable[bytes]) -> Iterator[bytes]:
    """The pieces of a sealed file, under the key in force, for exactly this name."""
    salt = os.urandom(_SALT)
    head = MARK + keys.current_id + salt
    cipher = keys.for_file(keys.current_id, salt + name.encode())
    yield head
    number, held = 0, b""
    for block in _even(content):
        if held:
            yield cipher.encrypt(_nonce(number, last=False), held, head)
            number += 1
        held = block
    yield cipher.encrypt(_nonce(number, last=True), held, head)


def contents(keys: KeyRing, name: str, file: BinaryIO) -> Iterator[bytes]:
    """What a file holds, block by block: of a sealed one what was sealed, of another what is there.

    Raises WrongKey where the key is not in the ring, Damaged at the first block that is not as it
    was sealed: what came before it is whole, and not all.
    """
    head = file.read(HEAD)
    if not head.startswith(MARK):
        while head:
            yield head
            head = file.read(BLOCK)
        return
    if len(head) < HEAD:
        raise Damaged(name)
    id_end = len(MARK) + ID_BYTES
    cipher = keys.for_file(head[len(MARK) : id_end], head[id_end:] + name.encode())
    number, piece = 0, file.read(BLOCK + _TAG)
    while True:
        after = file.read(BLOCK + _TAG)
        try:
            yield cipher.decrypt(_nonce(number, last=not after), piece, head)
        except InvalidTag as wrong:
            raise Damaged(name) from wrong
        if not after:
            return
        number, piece = number + 1, after


def sealed_under(file: Path) -> bytes | None:
    """The id of the key a file is sealed with; None for one in clear. Reads its head alone."""
    with file.open("rb") as opened:
        head = opened.read(HEAD)
    return head[len(MARK) : len(MARK) + ID_BYTES] if head.startswith(MARK) else None


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])


def _even(content: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in blocks of one length; only the last is shorter, none is empty."""
    rest = bytearray()
    for piece in content:
        rest += piece
        while len(rest) >= BLOCK:
            yield bytes(rest[:BLOCK])
            del rest[:BLOCK]
    if rest:
        yield bytes(rest)

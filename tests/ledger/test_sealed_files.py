"""Files sealed block by block: what was sealed comes back, and nothing else ever does."""

from __future__ import annotations

import io
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.errors import Damaged, WrongKey
from ledger.seal import KeyRing
from ledger.sealed_files import BLOCK, HEAD, MARK, contents, sealed, sealed_under

KEYS = KeyRing(bytes(range(32)))
OTHER = KeyRing(bytes(range(1, 33)))
PIECE = BLOCK + 16


def of_size(size: int) -> bytes:
    return random.Random(size).randbytes(size)


def shut(content: bytes, name: str = "a", keys: KeyRing = KEYS) -> bytes:
    return b"".join(sealed(keys, name, [content]))


def open_again(file: bytes, name: str = "a", keys: KeyRing = KEYS) -> bytes:
    return b"".join(contents(keys, name, io.BytesIO(file)))


@pytest.mark.parametrize("size", [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK, 3 * BLOCK + 7])
def test_a_file_of_any_length_comes_back_and_nothing_of_it_shows(size: int) -> None:
    content = of_size(size)
    file = shut(content)
    assert open_again(file) == content
    assert content[:64] not in file or size < 64  # one byte may be there by chance
    assert len(file) == HEAD + size + 16 * max(-(-size // BLOCK), 1)
    assert shut(content) != file


def test_it_is_cut_alike_however_it_comes_in() -> None:
    content = of_size(2 * BLOCK + 5)

    def drop_by_drop() -> Iterator[bytes]:
        yield b""
        yield from (content[at : at + 1000] for at in range(0, len(content), 1000))

    assert open_again(b"".join(sealed(KEYS, "a", drop_by_drop()))) == content


def test_a_large_file_is_never_whole_in_memory() -> None:
    """Of what is sealed and of what is opened no more than some blocks are held at a time."""
    block, read = bytes(BLOCK), 0

    def endless() -> Iterator[bytes]:
        nonlocal read
        for _ in range(400):
            read += 1
            yield block

    for given, _piece in enumerate(sealed(KEYS, "a", endless())):
        assert read - given <= 2


def test_a_byte_changed_anywhere_is_noticed() -> None:
    file = shut(of_size(2 * BLOCK + 5))
    for at in [len(MARK), HEAD - 1, HEAD, HEAD + BLOCK, HEAD + PIECE, len(file) - 1]:
        with pytest.raises((Damaged, WrongKey)):
            open_again(file[:at] + bytes([file[at] ^ 1]) + file[at + 1 :])


def test_blocks_cannot_be_moved_left_out_repeated_or_cut_off() -> None:
    file = shut(of_size(3 * BLOCK))
    head, one, two, three = file[:HEAD], *(file[HEAD + n * PIECE :][:PIECE] for n in range(3))
    assert head + one + two + three == file
    for other in (
        (two, one, three),
        (one, three),
        (two, three),
        (one, one, two, three),
        (one, two, three, three),
        (one, two),
        (one, two, three[:-1]),
        (),
    ):
        with pytest.raises(Damaged):
            open_again(head + b"".join(other))
    for length in (len(MARK), HEAD - 1):
        with pytest.raises(Damaged):
            open_again(file[:length])


def test_a_block_of_another_file_and_a_file_in_anothers_place_do_not_open() -> None:
    content = of_size(2 * BLOCK)
    file, other = shut(content), shut(content)
    with pytest.raises(Damaged):
        open_again(file[: HEAD + PIECE] + other[HEAD + PIECE :])
    with pytest.raises(Damaged):
        open_again(other[:HEAD] + file[HEAD:])
    with pytest.raises(Damaged):
        open_again(file, name="b")


def test_another_key_says_so_and_an_older_one_still_opens() -> None:
    file = shut(b"content")
    with pytest.raises(WrongKey):
        open_again(file, keys=OTHER)
    both = KeyRing(bytes(range(1, 33)), (bytes(range(32)),))
    assert open_again(file, keys=both) == b"content"


def test_a_file_from_before_is_given_as_it_is_and_told_apart(tmp_path: Path) -> None:
    content = of_size(2 * BLOCK + 3)
    assert open_again(content) == content
    assert open_again(b"") == b""
    (tmp_path / "old").write_bytes(content)
    (tmp_path / "new").write_bytes(shut(content))
    assert sealed_under(tmp_path / "old") is None
    assert sealed_under(tmp_path / "new") == KEYS.current_id

"""Keys and what is done with them: sealing of fields and blind indexes. Pure but for the nonce."""

from __future__ import annotations

import hashlib
import hmac
import os
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hotline.errors import BadInput
from hotline.words import Phone
from ledger.errors import WrongKey

ID_BYTES: Final = 4
_NONCE: Final = 12


@dataclass(frozen=True, slots=True)
class Sealed:
    """An encrypted text: 4 bytes key id, 12 bytes nonce, ciphertext with tag (AES-256-GCM)."""

    data: bytes

    @property
    def key_id(self) -> bytes:
        return self.data[:ID_BYTES]


def _derived(master: bytes, purpose: str) -> bytes:
    return hmac.new(master, f"jiesu/{purpose}".encode(), hashlib.sha256).digest()


class KeyRing:
    """The field key in force and older ones that can still be read.

    A key is 32 random bytes. Fields, blind indexes and files each use a key of their own derived
    from it, so that one purpose never weakens the other.
    """

    def __init__(self, current: bytes, older: tuple[bytes, ...] = ()) -> None:
        for key in (current, *older):
            if len(key) != 32:
                raise BadInput("field_key", f"字段密钥必须是 32 字节，现在是 {len(key)} 字节。")
        masters = (current, *older)
        self._ciphers = {key_id(m): AESGCM(_derived(m, "field")) for m in masters}
        self._index_keys = tuple(_derived(m, "blind-index") for m in masters)
        self._file_keys = {key_id(m): _derived(m, "file") for m in masters}
        self.current_id = key_id(current)
        self.ids = frozenset(key.hex() for key in self._ciphers)

    def __repr__(self) -> str:
        return f"KeyRing({self.current_id.hex()}, {len(self._ciphers)} keys)"

    def seal(self, text: str, *, table: str, column: str, row: str) -> Sealed:
        """Encrypt for exactly this place: moved to another row, it cannot be opened."""
        nonce = os.urandom(_NONCE)
        place = f"{table}.{column}.{row}".encode()
        sealed = self._ciphers[self.current_id].encrypt(nonce, text.encode(), place)
        return Sealed(self.current_id + nonce + sealed)

    def open(self, sealed: Sealed, *, table: str, column: str, row: str) -> str:
        """Decrypt; raises WrongKey when the key is not here or the value was changed or moved."""
        cipher = self._ciphers.get(sealed.key_id)
        if cipher is None:
            raise WrongKey(f"字段密钥不对：{table}.{column} 是用另一把密钥加密的。")
        nonce, body = sealed.data[ID_BYTES:][:_NONCE], sealed.data[ID_BYTES + _NONCE :]
        try:
            return cipher.decrypt(nonce, body, f"{table}.{column}.{row}".encode()).decode()
        except InvalidTag as wrong:
            raise WrongKey(f"{table}.{column} 的一个值被改动过，不能解密。") from wrong

    def for_file(self, key: bytes, file: bytes) -> AESGCM:
        """The cipher of one file, which is known by its salt and name; nobody else's blocks open
        with it. ``key`` is an id of this ring: WrongKey where it is not."""
        master = self._file_keys.get(key)
        if master is None:
            raise WrongKey("附件是用另一把密钥加密的：请放回原来的 secrets.json。")
        return AESGCM(hmac.new(master, file, hashlib.sha256).digest())

    def index(self, phone: Phone) -> str | None:
        """The blind index of a number under the key in force; None for a withheld one."""
        return None if phone.withheld else _blind(self._index_keys[0], phone)

    def indexes(self, phone: Phone) -> tuple[str, ...]:
        """The blind indexes of a number under every key; empty for a withheld one."""
        return () if phone.withheld else tuple(_blind(key, phone) for key in self._index_keys)


def key_id(master: bytes) -> bytes:
    """The 4 bytes by which a key is known; says nothing about the key."""
    return _derived(master, "key-id")[:ID_BYTES]


def _blind(key: bytes, phone: Phone) -> str:
    return hmac.new(key, phone.digits.encode(), hashlib.sha256).hexdigest()[:32]

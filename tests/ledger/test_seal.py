from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import sqlite

from hotline.errors import BadInput
from hotline.words import Phone
from ledger.columns import EncryptedStr
from ledger.errors import WrongKey
from ledger.seal import KeyRing, Sealed

KEY, OTHER = b"k" * 32, b"o" * 32
HERE = {"table": "callers", "column": "number", "row": "c1"}


@given(st.text())
def test_what_is_sealed_opens_in_its_place(text: str) -> None:
    ring = KeyRing(KEY)
    assert ring.open(ring.seal(text, **HERE), **HERE) == text


def test_a_value_moved_to_another_row_does_not_open() -> None:
    ring = KeyRing(KEY)
    sealed = ring.seal("13812345678", **HERE)
    with pytest.raises(WrongKey, match="改动"):
        ring.open(sealed, **{**HERE, "row": "c2"})


def test_a_changed_byte_does_not_open() -> None:
    ring = KeyRing(KEY)
    data = bytearray(ring.seal("13812345678", **HERE).data)
    data[-1] ^= 1
    with pytest.raises(WrongKey):
        ring.open(Sealed(bytes(data)), **HERE)


def test_another_key_is_named_as_the_reason() -> None:
    with pytest.raises(WrongKey, match="另一把密钥"):
        KeyRing(OTHER).open(KeyRing(KEY).seal("x", **HERE), **HERE)


def test_an_older_key_still_opens_what_it_sealed_and_new_values_use_the_new_one() -> None:
    old, both = KeyRing(KEY), KeyRing(OTHER, (KEY,))
    sealed = old.seal("13812345678", **HERE)
    assert both.open(sealed, **HERE) == "13812345678"
    assert both.seal("x", **HERE).key_id != sealed.key_id
    assert old.index(Phone("13812345678")) in both.indexes(Phone("13812345678"))


def test_the_same_number_is_sealed_differently_each_time_and_indexed_the_same() -> None:
    ring, phone = KeyRing(KEY), Phone("13812345678")
    assert ring.seal(phone.digits, **HERE) != ring.seal(phone.digits, **HERE)
    assert ring.index(phone) == ring.index(Phone("13812345678"))
    assert ring.index(phone) != ring.index(Phone("13812345679"))
    assert ring.index(phone) != KeyRing(OTHER).index(phone)


def test_a_withheld_number_has_no_index() -> None:
    ring = KeyRing(KEY)
    assert ring.index(Phone("")) is None
    assert ring.indexes(Phone("")) == ()


def test_a_short_key_is_refused_with_a_sentence() -> None:
    with pytest.raises(BadInput, match="32 字节"):
        KeyRing(b"short")


def test_a_key_ring_does_not_print_its_keys() -> None:
    assert repr(KeyRing(KEY)).count("k") <= 1
    assert KEY.hex() not in repr(KeyRing(KEY))


@pytest.mark.clause("ZQ-24", "ZS-32", "GZ-21")
def test_plain_text_cannot_reach_an_encrypted_column() -> None:
    with pytest.raises(TypeError, match="Sealed"):
        EncryptedStr().process_bind_param("13812345678", sqlite.dialect())  # type: ignore[arg-type]

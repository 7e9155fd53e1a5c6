"""Column types: instants that are always aware UTC, and texts that can only be stored sealed."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, DateTime, Integer, LargeBinary, String
from sqlalchemy.types import TypeDecorator, TypeEngine

from ledger.seal import Sealed

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect

Serial = BigInteger().with_variant(Integer, "sqlite")
"""A 64-bit number; as primary key on SQLite it is the rowid."""


class Instant(TypeDecorator[dt.datetime]):
    """An aware datetime, stored in UTC: timestamptz on PostgreSQL, sortable text on SQLite."""

    impl = String(27)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(DateTime(timezone=True))
        return dialect.type_descriptor(String(27))

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime cannot be stored")
        utc = value.astimezone(dt.UTC)
        if dialect.name == "postgresql":
            return utc
        return utc.isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"

    def process_result_value(self, value: Any, _dialect: Dialect) -> dt.datetime | None:
        if value is None:
            return None
        if isinstance(value, dt.datetime):
            return value.astimezone(dt.UTC)
        return dt.datetime.fromisoformat(value)


class EncryptedStr(TypeDecorator[Sealed]):
    """A text that reaches the database only as :class:`ledger.seal.Sealed`.

    Sealing needs the row's key (it is bound to table.column.row), which a column type cannot know;
    so the type takes what :meth:`ledger.seal.KeyRing.seal` gives and refuses a plain str.
    """

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Sealed | None, _dialect: Dialect) -> bytes | None:
        if value is None:
            return None
        if not isinstance(value, Sealed):
            raise TypeError("an encrypted column takes a Sealed value, not plain text")
        return value.data

    def process_result_value(self, value: Any, _dialect: Dialect) -> Sealed | None:
        return None if value is None else Sealed(bytes(value))

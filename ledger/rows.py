"""Facts to JSON and back, pure. Any frozen dataclass of the hotline's nouns goes through here.

Canonical JSON: keys sorted, no spaces, UTF-8 as it is, datetimes in UTC with microseconds. The same
fact always gives the same bytes, so hashes can be compared.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
import json
import math
import types
import typing
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from enum import Enum
from typing import Any, TypeVar

from hotline import facts
from ledger.errors import BadRow, UnknownFact

T = TypeVar("T")
AnyFact = facts.Fact | facts.TicketFact | facts.ReturnCallFact
Upcaster = Callable[[dict[str, Any]], dict[str, Any]]

FACT_TYPES: dict[str, type[Any]] = {
    cls.__name__: cls
    for union in (facts.Fact, facts.TicketFact, facts.ReturnCallFact)
    for cls in typing.get_args(union)
}
"""Every member of the unions, by its name."""

UPCASTERS: dict[tuple[str, int], Upcaster] = {}
"""(type, version) → a pure function that turns a body of that version into one of the next.

When the shape of a fact changes, an entry is added and nothing else: its version is 1 + the number
of its upcasters. A renamed type keeps its old name here, and :data:`RENAMED` points to the new one.
"""

RENAMED: dict[str, str] = {}


def version_of(type_: str, upcasters: Mapping[tuple[str, int], Upcaster] = UPCASTERS) -> int:
    """The version in which this code writes facts of a type."""
    return 1 + sum(1 for name, _ in upcasters if name == type_)


_CANONICAL = json.JSONEncoder(
    sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False
)


def canonical(value: Any) -> str:
    """Canonical JSON text of plain JSON data."""
    return _CANONICAL.encode(value)


def encode(fact: AnyFact) -> tuple[str, int, str]:
    """(type, version, canonical JSON body) of a fact."""
    name = type(fact).__name__
    if FACT_TYPES.get(name) is not type(fact):
        raise TypeError(f"{name} is not in the union of facts")
    return name, version_of(name), canonical(to_json(fact))


def decode(
    type_: str,
    version: int,
    body: str,
    upcasters: Mapping[tuple[str, int], Upcaster] = UPCASTERS,
) -> AnyFact:
    """The fact of a row, old versions brought up to date. Raises UnknownFact or BadRow."""
    name = RENAMED.get(type_, type_)
    cls = FACT_TYPES.get(name)
    if cls is None or not 1 <= version <= version_of(type_, upcasters):
        raise UnknownFact(type_, version)
    try:
        data = json.loads(body)
        for step in range(version, version_of(type_, upcasters)):
            data = upcasters[type_, step](data)
        return typing.cast("AnyFact", from_json(cls, data))
    except (ValueError, TypeError, KeyError) as wrong:
        raise BadRow(f"日志中一条 {type_} 的内容读不懂：{wrong}") from wrong


def to_json(value: Any) -> Any:
    """Plain JSON data of a dataclass, enum, aware datetime, date, tuple, set, mapping or scalar."""
    cls = type(value)
    write = _WRITERS.get(cls)
    if write is None:
        write = _WRITERS[cls] = _writer(cls)
    return write(value)


_WRITERS: dict[type[Any], Callable[[Any], Any]] = {}
"""What writes values of a class; built once for each."""


def _writer(cls: type[Any]) -> Callable[[Any], Any]:
    if issubclass(cls, Enum):
        return lambda value: value.value
    if issubclass(cls, float):
        return _finite
    if cls is types.NoneType or issubclass(cls, str | int):
        return lambda value: value
    if issubclass(cls, dt.datetime):
        return _written_instant
    if issubclass(cls, dt.date):
        return lambda value: value.isoformat()
    if dataclasses.is_dataclass(cls):
        names = tuple(field.name for field in dataclasses.fields(cls))
        return lambda value: {name: to_json(getattr(value, name)) for name in names}
    if issubclass(cls, tuple | list):
        return lambda value: [to_json(item) for item in value]
    if issubclass(cls, AbstractSet):
        return lambda value: sorted((to_json(item) for item in value), key=canonical)
    if issubclass(cls, Mapping):
        return lambda value: {_key(key): to_json(item) for key, item in value.items()}
    raise TypeError(f"{cls.__name__} cannot be stored")


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise ValueError("only finite numbers can be stored")
    return value


def _written_instant(value: dt.datetime) -> str:
    if value.tzinfo is None:
        raise ValueError("a naive datetime cannot be stored")
    return value.astimezone(dt.UTC).isoformat(timespec="microseconds")


def _key(key: Any) -> str:
    plain = to_json(key)
    if not isinstance(plain, str):
        raise TypeError("keys of a mapping must be texts")
    return plain


def from_json(shape: Any, data: Any) -> Any:
    """The value of a type (as annotated) from plain JSON data; ValueError when it does not fit."""
    return _reader(shape)(data)


@functools.cache
def _reader(shape: Any) -> Callable[[Any], Any]:
    """A function that reads JSON of this shape; built once for each type."""
    if isinstance(shape, typing.NewType):
        return _reader(shape.__supertype__)
    origin, args = typing.get_origin(shape), typing.get_args(shape)
    if origin is typing.Literal:
        return functools.partial(_one_of, args)
    if origin in (typing.Union, types.UnionType):
        return _union_reader(args)
    if origin is tuple:
        return _tuple_reader(args)
    if origin in (frozenset, set, list):
        item, make = _reader(args[0]), origin
        return lambda data: make(item(one) for one in _expect(list, data))
    if origin in (dict, Mapping, types.MappingProxyType):
        key, item = _reader(args[0]), _reader(args[1])
        return lambda data: {key(k): item(v) for k, v in _expect(dict, data).items()}
    if isinstance(shape, type):
        return _class_reader(shape)
    raise TypeError(f"{shape!r} cannot be read")


def _class_reader(cls: type[Any]) -> Callable[[Any], Any]:
    if dataclasses.is_dataclass(cls):
        return _dataclass_reader(cls)
    if issubclass(cls, Enum):
        return cls
    if issubclass(cls, dt.datetime):
        return _instant
    if issubclass(cls, dt.date):
        return lambda data: dt.date.fromisoformat(_expect(str, data))
    if cls is float:
        return lambda data: float(_expect((int, float), data))
    if cls is type(None):
        return functools.partial(_one_of, (None,))
    if cls in (str, int, bool):
        return functools.partial(_expect, cls)
    raise TypeError(f"{cls.__name__} cannot be read")


def _dataclass_reader(cls: type[Any]) -> Callable[[Any], Any]:
    hints = typing.get_type_hints(cls)
    fields = [(f.name, _reader(hints[f.name])) for f in dataclasses.fields(cls) if f.init]
    names = {name for name, _ in fields}
    optional = {
        f.name
        for f in dataclasses.fields(cls)
        if f.default is not dataclasses.MISSING or f.default_factory is not dataclasses.MISSING
    }

    def read(data: Any) -> Any:
        given = _expect(dict, data)
        if unknown := set(given) - names:
            raise ValueError(f"{cls.__name__} has no {', '.join(sorted(unknown))}")
        if missing := names - set(given) - optional:
            raise ValueError(f"{cls.__name__} lacks {', '.join(sorted(missing))}")
        return cls(**{name: reader(given[name]) for name, reader in fields if name in given})

    return read


def _union_reader(args: tuple[Any, ...]) -> Callable[[Any], Any]:
    """Optional values, and unions whose members can be told apart by trying them in order."""
    members = [_reader(arg) for arg in args if arg is not type(None)]
    nullable = type(None) in args

    def read(data: Any) -> Any:
        if data is None and nullable:
            return None
        problem = "nothing fits"
        for member in members:
            try:
                return member(data)
            except (ValueError, TypeError) as wrong:
                problem = str(wrong)
        raise ValueError(problem)

    return read


def _tuple_reader(args: tuple[Any, ...]) -> Callable[[Any], Any]:
    if len(args) == 2 and args[1] is Ellipsis:
        item = _reader(args[0])
        return lambda data: tuple(item(one) for one in _expect(list, data))
    items = [_reader(arg) for arg in args]

    def read(data: Any) -> Any:
        given = _expect(list, data)
        if len(given) != len(items):
            raise ValueError(f"expected {len(items)} values")
        return tuple(reader(one) for reader, one in zip(items, given, strict=True))

    return read


def _instant(data: Any) -> dt.datetime:
    value = dt.datetime.fromisoformat(_expect(str, data))
    if value.tzinfo is None:
        raise ValueError("a naive datetime was stored")
    return value.astimezone(dt.UTC)


def _one_of(allowed: tuple[Any, ...], data: Any) -> Any:
    if data not in allowed or isinstance(data, bool) != isinstance(_same(allowed, data), bool):
        raise ValueError(f"{data!r} is not one of {allowed}")
    return data


def _same(allowed: tuple[Any, ...], data: Any) -> Any:
    return next((one for one in allowed if one == data), None)


def _expect(kind: Any, data: Any) -> Any:
    if not isinstance(data, kind) or (isinstance(data, bool) and kind is not bool):
        raise ValueError(f"{data!r} is not what was expected")
    return data

"""One example of any of our dataclasses, built from its annotations."""

from __future__ import annotations

import datetime as dt
import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

NOON = dt.datetime(2026, 9, 28, 4, 0, tzinfo=dt.UTC)
PLAIN: Mapping[Any, Any] = {
    str: "x",
    int: 1,
    float: 1.5,
    bool: True,
    dt.datetime: NOON,
    dt.date: NOON.date(),
    object: "x",
    type(None): None,
}


def sample(shape: Any) -> Any:
    """A value of the annotated type; of a union its first member that is not None."""
    if shape in PLAIN:
        return PLAIN[shape]
    if hasattr(shape, "__supertype__"):
        return shape(sample(shape.__supertype__))
    origin, arguments = get_origin(shape), get_args(shape)
    if origin in {Union, types.UnionType}:
        return sample(next(one for one in arguments if one is not type(None)))
    if origin is Literal:
        return arguments[0]
    if origin is tuple:
        kinds = arguments[:1] if len(arguments) == 2 and arguments[1] is ... else arguments
        return tuple(sample(kind) for kind in kinds)
    if origin in {list, frozenset, set}:
        return origin([sample(arguments[0])])
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {sample(arguments[0]): sample(arguments[1])}
    if isinstance(shape, type) and issubclass(shape, Enum):
        return next(iter(shape))
    if isinstance(shape, type) and is_dataclass(shape):
        hints = get_type_hints(shape)
        return shape(**{item.name: sample(hints[item.name]) for item in fields(shape)})
    raise TypeError(f"no sample for {shape!r}: teach tests/house/samples.py")

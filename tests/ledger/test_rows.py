from __future__ import annotations

import dataclasses
import datetime as dt
import json
import types
import typing
from enum import Enum
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline import facts, words
from ledger import rows
from ledger.errors import BadRow, UnknownFact

NOW = dt.datetime(2026, 9, 28, 2, 0, tzinfo=dt.UTC)
ZONES = st.sampled_from([dt.UTC, dt.timezone(dt.timedelta(hours=8))])
MOMENTS = st.datetimes(
    # Hypothesis wants naive limits and adds the zone itself.
    min_value=dt.datetime(1, 1, 3),  # noqa: DTZ001 - see above
    max_value=dt.datetime(9999, 12, 29),  # noqa: DTZ001 - see above
    timezones=ZONES,
)
SCALARS: dict[Any, st.SearchStrategy[Any]] = {
    str: st.text(),
    int: st.integers(),
    bool: st.booleans(),
    float: st.floats(allow_nan=False, allow_infinity=False),
    type(None): st.none(),
    dt.datetime: MOMENTS,
    dt.date: st.dates(),
}


def values_of(shape: Any) -> st.SearchStrategy[Any]:
    """Every value a field of this annotation may have."""
    if isinstance(shape, typing.NewType):
        return values_of(shape.__supertype__)
    origin, args = typing.get_origin(shape), typing.get_args(shape)
    if origin is typing.Literal:
        return st.sampled_from(args)
    if origin in (typing.Union, types.UnionType):
        return st.one_of(*(values_of(arg) for arg in args))
    if origin is tuple:
        return st.lists(values_of(args[0]), max_size=4).map(tuple)
    if shape in SCALARS:
        return SCALARS[shape]
    if issubclass(shape, Enum):
        return st.sampled_from(list(shape))
    hints = typing.get_type_hints(shape)
    fields = dataclasses.fields(shape)
    return st.builds(shape, **{f.name: values_of(hints[f.name]) for f in fields})


@pytest.mark.parametrize("cls", rows.FACT_TYPES.values(), ids=lambda cls: cls.__name__)
def test_every_fact_comes_back_as_it_was(cls: type[Any]) -> None:
    @settings(max_examples=40)
    @given(values_of(cls))
    def comes_back(fact: Any) -> None:
        type_, version, body = rows.encode(fact)
        again = rows.decode(type_, version, body)
        assert again == fact
        assert rows.encode(again) == (type_, version, body)

    comes_back()


@settings(max_examples=40)
@given(values_of(words.Deadline))
def test_a_deadline_comes_back_with_every_day_counted(deadline: words.Deadline) -> None:
    text = rows.canonical(rows.to_json(deadline))
    assert rows.from_json(words.Deadline, json.loads(text)) == deadline


def a_gap() -> facts.GapOpened:
    return facts.GapOpened(at=NOW, why="链路中断")


def test_the_bytes_of_a_fact_are_canonical() -> None:
    assert rows.encode(a_gap()) == (
        "GapOpened",
        1,
        '{"at":"2026-09-28T02:00:00.000000+00:00","why":"链路中断"}',
    )


def test_the_same_instant_gives_the_same_bytes_in_every_zone() -> None:
    there = facts.GapOpened(at=NOW.astimezone(ZoneInfo("Asia/Shanghai")), why="链路中断")
    assert rows.encode(there) == rows.encode(a_gap())


def test_a_naive_time_is_refused() -> None:
    naive = facts.GapOpened(at=NOW.replace(tzinfo=None), why="")
    with pytest.raises(ValueError, match="naive"):
        rows.encode(naive)
    with pytest.raises(BadRow):
        rows.decode("GapOpened", 1, '{"at":"2026-09-28T02:00:00","why":""}')


def test_a_number_that_json_does_not_have_is_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        rows.to_json(float("nan"))


def test_what_is_not_in_the_union_is_not_a_fact() -> None:
    with pytest.raises(TypeError, match="Phone"):
        rows.encode(words.Phone("13812345678"))  # type: ignore[arg-type]


def test_an_unknown_type_is_a_clear_error() -> None:
    with pytest.raises(UnknownFact, match="CallTeleported（第 1 版）：请换用更新的接诉台"):
        rows.decode("CallTeleported", 1, "{}")


def test_a_version_from_the_future_is_a_clear_error() -> None:
    with pytest.raises(UnknownFact, match="GapOpened（第 7 版）"):
        rows.decode("GapOpened", 7, "{}")


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        '{"at":"2026-09-28T02:00:00+00:00"}',
        '{"at":"2026-09-28T02:00:00+00:00","why":1}',
        '{"at":"2026-09-28T02:00:00+00:00","why":"","more":1}',
        '{"at":"soon","why":""}',
    ],
)
def test_a_body_that_does_not_fit_its_type_is_a_bad_row(body: str) -> None:
    with pytest.raises(BadRow, match="GapOpened"):
        rows.decode("GapOpened", 1, body)


def test_an_old_version_is_brought_up_to_date_step_by_step() -> None:
    def named(body: dict[str, Any]) -> dict[str, Any]:
        return {"at": body["at"], "reason": body["text"]}

    def renamed(body: dict[str, Any]) -> dict[str, Any]:
        return {"at": body["at"], "why": body["reason"]}

    steps: dict[tuple[str, int], rows.Upcaster] = {
        ("GapOpened", 1): named,
        ("GapOpened", 2): renamed,
    }
    at = '"at":"2026-09-28T02:00:00+00:00"'
    read = [
        rows.decode("GapOpened", 1, f'{{{at},"text":"链路中断"}}', steps),
        rows.decode("GapOpened", 2, f'{{{at},"reason":"链路中断"}}', steps),
        rows.decode("GapOpened", 3, f'{{{at},"why":"链路中断"}}', steps),
    ]
    assert read == [a_gap()] * 3
    assert rows.version_of("GapOpened", steps) == 3


@dataclasses.dataclass(frozen=True, slots=True)
class Shelf:
    """A value as a World may hold it."""

    calls: typing.Mapping[words.CallId, words.Service]
    seen: frozenset[str]
    pair: tuple[int, str]


def test_mappings_sets_and_pairs_come_back_too() -> None:
    shelf = Shelf({words.CallId("c1"): words.Service.FIRE}, frozenset({"b", "a"}), (1, "x"))
    text = rows.canonical(rows.to_json(shelf))
    assert text == '{"calls":{"c1":"119"},"pair":[1,"x"],"seen":["a","b"]}'
    assert rows.from_json(Shelf, json.loads(text)) == shelf

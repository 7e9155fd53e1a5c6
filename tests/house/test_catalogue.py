"""Every event, fact and effect is documented, handled and can be written down."""

from __future__ import annotations

import datetime as dt
import inspect
import json
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import fields, is_dataclass
from typing import Any, get_args, get_type_hints

import pytest

from hotline import effects, events, facts, words
from hotline.decide import World, decide, evolve
from hotline.effects import Effect
from hotline.errors import HotlineError
from hotline.events import Event
from hotline.facts import Fact
from hotline.turn import CallRules
from ledger.rows import decode, encode, to_json
from tests.house.samples import NOON, sample

EVENTS, FACTS, EFFECTS = get_args(Event), get_args(Fact), get_args(Effect)


def name(member: Any) -> str:
    return str(member.__name__)


def classes_of(module: Any) -> list[type[Any]]:
    found = inspect.getmembers(module, inspect.isclass)
    return [one for _, one in found if one.__module__ == module.__name__ and is_dataclass(one)]


@pytest.mark.parametrize("member", [*EVENTS, *FACTS, *EFFECTS], ids=name)
def test_every_one_says_in_a_docstring_what_it_is(member: type[Any]) -> None:
    assert member.__doc__
    assert not member.__doc__.startswith(f"{member.__name__}("), "the dataclass's own signature"
    assert not member.__doc__[0].islower()


@pytest.mark.parametrize("member", [*EVENTS, *FACTS, *EFFECTS], ids=name)
def test_every_one_is_frozen_plain_data(member: type[Any]) -> None:
    assert is_dataclass(member)
    assert member.__dataclass_params__.frozen  # type: ignore[attr-defined] # dataclasses' own mark
    assert "__slots__" in vars(member)
    for key in get_type_hints(member).values():
        assert key is not Any, member


@pytest.mark.parametrize("member", [*EVENTS, *FACTS], ids=name)
def test_every_event_and_fact_carries_its_time(member: type[Any]) -> None:
    hints = get_type_hints(member)
    assert hints["at"] is dt.datetime
    if member in EVENTS:
        assert hints["received_at"] is dt.datetime


def named_in(member: type[Any], module: Any) -> bool:
    """Part of another class of the same file: a piece of an event, not an event."""
    return any(
        member.__name__ in str(item.type)
        for other in classes_of(module)
        if other is not member
        for item in fields(other)
    )


@pytest.mark.parametrize(
    ("module", "union"), [(events, EVENTS), (facts, FACTS), (effects, EFFECTS)], ids=str
)
def test_no_class_of_the_catalogue_is_forgotten_in_its_union(
    module: Any, union: tuple[type[Any], ...]
) -> None:
    # What goes to a ticket's stream has a union of its own, or says in its docstring where it goes.
    unions = {
        member
        for value in vars(module).values()
        for member in get_args(value)
        if isinstance(member, type)
    }
    documented_elsewhere = (inspect.getsource(module)).rsplit('"""', 2)[-2]
    forgotten = [
        one.__name__
        for one in classes_of(module)
        if one not in {*union, *unions}
        and not named_in(one, module)
        and one.__name__ not in documented_elsewhere
    ]
    assert not forgotten


@pytest.mark.parametrize("member", EVENTS, ids=name)
def test_every_event_is_handled(member: type[Any]) -> None:
    rules = CallRules(
        policy_version="v1",
        spoken={
            "greeting": words.EmergencyAction.TELL,
            "queue": words.EmergencyAction.CONFIRM,
            "agent": words.EmergencyAction.TRANSFER,
        },
    )
    # A refusal is an answer; assert_never would raise AssertionError.
    with suppress(HotlineError):
        decide(World(), sample(member), rules)


@pytest.mark.parametrize("member", FACTS, ids=name)
def test_every_fact_can_be_folded(member: type[Any]) -> None:
    world = World()
    for before in (facts.CallOpened, facts.CallWaiting, facts.CallAnswered, member):
        with suppress(HotlineError):
            world = evolve(world, sample(before))


@pytest.mark.parametrize("member", FACTS, ids=name)
def test_every_fact_comes_back_from_the_journal_as_it_went_in(member: type[Any]) -> None:
    fact = sample(member)
    assert decode(*encode(fact)) == fact


@pytest.mark.parametrize("member", [*EVENTS, *EFFECTS], ids=name)
def test_every_event_and_effect_can_be_written_as_json(member: type[Any]) -> None:
    assert json.dumps(to_json(sample(member)))


PRIVATE = {"caller_name", "phone", "number", "contact", "words", "text", "address", "summary"}


def names_within(shape: Any, seen: frozenset[Any] = frozenset()) -> Iterable[tuple[str, Any]]:
    """Field names and types of a dataclass and of the dataclasses within it."""
    if shape in seen:
        return
    if is_dataclass(shape):
        for key, hint in get_type_hints(shape).items():
            yield key, hint
            yield from names_within(hint, seen | {shape})
    for argument in get_args(shape):
        yield from names_within(argument, seen | {shape})


@pytest.mark.parametrize("member", FACTS, ids=name)
def test_no_fact_carries_personal_data(member: type[Any]) -> None:
    """Numbers, names and words lie in their own tables, where they can be deleted."""
    for key, hint in names_within(member):
        assert hint is not words.Phone, (member.__name__, key)
        assert hint is not words.Draft, (member.__name__, key)
        assert not (hint is str and key in PRIVATE), (member.__name__, key)


def test_the_sample_noon_is_aware() -> None:
    assert NOON.tzinfo is dt.UTC

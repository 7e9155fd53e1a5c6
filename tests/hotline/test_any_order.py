"""No order of events can stop the telephone: random stories, with duplicates and gaps."""

from __future__ import annotations

import datetime as dt
import typing
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hotline.agents import state_of
from hotline.decide import World, evolve
from hotline.errors import ImpossibleMove
from hotline.events import (
    AgentActAsked,
    AgentAnswered,
    AgentDidNotAnswer,
    AgentLegEnded,
    AgentPaused,
    AgentRang,
    AgentReachable,
    CallArrived,
    CallEnded,
    CallFoundInLog,
    CallHeld,
    CallOnExchange,
    CallQueued,
    CallTransferred,
    EmergencySpoken,
    EmergencyStep,
    Event,
    ExchangeBack,
    ExchangeLost,
    Noted,
    SeatOnExchange,
    SecondPassed,
    TransferAnswered,
)
from hotline.facts import CallClosed
from hotline.rating_events import CallerRated
from hotline.return_events import ReturnCallAnswered, ReturnCallAsked, ReturnCallFailed
from hotline.words import EmergencyPhase, Phone, Service
from tests.hotline.play import START, Scene

CALLS = st.sampled_from(["a", "b", "c"])
AGENTS = st.sampled_from(["1001", "1002"])
SERVICES = st.sampled_from(list(Service))
TIMES = st.integers(0, 3600).map(lambda s: START + dt.timedelta(seconds=s))
BOOLS = st.booleans()

_COMMON: dict[str, st.SearchStrategy[Any]] = {
    "call": CALLS,
    "agent": AGENTS,
    "by": AGENTS,
    "caller": st.sampled_from([Phone("13800138000"), Phone("")]),
    "dialled": st.just("12345"),
    "channel": st.just("PJSIP/carrier-1"),
    "task": CALLS,
    "citizen": st.sampled_from([Phone("13800138000"), Phone("")]),
    "result": st.just("busy"),
    "key": st.sampled_from("12345"),
    "caller_channel": st.just("PJSIP/carrier-1"),
    "agent_channel": st.just("PJSIP/1001-1"),
    "queue": st.sampled_from(["hotline", "hotline-emergency"]),
    "position": st.integers(1, 9),
    "ring_s": st.just(3.0),
    "hold_s": st.just(3.0),
    "held": BOOLS,
    "to": st.sampled_from(["1001", "1002", "119"]),
    "attended": BOOLS,
    "phase": st.sampled_from(typing.get_args(EmergencyPhase)),
    "service": st.one_of(st.none(), SERVICES),
    "trunk": st.sampled_from([None, 1, 2]),
    "reason": st.sampled_from(["key", "words", "agent"]),
    "model_version": st.just("t"),
    "stage": st.sampled_from(["greeting", "queue", "emergency", "emergency-queue"]),
    "queue_status": st.sampled_from(["", "TIMEOUT", "FULL", "JOINEMPTY"]),
    "abandoned": BOOLS,
    "member": st.sampled_from(["", "PJSIP/1001"]),
    "linked": BOOLS,
    "cause": st.just(16),
    "device": st.sampled_from(["web", "sip"]),
    "reachable": BOOLS,
    "paused": BOOLS,
    "why": st.just("test"),
    "source": st.just("test"),
    "what": st.just("test"),
    "arrived_at": TIMES,
    "queued_at": st.one_of(st.none(), TIMES),
    "answered_at": st.one_of(st.none(), TIMES),
    "wait_s": st.one_of(st.none(), st.floats(0, 99)),
    "gap_from": st.none(),
    "since": TIMES,
    "status": st.just(""),
    "elapsed_ms": st.none(),
}
_COMMON["steps"] = st.lists(
    st.builds(
        EmergencyStep,
        at=TIMES,
        received_at=TIMES,
        call=CALLS,
        phase=_COMMON["phase"],
        service=_COMMON["service"],
        trunk=_COMMON["trunk"],
        reason=_COMMON["reason"],
    ),
    max_size=4,
).map(tuple)
_SPECIAL: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "EmergencySpoken": {"service": SERVICES, "level": st.sampled_from(["amber", "red"])},
    "ReturnCallAsked": {"rates": st.booleans()},
    "ReturnCallFailed": {"call": st.one_of(st.none(), CALLS)},
    "CallFoundInLog": {
        "agent": st.one_of(st.none(), AGENTS),
        "rated": st.sampled_from(["", "1", "5"]),
    },
    "AgentActAsked": {
        "act": st.sampled_from(["ready", "pause", "wrap_up_done", "hand_over", "not_an_emergency"]),
        "call": st.one_of(st.none(), CALLS),
    },
    "AgentPaused": {"reason": st.sampled_from(["", "wrap-up", "lunch"])},
}


def _fields(kind: type[Any], *names: str) -> dict[str, st.SearchStrategy[Any]]:
    special = _SPECIAL.get(kind.__name__, {})
    return {name: special[name] if name in special else _COMMON[name] for name in names}


def _logged() -> st.SearchStrategy[CallFoundInLog]:
    names = [n for n in CallFoundInLog.__dataclass_fields__ if n not in {"at", "received_at"}]
    return st.builds(CallFoundInLog, at=TIMES, received_at=TIMES, **_fields(CallFoundInLog, *names))


def _picture() -> dict[str, st.SearchStrategy[Any]]:
    call = st.builds(
        CallOnExchange,
        call=CALLS,
        channel=st.just("PJSIP/carrier-1"),
        stage=st.just("queue"),
        caller=_COMMON["caller"],
        queue=st.one_of(st.none(), _COMMON["queue"]),
        position=st.none(),
        agent=st.one_of(st.none(), AGENTS),
        agent_channel=st.just(""),
        since=TIMES,
        logged=st.one_of(st.none(), _logged()),
    ).map(lambda c: replace(c, logged=replace(c.logged, call=c.call) if c.logged else None))
    seat = st.builds(
        SeatOnExchange,
        agent=AGENTS,
        device=_COMMON["device"],
        reachable=BOOLS,
        paused=BOOLS,
        reason=st.sampled_from(["", "wrap-up", "lunch"]),
    )
    return {
        "gap_from": st.none(),
        "calls": st.lists(call, max_size=3, unique_by=lambda c: c.call).map(tuple),
        "seats": st.lists(seat, max_size=3).map(tuple),
    }


def _strategy(kind: type[Any]) -> st.SearchStrategy[tuple[type[Any], dict[str, Any]]]:
    if kind is ExchangeBack:
        fields = _picture()
    else:
        names = [n for n in kind.__dataclass_fields__ if n not in {"at", "received_at"}]
        fields = _fields(kind, *names)
    return st.tuples(st.just(kind), st.fixed_dictionaries(fields))


KINDS = (
    CallArrived,
    CallQueued,
    AgentRang,
    AgentDidNotAnswer,
    AgentAnswered,
    AgentLegEnded,
    CallHeld,
    CallTransferred,
    TransferAnswered,
    EmergencyStep,
    EmergencySpoken,
    CallEnded,
    CallFoundInLog,
    AgentReachable,
    AgentPaused,
    ExchangeBack,
    ExchangeLost,
    AgentActAsked,
    ReturnCallAsked,
    ReturnCallAnswered,
    ReturnCallFailed,
    CallerRated,
    SecondPassed,
    Noted,
)
STORIES = st.lists(st.one_of(*map(_strategy, KINDS)), min_size=50, max_size=80)


def test_the_stories_below_know_every_event_of_the_catalogue() -> None:
    assert set(KINDS) == set(typing.get_args(Event))


@pytest.mark.slow
@settings(
    max_examples=500,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(STORIES)
def test_no_order_of_events_stops_the_telephone(
    story: list[tuple[type[Any], dict[str, Any]]],
) -> None:
    scene = Scene()
    for kind, fields in story:
        scene.wait(1)
        try:
            scene.tell(kind, **fields)
        except ImpossibleMove:
            assert kind in {AgentActAsked, ReturnCallAsked}, (
                "only an act of a person may be refused"
            )
        check(scene)
    replayed = World()
    for fact in scene.facts:
        replayed = evolve(replayed, fact)
    assert replayed == scene.world


def check(scene: Scene) -> None:
    """What holds after every event, whatever came."""
    world = scene.world
    for seat in world.seats.values():
        assert seat.since is None or seat.state is state_of(seat)
        for held in (seat.call, seat.ringing):
            assert held is None or held in world.calls, "a seat has a call that is gone"
    for call in world.calls.values():
        assert not world.board.closed(call.id), "a closed call lives"
        if call.agent is not None:
            assert world.seat(call.agent).call == call.id
    closings = [fact.call for fact in scene.facts if isinstance(fact, CallClosed)]
    assert len(closings) == len(set(closings)), "a call ended twice"

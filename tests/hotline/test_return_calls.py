"""Nobody who hung up unheard is forgotten, and nobody is called back twice."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.effects import PauseSeat, PlaceReturnCall, PopScreen, UnpauseSeat, WithdrawPop
from hotline.errors import BadInput, ImpossibleMove
from hotline.events import (
    AgentLegEnded,
    AgentPaused,
    AgentReachable,
    CallEnded,
    CallOnExchange,
    ExchangeBack,
)
from hotline.facts import (
    CallAnswered,
    CallClosed,
    ReturnCallClosed,
    ReturnCallFact,
    ReturnCallMissed,
    ReturnCallOwed,
    ReturnCallTried,
)
from hotline.metrics import count
from hotline.return_calls import (
    ATTEMPT_LASTS,
    Loss,
    ReturnCall,
    TaskState,
    attempt,
    dialable,
    dismiss,
    evolve,
    expire,
    loss_of,
    miss,
    owe,
    settle,
)
from hotline.return_events import ReturnCallAnswered, ReturnCallAsked, ReturnCallFailed
from hotline.words import (
    AgentId,
    AgentState,
    CallId,
    Outcome,
    Phone,
    ReturnCallId,
    Service,
    Stage,
    UserId,
)
from tests.hotline.play import START, Scene

CALLER = Phone("13800138000")
WITHHELD = Phone("")


def at(second: float) -> dt.datetime:
    return START + dt.timedelta(seconds=second)


def loss(call: str, second: float = 0, matter: str = "") -> Loss:
    return Loss(
        call=CallId(call),
        at=at(second),
        place="emergency" if matter else "queue",
        outcome=Outcome.EMERGENCY if matter else Outcome.ABANDONED,
        matter=matter,
        waited_s=12.0,
    )


@dataclass
class Town:
    """The tasks of one caller, kept as the ledger keeps them."""

    caller: Phone = CALLER
    tasks: dict[str, ReturnCall] = field(default_factory=dict)
    answers: list[tuple[CallId, dt.datetime]] = field(default_factory=list)
    belongs: dict[str, str] = field(default_factory=dict)

    def take(self, facts: tuple[ReturnCallFact, ...]) -> None:
        for fact in facts:
            self.tasks[fact.task] = evolve(self.tasks.get(fact.task), fact)

    def open(self) -> list[ReturnCall]:
        return [task for task in self.tasks.values() if task.state is not TaskState.CLOSED]

    def lost(self, one: Loss) -> None:
        later = [found for found in self.answers if found[1] >= one.at]
        facts = owe(one, self.caller, self.open(), max(later, key=lambda a: a[1], default=None))
        self.belongs[one.call] = facts[0].task
        self.take(facts)

    def answered(self, call: str, second: float) -> None:
        self.answers.append((CallId(call), at(second)))
        for task in self.open():
            self.take(settle(task, CallId(call), at(second)))


def one_task(**more: object) -> ReturnCall:
    town = Town()
    town.lost(loss("a"))
    [task] = town.open()
    return task


def tried(task: ReturnCall, call: str = "try", second: float = 10) -> ReturnCall:
    facts = attempt(task, call=CallId(call), agent=AgentId("1001"), by=UserId("u"), at=at(second))
    for fact in facts:
        task = evolve(task, fact)
    return task


def test_a_further_loss_of_the_same_caller_is_added_to_the_open_task() -> None:
    town = Town()
    town.lost(loss("a", 0))
    town.lost(loss("b", 60))
    [task] = town.open()
    assert (task.id, task.losses) == ("a", 2)
    assert (task.opened_at, task.lost_at) == (at(0), at(60))
    assert len(town.tasks) == 1


def test_an_emergency_that_reached_nobody_is_a_matter_of_its_own() -> None:
    town = Town()
    town.lost(loss("a"))
    town.lost(loss("b", 5, matter="119"))
    assert sorted(task.matter for task in town.open()) == ["", "119"]


def test_withheld_numbers_are_nobodys_and_cannot_be_dialled_but_each_is_listed() -> None:
    town = Town(WITHHELD)
    town.lost(loss("a"))
    town.lost(loss("b", 5))
    assert town.open() == []
    assert [task.reason for task in town.tasks.values()] == ["no-number", "no-number"]


@pytest.mark.parametrize("digits", ["110", "12345", "0085212345678", "85212", "100000", "1" * 11])
def test_what_is_no_citizens_number_is_never_dialled(digits: str) -> None:
    assert not dialable(Phone(digits))
    town = Town(Phone(digits))
    town.lost(loss("a"))
    assert [task.reason for task in town.tasks.values()] == ["no-number"]


@pytest.mark.parametrize("digits", ["13800138000", "07581234567", "02012345678", "2345678"])
def test_mobiles_and_landlines_are_dialled(digits: str) -> None:
    assert dialable(Phone(digits))


def test_who_gets_through_is_not_called_back() -> None:
    town = Town()
    town.lost(loss("a"))
    town.answered("b", 30)
    assert [(task.state, task.reason) for task in town.tasks.values()] == [
        (TaskState.CLOSED, "got-through")
    ]


def test_a_loss_learnt_after_the_answer_that_settled_it_opens_nothing() -> None:
    town = Town()
    town.answered("b", 30)
    town.lost(loss("a", 0))
    assert town.open() == []
    assert [task.reason for task in town.tasks.values()] == ["got-through"]


def test_an_answer_before_the_loss_settles_nothing() -> None:
    town = Town()
    town.lost(loss("a", 60))
    town.answered("b", 30)
    assert len(town.open()) == 1


STORIES = st.lists(
    st.tuples(st.booleans(), st.integers(0, 999), st.sampled_from(["", "119"])),
    min_size=1,
    max_size=40,
    unique_by=lambda event: event[1],
)


@settings(max_examples=500, deadline=None)
@given(STORIES)
def test_in_any_order_one_task_a_matter_is_open_and_no_loss_is_forgotten(
    story: list[tuple[bool, int, str]],
) -> None:
    """Exactly the matters with a loss after the last answer are owed, however late one learns."""
    town = Town()
    for lost, second, matter in story:
        if lost:
            town.lost(loss(f"l{second}", second, matter))
        else:
            town.answered(f"a{second}", second)
        matters = [task.matter for task in town.open()]
        assert len(matters) == len(set(matters))
    losses = [(second, matter) for lost, second, matter in story if lost]
    last_answer = max((second for lost, second, _ in story if not lost), default=-1)
    owed = {matter for second, matter in losses if second > last_answer}
    assert {task.matter for task in town.open()} == owed
    assert set(town.belongs) == {f"l{second}" for second, _ in losses}
    assert sum(task.losses for task in town.tasks.values()) == len(losses)


def test_one_attempt_at_a_time() -> None:
    task = tried(one_task())
    with pytest.raises(ImpossibleMove, match="席位 1001 正在拨打"):
        attempt(task, call=CallId("c2"), agent=AgentId("1002"), by=UserId("v"), at=at(11))


def test_an_attempt_nobody_heard_of_again_does_not_hold_the_task_for_ever() -> None:
    task = tried(one_task())
    later = at(10) + ATTEMPT_LASTS
    assert expire(task, later - dt.timedelta(seconds=1)) == ()
    facts = attempt(task, call=CallId("c2"), agent=AgentId("1002"), by=UserId("v"), at=later)
    assert [type(fact) for fact in facts] == [ReturnCallMissed, ReturnCallTried]
    for fact in facts:
        task = evolve(task, fact)
    assert (task.tries, task.agent, task.attempt) == (2, "1002", "c2")


def test_who_is_not_reached_waits_again_with_the_attempt_recorded() -> None:
    task = tried(one_task())
    [fact] = miss(task, CallId("try"), "busy", at(40))
    task = evolve(task, fact)
    assert (task.state, task.tries, task.result) == (TaskState.WAITING, 1, "busy")
    assert miss(task, CallId("try"), "busy", at(41)) == (), "told twice"
    assert miss(task, CallId("other"), "busy", at(41)) == ()


def test_who_gets_through_while_we_dial_is_settled_and_the_attempt_ends_in_the_record() -> None:
    task = tried(one_task())
    [closed] = settle(task, CallId("his own"), at(20))
    task = evolve(task, closed)
    assert (task.state, task.reason) == (TaskState.CLOSED, "got-through")
    [fact] = miss(task, CallId("try"), "busy", at(25))
    task = evolve(task, fact)
    assert (task.state, task.result) == (TaskState.CLOSED, "busy")


def test_who_is_reached_is_done() -> None:
    task = tried(one_task())
    [fact] = settle(task, CallId("try"), at(20))
    assert isinstance(fact, ReturnCallClosed)
    assert fact.reason == "reached"
    task = evolve(task, fact)
    assert (task.state, task.result) == (TaskState.CLOSED, "reached")
    with pytest.raises(ImpossibleMove, match="已关闭"):
        tried(task, "again", 60)


def test_not_calling_back_needs_a_reason_of_the_list_and_a_task_that_waits() -> None:
    task = one_task()
    with pytest.raises(BadInput, match="原因"):
        dismiss(task, "他很烦", by=UserId("u"), at=at(5))
    with pytest.raises(ImpossibleMove, match="正在拨打"):
        dismiss(tried(task), "nuisance", by=UserId("u"), at=at(20))
    [fact] = dismiss(task, "nuisance", by=UserId("u"), at=at(5))
    closed = evolve(task, fact)
    assert (closed.state, closed.reason, closed.closed_by) == (TaskState.CLOSED, "nuisance", "u")


def ended(outcome: Outcome, **more: object) -> CallClosed:
    fields: dict[str, object] = {
        "at": START,
        "call": CallId("c"),
        "outcome": outcome,
        "stage": "queue",
        "arrived_at": START,
        "queued_at": None,
        "wait_s": None,
        "agent": None,
        "service": None,
        "linked": False,
    }
    return CallClosed(**{**fields, **more})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "outcome",
    [Outcome.ABANDONED, Outcome.TIMED_OUT, Outcome.TURNED_AWAY, Outcome.GREETING_HANG_UP],
)
@pytest.mark.clause("HB-16")
def test_every_lost_call_and_every_hang_up_in_the_greeting_is_owed(outcome: Outcome) -> None:
    owed = loss_of(ended(outcome))
    assert owed is not None
    assert owed.matter == ""


def test_an_emergency_is_owed_only_where_nobody_answered_it() -> None:
    reached = ended(Outcome.EMERGENCY, service=Service.FIRE, linked=True)
    by_agent = ended(Outcome.EMERGENCY, agent=AgentId("1001"))
    lost = loss_of(ended(Outcome.EMERGENCY, service=Service.FIRE))
    assert loss_of(reached) is None
    assert loss_of(by_agent) is None
    assert lost is not None
    assert (lost.matter, lost.place) == ("119", "emergency")
    unnamed = loss_of(ended(Outcome.EMERGENCY))
    assert unnamed is not None
    assert unnamed.matter == "emergency"


@pytest.mark.parametrize("outcome", [Outcome.ANSWERED, Outcome.RETURN_CALL])
def test_an_answered_call_and_a_call_of_ours_owe_nothing(outcome: Outcome) -> None:
    assert loss_of(ended(outcome)) is None


# --------------------------------------------------------------------------- the call itself


@pytest.fixture
def scene() -> Scene:
    scene = Scene()
    scene.tell(AgentReachable, agent=AgentId("1001"), device="PJSIP/1001", reachable=True)
    return scene


def press(scene: Scene, agent: str = "1001", call: str = "out", *, rates: bool = False) -> None:
    scene.tell(
        ReturnCallAsked,
        agent=AgentId(agent),
        by=UserId("u"),
        call=CallId(call),
        task=ReturnCallId("task"),
        citizen=CALLER,
        rates=rates,
    )


def reached(scene: Scene) -> None:
    scene.tell(
        ReturnCallAnswered,
        call=CallId("out"),
        agent=AgentId("1001"),
        caller_channel="PJSIP/carrier-1",
        agent_channel="PJSIP/1001-1",
    )


def ends(scene: Scene) -> None:
    scene.tell(
        CallEnded,
        call=CallId("out"),
        stage="agent",
        queue_status="",
        abandoned=False,
        member="",
        service=None,
        linked=False,
        cause=16,
    )


def test_a_seat_that_calls_back_rings_first_and_is_offered_no_other_call(scene: Scene) -> None:
    press(scene)
    assert scene.world.seat(AgentId("1001")).state is AgentState.RINGING
    assert PauseSeat(agent=AgentId("1001"), reason="return-call") in scene.effects
    [placed] = [e for e in scene.effects if isinstance(e, PlaceReturnCall)]
    assert (placed.device, placed.to) == ("PJSIP/1001", CALLER)
    assert any(isinstance(e, PopScreen) and e.stage == "ringing" for e in scene.effects)


def test_the_queue_telling_of_our_own_pause_makes_no_break_of_it(scene: Scene) -> None:
    press(scene)
    scene.tell(AgentPaused, agent=AgentId("1001"), paused=True, reason="return-call")
    assert not scene.world.seat(AgentId("1001")).paused


def test_a_browser_that_is_registered_is_rung_rather_than_the_desk_telephone(scene: Scene) -> None:
    scene.tell(AgentReachable, agent=AgentId("1001"), device="PJSIP/1001-web", reachable=True)
    press(scene)
    [placed] = [e for e in scene.effects if isinstance(e, PlaceReturnCall)]
    assert placed.device == "PJSIP/1001-web"


@pytest.mark.clause("HB-30¶1")
def test_a_seat_is_free_while_the_citizen_of_its_call_rates(scene: Scene) -> None:
    press(scene, rates=True)
    [placed] = [e for e in scene.effects if isinstance(e, PlaceReturnCall)]
    assert placed.rates
    reached(scene)
    scene.tell(AgentLegEnded, call=CallId("out"), agent=AgentId("1001"))
    assert scene.world.seat(AgentId("1001")).state is AgentState.WRAP_UP
    assert CallId("out") in scene.world.calls
    ends(scene)
    assert scene.closing("out").outcome is Outcome.RETURN_CALL


def test_a_reached_citizen_is_talked_with_and_counted_by_no_rate(scene: Scene) -> None:
    press(scene)
    scene.wait(8)
    reached(scene)
    assert scene.world.calls[CallId("out")].stage is Stage.TALKING
    assert scene.world.seat(AgentId("1001")).state is AgentState.TALKING
    assert not scene.world.board.records
    scene.wait(60)
    ends(scene)
    assert scene.closing("out").outcome is Outcome.RETURN_CALL
    assert scene.closing("out").agent == "1001"
    assert scene.world.seat(AgentId("1001")).state is AgentState.WRAP_UP
    tally = count(scene.world.board.records.values(), short_s=5)
    assert (tally.offered, tally.return_calls) == (0, 1)


def test_an_unreached_citizen_frees_the_seat_at_once(scene: Scene) -> None:
    press(scene)
    effects = scene.tell(ReturnCallFailed, call=CallId("out"), agent=AgentId("1001"), result="busy")
    closed = scene.closing("out")
    assert (closed.outcome, closed.agent, closed.stage) == (Outcome.RETURN_CALL, None, "busy")
    assert scene.world.seat(AgentId("1001")).state is AgentState.READY
    assert UnpauseSeat(agent=AgentId("1001")) in effects
    why = [e.why for e in effects if isinstance(e, WithdrawPop)]
    assert why == ["not-reached"]


def test_a_seat_whose_own_telephone_was_not_answered_is_known_by_its_number(scene: Scene) -> None:
    press(scene)
    scene.tell(ReturnCallFailed, call=None, agent=AgentId("1001"), result="seat-no-answer")
    assert scene.closing("out").stage == "seat-no-answer"


def test_a_break_lasts_on_after_a_return_call(scene: Scene) -> None:
    scene.tell(AgentPaused, agent=AgentId("1001"), paused=True, reason="小休")
    press(scene)
    assert not any(isinstance(e, PauseSeat) for e in scene.effects)
    scene.tell(ReturnCallFailed, call=CallId("out"), agent=AgentId("1001"), result="busy")
    assert not any(isinstance(e, UnpauseSeat) for e in scene.effects)
    assert scene.world.seat(AgentId("1001")).state is AgentState.PAUSED


def test_a_seat_on_the_telephone_or_without_one_cannot_call_back(scene: Scene) -> None:
    press(scene)
    with pytest.raises(ImpossibleMove, match="正有电话"):
        press(scene, call="second")
    with pytest.raises(ImpossibleMove, match="未登记"):
        press(scene, "1002")


def found(agent: str | None) -> CallOnExchange:
    return CallOnExchange(
        call=CallId("out"),
        channel="PJSIP/carrier-1",
        stage="agent",
        caller=CALLER,
        queue=None,
        position=None,
        agent=AgentId(agent) if agent else None,
        agent_channel="PJSIP/1001-1" if agent else "",
        since=START,
    )


@pytest.mark.parametrize("agent", ["1001", None])
def test_a_return_call_that_lives_through_a_gap_goes_on(scene: Scene, agent: str | None) -> None:
    press(scene)
    scene.tell(ExchangeBack, gap_from=None, calls=(found(agent),), seats=())
    stage = scene.world.calls[CallId("out")].stage
    assert stage is (Stage.TALKING if agent else Stage.DIALLING)
    answers = [f for f in scene.facts if isinstance(f, CallAnswered)]
    assert len(answers) == (1 if agent else 0)


def test_a_return_call_that_ended_in_a_gap_is_unreached_and_tried_again(scene: Scene) -> None:
    press(scene)
    scene.tell(ExchangeBack, gap_from=None, calls=(), seats=())
    assert scene.closing("out").agent is None
    assert scene.world.seat(AgentId("1001")).state is AgentState.READY


def test_the_end_of_the_citizens_leg_says_that_he_had_answered(scene: Scene) -> None:
    press(scene)
    ends(scene)
    assert scene.closing("out").agent == "1001"


def test_every_fact_of_a_task_says_which() -> None:
    for kind in (ReturnCallOwed, ReturnCallTried, ReturnCallMissed, ReturnCallClosed):
        assert "task" in kind.__dataclass_fields__

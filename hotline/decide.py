"""The one door of the rules: ``decide(world, event, rules) → (facts, effects)``.

Strict with ourselves (an act the desk may not do raises ImpossibleMove), tolerant of the wire
(what the exchange reports in an order we did not expect leaves a NoteTaken and the telephone
keeps ringing). ``evolve`` is :func:`hotline.world.evolve`.
"""

from __future__ import annotations

from typing import Final, assert_never

from hotline import outgoing, reconcile
from hotline.agents import AUTO_PAUSE, NOT_ANSWERING, OUR_PAUSES
from hotline.calls import Call
from hotline.effects import (
    Effect,
    HandOver,
    PauseSeat,
    PopScreen,
    RememberCaller,
    ShowAgent,
    ShowBoard,
    ShowEmergency,
    ShowGap,
    UnpauseSeat,
)
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
    CallQueued,
    CallTransferred,
    EmergencySpoken,
    EmergencyStep,
    Event,
    ExchangeBack,
    ExchangeLost,
    Noted,
    SecondPassed,
    TransferAnswered,
)
from hotline.facts import (
    AlarmDismissed,
    AlarmRaised,
    CallAnswered,
    CallMoved,
    CallOpened,
    CallRated,
    CallTaken,
    CallWaiting,
    DeviceChanged,
    Fact,
    GapOpened,
    HoldChanged,
    PauseChanged,
)
from hotline.rating_events import CallerRated
from hotline.return_events import ReturnCallAnswered, ReturnCallAsked, ReturnCallFailed
from hotline.turn import CallRules, Turn, stepped
from hotline.words import EmergencyAction, Stage
from hotline.world import World, evolve

__all__ = ["CallRules", "World", "decide", "evolve"]

_URGENT: Final = (HandOver, UnpauseSeat, PauseSeat, PopScreen)


def decide(
    world: World, event: Event, rules: CallRules
) -> tuple[tuple[Fact, ...], tuple[Effect, ...]]:
    """What an event means: the facts it makes true, and what must be done, urgent first.

    Pure. Raises ImpossibleMove for an act of the desk that cannot be done now; never for anything
    the exchange says.
    """
    turn = Turn(world=world, at=event.at, rules=rules)
    _handle(turn, event)
    return tuple(turn.facts), tuple(sorted(turn.effects, key=_urgency))


def _urgency(effect: Effect) -> int:
    return next((i for i, kind in enumerate(_URGENT) if isinstance(effect, kind)), len(_URGENT))


def _handle(turn: Turn, event: Event) -> None:  # noqa: C901, PLR0912, PLR0915 - one case an event
    match event:
        case CallArrived():
            _arrived(turn, event)
        case CallQueued():
            _queued(turn, event)
        case AgentRang():
            _rang(turn, event)
        case AgentDidNotAnswer():
            _did_not_answer(turn, event)
        case AgentAnswered():
            _answered(turn, event)
        case AgentLegEnded():
            call = turn.call(event.call)
            if call is not None:
                turn.release(call, event.agent)
        case CallHeld():
            _held(turn, event)
        case CallTransferred():
            _transferred(turn, event)
        case TransferAnswered():
            _taken(turn, event)
        case EmergencyStep():
            _stepped(turn, event)
        case EmergencySpoken():
            _spoken(turn, event)
        case CallEnded():
            reconcile.ended(turn, event)
        case CallFoundInLog():
            reconcile.found_in_log(turn, event)
        case AgentReachable():
            _reachable(turn, event)
        case AgentPaused():
            _paused(turn, event)
        case ExchangeBack():
            reconcile.back(turn, event)
        case ExchangeLost():
            _lost(turn, event)
        case AgentActAsked():
            _act(turn, event)
        case ReturnCallAsked() | ReturnCallAnswered() | ReturnCallFailed():
            outgoing.heard(turn, event)
        case CallerRated():
            turn.take(CallRated(at=event.at, call=event.call, key=event.key))
        case SecondPassed():
            _second(turn)
        case Noted():
            turn.note(event.source, event.what)
        case _:
            assert_never(event)


def _lost(turn: Turn, event: ExchangeLost) -> None:
    if turn.world.gap_since is None:
        turn.take(GapOpened(at=event.at, why=event.why))
        turn.do(ShowGap(open=True))


def _arrived(turn: Turn, event: CallArrived) -> None:
    if turn.call(event.call) is not None or turn.world.board.closed(event.call):
        turn.note("exchange", "second arrival of a call")
        return
    turn.take(
        CallOpened(
            at=event.at,
            call=event.call,
            dialled=event.dialled,
            channel=event.channel,
            known_person=not event.caller.withheld,
        )
    )
    turn.do(RememberCaller(call=event.call, caller=event.caller, at=event.at), ShowBoard())


def _queued(turn: Turn, event: CallQueued) -> None:
    call = turn.call(event.call)
    if call is None:
        turn.note("exchange", "queue joined by a call we do not know")
        return
    if call.agent is not None:
        turn.release(call, call.agent)
    turn.take_from_wire(
        CallWaiting(at=event.at, call=event.call, queue=event.queue, position=event.position)
    )
    turn.do(ShowBoard())


def _rang(turn: Turn, event: AgentRang) -> None:
    call = turn.call(event.call)
    if call is None:
        turn.note("exchange", "ring for a call we do not know")
    elif call.waiting_since is None and call.stage is not Stage.TALKING:
        turn.note("exchange", f"ring while {call.stage}")
    elif event.agent not in call.ringing:
        turn.offer(call, event.agent)


def _did_not_answer(turn: Turn, event: AgentDidNotAnswer) -> None:
    call = turn.call(event.call)
    if call is not None and event.agent in call.ringing:
        turn.withdraw(event.call, event.agent, "no-answer")


def _answered(turn: Turn, event: AgentAnswered) -> None:
    call = turn.call(event.call)
    since = (call.queued_at or call.arrived_at) if call else event.at
    turn.connect(
        CallAnswered(
            at=event.at,
            call=event.call,
            agent=event.agent,
            wait_s=max((event.at - since).total_seconds(), 0.0),
            caller_channel=event.caller_channel,
            agent_channel=event.agent_channel,
        )
    )


def _held(turn: Turn, event: CallHeld) -> None:
    call = turn.call(event.call)
    if call is not None and call.agent is not None and call.held != event.held:
        turn.take(HoldChanged(at=event.at, call=event.call, held=event.held))
        turn.announce(call.agent)


def _transferred(turn: Turn, event: CallTransferred) -> None:
    if turn.take_from_wire(
        CallMoved(at=event.at, call=event.call, by=event.by, to=event.to, attended=event.attended)
    ):
        turn.do(ShowBoard())


def _taken(turn: Turn, event: TransferAnswered) -> None:
    call = turn.call(event.call)
    if call is not None and call.agent != event.agent:
        turn.connect(
            CallTaken(
                at=event.at,
                call=event.call,
                agent=event.agent,
                caller_channel=event.caller_channel,
                agent_channel=event.agent_channel,
            )
        )


def _stepped(turn: Turn, event: EmergencyStep) -> None:
    call = turn.call(event.call)
    agent = None
    if call is not None:
        by_agent = event.reason == "agent" or any(step.reason == "agent" for step in call.steps)
        agent = call.last_agent if by_agent else call.agent
        turn.withdraw_all(call, "call-gone")
    if turn.take_from_wire(stepped(event)):
        turn.do(ShowEmergency(call=event.call, agent=agent), ShowBoard())


def _spoken(turn: Turn, event: EmergencySpoken) -> None:
    """Red acts as the pack says for where the call is; amber only tells."""
    call = turn.call(event.call)
    if call is None or call.stage in (Stage.EMERGENCY_LINKED, Stage.EMERGENCY_DIALLING):
        return
    turn.take(
        AlarmRaised(
            at=event.at,
            call=event.call,
            service=event.service,
            level=event.level,
            reason=event.reason,
            model_version=event.model_version,
            policy_version=turn.rules.policy_version,
        )
    )
    turn.do(ShowEmergency(call=event.call, agent=call.agent), ShowBoard())
    how = _spoken_action(call, turn.rules)
    # With an agent on the line the human decides, unless the city's pack orders the transfer.
    if event.level == "red" and (call.agent is None or how is EmergencyAction.TRANSFER):
        turn.do(
            HandOver(
                call=call.id, channel=call.channel, service=event.service, how=how, reason="words"
            )
        )


def _spoken_action(call: Call, rules: CallRules) -> EmergencyAction:
    if call.agent is not None:
        return rules.spoken["agent"]
    return rules.spoken["greeting" if call.queued_at is None else "queue"]


def _reachable(turn: Turn, event: AgentReachable) -> None:
    seat = turn.world.seat(event.agent)
    if (event.device in seat.devices) != event.reachable:
        turn.take(
            DeviceChanged(
                at=event.at, agent=event.agent, device=event.device, reachable=event.reachable
            )
        )
        turn.announce(event.agent)


def _paused(turn: Turn, event: AgentPaused) -> None:
    seat = turn.world.seat(event.agent)
    if event.paused and event.reason == AUTO_PAUSE:
        # The queue paused the one telephone that did not answer; the seat has another.
        turn.do(PauseSeat(agent=event.agent, reason=NOT_ANSWERING))
        return
    own = event.paused and event.reason not in OUR_PAUSES
    if (own, event.reason * own) != (seat.paused, seat.reason):
        turn.take(
            PauseChanged(
                at=event.at, agent=event.agent, paused=own, reason=event.reason if own else ""
            )
        )
        turn.announce(event.agent)
        turn.do(ShowAgent(agent=event.agent), ShowBoard())


def _act(turn: Turn, event: AgentActAsked) -> None:
    seat = turn.world.seat(event.agent)
    match event.act:
        case "ready":
            if seat.wrap_until is not None:
                turn.end_wrap_up(event.agent)
            if seat.paused or seat.wrap_until is None:
                turn.do(UnpauseSeat(agent=event.agent))
        case "pause":
            turn.do(PauseSeat(agent=event.agent, reason=event.reason or "pause"))
        case "wrap_up_done":
            if seat.wrap_until is None:
                raise ImpossibleMove(f"话务员 {event.agent}", seat.state, "结束整理")
            turn.end_wrap_up(event.agent)
        case "hand_over":
            _hand_over(turn, event)
        case "not_an_emergency":
            call = _own_call(turn, event, "解除紧急提示")
            if call.alarm is not None:
                turn.take(AlarmDismissed(at=event.at, call=call.id, agent=event.agent))
                turn.do(ShowEmergency(call=call.id, agent=event.agent))


def _hand_over(turn: Turn, event: AgentActAsked) -> None:
    """F9: the agent's key is its own confirmation, in every city."""
    call = _own_call(turn, event, "移交紧急")
    service = event.service or (call.alarm.service if call.alarm else None)
    if service is None:
        raise ImpossibleMove(f"话务员 {event.agent}", "未选号码", "移交紧急")
    turn.do(
        HandOver(
            call=call.id,
            channel=call.channel,
            service=service,
            how=EmergencyAction.TRANSFER,
            reason="agent",
        )
    )


def _own_call(turn: Turn, event: AgentActAsked, what: str) -> Call:
    seat = turn.world.seat(event.agent)
    call = turn.call(seat.call) if seat.call is not None else None
    if call is None or (event.call is not None and event.call != call.id):
        raise ImpossibleMove(f"话务员 {event.agent}", "不在这通电话中", what)
    return call


def _second(turn: Turn) -> None:
    for seat in tuple(turn.world.seats.values()):
        if seat.wrap_until is not None and seat.wrap_until <= turn.at and seat.call is None:
            turn.end_wrap_up(seat.agent)

"""Making the picture whole again: the end of a call, a call found in the log, and the exchange's
own view after a gap."""

from __future__ import annotations

import datetime as dt

from hotline import outgoing
from hotline.agents import AUTO_PAUSE, NOT_ANSWERING, OUR_PAUSES
from hotline.calls import EMERGENCY_QUEUE
from hotline.effects import (
    PauseSeat,
    PopScreen,
    ReconcileLog,
    RememberCaller,
    ShowBoard,
    ShowGap,
    UnpauseSeat,
)
from hotline.events import CallEnded, CallFoundInLog, CallOnExchange, ExchangeBack, SeatOnExchange
from hotline.facts import (
    CallAnswered,
    CallOpened,
    CallRated,
    CallWaiting,
    DeviceChanged,
    EmergencyStepped,
    GapClosed,
    PauseChanged,
)
from hotline.turn import Turn, handed_over, stepped
from hotline.words import AgentId, CallId

ORDINARY_QUEUE = "hotline"
_IN_EMERGENCY = frozenset({"emergency", "emergency-queue"})
"""The dialplan's words for a caller on the ladder, or in the emergency queue."""


def ended(turn: Turn, event: CallEnded) -> None:
    """The hang-up handler spoke. A call we never saw arrive is read from the log instead."""
    if turn.world.board.closed(event.call):
        turn.note("exchange", "second end of a call")
        return
    call = turn.call(event.call)
    if call is None:
        turn.do(ReconcileLog(since=None))
        return
    outgoing.answer_unseen(turn, event.call)
    call = turn.world.calls[event.call]
    answered = call.answered_at is not None or (bool(event.member) and not call.steps)
    _hand_over(turn, event)
    turn.close(
        turn.world.calls[event.call],
        stage=event.stage,
        queue_status=event.queue_status,
        answered=answered,
        service=event.service,
        linked=event.linked,
    )


def found_in_log(turn: Turn, event: CallFoundInLog) -> None:
    """A call that ended while nobody listened: told again from the log, and closed."""
    if turn.world.board.closed(event.call):
        return
    if turn.call(event.call) is None:
        _open(turn, event.call, event.arrived_at)
    _told(turn, event)
    _hand_over(turn, event)
    call = turn.world.calls[event.call]
    turn.close(
        call,
        stage=event.stage,
        queue_status=event.queue_status,
        answered=call.answered_at is not None,
        service=event.service,
        linked=event.linked,
        reconciled=True,
    )
    # The call is over: nothing of it belongs on a screen that does not show it already.
    turn.effects[:] = [e for e in turn.effects if not isinstance(e, PopScreen)]


def _told(turn: Turn, told: CallFoundInLog, seen: CallOnExchange | None = None) -> None:
    """What the log knows of a call and we do not: its waiting, its answer, its steps towards an
    emergency service. An answer out of the emergency queue comes after its steps."""
    in_emergency = told.queue == EMERGENCY_QUEUE
    if in_emergency:
        _steps(turn, told)
    call = turn.world.calls[told.call]
    elsewhere = in_emergency and call.queue != EMERGENCY_QUEUE
    unanswered = call.answered_at is None
    if told.queued_at is not None and unanswered and (call.queued_at is None or elsewhere):
        _wait(turn, told.call, told.queued_at, told.queue)
    if told.answered_at is not None and call.answered_at is None and told.agent is not None:
        _answer(turn, told.call, told.answered_at, told.agent, told.wait_s or 0.0, seen)
    if not in_emergency:
        _steps(turn, told)
    if told.rated:
        turn.take(CallRated(at=told.at, call=told.call, key=told.rated))


def _steps(turn: Turn, told: CallFoundInLog) -> None:
    """The steps after those we saw: we saw the first ones, in the order of the log."""
    for step in told.steps[len(turn.world.calls[told.call].steps) :]:
        turn.take_from_wire(stepped(step))


def _hand_over(turn: Turn, end: CallEnded | CallFoundInLog) -> None:
    """An end that tells of an emergency whose steps were all missed."""
    call = turn.world.calls[end.call]
    told = end.service is not None or end.linked or end.stage in _IN_EMERGENCY
    if told and not handed_over(call):
        turn.take_from_wire(
            EmergencyStepped(
                at=end.at,
                call=end.call,
                phase="queued" if end.service is None else "chosen",
                service=end.service,
                trunk=None,
                reason="",
                status="",
                elapsed_ms=None,
            )
        )


def back(turn: Turn, event: ExchangeBack) -> None:
    """The link stands: what the exchange has is live, and nothing else is.

    Ends of calls during the gap were told from the log before this; a live call of ours that is
    in neither was cut off with the exchange itself and is closed by what we knew of it.
    """
    turn.take(GapClosed(at=event.at, since=event.gap_from))
    live = {seen.call for seen in event.calls}
    for call in tuple(turn.world.calls.values()):
        if call.id not in live:
            turn.close(
                call,
                stage=call.stage,
                queue_status="",
                answered=call.answered_at is not None,
                service=call.service,
                linked=any(step.phase == "answered" for step in call.steps),
                reconciled=True,
            )
    for seen in event.calls:
        if not turn.world.board.closed(seen.call):
            _seen(turn, seen)
    _seats(turn, event.seats)
    turn.do(ShowGap(open=False), ShowBoard())


def _seen(turn: Turn, seen: CallOnExchange) -> None:
    """Bring a live call up to what the exchange says of it."""
    ours = turn.call(seen.call)
    if ours is not None and ours.returns is not None:
        outgoing.seen(turn, ours, seen)
        return
    if turn.call(seen.call) is None:
        _open(turn, seen.call, seen.since, seen.channel, known=not seen.caller.withheld)
        turn.do(RememberCaller(call=seen.call, caller=seen.caller, at=seen.since))
    if seen.logged is not None:
        _told(turn, seen.logged, seen)
    call = turn.world.calls[seen.call]
    if seen.queue is not None and call.queued_at is None:
        _wait(turn, seen.call, seen.since, seen.queue)
    call = turn.world.calls[seen.call]
    if seen.agent is None:
        if call.agent is not None:
            turn.release(call, call.agent)
        return
    if call.agent == seen.agent:
        return
    if call.queued_at is None:
        _wait(turn, seen.call, seen.since, ORDINARY_QUEUE)
    waited = (turn.at - (call.queued_at or seen.since)).total_seconds()
    _answer(turn, seen.call, turn.at, seen.agent, max(waited, 0.0), seen)


def _open(
    turn: Turn, call: CallId, at: dt.datetime, channel: str = "", *, known: bool = True
) -> None:
    turn.take(CallOpened(at=at, call=call, dialled="", channel=channel, known_person=known))


def _wait(turn: Turn, call: CallId, at: dt.datetime, queue: str) -> None:
    agent = turn.world.calls[call].agent
    if agent is not None:
        turn.release(turn.world.calls[call], agent)
    turn.take_from_wire(CallWaiting(at=at, call=call, queue=queue, position=0))


def _answer(
    turn: Turn,
    call: CallId,
    at: dt.datetime,
    agent: AgentId,
    wait_s: float,
    seen: CallOnExchange | None = None,
) -> None:
    """An answer that was missed, where the table of moves allows it."""
    turn.connect(
        CallAnswered(
            at=at,
            call=call,
            agent=agent,
            wait_s=wait_s,
            caller_channel=seen.channel if seen else "",
            agent_channel=seen.agent_channel if seen else "",
        )
    )


def _seats(turn: Turn, seats: tuple[SeatOnExchange, ...]) -> None:
    """Telephones and pauses as the queue has them. A pause of ours nobody remembers is ended."""
    for seen in seats:
        seat = turn.world.seat(seen.agent)
        if (seen.device in seat.devices) != seen.reachable:
            turn.take(
                DeviceChanged(
                    at=turn.at, agent=seen.agent, device=seen.device, reachable=seen.reachable
                )
            )
    for agent in dict.fromkeys(seen.agent for seen in seats):
        _pause_of(turn, agent, [seen for seen in seats if seen.agent == agent])


def _pause_of(turn: Turn, agent: AgentId, seen: list[SeatOnExchange]) -> None:
    """A seat is paused when any of its telephones is, by a person or by the queue itself."""
    seat = turn.world.seat(agent)
    own = next((one for one in seen if one.paused and one.reason not in OUR_PAUSES), None)
    reason = own.reason if own else ""
    if reason == AUTO_PAUSE:
        reason = NOT_ANSWERING
        turn.do(PauseSeat(agent=agent, reason=reason))
    if (own is not None, reason) != (seat.paused, seat.reason):
        turn.take(PauseChanged(at=turn.at, agent=agent, paused=own is not None, reason=reason))
    forgotten = any(one.paused and one.reason in OUR_PAUSES for one in seen)
    idle = seat.wrap_until is None and seat.call is None and seat.ringing is None
    if forgotten and own is None and idle:
        turn.do(UnpauseSeat(agent=agent))
    turn.announce(agent)

"""Calls of ours: an agent calls somebody back (回拨).

The seat's own telephone rings first, then the citizen's. Until the citizen answers the call counts
as ringing at this seat; from then on it is a conversation like any other, with tickets, transfer
and the way to 110/119/120/122 — but no rate counts it.
"""

from __future__ import annotations

from hotline.agents import RETURNING
from hotline.calls import Call
from hotline.effects import PauseSeat, PlaceReturnCall, RememberCaller
from hotline.errors import ImpossibleMove
from hotline.events import CallOnExchange
from hotline.facts import CallAnswered, ReturnCallPlaced, WrapUpEnded
from hotline.return_events import ReturnCallAnswered, ReturnCallAsked, ReturnCallFailed
from hotline.turn import Turn
from hotline.words import AgentId, CallId, Stage


def heard(turn: Turn, event: ReturnCallAsked | ReturnCallAnswered | ReturnCallFailed) -> None:
    """What happens to a return call. Raises ImpossibleMove for one that cannot be begun."""
    match event:
        case ReturnCallAsked():
            asked(turn, event)
        case ReturnCallAnswered():
            answered(turn, event)
        case ReturnCallFailed():
            failed(turn, event)


def asked(turn: Turn, event: ReturnCallAsked) -> None:
    """The agent pressed 回拨. Raises ImpossibleMove where this seat cannot call now; a 小休 does
    not hinder, and lasts on afterwards."""
    seat = turn.world.seat(event.agent)
    who = f"话务员 {event.agent}"
    if turn.world.gap_since is not None:
        raise ImpossibleMove(who, "交换机连不上", "回拨")
    if not seat.devices:
        raise ImpossibleMove(who, "电话未登记", "回拨")
    if seat.call is not None or seat.ringing is not None:
        raise ImpossibleMove(who, "正有电话", "回拨")
    used = turn.call(event.call) is not None or turn.world.board.closed(event.call)
    if event.citizen.withheld or used:
        raise ImpossibleMove(who, "没有可拨的号码", "回拨")
    if seat.wrap_until is not None:
        turn.take(WrapUpEnded(at=event.at, agent=event.agent))
    turn.take(ReturnCallPlaced(at=event.at, call=event.call, task=event.task, agent=event.agent))
    if not seat.paused:
        turn.do(PauseSeat(agent=event.agent, reason=RETURNING))
    turn.do(
        RememberCaller(call=event.call, caller=event.citizen, at=event.at),
        PlaceReturnCall(
            call=event.call,
            agent=event.agent,
            device=_device(event.agent, seat.devices),
            to=event.citizen,
            rates=event.rates,
        ),
    )
    turn.offer(turn.world.calls[event.call], event.agent)


def _device(agent: AgentId, reachable: frozenset[str]) -> str:
    """The browser where it is registered: who works with a desk telephone has put it away."""
    browser = f"PJSIP/{agent}-web"
    return browser if browser in reachable else f"PJSIP/{agent}"


def answered(turn: Turn, event: ReturnCallAnswered) -> None:
    """The citizen is on the line."""
    call = turn.call(event.call)
    if call is None or call.returns is None:
        turn.note("exchange", "answer of a return call we do not know")
    elif call.answered_at is None:
        _speaks(turn, call, event.agent, event.caller_channel, event.agent_channel)


def failed(turn: Turn, event: ReturnCallFailed) -> None:
    """It came to nothing: the seat is free again, the task keeps the result."""
    id_ = event.call or turn.world.seat(event.agent).ringing
    call = turn.call(id_) if id_ is not None else None
    if call is None or call.returns is None or call.stage is not Stage.DIALLING:
        turn.note("exchange", "end of a return call we do not know")
        return
    turn.close(
        call, stage=event.result, queue_status="", answered=False, service=None, linked=False
    )


def answer_unseen(turn: Turn, id_: CallId) -> None:
    """The citizen's own leg ended or lives, so it had been answered though we did not hear it."""
    call = turn.call(id_)
    if call is not None and call.returns is not None and call.stage is Stage.DIALLING:
        for agent in sorted(call.ringing)[:1]:
            _speaks(turn, call, agent, "", "")


def seen(turn: Turn, call: Call, found: CallOnExchange) -> None:
    """A return call that lived through a gap."""
    if found.agent is not None and call.answered_at is None:
        _speaks(turn, call, found.agent, found.channel, found.agent_channel)
    elif found.agent is None and call.agent is not None:
        turn.release(call, call.agent)


def _speaks(turn: Turn, call: Call, agent: AgentId, caller: str, own: str) -> None:
    turn.connect(
        CallAnswered(
            at=turn.at,
            call=call.id,
            agent=agent,
            wait_s=max((turn.at - call.arrived_at).total_seconds(), 0.0),
            caller_channel=caller,
            agent_channel=own,
        )
    )

"""Events in one short line each, so that the story of a call can be read and compared."""

from __future__ import annotations

from collections.abc import Iterable

from hotline.events import (
    AgentAnswered,
    AgentDidNotAnswer,
    AgentLegEnded,
    AgentPaused,
    AgentRang,
    CallArrived,
    CallEnded,
    CallHeld,
    CallQueued,
    CallTransferred,
    EmergencyStep,
    Event,
    Noted,
    TransferAnswered,
)

# What each scene of tests/telephony/scenes.py means to us. The end of a call and of the agent's
# leg come in either order, and are told as "over" here.
STORIES = {
    "ordinary": "arrived, hotline 1, rang 1001, answered 1001, held, taken back, over 1001, agent",
    "gives_up": "arrived, hotline 1, rang 1001, queue abandoned",
    "nobody_there": "arrived, queue JOINEMPTY",
    "next_agent": (
        "arrived, hotline 1, rang 1001, unanswered 1001, paused 1001 Auto-Pause, rang 1002,"
        " answered 1002, over 1002, agent"
    ),
    "pause": "paused 1001 小休, unpaused 1001",
    "blind_transfer": (
        "arrived, hotline 1, rang 1001, answered 1001, taken back, sent 1001 to 1002, over 1001,"
        " rang 1002, taken 1002, over 1002, agent"
    ),
    "desk_transfer": (
        "arrived, hotline 1, rang 1001, answered 1001, taken back, sent 1001 to 1002, over 1001,"
        " rang 1002, taken 1002, over 1002, agent"
    ),
    "attended_transfer": (
        "arrived, hotline 1, rang 1001, answered 1001, held, taken back, announced 1001 to 1002,"
        " taken 1002, over 1001, over 1002, agent"
    ),
    "consulted_centre": (
        "arrived, hotline 1, rang 1001, answered 1001, held, chosen 119 agent, trying 119/1 agent,"
        " answered 119/1 agent, taken back, over 1001, agent 119 linked"
    ),
    "key_fire": (
        "arrived, menu key, chosen 119 key, trying 119/1 key, answered 119/1 key,"
        " emergency 119 linked"
    ),
    "handed_over": (
        "arrived, hotline 1, rang 1001, answered 1001, over 1001, chosen 119 agent,"
        " trying 119/1 agent, answered 119/1 agent, emergency 119 linked"
    ),
    "called_off": (
        "arrived, hotline 1, rang 1001, answered 1001, confirming 119 words, over 1001,"
        " cancelled 119 words, rang 1001, taken 1001, over 1001, agent"
    ),
    "both_trunks_dead": (
        "arrived, menu key, chosen 119 key, trying 119/1 key, failed 119/1 key CHANUNAVAIL,"
        " trying 119/2 key, failed 119/2 key CHANUNAVAIL, queued 119 trunks-failed,"
        " hotline-emergency 1, rang 1001, answered 1001, over 1001, agent 119"
    ),
}


def story(events: Iterable[Event]) -> str:
    """The events that are about calls and pauses, repetitions left out."""
    lines: list[str] = []
    for event in events:
        line = _line(event)
        if line and line not in lines[-1:]:
            lines.append(line)
    # The end of the call is the last word, whichever of the two came first.
    endings = [line for line in lines if line.startswith("END ")]
    lines = [line for line in lines if not line.startswith("END ")]
    return ", ".join(lines + [line.removeprefix("END ") for line in endings])


def _line(event: Event) -> str:  # noqa: C901, PLR0912 - one line per event: long, and flat
    match event:
        case CallArrived():
            return "arrived"
        case CallQueued():
            return f"{event.queue} {event.position}"
        case AgentRang():
            return f"rang {event.agent}"
        case AgentDidNotAnswer():
            return f"unanswered {event.agent}"
        case AgentAnswered():
            return f"answered {event.agent}"
        case CallHeld():
            return "held" if event.held else "taken back"
        case CallTransferred():
            return f"{'announced' if event.attended else 'sent'} {event.by} to {event.to}"
        case TransferAnswered():
            return f"taken {event.agent}"
        case AgentLegEnded():
            return f"over {event.agent}"
        case AgentPaused():
            return f"{'' if event.paused else 'un'}paused {event.agent} {event.reason}".strip()
        case EmergencyStep():
            return _step(event)
        case CallEnded():
            return _end(event)
        case Noted():
            return f"noted {event.what}"
        case _:
            return ""


def _step(event: EmergencyStep) -> str:
    trunk = f"/{event.trunk}" if event.trunk else ""
    service = f"{event.service}{trunk}" if event.service else ""
    status = event.status if event.status != "ANSWER" else ""
    return " ".join(f"{event.phase} {service} {event.reason} {status}".split())


def _end(event: CallEnded) -> str:
    linked = "linked" if event.linked else ""
    gave_up = "abandoned" if event.abandoned else ""
    words = f"{event.stage} {event.queue_status} {gave_up} {event.service or ''} {linked}"
    return "END " + " ".join(words.split())

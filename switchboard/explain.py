"""``./jiesu ticket explain``: how the date of one ticket came about, for whoever disputes it.

Reckoned anew from the ticket's acts, by the text of the pack it was opened under; what the people
around it wrote is not needed for that and not shown.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from typing import Any

from hotline.calendar import Calendar
from hotline.deadlines import SetByLaw, no_limit
from hotline.handling import Handling
from hotline.handling_clock import DueTurn, course
from hotline.policy import Policy
from hotline.side_clocks import side_clocks
from hotline.words import Ticket, TicketId
from ledger.store import Ledger
from ledger.ticket_rows import TicketDue, full_number
from switchboard.clock import utc_now
from switchboard.derivation import article_data, cited, deadline_data, deadline_text, moment_text
from switchboard.desk_clocks import all_turns, notice_names
from switchboard.desk_directory import TicketDirectory
from switchboard.opening import opened
from switchboard.policy_versions import PolicyVersions
from switchboard.settings import Settings


async def command(settings: Settings, number: str, *, as_json: bool) -> str:
    """What to print for one ticket. Raises NoSuch and what opening DATA raises."""
    async with opened(settings) as here:
        versions = PolicyVersions(here.ledger.policy_texts, here.rule)
        wanted = TicketId(full_number(number))
        found = await explain_data(here.ledger, versions, here.packs.calendar, wanted)
    return json.dumps(found, ensure_ascii=False, indent=2) if as_json else explain_text(found)


async def explain_data(
    ledger: Ledger, versions: PolicyVersions, calendar: Calendar, number: TicketId
) -> dict[str, Any]:
    """``{"ticket","type","status","opened_at","policy_version","turns","due_at","days",…}``:
    ``due_at`` is null, with ``why`` and ``searched``, where the city sets no limit."""
    stored = await ledger.tickets.load(number)
    ticket = stored.ticket
    policy, note = await versions.of(ticket)
    handling = await ledger.tickets.handling(ticket)
    directory = TicketDirectory(ledger.directory)
    law = await directory.limit(stored.category, handling, policy, utc_now())
    dues = await ledger.tickets.dues.of(number)
    return _head(ticket, policy, note) | _date(ticket, handling, policy, calendar, law, dues)


def _head(ticket: Ticket, policy: Policy, note: str) -> dict[str, Any]:
    return {
        "ticket": ticket.id,
        "city": ticket.city,
        "area": policy.area,
        "type": ticket.type.value,
        "status": ticket.status,
        "opened_at": ticket.opened_at.astimezone(policy.zone).isoformat(),
        "document": policy.document,
        "policy_version": ticket.policy_version,
        "policy_note": note,
    }


def _date(
    ticket: Ticket,
    handling: Handling,
    policy: Policy,
    calendar: Calendar,
    law: SetByLaw | None,
    dues: Sequence[TicketDue],
) -> dict[str, Any]:
    story = course(handling, policy, calendar, law)
    turns = [_turn(one, policy) for one in all_turns(story, dues)]
    found: dict[str, Any] = {"turns": turns}
    kept = ticket.deadline
    found["recorded_due_at"] = kept.due_at.astimezone(policy.zone).isoformat() if kept else None
    if story.deadline is None:
        silent = no_limit(policy, ticket.type)
        return found | {
            "due_at": None,
            "provisional": False,
            "days": [],
            "why": silent.why,
            "detail": silent.detail,
            "searched": list(silent.searched),
            "article": article_data(silent.article),
        }
    return (
        found
        | {
            "start_at": story.deadline.start_at.isoformat(),
            "limit": str(law.span if law else policy.limit_of(ticket.type).value),
            "notices": list(notice_names(story.deadline, calendar)),
            "also": [
                {"duty": one.duty} | deadline_data(one)
                for one in side_clocks(handling, policy, calendar, story.deadline)
            ],
        }
        | deadline_data(story.deadline)
    )


def _turn(turn: DueTurn, policy: Policy) -> dict[str, Any]:
    return {
        "at": turn.at.astimezone(policy.zone).isoformat(),
        "what": turn.what,
        "due_at": turn.due_at.astimezone(policy.zone).isoformat() if turn.due_at else None,
        "article": article_data(turn.article),
        "note": turn.note,
    }


def explain_text(found: dict[str, Any]) -> str:
    """The same in words."""
    lines = [
        f"工单 {found['ticket']}：{found['area']} · {found['type']} · {found['status']}",
        f"办法：{found['document']}，登记时的版本 {found['policy_version']}",
    ]
    if found["policy_note"]:
        lines.append(f"注意：{found['policy_note']}")
    if found["due_at"] is None:
        lines.append(f"到期：{found['why']}（{found['detail']}）")
        lines.append("已查：" + "、".join(found["searched"]))
        if found["article"]:
            lines.append(cited(found["article"]))
        return "\n".join(lines)
    lines.append(f"起算：{_told(found['start_at'])}")
    day_by_day = deadline_text(found)
    turns = ["怎样变来：", *(_turn_text(one) for one in found["turns"])]
    split = day_by_day.index("逐日：") if "逐日：" in day_by_day else len(day_by_day)
    lines += [*day_by_day[:split], *turns, *day_by_day[split:]]
    if found["notices"]:
        lines.append(f"日历：{'、'.join(found['notices'])}")
    for one in found["also"]:
        lines.append(f"{one['duty']}：最迟{_told(one['due_at'])}，{cited(one['article'])}")
    if found["recorded_due_at"] != found["due_at"]:
        was = _told(found["recorded_due_at"]) if found["recorded_due_at"] else "没有到期日"
        lines.append(f"注意：工单上次办理时记下的是{was}，此后节假日安排或规定文本有变")
    return "\n".join(lines)


def _turn_text(turn: dict[str, Any]) -> str:
    article = turn["article"]
    cite = f"〔{article['number']}〕" if article and article["number"] else ""
    note = f"（{turn['note']}）" if turn["note"] else ""
    until = f"，到{_told(turn['due_at'])}" if turn["due_at"] else ""
    return f"  {_told(turn['at'])}  {turn['what']}{cite}{note}{until}"


def _told(at: str) -> str:
    return moment_text(dt.datetime.fromisoformat(at))

"""``./jiesu city``: what the packs say, and by when a matter is due, for people and as JSON.

Each command has a function that makes the plain data (``…_data``, ready for JSON) and one that
makes the Chinese text. Wrong input raises HotlineError, whose text is one sentence for people.
"""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any, Final

from hotline.deadlines import first_deadline, no_limit, sign_in_deadline
from hotline.errors import BadInput
from hotline.policy import ZONE, Moment, Policy, action_at, emergency_numbers
from hotline.rulings import Reason, Ruled, Source
from hotline.words import EmergencyAction, TicketType
from switchboard.derivation import article_data, cited, deadline_data, deadline_text, moment_text
from switchboard.policies import Packs, load

_ACTIONS: Final = {
    EmergencyAction.TELL: "告知号码",
    EmergencyAction.CONFIRM: "先说明再转接",
    EmergencyAction.TRANSFER: "立即转接",
}
_MOMENTS: Final = {Moment.GREETING: "欢迎语时", Moment.QUEUE: "排队时", Moment.AGENT: "通话时"}


def list_cities(*, as_json: bool = False, data: Path | None = None) -> str:
    """``city list``: code, area, access number and document of every pack."""
    found = list_data(load(data), today())
    if as_json:
        return _json(found)
    width = max(len(one["city"]) for one in found)
    return "\n".join(
        f"{one['city']:<{width}}  {one['access_number']:<6}  {one['area']}  {one['document']}"
        for one in found
    )


def show_city(
    code: str, *, as_json: bool = False, data: Path | None = None, on: dt.date | None = None
) -> str:
    """``city show CODE``: every parameter in force on a day, with article and quotation."""
    policy = policy_of(load(data), code, on or today())
    return _json(show_data(policy)) if as_json else _show_text(policy)


def due(
    code: str, ticket_type: str, at: str, *, as_json: bool = False, data: Path | None = None
) -> str:
    """``city due``: when a matter that starts at ``at`` must be done, day by day.

    A time without zone is the pack's own (Asia/Shanghai).
    """
    found = due_data(load(data), code, ticket_type, at)
    return _json(found) if as_json else _due_text(found)


def list_data(packs: Packs, on: dt.date) -> list[dict[str, Any]]:
    """One row a city: ``{"city","area","access_number","document","version"}``."""
    rows = []
    for code in packs.codes:
        policy = packs.policy(code, on)
        rows.append(
            {
                "city": code,
                "area": policy.area,
                "access_number": policy.line.access_number.value,
                "document": policy.document,
                "version": policy.version,
            }
        )
    return rows


def show_data(policy: Policy) -> dict[str, Any]:
    """The whole policy as plain data; a silent rule has value null and its ``searched``."""
    dated = policy.effective_from > dt.date.min
    return {
        "city": policy.code,
        "area": policy.area,
        "document": policy.document,
        "version": policy.version,
        "parents": list(policy.parents),
        "on": policy.on.isoformat(),
        "effective_from": policy.effective_from.isoformat() if dated else None,
        "expires_on": policy.expires_on.isoformat() if policy.expires_on else None,
        "access_number": policy.line.access_number.value,
        "emergency": {
            "numbers": [
                {
                    "number": one.service.value,
                    "layer": one.layer,
                    "source": one.source.value,
                    "article": article_data(one.article),
                }
                for one in emergency_numbers(policy)
            ],
            "actions": {moment.value: _rule_data(action_at(policy, moment)) for moment in Moment},
        },
        "rules": [
            {"section": section, "label": label, **_rule_data(rule)}
            for section, label, rule in policy.rules()
        ],
    }


def due_data(packs: Packs, code: str, ticket_type: str, at: str) -> dict[str, Any]:
    """``{"city","type","start_at","due_at","provisional","counted_days","days","article",…}``;
    ``due_at`` is the last second of the last day (23:59:59 where people say 24:00), or null with
    ``why`` and ``searched`` where the city sets no limit."""
    kind = _type(ticket_type)
    start = _instant(at)
    policy = policy_of(packs, code, start.date())
    found: dict[str, Any] = {
        "city": code,
        "area": policy.area,
        "type": kind.value,
        "start_at": start.isoformat(),
        "policy_version": policy.version,
    }
    deadline = first_deadline(policy, packs.calendar, kind, start)
    if deadline is None:
        found |= _no_limit_data(policy, kind)
    else:
        found |= {"limit": str(policy.limit_of(kind).value)} | deadline_data(deadline)
    sign_in = sign_in_deadline(policy, packs.calendar, start)
    if sign_in is not None:
        limit = {"limit": str(policy.dispatch.sign_in.value)}
        found["also"] = [{"duty": sign_in.duty} | limit | deadline_data(sign_in)]
    return found


def _no_limit_data(policy: Policy, kind: TicketType) -> dict[str, Any]:
    reason = no_limit(policy, kind)
    return {
        "due_at": None,
        "provisional": False,
        "counted_days": [],
        "days": [],
        "why": reason.why,
        "detail": reason.detail,
        "searched": list(reason.searched),
        "article": article_data(reason.article),
    }


def _rule_data(rule: Ruled[Any]) -> dict[str, Any]:
    dated = rule.effective_from > dt.date.min
    return {
        "key": rule.key,
        "value": None if rule.value is None else _plain(rule.value),
        "text": shown(rule),
        "article": article_data(rule.article),
        "layer": rule.layer,
        "source": rule.source.value,
        "effective_from": rule.effective_from.isoformat() if dated else None,
        "searched": list(rule.searched),
        "check_original": rule.check_original,
        "note": rule.note,
    }


def _plain(value: Any) -> Any:
    if isinstance(value, Reason):
        words = {"code": value.code, "article": value.article, "words": value.words}
        return words | ({"answer": value.answer} if value.answer else {})
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return value if isinstance(value, bool | int | float) else str(value)


def shown(rule: Ruled[Any]) -> str:
    """A value as an official reads it."""
    value = rule.value
    match value:
        case None:
            return "本市办法未规定"
        case bool():
            return "是" if value else "否"
        case float():
            return f"{value:.0%}"
        case int() if rule.key == "limits.day_ends":
            return f"{value // 60:02}:{value % 60:02}"
        case EmergencyAction():
            return _ACTIONS[value]
        case tuple() if value and isinstance(value[0], Reason):
            return f"{len(value)}种：" + "；".join(one.words for one in value)
        case tuple():
            return "、".join(str(one) for one in value)
        case _:
            return str(value)


def standing(rule: Ruled[Any]) -> str:
    """On what a value stands, in a few words: article, 系统默认, or the articles searched."""
    parts = []
    if rule.source is Source.SYSTEM:
        parts.append("系统默认")
    if rule.article is not None:
        parts.append(str(rule.article))
    if rule.searched:
        parts.append("本市未规定，已查" + "、".join(rule.searched))
    if rule.check_original:
        parts.append("需核对原文")
    return "；".join(parts)


def _show_text(policy: Policy) -> str:
    lines = [f"{policy.area}（{policy.code}）", f"依据：{policy.document}"]
    lines.append(f"版本：{policy.version}，按{policy.on}施行的规定")
    if policy.expires_on is not None:
        lines.append(f"有效期至：{policy.expires_on}")
    lines += ["", "【说到紧急情况时】来电人自己按键的一律立即转接"]
    for one in emergency_numbers(policy):
        origin = "系统默认" if one.source is Source.SYSTEM else str(one.article)
        lines.append(f"  {one.service}  〔{origin}〕")
    for moment in Moment:
        rule = action_at(policy, moment)
        lines.append(f"  {_MOMENTS[moment]}：{shown(rule)}  〔{standing(rule)}〕")
    here = ""
    for section, label, rule in policy.rules():
        if section != here:
            lines += ["", f"【{section}】"]
            here = section
        lines.append(f"  {label}：{shown(rule)}  〔{standing(rule)}〕")
        if rule.article is not None and rule.article.quote:
            lines.append(f"      “{rule.article.quote}”")
        if rule.note:
            lines.append(f"      注：{rule.note}")
    return "\n".join(lines)


def _due_text(found: dict[str, Any]) -> str:
    start = dt.datetime.fromisoformat(found["start_at"])
    lines = [f"{found['area']} · {found['type']}", f"起算：{moment_text(start)}"]
    if found["due_at"] is None:
        lines.append(f"到期：{found['why']}（{found['detail']}）")
        lines.append("已查：" + "、".join(found["searched"]))
        if found["article"]:
            lines.append(cited(found["article"]))
    else:
        lines += deadline_text(found)
    for also in found.get("also", ()):
        lines += ["", f"{also['duty']}：", *deadline_text(also)]
    return "\n".join(lines)


def _type(raw: str) -> TicketType:
    name = raw.strip().removeprefix("意见")
    if name not in list(TicketType):
        raise BadInput("type", f"没有“{raw}”这一类型，请从{'、'.join(TicketType)}中选一个")
    return TicketType(name)


def _instant(raw: str) -> dt.datetime:
    try:
        at = dt.datetime.fromisoformat(raw.strip())
    except ValueError:
        raise BadInput("at", f"看不懂时间“{raw}”，请写成 2026-09-25T10:00") from None
    if not 2000 <= at.year <= 2100:
        raise BadInput("at", f"时间“{raw}”太远，请写 2000 年到 2100 年之间的时间")
    return at.replace(tzinfo=ZONE) if at.tzinfo is None else at.astimezone(ZONE)


def policy_of(packs: Packs, code: str, on: dt.date) -> Policy:
    """A city on a day. Raises BadInput for a city there is not."""
    if code not in packs.codes:
        raise BadInput("city", f"没有“{code}”的规则包，请从{'、'.join(packs.codes)}中选一个")
    return packs.policy(code, on)


def today() -> dt.date:
    """The day it is in China."""
    return dt.datetime.now(ZONE).date()


def _json(data: object) -> str:
    return json.dumps(data, ensure_ascii=False, indent=2)

"""What the address of the list 工单 asks for. Pure: the address carries the whole question."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final
from urllib.parse import urlencode

from agent_desk.shield import may_read_confidential, unit_alone
from agent_desk.ticket_views import TicketQuery
from agent_desk.views import Person
from hotline.need_to_know import Viewer, may_find_by_phone
from hotline.words import Phone, TicketType, UnitId, UserId

VIEWS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "all": "全部工单",
        "no-limit": "待定期限",
        "overdue": "已超期",
        "today": "今日到期",
        "soon": "三日内到期",
        "supervised": "督办中",
        "mine": "我登记的",
    }
)
CHANNELS: Final[Mapping[str, str]] = MappingProxyType({"call": "来电", "typed": "非来电登记"})
MORE: Final = ("category", "from", "to", "channel", "secret")
"""Conditions that stand under 更多条件."""
KEYS: Final = ("q", "type", "status", "unit", "view", *MORE)
LONGEST: Final = 60
_TAIL: Final = re.compile(r"(?:尾号)?(\d{4,12})")
_NUMBER: Final = re.compile(r"20\d{2}(?:0[1-9]|1[0-2])?(?:[0-3]\d)?(?:-?\d{0,6})")
_SERIAL: Final = re.compile(r"00\d{4}")
"""The end of a ticket's number: a day has fewer than ten thousand."""
_LANDLINE: Final = re.compile(r"(?:\(0\d{2,3}\)|0\d{2,3})-?\d{7,8}")
_SEPARATORS: Final = re.compile(r"[\s()\-—－·.+]+")


@dataclass(frozen=True, slots=True)
class Chosen:
    """The conditions as the page shows them; an empty text is none. What is no condition is
    dropped, so a mistyped address still opens a list."""

    kept: Mapping[str, str]

    def __getitem__(self, key: str) -> str:
        return self.kept.get(key, "")

    @property
    def narrowed(self) -> bool:
        """Whether anything but a view is asked for."""
        return any(key != "view" for key in self.kept)

    @property
    def more(self) -> bool:
        return any(key in self.kept for key in MORE)

    def address(self, **changed: object) -> str:
        """The list with some conditions changed; an empty one is taken away."""
        kept = {**self.kept, **{key.rstrip("_"): value for key, value in changed.items()}}
        asked = {key: value for key, value in kept.items() if value not in ("", None, 1)}
        return "/tickets" + (f"?{urlencode(asked)}" if asked else "")

    def view(self, view: str = "all", status: str = "") -> str:
        """A view or a stage alone, of the unit that is chosen: as it was counted."""
        asked = {"view": "" if status else view, "status": status, "unit": self["unit"]}
        return f"/tickets?{urlencode({key: one for key, one in asked.items() if one})}"


def chosen_of(asked: Mapping[str, str], person: Person) -> Chosen:
    """What an address asks for, for this person."""
    kept = {key: asked.get(key, "").strip()[:LONGEST] for key in KEYS}
    checks: dict[str, bool] = {
        "type": kept["type"] in {one.value for one in TicketType},
        "view": kept["view"] in VIEWS and kept["view"] != "all",
        "unit": not unit_alone(person),
        "from": _day(kept["from"]) is not None,
        "to": _day(kept["to"]) is not None,
        "channel": kept["channel"] in CHANNELS,
        "secret": kept["secret"] in ("yes", "no"),
    }
    return Chosen({key: one for key, one in kept.items() if one and checks.get(key, True)})


def query_of(chosen: Chosen, person: Person, page: int) -> TicketQuery:
    """The question to the book."""
    number, phone, tail, words = _typed(chosen["q"])
    if not may_find_by_phone(Viewer(user=person.id, roles=person.roles, unit=person.unit)):
        words, phone, tail = (words or chosen["q"] if phone or tail else words), None, ""
    view = chosen["view"]
    alone = unit_alone(person)
    reads_all = alone or may_read_confidential(person, UserId(""))
    which = chosen["secret"]
    return TicketQuery(
        type=TicketType(chosen["type"]) if chosen["type"] else None,
        status=chosen["status"],
        unit=UnitId(chosen["unit"]) if chosen["unit"] else None,
        scope=(person.unit or UnitId("-")) if alone else None,
        number=number,
        phone=phone,
        phone_end=tail,
        words=words,
        no_limit=view == "no-limit",
        overdue=view == "overdue",
        due_today=view == "today",
        due_soon=view == "soon",
        supervised=True if view == "supervised" else None,
        opened_by=person.id if view == "mine" else None,
        me=person.id,
        category=chosen["category"],
        opened_from=_day(chosen["from"]),
        opened_to=_day(chosen["to"]),
        by_phone=(chosen["channel"] == "call") if chosen["channel"] else None,
        confidential=(which == "yes") if which else None,
        secrets_of=None if reads_all else person.id,
        page=page,
    )


def _typed(q: str) -> tuple[str, Phone | None, str, str]:
    """One field for all: (number, telephone, its last digits, words), told by their shape."""
    bare = _SEPARATORS.sub("", q)
    compact = re.sub(r"\s+", "", q)
    if not bare:
        return "", None, "", ""
    phone = Phone.parse(re.sub(r"[()—－·.]+", "", compact))
    if phone.is_mobile or _LANDLINE.fullmatch(compact):
        return "", phone, "", ""
    if _NUMBER.fullmatch(compact) or _SERIAL.fullmatch(compact):
        return compact, None, "", ""
    if tail := _TAIL.fullmatch(bare):
        return "", None, tail[1], ""
    return "", None, "", q


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None

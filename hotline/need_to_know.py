"""Who may see what of the people on a ticket (知悉范围): one function for every screen and paper.

Nobody is given more than the work in hand asks for. A number is not shown because somebody may open
the ticket: it is revealed, for a reason that is written down. What a caller asked to keep secret
(保密事项) no unit sees, and whom the matter is about (被反映单位) never sees who told it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from hotline.words import Phone, Role, UnitId, UserId


class Field(StrEnum):
    """What there is to know of a person on a ticket; ``MATTER`` is what was said."""

    NAME = "name"
    PHONE = "phone"
    ADDRESS = "address"
    MATTER = "matter"


class Sight(StrEnum):
    """How somebody sees a field."""

    WHOLE = "whole"
    MASKED = "masked"
    HIDDEN = "hidden"


PERSONAL: Final = (Field.NAME, Field.PHONE, Field.ADDRESS)
"""What a caller may ask to be kept secret, and what is revealed for a reason."""

FIELD_NAMES: Final[Mapping[Field, str]] = MappingProxyType(
    {
        Field.NAME: "姓名",
        Field.PHONE: "电话",
        Field.ADDRESS: "地址",
        Field.MATTER: "诉求内容",
    }
)

REASONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "contact": "与诉求人联系",
        "visit": "上门核实办理",
        "follow-up": "回访",
        "correct": "核对更正登记信息",
        "audit": "审核、督办",
        "law": "有关机关依法调取",
    }
)
"""Why somebody needs to know, by code. Ours: no regulation lists them."""
LEAST_WORDS: Final = 4
MOST_WORDS: Final = 200
STANDS_MINUTES: Final = 10
"""How long something revealed stays revealed to who asked, before it is asked for anew."""

_HOTLINE: Final = frozenset({Role.AGENT, Role.SUPERVISOR, Role.MANAGER, Role.AUDITOR})
_REVEALS: Final = frozenset({Role.AGENT, Role.SUPERVISOR, Role.MANAGER})
_READS_CONFIDENTIAL: Final = frozenset({Role.SUPERVISOR, Role.MANAGER})


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """Who looks."""

    user: UserId
    roles: frozenset[Role]
    unit: UnitId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrecy:
    """What bears on who may see a ticket. ``secret`` and ``accused`` are what was noted at the
    caller's wish; a confidential ticket keeps name and number secret without more."""

    writer: UserId
    confidential: bool = False
    secret: frozenset[Field] = frozenset()
    accused: frozenset[UnitId] = frozenset()
    lead: UnitId | None = None
    helpers: frozenset[UnitId] = frozenset()

    @property
    def kept(self) -> frozenset[Field]:
        """The fields no unit is shown."""
        more = {Field.NAME, Field.PHONE} if self.confidential else set()
        return self.secret | more


def unit_alone(roles: Collection[Role]) -> bool:
    """Whether somebody sees tickets for their unit only: an officer who is nothing else."""
    return Role.OFFICER in roles and not _HOTLINE & set(roles)


def reads_confidential(viewer: Viewer, writer: UserId) -> bool:
    """Whether somebody reads what was said in a confidential ticket, whoever handles it: those who
    decide on it, and who wrote it down (GB/T 33358 保密)."""
    if viewer.roles & _READS_CONFIDENTIAL:
        return True
    return viewer.user == writer and bool(viewer.roles & _HOTLINE)


def may_open(viewer: Viewer, ticket: Secrecy) -> bool:
    """Whether somebody sees that there is such a ticket, with its course."""
    if viewer.roles & _HOTLINE:
        return True
    return Role.OFFICER in viewer.roles and _handles(viewer, ticket)


def sight(field: Field, viewer: Viewer, ticket: Secrecy, revealed: Collection[Field] = ()) -> Sight:
    """How somebody sees one field of a ticket. ``revealed``: what was revealed to this person, for
    a reason that stands in the access ledger; what may not be revealed to them stays as it was."""
    if not may_open(viewer, ticket) or not _reads(viewer, ticket):
        return Sight.HIDDEN
    if field is Field.MATTER:
        return Sight.WHOLE
    if _never(field, viewer, ticket):
        return Sight.HIDDEN
    if field is Field.ADDRESS and field not in ticket.secret:
        return Sight.WHOLE
    if field in revealed and not reveal_refused(field, viewer, ticket):
        return Sight.WHOLE
    return Sight.MASKED


def reveal_refused(field: Field, viewer: Viewer, ticket: Secrecy) -> str:
    """Why a field cannot be revealed to somebody, as a sentence; empty where it can."""
    if not may_open(viewer, ticket) or not _reads(viewer, ticket):
        return "这件工单的内容不对您开放"
    if viewer.unit is not None and viewer.unit in ticket.accused:
        return "被反映单位不得知悉诉求人身份"
    if _never(field, viewer, ticket):
        return f"诉求人要求对承办单位保密{FIELD_NAMES[field]}，请经热线转接联系"
    if unit_alone(viewer.roles) and viewer.unit != ticket.lead:
        return "协办单位不直接联系诉求人，由牵头单位统一答复"
    if not unit_alone(viewer.roles) and not viewer.roles & _REVEALS:
        return "审计员只查谁看过，不看诉求人身份"
    return ""


def may_act(viewer: Viewer, ticket: Secrecy) -> bool:
    """Whether somebody may do anything to a ticket: nobody acts on what they cannot read."""
    return sight(Field.MATTER, viewer, ticket) is Sight.WHOLE


def may_find_by_phone(viewer: Viewer) -> bool:
    """Whether a search by number is answered: to a unit the answer would say who called."""
    return not unit_alone(viewer.roles)


def without_person(text: str, name: str, phone: Phone, *, keep: Collection[Field] = ()) -> str:
    """A text that people wrote, with the caller's name and number taken out, unless kept."""
    if Field.NAME not in keep and len(name.strip()) > 1:
        text = text.replace(name.strip(), "诉求人")
    if Field.PHONE not in keep and not phone.withheld:
        parts = r"[\s\-—－]*".join(re.escape(digit) for digit in phone.digits)
        text = re.sub(rf"(?<!\d)(?:\+?86[\s\-]*)?{parts}(?!\d)", "（号码隐去）", text)
    return text


def _handles(viewer: Viewer, ticket: Secrecy) -> bool:
    return viewer.unit is not None and (viewer.unit == ticket.lead or viewer.unit in ticket.helpers)


def _reads(viewer: Viewer, ticket: Secrecy) -> bool:
    """The matter of a confidential ticket is for its writer, those who decide on it, and the units
    that handle it."""
    if not ticket.confidential or reads_confidential(viewer, ticket.writer):
        return True
    return unit_alone(viewer.roles) and _handles(viewer, ticket)


def _never(field: Field, viewer: Viewer, ticket: Secrecy) -> bool:
    """What cannot be revealed to somebody whatever the reason."""
    accused = viewer.unit is not None and viewer.unit in ticket.accused
    if accused and (field is not Field.ADDRESS or ticket.confidential or field in ticket.secret):
        return True
    return unit_alone(viewer.roles) and field in ticket.kept

"""Acts on many tickets: for each what the rules say first, then each in its own transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace

from agent_desk import ticket_list_views as lv
from agent_desk.handling_views import ActForm, FormField
from agent_desk.views import Person
from hotline.errors import BadInput, HotlineError, NoSuch
from hotline.handling_words import Act, Stage
from hotline.policy import Policy
from hotline.words import TicketId, UnitId
from ledger.store import Ledger
from ledger.ticket_rows import StoredTicket
from switchboard.desk_directory import TicketDirectory
from switchboard.desk_handling import DeskHandling
from switchboard.handling_forms import note_of
from switchboard.policy_versions import PolicyVersions, Rule

_ALREADY = "已经是这样，不重复办理"
_NO_UNIT = "派单目录没有唯一的建议单位，登记时也没有选定，请打开工单单独派单"
_AS_IT_IS = "环节不变"


class DeskBulk:
    """Implements :class:`agent_desk.ticket_list_views.BulkActs`, by what one ticket's page does."""

    def __init__(self, ledger: Ledger, handling: DeskHandling, policy: Rule) -> None:
        self._ledger = ledger
        self._handling = handling
        self._versions = PolicyVersions(ledger.policy_texts, policy)
        self._directory = TicketDirectory(ledger.directory)

    async def preview(
        self, numbers: Sequence[TicketId], act: str, who: Person, at: dt.datetime
    ) -> lv.BulkPreview:
        wanted = _act_of(act, who)
        if not numbers:
            raise BadInput("tickets", "请先在列表里勾选工单")
        if len(numbers) > lv.MOST:
            raise BadInput("tickets", f"一次最多办{lv.MOST}件，现在选了{len(numbers)}件")
        names = {unit.code: unit.name for unit in await self._ledger.units.all() if not unit.closed}
        rows = [
            await self._row(number, wanted, who, at, names) for number in dict.fromkeys(numbers)
        ]
        return lv.BulkPreview(act=act, rows=tuple(rows), fields=_fields(wanted))

    async def do(
        self,
        items: Sequence[lv.BulkItem],
        act: str,
        form: Mapping[str, Sequence[str]],
        who: Person,
        at: dt.datetime,
    ) -> Sequence[lv.BulkResult]:
        wanted = _act_of(act, who)
        for field in _fields(wanted):
            if field.needed and not any(one.strip() for one in form.get(field.name, ())):
                raise BadInput(field.name, f"请填写{field.label}")
        return [await self._one(item, wanted, form, who, at) for item in items[: lv.MOST]]

    # ---- within ---------------------------------------------------------------------------------
    async def _row(
        self,
        number: TicketId,
        act: Act,
        who: Person,
        at: dt.datetime,
        names: Mapping[UnitId, str],
    ) -> lv.BulkRow:
        try:
            stored = await self._ledger.tickets.load(number)
        except NoSuch as gone:
            return lv.BulkRow(number=number, summary="", status="", version=0, why=str(gone))
        now = await self._handling.now(number, who, at)
        row = lv.BulkRow(
            number=number,
            summary="" if stored.confidential else stored.texts.get("summary", ""),
            status=stored.ticket.status,
            version=now.version,
        )
        form = next((one for one in now.forms if one.act == act.value), None)
        if form is None:
            return replace(row, why=f"“{stored.ticket.status}”的工单不能{act}")
        if form.why:
            return replace(row, why=form.why)
        if act is not Act.DISPATCH:
            return replace(row, will=_will(act, stored.ticket.status))
        unit = await self._recommended(stored, at)
        if unit is None or unit not in names:
            return replace(row, why=_NO_UNIT)
        return self._dispatched(row, form, unit, names[unit])

    def _dispatched(self, row: lv.BulkRow, form: ActForm, unit: UnitId, name: str) -> lv.BulkRow:
        offered = {
            value for field in form.fields if field.name == "unit" for value, _ in field.options
        }
        if unit not in offered:
            return replace(row, why=_NO_UNIT)
        return replace(row, will=f"派给{name}，转为“{Stage.DISPATCHED}”", unit=unit)

    async def _recommended(self, stored: StoredTicket, at: dt.datetime) -> UnitId | None:
        """The one unit of the directory; where it names none, what was chosen at registration."""
        policy: Policy = (await self._versions.of(stored.ticket))[0]
        version = await self._directory.version(at, policy)
        day = at.astimezone(policy.zone).date()
        units = {one.unit for one in version.find(stored.category, day)} if version else set()
        return next(iter(units)) if len(units) == 1 else stored.ticket.unit

    async def _one(
        self,
        item: lv.BulkItem,
        act: Act,
        form: Mapping[str, Sequence[str]],
        who: Person,
        at: dt.datetime,
    ) -> lv.BulkResult:
        typed = {**form, "unit": [item.unit]} if act is Act.DISPATCH else form
        try:
            stored = await self._ledger.tickets.load(item.number)
            if stored.ticket.version != item.version:
                done = bool(stored.ticket.acts) and stored.ticket.acts[-1] == act.value
                why = _ALREADY if done else "预览之后有人办过这件工单，请重新预览"
                return lv.BulkResult(number=item.number, why=why)
            await self._handling.act(
                item.number, act.value, typed, who=who, version=item.version, at=at
            )
        except HotlineError as refusal:
            return lv.BulkResult(number=item.number, why=str(refusal))
        return lv.BulkResult(number=item.number, done=act.value)


def _act_of(act: str, who: Person) -> Act:
    for one in lv.bulk_acts(who):
        if one.value == act:
            return one
    raise BadInput("act", "请先选批量要做的事")


def _will(act: Act, stage: str) -> str:
    if act is Act.ARCHIVE:
        return f"转为“{Stage.ARCHIVED}”"
    return f"记一次{act}，{_AS_IT_IS}（{stage}）"


def _fields(act: Act) -> tuple[FormField, ...]:
    """What is asked for once for all: the words of the act. The units are each ticket's own."""
    return (note_of(act),)

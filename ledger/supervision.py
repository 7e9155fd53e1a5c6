"""The matters of supervision (督办) of a city: raised once each, their steps, their papers.

What may be done is decided by :mod:`hotline.supervision`; here it is kept and found. What people
wrote is sealed; each step is in the audit book, under the ticket as well where there is one.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import ColumnElement, and_, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from hotline.errors import NoSuch
from hotline.handling_words import Part
from hotline.supervision import ENDED, Matter, State, Step, SupervisionStep, matter_of
from hotline.words import Article, TicketId, UnitId
from ledger import tables as t
from ledger.audit import Audit
from ledger.book import Page
from ledger.database import Database
from ledger.errors import StaleVersion
from ledger.rows import canonical
from ledger.seal import KeyRing
from ledger.supervision_tables import (
    supervision_matters,
    supervision_numbers,
    supervision_steps,
)

if TYPE_CHECKING:
    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection

_M: Final = supervision_matters.c
_S: Final = supervision_steps.c


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """A case for supervision as it is raised. ``source`` names what raised it: a second matter of
    the same source is not made. ``acts`` are the numbers of the ticket's acts that show it,
    ``others`` further tickets; ``texts`` what a person wrote, by label."""

    source: str
    kind: str
    what: str
    article: Article | None
    at: dt.datetime
    by: str
    part: Part = Part.CLOCK
    body: str = Part.CLOCK.value
    unit: UnitId | None = None
    ticket: TicketId | None = None
    acts: tuple[int, ...] = ()
    others: tuple[TicketId, ...] = ()
    texts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptMatter:
    """A matter as it is kept. ``texts`` are what was written, by number of the step (from 1);
    empty where only the row was asked for."""

    id: int
    version: int
    raised: Raised
    matter: Matter
    texts: Mapping[int, Mapping[str, str]] = field(default_factory=dict)


class Supervision:
    """The matters of one city."""

    def __init__(self, database: Database, keys: KeyRing, audit: Audit, city: str) -> None:
        self._database = database
        self._keys = keys
        self._audit = audit
        self._city = city

    # --------------------------------------------------------------------------------- writing
    async def raise_matter(self, raised: Raised) -> int | None:
        """Keep a new matter; its id. None: this source has raised one before."""
        try:
            async with self._database.write() as connection:
                return await self._raise_in(connection, raised)
        except IntegrityError:
            return None

    async def _raise_in(self, connection: AsyncConnection, raised: Raised) -> int:
        article = raised.article
        row = {
            "city": self._city,
            "source": raised.source,
            "kind": raised.kind,
            "what": raised.what,
            "document": article.document if article else "",
            "article": article.number if article else "",
            "quote": article.quote if article else "",
            "ticket": raised.ticket,
            "unit": raised.unit,
            "evidence": canonical({"acts": raised.acts, "others": raised.others}),
            "raised_at": raised.at,
            "raised_by": raised.by,
            "state": State.RAISED.value,
            "level": 0,
            "form": "",
            "form_number": "",
            "answer_by": None,
            "version": 1,
        }
        made = await connection.execute(insert(supervision_matters).returning(_M.id), row)
        id_ = int(made.scalar_one())
        step = SupervisionStep(
            at=raised.at,
            step=Step.RAISE,
            by=raised.by,
            part=raised.part,
            body=raised.body,
            state=State.RAISED,
            article=article.number if article else "",
        )
        await self._write(connection, id_, 1, step, raised.texts, raised.ticket)
        return id_

    async def take(
        self,
        kept: KeptMatter,
        decide: Callable[[str], SupervisionStep],
        texts: Mapping[str, str],
        *,
        form: str = "",
        year: int = 0,
    ) -> SupervisionStep:
        """Commit one step on a matter as it was read. ``decide`` gets the number of the paper that
        goes out (empty without ``form``), and must be quick and pure: numbers have no gaps.

        Raises StaleVersion when somebody was quicker, and whatever ``decide`` raises.
        """
        async with self._database.write() as connection:
            number = await self._numbered(connection, form, year) if form else ""
            step = decide(number)
            after = matter_of(kept.raised.unit, (*kept.matter.steps, step))
            done = await connection.execute(
                update(supervision_matters)
                .where(_M.id == kept.id, _M.city == self._city, _M.version == kept.version)
                .values(**_state(after), version=kept.version + 1)
            )
            if done.rowcount != 1:
                raise StaleVersion(str(kept.id), kept.version, kind="督办事项")
            count = len(after.steps)
            await self._write(connection, kept.id, count, step, texts, kept.raised.ticket)
        return step

    async def _numbered(self, connection: AsyncConnection, form: str, year: int) -> str:
        row = {"city": self._city, "year": year, "form": form}
        number = await self._database.count_up(connection, supervision_numbers, "last", row)
        return f"{form}〔{year}〕{number}号"

    async def _write(
        self,
        connection: AsyncConnection,
        id_: int,
        number: int,
        step: SupervisionStep,
        texts: Mapping[str, str],
        ticket: TicketId | None,
    ) -> None:
        kept = {label: text for label, text in texts.items() if text}
        row: dict[str, Any] = {
            "matter": id_,
            "number": number,
            "at": step.at,
            "step": step.step.value,
            "by": step.by,
            "part": step.part.value,
            "body": step.body,
            "state": step.state.value,
            "level": step.level,
            "form": step.form,
            "form_number": step.form_number,
            "answer_by": step.answer_by.isoformat() if step.answer_by else None,
            "article": step.article,
            "texts": self._sealed(id_, number, kept) if kept else None,
        }
        await connection.execute(insert(supervision_steps), row)
        detail = {"matter": id_, "step": number, "form": step.form_number, "level": step.level}
        subject = f"ticket:{ticket}" if ticket else f"supervision:{id_}"
        what = f"supervision.{step.step.name.lower()}"
        await self._audit.add(connection, step.by, what, subject, detail)

    def _sealed(self, id_: int, number: int, texts: Mapping[str, str]) -> Any:
        body = json.dumps(texts, ensure_ascii=False)
        return self._keys.seal(
            body, table="supervision_steps", column="texts", row=f"{id_}.{number}"
        )

    # --------------------------------------------------------------------------------- reading
    async def load(self, id_: int) -> KeptMatter:
        """A matter with what was written. Raises NoSuch."""
        found = await self._loaded((_M.id == id_,))
        if not found:
            raise NoSuch("督办事项", str(id_))
        return found[0]

    async def of_ticket(self, ticket: TicketId) -> Sequence[KeptMatter]:
        """The matters of a ticket, oldest first, with what was written."""
        return await self._loaded((_M.ticket == ticket,))

    async def page(
        self,
        *,
        states: Collection[State] = (),
        units: Collection[UnitId] | None = None,
        level: int | None = None,
        number: int = 1,
        size: int = 50,
    ) -> Page[KeptMatter]:
        """A page of matters without their steps, those that wait first, the longest waiting on top.
        ``units`` None: of every unit."""
        where = self._where(units, level)
        if states:
            where.append(_M.state.in_([one.value for one in states]))
        ended = _M.state.in_([one.value for one in ENDED])
        query = select(supervision_matters).where(*where).order_by(ended, _M.raised_at, _M.id)
        count = select(func.count()).select_from(supervision_matters).where(*where)
        async with self._database.read() as connection:
            total = (await connection.execute(count)).scalar_one()
            rows = (await connection.execute(query.limit(size).offset((number - 1) * size))).all()
        return Page(tuple(_kept(row, (), {}) for row in rows), number, size, total)

    async def counts(
        self, units: Collection[UnitId] | None = None, level: int | None = None
    ) -> dict[str, int]:
        """How many matters are in each state."""
        query = select(_M.state, func.count()).where(*self._where(units, level))
        async with self._database.read() as connection:
            rows = (await connection.execute(query.group_by(_M.state))).all()
        return {row[0]: row[1] for row in rows}

    async def summaries(self, tickets: Collection[TicketId]) -> dict[TicketId, str]:
        """What these tickets are about; confidential ones are left out."""
        c, x = t.tickets.c, t.ticket_texts.c
        query = (
            select(x.ticket, x.body)
            .join(t.tickets, and_(c.city == x.city, c.id == x.ticket))
            .where(
                x.city == self._city,
                x.ticket.in_(list(tickets)),
                x.slot == "summary",
                c.confidential.is_(False),
            )
        )
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).all()
        return {
            row.ticket: self._keys.open(
                row.body, table="ticket_texts", column="body", row=f"{row.ticket}.summary"
            )
            for row in rows
        }

    def _where(
        self, units: Collection[UnitId] | None, level: int | None
    ) -> list[ColumnElement[bool]]:
        where = [_M.city == self._city]
        if units is not None:
            where.append(_M.unit.in_(list(units)))
        if level is not None:
            where.append(_M.level == level)
        return where

    async def _loaded(self, where: tuple[ColumnElement[bool], ...]) -> list[KeptMatter]:
        query = select(supervision_matters).where(_M.city == self._city, *where).order_by(_M.id)
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).all()
            ids = [row.id for row in rows]
            steps = (
                await connection.execute(
                    select(supervision_steps)
                    .where(_S.matter.in_(ids))
                    .order_by(_S.matter, _S.number)
                )
            ).all()
        found = []
        for row in rows:
            mine = [one for one in steps if one.matter == row.id]
            texts = {one.number: self._opened(one) for one in mine if one.texts is not None}
            found.append(_kept(row, [_step(one) for one in mine], texts))
        return found

    def _opened(self, row: Row[Any]) -> Mapping[str, str]:
        place = f"{row.matter}.{row.number}"
        text = self._keys.open(row.texts, table="supervision_steps", column="texts", row=place)
        opened: dict[str, str] = json.loads(text)
        return opened


def _state(matter: Matter) -> dict[str, Any]:
    return {
        "state": matter.state.value,
        "level": matter.level,
        "form": matter.form,
        "form_number": matter.form_number,
        "answer_by": matter.answer_by.isoformat() if matter.answer_by else None,
    }


def _step(row: Row[Any]) -> SupervisionStep:
    return SupervisionStep(
        at=row.at,
        step=Step(row.step),
        by=row.by,
        part=Part(row.part),
        body=row.body,
        state=State(row.state),
        level=row.level,
        form=row.form,
        form_number=row.form_number,
        answer_by=dt.date.fromisoformat(row.answer_by) if row.answer_by else None,
        article=row.article,
    )


def _kept(
    row: Row[Any], steps: Sequence[SupervisionStep], texts: Mapping[int, Mapping[str, str]]
) -> KeptMatter:
    evidence = json.loads(row.evidence)
    raised = Raised(
        source=row.source,
        kind=row.kind,
        what=row.what,
        article=Article(row.document, row.article, row.quote) if row.article else None,
        at=row.raised_at,
        by=row.raised_by,
        unit=row.unit,
        ticket=row.ticket,
        acts=tuple(evidence["acts"]),
        others=tuple(evidence["others"]),
        texts=texts.get(1, {}),
    )
    matter = matter_of(row.unit, steps)
    if not steps:
        day = dt.date.fromisoformat(row.answer_by) if row.answer_by else None
        matter = replace(
            matter,
            state=State(row.state),
            level=row.level,
            form=row.form,
            form_number=row.form_number,
            answer_by=day,
        )
    return KeptMatter(id=row.id, version=row.version, raised=raised, matter=matter, texts=texts)

"""Who may know whom, which unit has which ticket, what it was told, what is kept of users."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

from ledger.columns import EncryptedStr, Instant, Serial

revision = "0008"
down_revision = "0007"
_PAGE = 500


def upgrade() -> None:
    """Five tables and two columns. Which unit has which ticket is read from what was done."""
    _secrets()
    units = _ticket_units()
    _notices()
    op.create_table(
        "unit_cards",
        sa.Column("city", sa.String(32), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("body", EncryptedStr(), nullable=False),
        sa.PrimaryKeyConstraint("city", "code", name="pk_unit_cards"),
        sa.ForeignKeyConstraint(
            ["city", "code"], ["units.city", "units.code"], name="fk_unit_cards_city_units"
        ),
    )
    op.add_column("users", sa.Column("last_login_at", Instant(), nullable=True))
    op.add_column(
        "users", sa.Column("must_change", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    _fill(units)


def _secrets() -> None:
    op.create_table(
        "ticket_secrets",
        sa.Column("city", sa.String(32), nullable=False),
        sa.Column("ticket", sa.String(32), nullable=False),
        sa.Column("fields", sa.String(64), nullable=False),
        sa.Column("accused", sa.String(512), nullable=False),
        sa.PrimaryKeyConstraint("city", "ticket", name="pk_ticket_secrets"),
        _of_ticket("ticket_secrets"),
    )
    op.create_table(
        "access_words",
        sa.Column("seq", Serial, autoincrement=False, nullable=False),
        sa.Column("body", EncryptedStr(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_access_words"),
    )


def _ticket_units() -> sa.Table:
    table = op.create_table(
        "ticket_units",
        sa.Column("city", sa.String(32), nullable=False),
        sa.Column("ticket", sa.String(32), nullable=False),
        sa.Column("unit", sa.String(64), nullable=False),
        sa.Column("part", sa.String(8), nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("city", "ticket", "unit", name="pk_ticket_units"),
        _of_ticket("ticket_units"),
    )
    op.create_index("ix_ticket_units_city_unit_part", "ticket_units", ["city", "unit", "part"])
    return table


def _notices() -> None:
    op.create_table(
        "unit_notices",
        sa.Column("city", sa.String(32), nullable=False),
        sa.Column("unit", sa.String(64), nullable=False),
        sa.Column("ticket", sa.String(32), nullable=False),
        sa.Column("act", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("what", sa.String(32), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("seen_at", Instant(), nullable=True),
        sa.Column("seen_by", sa.String(64), nullable=True),
        sa.PrimaryKeyConstraint("city", "unit", "ticket", "act", name="pk_unit_notices"),
        _of_ticket("unit_notices"),
    )
    op.create_index(
        "ix_unit_notices_city_unit_seen_at_at", "unit_notices", ["city", "unit", "seen_at", "at"]
    )


def _of_ticket(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["city", "ticket"], ["tickets.city", "tickets.id"], name=f"fk_{table}_city_tickets"
    )


def _fill(units: sa.Table) -> None:
    """From the acts in the journal, oldest first, page by page."""
    journal = sa.table(
        "journal",
        sa.column("seq", sa.Integer),
        sa.column("stream", sa.String),
        sa.column("type", sa.String),
        sa.column("at", Instant()),
        sa.column("body", sa.Text),
    )
    connection, last = op.get_bind(), 0
    while True:
        page = connection.execute(
            sa.select(journal)
            .where(journal.c.type == "TicketActed", journal.c.seq > last)
            .order_by(journal.c.seq)
            .limit(_PAGE)
        ).all()
        for row in page:
            _follow(connection, units, row)
        if len(page) < _PAGE:
            return
        last = page[-1].seq


def _follow(connection: Any, units: sa.Table, row: Any) -> None:
    _, city, ticket = row.stream.split("/", 2)
    fact = json.loads(row.body)
    mine = (units.c.city == city) & (units.c.ticket == ticket)
    if fact["act"] == "同意退回":
        connection.execute(sa.delete(units).where(mine))
    if fact["act"] not in ("派单", "协调确定") or not fact.get("unit"):
        return
    before = connection.execute(
        sa.select(units.c.since).where(mine, units.c.unit == fact["unit"], units.c.part == "lead")
    ).scalar_one_or_none()
    connection.execute(sa.delete(units).where(mine))
    rows = [{"unit": fact["unit"], "part": "lead", "since": before or row.at}]
    rows += [
        {"unit": one, "part": "helper", "since": row.at}
        for one in dict.fromkeys(fact.get("helpers") or ())
        if one != fact["unit"]
    ]
    connection.execute(sa.insert(units), [{"city": city, "ticket": ticket, **one} for one in rows])

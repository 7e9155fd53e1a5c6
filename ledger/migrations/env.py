"""Run by Alembic: hands it the connection that :mod:`ledger.migrate` opened, in its transaction."""

from __future__ import annotations

from alembic import context

from ledger.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
    transaction_per_migration=False,
)
context.run_migrations()

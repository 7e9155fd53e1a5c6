"""The room that remembers (台账): journal, calls, callers, tickets, accounts, audit, outbox.

The only room that speaks to a database: SQLite for one machine, PostgreSQL for many, the same
tables and the same code. :func:`ledger.store.open_ledger` is the door.
"""

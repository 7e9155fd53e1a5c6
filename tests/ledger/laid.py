"""A new ledger for every test: the tables are made once a process, each test has a copy of them.

What `migrate` itself does is the matter of tests/ledger/test_migrate.py.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from ledger.database import parse_url, sqlite_path
from ledger.migrate import migrate

_LAID: list[bytes] = []


async def lay(url: str, folder: Path) -> None:
    """An empty SQLite database of this code where ``url`` says, as `migrate` would have made it.
    Where there is one already, and on PostgreSQL, `migrate` does it."""
    path = sqlite_path(parse_url(url))
    if path is None or path.exists():
        await migrate(url, folder)
        return
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.touch(mode=0o600)
    path.write_bytes(await laid())


async def laid() -> bytes:
    """The file of an empty database."""
    if not _LAID:
        with tempfile.TemporaryDirectory(prefix="jiesu-laid-") as folder:
            path = Path(folder) / "jiesu.db"
            await migrate(f"sqlite:///{path}", Path(folder))
            _LAID.append(path.read_bytes())
    return _LAID[0]

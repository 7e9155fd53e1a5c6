from __future__ import annotations

import asyncio
import contextlib
import shutil
import sqlite3
import stat
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, text

from hotline.errors import BadInput
from ledger import migrate as migrating
from ledger.database import parse_url
from ledger.errors import LedgerFailing, NewerDatabase
from ledger.migrate import migrate, newest, revision
from ledger.store import Ledger, open_ledger
from ledger.tables import metadata
from tests.ledger.conftest import KEY, Clock

pytestmark = pytest.mark.anyio

NOW = newest()
LATER = f"{int(NOW) + 1:04}"
NEXT = f'''"""A step of a later release."""
import sqlalchemy as sa
from alembic import op
revision = "{LATER}"
down_revision = "{NOW}"
def upgrade() -> None:
    op.create_table("later", sa.Column("id", sa.Integer, primary_key=True))
'''


@pytest.fixture
def later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The code of a later release, with one more step."""
    steps = tmp_path / "steps"
    shutil.copytree(migrating._SCRIPTS, steps, ignore=shutil.ignore_patterns("__pycache__"))
    (steps / "versions" / f"v{LATER}_later.py").write_text(NEXT)
    monkeypatch.setattr(migrating, "_SCRIPTS", steps)


async def test_migrations_and_tables_describe_the_same_shape(ledger: Ledger) -> None:
    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, metadata))

    async with ledger.database.read() as connection:
        assert await connection.run_sync(differences) == []


async def test_a_new_database_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "jiesu.db"
    done = await migrate(str(path), tmp_path / "backup")
    assert (done.before, done.now, done.backup) == (None, newest(), None)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert await migrate(str(path), tmp_path / "backup") == migrating.Migrated(
        newest(), newest(), None
    )


async def test_several_starts_at_once_migrate_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'jiesu.db'}"
    done = await asyncio.gather(*(migrate(url, tmp_path) for _ in range(4)))
    assert sorted(str(one.before) for one in done) == [NOW, NOW, NOW, "None"]


async def test_several_starts_at_once_upgrade_once(
    url: str, tmp_path: Path, later: None, clock: Clock
) -> None:
    done = await asyncio.gather(*(migrate(url, tmp_path / "backup") for _ in range(3)))
    assert sorted(str(one.before) for one in done) == [NOW, LATER, LATER]
    assert await revision(url) == LATER


async def test_an_old_database_is_copied_before_it_is_changed(
    tmp_path: Path, clock: Clock, later: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path / 'jiesu.db'}"
    with monkeypatch.context() as older:
        older.setattr(migrating, "_SCRIPTS", Path(migrating.__file__).parent / "migrations")
        await migrate(url, tmp_path)
    async with open_ledger(
        url, field_key=KEY, clock=clock, code_version="test", city="zhaoqing"
    ) as ledger:
        await ledger.bookmarks.put("queue_log", "17")
    done = await migrate(url, tmp_path / "backup")
    assert done.backup is not None
    assert stat.S_IMODE(done.backup.stat().st_mode) == 0o600
    with contextlib.closing(sqlite3.connect(done.backup)) as copy:
        value = copy.execute("SELECT value FROM bookmarks WHERE name = 'queue_log'").fetchone()
        tables = copy.execute("SELECT name FROM sqlite_master WHERE name = 'later'").fetchall()
    assert (value, tables) == (("17",), [])


async def test_a_database_of_a_newer_release_is_refused_with_one_sentence(
    url: str, tmp_path: Path, ledger: Ledger
) -> None:
    async with ledger.database.write() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '0099'"))
    with pytest.raises(NewerDatabase, match=r"0099.*比这个程序新：请换用更新的接诉台"):
        await migrate(url, tmp_path / "backup")
    assert not (tmp_path / "backup").exists()


async def test_a_step_that_fails_leaves_the_database_as_it_was(
    url: str, tmp_path: Path, later: None
) -> None:
    steps = migrating._SCRIPTS / "versions" / f"v{LATER}_later.py"
    steps.write_text(NEXT + '    op.drop_table("nowhere")\n')
    with pytest.raises(LedgerFailing):
        await migrate(url, tmp_path / "backup")
    assert await revision(url) == NOW
    steps.write_text(NEXT)
    assert (await migrate(url, tmp_path / "backup")).now == LATER


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("mysql://x/y", "只能是 sqlite 或 postgresql"),
        ("sqlite://", "须存在文件中"),
        ("nonsense://x/y", "只能是 sqlite 或 postgresql"),
    ],
)
def test_a_database_address_we_cannot_use_is_refused_with_a_sentence(
    given: str, words: str
) -> None:
    with pytest.raises(BadInput, match=words):
        parse_url(given)


def test_a_bare_path_and_a_pooled_server_are_understood() -> None:
    assert parse_url("/srv/jiesu.db").database == "/srv/jiesu.db"
    pooled = parse_url("postgresql://jiesu@db/jiesu?pgbouncer=yes")
    assert pooled.drivername == "postgresql+asyncpg"
    assert dict(pooled.query) == {"prepared_statement_cache_size": "0"}

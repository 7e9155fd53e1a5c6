"""Replay: the same facts always give the same World, from the beginning or from any snapshot."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from hotline.decide import World, evolve
from hotline.errors import BadInput
from hotline.policy import ZONE
from ledger.store import Ledger, open_ledger
from ledger.stream import digest
from switchboard import replay as module
from switchboard.replay import fold, moment, replay
from switchboard.secrets_file import ensure_secrets
from switchboard.settings import Settings, find_settings
from switchboard.world_json import body_of, world_of
from tests.ledger.laid import lay
from tests.switchboard.golden_journal import FOLDER, Golden, promise, read, told, versions

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("version", versions())
def test_the_journal_of_every_release_still_folds_to_what_was_promised(version: str) -> None:
    assert promise(version) == read(version).promised


@pytest.mark.parametrize("version", versions())
def test_a_golden_journal_holds_every_outcome_and_nobodys_number(version: str) -> None:
    content = (FOLDER / f"{version}.jsonl").read_text("utf-8")
    board = read(version).promised["board"]
    assert all(board[name] > 0 for name in ("answered", "lost", "greeting_hang_up", "emergency"))
    assert not re.search(r"(?<![0-9.])1[3-9][0-9]{9}(?![0-9])", content)


async def test_a_fold_from_any_second_on_gives_the_same_world() -> None:
    golden = read(versions()[-1])
    whole = await fold(told(golden.rows))
    for cut in range(0, len(golden.rows), 23):
        first = await fold(told(golden.rows[:cut]))
        kept = world_of(body_of(first.world))
        assert body_of(kept) == body_of(first.world)
        assert (await fold(told(golden.rows[cut:]), kept)).hash == whole.hash


@asynccontextmanager
async def a_ledger(settings: Settings) -> AsyncIterator[Ledger]:
    url = f"sqlite+aiosqlite:///{settings.database_file}"
    await lay(url, settings.data / "backups")
    async with open_ledger(
        url,
        field_key=ensure_secrets(settings.secrets_file, ()).field_key,
        clock=lambda: dt.datetime.now(dt.UTC),
        code_version="test",
        city="zhaoqing",
    ) as ledger:
        yield ledger


async def written(ledger: Ledger, golden: Golden, *, snapshot_at: int) -> dt.datetime:
    """The golden facts in a journal, with a snapshot after so many; when that one was taken."""
    await ledger.journal.start("test")
    await ledger.journal.append(
        [row.fact for row in golden.rows[:snapshot_at]],  # type: ignore[misc]
        policy_version="golden",
    )
    world, seq = await ledger.streams.restore(World(), evolve, world_of)
    await ledger.streams.save_snapshot(seq, body_of(world))
    between = dt.datetime.now(dt.UTC)
    await asyncio.sleep(0.002)
    await ledger.journal.append(
        [row.fact for row in golden.rows[snapshot_at:]],  # type: ignore[misc]
        policy_version="golden",
    )
    return between


async def test_a_second_has_one_hash_by_all_facts_and_by_snapshot_and_tail(tmp_path: Path) -> None:
    golden = read(versions()[-1])
    async with a_ledger(find_settings(tmp_path)) as ledger:
        between = await written(ledger, golden, snapshot_at=200)
        whole = await replay(ledger.streams)
        earlier = await replay(ledger.streams, between)
    assert whole.snapshot is not None
    assert whole.hash == whole.snapshot.hash == golden.promised["hash"]
    assert (whole.snapshot.seq, whole.snapshot.facts) == (200, len(golden.rows) - 200)
    assert earlier.facts == 200
    assert earlier.hash == (await fold(told(golden.rows[:200]))).hash


async def test_the_command_prints_the_hash_and_says_when_a_snapshot_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = find_settings(tmp_path)
    golden = read(versions()[-1])
    async with a_ledger(settings) as ledger:
        await written(ledger, golden, snapshot_at=100)
    assert await module.command(settings, None, as_json=True) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["hash"] == golden.promised["hash"]
    assert answer["snapshot"]["same"] is True
    assert answer["board"] == golden.promised["board"]
    async with a_ledger(settings) as ledger:
        await ledger.streams.save_snapshot(150, body_of(World()))
    assert await module.command(settings, None, as_json=False) == 1
    assert "不同！" in capsys.readouterr().out


async def test_without_a_database_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(module.NothingToReplay, match=r"\./jiesu up"):
        await module.command(find_settings(tmp_path), None, as_json=False)


def test_a_typed_time_is_meant_in_the_zone_of_the_law_and_its_second_is_whole() -> None:
    wanted = dt.datetime(2026, 9, 25, 10, 0, 0, 999_999, tzinfo=ZONE)
    assert moment("2026-09-25T10:00:00") == wanted
    assert moment("2026-09-25T02:00:00+00:00") == wanted
    with pytest.raises(BadInput):
        moment("heute")


def test_the_hash_is_that_of_the_canonical_text() -> None:
    assert digest(body_of(World())) == digest(body_of(world_of(body_of(World()))))

"""What a person reads when the database cannot be used."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.errors import LedgerFailing
from ledger.store import open_ledger
from tests.ledger.conftest import KEY, Clock
from tests.ledger.postgres import Cluster

pytestmark = pytest.mark.anyio


async def refusal(url: str) -> str:
    with pytest.raises(LedgerFailing) as refused:
        async with open_ledger(
            url, field_key=KEY, clock=Clock(), code_version="test", city="zhaoqing"
        ):
            pass
    return str(refused.value)


async def test_a_file_that_cannot_be_opened_is_said_in_words(tmp_path: Path) -> None:
    assert "打不开数据库文件" in await refusal(f"sqlite:///{tmp_path}/nowhere/jiesu.db")
    damaged = tmp_path / "damaged.db"
    damaged.write_bytes(b"hello" * 4000)
    assert "这个文件不是数据库" in await refusal(f"sqlite:///{damaged}")
    empty = tmp_path / "empty.db"
    empty.touch()
    assert "还没有建表，请先启动一次 ./jiesu up" in await refusal(f"sqlite:///{empty}")


async def test_a_server_that_is_away_is_said_in_words() -> None:
    assert "连不上数据库" in await refusal("postgresql://jiesu@127.0.0.1:1/jiesu")


@pytest.mark.postgres
async def test_what_a_server_refuses_is_said_in_words(cluster: Cluster) -> None:
    server = cluster.url("postgres")
    assert "没有这个数据库" in await refusal(cluster.url("none"))
    assert "没有这个用户" in await refusal(server.replace("jiesu@", "nobody@"))
    assert "还没有建表" in await refusal(server)

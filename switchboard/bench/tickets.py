"""``./jiesu bench tickets``: the list 工单 with 100,000 tickets, and its search beside SQLite.

Ours searches texts that lie sealed in the database; the peers search the same texts laid open in a
table: ``LIKE '%…%'``, and FTS5 with its trigram tokenizer (words of three characters and more).
Aim: 95 of 100 answers of each kind within 200 ms.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import sqlite3
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any, Final

from agent_desk.ticket_views import TicketQuery
from hotline.policy import ZONE
from hotline.words import Phone, TicketType, UnitId, UserId
from ledger.migrate import migrate
from ledger.store import Ledger, open_ledger
from switchboard import policies, year
from switchboard.bench import machine, machine_line, rank
from switchboard.desk_ticket_lists import DeskTicketLists
from switchboard.terminal import progress, tell
from switchboard.versions import CODE_VERSION
from switchboard.year import YearOptions

AIM_MS: Final = 200.0
NOW: Final = dt.datetime(year.YEAR, 12, 31, 12, tzinfo=ZONE)
CITY: Final = "zhaoqing"
_WORDS: Final = (
    *("打桩声", "电梯坏了", "翠湖花园", "失业保险金", "过期食品", "历史遗留问题", "巡查"),
    *("迎宾大道 停水", "噪声扰民", "拖欠工资三个月", "绝不存在的词", "滨江路", "现场核查"),
)
_ONE_WORD: Final = tuple(word for word in _WORDS if " " not in word and len(word) > 2)


def run(
    *,
    as_json: bool = False,
    tickets: int = 100_000,
    rounds: int = 20,
    data: Path | None = None,
    jobs: int = 2,
) -> dict[str, Any]:
    """Measure and tell. ``data``: a folder in which the tickets are kept for the next run; without
    it they are made in a temporary one. The result as plain data."""
    if data is None:
        with tempfile.TemporaryDirectory() as folder:
            result = asyncio.run(_measure(Path(folder), tickets, rounds, jobs))
    else:
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        result = asyncio.run(_measure(data, tickets, rounds, jobs))
    tell(json.dumps(result, ensure_ascii=False, indent=2) if as_json else as_text(result))
    return result


async def _measure(folder: Path, tickets: int, rounds: int, jobs: int) -> dict[str, Any]:
    url = f"sqlite+aiosqlite:///{folder / 'bench-tickets.db'}"
    await migrate(url, folder / "backups")
    async with open_ledger(
        url, field_key=bytes(32), clock=lambda: NOW, code_version=CODE_VERSION, city=CITY
    ) as ledger:
        made_s = await _made(ledger, tickets, jobs)
        count = (await ledger.tickets.counts()).total
        progress("建立全文索引……")
        began = time.perf_counter()
        search = ledger.tickets.search
        await search.made()
        index_s = time.perf_counter() - began
        packs = policies.load()
        lists = DeskTicketLists(ledger, lambda _: packs.policy(CITY, NOW.date()))
        progress("测量……")
        ours = await _ours(lists, Random(1), rounds)  # noqa: S311 - the same order each run
        peers = _peers(search.texts(), rounds)
        words = await _timed([_searching(search.words, word) for word in _ONE_WORD] * rounds)
    like, fts = peers["like"], peers["fts5"]
    return {
        "tickets": count,
        "made_s": round(made_s, 1),
        "index_s": round(index_s, 1),
        "ours_ms": {name: _told(times) for name, times in ours.items()},
        "search_alone_ms": _told(words),
        "peers_ms": {"sqlite LIKE": _told(like), "sqlite FTS5 trigram": _told(fts)},
        "ratio_like": round(rank(words, 0.95) / rank(like, 0.95), 3),
        "ratio_fts5": round(rank(words, 0.95) / rank(fts, 0.95), 3),
        "within_aim": all(rank(times, 0.95) <= AIM_MS for times in ours.values()),
        "machine": machine(),
    }


async def _made(ledger: Ledger, tickets: int, jobs: int) -> float:
    """The tickets, unless they are there from an earlier run; seconds."""
    if (await ledger.tickets.counts()).total:
        return 0.0
    progress(f"生成 {tickets:,} 件工单（只在第一次）……")
    began = time.monotonic()
    asked = YearOptions(data=None, tickets=tickets, city=CITY, until=NOW, jobs=jobs)
    await year.generate(ledger, asked, progress)
    return time.monotonic() - began


async def _ours(lists: DeskTicketLists, dice: Random, rounds: int) -> dict[str, list[float]]:
    me = UserId("演示话务员")
    empty = TicketQuery(me=me)
    phones = [Phone(f"1390000{dice.randint(0, 9999):04d}") for _ in range(8)]
    asked: dict[str, list[TicketQuery]] = {
        "list": [replace(empty, page=page) for page in (1, 2, 3, 20, 400)],
        "filter": [
            replace(empty, type=TicketType.COMPLAINT, status="办理中"),
            replace(empty, unit=UnitId("chengguan"), overdue=True),
            replace(empty, category="教育", by_phone=True),
            replace(empty, opened_from=dt.date(year.YEAR, 6, 1), confidential=True),
            replace(empty, due_today=True),
            replace(empty, supervised=True),
        ],
        "officer": [replace(empty, scope=UnitId(unit)) for unit in ("jiaoyu", "chengguan")],
        "words": [replace(empty, words=word) for word in _WORDS],
        "words+filter": [
            replace(empty, words=word, type=TicketType.COMPLAINT) for word in _WORDS[:6]
        ],
        "phone": [replace(empty, phone=phone) for phone in phones],
        "phone end": [replace(empty, phone_end=phone.digits[-4:]) for phone in phones],
        "number": [replace(empty, number=number) for number in (f"{year.YEAR}1201", "000123")],
    }
    times: dict[str, list[float]] = {}
    for name, queries in asked.items():
        await lists.page(queries[0], NOW)
        times[name] = await _timed([_paging(lists, query) for query in queries] * rounds)
    return times


def _paging(lists: DeskTicketLists, query: TicketQuery) -> Callable[[], Awaitable[Any]]:
    return lambda: lists.page(query, NOW)


def _searching(find: Callable[[str], Awaitable[Any]], word: str) -> Callable[[], Awaitable[Any]]:
    return lambda: find(word)


async def _timed(asks: Sequence[Callable[[], Awaitable[Any]]]) -> list[float]:
    """Milliseconds of each."""
    times = []
    for ask in asks:
        began = time.perf_counter()
        await ask()
        times.append((time.perf_counter() - began) * 1000)
    return times


def _peers(texts: Sequence[tuple[str, str]], rounds: int) -> dict[str, list[float]]:
    """The same texts laid open: who finds them how fast."""
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(sqlite3.connect(Path(folder) / "open.db")) as peer,
    ):
        peer.execute("CREATE TABLE plain (id TEXT PRIMARY KEY, body TEXT)")
        peer.executemany("INSERT INTO plain VALUES (?, ?)", texts)
        peer.execute("CREATE VIRTUAL TABLE found USING fts5(id UNINDEXED, body, tokenize=trigram)")
        peer.executemany("INSERT INTO found VALUES (?, ?)", texts)
        peer.commit()
        like = "SELECT id FROM plain WHERE body LIKE '%' || ? || '%' ORDER BY id DESC LIMIT 2000"
        match = "SELECT id FROM found WHERE body MATCH ? ORDER BY id DESC LIMIT 2000"
        found: dict[str, list[float]] = {"like": [], "fts5": []}
        for word in _ONE_WORD * rounds:
            for name, query, asked in (("like", like, word), ("fts5", match, f'"{word}"')):
                began = time.perf_counter()
                peer.execute(query, (asked,)).fetchall()
                found[name].append((time.perf_counter() - began) * 1000)
        return found


def _told(times: Sequence[float]) -> dict[str, float]:
    return {"p50": round(rank(times, 0.5), 1), "p95": round(rank(times, 0.95), 1)}


def as_text(result: dict[str, Any]) -> str:
    """For people: the ratios first."""
    made = (
        f"{result['tickets']:,} 件工单，生成 {result['made_s']} 秒，全文索引 {result['index_s']} 秒"
    )
    ratios = f"SQLite LIKE {result['ratio_like']}，FTS5 trigram {result['ratio_fts5']}"
    lines = [
        f"只比找词，本系统（文字密封）p95 ÷ 对照 p95：{ratios}",
        f"{made}；每种 p95 ≤ 200 毫秒：{'是' if result['within_aim'] else '否'}",
    ]
    rows = {
        **result["ours_ms"],
        "只找词": result["search_alone_ms"],
        **result["peers_ms"],
    }
    lines += [
        f"  {name:<20} p50 {one['p50']:>7} p95 {one['p95']:>7} 毫秒" for name, one in rows.items()
    ]
    return "\n".join([*lines, machine_line(result["machine"])])

"""The commands behind ``./jiesu bench``: both sides and their ratio, of one run (docs/bench.md)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

bench = typer.Typer(rich_markup_mode=None, help="在同一台机器上与对照一起测量，给出比值。")
Data = Annotated[
    Path | None,
    typer.Option("--data", metavar="目录", help="数据目录；不写为 ./data，root 为 /var/lib/jiesu"),
]
AsJson = Annotated[bool, typer.Option("--json", help="以 JSON 输出")]


@bench.command("ami")
def bench_ami(
    events: Annotated[
        int, typer.Option("--events", min=1000, metavar="个", help="每轮每边的事件数")
    ] = 200_000,
    rounds: Annotated[int, typer.Option("--rounds", min=1, metavar="轮", help="轮数")] = 3,
    as_json: AsJson = False,
) -> None:
    """处理 AMI 事件的处理器时间：本系统 ÷ 原样的 panoramisk。"""
    from switchboard.bench.ami import run

    run(as_json=as_json, events=events, rounds=rounds)


@bench.command("pop")
def bench_pop(
    calls: Annotated[
        int, typer.Option("--calls", min=1, max=500, metavar="个", help="测多少个来电")
    ] = 100,
    data: Annotated[
        Path | None,
        typer.Option("--data", metavar="目录", help="正在运行的演示系统；不写则另起一套，测完即止"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """AMI 事件到弹屏画出的时间：本系统 ÷ 只读不做事的监听加一帧。"""
    from switchboard.bench.pop import run

    run(as_json=as_json, calls=calls, data=data)


@bench.command("emergency-key")
def bench_emergency_key(
    calls: Annotated[
        int, typer.Option("--calls", min=1, max=500, metavar="个", help="每边测多少个来电")
    ] = 30,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """按 9-2 到 119 的 INVITE 的时间：本系统 ÷ 同一个 Asterisk 里直接 Dial。"""
    from switchboard.bench.emergency_key import run

    run(as_json=as_json, calls=calls, data=data)


@bench.command("search")
def bench_search(
    corpus: Annotated[
        Path | None,
        typer.Option("--corpus", metavar="文件", help="自己的文章（JSONL）；不写用演示文章"),
    ] = None,
    queries: Annotated[
        Path | None, typer.Option("--queries", metavar="文件", help="自己的问题（JSONL）")
    ] = None,
    qrels: Annotated[
        Path | None, typer.Option("--qrels", metavar="文件", help="每个问题的答案（TSV）")
    ] = None,
    misheard: Annotated[
        Path | None,
        typer.Option("--misheard", metavar="文件", help="听错的同一批问题；不写则按同音字做出来"),
    ] = None,
    documents: Annotated[
        int,
        typer.Option("--documents", min=0, max=200_000, metavar="篇", help="凑足这么多篇再测"),
    ] = 10_000,
    as_json: AsJson = False,
) -> None:
    """检索的命中率和用时：本系统，与 SQLite FTS5、bm25s 同一次运行。"""
    from switchboard.bench.search import run

    run(
        as_json=as_json,
        corpus=corpus,
        queries=queries,
        qrels=qrels,
        misheard=misheard,
        documents=documents,
    )


@bench.command("tickets")
def bench_tickets(
    tickets: Annotated[
        int, typer.Option("--tickets", min=100, max=1_000_000, metavar="件", help="多少件工单")
    ] = 100_000,
    rounds: Annotated[int, typer.Option("--rounds", min=1, metavar="轮", help="轮数")] = 20,
    data: Annotated[
        Path | None,
        typer.Option("--data", metavar="目录", help="工单留在这里，下次不再生成；不写则测完即删"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """工单清单、筛选、全文、电话和计数的用时；找词与 SQLite LIKE、FTS5 对照。"""
    from switchboard.bench.tickets import run

    run(as_json=as_json, tickets=tickets, rounds=rounds, data=data)

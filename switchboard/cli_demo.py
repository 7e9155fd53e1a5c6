"""The command ``./jiesu demo``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def demo(
    quick: Annotated[
        bool, typer.Option("--quick", help="短一些：打其中一部分，不超过 90 秒")
    ] = False,
    data: Annotated[
        Path | None,
        typer.Option(
            "--data", metavar="目录", help="数据目录；不写为 ./data，root 为 /var/lib/jiesu"
        ),
    ] = None,
    year: Annotated[
        bool, typer.Option("--year", help="改为生成一整年的工单，放进 --data 写明的新目录")
    ] = False,
    backlog: Annotated[
        bool, typer.Option("--backlog", help="改为写入前几周的演示工单，让每张清单都有活可办")
    ] = False,
    tickets: Annotated[
        int, typer.Option("--tickets", min=1, max=2_000_000, metavar="件", help="一年多少件")
    ] = 200_000,
    chosen: Annotated[
        str, typer.Option("--city", metavar="代码", help="一年的工单按哪个城市的办法")
    ] = "zhaoqing",
    jobs: Annotated[
        int, typer.Option("--jobs", min=0, max=64, metavar="个", help="几个进程同时生成")
    ] = 2,
    as_json: Annotated[bool, typer.Option("--json", help="以 JSON 输出")] = False,
) -> None:
    """热线的一个上午：十几通真实来电，让每一页都有内容可看；--backlog：前几周的工单；--year：一整年。"""
    import asyncio

    if year:
        from switchboard.year import YearOptions, main_year

        asked = YearOptions(data=data, tickets=tickets, city=chosen, jobs=jobs, as_json=as_json)
        raise typer.Exit(asyncio.run(main_year(asked)))

    if backlog:
        from switchboard.demo_backlog import main_backlog

        raise typer.Exit(asyncio.run(main_backlog(data)))

    from switchboard.demo import DemoOptions, main_demo

    options = DemoOptions(data=data, quick=quick, as_json=as_json)
    raise typer.Exit(asyncio.run(main_demo(options)))

"""``./jiesu answer`` as it is typed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def answer(
    say: Annotated[str, typer.Option("--say", metavar="文字", help="接听后说这句话")] = "",
    busy: Annotated[bool, typer.Option("--busy", help="占线，不接")] = False,
    silent: Annotated[bool, typer.Option("--no-answer", help="振铃，不接")] = False,
    once: Annotated[bool, typer.Option("--once", help="接一个电话就结束")] = False,
    data: Annotated[
        Path | None,
        typer.Option(
            "--data", metavar="目录", help="数据目录；不写为 ./data，root 为 /var/lib/jiesu"
        ),
    ] = None,
) -> None:
    """市民家里的电话：接听回拨，Ctrl-C 结束。"""
    import asyncio

    from switchboard.home import HomeOptions, main_home

    options = HomeOptions(say=say, busy=busy, silent=silent, once=once, data=data)
    raise typer.Exit(asyncio.run(main_home(options)))

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
    as_json: Annotated[bool, typer.Option("--json", help="以 JSON 输出")] = False,
) -> None:
    """热线的一个上午：十几通真实来电，让每一页都有内容可看。"""
    import asyncio

    from switchboard.demo import DemoOptions, main_demo

    options = DemoOptions(data=data, quick=quick, as_json=as_json)
    raise typer.Exit(asyncio.run(main_demo(options)))

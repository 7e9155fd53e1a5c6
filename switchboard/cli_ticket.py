"""The commands behind ``./jiesu ticket``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from switchboard.terminal import tell

Data = Annotated[
    Path | None,
    typer.Option("--data", metavar="目录", help="数据目录；不写为 ./data，root 为 /var/lib/jiesu"),
]

ticket = typer.Typer(rich_markup_mode=None, help="一件工单：到期日是怎样一天一天算来的。")


@ticket.command("explain")
def ticket_explain(
    number: Annotated[str, typer.Argument(metavar="编号", help="例如 20260928-000123")],
    data: Annotated[
        Path | None,
        typer.Option(
            "--data", metavar="目录", help="数据目录；不写为 ./data，root 为 /var/lib/jiesu"
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="以 JSON 输出")] = False,
) -> None:
    """到期日怎样得来：起算、每次变动与条文、逐日计入或不计入的原因。"""
    import asyncio

    from switchboard.explain import command
    from switchboard.settings import find_settings

    tell(asyncio.run(command(find_settings(data), number, as_json=as_json)))

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

ticket = typer.Typer(rich_markup_mode=None, help="一件工单：到期日怎样算来；案卷的写出与核对。")


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


@ticket.command("dossier")
def ticket_dossier(
    number: Annotated[str, typer.Argument(metavar="编号", help="例如 20260928-000123")],
    data: Data = None,
    to: Annotated[Path | None, typer.Option("--to", metavar="文件", help="写到哪里")] = None,
) -> None:
    """案卷：一件工单的办理、退单、督办、查阅和审计，写成一个可以核对的文件，供纪检监察处理。"""
    import asyncio

    from switchboard.dossier import export
    from switchboard.settings import find_settings

    tell(asyncio.run(export(find_settings(data), number, to)))


@ticket.command("dossier-check")
def ticket_dossier_check(
    file: Annotated[Path, typer.Argument(metavar="文件", help="案卷文件")],
    data: Data = None,
) -> None:
    """核对案卷：文件有没有改过，台账里的审计链是不是完整；不符时退出码为 1。"""
    import asyncio

    from switchboard.dossier import check
    from switchboard.settings import find_settings

    good, words = asyncio.run(check(find_settings(data), file))
    tell(words)
    raise typer.Exit(0 if good else 1)

"""The commands behind ``./jiesu city directory``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from switchboard.terminal import tell

Data = Annotated[
    Path | None,
    typer.Option("--data", metavar="目录", help="数据目录；不写为 ./data，root 为 /var/lib/jiesu"),
]
AsJson = Annotated[bool, typer.Option("--json", help="以 JSON 输出")]
Number = Annotated[
    int | None, typer.Option("--version", min=1, metavar="版次", help="不写为现行的一版")
]

directory = typer.Typer(rich_markup_mode=None, help="派单目录：导入、导出、查看。")


@directory.command("import")
def bring_in(
    file: Annotated[Path, typer.Argument(metavar="文件", help="CSV 或 XLSX，第一行写列名")],
    since: Annotated[
        str, typer.Option("--from", metavar="日期", help="施行日期；不写为明天，第一版为今天")
    ] = "",
    preview: Annotated[bool, typer.Option("--preview", help="只看会改变什么，不导入")] = False,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """导入新的一版：逐行核对，列出变动和受影响的工单；有一行不对就一行也不导入。"""
    import asyncio

    from switchboard.directory_commands import bring_in as command
    from switchboard.settings import find_settings

    wrong, text = asyncio.run(
        command(find_settings(data), file, since, keep=not preview, as_json=as_json)
    )
    tell(text)
    raise typer.Exit(1 if wrong else 0)


@directory.command("export")
def write_out(
    to: Annotated[
        Path | None, typer.Option("--to", metavar="文件", help="写到这里；不写则打印")
    ] = None,
    number: Number = None,
    data: Data = None,
) -> None:
    """导出一版为 CSV，可用表格软件改好再导入。"""
    import asyncio

    from switchboard.directory_commands import write_out as command
    from switchboard.settings import find_settings

    tell(asyncio.run(command(find_settings(data), to, number)))


@directory.command("show")
def show(number: Number = None, data: Data = None, as_json: AsJson = False) -> None:
    """列出各版和其中一版的全部事项。"""
    import asyncio

    from switchboard.directory_commands import show as command
    from switchboard.settings import find_settings

    tell(asyncio.run(command(find_settings(data), number, as_json=as_json)))

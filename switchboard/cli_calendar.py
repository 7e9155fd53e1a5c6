"""The commands behind ``./jiesu city calendar``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from switchboard.cli_directory import AsJson, Data
from switchboard.terminal import tell

calendar = typer.Typer(rich_markup_mode=None, help="放假通知：导入、导出、查看。")


@calendar.command("import")
def bring_in(
    file: Annotated[
        Path,
        typer.Argument(metavar="文件", help="表格（节日、放假起、放假止、调休上班）、TOML 或 JSON"),
    ],
    document: Annotated[
        str, typer.Option("--document", metavar="文件名和文号", help="通知的名称和文号")
    ] = "",
    year: Annotated[
        int | None, typer.Option("--year", metavar="年份", help="不写为表中假期所在的年份")
    ] = None,
    preview: Annotated[bool, typer.Option("--preview", help="只看会改变什么，不录入")] = False,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """录入一年的放假通知，没有办结的工单随即重新计数；有一处不对就不录入。"""
    import asyncio

    from switchboard.calendar_commands import bring_in as command
    from switchboard.settings import find_settings

    wrong, text = asyncio.run(
        command(
            find_settings(data),
            file,
            year=year,
            document=document,
            keep=not preview,
            as_json=as_json,
        )
    )
    tell(text)
    raise typer.Exit(1 if wrong else 0)


@calendar.command("show")
def show(
    year: Annotated[int | None, typer.Argument(metavar="年份", help="不写为列出各年")] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """列出各年的放假通知，或其中一年的全部日子。"""
    from switchboard.calendar_commands import show as command
    from switchboard.settings import find_settings

    tell(command(find_settings(data), year, as_json=as_json))


@calendar.command("export")
def write_out(
    year: Annotated[int, typer.Argument(metavar="年份", help="例如 2026")],
    to: Annotated[
        Path | None, typer.Option("--to", metavar="文件", help="写到这里；不写则打印")
    ] = None,
    data: Data = None,
) -> None:
    """导出一年为 CSV，照样子改成下一年再导入。"""
    from switchboard.calendar_commands import write_out as command
    from switchboard.settings import find_settings

    tell(command(find_settings(data), year, to))

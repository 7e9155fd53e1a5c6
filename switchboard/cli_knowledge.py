"""The commands behind ``./jiesu kb``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from switchboard.cli_directory import AsJson, Data
from switchboard.terminal import tell

kb = typer.Typer(rich_markup_mode=None, help="知识库：导入、导出、查看，单位自有知识库的对接。")
sources = typer.Typer(rich_markup_mode=None, help="自有知识库的单位：登记、停用、查看。")
kb.add_typer(sources, name="source")


@kb.command("import")
def bring_in(
    file: Annotated[Path, typer.Argument(metavar="文件", help=".xlsx、.csv、.md 或 .jsonl")],
    preview: Annotated[bool, typer.Option("--preview", help="只看会改变什么，不导入")] = False,
    partly: Annotated[bool, typer.Option("--partly", help="有错的行跳过，其余照常导入")] = False,
    reviewed: Annotated[
        bool, typer.Option("--reviewed", help="已在别处审核过，导入即发布；不写则待审核")
    ] = False,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """导入知识：逐行核对；有一行不对就一行也不导入，除非加 --partly。"""
    import asyncio

    from switchboard.knowledge_commands import bring_in as command
    from switchboard.settings import find_settings

    wrong, text = asyncio.run(
        command(
            find_settings(data),
            file,
            take=not preview,
            partly=partly,
            reviewed=reviewed,
            as_json=as_json,
        )
    )
    tell(text)
    raise typer.Exit(1 if wrong else 0)


@kb.command("export")
def write_out(
    to: Annotated[Path, typer.Argument(metavar="文件", help="写到这里；格式看扩展名")],
    data: Data = None,
) -> None:
    """导出全部知识，改好可再导入，内容不丢。"""
    import asyncio

    from switchboard.knowledge_commands import write_out as command
    from switchboard.settings import find_settings

    tell(asyncio.run(command(find_settings(data), to)))


@kb.command("list")
def listed(
    words: Annotated[str, typer.Option("--find", metavar="词", help="标题或编号里有这个词")] = "",
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """列出知识：编号、状态、版次、标题。"""
    import asyncio

    from switchboard.knowledge_commands import listed as command
    from switchboard.settings import find_settings

    tell(asyncio.run(command(find_settings(data), words, as_json=as_json)))


@sources.command("add")
def add_source(
    name: Annotated[str, typer.Argument(metavar="名称", help="例如 renshe-kb")],
    unit: Annotated[str, typer.Option("--unit", metavar="单位代码", help="报送单位")],
    data: Data = None,
) -> None:
    """登记一个单位的自有知识库；令牌只在这时显示一次。"""
    import asyncio

    from switchboard.knowledge_commands import add_source as command
    from switchboard.settings import find_settings

    tell(asyncio.run(command(find_settings(data), name, unit)))


@sources.command("revoke")
def revoke_source(name: Annotated[str, typer.Argument(metavar="名称")], data: Data = None) -> None:
    """停用一个来源的令牌；已报送的知识不变。"""
    import asyncio

    from switchboard.knowledge_commands import revoke_source as command
    from switchboard.settings import find_settings

    tell(asyncio.run(command(find_settings(data), name)))


@sources.command("list")
def list_sources(data: Data = None, as_json: AsJson = False) -> None:
    """列出登记的来源。"""
    import asyncio

    from switchboard.knowledge_commands import list_sources as command
    from switchboard.settings import find_settings

    tell(asyncio.run(command(find_settings(data), as_json=as_json)))

"""The commands behind ``./jiesu sms``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from switchboard.terminal import tell

Data = Annotated[
    Path | None,
    typer.Option("--data", metavar="目录", help="数据目录；不写为 ./data，root 为 /var/lib/jiesu"),
]

sms = typer.Typer(rich_markup_mode=None, help="给诉求人的短信：发出的，代为回复一条。")


@sms.command("list")
def sms_list(data: Data = None) -> None:
    """发出的短信：几条在等、发出、没有送达；文件网关的最后几条。"""
    import asyncio

    from switchboard.settings import find_settings
    from switchboard.sms_commands import listing

    tell(asyncio.run(listing(find_settings(data))))


@sms.command("reply")
def sms_reply(
    number: Annotated[str, typer.Argument(metavar="号码", help="收到短信的手机号")],
    text: Annotated[str, typer.Argument(metavar="内容", help="例如 1 或 不满意")],
    data: Data = None,
) -> None:
    """像诉求人那样回复一条短信，演示和试用时用。"""
    import asyncio

    from switchboard.settings import find_settings
    from switchboard.sms_commands import reply

    tell(asyncio.run(reply(find_settings(data), number, text)))

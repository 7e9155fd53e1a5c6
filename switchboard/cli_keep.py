"""The commands that keep what there is: ``./jiesu backup`` and ``./jiesu restore``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from switchboard.terminal import progress, tell

Data = Annotated[
    Path | None,
    typer.Option("--data", metavar="目录", help="数据目录；不写为 ./data，root 为 /var/lib/jiesu"),
]


def backup(
    to: Annotated[
        Path | None, typer.Option("--to", metavar="目录", help="放到哪里；不写为 DATA/backups")
    ] = None,
    recordings: Annotated[
        bool, typer.Option("--recordings", help="带上录音（体积大；正在录的不带）")
    ] = False,
    without_secrets: Annotated[
        bool, typer.Option("--without-secrets", help="不带密钥和密码，恢复时要自备 secrets.json")
    ] = False,
    data: Data = None,
    automatic: Annotated[bool, typer.Option("--automatic", hidden=True)] = False,
    as_json: Annotated[bool, typer.Option("--json", help="以 JSON 输出")] = False,
) -> None:
    """备份整套系统为一个文件，运行中也可以做。"""
    import asyncio

    from switchboard import backup_told
    from switchboard.backup import Wish, back_up
    from switchboard.settings import find_settings

    wish = Wish(
        to=to,
        recordings=recordings,
        secrets=not without_secrets,
        by="automatic" if automatic else "command",
    )
    done = asyncio.run(back_up(find_settings(data), wish))
    tell(backup_told.as_json(done) if as_json else backup_told.in_words(done))


def restore(
    file: Annotated[Path, typer.Argument(metavar="文件", help="jiesu-backup-….tar.gz")],
    replace: Annotated[
        bool, typer.Option("--replace", help="目录里已有内容时，把它原样移到旁边再恢复")
    ] = False,
    database: Annotated[
        str,
        typer.Option(
            "--database", metavar="地址", help="恢复到另一个 PostgreSQL，不用备份里的地址"
        ),
    ] = "",
    data: Data = None,
) -> None:
    """从备份恢复：先核对每个文件，再放进数据目录。"""
    import asyncio

    from switchboard.restore import Wish, in_words
    from switchboard.restore import restore as bring_back
    from switchboard.settings import find_settings

    progress("正在核对备份……")
    wish = Wish(file=file, replace=replace, database=database)
    tell(in_words(asyncio.run(bring_back(find_settings(data), wish))))


def add_to(app: typer.Typer) -> None:
    """Both commands, into the list of all."""
    app.command("backup")(backup)
    app.command("restore")(restore)

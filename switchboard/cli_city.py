"""The commands behind ``./jiesu city``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from switchboard.cli_calendar import calendar
from switchboard.cli_directory import directory
from switchboard.terminal import tell

Data = Annotated[
    Path | None,
    typer.Option("--data", metavar="目录", help="数据目录；不写为 ./data，root 为 /var/lib/jiesu"),
]
AsJson = Annotated[bool, typer.Option("--json", help="以 JSON 输出")]

city = typer.Typer(
    rich_markup_mode=None, help="各地办法：参数与条文、办理期限、派单目录、放假通知。"
)
city.add_typer(directory, name="directory")
city.add_typer(calendar, name="calendar")


@city.command("list")
def city_list(as_json: AsJson = False, data: Data = None) -> None:
    """列出各地：代码、地区、号码、文件。"""
    from switchboard.city import list_cities

    tell(list_cities(as_json=as_json, data=overlay(data)))


@city.command("show")
def city_show(
    code: Annotated[str, typer.Argument(metavar="代码", help="例如 zhaoqing")],
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """列出一地的全部参数与所据条文。"""
    from switchboard.city import show_city

    tell(show_city(code, as_json=as_json, data=overlay(data)))


@city.command("diff")
def city_diff(
    left: Annotated[str, typer.Argument(metavar="代码", help="例如 zhaoqing")],
    right: Annotated[str, typer.Argument(metavar="代码", help="例如 zhongshan")],
    every: Annotated[bool, typer.Option("--all", help="相同的也列出")] = False,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """对照两地：哪些不同，各依哪一条；没有写的是本市办法未规定。"""
    from switchboard.city_diff import diff_cities

    tell(diff_cities(left, right, every=every, as_json=as_json, data=overlay(data)))


@city.command("due")
def city_due(
    code: Annotated[str, typer.Option("--city", metavar="代码", help="例如 zhaoqing")],
    kind: Annotated[str, typer.Option("--type", metavar="类型", help="例如 投诉")],
    at: Annotated[str, typer.Option("--at", metavar="时刻", help="例如 2026-09-25T10:00")],
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """算出办理期限，列出计入的每一天与条文。"""
    from switchboard.city import due

    tell(due(code, kind, at, as_json=as_json, data=overlay(data)))


def overlay(data: Path | None) -> Path | None:
    """DATA, whose policies/ lie over the shipped packs; None where there is no such folder."""
    from switchboard.settings import find_settings

    folder = find_settings(data).data
    return folder if folder.is_dir() else None

"""The command line behind ``./jiesu``.

Each command imports what it needs when it runs, so that the list prints at once. Faults in what was
typed come out as one Chinese sentence, with exit code 2.
"""

from __future__ import annotations

import io
import sys
from contextlib import redirect_stdout
from typing import Annotated

import typer

from switchboard.terminal import fault, tell
from switchboard.typed import help_in_chinese, sentence_for

app = typer.Typer(
    name="jiesu",
    add_completion=False,
    no_args_is_help=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="接诉台：12345 热线的电话、工单与时限。",
)


@app.callback(invoke_without_command=True)
def bare(context: typer.Context) -> None:
    """接诉台：12345 热线的电话、工单与时限。"""
    if context.invoked_subcommand is None:
        tell(command_list())


@app.command()
def check() -> None:
    """检查格式、写法、类型与房间之间的门（ruff、mypy、import-linter）。"""
    from switchboard.check import command

    raise typer.Exit(command())


@app.command("test", context_settings={"ignore_unknown_options": True, "allow_extra_args": True})
def run_tests(
    context: typer.Context,
    which: Annotated[
        str,
        typer.Argument(
            metavar="组",
            help="quick、telephony、browser、postgres、walks、install、slow；不写为全部",
        ),
    ] = "all",
) -> None:
    """先检查，再测试；后面可接 pytest 的参数。"""
    from switchboard.testing import command

    raise typer.Exit(command(which, context.args))


def command_names() -> dict[str, str]:
    """Every command with its one line of explanation, in the order they are listed."""
    names = {
        info.name or getattr(info.callback, "__name__", ""): first_line(info.callback)
        for info in app.registered_commands
    }
    for group in app.registered_groups:
        names[group.name or ""] = str(group.help or "")
    return names


def command_list() -> str:
    """What ``./jiesu`` prints when nothing follows it."""
    names = command_names()
    width = max(len(name) for name in names)
    lines = ["用法：./jiesu 命令 [选项]", "", "命令："]
    lines += [f"  {name:<{width}}  {what}" for name, what in names.items()]
    lines += ["", "某个命令的选项：./jiesu 命令 --help"]
    return "\n".join(lines)


def first_line(function: object) -> str:
    """The first line of a command's docstring."""
    return (getattr(function, "__doc__", None) or "").strip().splitlines()[0]


def main(arguments: list[str] | None = None) -> int:
    """Run one command line and give its exit code."""
    typed = sys.argv[1:] if arguments is None else arguments
    if typed[:1] == ["--help"]:
        tell(command_list())
        return 0
    try:
        if "--help" in typed:
            return show_help(typed)
        outcome = app(args=typed, prog_name="jiesu", standalone_mode=False)
    except (typer.Abort, KeyboardInterrupt):
        fault("已中断。")
        return 130
    except typer.TyperException as error:
        fault(sentence_for(error, command_names()))
        return 2
    return outcome if isinstance(outcome, int) else 0


def show_help(typed: list[str]) -> int:
    """Print a command's help page in Chinese."""
    page = io.StringIO()
    with redirect_stdout(page):
        app(args=typed, prog_name="jiesu", standalone_mode=False)
    tell(help_in_chinese(page.getvalue()).rstrip())
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The command line behind ``./jiesu``.

Each command imports what it needs when it runs, so that the list prints at once. Faults in what was
typed come out as one Chinese sentence with exit code 2, refusals as theirs with exit code 1.
"""

from __future__ import annotations

import io
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Annotated

import typer

from hotline.errors import HotlineError
from switchboard.cli_answer import answer
from switchboard.cli_bench import bench
from switchboard.cli_city import city
from switchboard.cli_demo import demo
from switchboard.cli_eval import judged
from switchboard.cli_keep import add_to as add_keep
from switchboard.cli_knowledge import kb
from switchboard.cli_sms import sms
from switchboard.cli_ticket import ticket
from switchboard.refusals import Refusal
from switchboard.terminal import fault, tell
from switchboard.typed import help_in_chinese, sentence_for

TITLE = "接诉台：12345 热线的电话、工单与时限。"

app = typer.Typer(
    name="jiesu",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help=TITLE,
)
emergency = typer.Typer(rich_markup_mode=None, help="接真实报警中心之前的二次确认。")
app.add_typer(city, name="city")
app.add_typer(kb, name="kb")
app.add_typer(ticket, name="ticket")
app.add_typer(sms, name="sms")
app.add_typer(emergency, name="emergency")
app.add_typer(judged, name="eval")
app.add_typer(bench, name="bench")

Data = Annotated[
    Path | None,
    typer.Option("--data", metavar="目录", help="数据目录；不写为 ./data，root 为 /var/lib/jiesu"),
]
AsJson = Annotated[bool, typer.Option("--json", help="以 JSON 输出")]


@app.callback(invoke_without_command=True)
def bare(context: typer.Context) -> None:
    """接诉台：12345 热线的电话、工单与时限。"""
    if context.invoked_subcommand is None:
        tell(command_list())


@app.command("up")
def start(
    data: Data = None,
    port: Annotated[
        int | None, typer.Option("--port", min=1, max=65535, metavar="端口", help="网页端口")
    ] = None,
    chosen: Annotated[
        str | None,
        typer.Option("--city", metavar="代码", help="首次启动时选定的城市，不写为 zhaoqing"),
    ] = None,
    listen: Annotated[
        str | None,
        typer.Option(
            "--listen", metavar="地址", help="局域网坐席从这里连进来：本机地址或主机名[:端口]"
        ),
    ] = None,
    cert: Annotated[
        Path | None, typer.Option("--cert", metavar="文件", help="单位自己的证书；不写用自建的 CA")
    ] = None,
    key: Annotated[
        Path | None, typer.Option("--key", metavar="文件", help="上述证书的密钥")
    ] = None,
    model: Annotated[
        Path | None,
        typer.Option(
            "--model", metavar="目录", help="这一次用的 vosk 语音模型；长久的写进 site.toml"
        ),
    ] = None,
    no_exchange: Annotated[
        bool, typer.Option("--no-exchange", help="交换机另行启动（容器）：只写它的配置，等它就绪")
    ] = False,
) -> None:
    """启动整套系统，Ctrl-C 结束。"""
    import asyncio

    from switchboard.up import Wish, up

    wish = Wish(
        data=data,
        port=port,
        city=chosen,
        exchange=not no_exchange,
        model=model,
        listen=listen,
        cert=cert,
        key=key,
    )
    raise typer.Exit(asyncio.run(up(wish)))


@app.command()
def call(
    say: Annotated[str, typer.Option("--say", metavar="文字", help="说这句话")] = "",
    wav: Annotated[
        Path | None, typer.Option("--wav", metavar="文件", help="播放这个录音（WAV）")
    ] = None,
    silent: Annotated[bool, typer.Option("--silent", help="不说话")] = False,
    caller: Annotated[
        str, typer.Option("--from", metavar="号码", help="主叫号码；不写随机取一个演示号码")
    ] = "",
    keys: Annotated[
        str, typer.Option("--keys", metavar="按键", help="依次按下，例如 9,2 报火警")
    ] = "",
    hang_up_after: Annotated[
        float | None,
        typer.Option("--hang-up-after", metavar="秒", help="热线应答这么久之后挂断"),
    ] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """市民的电话：真实拨入，逐步显示，录下听到的声音。"""
    import asyncio

    from switchboard.citizen import CallOptions, main_call

    options = CallOptions(
        say=say,
        wav=wav,
        silent=silent,
        caller=caller,
        keys=keys,
        hang_up_after=hang_up_after,
        data=data,
        as_json=as_json,
    )
    raise typer.Exit(asyncio.run(main_call(options)))


@app.command()
def seat(
    number: Annotated[str, typer.Argument(metavar="坐席号", help="1001 到 1012")],
    say: Annotated[str, typer.Option("--say", metavar="文字", help="接听后说这句话")] = "",
    once: Annotated[bool, typer.Option("--once", help="接一个电话就结束")] = False,
    data: Data = None,
) -> None:
    """话务员的 SIP 话机：注册、接听、说话，Ctrl-C 结束。"""
    import asyncio

    from switchboard.seat import SeatOptions, main_seat

    options = SeatOptions(number=number, say=say, once=once, data=data)
    raise typer.Exit(asyncio.run(main_seat(options)))


app.command()(answer)
app.command()(demo)


@app.command()
def doctor(data: Data = None, as_json: AsJson = False) -> None:
    """体检：逐项说明现在怎样、要做什么，运行与否都可以。"""
    import asyncio

    from switchboard.doctor.command import command
    from switchboard.settings import find_settings

    raise typer.Exit(asyncio.run(command(find_settings(data), as_json=as_json)))


@app.command()
def check() -> None:
    """检查格式、写法、类型与房间之间的门（ruff、mypy、import-linter）。"""
    from switchboard.check import command

    raise typer.Exit(command())


@app.command()
def shots(
    out: Annotated[
        Path | None, typer.Option("--out", metavar="目录", help="不写为 docs/shots")
    ] = None,
) -> None:
    """重拍每一页的每种状态，有溢出或无障碍问题就失败。"""
    from switchboard.shots import SHOTS, run

    tell(f"已拍 {len(run(out or SHOTS))} 张，在 {out or SHOTS}")


@app.command()
def replay(
    until: Annotated[
        str | None,
        typer.Option("--until", metavar="时刻", help="例如 2026-09-25T10:00:00；不写为全部"),
    ] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """把日志回放到任意一秒，给出当时的哈希与当日计数。"""
    import asyncio

    from switchboard.replay import command
    from switchboard.settings import find_settings

    raise typer.Exit(asyncio.run(command(find_settings(data), until, as_json=as_json)))


add_keep(app)


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


# -------------------------------------------------------------------------------------- emergency


@emergency.command("status")
def emergency_status(data: Data = None) -> None:
    """110、119、120、122 现在接到哪里。"""
    from switchboard.emergency_trunks import Standing, standing, trunk_names
    from switchboard.settings import find_settings
    from switchboard.site import load_site

    settings = find_settings(data)
    site = load_site(settings.site_file)
    trunks = "、".join(trunk_names(site)) or "没有写中继"
    tell(
        {
            Standing.STAND_IN: "接到随系统启动的模拟报警中心，不会打到真实报警中心。",
            Standing.LIVE: f"接到真实报警中心，已二次确认：{trunks}。",
            Standing.UNCONFIRMED: f"设为真实报警中心，但尚未二次确认：{trunks}。",
        }[standing(site, settings.data)]
    )


@emergency.command("confirm")
def emergency_confirm(
    trunks: Annotated[
        list[str] | None,
        typer.Argument(metavar="中继…", help="逐字写出 site.toml 中的中继，例如 10.1.2.3:5060"),
    ] = None,
    data: Data = None,
) -> None:
    """确认 site.toml 中的中继通往真实报警中心。"""
    from switchboard.emergency_trunks import confirm
    from switchboard.settings import find_settings
    from switchboard.site import load_site

    settings = find_settings(data)
    confirm(load_site(settings.site_file), settings.data, trunks or [])
    tell("已确认。重新运行 ./jiesu up 后，9 号键将接到真实报警中心。")


@emergency.command("withdraw")
def emergency_withdraw(data: Data = None) -> None:
    """撤回确认。"""
    from switchboard.emergency_trunks import withdraw
    from switchboard.settings import find_settings

    there = withdraw(find_settings(data).data)
    tell("已撤回确认，重新运行 ./jiesu up 后生效。" if there else "本来就没有确认。")


# ------------------------------------------------------------------------------------------- main


def command_names() -> dict[str, str]:
    """Every command with its one line of explanation, in the order they are listed."""
    names = {
        info.name or getattr(info.callback, "__name__", ""): first_line(info.callback)
        for info in app.registered_commands
    }
    for group in app.registered_groups:
        names[group.name or ""] = str(getattr(group.typer_instance, "info", group).help)
    return names


def command_list() -> str:
    """What ``./jiesu`` prints when nothing follows it."""
    names = command_names()
    width = max(len(name) for name in names)
    lines = [TITLE, "", "用法：./jiesu 命令 [选项]", "", "命令："]
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
        typed = []
    if len(typed) == 1 and typed[0] in {group.name for group in app.registered_groups}:
        typed = [*typed, "--help"]
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
    except (Refusal, HotlineError) as refused:
        fault(str(refused))
        return 1
    except BrokenPipeError:  # the reader of our pipe has seen enough
        return 0
    except OSError as error:
        if error.filename is None:
            raise
        fault(f"读写 {error.filename} 失败（{error.strerror}）：请检查权限和磁盘空间。")
        return 1
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

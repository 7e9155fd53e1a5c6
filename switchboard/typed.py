"""What was typed wrong, said in one Chinese sentence; and help pages in Chinese.

typer speaks English only. Its errors are told apart by class name and public attributes, so that
none of its private modules is imported.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

WRONG_VALUE = (
    (r"valid integer", "应为整数"),
    (r"valid number", "应为数字"),
    (r"greater than or equal to (\S+)", r"不能小于 \1"),
    (r"less than or equal to (\S+)", r"不能大于 \1"),
    (r"greater than (\S+)", r"应大于 \1"),
    (r"less than (\S+)", r"应小于 \1"),
    (r"(?:does not exist|not exist)", "不存在"),
    (r"is not one of (.+?)\.?$", r"应为其中之一：\1"),
    (r"Input should be (.+)", r"应为 \1"),
)

HELP_WORDS = (
    (r"^Usage: jiesu", "用法：./jiesu"),
    (r"^Options:", "选项："),
    (r"^Commands:", "命令："),
    (r"^Arguments:", "参数："),
    (r"Show this message and exit\.", "显示这些说明"),
    (r"\[default: ", "[默认："),
    (r"\[required\]", "[必填]"),
    (r"\[OPTIONS\]", "[选项]"),
    (r"COMMAND \[ARGS\]\.\.\.", "命令 [参数]…"),
)


def sentence_for(error: Exception, known: Iterable[str] = ()) -> str:
    """One sentence for an error of typing; ``known`` are the commands there are."""
    kind = type(error).__name__
    message = str(getattr(error, "message", "") or error)
    if kind == "NoSuchOption":
        likely = list(getattr(error, "possibilities", None) or [])
        return f"没有 {getattr(error, 'option_name', '')} 这个选项{maybe(likely)}{see_help(error)}"
    if kind == "BadOptionUsage":
        return f"选项 {getattr(error, 'option_name', '')} 后面缺少取值。{see_help(error)}"
    if kind == "MissingParameter":
        return f"缺少{parameter(error)}。{see_help(error)}"
    if kind == "BadParameter":
        return f"{parameter(error)} 的取值不对：{in_chinese(message)}。{see_help(error)}"
    unknown = re.match(r"No such command '(.*?)'", message)
    if unknown:
        likely = difflib.get_close_matches(unknown[1], list(known), n=2)
        return f"没有 {unknown[1]} 这个命令{maybe(likely)}{see_help(error)}"
    extra = re.match(r"Got unexpected extra arguments?\(?s?\)? \((.*)\)", message)
    if extra:
        return f"多出了参数：{extra[1]}。{see_help(error)}"
    return f"{message.rstrip('.')}。{see_help(error)}"


def help_in_chinese(text: str) -> str:
    """A help page with its fixed English words put into Chinese."""
    for pattern, chinese in HELP_WORDS:
        text = re.sub(pattern, chinese, text, flags=re.MULTILINE)
    return text


def in_chinese(message: str) -> str:
    """The reason a value was refused; an unknown reason stays as typer gave it."""
    for pattern, chinese in WRONG_VALUE:
        found = re.search(pattern, message)
        if found:
            return found.expand(chinese)
    return message.rstrip(".。")


def parameter(error: Exception) -> str:
    """The option or argument as the person knows it: ``--from`` or ``NUMBER``."""
    known = getattr(error, "param", None)
    options = [name for name in getattr(known, "opts", []) if name.startswith("-")]
    if options:
        return f"选项 {options[-1]}"
    name = getattr(known, "metavar", None) or getattr(known, "name", None) or "参数"
    return f"参数 {str(name).upper()}"


def maybe(likely: list[str]) -> str:
    return f"，是否想用 {' 或 '.join(likely)}？" if likely else "。"


def see_help(error: Exception) -> str:
    context = getattr(error, "ctx", None)
    path = " ".join(str(getattr(context, "command_path", "")).split()[1:])
    return f"用法见 ./jiesu {path} --help" if path else "运行 ./jiesu 可看到全部命令。"

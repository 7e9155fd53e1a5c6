"""How the processes write their logs: a fixed text, then its fields, and of an error where it
happened and what kind it was.

An error's own text is left out: it may hold a number, a name or what somebody said. So is what a
field would add to the line beyond itself: values are quoted, a line stays one line.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import traceback
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Any, Final

log = logging.getLogger(__name__)

_OWN: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message"}
"""What every record has; the rest are fields that somebody gave (``extra=``)."""
_DEEPEST: Final = 8
"""Errors of one chain that are told."""


class LogLines(logging.Formatter):
    """``2026-09-28 10:00:00,000 WARNING switchboard.sweeper ticket not swept ticket="…"``."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        # Another's idea of the error, with its text, may lie in the record already.
        record.exc_text = None
        return super().format(record)

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's own name
        fields = {name: value for name, value in vars(record).items() if name not in _OWN}
        return super().formatMessage(record) + _told(fields)

    def formatException(self, ei: Any) -> str:  # noqa: N802 - logging's own name
        return "\n".join(_lines(ei[1])) if ei[1] is not None else ""


def _told(fields: Mapping[str, object]) -> str:
    return "".join(f" {name}={_value(value)}" for name, value in fields.items())


def _value(value: object) -> str:
    if value is None or isinstance(value, bool | int | float):
        return str(value)
    return json.dumps(str(value), ensure_ascii=False)


def _lines(error: BaseException | None, depth: int = 0) -> Iterator[str]:
    """An error, what it was raised from, and what it is a group of: places and kinds."""
    if error is None or depth == _DEEPEST:
        return
    yield from _lines(_before(error), depth + 1)
    yield from _places(error.__traceback__)
    yield f"{type(error).__module__}.{type(error).__qualname__}"
    if isinstance(error, BaseExceptionGroup):
        for one in error.exceptions:
            yield from (f"  | {line}" for line in _lines(one, depth + 1))


def _before(error: BaseException) -> BaseException | None:
    hidden = error.__suppress_context__
    return error.__cause__ or (None if hidden else error.__context__)


def _places(trace: TracebackType | None) -> Iterator[str]:
    for frame in traceback.extract_tb(trace):
        yield f'  File "{frame.filename}", line {frame.lineno}, in {frame.name}'


def write_logs() -> None:
    """Everything this process logs goes to its standard error, line by line."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LogLines())
    logging.basicConfig(level=logging.INFO, handlers=[handler])


def unseen(_loop: asyncio.AbstractEventLoop, about: Mapping[str, Any]) -> None:
    """What failed in a task that nobody awaits: asyncio's own line would hold the error's text."""
    task = about.get("task") or about.get("future")
    name = task.get_name() if isinstance(task, asyncio.Task) else ""
    log.error("nobody saw this fail", extra={"task": name}, exc_info=about.get("exception"))

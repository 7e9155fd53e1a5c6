"""A line of the log: its text, its fields, and of an error only place and kind."""

from __future__ import annotations

import asyncio
import logging

import pytest

from switchboard.log_lines import LogLines, unseen

pytestmark = pytest.mark.anyio

NUMBER = "13800138000"


def line(error: BaseException | None = None, **fields: object) -> str:
    told = (type(error), error, error.__traceback__) if error is not None else None
    record = logging.LogRecord("room", logging.ERROR, "f.py", 1, "call lost", (), told)
    vars(record).update(fields)
    return LogLines().format(record)


def raised(error: Exception) -> Exception:
    try:
        raise error
    except Exception as caught:  # noqa: BLE001 - whatever was asked for, with its trace
        return caught


def test_the_fields_that_say_which_one_are_on_the_line() -> None:
    assert line(call="c1", attempt=2, gone=None).endswith(
        'ERROR room call lost call="c1" attempt=2 gone=None'
    )


def test_a_field_cannot_begin_a_line_of_its_own() -> None:
    assert "\n" not in line(path="/a\n2026-09-28 INFO all is well")


def test_an_error_is_told_by_place_and_kind_and_never_by_its_text() -> None:
    told = line(raised(KeyError(NUMBER)))
    assert NUMBER not in told
    assert told.endswith("builtins.KeyError")
    assert "in raised" in told


def test_what_an_error_came_from_is_told_as_well_and_no_text_of_it() -> None:
    try:
        try:
            int(NUMBER + "x")
        except ValueError as wrong:
            raise ExceptionGroup("王女士", [raised(OSError(NUMBER))]) from wrong
    except ExceptionGroup as group:
        told = line(group)
    assert "builtins.ValueError" in told
    assert "  | builtins.OSError" in told
    assert NUMBER not in told
    assert "王女士" not in told


def test_errors_that_go_in_a_circle_end() -> None:
    one, other = raised(ValueError()), raised(TypeError())
    one.__context__, other.__context__ = other, one
    assert line(one).count("builtins.") == 8


async def test_a_task_that_nobody_awaited_is_told_without_its_words(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def ears() -> None:
        raise KeyError(NUMBER)

    task = asyncio.create_task(ears(), name="ears")
    await asyncio.wait({task})
    unseen(asyncio.get_running_loop(), {"task": task, "exception": task.exception()})
    (record,) = caplog.records
    assert (record.message, record.task) == ("nobody saw this fail", "ears")  # type: ignore[attr-defined]  # extra
    assert NUMBER not in LogLines().format(record)

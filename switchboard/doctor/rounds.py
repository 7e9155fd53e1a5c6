"""Going round: all checks side by side, each with an end, whatever it does."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from hotline.errors import HotlineError
from switchboard.doctor.case import Case
from switchboard.doctor.finding import Check, Finding, fault
from switchboard.refusals import Refusal
from switchboard.terminal import SLOW_SECONDS

log = logging.getLogger(__name__)

WITHIN: Final = 5.0
"""Seconds a check may take."""
_UNKNOWN: Final = "查不出"


async def go_round(
    case: Case,
    checks: Sequence[Check],
    *,
    within: float = WITHIN,
    say: Callable[[str], None] | None = None,
) -> list[Finding]:
    """A finding for every check, in their order. ``say`` is told what is still being looked at
    after two seconds."""
    tasks = [asyncio.create_task(_one(case, check, within), name=check.name) for check in checks]
    _, slow = await asyncio.wait(tasks, timeout=SLOW_SECONDS)
    if slow and say is not None:
        titles = [check.title for check, task in zip(checks, tasks, strict=True) if task in slow]
        say(f"还在检查{'、'.join(titles)}……")
    return list(await asyncio.gather(*tasks))


async def _one(case: Case, check: Check, within: float) -> Finding:
    try:
        async with asyncio.timeout(within):
            return await check.look(case)
    except TimeoutError:
        return fault(
            f"{_UNKNOWN}：{within:g} 秒内没有结果",
            "请再查一次；仍然如此，请看机器是否过忙、磁盘是否正常",
        )
    except (HotlineError, Refusal) as refused:
        return fault(f"{_UNKNOWN}：{refused}", "请照这句话处理后再查一次")
    except OSError as refused:
        what = f"{refused.filename} " if refused.filename else ""
        return fault(
            f"{_UNKNOWN}：{what}{refused.strerror or type(refused).__name__}",
            "请用启动系统的那个用户运行，并检查权限",
        )
    except Exception as broken:  # noqa: BLE001 - one check that breaks must not hide the others
        log.warning("check broke", extra={"check": check.name, "error": type(broken).__name__})
        return fault(f"{_UNKNOWN}：{type(broken).__name__}", "这是程序的错，请报告给维护者")


def in_thread(look: Callable[[Case], Finding]) -> Callable[[Case], Awaitable[Finding]]:
    """A check that may block, in a thread that nobody waits for: a disk that hangs hangs alone, and
    the process still ends."""

    async def looked(case: Case) -> Finding:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Finding] = loop.create_future()

        def settle(found: Finding | None, broken: Exception | None) -> None:
            if answer.done():
                return
            if found is not None:
                answer.set_result(found)
            elif broken is not None:
                answer.set_exception(broken)

        def work() -> None:
            found, broken = None, None
            try:
                found = look(case)
            except Exception as raised:  # noqa: BLE001 - raised again where it is awaited
                broken = raised
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody asks any more
                loop.call_soon_threadsafe(settle, found, broken)

        threading.Thread(target=work, name=look.__name__, daemon=True).start()
        return await answer

    return looked

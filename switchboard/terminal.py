"""Speaks to the person at the terminal: the one place that prints.

Texts are Chinese sentences. Progress and faults go to standard error, results to standard output,
so that ``--json`` can be piped.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

SLOW_SECONDS = 2.0


def tell(text: str = "") -> None:
    """A result, for the person or the pipe."""
    print(text, flush=True)


def progress(text: str) -> None:
    """What is going on now."""
    print(text, file=sys.stderr, flush=True)


def fault(text: str) -> None:
    """One sentence: what is wrong and what to do about it."""
    print(text, file=sys.stderr, flush=True)


@contextmanager
def step(text: str) -> Iterator[None]:
    """Announce a step that may take more than two seconds, and say how long it took if it did."""
    progress(f"{text}……")
    began = time.monotonic()
    yield
    took = time.monotonic() - began
    if took > SLOW_SECONDS:
        progress(f"{text}：完成，用时 {took:.1f} 秒")


def closing_line(passed: int, failed: int, **others: Any) -> None:
    """The last line of a run made of several parts, in the form every CI can read."""
    tail = "".join(f", {count} {word}" for word, count in others.items() if count)
    tell(f"{passed} passed, {failed} failed{tail}")

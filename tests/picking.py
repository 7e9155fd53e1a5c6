"""What a run need not load, and who runs what: for runs that take tests by their marks, or share
them among several workers.

Loading every test file takes longer than some phases of `./jiesu test`; a file that names none of
the marks that are asked for is left alone.
"""

from __future__ import annotations

import itertools
import re
from functools import cache
from pathlib import Path
from typing import Any

from xdist.scheduler import LoadFileScheduling

MARKS = ("postgres", "telephony", "browser", "walk", "slow", "install")
"""What a test may need, the cheap ones first."""

TESTS = Path(__file__).parent
APART = frozenset({"tests/house/test_planted_faults.py"})
"""Files whose tests share nothing that is dear to make: each test is handed out by itself."""


def may_hold(path: Path, expression: str) -> bool:
    """Whether a test of this file can be taken by a mark expression. True when in doubt."""
    words = set(re.findall(r"\w+", expression)) - {"and", "or", "not"}
    if not expression or words - set(MARKS):
        return True
    named = sorted(named_in(path))
    return any(
        eval(expression, {}, {mark: mark in marks for mark in MARKS})  # noqa: S307 - words checked
        for count in range(len(named) + 1)
        for marks in itertools.combinations(named, count)
    )


@cache
def named_in(path: Path) -> frozenset[str]:
    """The marks whose names are written in a test file or in a conftest.py it sees."""
    folders = [folder for folder in path.parents if folder.is_relative_to(TESTS)][:-1]
    beside = [folder / "conftest.py" for folder in folders]
    text = "\n".join(one.read_text("utf-8") for one in (path, *beside) if one.exists())
    return frozenset(mark for mark in MARKS if re.search(rf'mark\.{mark}\b|"{mark}"', text))


def unit_of(nodeid: str) -> str:
    """What is handed to one worker as a whole: a file, for its tests share what its fixtures
    started. Tests that share nothing are handed out one by one."""
    file = nodeid.partition("::")[0]
    return nodeid if file in APART else file


def scheduling(config: Any, log: Any) -> Any:
    """xdist's scheduling by file with our units; nothing when another one was asked for."""
    if config.getvalue("dist") != "loadfile":
        return None
    by_file: Any = LoadFileScheduling(config, log)
    by_file._split_scope = unit_of
    return by_file

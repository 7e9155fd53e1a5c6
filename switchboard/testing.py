"""``./jiesu test``: the checks, then the tests, in one pytest run whose closing line is the last.

A test that skips itself fails here (JIESU_NO_SKIPS, see tests/conftest.py): what a test needs is
fetched first, and what cannot be fetched is a failure. Tests bind free ports and temporary folders
only, so two runs at once do not meet.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping

from switchboard.check import command as check
from switchboard.prerequisites import NEEDS, Missing, bring
from switchboard.settings import ROOT, find_settings
from switchboard.terminal import closing_line, fault, progress

MARKS = ("telephony", "browser", "postgres", "walk", "install", "slow")
SETS: Mapping[str, str] = {
    "quick": " and ".join(f"not {mark}" for mark in MARKS),
    "telephony": "telephony",
    "browser": "browser",
    "postgres": "postgres",
    "walks": "walk",
    "install": "install",
    "slow": "slow",
    "all": "",
}


def command(which: str, extra: list[str]) -> int:
    """Check, bring what the tests need, run them; ``extra`` goes to pytest as it is."""
    if which not in SETS:
        # `./jiesu test tests/ivr -k split` means pytest's own choice among all.
        which, extra = "all", [which, *extra]
    if check() != 0:
        closing_line(0, 1)
        return 1
    try:
        bring(needs_of(which), find_settings().cache)
    except Missing as missing:
        fault(str(missing))
        closing_line(0, 1)
        return 1
    progress("开始测试：")
    return subprocess.run(
        pytest_command(which, extra), cwd=ROOT, env=quiet(), check=False
    ).returncode


def needs_of(which: str) -> list[str]:
    """What a set of tests needs, each once."""
    marks = {"walks": ["walk"], "all": list(NEEDS)}.get(which, [which])
    return list(dict.fromkeys(need for mark in marks for need in NEEDS[mark]))


def pytest_command(which: str, extra: list[str]) -> list[str]:
    chosen = ["-m", SETS[which]] if SETS[which] else []
    return [sys.executable, "-P", "-m", "pytest", *chosen, *extra]


def quiet() -> dict[str, str]:
    """The environment of a test run: nothing of this person's settings reaches a test."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("JIESU_")}
    return {
        **kept,
        "JIESU_NO_SKIPS": "1",
        "TZ": "UTC",
        "PYTHONPATH": str(ROOT),
        "PYTHONUTF8": "1",
    }

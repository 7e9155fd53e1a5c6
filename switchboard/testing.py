"""``./jiesu test``: the checks, then the tests, in phases that share the machine fairly.

Telephone tests mostly wait (for a ring, a queue, a prompt), so several run side by side; what
starts browsers or whole systems runs with fewer beside it. What waits for no clock runs aside: on
the processor time that the others leave. The last line sums all phases.

A test that skips itself fails here (JIESU_NO_SKIPS, see tests/conftest.py): what a test needs is
fetched first, and what cannot be fetched is a failure. Tests bind free ports and temporary folders
only, so two runs at once do not meet.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from switchboard.check import command as check
from switchboard.prerequisites import NEEDS, Missing, bring
from switchboard.settings import ROOT, find_settings
from switchboard.terminal import closing_line, fault, progress

MARKS = ("telephony", "browser", "postgres", "walk", "install", "slow")
NOTHING_COLLECTED = 5
TRIED_ALONE = 6
GIVING_WAY = ("nice", "-n", "10")


@dataclass(frozen=True, slots=True)
class Phase:
    """Tests that run together: pytest's mark expression and how many run side by side."""

    title: str
    marks: str
    beside: int
    alone: bool = False
    """Whether the few that failed beside others are tried once more by themselves: calls, browsers
    and processes share two cores with each other. It is said which they were."""
    aside: bool = False
    """Whether it runs beside the other phases and gives way to them: it computes, hardly waits."""


@dataclass(frozen=True, slots=True)
class Count:
    """How one pytest run ended."""

    passed: int = 0
    failed: int = 0

    def plus(self, other: Count) -> Count:
        return Count(self.passed + other.passed, self.failed + other.failed)


QUICK = Phase("快速测试", " and ".join(f"not {mark}" for mark in MARKS), 2, alone=True, aside=True)
ROOMS = Phase(
    "电话与数据库",
    "(telephony or postgres) and not (browser or walk or install or slow)",
    3,
    alone=True,
)
PEOPLE = Phase("浏览器与整通电话", "(browser or walk) and not (install or slow)", 2, alone=True)
INSTALL = Phase("全新安装", "install", 2, alone=True)
HOUSE = Phase("查错", "slow and not install", 2, alone=True, aside=True)

SETS: Mapping[str, tuple[Phase, ...]] = {
    "quick": (QUICK,),
    "telephony": (Phase("电话", "telephony", 3),),
    "postgres": (Phase("PostgreSQL", "postgres", 2),),
    "browser": (Phase("浏览器", "browser", 2),),
    "walks": (Phase("整通电话", "walk", 2),),
    "install": (Phase("全新安装", "install", 1),),
    "slow": (Phase("查错", "slow", 2),),
    "all": (QUICK, ROOMS, PEOPLE, INSTALL, HOUSE),
}


def command(which: str, extra: list[str]) -> int:
    """Check, bring what the tests need, run them; ``extra`` goes to pytest as it is."""
    if which not in SETS:
        # `./jiesu test tests/ivr -k split` is pytest's own choice among all.
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
    total = run_all(SETS[which], extra)
    if total == Count():
        fault("没有找到要运行的测试。")
    closing_line(total.passed, total.failed)
    return 1 if total.failed or not total.passed else 0


def needs_of(which: str) -> list[str]:
    """What a set of tests needs, each once."""
    marks = {"walks": ["walk"], "all": list(NEEDS)}.get(which, [which])
    return list(dict.fromkeys(need for mark in marks for need in NEEDS[mark]))


def run_all(phases: Sequence[Phase], extra: list[str]) -> Count:
    """Every phase; those that run aside do so while the others take their turns."""
    with tempfile.TemporaryDirectory(prefix="jiesu-test-") as folder:
        trials = [
            Trial(phase, extra, Path(folder) / str(number)) for number, phase in enumerate(phases)
        ]
        front = [trial for trial in trials if not trial.phase.aside]
        if extra or not front:
            # Somebody looks for one thing, perhaps with a debugger: one after the other, in sight.
            return sum_of([trial.alone(trial.first()) for trial in trials])
        aside = [trial for trial in trials if trial.phase.aside]
        with ThreadPoolExecutor(1) as pool:
            running = pool.submit(lambda: [trial.first_aside() for trial in aside])
            counts = [trial.alone(trial.first()) for trial in front]
            behind = running.result()
        # Only now is anything alone.
        tried = [trial.alone(count) for trial, count in zip(aside, behind, strict=True)]
        return sum_of([*counts, *tried])


def sum_of(counts: Sequence[Count]) -> Count:
    total = Count()
    for count in counts:
        total = total.plus(count)
    return total


def run(phase: Phase, extra: list[str]) -> Count:
    """The tests of one phase; pytest's own words go to the terminal, its count comes back."""
    return run_all((replace(phase, aside=True),), extra)


@dataclass(frozen=True, slots=True)
class Trial:
    """One phase of one run. ``folder`` holds what pytest remembers of it: which tests failed."""

    phase: Phase
    extra: list[str]
    folder: Path

    def first(self) -> Count:
        progress(f"\n── {self.phase.title} ──")
        return self._run(self.phase, [], "report.xml")

    def first_aside(self) -> Count:
        """Out of sight and giving way; what pytest said is shown when it has ended."""
        self.folder.mkdir(parents=True)
        said = self.folder / "said.txt"
        with said.open("wb") as out:
            count = self._run(self.phase, [], "report.xml", out)
        progress(f"\n── {self.phase.title}（与其他测试同时运行）──\n{said.read_text('utf-8')}")
        return count

    def alone(self, count: Count) -> Count:
        """The few that failed, once more by themselves; what counts in the end."""
        if not self.phase.alone or not 0 < count.failed <= TRIED_ALONE:
            return count
        progress(f"\n{count.failed} 项与别的测试同时运行时没有通过，单独再试一次：")
        only = ["--last-failed", "--last-failed-no-failures=none", "-v"]
        second = self._run(Phase(self.phase.title, self.phase.marks, 1), only, "alone.xml")
        if second.passed + second.failed != count.failed:
            return count
        progress(f"单独再试：{second.passed} 项通过，{second.failed} 项仍未通过。")
        return Count(count.passed + second.passed, second.failed)

    def _run(
        self, phase: Phase, only: list[str], report: str, out: IO[bytes] | None = None
    ) -> Count:
        """One pytest run. One that broke off (interrupted, bad usage) counts as a failure."""
        extra = [*self.extra, "-o", f"cache_dir={self.folder}/memory", *only]
        written = self.folder / report
        written.parent.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(
            [*(GIVING_WAY if out else ()), *pytest_command(phase, extra), f"--junit-xml={written}"],
            cwd=ROOT,
            env=quiet(),
            stdout=out,
            stderr=subprocess.STDOUT if out else None,
            check=False,
        )
        if done.returncode == NOTHING_COLLECTED:
            return Count()
        count = count_of(written)
        return count if done.returncode == 0 or count.failed else count.plus(Count(failed=1))


def pytest_command(phase: Phase, extra: list[str]) -> list[str]:
    # loadfile: a file's tests share the exchange or the system that its fixture started.
    beside = ["-n", str(phase.beside), "--dist", "loadfile"] if phase.beside > 1 else []
    return [sys.executable, "-P", "-m", "pytest", "-q", "-m", phase.marks, *beside, *extra]


def count_of(report: Path) -> Count:
    """Passed and failed by pytest's own JUnit report; nothing when there is none."""
    try:
        # Written a moment ago by the pytest we started.
        suites = ET.parse(report).getroot().iter("testsuite")  # noqa: S314 - our own file
        numbers = [{key: int(suite.get(key, 0)) for key in KEYS} for suite in suites]
    except (OSError, ET.ParseError):
        return Count()
    failed = sum(one["failures"] + one["errors"] for one in numbers)
    skipped = sum(one["skipped"] for one in numbers)
    return Count(sum(one["tests"] for one in numbers) - failed - skipped, failed)


KEYS = ("tests", "failures", "errors", "skipped")


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
